"""Benchmarks of `scanner export` on 100,000 rows: one JSON object a line.

export.<format>: the most memory the command held for any of the tables, in megabytes, against what
it may; `growth` is how many of them it did not need for a twentieth of the rows, the most of any
table: rows are streamed. Every row has two signatures, a finding and a reason. Each format meets
both databases, table by table in turns.

    python bench/exports.py [CLAIMS]
"""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack
from itertools import cycle
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "bench")]

CLAIMS = 100_000
SHARE = 20
"""The small snapshot has one row for so many of the large one."""
LIMIT = 300
"""Megabytes."""


def main() -> None:
    """Measure every table in every format."""
    from store import databases
    from support.export_memory import fill, peak

    from scanner.reports.documents.exports import TABLES
    from scanner.reports.tables.writers import WRITERS
    from scanner.store.database.engine import open_store
    from scanner.store.database.migrate import upgrade

    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    with ExitStack() as stack:
        filled = []
        for kind, url in stack.enter_context(databases()):
            upgrade(url)
            with open_store(url) as store:
                filled.append((kind, url, fill(store, max(count // SHARE, 1)), fill(store, count)))
        places = cycle(filled)
        for form in WRITERS:
            found = []
            for what in TABLES:
                kind, url, few, many = next(places)
                small, _ = peak(url, what, form, few)
                large, _ = peak(url, what, form, many)
                found.append((large, large - small, f"{what} on {kind}"))
            worst, _, where = max(found)
            fields = {"name": f"export.{form}", "value": round(worst, 1), "unit": "MB"}
            fields |= {"against": f"at most {LIMIT}", "ratio": round(worst / LIMIT, 3)}
            growth = round(max(grown for _, grown, _ in found), 1)
            print(json.dumps({**fields, "growth": growth, "where": where}), flush=True)


if __name__ == "__main__":
    main()
