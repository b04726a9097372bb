"""What `scanner export` holds does not grow with the rows, whatever the database and the format."""

from __future__ import annotations

from support.databases import empty_database
from support.export_memory import fill, peak

from scanner.store.database.engine import open_store
from scanner.store.database.migrate import upgrade

__all__ = ["empty_database"]

FEW, MANY = 15_000, 45_000
"""Both are several times what is read, or written, at a time (Parquet's buffers are full only after
some row groups). Held at once, the rows between them would take some 70 MB.
"""
NOISE = 30.0  # megabytes; pyarrow gives memory back late
LIMIT = 300.0
FORMS = {
    "claims": ("csv", "parquet"),
    "balances": ("json",),
    "findings": ("jsonl",),
}


def test_memory_does_not_grow_with_the_rows(empty_database):
    upgrade(empty_database)
    with open_store(empty_database) as store:
        few, many = fill(store, FEW), fill(store, MANY)
    for what, forms in FORMS.items():
        beside = what == "findings"  # one is about the list as a whole
        for form in forms:
            small, rows = peak(empty_database, what, form, few)
            assert rows == FEW + beside
            large, rows = peak(empty_database, what, form, many)
            assert rows == MANY + beside
            assert large - small < NOISE, (what, form, small, large)
            assert large < LIMIT, (what, form)
