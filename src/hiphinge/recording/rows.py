"""A chunk's messages -> its inputs in their order: one by one, or packets in runs."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from itertools import accumulate, chain, pairwise
from operator import itemgetter
from typing import Generic, NamedTuple, TypeVar

from hiphinge.blocks import Fed, Input, PacketRun
from hiphinge.recording.layout import PACKETS, Message, inputs_of

T = TypeVar("T", bound=Fed)
_run_of = partial(tuple.__new__, PacketRun)  # as blocks.packet_of


class Rows(NamedTuple, Generic[T]):
    """Inputs in their order; their numbers, which rise; arrivals (ns) of the first and the last number, 0 for none."""

    numbers: Sequence[int]
    inputs: Sequence[T]
    first_ns: int = 0
    last_ns: int = 0


def singly(messages: Sequence[Message]) -> Rows[Input]:
    """Input by input; raises LayoutError."""
    inputs = [one for message in messages for one in inputs_of(message)]
    numbers = [number for message in messages for number in message.numbers]
    order = sorted(range(len(numbers)), key=numbers.__getitem__)  # faster than sorting pairs
    ordered = list(map(inputs.__getitem__, order))
    ends = (ordered[0].arrival_ns, ordered[-1].arrival_ns) if ordered else ()
    return Rows(list(map(numbers.__getitem__, order)), ordered, *ends)


def in_runs(messages: Sequence[Message]) -> Rows[Fed]:
    """The same, but packets in runs where the messages allow it; raises LayoutError.

    Controls, links and ticks, and packets of a message that no run can hold, keep
    their place among a sensor's packets; only packets of different sensors change theirs.
    """
    whole = [message for message in messages if _is_run(message)]
    if not whole or len({message.names[0] for message in whole}) < len(whole):
        return Rows(*singly(messages))  # a sensor's packets in two messages may alternate
    rest = singly([message for message in messages if not _is_run(message)])
    placed: list[tuple[int, Fed]] = list(zip(rest.numbers, rest.inputs, strict=True))
    for message in whole:
        placed += _cut(message, rest.numbers)
    placed.sort(key=itemgetter(0))
    numbers = sorted(chain(rest.numbers, *(message.numbers for message in whole)))
    first = min([*((m.numbers[0], m.arrivals_ns[0]) for m in whole), *((n, rest.first_ns) for n in rest.numbers[:1])])
    last = max([*((m.numbers[-1], m.arrivals_ns[-1]) for m in whole), *((n, rest.last_ns) for n in rest.numbers[-1:])])
    return Rows(numbers, [one for _, one in placed], first[1], last[1])


def _is_run(message: Message) -> bool:
    """Whether its rows are packets of one characteristic, in rising order."""
    n = len(message.numbers)
    one_name = len(message.names) == 2 and message.named.count(1) == n > 0
    return message.kind == PACKETS and one_name and list(message.numbers) == sorted(message.numbers)


def _cut(message: Message, numbers: Iterable[int]) -> Iterator[tuple[int, PacketRun]]:
    """The runs between these numbers, each with its first."""
    own = message.numbers
    edges = sorted({0, len(own), *(bisect_left(own, number) for number in numbers)})
    at = list(accumulate(message.lengths, initial=0))
    sensor, name = message.names
    for a, b in pairwise(edges):
        payloads = bytes(message.bodies[at[a] : at[b]])
        yield own[a], _run_of((sensor, name, message.arrivals_ns[a:b], message.lengths[a:b], payloads))
