"""A list, a judge and a source without a chain: deterministic, and as bad as a test wants."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from threading import Lock

from scanner.chains.interface import Ability, Reach
from scanner.lists.reconcile import ListAudit
from scanner.model.addresses.table import address_key
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import Claim, ListSummary, Row, UnreadableRow
from scanner.model.control import Binding, Control, ControlResult, Freshness
from scanner.model.statement import StatedBy, Statement, StatementRule
from scanner.ownership.interface import ContractCall
from scanner.settings.tables import load_registry
from scanner.store.database.engine import Store
from scanner.store.writing.lists_in import StoredList, import_list

OKX_TEXT = "I am an OKX address"
OKX_RULE = StatementRule("okx", known=(OKX_TEXT,))
STATED = {"statement": Statement.STATED, "stated_by": StatedBy.TABLE}
CONTROLS = ControlResult(
    Control.CONTROLS, Binding.DERIVED, Freshness.STATIC, "evm_message", 1, ("0xab",), **STATED
)
UNSIGNED = ControlResult(Control.UNSIGNED, reason="no signature is given")


def evm_address(number: int) -> str:
    return "0x" + hashlib.sha256(str(number).encode()).hexdigest()[:40]


def eth_claim(
    number: int, *, amount: int | None = None, height: int | None = 100, asset: str = "ETH", **more
) -> Claim:
    """Claim number `number`, which states the amount that StubSource finds unless told otherwise."""
    registry = load_registry()
    network = more.pop("network", "ethereum")
    address = more.pop("address", evm_address(number))
    amount = balance_of(address, asset) if amount is None else amount
    return Claim(
        row=more.pop("row", number + 1),
        coin=asset,
        asset=asset,
        network=network,
        address=address,
        address_key=address_key(registry.network(network), address),
        decimals=registry.holding(asset, network).decimals,
        amount=amount,
        height=height,
        message=more.pop("message", OKX_TEXT),
        **more,
    )


def balance_of(address: str, asset: str) -> int:
    """What StubSource finds: any size up to a whole EVM word."""
    digest = hashlib.sha256(f"{asset}:{address.lower()}".encode()).digest()
    return int.from_bytes(digest, "big") >> (digest[0] % 200)


class RowsOf:
    """A list of rows, in the shape that a reader has."""

    def __init__(self, rows: Iterable[Row], sha256: str = "") -> None:
        self.rows = list(rows)
        self._sha256 = (
            sha256
            or hashlib.sha256(repr(self.rows).encode("utf-8", "backslashreplace")).hexdigest()
        )

    def __iter__(self) -> Iterator[Row]:
        return iter(self.rows)

    def summary(self) -> ListSummary:
        claims = sum(isinstance(r, Claim) for r in self.rows)
        unreadable = sum(isinstance(r, UnreadableRow) for r in self.rows)
        return ListSummary(
            "stub",
            "as given",
            self._sha256,
            1000,
            claims + unreadable,
            claims,
            unreadable,
            {"a": "b"},
        )


def stored(store: Store, rows: Iterable[Row], publisher: str = "okx", **more) -> StoredList:
    return import_list(
        store,
        RowsOf(rows),
        ListAudit(load_registry()),
        publisher=publisher,
        name="list.csv",
        **more,
    )


def good_judge(
    claims: Sequence[Claim], call: ContractCall | None, keys: object = None
) -> list[ControlResult]:
    """Everything with a signature is proven, the rest unsigned. "ask" needs the chain."""
    found = []
    for claim in claims:
        if "ask" in claim.signatures and call is not None:
            call(b"\0" * 20, b"")
        found.append(CONTROLS if claim.signatures else UNSIGNED)
    return found


class StubSource:
    """Finds `balance_of` of everything.

    trouble: called before every answer with the addresses asked for; it may raise or sleep.
    change: added to every balance.
    """

    def __init__(
        self,
        network: str = "ethereum",
        *,
        chunk_size: int = 10,
        parallel: int = 2,
        trouble: Callable[[Sequence[BalanceQuery]], None] = lambda _queries: None,
        pin_trouble: Callable[[int | None], None] = lambda _height: None,
        evidence: Evidence = Evidence.REPORTED,
        change: int = 0,
        delay: float = 0.0,
    ) -> None:
        self.name, self.network = f"stub-{network}", network
        self.ability = Ability(Reach.ANY, evidence, chunk_size, parallel)
        self._trouble, self._pin_trouble = trouble, pin_trouble
        self._change, self._delay = change, delay
        self._lock = Lock()
        self.pins: list[int | None] = []
        self.asked: list[str] = []

    def pin(self, height: int | None) -> BlockRef:
        self._pin_trouble(height)
        self.pins.append(height)
        number = 1_000 if height is None else height
        return BlockRef(self.network, "1", number, f"0x{number:064x}", 1_700_000_000 + number)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        self._trouble(queries)
        if self._delay:
            time.sleep(self._delay)
        if progress is not None:
            progress(0.5)
        with self._lock:
            self.asked += [q.address.text.lower() for q in queries]
        return [
            Balance(
                balance_of(q.address.text, q.holding.asset) + self._change,
                self.ability.evidence,
                (self.name,),
            )
            for q in queries
        ]

    def close(self) -> None:
        pass
