"""A twist of all sensors in one hand: offsets to a fraction of a millisecond, or a refusal with its reason."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hiphinge import simulate
from hiphinge.blocks import SITES, Floats, Packet, Times
from hiphinge.devices import hiphinge_imu
from hiphinge.errors import CalibrationRefused
from hiphinge.streams import twist

S = 10**9
Turning = dict[str, tuple[Times, Floats]]


def hand(t: Floats, seed: int, strength: float = 1.0) -> Floats:
    """Rates (n, 3) rad/s of a hand that twists to and fro, mostly about one axis, never quite evenly."""
    rng = np.random.default_rng(seed)
    rates = np.zeros((len(t), 3))
    for axis, size in enumerate((5.0, 1.5, 1.0)):
        for hz in rng.uniform(0.6, 2.5, 4):
            rates[:, axis] += strength * size / 2 * np.sin(2 * np.pi * hz * t + rng.uniform(0, 2 * np.pi))
    return rates


def held(
    offsets: tuple[float, ...], seed: int = 1, rate: float = 100.0, seconds: float = 5.4, **other: float
) -> Turning:
    """Sensors in one hand, mounted anyhow, with bias, scale, noise and phase of their own; ``offsets`` s."""
    rng = np.random.default_rng(seed + 1000)
    turning = {}
    for k, offset in enumerate(offsets):
        t = np.arange(rng.uniform(0, 0.01), seconds, 1 / rate)
        mounting, _ = np.linalg.qr(rng.normal(size=(3, 3)))
        gyr = hand(t, seed, other.get("strength", 1.0)) @ mounting * (1 + 0.01 * rng.normal())
        gyr += 0.03 * rng.normal(size=3) + other.get("noise", 0.01) * rng.normal(size=gyr.shape)
        turning[f"s{k}"] = np.rint((t - offset) * S).astype(np.int64) + 1000 * S, gyr
    return turning


@settings(max_examples=30, deadline=None)
@given(
    offsets=st.tuples(*[st.floats(-0.05, 0.05)] * 2),
    seed=st.integers(0, 10**6),
    rate=st.sampled_from([60.0, 100.0, 208.0]),
)
def test_offsets_are_found_to_a_fraction_of_a_millisecond(offsets: tuple[float, float], seed: int, rate: float) -> None:
    found = twist.offsets(held((0.0, *offsets), seed, rate), "s0")
    assert found["s0"] == twist.Offset(0, 0.0, 1.0)
    for name, offset in zip(("s1", "s2"), offsets, strict=True):
        assert found[name].offset_ns / S == pytest.approx(offset, abs=0.0008)
        assert 0.0003 <= found[name].error < 0.001
        assert found[name].correlation > 0.99


def test_the_error_is_that_of_the_offsets() -> None:
    """Within a factor of two where noise decides, never too small."""
    off, said = [], []
    for seed in range(40):
        one = twist.offsets(held((0.0, 0.02), seed, rate=50.0, noise=0.08), "s0")["s1"]
        off.append(one.offset_ns / S - 0.02)
        said.append(one.error)
    assert 0.8 < np.mean(said) / np.std(off) < 2.2


def other_hand(turning: Turning) -> Turning:
    t, _ = turning["s1"]
    return turning | {"s1": (t, hand((t - t[0]) / S, 77))}


def no_gyroscope(turning: Turning) -> Turning:
    t, gyr = turning["s1"]
    return turning | {"s1": (t, np.full_like(gyr, np.nan))}


def lost_samples(turning: Turning) -> Turning:
    t, gyr = turning["s1"]
    keep = np.r_[0:200, 230 : len(t)]
    return turning | {"s1": (t[keep], gyr[keep])}


def nothing(turning: Turning) -> Turning:
    return turning | {"s1": (np.empty(0, np.int64), np.empty((0, 3)))}


def pendulum(turning: Turning) -> Turning:
    """A twist as even as a pendulum."""
    even = {}
    for name, (t, gyr) in turning.items():
        even[name] = t, np.outer(5 * np.sin(2 * np.pi * 3.0 * (t - 1000 * S) / S), [0.0, 0.6, 0.8]) + 0 * gyr
    return even


REFUSALS = {
    "s1: its turning correlates by": other_hand,
    "s1: no rates of turn": no_gyroscope,
    r"s1: 0\.3.* s without a sample": lost_samples,
    "s1: no rates of turn, expected some": nothing,
    "s1: two offsets fit alike": pendulum,
}


@pytest.mark.parametrize(("words", "spoil"), REFUSALS.items())
def test_what_is_no_twist_of_one_body_is_refused(words: str, spoil: object) -> None:
    with pytest.raises(CalibrationRefused, match=words) as refused:
        twist.offsets(spoil(held((0.0, 0.01))), "s0")  # type: ignore[operator]  # a function of the table above
    assert refused.value.part == "twist"


def test_a_packet_heard_twice_spoils_nothing() -> None:
    turning = held((0.0, 0.01))
    again = {name: tuple(np.concatenate((x[:300], x[295:])) for x in one) for name, one in turning.items()}
    assert twist.offsets(again, "s0") == twist.offsets(turning, "s0")  # type: ignore[arg-type]  # pairs stay pairs


def test_too_short_and_too_slow_are_refused() -> None:
    with pytest.raises(CalibrationRefused, match=r"seen for 2\.\d s, expected 3 or more"):
        twist.offsets(held((0.0, 0.01), seconds=2.9), "s0")
    with pytest.raises(CalibrationRefused, match=r"turned at .* rad/s rms, expected 1.5 or more"):
        twist.offsets(held((0.0, 0.01), strength=0.2), "s0")


def test_a_twist_is_found_in_the_stream() -> None:
    """Between 20 and 26 s of a minute in which the sensors otherwise lie, or are carried one by one."""
    turning = {}
    for k in range(3):
        t = np.arange(0, 60, 0.01) + 0.003 * k
        twisted = np.clip(np.minimum(t - 20, 26 - t) * 4, 0, 1)[:, None] * hand(t, 5)
        carried = hand(t, 50 + k) * ((t > 30) & (t < 40))[:, None]
        turning[f"s{k}"] = np.rint(t * S).astype(np.int64), twisted + carried
    start, end = twist.found(turning) or (0, 0)
    assert 19.5 * S <= start < end <= 26.5 * S
    assert twist.found({name: (t[3000:], gyr[3000:]) for name, (t, gyr) in turning.items()}) is None
    assert twist.found({}) is None


def test_worn_sensors_do_not_look_like_a_twist() -> None:
    """Bends, quick hinges and walking."""
    movements = [simulate.Stand(3.0), simulate.Bends(), *[simulate.hinge(1.1) for _ in range(3)], simulate.Walk(8.0)]
    played = simulate.wear(movements, wearing=simulate.Wearing(SITES, faults=()), seed=4)
    log = [one for batch in played.batches() for one in batch]
    turning = {}
    for sensor in played.sensors:
        heard = [one for one in log if isinstance(one, Packet) and one.sensor == sensor.sensor]
        block, _ = hiphinge_imu.Decoder(sensor.sensor).decode(heard)[:2]
        turning[sensor.site] = block.t_ns, block.gyr
    assert twist.found(turning) is None
    assert twist.found({site: turning[site] for site in ("upper_lumbar", "sacrum")}) is None
