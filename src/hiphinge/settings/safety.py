"""The words about safety, in one place, and whether the wearer has read them.

The list of signs follows public NHS-type leaflets on cauda equina syndrome; it is
shown, never asked or scored. Their wording, and that no other text makes a
medical claim, is checked by tests/contract/test_claims.py.
"""

from __future__ import annotations

from dataclasses import dataclass

TITLE = "This is not a medical device"

FOOT = "This shows how you move. It is not a medical device."
"""Where there is room for one line."""

SHORT = (
    "This software shows how you move. It is not a medical device. It does not diagnose, treat or prevent any "
    "condition and cannot tell whether a movement is safe for you. Angles are estimates; each is shown with its "
    "uncertainty. Stop if pain gets worse or spreads."
)
"""At the first start, in reports and in the README."""

EMERGENCY = (
    "Go to an emergency department now if, with back pain, you have new: numbness or tingling around the "
    "genitals, back passage, buttocks or inner thighs; trouble starting, holding or feeling urine, or leaking; "
    "loss of bowel control or feeling; weakness in one or both legs or new trouble walking; pain, numbness or "
    "tingling spreading down both legs; loss of sexual function."
)

CLINICIAN = (
    "See a clinician soon for: pain going down a leg with numbness, tingling or weakness; back pain after a fall "
    "or accident; fever or feeling unwell; history of cancer; unexplained weight loss; long steroid use or weak "
    "bones; pain that is constant, worse at night, or not easing over a few weeks; pregnancy, recent surgery or a "
    "new diagnosis."
)

WORDS = (SHORT, EMERGENCY, CLINICIAN)
"""All of it, a paragraph each."""

WORDING = 1
"""Counts the versions of SHORT: a new one is shown again."""


@dataclass(frozen=True)
class Safety:
    """What the wearer has read, kept under ``[safety]`` of settings.toml.

    read : the newest :data:`WORDING` that was read; 0 none.
    """

    read: int = 0
