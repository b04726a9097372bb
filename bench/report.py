"""Benchmarks of `scanner report` on 300,000 rows: one JSON object a line.

report.time: seconds of the whole command. report.memory: the most it held. report.size: megabytes
of the page. Three rows of four are verified, each other one has a finding and a reason.

    python bench/report.py [CLAIMS]
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

CLAIMS = 300_000


def show(name: str, value: float, unit: str, rows: int) -> None:
    """Print one result; bench/__main__.py holds it against its limit."""
    fields = {"name": f"report.{name}", "value": round(value, 2), "unit": unit, "rows": rows}
    print(json.dumps({**fields, "against": None, "ratio": None}), flush=True)


def main() -> None:
    """Fill a database, and write its report."""
    from support.export_memory import MEASURED, fill

    from scanner.store.database.engine import open_store

    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    with tempfile.TemporaryDirectory() as folder:
        url, page = f"sqlite:///{folder}/scanner.db", Path(folder) / "report.html"
        with open_store(url, create=True) as store:
            snapshot = fill(store, count, bad_every=4)
        command = ["report", str(snapshot), "-o", str(page), "--database", url]
        start = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", MEASURED, *command],
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = time.perf_counter() - start
        peak = re.search(r"PEAK (\d+)", done.stderr)
        if peak is None or not page.exists():
            raise SystemExit(done.stderr)
        show("time", seconds, "s", count)
        show("memory", int(peak[1]) / 1024, "MB", count)
        show("size", page.stat().st_size / 1e6, "MB", count)


if __name__ == "__main__":
    main()
