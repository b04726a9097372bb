"""`make bench`: run every benchmark of this folder, one after another; each prints JSON lines.

    python -m bench [NAME ...]      only those files, without .py

A benchmark is a file here that can be run as a program. The first line is the machine and what else
it does, the last how long all took. A line that has no peer to stand against is held against its
limit here. Exits 1 if a benchmark failed, or gave a line that has neither.
"""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LONGEST = 900
"""Seconds that all of them may take."""

LIMITS: dict[str, tuple[str, float]] = {
    "store.import": ("at least", 50_000),
    "store.plan": ("at least", 100_000),
    "store.seal": ("at least", 100_000),
    "networks": ("at least", 167),  # a list of 100,000 rows in ten minutes
    "web.p95": ("at most", 200),  # milliseconds, and so for the form
    "web.form": ("at most", 200),
    "web.rate": ("at least", 100),
    "web.cpu": ("at most", 10),
    "report.time": ("at most", 10),
    "report.memory": ("at most", 300),
    "report.size": ("at most", 5),
    "verify.file.rows": ("at least", 10_000),
    "utxo": ("at most", 300),  # megabytes
    "evm.fetch.memory": ("at most", 300),
    "liabilities.inclusion": ("at most", 0.02),
    "liabilities.okx_v1": ("at most", 0.06),
    "liabilities.binance": ("at most", 1),
}
"""What a line's value must be, by the beginning of its name: the longest that fits."""


def main(names: list[str]) -> int:
    """Run the named benchmarks, all if none is named. Returns the exit status."""
    programs = {p.stem: p for p in sorted(HERE.glob("*.py")) if p.stem != "__main__" and _runs(p)}
    unknown = sorted(set(names) - set(programs))
    if unknown:
        print(
            f"no benchmark {', '.join(unknown)}: there are {', '.join(programs)}", file=sys.stderr
        )
        return 2
    print(json.dumps(machine()), flush=True)
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="scanner-bench-") as shared:
        os.environ["SCANNER_BENCH_FOLDER"] = shared
        failed = [name for name in names or programs if not _run(programs[name])]
    took = round(time.monotonic() - began)
    whole = {"name": "bench", "value": took, "unit": "s", "against": f"at most {LONGEST}"}
    print(json.dumps({**whole, "ratio": round(took / LONGEST, 3)}), flush=True)
    if failed:
        print(f"failed: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


def _run(program: Path) -> bool:
    """Whether it ended well, and each of its lines stands against something."""
    well = True
    with subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        for text in running.stdout:
            try:
                line = held_against(json.loads(text))
            except ValueError:
                print(f"{program.name} says what is no line of results: {text!r}", file=sys.stderr)
                well = False
                continue
            print(json.dumps(line), flush=True)
            if line["ratio"] is None:
                print(f"{line['name']} has neither a peer nor a limit", file=sys.stderr)
                well = False
    return well and running.returncode == 0


def held_against(line: dict[str, Any]) -> dict[str, Any]:
    """A line with its limit, if it has no peer. The ratio is that of its value to the limit."""
    if line.get("ratio") is not None:
        return line
    named = [n for n in LIMITS if line["name"] == n or line["name"].startswith(f"{n}.")]
    if not named:
        return {**line, "ratio": None}
    way, limit = LIMITS[max(named, key=len)]
    return {**line, "against": f"{way} {limit:,}", "ratio": round(line["value"] / limit, 3)}


def machine() -> dict[str, Any]:
    """What it all runs on, and how many processes wanted a processor when it began."""
    try:
        models = [
            text.partition(":")[2].strip()
            for text in Path("/proc/cpuinfo").read_text("utf-8").splitlines()
            if text.startswith("model name")
        ]
    except OSError:
        models = []
    load = os.getloadavg()[0]
    return {
        **{"name": "machine", "value": round(load, 2), "unit": "load"},
        **{"against": f"{os.cpu_count()} cores", "ratio": round(load / (os.cpu_count() or 1), 2)},
        **{"processor": models[0] if models else platform.processor()},
        **{"python": platform.python_version(), "system": platform.platform(terse=True)},
    }


def _runs(path: Path) -> bool:
    return '__name__ == "__main__"' in path.read_text("utf-8")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
