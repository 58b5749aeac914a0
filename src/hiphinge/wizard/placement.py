"""Where the sensors go, in words and in a picture of letters: for terminal and browser alike."""

from __future__ import annotations

from hiphinge.blocks import SACRUM, THIGH_LEFT, THIGH_RIGHT, UPPER_LUMBAR

SPOTS = {
    UPPER_LUMBAR: "at the top of your low back",
    SACRUM: "at the bottom of your low back, on the pelvis",
    THIGH_LEFT: "on your left thigh",
    THIGH_RIGHT: "on your right thigh",
}

HOW_TO_FIND = {
    UPPER_LUMBAR: "on the spine, level with your lowest ribs: follow them back with your thumbs. "
    "A hand's width and a half above the dimples.",
    SACRUM: "on the flat bone between the two dimples of the pelvis: hands on your hips, thumbs back. "
    "Rather lower than higher.",
    THIGH_LEFT: "front or outside of the left thigh, halfway down, not on a bulging muscle.",
    THIGH_RIGHT: "front or outside of the right thigh, halfway down, not on a bulging muscle.",
}
"""Biomechanics 5.4: L1 lies some 15 cm above the dimples, whose line crosses S2 in four of five people."""

ALONE = (
    "Alone: use a mirror or a phone's camera; mark the spots with a pen.",
    "Tape on clean, dry skin holds best; a belt slips: wear it snug, and calibrate again after moving it.",
    "Not on broken skin, and not if you react to adhesive.",
)

PICTURE = r"""
    back         front
     __           __
    (  )         (  )
  .--''--.     .--''--.
 / |    | \   / |    | \
/  |    |  \ /  |    |  \
|  | [1]|  | |  |    |  |
|  |  : |  | |  |    |  |
'  | [2]|  ' '  |    |  '
   | .. |       | || |
   | || |     [4] || [3]
   | || |       | || |
""".strip("\n")
"""1 upper lumbar, 2 sacrum, 3 thigh left, 4 thigh right."""

NUMBERS = {UPPER_LUMBAR: 1, SACRUM: 2, THIGH_LEFT: 3, THIGH_RIGHT: 4}
