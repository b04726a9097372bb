"""Reading a list in a test: from bytes, through a real file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.lists import Read, Reader

from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def read_file(registry: Registry) -> Reader:
    def read(path: Path, **options: Any) -> Read:
        audit = ListAudit(registry)
        with open_list(path, registry, **options) as file:
            rows = list(file)
            for row in rows:
                audit.observe(row)
            summary = file.summary()
            return Read(rows, summary, audit.findings(summary))

    return read


@pytest.fixture
def read_bytes(read_file: Reader, tmp_path: Path) -> Reader:
    def read(data: bytes | str, name: str = "list.csv", **options: Any) -> Read:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return read_file(path, **options)

    return read


@pytest.fixture(scope="session")
def vectors() -> Path:
    return Path(__file__).resolve().parents[2] / "vectors" / "lists"
