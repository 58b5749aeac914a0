"""A virtual wearer: motion with known truth, worn as sensors feel it."""

from hiphinge.simulate.faults import Dead, Fault, Gap, Loss, Slip, Stall, Swapped, UpsideDown
from hiphinge.simulate.imperfections import PERFECT, Imperfections
from hiphinge.simulate.movements import Bends, Lift, Movement, Stand, hinge, squat, stoop
from hiphinge.simulate.scenarios import SCENARIOS, scenario, wear
from hiphinge.simulate.simulation import Simulation, Wearing
from hiphinge.simulate.truth import TrueLift
from hiphinge.simulate.wearer import Wearer

__all__ = [
    "PERFECT",
    "SCENARIOS",
    "Bends",
    "Dead",
    "Fault",
    "Gap",
    "Imperfections",
    "Lift",
    "Loss",
    "Movement",
    "Simulation",
    "Slip",
    "Stall",
    "Stand",
    "Swapped",
    "TrueLift",
    "UpsideDown",
    "Wearer",
    "Wearing",
    "hinge",
    "scenario",
    "squat",
    "stoop",
    "wear",
]
