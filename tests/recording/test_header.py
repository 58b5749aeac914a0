from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from hiphinge.errors import NewerFormatError, RecordingError
from hiphinge.recording import Header
from hiphinge.recording import header as room
from hiphinge.recording.header import HEADER, from_attachments, to_attachments


def changed(header: Header, change: Callable[[dict[str, Any]], object]) -> dict[str, bytes]:
    attachments = to_attachments(header)
    content = json.loads(attachments[HEADER])
    change(content)
    return {**attachments, HEADER: json.dumps(content).encode()}


def test_a_header_comes_back(header: Header) -> None:
    full = replace(header, repairs=("byte 7: lost",), wearer="Zoë\n")
    bare = replace(header, monitor="", calibration="")
    assert from_attachments(to_attachments(full), "f") == full
    assert from_attachments(to_attachments(bare), "f") == bare
    assert list(to_attachments(bare)) == [HEADER]


def test_a_newer_format_is_refused_by_name(header: Header) -> None:
    with pytest.raises(NewerFormatError, match=r"day.mcap: recording format 9 .* at most 1\. Update") as e:
        from_attachments(changed(header, lambda c: c.update(format_version=9)), "day.mcap")
    assert (e.value.found, e.value.known) == (9, 1)


def test_an_older_format_is_migrated_step_by_step(header: Header, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "FORMAT_VERSION", 3)
    monkeypatch.setitem(room.MIGRATIONS, 1, lambda c: {**c, "wearer": c["wearer"] + "2"})
    monkeypatch.setitem(room.MIGRATIONS, 2, lambda c: {**c, "wearer": c["wearer"] + "3"})
    assert from_attachments(to_attachments(header), "f").wearer == "Ana23"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("wearer", 3),
        ("recording_id", None),
        ("sensors", {}),
        ("sensors", [{"sensor": "a", "device": "b"}]),
        ("repairs", "x"),
        ("format_version", "1"),
        ("format_version", True),
        ("format_version", 0),
    ],
)
def test_a_field_of_another_kind_is_named(header: Header, field: str, value: object) -> None:
    with pytest.raises(RecordingError, match=field.replace("_", "[_ ]")):
        from_attachments(changed(header, lambda c: c.update({field: value})), "f")


@pytest.mark.parametrize("text", [b"", b"[]", b"\xff", b"[" * 100_000])
def test_what_is_no_header_is_refused(text: bytes) -> None:
    with pytest.raises(RecordingError, match=r"day.mcap: header.json"):
        from_attachments({HEADER: text}, "day.mcap")
