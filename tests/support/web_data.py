"""A database with everything a page must cope with, and `scanner serve` over it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.claim import UnreadableRow
from scanner.model.control import Control, ControlResult
from scanner.model.finding import FindingKind
from scanner.prices.interface import make_price
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database.engine import Store, open_store
from scanner.store.database.migrate import upgrade
from scanner.store.reading.prices import add_prices
from scanner.store.writing.runs import create_snapshot, set_liabilities
from scanner.store.writing.sink import StoreSink
from support.command import start_scanner
from support.snapshot_stub import CONTROLS, UNSIGNED, StubSource, balance_of, eth_claim, stored
from support.taking import planned, take

SIGNED = {"signatures": ("s",)}
MONTH = 2_600_000
"""A height whose block is a month younger than the others: a second a block."""
BLOCK_0 = datetime.fromtimestamp(1_700_000_000, UTC)
"""The time of StubSource's block 0."""
SHARED = 7
"""Number of a claim that two publishers make."""
MARKUP = "<script>alert('x')</script>"
BIDI = "safe\u202egnp.exe\u2066"
CONTROL = "bell\x07esc\x1b[2Jnul\x00"
HOSTILE = (
    MARKUP,
    BIDI,
    CONTROL,
    '"><img src=x onerror=alert(1)>',
    "{{ 7*7 }}",
    "\ud800",
    "x" * 5000,
)
HOSTILE_PUBLISHER = f"{MARKUP}{BIDI}"


@dataclass(frozen=True)
class Ids:
    """Snapshots of the database."""

    old: int
    new: int
    rival: int
    hostile: int
    running: int


def fill(store: Store) -> Ids:
    """Five snapshots of three publishers; the last one is half read."""
    first = [eth_claim(n, **SIGNED) for n in range(60)]
    old = planned(store, first)
    take(store, old, StubSource())
    # Ten go, five come, one claims another amount, one asset more; every balance moves.
    later = [eth_claim(n, height=MONTH, **SIGNED) for n in range(10, 65)]
    later[3] = later[3]._replace(amount=1)
    later += [eth_claim(n, asset="USDT", height=MONTH) for n in range(5)]
    new = planned(store, later)
    take(store, new, StubSource(change=3))
    _worth(store, new)
    rival = _rival(store)
    return Ids(old, new, rival, _hostile(store), _running(store))


def _worth(store: Store, new: int) -> None:
    """Prices at both times, one of a hostile source, none of USDT; liabilities, some unproven."""
    add_prices(
        store,
        [
            make_price("ETH", BLOCK_0 + timedelta(seconds=100), "csv: Kraken close", "2058.17"),
            make_price("ETH", BLOCK_0 + timedelta(seconds=MONTH), f"csv: {MARKUP}", "3012.5"),
        ],
    )
    owed = (
        Liability("ETH", 10**60, 18, LiabilityEvidence.REHASHED, f"{MARKUP}.csv", "2026-01-01"),
        Liability("BTC", 10**8, 8, LiabilityEvidence.PUBLISHED, "owed.csv"),
    )
    set_liabilities(store, new, owed)


def _rival(store: Store) -> int:
    claims = [eth_claim(n, **SIGNED) for n in (SHARED, 11, *range(900, 905))]
    kept = stored(store, claims, publisher="rival")
    snapshot = create_snapshot(store, kept.list_id, SnapshotPolicy())
    take(store, snapshot, StubSource())
    return snapshot


def _hostile(store: Store) -> int:
    claims = [
        eth_claim(1000 + n, address=text, row=n + 2, amount=1)._replace(
            coin=text,
            message=text,
            signatures=(text, text),
            script=text,
            owners=(text,),
            row_type=text,
        )
        for n, text in enumerate(HOSTILE)
    ]
    unreadable = UnreadableRow(99, 1, FindingKind.BAD_ROW.value, f"not a row: {MARKUP}", MARKUP)
    kept = stored(store, [*claims, unreadable], publisher=HOSTILE_PUBLISHER)
    snapshot = create_snapshot(store, kept.list_id, SnapshotPolicy())

    def judge(claims, call, keys=None):
        return [ControlResult(Control.MALFORMED, reason=f"cannot read {c.address}") for c in claims]

    take(store, snapshot, StubSource(), judge=judge)
    return snapshot


def _running(store: Store) -> int:
    """Twenty of sixty claims are read, then the process was stopped."""
    claims = [eth_claim(n, **SIGNED) for n in range(60)]
    kept = stored(store, [*claims, eth_claim(3, row=99)], publisher="okx")
    policy = SnapshotPolicy(chunk_sizes={"ethereum": 10})
    snapshot = create_snapshot(store, kept.list_id, policy)
    sink = StoreSink(store)
    sink.start(snapshot)
    source = StubSource()
    block = source.pin(100)
    sink.pin(snapshot, 100, block, source.name)
    for chunk in sink.chunks(snapshot)[:2]:
        sink.finish_chunk(chunk, [_read(claim, source.name) for claim in sink.claims(chunk)])
    return snapshot


def _read(numbered, name):
    from scanner.model.balance import Balance, Evidence
    from scanner.snapshots.interface import RowResult

    claim = numbered.claim
    found = Balance(balance_of(claim.address, claim.asset), Evidence.REPORTED, (name,))
    return RowResult(numbered, CONTROLS if claim.signatures else UNSIGNED, found)


def make_database(url: str) -> Ids:
    """Make and fill a database."""
    upgrade(url)
    with open_store(url) as store:
        return fill(store)


@contextmanager
def served(url: str, *arguments: str) -> Iterator[httpx.Client]:
    """`scanner serve` on a free port, and a client of it; stopped at the end.

    One process, unless `--workers` says otherwise: each of several is a second of imports.
    """
    if "--workers" not in arguments:
        arguments = ("--workers", "1", *arguments)
    with Path(os.devnull).open("wb") as nowhere:
        process = start_scanner(
            ["serve", "--port", "0", *arguments], env={"SCANNER_DATABASE": url}, stdout=nowhere
        )
    log: list[str] = []
    reader = threading.Thread(target=log.clear)
    try:
        line = process.stderr.readline()
        found = re.search(r"http://\S+", line)
        if not found:
            process.kill()
            pytest.fail(line + process.stderr.read())
        # Read on, or the pipe would fill up and stop the server.
        reader = threading.Thread(target=lambda: log.extend(process.stderr), daemon=True)
        reader.start()
        with httpx.Client(base_url=found[0], timeout=30) as client:
            client.log, client.pid = log, process.pid
            yield client
    finally:
        process.terminate()
        process.wait(20)
        if reader.ident is not None:
            reader.join(5)
        process.stderr.close()
