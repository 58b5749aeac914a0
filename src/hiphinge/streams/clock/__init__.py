"""A sensor's own time -> the one time of the host: see docs/decisions/0012-clocks.md."""

from hiphinge.blocks import Exchange
from hiphinge.streams.clock.base import LEFT, Base, Member, agree, are_one, between
from hiphinge.streams.clock.clock import Clock
from hiphinge.streams.clock.fit import Params

__all__ = [
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
