"""Virtual sensors by the name of their driver. One line a make; the first three are worn by default."""

from __future__ import annotations

from importlib import import_module

from hiphinge.errors import InputError
from hiphinge.sources.virtual.twin import Twin

TWINS: dict[str, str] = {
    "hiphinge_ble": "hiphinge.sources.virtual.twins.open_layout:OpenLayout",
    "witmotion": "hiphinge.sources.virtual.twins.witmotion:WitMotion",
    "movella_dot": "hiphinge.sources.virtual.twins.movella_dot:MovellaDot",
    "metamotion": "hiphinge.sources.virtual.twins.metamotion:MetaMotion",
    "movesense": "hiphinge.sources.virtual.twins.movesense:Movesense",
    "polar_verity": "hiphinge.sources.virtual.twins.polar_verity:PolarVerity",
    "open_earable": "hiphinge.sources.virtual.twins.open_earable:OpenEarable",
    "thingy52": "hiphinge.sources.virtual.twins.thingy52:Thingy",
}
"""Name -> "module:class"; a module is imported when its sensor is worn."""


def twin_class(name: str) -> type[Twin]:
    """The twin of that name; InputError where there is none."""
    if name not in TWINS:
        raise InputError(f"virtual sensors: {name!r}, expected one of {', '.join(sorted(TWINS))}.")
    module, _, attribute = TWINS[name].partition(":")
    found: type[Twin] = getattr(import_module(module), attribute)
    return found
