"""The bytes of one message: all inputs of one channel since the last flush.

Little endian, columns instead of rows; docs/recording-format.md draws it byte
by byte. A message says all of itself (recording, kind, sensor), so that one
chunk can be read without any other part of the file.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate, pairwise, repeat
from typing import NamedTuple

from hiphinge.blocks import Control, Input, Link, Packet, Tick, packet_of

VERSION = 1
PACKETS, CONTROLS, LINKS, TICKS = 1, 2, 3, 4
"""Kinds of message."""
KIND_OF: dict[type, int] = {Packet: PACKETS, Control: CONTROLS, Link: LINKS, Tick: TICKS}

TABLE = """message = head, columns, names, bodies; little endian
head: u8 version=1, u8 kind (1 packets 2 controls 3 links 4 ticks), u16 0, u32 CRC-32 of the recording's id, u32 rows,
  u32 names
columns: u64 sequence[rows], i64 arrival_ns[rows], u32 name[rows], u32 body_length[rows]
names: u32 length[names], then the names in UTF-8; name 0 is the sensor of packets, else empty
bodies, joined:
  packets: name = characteristic, body = payload
  controls: name = action, body = value in UTF-8
  links: name = state, body = u32 length of sensor, sensor, value in UTF-8
  ticks: body = u8 flags (1 utc known, 2 offset known), i64 utc_ns, i32 utc_offset_s, boot id in UTF-8
"""
"""The same in short; it travels in every file as the channels' schema."""

_HEAD = struct.Struct("<BBHIII")
_COLUMNS = 24
"""Bytes a row takes in the columns."""
_LENGTH = struct.Struct("<I")
_ARRIVAL = struct.Struct("<q")
_TICK = struct.Struct("<Bqi")
_UTC, _OFFSET = 1, 2

Row = tuple[str, bytes]


class LayoutError(ValueError):
    """Bytes that are no message of this recording; the text says what is wrong with them."""


class Message(NamedTuple):
    """A message taken apart, one entry a row; ``named`` is the index into ``names``, ``bodies`` are joined."""

    kind: int
    names: tuple[str, ...]
    numbers: tuple[int, ...]
    arrivals_ns: tuple[int, ...]
    named: tuple[int, ...]
    lengths: tuple[int, ...]
    bodies: memoryview | bytes


def channel_of(item: Input) -> tuple[int, str]:
    """Kind and sensor: inputs with the same share a message."""
    return KIND_OF[type(item)], item.sensor if isinstance(item, Packet) else ""


def size_of(item: Input) -> int:
    """Bytes of its name and body; raises struct.error when a number does not fit its field."""
    _ARRIVAL.pack(item.arrival_ns)
    if isinstance(item, Packet):
        return len(item.characteristic) + len(item.payload)
    name, body = _TO_ROW[KIND_OF[type(item)]](item)
    return len(name) + len(body)


def encode(recording: int, kind: int, sensor: str, sequences: Sequence[int], inputs: Sequence[Input]) -> bytes:
    """One message. ``recording`` is the CRC-32 of the recording's id, ``sequences`` rises."""
    to_row = _TO_ROW[kind]
    rows = [to_row(item) for item in inputs]
    names = {sensor: 0}
    index = [names.setdefault(name, len(names)) for name, _ in rows]
    texts = [_bytes(name) for name in names]
    n = len(rows)
    columns = struct.pack(
        f"<{n}Q{n}q{n}I{n}I", *sequences, *[i.arrival_ns for i in inputs], *index, *[len(body) for _, body in rows]
    )
    lengths = struct.pack(f"<{len(texts)}I", *map(len, texts))
    head = _HEAD.pack(VERSION, kind, 0, recording, n, len(texts))
    return b"".join([head, columns, lengths, *texts, *[body for _, body in rows]])


def kind_of(message: memoryview | bytes, recording: int) -> int:
    """The kind of a message; raises LayoutError when it is none of this recording's."""
    if len(message) < _HEAD.size or message[0] != VERSION:
        raise LayoutError(f"a message of an unknown layout ({message[:1].hex() or 'empty'})")
    _, kind, _, found, _, _ = _HEAD.unpack_from(message)
    if found != recording:
        raise LayoutError("a message of another recording")
    if kind not in _FROM_ROWS:
        raise LayoutError(f"a message of unknown kind {kind}")
    return int(kind)


def decode(message: memoryview | bytes, recording: int) -> tuple[Sequence[int], list[Input]]:
    """Sequence numbers and inputs of one message; raises LayoutError."""
    taken = take_apart(message, recording)
    return taken.numbers, inputs_of(taken)


def take_apart(message: memoryview | bytes, recording: int) -> Message:
    """The columns of one message, its sizes checked; raises LayoutError."""
    kind = kind_of(message, recording)
    n, m = struct.unpack_from("<II", message, 8)
    start = _HEAD.size + n * _COLUMNS
    if start + m * _LENGTH.size > len(message) or m == 0:
        raise LayoutError(f"a message of {len(message)} bytes that announces {n} rows and {m} names")
    # One struct call beats four numpy arrays at the ten or so rows of a flush.
    columns = struct.unpack_from(f"<{n}Q{n}q{n}I{n}I", message, _HEAD.size)
    cuts = list(accumulate(struct.unpack_from(f"<{m}I", message, start), initial=start + m * _LENGTH.size))
    lengths = columns[3 * n :]
    if cuts[-1] + sum(lengths) != len(message):
        raise LayoutError(f"a message of {len(message)} bytes whose parts end at {cuts[-1] + sum(lengths)}")
    try:
        names = tuple(_text(bytes(message[a:b])) for a, b in pairwise(cuts))
    except UnicodeDecodeError as e:
        raise LayoutError(f"a message with a name that cannot be read ({e})") from e
    return Message(kind, names, columns[:n], columns[n : 2 * n], columns[2 * n : 3 * n], lengths, message[cuts[-1] :])


def inputs_of(message: Message) -> list[Input]:
    """One a row; raises LayoutError."""
    joined = bytes(message.bodies)
    bodies = [joined[a:b] for a, b in pairwise(accumulate(message.lengths, initial=0))]
    try:
        named = map(message.names.__getitem__, message.named)
        return list(_FROM_ROWS[message.kind](message.names[0], named, message.arrivals_ns, bodies))
    except (UnicodeDecodeError, IndexError, struct.error) as e:
        raise LayoutError(f"a message with a row that cannot be read ({e})") from e


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")  # any str comes back as it was


def _text(part: bytes) -> str:
    return part.decode("utf-8", "surrogatepass")


def _packet_row(item: Packet) -> Row:
    return item.characteristic, item.payload


def _control_row(item: Control) -> Row:
    return item.action, _bytes(item.value)


def _link_row(item: Link) -> Row:
    sensor = _bytes(item.sensor)
    return item.state, _LENGTH.pack(len(sensor)) + sensor + _bytes(item.value)


def _tick_row(item: Tick) -> Row:
    flags = _UTC * (item.utc_ns is not None) | _OFFSET * (item.utc_offset_s is not None)
    return "", _TICK.pack(flags, item.utc_ns or 0, item.utc_offset_s or 0) + _bytes(item.boot_id)


def _packets(sensor: str, names: Iterable[str], arrivals: Sequence[int], bodies: list[bytes]) -> Iterable[Input]:
    return map(packet_of, zip(repeat(sensor), names, arrivals, bodies, strict=False))


def _controls(_: str, names: Iterable[str], arrivals: Sequence[int], bodies: list[bytes]) -> Iterable[Input]:
    return map(Control, arrivals, names, map(_text, bodies))


def _links(_: str, names: Iterable[str], arrivals: Sequence[int], bodies: list[bytes]) -> Iterable[Input]:
    for name, arrival_ns, body in zip(names, arrivals, bodies, strict=True):
        end = _LENGTH.size + _LENGTH.unpack_from(body)[0]
        yield Link(arrival_ns, _text(body[_LENGTH.size : end]), name, _text(body[end:]))


def _ticks(_: str, names: Iterable[str], arrivals: Sequence[int], bodies: list[bytes]) -> Iterable[Input]:
    for arrival_ns, body in zip(arrivals, bodies, strict=True):
        flags, utc_ns, offset_s = _TICK.unpack_from(body)
        boot_id = _text(body[_TICK.size :])
        yield Tick(arrival_ns, utc_ns if flags & _UTC else None, offset_s if flags & _OFFSET else None, boot_id)


_TO_ROW: dict[int, Callable[..., Row]] = {
    PACKETS: _packet_row,
    CONTROLS: _control_row,
    LINKS: _link_row,
    TICKS: _tick_row,
}
_FROM_ROWS: dict[int, Callable[[str, Iterable[str], Sequence[int], list[bytes]], Iterable[Input]]] = {
    PACKETS: _packets,
    CONTROLS: _controls,
    LINKS: _links,
    TICKS: _ticks,
}
