"""A real kernel and bluetoothd: hiphinge's own links over bleak's BlueZ backend, everything real but the air.

A Debian in QEMU (vm/build.sh: root, a few minutes, 1 GB under HIPHINGE_VM, by default
build/vm), hci_vhci in its kernel, bluetoothd, and behind the kernel's HCI the virtual sensors of the open layout
on a bumble controller. Emulated without KVM, so that time means nothing: what counts is
that three connect, and that no number of a packet is missing. Not in CI.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import MutableMapping
from pathlib import Path
from typing import Any

from tests.benchmarks.measure import ROOT

VM = ROOT / "tests" / "benchmarks" / "vm"
NEEDS = ("qemu-system-x86_64", "debootstrap", "cpio", "zstd", "depmod")
SECONDS, RATE_HZ = 60, 25
"""Of streaming, as the host asks for it; at 5 samples a packet 15 packets/s, a quarter of what emulation can carry."""
LIMIT_S = 1500

LIMITS = {"connected": (3, 3), "configured": (3, 3), "packets": (300, None), "missing": (0, 0), "exit_code": (0, 0)}
SMALL_LIMITS: dict[str, tuple[float | None, float | None]] = {"scripts": (4, None)}


def measure(size: str, progress: MutableMapping[str, Any]) -> dict[str, Any]:
    """What the client in the machine says, and when the machine came how far (s of its own clock)."""
    if size == "small":
        return {"scripts": sum((VM / name).exists() for name in ("build.sh", "run.sh", "init", "client.py"))}
    if missing := [name for name in NEEDS if not shutil.which(name)]:
        raise SystemExit(
            f"vm: {', '.join(missing)} not found. Install: apt-get install qemu-system-x86 debootstrap cpio zstd kmod"
        )
    folder = Path(os.environ.get("HIPHINGE_VM", ROOT / "build" / "vm"))
    packages = sysconfig.get_paths()["purelib"]
    subprocess.run(["sh", str(VM / "build.sh"), str(folder), packages, str(ROOT)], check=True, stdout=sys.stderr)
    console = subprocess.run(
        ["sh", str(VM / "run.sh"), str(folder), str(SECONDS), str(RATE_HZ)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=LIMIT_S,
        check=True,
    ).stdout
    return told(console)


def told(console: str) -> dict[str, Any]:
    """The figures in it; without a result, its last lines."""
    steps = {what.strip(): float(at) for at, what in re.findall(r"^VM ([\d.]+) (.*?)\r?$", console, re.MULTILINE)}
    code = next((int(what.split()[1]) for what in steps if what.startswith("RC ")), -1)
    found = re.search(r"^RESULT (\{.*\})\s*$", console, re.MULTILINE)
    result = json.loads(found[1]) if found else {"console": console[-2000:]}
    return {**result, "exit_code": code, "steps_s": steps, "load_average": os.getloadavg()[1]}
