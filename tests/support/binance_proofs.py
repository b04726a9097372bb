"""Batches made with Binance's published circuit, and copies of them that are changed."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "vectors" / "liabilities" / "binance"
KEYS = {2: "zkpor2_2.vk", 4: "zkpor4_1.vk"}
PIN = hashlib.sha256(b"".join((FOLDER / name).read_bytes() for name in KEYS.values())).hexdigest()


@cache
def rows() -> list[dict[str, str]]:
    """The table's rows, as text."""
    with (FOLDER / "proof.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def config() -> Any:
    """The totals, parsed anew."""
    return json.loads((FOLDER / "config.json").read_text())


def copied(
    to: Path, change: Callable[[list[dict[str, str]]], object] | None = None, *, keys: bool = False
) -> Path:
    """A publication in `to`, its rows changed; without keys, so that no pairing is computed."""
    for name in ("config.json", *(KEYS.values() if keys else ())):
        shutil.copy(FOLDER / name, to / name)
    table = [dict(row) for row in rows()]
    if change is not None:
        change(table)
    with (to / "proof.csv").open("w", newline="") as stream:
        writer = csv.DictWriter(stream, list(rows()[0]))
        writer.writeheader()
        writer.writerows(table)
    return to / "config.json"
