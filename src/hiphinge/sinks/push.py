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
        self._services: Any = None
        self._types: Any = None

    def open(self) -> None:
        """Let apprise read the address; nothing is sent."""
        hush()
        apprise = optional("apprise", "push")
        # In memory: some services would keep tokens on the disk.
        asset = apprise.AppriseAsset(app_id="hiphinge", async_mode=False, storage_mode="memory")
        services = apprise.Apprise(asset=asset)
        if not services.add(self._address.reveal()):
            raise SinkError(
                f"{self.name}: apprise cannot read address {self._number} of secrets.toml, expected one like "
                "ntfy://topic. Correct it there."
            )
        self._services, self._types = services, apprise.NotifyType

    def deliver(self, cue: Alert) -> None:
        """Send its words, and nothing else of the wearer; gives up after the service's own patience (4 s)."""
        # notify() tells all failures, those of its plugins too, by what it returns.
        kind = self._types.WARNING if cue.severity == "warning" else self._types.INFO
        if not self._services.notify(body=cue.message, title="hiphinge", notify_type=kind):
            raise SinkError(
                f"{self.name}: the service of address {self._number} in secrets.toml does not take messages now, "
                "expected an answer. Check the network and the address; it is tried again."
            )

    def close(self) -> None:
        """Forget the service."""
        self._services = None

    @property
    def state(self) -> str:
        """That the address can be read."""
        return f"{self.name}: ready, address {self._number} of secrets.toml is understood; nothing was sent to try it."


def hush() -> None:
    """Silence the libraries that would log an address."""
    for name in TALKERS:
        logging.getLogger(name).setLevel(SILENT)
