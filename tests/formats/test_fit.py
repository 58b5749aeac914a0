"""FIT activities: bytes that another reader has read, and a reader of our own written from the protocol.

The vector was read with fitdecode 0.11 (checking both CRCs): file_id, event, 2 records, 3 sets,
event, lap, session, activity with the values that are asserted here.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hiphinge.errors import InputError
from hiphinge.formats import fit_activity
from hiphinge.formats import fit_messages as fit
from hiphinge.recording import replacing
from hiphinge.session import tables
from tests.formats.test_activpal import Found
from tests.history.made_up_sessions import repetition

SUMMARY = {"start_utc": "2026-11-20T08:00:00.000+00:00", "utc_offset_s": 3600, "start_s": 5.0, "duration_s": 600.25}
VECTOR = bytes.fromhex(
    "0e205408510100002e4649546de140000000000500010001028402028403048c0404860004ff0000000000000000b2624541"
    "0000150003fd04860001000101000100b262450000420000140001fd04860200b26245430000e10007fe0486000486030284"
    "0501020604860702840a02840354b26245cc5b00000300013cb2624508000000032cb36245b44d0300ffff0054b26245feff"
    "01000344b36245cc5b00000300012cb36245feff02000258b462450158b462450004440000130009fe0284fd048600010001"
    "010002048607048608048619010027010004000058b46245090100b26245ba280900ba2809000a1445000012000bfe0284fd"
    "04860001000101000204860704860804860501000601001902841a028405000058b46245080100b26245ba280900ba280900"
    "0a1400000100460000220007fd04860004860102840201000301000401000504860658b46245ba2809000100001a0168c262"
    "451eb3"
)


def workout() -> Found:
    """Two sets of three: hinges, then two kinds."""
    first = [repetition(n + 1, 65.0 + 10 * n) for n in range(3)]
    second = [repetition(n + 4, 305.0 + 10 * n) for n in range(3)]
    reps = tables.reps([*first, *second]).frame()
    reps["set"], reps["kind"] = [1, 1, 1, 2, 2, 2], ["hinge"] * 3 + ["squat", "hinge", "squat"]
    return Found(tables.bouts([]).frame(), SUMMARY, reps)


def written(found: Found, path: Path) -> bytes:
    fit_activity.write(found, path, replacing)
    return path.read_bytes()


def messages(content: bytes) -> Iterator[tuple[int, dict[int, int]]]:
    """Global number and field number -> value of each message, read as the protocol has it."""
    size, _, _, length, magic, head_crc = struct.unpack_from("<BBHI4sH", content)
    assert (size, magic, len(content)) == (14, b".FIT", 14 + length + 2)
    assert crc_by_table(content[:12]) == head_crc
    assert crc_by_table(content[:-2]) == struct.unpack("<H", content[-2:])[0]
    kinds: dict[int, tuple[int, list[tuple[int, int]]]] = {}
    at = 14
    while at < len(content) - 2:
        head = content[at]
        if head & 0x40:
            _, _, number, count = struct.unpack_from("<BBHB", content, at + 1)
            fields = [struct.unpack_from("<BBB", content, at + 6 + 3 * n) for n in range(count)]
            kinds[head & 0x0F] = (number, [(n, width) for n, width, _ in fields])
            at += 6 + 3 * count
            continue
        number, layout = kinds[head]
        at += 1
        values = {}
        for field, width in layout:
            values[field] = int.from_bytes(content[at : at + width], "little")
            at += width
        yield number, values


TABLE = [
    *(0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401),
    *(0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400),
]
"""As the protocol's own description computes it: half a byte at a time."""


def crc_by_table(content: bytes) -> int:
    found = 0
    for byte in content:
        for half in (byte & 0xF, byte >> 4):
            found = (found >> 4) ^ TABLE[found & 0xF] ^ TABLE[half]
    return found


def test_a_workout_byte_for_byte(tmp_path: Path) -> None:
    """As another program has read it."""
    assert written(workout(), tmp_path / "a.fit") == VECTOR


def test_a_workout_says_its_sets(tmp_path: Path) -> None:
    """Active, rest, active; times in FIT's own seconds and milliseconds."""
    found = list(messages(written(workout(), tmp_path / "a.fit")))
    assert [number for number, _ in found] == [0, 21, 20, 225, 225, 225, 20, 21, 19, 18, 34]
    begin = fit.timestamp(datetime(2026, 11, 20, 8))
    sets = [values for number, values in found if number == 225]
    assert [s[5] for s in sets] == [1, 0, 1]
    assert [s[3] for s in sets] == [3, 0xFFFF, 3]
    assert [s[7] for s in sets] == [8, 65534, 65534]
    assert [s[0] for s in sets] == [23_500, 216_500, 23_500]
    assert [s[6] - begin for s in sets] == [60, 84, 300]
    assert [s[10] for s in sets] == [0, 1, 2]
    session = dict(found)[18]
    assert (session[5], session[6], session[7], session[2]) == (10, 20, 600_250, begin)
    assert dict(found)[34][5] == begin + 600 + 3600


def test_a_desk_day_is_no_sport(tmp_path: Path) -> None:
    """No lift, no set."""
    found = dict(messages(written(Found(tables.bouts([]).frame(), SUMMARY), tmp_path / "a.fit")))
    assert 225 not in found
    assert found[18][5] == 0


@pytest.mark.parametrize(
    ("start", "said"),
    [
        (None, "has no wall clock"),
        ("1970-01-01T00:00:05+00:00", "a session of 1970-01-01"),
        ("2200-01-01T00:00:05+00:00", "a session of 2200-01-01"),
    ],
)
def test_without_a_date_it_is_refused(tmp_path: Path, start: Any, said: str) -> None:
    """And no file is left."""
    with pytest.raises(InputError, match=said):
        written(Found(tables.bouts([]).frame(), SUMMARY | {"start_utc": start}), tmp_path / "a.fit")
    assert not list(tmp_path.iterdir())


def test_time_counts_from_the_end_of_1989() -> None:
    """A day later is 86 400."""
    assert fit.timestamp(fit.EPOCH + timedelta(days=1)) == 86_400
