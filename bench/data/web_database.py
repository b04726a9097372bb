"""Makes a database like one after some months of work: two publishers, three snapshots.

The newest snapshot of the first publisher has `claims` rows, its older one a quarter of that; the
second publisher has a twentieth, and one address in a hundred of its list is the first one's, too.

A part of each snapshot is taken as any snapshot is; the rest are copies of it under other
addresses, made by the database, which is four times as quick. Its seals are those of the parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from scanner.model.claim import Claim
    from scanner.snapshots.interface import NumberedClaim, RowResult
    from scanner.store.database.engine import Store

HOLDINGS = (
    ("ETH", "ethereum", 18),
    ("USDT", "ethereum", 6),
    ("USDC", "ethereum", 6),
    ("ETH", "arbitrum", 18),
    ("USDT", "polygon", 6),
)
UNSIGNED_EVERY, SHORT_EVERY = 4, 1_000
PERIOD = 250
"""Amounts come again after so many addresses, so that copies of rows are what rows would be."""
PARTS = 40
"""How many times a part is in its snapshot at most."""


def address(number: int) -> str:
    """The address of claim `number`."""
    return "0x" + hashlib.sha256(str(number).encode()).hexdigest()[:40]


class Rows:
    """A list of `count` claims, made as they are read. number: claim -> address number."""

    def __init__(self, name: str, count: int, number: Callable[[int], int], drift: int) -> None:
        self.name, self.count, self.number, self.drift = name, count, number, drift

    def __iter__(self) -> Iterator[Claim]:
        from scanner.model.claim import Claim

        for n in range(self.count):
            which = self.number(n)
            asset, network, decimals = HOLDINGS[which % len(HOLDINGS)]
            moved = self.drift if which % 50 == 0 else 0
            yield Claim(
                row=n + 2,
                coin=asset,
                asset=asset,
                network=network,
                address=address(which),
                address_key=address(which),
                decimals=decimals,
                amount=(which % PERIOD + 1) * 10**decimals // 7 + moved,
                height=20_000_000,
                message="I am the owner of this address",
                signatures=("0x" + "ab" * 65,) if n % UNSIGNED_EVERY else (),
            )

    def summary(self):
        """What a reader would say of it."""
        from scanner.model.claim import ListSummary

        digest = hashlib.sha256(self.name.encode()).hexdigest()
        return ListSummary("bench", "", digest, 0, self.count, self.count, 0)


def fill(store: Store, claims: int, seen: Callable[[str], None] = lambda _what: None) -> None:
    """Fill an empty database."""
    old, other = max(claims // 4, 1), max(claims // 20, 1)
    lists = (
        ("first", "first-old.csv", old, lambda n: n + n // 100, 0),
        ("second", "second.csv", other, lambda n: n if n % 100 == 0 else 10**9 + n, 5),
        ("first", "first-new.csv", claims, lambda n: n, 1),
    )
    for publisher, name, count, number, drift in lists:
        seen(f"{name}: {count:,} claims")
        part = _part(count)
        _snapshot(store, publisher, Rows(name, part, number, drift), count // part)


def _part(count: int) -> int:
    """Claims of one part: a number after which rows come again as they were, or all of them."""
    fitting = [n for n in range(PARTS, 1, -1) if count % n == 0 and count // n % 25_000 == 0]
    return count // fitting[0] if fitting else count


def _snapshot(store: Store, publisher: str, rows: Rows, times: int) -> None:
    from scanner.lists.reconcile import ListAudit
    from scanner.model.block import BlockRef
    from scanner.settings.tables import load_registry
    from scanner.snapshots.interface import SnapshotPolicy
    from scanner.store.writing.lists_in import import_list
    from scanner.store.writing.runs import create_snapshot
    from scanner.store.writing.sink import StoreSink

    kept = import_list(store, rows, ListAudit(load_registry()), publisher=publisher, name=rows.name)
    snapshot = create_snapshot(store, kept.list_id, SnapshotPolicy())
    sink = StoreSink(store)
    sink.start(snapshot)
    for network in sorted({network for _, network, _ in HOLDINGS}):
        block = BlockRef(network, "1", 20_000_000, "0x" + "cd" * 32, 1_718_000_000)
        sink.pin(snapshot, 20_000_000, block, "bench")
    for chunk in sink.chunks(snapshot):
        sink.finish_chunk(chunk, [_result(claim) for claim in sink.claims(chunk)])
    if times > 1:
        _copy(store, (kept.list_id, snapshot), rows, times)
    sink.end(snapshot)


SHIFTED = {
    "claim": {"no": "claims", "row": "claims"},
    "chunk": {"no": "chunks", "first": "claims", "last": "claims"},
    "subtotal": {"chunk_no": "chunks"},
    "control_result": {"claim_no": "claims"},
    "balance": {"claim_no": "claims", "chunk_no": "chunks"},
    "finding": {"claim_no": "claims"},
}
"""Table -> its columns that differ from one copy of a part to the next, and by how many of what."""


def _copy(store: Store, ids: tuple[int, int], rows: Rows, times: int) -> None:
    """Copy a list and its snapshot, which is not complete yet, until they are there `times` times.

    ids: of the list and the snapshot. SQLite only.
    """
    from scanner.store.schema import tables as t

    with store.write() as connection:
        plain: Any = connection.connection.driver_connection
        plain.create_function("address_of", 1, lambda no: address(rows.number(no - 1)))
        chunks = plain.execute("SELECT max(no) FROM chunk WHERE snapshot_id = ?", ids[1:])
        by = {"claims": rows.count, "chunks": chunks.fetchone()[0]}
        for name, shifted in SHIFTED.items():
            key = "list_id" if name == "claim" else "snapshot_id"
            first = next(iter(shifted))
            columns = [column.name for column in t.metadata.tables[name].columns]
            made = [
                f'"{c}" + {by[shifted[c]]} * ?1'
                if c in shifted
                else f"address_of(no + {rows.count} * ?1)"
                if c in ("address", "address_key")
                else f'"{c}"'
                for c in columns
            ]
            query = (
                f"INSERT INTO {name} SELECT {', '.join(made)} FROM {name} "
                f"WHERE {key} = {ids[name != 'claim']} AND {first} <= {by[shifted[first]]}"
            )
            for copy in range(1, times):
                plain.execute(query, (copy,))
        _count(plain, ids[0], rows.count * times)


def _count(plain: Any, list_id: int, claims: int) -> None:
    """Say how many claims a list has now: nothing may change a list, so its trigger steps aside."""
    name = "reserve_list_no_update"
    (made,) = plain.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    plain.execute(f"DROP TRIGGER {name}")
    what = "UPDATE reserve_list SET claims = ?, data_rows = ? WHERE id = ?"
    plain.execute(what, (claims, claims, list_id))
    plain.execute(made)


def _result(numbered: NumberedClaim) -> RowResult:
    from scanner.model.balance import Balance, Evidence
    from scanner.model.control import Binding, Control, ControlResult, Freshness
    from scanner.model.finding import Finding, FindingKind
    from scanner.snapshots.interface import RowResult

    claim, findings = numbered.claim, []
    about = (claim.row, claim.asset, claim.network, claim.address)
    control = ControlResult(
        Control.CONTROLS, Binding.DERIVED, Freshness.STATIC, "evm_message", 1, (claim.address,)
    )
    if not claim.signatures:
        control = ControlResult(Control.UNSIGNED, reason="the list gives no signature")
        findings.append(Finding(FindingKind.UNSIGNED, "the list gives no signature", *about))
    found = claim.amount or 0
    if numbered.no % SHORT_EVERY == 0:
        found //= 2
        findings.append(Finding(FindingKind.SHORTFALL, "held half of what is claimed", *about))
    balance = Balance(found, Evidence.REPORTED, ("node-a",))
    return RowResult(numbered, control, balance, tuple(findings))
