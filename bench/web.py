"""Benchmarks of the pages, with 1,000,000 rows in one snapshot: one JSON object a line.

web.p95: milliseconds of the 95th percentile with 20 requests in flight, every kind of page and the
form that checks a signature, hardly any asked for twice, on two processes of `scanner serve`.
web.form: the same of the form alone. web.bare: how often web.p95 is that of the same load on
/healthz, which is the server without pages: what it says on a machine that does other things, too.
web.rate: requests a second of that run. web.cpu: processor time of the server for one request, its
start and the bare ones counted in.

    python bench/web.py [CLAIMS] [DATABASE-FILE]

The database file is made if it is not there (half a minute) and then kept; without one it is made
in a temporary folder.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import random
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "bench" / "data")]

CLAIMS = 1_000_000
IN_FLIGHT = 20
REQUESTS = 2_000
BARE = 1_000
FORM = "/check"
OLD, RIVAL, NEW = 1, 2, 3
"""The snapshots that web_database.py makes."""


def targets(claims: int, count: int) -> list[str]:
    """Pages in the mix of somebody looking around; the same for equal arguments."""
    from web_database import address

    chance = random.Random(8077)

    def no() -> int:
        return chance.randrange(1, claims)

    makers = (
        (1, lambda: "/"),
        (2, lambda: f"/snapshots/{chance.choice((OLD, RIVAL, NEW))}"),
        (6, lambda: f"/snapshots/{NEW}/rows?after={no()}"),
        (4, lambda: f"/snapshots/{NEW}/rows?asset=USDT&network=polygon&after={no()}"),
        (4, lambda: f"/snapshots/{NEW}/rows?kind=unsigned&after={no()}"),
        (2, lambda: f"/snapshots/{NEW}/rows?kind=shortfall&asset=ETH&after={no()}"),
        (8, lambda: f"/snapshots/{NEW}/rows/{no()}"),
        (3, lambda: f"/snapshots/{NEW}/findings?after=3-{no()}-unsigned"),
        (6, lambda: f"/search?q={address(no())}"),
        (3, lambda: f"/differences?old={OLD}&new={NEW}&change=added&after={no()}"),
        (3, lambda: f"/differences?old={OLD}&new={NEW}&change=moved&after={no()}"),
        (2, lambda: f"/snapshots/{NEW}/shared?after={no()}"),
        (1, lambda: "/publishers/1"),
        (2, lambda: f"/publishers/1/assets/{chance.choice(('ETH', 'USDT', 'USDC'))}"),
        (6, lambda: f"/api/v1/snapshots/{NEW}/rows?after={no()}&limit=50"),
        (4, lambda: f"{FORM}?{urlencode(signed(no()))}"),
    )
    weights = [weight for weight, _ in makers]
    return [make() for _, make in chance.choices(makers, weights, k=count)]


def signed(number: int) -> dict[str, str]:
    """An address, a message and a signature that is none of its: all the work of checking one."""
    from web_database import address

    half = "0" + hashlib.sha256(str(number).encode()).hexdigest()[1:]
    return {
        "address": address(number),
        "message": f"I am the owner of this address, {number}",
        "signature": f"0x{half}{half}1b",
        "network": "ethereum",
    }


@contextmanager
def server(file: Path) -> Iterator[int]:
    """`scanner serve` as users start it. Gives its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "scanner.cli", "serve", "--port", "0"],
        env={**os.environ, "SCANNER_DATABASE": f"sqlite:///{file}", "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        line = process.stderr.readline()
        found = re.search(r":(\d+)/", line)
        if found is None:
            raise SystemExit(line + process.stderr.read())
        yield int(found[1])
    finally:
        process.terminate()
        process.wait(30)


def load(port: int, paths: Sequence[str]) -> tuple[dict[str, list[float]], float]:
    """Ask for all paths, IN_FLIGHT at a time. Returns milliseconds by kind of page, seconds."""
    todo = iter(paths)
    took: dict[str, list[float]] = defaultdict(list)

    def ask() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for path in todo:
            start = time.perf_counter()
            connection.request("GET", path)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise SystemExit(f"{path}: {answer.status}")
            took[kind_of(path)].append((time.perf_counter() - start) * 1000)

    start = time.perf_counter()
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        for done in [pool.submit(ask) for _ in range(IN_FLIGHT)]:
            done.result()
    return took, time.perf_counter() - start


def kind_of(path: str) -> str:
    """A path without its numbers; of the form without what is typed into it."""
    return FORM if path.startswith(FORM) else re.sub(r"0x\w+|\d+", "N", path)


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return sorted(times)[len(times) * 95 // 100]


def database(file: Path, claims: int) -> None:
    """Make the database unless it is there."""
    from web_database import fill

    from scanner.store.database.engine import open_store

    if file.exists():
        return
    half = file.with_suffix(".half")  # one that was not filled to its end is never taken for one
    half.unlink(missing_ok=True)
    with open_store(f"sqlite:///{half}", create=True) as store:
        fill(store, claims, lambda what: print(what, file=sys.stderr))
    half.rename(file)


def run(file: Path, claims: int) -> None:
    """Measure and print."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    before = used.ru_utime + used.ru_stime
    with server(file) as port:
        load(port, targets(claims, 200)[:100])  # both processes have imported and opened all
        took, seconds = load(port, targets(claims, REQUESTS))
        bare, _ = load(port, ["/healthz"] * BARE)
    every = [t for times in took.values() for t in times]
    base = p95(bare["/healthz"])
    for kind, times in sorted(took.items(), key=lambda item: -p95(item[1])):
        print(f"{p95(times):8.1f} ms  {len(times):5}  {kind}", file=sys.stderr)
    show("web.p95", p95(every), "ms", None, None)
    show("web.form", p95(took[FORM]), "ms", None, None)
    show("web.bare", p95(every) / base, "times", "/healthz under the same load", p95(every) / base)
    show("web.rate", len(every) / seconds, "requests/s", None, None)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = (used.ru_utime + used.ru_stime - before) * 1000
    show("web.cpu", spent / (len(every) + 100), "ms/request", None, None)


def show(name: str, value: float, unit: str, against: str | None, ratio: float | None) -> None:
    """Print one result."""
    ratio = None if ratio is None else round(ratio, 2)
    fields = {"name": name, "value": round(value, 1), "unit": unit}
    print(json.dumps({**fields, "against": against, "ratio": ratio}), flush=True)


def main(arguments: Sequence[str]) -> None:
    """Run on the file named, else in a temporary folder."""
    claims = int(arguments[0]) if arguments else CLAIMS
    with tempfile.TemporaryDirectory() as folder:
        file = Path(arguments[1]) if len(arguments) > 1 else Path(folder) / "scanner.db"
        database(file, claims)
        run(file, claims)


if __name__ == "__main__":
    main(sys.argv[1:])
