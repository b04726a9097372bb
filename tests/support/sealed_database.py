"""A database with something in every table of results, everything sealed."""

from datetime import UTC, datetime

from scanner.liabilities.interface import Liability, LiabilityEvidence, ProofStatus
from scanner.liabilities.record import KeptProof
from scanner.model.balance import Balance, Evidence
from scanner.model.claim import DeclaredTotal, UnreadableRow
from scanner.prices.interface import make_price
from scanner.snapshots.interface import RowResult, SnapshotPolicy
from scanner.store.reading.check import check
from scanner.store.reading.prices import add_prices
from scanner.store.upkeep.prune import prune
from scanner.store.writing.liability_proofs import keep_proof
from scanner.store.writing.runs import create_snapshot, set_liabilities
from scanner.store.writing.sink import StoreSink
from support.snapshot_stub import StubSource, eth_claim, stored
from support.taking import SIGNED, fail_once, planned, take

PROOF = KeptProof(
    *("00" * 32, "form", "proof.json", next(iter(ProofStatus)), LiabilityEvidence.PUBLISHED),
    *(5, "1", "root", "pin", b"key", b"document"),
)
WHEN = datetime(2026, 11, 28, tzinfo=UTC)

SEALED = [
    "UPDATE snapshot SET list_id = 1 WHERE id = 2",
    "UPDATE snapshot SET state = 'running', chain_head = '' WHERE id = 1",
    "UPDATE snapshot SET chain_head = 'x' WHERE id = 1",
    "UPDATE snapshot SET program = 'x' WHERE id = 1",
    "DELETE FROM snapshot WHERE id = 2",
    "UPDATE chunk SET error = 'x' WHERE snapshot_id = 1",
    "DELETE FROM chunk WHERE snapshot_id = 1",
    "DELETE FROM pinned_block WHERE snapshot_id = 1",
    "INSERT INTO finding VALUES (1, 1, 'shortfall', 'made up')",
    "INSERT INTO list_finding VALUES (1, 99, 'bad_row', 'made up', 1, '', '', '')",
    "INSERT INTO unreadable_row VALUES (1, 99, 1, 1, 'bad_row', 'made up', '')",
    "INSERT INTO total SELECT snapshot_id, 'BTC', decimals, claimed, proven, agreed, reported,"
    " latest_only, unverified, unavailable_rows, shortfall, surplus FROM total",
    "DELETE FROM publisher WHERE id = 1",
    "UPDATE price SET value = '1'",
    "DELETE FROM price",
    "DELETE FROM balance WHERE snapshot_id = 1",
    "DELETE FROM control_result",
    "DELETE FROM finding WHERE snapshot_id = 1",
    "UPDATE pruned SET findings = '{}'",
    "DELETE FROM pruned",
    "UPDATE restatement SET amount = '1'",
    "DELETE FROM restatement",
    "UPDATE link SET head = 'x'",
    "DELETE FROM link",
]
"""Changes that the database itself refuses."""


def fill(store):
    rows = [
        eth_claim(1, **SIGNED),
        eth_claim(1, **SIGNED),
        eth_claim(2, amount=0),
        eth_claim(3, height=50),
        UnreadableRow(3, 0, "bad_row", "too few fields"),
        DeclaredTotal(4, "ETH", "ETH", "ethereum", 18, 1, 100),
    ]
    first = planned(store, rows)
    assert first == 1
    take(store, first, StubSource())
    owed = [Liability("ETH", 5, 18, LiabilityEvidence.PUBLISHED, "owed.csv")]
    set_liabilities(store, first, owed)
    later = [Liability("ETH", 6, 18, LiabilityEvidence.PUBLISHED, "later.csv")]
    assert set_liabilities(store, first, later, replacing=WHEN) == ["ETH"]
    keep_proof(store, first, PROOF)
    second = stored(store, [eth_claim(7, **SIGNED)], publisher="other")
    again = create_snapshot(store, second.list_id, SnapshotPolicy())
    fail_once(store, again)
    take(store, again, StubSource())
    add_prices(store, [make_price("ETH", WHEN, "test", "3000")])
    _read_again(store, first)
    _prune_one(store)
    assert check(store) == []


def _prune_one(store):
    """A third publisher with two snapshots, of which the older is pruned."""
    list_id = stored(store, [eth_claim(8, **SIGNED), eth_claim(9)], publisher="third").list_id
    older, newer = (create_snapshot(store, list_id, SnapshotPolicy()) for _ in range(2))
    for each in (older, newer):
        take(store, each, StubSource())
    prune(store, older, "test", WHEN)


def _read_again(store, snapshot):
    """A second reading that differs: a finding that comes after the seal."""
    sink = StoreSink(store)
    chunk = sink.chunks(snapshot)[0]
    claims = list(sink.claims(chunk))
    other = Balance(123, Evidence.REPORTED, ("b",))
    sink.finish_chunk(chunk, [RowResult(c, None, other, []) for c in claims])
