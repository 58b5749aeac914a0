"""Messages to a telephone or another machine, by apprise (extra [push]).

Addresses are credentials. They come as :class:`~hiphinge.settings.Secret`, are
revealed to apprise alone, and are called by their place in secrets.toml.
"""

from __future__ import annotations

import logging
from typing import Any

from hiphinge.blocks import Alert
from hiphinge.errors import SinkError
from hiphinge.settings import Secret, feedback
from hiphinge.sinks.optional import optional
from hiphinge.sinks.sink import Sink

TALKERS = ("apprise", "urllib3", "requests")
"""Libraries whose logs would carry addresses; what they have to say is in our own sentences."""
SILENT = logging.CRITICAL + 1


class Push(Sink):
    """One address; ``number`` is its place in secrets.toml, from 1."""

    keep = 100
    late = 6 * 3600.0  # yesterday's "time to move" is no news [D]

    def __init__(self, params: feedback.Push, address: Secret, number: int = 1) -> None:
        super().__init__(params.kinds)
        self.name = f"push {number}"
        self._address, self._number = address, number
        self._service: Any = None
        self._types: Any = None

    def open(self) -> None:
        """Let apprise read the address; nothing is sent."""
        hush()
        apprise = optional("apprise", "push")
        # In memory: some services would keep tokens on the disk.
        asset = apprise.AppriseAsset(app_id="hiphinge", storage_mode="memory")
        self._service = apprise.Apprise.instantiate(self._address.reveal(), asset=asset)
        if self._service is None:
            raise SinkError(
                f"{self.name}: apprise cannot read address {self._number} of secrets.toml, expected one like "
                "ntfy://topic. Correct it there."
            )
        self._types = apprise.NotifyType

    def deliver(self, cue: Alert) -> None:
        """Send its words, and nothing else of the wearer; gives up after the service's own patience (4 s)."""
        if not self._sent(cue):
            raise SinkError(
                f"{self.name}: the service of address {self._number} in secrets.toml does not take messages now, "
                "expected an answer. Check the network and the address; it is tried again."
            )

    def _sent(self, cue: Alert) -> bool:
        """Whether the service took it. Not by ``Apprise.notify``: its pool would hold up the end of the program."""
        kind = self._types.WARNING if cue.severity == "warning" else self._types.INFO
        try:
            return bool(self._service.notify(body=cue.message, title="hiphinge", notify_type=kind))
        except Exception:  # noqa: BLE001 - one of a hundred plugins: anything, with the address in its text
            return False

    def close(self) -> None:
        """Forget the service."""
        self._service = None

    @property
    def state(self) -> str:
        """That the address can be read."""
        return f"{self.name}: ready, address {self._number} of secrets.toml is understood; nothing was sent to try it."


def hush() -> None:
    """Silence the libraries that would log an address."""
    for name in TALKERS:
        logging.getLogger(name).setLevel(SILENT)
