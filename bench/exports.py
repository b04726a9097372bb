"""Benchmarks of `scanner export` on 1,000,000 rows: one JSON object a line.

export.<table>.<format>.<database>: the most memory the command held, in megabytes; against the
same command on a twentieth of the rows, so that a ratio near 1 says that rows are streamed. Every
row has two signatures, a finding and a reason. What limits it is 300 MB.

    python bench/exports.py [CLAIMS]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "bench")]

CLAIMS = 1_000_000
SHARE = 20
"""The small snapshot has one row for so many of the large one."""


def main() -> None:
    """Measure every table in every format on both databases."""
    from store import databases
    from support.export_memory import fill, peak

    from scanner.reports.documents.exports import TABLES
    from scanner.reports.tables.writers import WRITERS
    from scanner.store.database.engine import open_store
    from scanner.store.database.migrate import upgrade

    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    with databases() as urls:
        for kind, url in urls:
            upgrade(url)
            with open_store(url) as store:
                few, many = fill(store, max(count // SHARE, 1)), fill(store, count)
            for what in TABLES:
                for form in WRITERS:
                    small, _ = peak(url, what, form, few)
                    large, rows = peak(url, what, form, many)
                    fields = {"name": f"export.{what}.{form}.{kind}", "value": round(large, 1)}
                    against = f"a twentieth of the {rows:,} rows"
                    fields |= {"unit": "MB", "against": against, "ratio": round(large / small, 2)}
                    print(json.dumps(fields), flush=True)


if __name__ == "__main__":
    main()
