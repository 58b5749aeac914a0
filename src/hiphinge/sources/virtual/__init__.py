"""Virtual sensors on a virtual radio: another radio for HIPHINGE_BLE_BACKEND, made with bumble (extra [virtual]).

    HIPHINGE_BLE_BACKEND=hiphinge.sources.virtual:air hiphinge lift

``HIPHINGE_VIRTUAL`` may hold JSON with the fields of :class:`~hiphinge.sources.virtual.worn.Worn`::

    HIPHINGE_VIRTUAL='{"scenario": "desk-day", "hours": 0.5, "seed": 3,
                       "sensors": {"sacrum": "hiphinge_ble", "thigh_left": "hiphinge_ble"},
                       "faults": {"loss": 0.01, "interval": 0.03},
                       "faults_of": {"thigh_left": {"disconnect_every": 20}}}'

bumble is imported when an air is opened, not before.
"""

from __future__ import annotations

from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING

from hiphinge.errors import MissingExtraError

if TYPE_CHECKING:
    from bleak.backends.client import BaseBleakClient
    from bleak.backends.scanner import BaseBleakScanner


def air() -> AbstractAsyncContextManager[tuple[type[BaseBleakScanner], type[BaseBleakClient]]]:
    """Sensors on a virtual wearer as HIPHINGE_VIRTUAL says; yields (scanner class, client class).

    MissingExtraError without bumble, SettingsError for words it does not know.
    """
    try:
        import bumble.device  # noqa: F401, PLC0415  # only asked whether it is there; it takes 0.4 s
    except ImportError as e:
        raise MissingExtraError(
            "Virtual sensors: bumble is not installed, expected the extra [virtual]. "
            "Install it: pip install 'hiphinge[virtual]'"
        ) from e
    from hiphinge.sources.virtual import worn  # noqa: PLC0415  # imports bumble

    return worn.backend()
