"""The twin of the open layout against the examples of its own page; no radio."""

from __future__ import annotations

import json
import re
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hiphinge.sources.virtual.twin import Identity, Refused
from hiphinge.sources.virtual.twins.open_layout import CONTROL, DATA, INFO, TIME, OpenLayout, WithMotor
from tests.devices.notes import plain
from tests.sources.virtual.playing import on_a_table

NOTE = (Path(__file__).resolve().parents[3] / "firmware_notes" / "hiphinge_imu.md").read_text("utf-8")


def examples(fence: str) -> list[tuple[bytes, dict[str, Any]]]:
    """Bytes and meaning of the page's examples of one kind."""
    found = re.findall(rf"```{fence}\n(.*?)```\n```json\n(.*?)```", NOTE, re.DOTALL)
    return [(bytes.fromhex(text), json.loads(meaning)) for text, meaning in found]


(CONFIGURE, _), (START, _), (STOP, _), (ASK_TIME, _), (BLINK, _), (VIBRATE, _) = examples("control")


def made(rng_boot: int = 1592590337) -> OpenLayout:
    """One on a table, just switched on, with the boot number of the page."""
    one = OpenLayout(Identity("C4:7F:51:5E:00:02"), on_a_table)
    one.power_on(0.0)
    one._boot = rng_boot
    one.link_mtu = 247
    return one


def told(one: OpenLayout, command: bytes) -> bytes:
    """The answer to a command."""
    one.write(CONTROL, command)
    answered = one.outbox.pop()
    assert (answered.uuid, answered.streamed) == (CONTROL, False)
    return answered.payload


def test_uuids_are_those_of_the_page() -> None:
    for uuid, name in ((CONTROL, "CONTROL"), (INFO, "INFO"), (DATA, "DATA"), (TIME, "TIME")):
        assert f"| {name} | `{uuid}` |" in NOTE
    assert f"| service | `{OpenLayout.advertised[0]}` |" in NOTE


def test_control_and_info_as_on_the_page() -> None:
    one = made()
    (done, _), (refused, _) = examples("indication")
    configured, abandoned, rebooted = (raw for raw, _ in examples("info"))
    assert told(one, START) == refused
    assert told(one, CONFIGURE) == done
    assert one.read(INFO) == configured
    one.abandoned()
    assert one.read(INFO) == abandoned
    one.power_on(1.0)
    one._boot = 464367623
    assert one.read(INFO) == rebooted


def test_a_packet_as_on_the_page() -> None:
    """At rest, one second after power-on, with z up."""
    (first, meaning), *_ = examples("data")
    one = made()
    told(one, CONFIGURE[:-1] + b"\x01")
    one.at(1.0)
    assert told(one, START) == b"\x82\x00"
    one.advance(1.005)
    ((uuid, payload, streamed),) = one.outbox
    assert (uuid, streamed, meaning["seq"]) == (DATA, True, 0)
    assert payload[:8] == first[:8]
    assert struct.unpack("<6h", payload[8:]) == (0, 0, 2048, 0, 0, 0)


def test_time_comes_back_with_the_token() -> None:
    one = made()
    one.at(10.531008)
    one.write(CONTROL, ASK_TIME)
    answer, done = one.outbox
    assert answer.uuid == TIME
    ((wanted, _),) = examples("time")
    assert answer.payload[:8] == wanted[:8]
    assert done.payload == b"\x84\x00"


def test_rate_range_and_samples_are_obeyed() -> None:
    one = made()
    told(one, struct.pack("<BHBHB", 1, 200, 2, 125, 8))
    told(one, START)
    one.advance(1.0)
    assert one.made == 25
    seqs = [struct.unpack_from("<BBH", payload) for _, payload, _ in one.outbox]
    assert seqs == [(1, 8, seq) for seq in range(25)]
    z = struct.unpack_from("<3h", one.outbox[0].payload, 8)[2]
    assert z == round(9.80665 / (2 * 9.80665 / 32768))


@pytest.mark.parametrize(("mtu", "asked", "fits"), [(23, 5, 1), (247, 0, 19), (247, 5, 5), (100, 19, 7)])
def test_no_more_samples_than_fit(mtu: int, asked: int, fits: int) -> None:
    one = made()
    one.link_mtu = mtu
    told(one, struct.pack("<BHBHB", 1, 100, 16, 2000, asked))
    told(one, START)
    one.advance(1.0)
    sizes = {len(payload) for _, payload, _ in one.outbox}
    assert sizes == {8 + 12 * fits}
    assert max(sizes) <= mtu - 3


@pytest.mark.parametrize(
    ("command", "answer"),
    [
        (b"\x09", b"\x89\x01"),
        (b"\x01\x64", b"\x81\x02"),
        (b"\x02\x00", b"\x82\x02"),
        (struct.pack("<BHBHB", 1, 101, 16, 2000, 5), b"\x81\x03"),
        (struct.pack("<BHBHB", 1, 100, 3, 2000, 5), b"\x81\x03"),
        (struct.pack("<BHBHB", 1, 100, 16, 2000, 20), b"\x81\x03"),
        (b"\x05\x3d", b"\x85\x03"),
        (b"\x03", b"\x83\x00"),
        (BLINK, b"\x85\x00"),
        (VIBRATE, b"\x86\x01"),
    ],
)
def test_what_it_refuses_and_says(command: bytes, answer: bytes) -> None:
    one = made()
    before = one.read(INFO)
    assert told(one, command) == answer
    assert one.read(INFO) == before


def test_configuring_while_streaming_is_refused_and_start_twice_is_one_stream() -> None:
    one = made()
    told(one, CONFIGURE)
    told(one, START)
    assert told(one, CONFIGURE) == b"\x81\x04"
    one.advance(0.5)
    assert told(one, START) == b"\x82\x00"
    one.outbox.clear()
    one.advance(1.0)
    assert struct.unpack_from("<H", one.outbox[0].payload, 2) == (10,)


def test_a_lost_connection_stops_it_and_a_reboot_forgets() -> None:
    one = made()
    told(one, CONFIGURE)
    told(one, START)
    one.disconnected()
    assert not one.is_streaming
    assert told(one, START) == b"\x82\x00"
    boot = one.read(INFO)[16:20]
    one.power_on(5.0)
    assert one.read(INFO)[16:20] != boot
    assert told(one, START) == b"\x82\x04"


def test_seq_wraps() -> None:
    one = made()
    told(one, CONFIGURE)
    told(one, START)
    one._seq = 65535
    one.advance(0.2)
    assert [struct.unpack_from("<H", payload, 2)[0] for _, payload, _ in one.outbox[:2]] == [65535, 0]


def test_clipping_is_the_ends_of_the_integers() -> None:
    one = OpenLayout(Identity(), lambda t: (np.full((len(t), 3), 1e3), np.full((len(t), 3), -1e3)))
    one.power_on(0.0)
    told(one, CONFIGURE)
    told(one, START)
    one.advance(0.1)
    assert struct.unpack_from("<6h", one.outbox[0].payload, 8) == (32767,) * 3 + (-32768,) * 3


def test_standard_services() -> None:
    one = made()
    assert one.name == "hiphinge 0002"
    assert one.read("2a25") == b"C47F515E0002"
    one.drain(50.0)
    assert one.outbox.pop() == ("2a19", bytes([50]), False)
    for uuid, value in ((DATA, b"x"), (CONTROL, b"")):
        with pytest.raises(Refused):
            one.write(uuid, value)


def test_a_motor_runs_as_it_is_told() -> None:
    """Twice 150 ms; INFO tells of it behind what every board has."""
    one = WithMotor(Identity("C4:7F:51:5E:00:02"), on_a_table)
    one.power_on(0.0)
    one._boot = 1592590337
    one.at(2.0)
    assert told(one, VIBRATE) == b"\x86\x00"
    assert one.vibrated == [(2.0, 0.15), (2.3, 0.15)]
    assert told(one, b"\x06\x96\x00\x96\x00\x0b") == b"\x86\x03"
    told(one, CONFIGURE)
    assert [one.read(INFO)] == plain(NOTE, "info_with_motor")
