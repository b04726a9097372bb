"""`scanner worker` as a process of its own, and what it has taken so far."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from support.warm import Started, warm


def start_worker(
    folder: Path, database: str, *more: str, environment: Mapping[str, str] | None = None
) -> Started:
    """Start a worker with the endpoints.toml of a folder, which holds its data, too.

    database: "" for the one that `environment` names, which stands in place of ours.
    """
    at = ("--database", database) if database else ()
    return warm().start(
        ["worker", "--endpoints", "endpoints.toml", *at, *more],
        cwd=folder,
        env=environment or {**os.environ, "SCANNER_DATA": str(folder / "data")},
    )


def wait_for_snapshot(scanner, at: tuple[str, ...]) -> int:
    """The id of the only schedule's snapshot, once it is complete."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        (listed,) = scanner("schedule", "list", "--json", *at).object
        if listed["snapshot"] is not None:
            done = scanner("totals", listed["snapshot"], "--json", *at)
            if done.object["complete"]:
                return listed["snapshot"]
        time.sleep(0.3)
    pytest.fail(f"the worker took nothing: {listed}")
