"""A virtual wearer: motion with known truth, worn as sensors feel it."""

from hiphinge.simulate.amc import Captured, capture
from hiphinge.simulate.clocks import Clocks
from hiphinge.simulate.daily import Lie, Reach, Sit, SitDown, SitDowns, StandUp, TakeOff, TieShoes
from hiphinge.simulate.faults import Dead, Fault, Gap, Loss, Slip, Stall, Swapped, UpsideDown
from hiphinge.simulate.gait import Cycle, Ride, Walk, jog
from hiphinge.simulate.imperfections import PERFECT, Imperfections
from hiphinge.simulate.movements import Bends, Lift, Movement, Stand, deadlifts, hinge, quick, squat, stoop
from hiphinge.simulate.placement import Habit
from hiphinge.simulate.postures import Away, Doze, Drive, FootUp, Perch, SitSo
from hiphinge.simulate.responsive import Manner, Responsive
from hiphinge.simulate.scenarios import SCENARIOS, calibration, play_amc, scenario, wear
from hiphinge.simulate.score import Mark
from hiphinge.simulate.simulation import Simulation, Wearing
from hiphinge.simulate.truth import TrueLift
from hiphinge.simulate.wearer import Wearer, drawn

__all__ = [
    "PERFECT",
    "SCENARIOS",
    "Away",
    "Bends",
    "Captured",
    "Clocks",
    "Cycle",
    "Dead",
    "Doze",
    "Drive",
    "Fault",
    "FootUp",
    "Gap",
    "Habit",
    "Imperfections",
    "Lie",
    "Lift",
    "Loss",
    "Manner",
    "Mark",
    "Movement",
    "Perch",
    "Reach",
    "Responsive",
    "Ride",
    "Simulation",
    "Sit",
    "SitDown",
    "SitDowns",
    "SitSo",
    "Slip",
    "Stall",
    "Stand",
    "StandUp",
    "Swapped",
    "TakeOff",
    "TieShoes",
    "TrueLift",
    "UpsideDown",
    "Walk",
    "Wearer",
    "Wearing",
    "calibration",
    "capture",
    "deadlifts",
    "drawn",
    "hinge",
    "jog",
    "play_amc",
    "quick",
    "scenario",
    "squat",
    "stoop",
    "wear",
]
