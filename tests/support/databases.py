"""One test, both databases."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from scanner.store.engine import Store, open_store
from scanner.store.migrate import upgrade

BOTH = ["sqlite", pytest.param("postgresql", marks=pytest.mark.node)]


@pytest.fixture(params=BOTH)
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """URL of a database without any schema."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scanner.db'}"
    return request.getfixturevalue("postgres_database")


@pytest.fixture
def store(empty_database: str) -> Iterator[Store]:
    """An open store, on SQLite and again on PostgreSQL."""
    upgrade(empty_database)
    with open_store(empty_database) as opened:
        yield opened
