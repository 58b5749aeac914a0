"""The guide: right wearers pass in time, each fault is named, and only that step is done again."""

from __future__ import annotations

import re
from functools import cache

import numpy as np
import pytest

from hiphinge import monitor, simulate, wizard
from hiphinge.blocks import Control, Input, MotionBlock, Packet, Sensor
from hiphinge.devices import hiphinge_imu
from hiphinge.intake import Intake
from hiphinge.markers import GUIDED
from hiphinge.wizard.guide import Guidance, Guide, plan
from tests.wizard.following import Followed, followed
from tests.wizard.wearings import FULL


@cache
def plain(seed: int = 1) -> Followed:
    """Somebody who does everything right; kept, so that tests may share it."""
    return followed(seed)


def fed(run: Followed, groups: list[list[Input]]) -> tuple[Guidance, list[object]]:
    """The same log through another guide, cut otherwise."""
    guide = Guide(monitor.Params(), run.wearer.sensors, wearer="Ada", created_utc="2026-01-05T09:00:00Z")
    ended: list[object] = []
    told = guide.feed(())
    for group in groups:
        told = guide.feed(group)
        ended += [*told.ended, *told.marks]
        if told.done:
            break
    return told, ended


# --- Somebody who does it right --------------------------------------------------------------


def test_a_good_wearer_is_done_within_two_minutes_of_standing() -> None:
    run = plain()
    found = run.told.calibration
    assert run.told.done
    assert run.faults == []
    assert run.seconds < 120
    assert found is not None
    assert found.missing == ()
    assert (found.wearer, found.created_utc) == ("Ada", "2026-01-05T09:00:00Z")
    assert np.rad2deg(found.max_lumbar_flexion) == pytest.approx(
        np.rad2deg(run.wearer.score.wearer.max_lumbar), abs=2.0
    )


def test_every_step_is_judged_once_in_order_and_in_words() -> None:
    steps = [v.step for v in plain().ended]
    assert steps == ["twist", "place", "tap", "tap", "knee", "stand", "sit", "bend", "sit_tall", "slump", "done"]
    words = {v.step: v.words for v in plain().ended}
    assert words["stand"] == "Stood still for 10 s."
    assert "Your own lumbar flexion is" in words["bend"]
    assert "° of lumbar flexion" in words["slump"]
    assert words["done"].startswith("Stood still for 10 s. Upper lumbar: axis from bends")


def test_the_recording_gives_the_same_calibration_again() -> None:
    """By its marks, however it is cut into batches; and through another guide."""
    run = plain()
    params = monitor.Params(sensors=run.told.sensors)
    spans = wizard.marked(run.log)
    assert run.told.calibration is not None
    for batches in ([run.log], [[one] for one in run.log]):
        again = wizard.calibrate_recording(params, batches, spans, wearer="Ada")
        assert again.id == run.told.calibration.id


def test_any_grouping_gives_the_same() -> None:
    """As they came, all at once, in random groups."""
    run = plain()
    log = [one for one in run.log if not (isinstance(one, Control) and one.action == "marker")]
    cuts = np.sort(np.random.default_rng(1).integers(0, len(log), 240)).tolist()
    marks = [one for one in run.log if isinstance(one, Control) and one.action == "marker"]
    for groups in ([log], [log[a:b] for a, b in zip([0, *cuts], [*cuts, len(log)], strict=True)]):
        told, ended = fed(run, groups)
        assert [x for x in ended if not isinstance(x, Control)] == run.ended
        assert [x for x in ended if isinstance(x, Control)] == marks
        assert told.calibration == run.told.calibration


def test_what_was_marked_is_all_of_it() -> None:
    """An unmarked walk and more bends around it change nothing: a guide's recording is not searched."""
    run = plain()
    spans = wizard.marked(run.log)
    whole = next(s for s in spans if s.label == GUIDED)
    assert [s.label for s in spans if s.start >= whole.start] == ["stand", GUIDED, "sit", "bend", "sit_tall", "slump"]


def test_seconds_hints_and_progress_are_live() -> None:
    run = plain()
    guide = Guide(monitor.Params(), run.wearer.sensors)
    hints: dict[str, set[str]] = {}
    progress: list[float] = []
    for one in run.log:
        told = guide.feed([one])
        hints.setdefault(told.step, set()).add(told.hint)
        progress += [told.progress] if told.step == "stand" else []
    assert {f"stand still: {n} s more" for n in range(1, 10)} <= hints["stand"]
    assert {"sit down (1 of 3)", "stand up (2 of 3)"} <= hints["sit"]
    assert {"and up", "stand tall and still: 2 s more"} <= hints["bend"]
    assert progress == sorted(progress)


# --- Somebody who does it wrong --------------------------------------------------------------


@pytest.mark.parametrize(
    ("mistake", "step", "until", "fault", "words"),
    [
        (
            "moves",
            "stand",
            "sit",
            "moved",
            r"You moved after \d s: .* moved at \d+ °/s, expected below 12 °/s for 10 s",
        ),
        ("half_sits", "sit", "bend", "half", r"Thigh right rose to 4\d°, expected 50° or more: sit down fully"),
        ("half_bends", "bend", "sit_tall", "half", r"press n if that is as far as is comfortable"),
        ("bent_knees", "bend", "fault", "knees", r"rose by \d\d° in the bends, expected at most 32°: knees straight"),
        ("few_bends", "bend", "fault", "few", r"Only 2 of 3 bends were seen"),
    ],
)
def test_a_mistake_is_named_in_numbers_and_only_that_step_done_again(
    mistake: str, step: str, until: str, fault: str, words: str
) -> None:
    run = followed(2, mistake, begin="stand", until=until)
    assert run.faults == [(step, fault)]
    assert re.search(words, run.words)
    steps = [v.step for v in run.ended]
    assert steps.count(step) == 1 + (until != "fault")
    assert len(steps) == len({*steps}) + (until != "fault")


@pytest.mark.parametrize(
    ("pair", "begin", "step"),
    [
        (("upper_lumbar", "sacrum"), "tap", "tap"),
        (("upper_lumbar", "sacrum"), "stand", "bend"),
        (("sacrum", "thigh_right"), "stand", "sit"),
    ],
)
def test_exchanged_sensors_are_named_and_called_after_where_they_are(
    pair: tuple[str, str], begin: str, step: str
) -> None:
    run = followed(1, faults=(simulate.Swapped(*pair),), begin=begin, until="fault")
    assert run.faults == [(step, "exchanged")]
    assert run.words.endswith("It is noted: leave them where they are.")
    worn = {s.sensor: s.site for s in run.told.sensors}
    assert (worn[pair[0]], worn[pair[1]]) == pair[::-1]
    assert run.told.step == ("tap" if step == "tap" else "stand")


def test_a_sensor_on_the_other_leg_is_found_by_lifting_a_knee() -> None:
    run = followed(1, faults=(simulate.Swapped("thigh_right", "thigh_left"),), begin="knee", until="stand")
    assert run.faults == [("knee", "wrong_leg")]
    assert "rose with your left knee and not with the right one" in run.words
    assert [s.site for s in run.told.sensors] == ["upper_lumbar", "sacrum", "thigh_left"]


def test_legs_exchanged_where_both_are_worn() -> None:
    sites = ("upper_lumbar", "sacrum", "thigh_left", "thigh_right")
    swapped = (simulate.Swapped("thigh_right", "thigh_left"),)
    run = followed(1, faults=swapped, sites=sites, begin="knee", until="stand")
    assert run.faults == [("knee", "wrong_leg")]
    assert {s.sensor: s.site for s in run.told.sensors}["thigh_left"] == "thigh_right"


def test_a_sensor_that_slips_in_the_bends_brings_the_wearer_back_to_standing() -> None:
    begun = next(s.end for s in wizard.marked(plain().log) if s.label == "sit")
    slip = simulate.Slip("sacrum", begun + 6.0, (0.0, 0.0, float(np.deg2rad(9.0))))
    run = followed(1, faults=(slip,))
    assert run.faults == [("bend", "slipped")]
    assert "sacrum is" in run.words
    assert [v.step for v in run.ended].count("stand") == 2
    assert run.told.done


def test_upside_down_is_no_fault() -> None:
    turned = (simulate.UpsideDown("sacrum"), simulate.UpsideDown("thigh_right"))
    run = followed(1, faults=turned, begin="stand", until="sit_tall")
    assert run.faults == []
    assert run.told.step == "sit_tall"


# --- Keys ------------------------------------------------------------------------------------


class Hand:
    """A guide and somebody beside it; keys are pressed at the wearer's time."""

    def __init__(self, seed: int = 1, **wearing: object) -> None:
        self.wearer = simulate.Responsive(seed=seed, wearing=simulate.Wearing(**wearing))  # type: ignore[arg-type]  # a test's own words
        self.guide = Guide(monitor.Params(), self.wearer.sensors)
        self.told = self.guide.feed(())
        self.ended: list[tuple[str, bool, str]] = []

    def press(self, value: str) -> Guidance:
        self._hear(self.guide.feed([Control(round(self.wearer.now * 1e9), "wizard", value)]))
        return self.told

    def until(self, step: str, obey: bool = True, seconds: float = 120.0) -> Guidance:
        end = self.wearer.now + seconds
        while self.told.step != step and self.wearer.now < end:
            self.wait(0.4, obey=obey)
        assert self.told.step == step
        return self.told

    def wait(self, seconds: float, obey: bool = False) -> Guidance:
        end = self.wearer.now + seconds
        while self.wearer.now < end - 1e-6:
            if obey:
                self.wearer.follow(self.told.step, self.told.site, self.told.attempt)
            self._hear(self.guide.feed(self.wearer.inputs(0.4)))
        return self.told

    def _hear(self, told: Guidance) -> None:
        self.told = told
        self.ended += [(v.step, v.passed, v.fault) for v in told.ended]


def test_keys_skip_go_back_and_jump() -> None:
    hand = Hand()
    hand.wait(1.0)
    assert hand.press("skip").step == "place"
    assert hand.press("skip").step == "place"  # nobody can do without
    assert hand.press("next").step == "tap"
    assert hand.press("back").step == "place"
    assert hand.press("stand").step == "stand"
    assert hand.press("skip").step == "stand"  # the zero comes from it
    assert hand.press("nonsense").step == "stand"
    assert hand.press("bend").step == "stand"  # nothing can be seen of it before
    assert hand.press("redo").attempt > 1
    assert hand.ended == [("twist", True, "skipped"), ("place", True, "")]


def test_hurts_leaves_the_bends_out_at_once() -> None:
    hand = Hand()
    hand.press("stand")
    hand.until("bend")
    hand.wait(2.0)
    told = hand.press("hurts")
    assert told.step == "sit_tall"
    assert hand.ended[-1] == ("bend", False, "hurts")
    assert told.verdict is not None
    assert "what hurts is left out" in told.verdict.words
    hand.press("skip")
    done = hand.press("skip")
    assert done.calibration is not None
    assert "bends" in done.calibration.missing
    assert np.isnan(done.calibration.max_lumbar_flexion)


def test_half_bends_may_be_kept_as_far_as_is_comfortable() -> None:
    hand = Hand(seed=2)
    hand.wearer.manner = simulate.Manner(mistakes=("half_bends",), times=9)
    hand.wearer.__post_init__()
    hand.press("stand")
    hand.until("bend")
    while ("bend", False, "half") not in hand.ended:
        hand.wait(0.4, obey=True)
    assert "press n" in hand.told.problem
    assert hand.press("next").step == "sit_tall"
    assert hand.ended[-1] == ("bend", True, "half")


def test_next_while_taking_ones_place_means_ready() -> None:
    hand = Hand()
    hand.wait(1.0)
    hand.press("stand")
    hand.press("next")
    assert hand.wait(1.2).hint.startswith("stand still")


def test_who_takes_his_time_costs_no_memory() -> None:
    """Two minutes on the way to the first stand: no more motion is held than the last seconds."""
    hand = Hand()
    hand.wearer.do(simulate.Walk(100.0))
    hand.press("stand")
    hand.wait(90.0)
    assert hand.told.step == "stand"
    assert sum(len(m) for m in hand.guide._motion) < 1000


# --- Sensors ---------------------------------------------------------------------------------


def test_no_sensor_and_a_silent_one_are_named() -> None:
    assert "No sensor is heard" in Hand().told.problem
    hand = Hand(faults=(simulate.Dead("sacrum", 3.0),))
    hand.press("stand")
    told = hand.wait(8.0)
    assert told.problem.startswith("Nothing is heard of sacrum")
    assert told.step == "stand"


def test_without_the_silent_one_it_goes_on_with_what_the_others_can_say() -> None:
    hand = Hand(faults=(simulate.Dead("sacrum", 3.0),))
    hand.press("stand")
    hand.wait(8.0)
    told = hand.press("skip")
    assert [s.site for s in told.sensors] == ["upper_lumbar", "thigh_right"]
    hand.until("done")
    assert hand.told.calibration is not None
    assert set(hand.told.calibration.mountings) == {"upper_lumbar", "thigh_right"}


@pytest.mark.parametrize(
    ("sites", "steps"),
    [
        (("upper_lumbar", "sacrum"), ["twist", "place", "tap", "tap", "stand", "bend"]),
        (("sacrum", "thigh_left"), ["twist", "place", "knee", "stand", "sit", "bend"]),
        (("thigh_right",), ["place", "knee", "stand", "sit"]),
        (("sacrum",), ["place", "stand", "bend"]),
    ],
)
def test_only_what_the_sensors_can_show_is_asked_for(sites: tuple[str, ...], steps: list[str]) -> None:
    assert [step for step, _ in plan(sites, sitting=True)] == steps


@pytest.mark.parametrize("sites", [("upper_lumbar", "sacrum"), ("sacrum", "thigh_left"), ("sacrum",)])
def test_a_good_wearer_of_fewer_sensors_passes_too(sites: tuple[str, ...]) -> None:
    run = followed(1, sites=sites, begin="stand")
    assert run.told.done
    assert run.faults == []


def test_sitting_may_be_left_out() -> None:
    assert plan(FULL, sitting=False)[-1] == ("bend", "")


def test_all_sensors_twisted_together_leave_a_mark() -> None:
    """Five seconds of turning in one hand; a sensor that stays on the table is named."""
    sensors = tuple(Sensor(site, "hiphinge_imu", site) for site in ("upper_lumbar", "sacrum"))
    guide = Guide(monitor.Params(), sensors)
    first = twisting(guide, 0.0, 4.0, still="sacrum")
    assert first.hint == "not turning: sacrum"
    told = twisting(guide, 4.0, 12.0)
    assert told.step == "place"
    assert told.verdict is not None
    assert told.verdict.words == "All were twisted together."
    spans = wizard.marked(MARKS)
    assert [s.label for s in spans] == ["twist"]
    assert spans[0].end - spans[0].start == pytest.approx(5.0, abs=0.15)


MARKS: list[Control] = []


def twisting(guide: Guide, start: float, end: float, still: str = "") -> Guidance:
    """Sensors turned to and fro at 2 Hz by 300 °/s."""
    MARKS.clear()
    told = guide.feed(())
    for k in range(round(start * 10), round(end * 10)):
        for site in ("upper_lumbar", "sacrum"):
            t = (np.arange(10) + 10 * k) * 10_000_000
            gyr = np.zeros((10, 3))
            gyr[:, 0] = 0.0 if site == still else 5.0 * np.sin(4 * np.pi * t / 1e9)
            payload = hiphinge_imu.encode(k, t, np.tile([0.0, 0.0, 9.81], (10, 1)), gyr)
            told = guide.feed([Packet(site, hiphinge_imu.CHARACTERISTIC, int(t[-1]) + 30_000_000, payload)])
            MARKS.extend(told.marks)
    return told


def test_bytes_that_no_sensor_sends_are_left_out() -> None:
    run = plain()
    log = [one for i, one in enumerate(run.log) for one in (one, *([RUBBISH] if i % 50 == 0 else []))]
    assert fed(run, [log])[0].calibration == run.told.calibration


RUBBISH = Packet("sacrum", hiphinge_imu.CHARACTERISTIC, 0, b"\x11\xff\x00")


def test_moments_are_the_same_however_the_motion_is_cut() -> None:
    from hiphinge.wizard.moments import Moments  # noqa: PLC0415  only this test needs it

    run = plain()
    intake = Intake(monitor.Params(sensors=run.told.sensors))
    motion = wizard.join([*intake.take(run.log[:600])])
    whole = list(Moments(100.0).take(motion))
    pieces = Moments(100.0)
    cut = [m for i in range(0, len(motion), 7) for m in pieces.take(part(motion, i, i + 7))]
    assert len(whole) == len(cut) > 100
    for a, b in zip(whole, cut, strict=True):
        assert a.t == b.t
        np.testing.assert_allclose(a.acc, b.acc, atol=1e-12)
        np.testing.assert_allclose(a.stirring, b.stirring, atol=1e-12)


def part(motion: MotionBlock, a: int, b: int) -> MotionBlock:
    return MotionBlock(motion.t[a:b], motion.sites, motion.acc[:, a:b], motion.gyr[:, a:b], motion.flags[:, a:b])
