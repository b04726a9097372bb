"""Snapshots whose every row has much to export, and the most memory that `scanner export` held."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from scanner.lists.reconcile import ListAudit
from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import Claim, ListSummary
from scanner.model.control import Control, ControlResult
from scanner.model.finding import Finding, FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import RowResult, SnapshotPolicy
from scanner.store.database.engine import Store
from scanner.store.writing.lists_in import import_list
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import CONTROLS, evm_address

ROOT = Path(__file__).resolve().parents[2]
HOLDINGS = (("ETH", "ethereum", 18), ("USDT", "ethereum", 6), ("ETH", "arbitrum", 18))
MEASURED = """
import sys
sys.argv[0] = "scanner"
from scanner.cli.main import main
try:
    main()
finally:
    status = open("/proc/self/status").read()
    print("PEAK", status.split("VmHWM:")[1].split()[0], file=sys.stderr)
"""
"""The command, and then its own peak: a child's `ru_maxrss` may be that of its parent."""


class Rows:
    """A list of `count` claims, made as they are read."""

    def __init__(self, count: int) -> None:
        self.count = count

    def __iter__(self) -> Iterator[Claim]:
        for n in range(self.count):
            asset, network, decimals = HOLDINGS[n % len(HOLDINGS)]
            address = evm_address(n)
            yield Claim(
                row=n + 2,
                coin=asset,
                asset=asset,
                network=network,
                address=address,
                address_key=address,
                decimals=decimals,
                amount=n * 10**15,
                height=20_000_000,
                message="I am the owner of this address, 2026-11-20",
                signatures=("0x" + "ab" * 65, "0x" + "cd" * 65),
                script="52" + "21" + "02" * 66 + "52ae",
                owners=(address, address),
            )

    def summary(self):
        """What a reader would say of it."""
        digest = f"{self.count:064x}"
        return ListSummary("bench", "", digest, 0, self.count, self.count, 0)


def fill(store: Store, count: int, *, bad_every: int = 1) -> int:
    """A complete snapshot of `count` claims. Returns its id.

    bad_every: one claim of so many has a finding, all by default; the others are verified.
    """
    audit = ListAudit(load_registry())
    kept = import_list(store, Rows(count), audit, publisher="bench", name=f"{count}.csv")
    snapshot = create_snapshot(store, kept.list_id, SnapshotPolicy())
    sink = StoreSink(store)
    sink.start(snapshot)
    for network in sorted({network for _, network, _ in HOLDINGS}):
        block = BlockRef(network, "1", 20_000_000, "0x" + "ef" * 32, 1_718_000_000)
        sink.pin(snapshot, 20_000_000, block, "bench")
    reason = "the message is signed by another key than the one of this address"
    verdict = ControlResult(Control.MISMATCH, scheme="evm_message", reason=reason)
    for chunk in sink.chunks(snapshot):
        sink.finish_chunk(
            chunk,
            [
                RowResult(
                    claim,
                    CONTROLS if claim.no % bad_every else verdict,
                    Balance(claim.claim.amount, Evidence.AGREED, ("node-a", "node-b")),
                    () if claim.no % bad_every else (Finding(FindingKind.BAD_SIGNATURE, reason),),
                )
                for claim in sink.claims(chunk)
            ],
        )
    sink.end(snapshot)
    return snapshot


def peak(url: str, what: str, form: str, snapshot: int) -> tuple[float, int]:
    """Megabytes that `scanner export` held at most, and how many rows it wrote."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, "export", what, str(snapshot), "-f", form,
         "-o", os.devnull],
        env={**os.environ, "SCANNER_DATABASE": url, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )  # fmt: skip
    kilobytes = re.search(r"PEAK (\d+)", done.stderr)
    rows = re.search(r"([\d,]+) rows of", done.stderr)
    if done.returncode or kilobytes is None or rows is None:
        raise RuntimeError(f"export {what} as {form} failed: {done.stderr}")
    return int(kilobytes[1]) / 1000, int(rows[1].replace(",", ""))
