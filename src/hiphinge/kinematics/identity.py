"""A calibration's name: what it says, in twelve hex digits."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace

from hiphinge.blocks import Calibration


def identity(calibration: Calibration) -> str:
    """Of the content without id and date: the same movements, the same id."""
    content = asdict(replace(calibration, id="", created_utc=""))
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
