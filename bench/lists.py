"""Benchmarks of reading lists: one JSON object a line.

lists.load: the 336,208 addresses of BitMEX's 2022 file opened, decoded with their checksums and
freed of duplicates; against a bare loop of the base58 and bech32 libraries over the same lines.
lists.okx: rows/s of an OKX-shaped file, read, decoded and audited; against Python's csv module
splitting the same bytes and doing nothing else. lists.okx.memory: megabytes of that run at peak.
"""

from __future__ import annotations

import csv
import gzip
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench/data")]
BITMEX = ROOT / "tests/vectors/lists/bitmex/bitmex_reserve_addresses_2022-11-15.txt.gz"
ROWS = 650_000


def load(path: Path, network: str = "") -> tuple[int, float, int]:
    """Read and audit a list. Returns claims that count, seconds, peak megabytes of the process."""
    from scanner.lists.open import open_list
    from scanner.lists.reconcile import ListAudit
    from scanner.settings.tables import load_registry

    registry = load_registry()
    start = time.perf_counter()
    audit = ListAudit(registry)
    with open_list(path, registry, network=network) as rows:
        for row in rows:
            audit.observe(row)
        claims = rows.summary().claims - audit.duplicates
    seconds = time.perf_counter() - start
    return claims, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def apart(*arguments: str) -> list[float]:
    """Run this file in a process of its own, so that peak memory is of this work alone."""
    done = subprocess.run(
        [sys.executable, __file__, *arguments], capture_output=True, text=True, check=True
    )
    return [float(number) for number in done.stdout.split()]


def libraries() -> float:
    """Addresses a second of the two libraries alone."""
    import base58
    import bech32

    lines = gzip.decompress(BITMEX.read_bytes()).decode().split()
    start = time.perf_counter()
    for line in lines:
        if line.startswith("bc1"):
            bech32.decode("bc", line)
        else:
            base58.b58decode_check(line)
    return len(lines) / (time.perf_counter() - start)


def csv_module(path: Path) -> float:
    """Rows a second of the csv module alone."""
    start = time.perf_counter()
    with path.open(newline="", encoding="utf-8") as file:
        rows = sum(1 for _ in csv.reader(file))
    return rows / (time.perf_counter() - start)


def show(name: str, value: float, unit: str, against: str = "", base: float = 0) -> None:
    """Print one result."""
    ratio = round(value / base, 3) if base else None
    fields = {"name": name, "value": round(value, 1), "unit": unit}
    print(json.dumps({**fields, "against": against or None, "ratio": ratio}), flush=True)


def main() -> None:
    """Run all, or one part in a process of its own."""
    if len(sys.argv) > 1:
        print(*load(Path(sys.argv[1]), *sys.argv[2:]))
        return
    claims, seconds, _ = apart(str(BITMEX), "bitcoin")
    assert claims == 336_208
    show("lists.load", claims / seconds, "addresses/s", "base58 and bech32 alone", libraries())
    from okx_file import okx_file

    with tempfile.TemporaryDirectory() as folder:
        path = okx_file(Path(folder), ROWS)
        claims, seconds, megabytes = apart(str(path))
        assert claims == ROWS
        bare = csv_module(path)
        show("lists.okx", claims / seconds, "rows/s", "csv module alone", bare)
        size = path.stat().st_size / 1e6
        show("lists.okx.memory", megabytes, "MB", f"a file of {size:.0f} MB", size)


if __name__ == "__main__":
    main()
