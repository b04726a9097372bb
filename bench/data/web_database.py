"""Makes a database like one after some months of work: two publishers, three snapshots.

The newest snapshot of the first publisher has `claims` rows, its older one a quarter of that; the
second publisher has a twentieth, and one address in a hundred of its list is the first one's, too.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

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
                amount=which * 10**decimals // 7 + moved,
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
        ("first", Rows("first-old.csv", old, lambda n: n + n // 100, drift=0)),
        ("second", Rows("second.csv", other, lambda n: n if n % 100 == 0 else 10**9 + n, drift=5)),
        ("first", Rows("first-new.csv", claims, lambda n: n, drift=1)),
    )
    for publisher, rows in lists:
        seen(f"{rows.name}: {rows.count:,} claims")
        _snapshot(store, publisher, rows)


def _snapshot(store: Store, publisher: str, rows: Rows) -> None:
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
    sink.end(snapshot)


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
