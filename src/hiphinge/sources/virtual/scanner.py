"""The scanner class for ``BleakScanner(backend=...)`` over a virtual air."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, ClassVar

from bleak.backends.scanner import AdvertisementData, AdvertisementDataCallback, BaseBleakScanner
from bleak.uuids import normalize_uuid_str
from bumble.core import UUID, AdvertisingData
from bumble.device import Advertisement

if TYPE_CHECKING:
    from hiphinge.sources.virtual.space import Air

_TYPES = AdvertisingData.Type
SERVICES = (
    _TYPES.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    _TYPES.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    _TYPES.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    _TYPES.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
)
NAMES = (_TYPES.COMPLETE_LOCAL_NAME, _TYPES.SHORTENED_LOCAL_NAME)


def long_uuid(uuid: UUID) -> str:
    """128 bits in lower case, as bleak writes it."""
    return normalize_uuid_str(uuid.to_hex_str("-"))


class VirtualScanner(BaseBleakScanner):
    """Hears the advertisements of the class's ``air``."""

    air: ClassVar[Air]

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        **options: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)

    @classmethod
    def follow(cls, step: str, site: str, attempt: int) -> None:
        """What a guide asks of the wearer (see :class:`hiphinge.sources.ble.radio.Radio`)."""
        cls.air.follow(step, site, attempt)

    async def start(self) -> None:
        """Listen."""
        self.seen_devices = {}
        await self.air.scan(True)
        self.air.central.on("advertisement", self._heard)

    async def stop(self) -> None:
        """Listen no more."""
        self.air.central.remove_listener("advertisement", self._heard)
        await self.air.scan(False)

    def _heard(self, heard: Advertisement) -> None:
        told = heard.data
        lists: Iterable[Any] = (told.get(kind) or () for kind in SERVICES)
        services = [long_uuid(uuid) for uuids in lists for uuid in uuids]
        if not self.is_allowed_uuid(services):
            return
        address = heard.address.to_string(False)
        name = next((str(name) for kind in NAMES if (name := told.get(kind))), None)
        maker: Any = told.get(_TYPES.MANUFACTURER_SPECIFIC_DATA)
        advertisement = AdvertisementData(
            local_name=name,
            manufacturer_data={int(maker[0]): bytes(maker[1])} if maker else {},
            service_data={},
            service_uuids=services,
            tx_power=None,
            rssi=self.air.rssi(address),
            platform_data=(heard,),
        )
        device = self.create_or_update_device(address, address, name, heard, advertisement)
        self.call_detection_callbacks(device, advertisement)
