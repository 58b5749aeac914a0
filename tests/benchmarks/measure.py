"""``make measure NAME``: one measure at full size, its figures into docs/measures/NAME.json.

A measure is a file ``tests/benchmarks/measure_<name>.py`` with

- ``measure(size, progress) -> dict``: the figures (numbers, texts, dicts of them), at
  ``size`` "small" (seconds, in `make test`) or "full". ``progress`` is a dict that is
  kept on disk: put each finished part into it (as JSON can hold it) and take it from
  there when it is in. A run that was stopped goes on where it was, as long as no
  source file has changed.
- ``LIMITS``, optional: figure -> (lowest, highest), None for no bound. A figure within
  a dict is named ``outer.inner``. At full size every figure named there must be there.
- ``SMALL_LIMITS``, optional: the same for the small size; without it the LIMITS of
  those figures that the small size has.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import importlib
import json
import math
import os
import platform
import subprocess
import sys
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).resolve().parent
RESULTS = ROOT / "docs" / "measures"
UNFINISHED = ROOT / "build" / "measures"
SIZES = ("small", "full")

Bounds = tuple[float | None, float | None]


def names() -> list[str]:
    """Every measure there is."""
    return sorted(path.stem.removeprefix("measure_") for path in HERE.glob("measure_*.py"))


class Progress(dict[str, Any]):
    """A dict on disk: every assignment is kept, atomically. Stale once the sources change."""

    def __init__(self, path: Path, made_from: str) -> None:
        super().__init__()
        self.path, self.made_from = path, made_from
        if path.exists() and (kept := json.loads(path.read_text()))["made_from"] == made_from:
            self.update(kept["parts"])

    def __setitem__(self, key: str, value: Any) -> None:
        super().__setitem__(key, value)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        fresh = self.path.with_suffix(".new")
        fresh.write_text(json.dumps({"made_from": self.made_from, "parts": self}, default=lambda number: number.item()))
        fresh.replace(self.path)


def sources_digest(name: str) -> str:
    """One number for all that a measure may depend on in this checkout."""
    digest = hashlib.sha256()
    for path in sorted([*(ROOT / "src").rglob("*.py"), HERE / "played.py", HERE / f"measure_{name}.py"]):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def figure(figures: Mapping[str, Any], name: str) -> float | None:
    """The number called ``name`` (``outer.inner``), or None where there is none."""
    value: Any = figures
    for part in name.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return None if value is None else float(value)


def judge(figures: Mapping[str, Any], limits: Mapping[str, Bounds], *, all_of_them: bool) -> dict[str, dict[str, Any]]:
    """Each limit beside what was found; a figure that is missing or NaN is not within any."""
    verdicts = {}
    for name, (low, high) in limits.items():
        found = figure(figures, name)
        if found is None and not all_of_them:
            continue
        within = found is not None and (low is None or found >= low) and (high is None or found <= high)
        kept = found is not None and not math.isnan(found) and within
        verdicts[name] = {"found": found, "at_least": low, "at_most": high, "kept": kept}
    return verdicts


def run(name: str, size: str) -> dict[str, Any]:
    """One measure, with what it needs to be believed: commit, machine, size, verdicts."""
    module = importlib.import_module(f"tests.benchmarks.measure_{name}")
    progress = Progress(UNFINISHED / f"{name}-{size}.json", sources_digest(name))
    figures = module.measure(size, progress)
    limits = getattr(module, "LIMITS", {})
    if size == "small":
        limits = getattr(module, "SMALL_LIMITS", limits)
    progress.path.unlink(missing_ok=True)
    return {
        "measure": name,
        "about": (module.__doc__ or "").strip().splitlines()[0],
        "size": size,
        "date": datetime.datetime.now(datetime.UTC).date().isoformat(),
        "commit": commit(),
        "machine": machine(),
        "limits": judge(figures, limits, all_of_them=size == "full"),
        "figures": figures,
    }


def commit() -> str:
    """The commit that was measured; ``+changes`` where tracked sources differ from it."""
    head = git("rev-parse", "--short=12", "HEAD")
    return head + ("+changes" if git("status", "--porcelain", "--", "src", "tests/benchmarks") else "")


def git(*arguments: str) -> str:
    """What git answers, or "" outside a checkout."""
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def machine() -> dict[str, Any]:
    """The kind of machine, without its name."""
    packages = {name: installed(name) for name in ("numpy", "scipy", "pandas", "vqf")}
    return {
        "cpu": cpu_model(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        **packages,
    }


def installed(package: str) -> str:
    """Its version, or "not installed"."""
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def cpu_model() -> str:
    """The processor's name as Linux gives it, else what Python knows."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    found = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return found[0] if found else platform.processor() or "unknown"


def write(result: Mapping[str, Any], path: Path) -> None:
    """JSON that reads well in a diff: a line a figure, floats to six significant digits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(rounded(result), indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def rounded(value: Any) -> Any:
    """Floats to six significant digits, NaN to null; numpy's numbers become Python's."""
    if isinstance(value, Mapping):
        return {str(key): rounded(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [rounded(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.6g}") if math.isfinite(value) else None
    return value


def report(result: Mapping[str, Any]) -> str:
    """What a person reads at the end: each limit, and whether it was kept."""
    lines = [f"{result['measure']} ({result['size']}): {result['about']}"]
    for name, v in result["limits"].items():
        bounds = [f"≥ {v['at_least']:g}"] if v["at_least"] is not None else []
        bounds += [f"≤ {v['at_most']:g}"] if v["at_most"] is not None else []
        found = "missing" if v["found"] is None else f"{v['found']:.4g}"
        lines.append(f"  {'kept ' if v['kept'] else 'BROKEN'} {name}: {found} (wanted {' and '.join(bounds)})")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run the named measures; 0 when every limit was kept."""
    parser = argparse.ArgumentParser(prog="make measure", description="Measure at full size; resumes a stopped run.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(names()) or "none yet")
    parser.add_argument("--size", choices=SIZES, default="full")
    asked = parser.parse_args(arguments)
    if unknown := set(asked.names) - set(names()):
        parser.error(f"{', '.join(sorted(unknown))}: expected one of {', '.join(names()) or 'none yet'}.")
    if not asked.names:
        print("make measure NAME, one of:", *names(), sep="\n  ")
    kept = True
    for name in asked.names:
        result = run(name, asked.size)
        path = RESULTS / f"{name}.json" if asked.size == "full" else UNFINISHED / f"{name}.small.json"
        write(result, path)
        print(report(result), f"  written to {path.relative_to(ROOT)}", sep="\n")
        kept &= all(v["kept"] for v in result["limits"].values())
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
