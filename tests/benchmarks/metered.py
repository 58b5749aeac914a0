"""``python metered.py COMMAND …``: run it on one core; its CPU seconds and peak memory as JSON, its output to stderr.

A process of its own and small: a child's peak begins with the size of whoever starts it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time


def main() -> int:
    """Exit as the command did."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    began = time.monotonic()
    child = subprocess.Popen(sys.argv[1:], stdout=sys.stderr)
    _, status, used = os.wait4(child.pid, 0)
    kilobytes = used.ru_maxrss / 1024 if sys.platform == "darwin" else used.ru_maxrss
    print(
        json.dumps(
            {
                "cpu_s": used.ru_utime + used.ru_stime,
                "wall_s": time.monotonic() - began,
                "peak_gb": kilobytes * 1024 / 1e9,
            }
        )
    )
    return os.waitstatus_to_exitcode(status)


if __name__ == "__main__":
    sys.exit(main())
