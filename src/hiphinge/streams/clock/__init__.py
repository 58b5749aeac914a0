"""A sensor's own time -> the one time of the host: see docs/decisions/0012-clocks.md."""

from hiphinge.blocks import Exchange
from hiphinge.streams.clock.base import LEFT, Base, Member, agree, are_one, between
from hiphinge.streams.clock.clock import Clock
from hiphinge.streams.clock.fit import COUNTED, DEVICE, HOST, KINDS, Params

__all__ = [
    "COUNTED",
    "DEVICE",
    "HOST",
    "KINDS",
    "LEFT",
    "Base",
    "Clock",
    "Exchange",
    "Member",
    "Params",
    "agree",
    "are_one",
    "between",
]
