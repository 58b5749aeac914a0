from __future__ import annotations

from hiphinge.blocks import Sensor
from hiphinge.monitor import Params
from hiphinge.settings import from_json, load, names, override, to_json

WORN = (Sensor("C4:7F", "hiphinge_imu", "sacrum"), Sensor("C4:80", "hiphinge_imu", "thigh_left"))


def test_the_monitors_own_params_come_back_the_same() -> None:
    params = Params(sensors=WORN)
    assert from_json(to_json(params)) == params
    assert load() == Params()


def test_the_monitors_own_params_can_all_be_set() -> None:
    params = Params(sensors=WORN)
    listed = names(params)
    assert "rounding.on_share" in {s.name for s in listed}
    assert override(params, {s.name: s.value for s in listed}) == params
    assert override(params, {"rounding.on_share": "0.7"}).rounding.on_share == 0.7
