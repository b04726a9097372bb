"""What can be exported of a snapshot: seven tables, their columns in a fixed order, row by row.

Amounts are strings of base units with `decimals` beside them. Columns are documented in
docs/exports.md; a test compares the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from scanner.errors import ConfigError, clip
from scanner.model.finding import FindingKind
from scanner.reports.commands.ownership import finding_kind
from scanner.reports.figures.findings import FINDING_COLUMNS, finding_record
from scanner.reports.figures.other_chains import chains_of_assets
from scanner.reports.figures.ratio_records import RATIO_COLUMNS, ratio_records
from scanner.reports.figures.totals_records import TOTAL_COLUMNS, totals_records
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.history import verified_rows
from scanner.store.reading.queries import RowView
from scanner.store.reading.verified import every_verified
from scanner.store.reading.weighed import VerifiedRow

Record = dict[str, object]


@dataclass(frozen=True, slots=True)
class Table:
    """One exportable table.

    columns: in order, name -> kind: "text", "int" or "bool". records: makes its rows, streamed.
    count: says how many there will be, for the progress bar.
    """

    columns: Mapping[str, str]
    records: Callable[[Store, int], Iterator[Record]]
    count: Callable[[Store, int], int]


def _columns(names: tuple[str, ...], **kinds: str) -> dict[str, str]:
    return {name: kinds.get(name, "text") for name in names}


def _claim_count(store: Store, snapshot_id: int) -> int:
    return queries.head(store, snapshot_id).claims


def _finding_count(store: Store, snapshot_id: int) -> int:
    return sum(queries.finding_counts(store, snapshot_id).values())


def _asset_count(store: Store, snapshot_id: int) -> int:
    return len(queries.asset_totals(store, snapshot_id))


def _totals(store: Store, snapshot_id: int) -> Iterator[Record]:
    chains = chains_of_assets(store, queries.head(store, snapshot_id))
    yield from totals_records(queries.totals(store, snapshot_id), chains)


def _ratio_count(store: Store, snapshot_id: int) -> int:
    return sum(1 for _ in ratio_records(store, snapshot_id))


def _findings(store: Store, snapshot_id: int) -> Iterator[Record]:
    chains = _chains(store, snapshot_id)
    for found in queries.findings(store, snapshot_id):
        network = found.finding.network
        yield {**finding_record(found.finding), "chain": chains.get(network, "")}


def _claims(store: Store, snapshot_id: int) -> Iterator[Record]:
    return map(claim_record, queries.rows(store, snapshot_id))


def _ownership(store: Store, snapshot_id: int) -> Iterator[Record]:
    return map(ownership_record, queries.rows(store, snapshot_id))


def _verified(store: Store, snapshot_id: int) -> Iterator[Record]:
    chains = _chains(store, snapshot_id)
    for verified in every_verified(store, snapshot_id):
        yield verified_record(verified, chains.get(verified.network, ""))


def _chains(store: Store, snapshot_id: int) -> Mapping[str, str]:
    """Network -> the chain that it was read on; of several, separated by spaces."""
    chains: dict[str, dict[str, None]] = {}
    for pinned in queries.head(store, snapshot_id).blocks:
        chains.setdefault(pinned.network, {})[pinned.block.chain] = None
    return {network: " ".join(names) for network, names in chains.items()}


def _balances(store: Store, snapshot_id: int) -> Iterator[Record]:
    return map(balance_record, queries.rows(store, snapshot_id))


CLAIM_COLUMNS = (
    "row", "asset", "network", "height", "address", "base_units", "decimals", "message",
    "signature1", "signature2", "more_signatures", "script", "owner1", "owner2", "more_owners",
    "type", "published_coin", "duplicate", "message_hex",
)  # fmt: skip
OWNERSHIP_COLUMNS = (
    "row", "asset", "network", "published_coin", "address", "verified", "control", "binding",
    "freshness", "statement", "stated_by", "scheme", "required", "signed_by", "reason", "chain",
)  # fmt: skip
BALANCE_COLUMNS = (
    "row", "asset", "network", "address", "decimals", "claimed", "found", "difference", "evidence",
    "sources", "chain", "height", "block_hash", "duplicate", "reason", "verified",
    "why_not_verified",
)  # fmt: skip
VERIFIED_COLUMNS = (
    "row", "asset", "network", "address", "decimals", "found", "evidence", "scheme", "signed_by",
    "chain",
)  # fmt: skip

TABLES: Mapping[str, Table] = {
    "totals": Table(TOTAL_COLUMNS, _totals, _asset_count),
    "balances": Table(
        _columns(
            BALANCE_COLUMNS,
            **{"row": "int", "decimals": "int", "height": "int"},
            **{"duplicate": "bool", "verified": "bool"},
        ),
        _balances,
        _claim_count,
    ),
    "ownership": Table(
        _columns(OWNERSHIP_COLUMNS, row="int", verified="bool", required="int"),
        _ownership,
        _claim_count,
    ),
    "verified": Table(
        _columns(VERIFIED_COLUMNS, row="int", decimals="int"), _verified, verified_rows
    ),
    "claims": Table(
        _columns(CLAIM_COLUMNS, row="int", height="int", decimals="int", duplicate="bool"),
        _claims,
        _claim_count,
    ),
    "ratios": Table(RATIO_COLUMNS, ratio_records, _ratio_count),
    "findings": Table(_columns((*FINDING_COLUMNS, "chain"), row="int"), _findings, _finding_count),
}


def table_named(name: str) -> Table:
    """Find a table by name. Raises ConfigError naming those there are."""
    if name not in TABLES:
        raise ConfigError(f"no table {clip(name)!r} to export; there are: {', '.join(TABLES)}")
    return TABLES[name]


def claim_record(view: RowView) -> Record:
    """What the list says in one row; the columns can be read back as a generic list."""
    claim = view.claim
    signatures, owners = claim.signatures, claim.owners
    return {
        "row": claim.row,
        "asset": claim.asset,
        "network": claim.network,
        "height": claim.height,
        "address": claim.address,
        "base_units": _amount(claim.amount),
        "decimals": claim.decimals,
        "message": claim.message,
        "signature1": _item(signatures, 0),
        "signature2": _item(signatures, 1),
        "more_signatures": " ".join(signatures[2:]),
        "script": claim.script,
        "owner1": _item(owners, 0),
        "owner2": _item(owners, 1),
        "more_owners": " ".join(owners[2:]),
        "type": claim.row_type,
        "published_coin": claim.coin,
        "duplicate": view.duplicate,
        "message_hex": _as_signed(claim.message),
    }


def ownership_record(view: RowView) -> Record:
    """What is known about who controls one address; `control` is None without a verdict yet."""
    claim, control = view.claim, view.control
    record: Record = {
        "row": claim.row,
        "asset": claim.asset,
        "network": claim.network,
        "published_coin": claim.coin,
        "address": claim.address,
        "verified": view.is_proof,
    }
    chain = view.block.chain if view.block else ""
    if control is None:
        missing = dict.fromkeys(
            ("control", "binding", "freshness", "statement", "stated_by", "scheme", "required")
        )
        return {**record, **missing, "signed_by": "", "reason": view.reason, "chain": chain}
    return {
        **record,
        "control": control.control.value,
        "binding": control.binding.value,
        "freshness": control.freshness.value,
        "statement": control.statement.value,
        "stated_by": control.stated_by.value,
        "scheme": control.scheme,
        "required": control.required,
        "signed_by": " ".join(control.signed_by),
        "reason": control.reason,
        "chain": chain,
    }


def balance_record(view: RowView) -> Record:
    """What one address held; `found` is None where nobody could say, which is not zero.

    `verified`: whether `found` is in the verified total; whoever adds up a column of the others
    adds up coins that nobody is shown to control.
    """
    claim, balance, block = view.claim, view.balance, view.block
    found = balance.amount if balance else None
    both = found is not None and claim.amount is not None
    why_not = _why_not(view)
    return {
        "row": claim.row,
        "asset": claim.asset,
        "network": claim.network,
        "address": claim.address,
        "decimals": claim.decimals,
        "claimed": _amount(claim.amount),
        "found": _amount(found),
        "difference": str((found or 0) - (claim.amount or 0)) if both else None,
        "evidence": view.evidence.value if view.evidence else None,
        "sources": " ".join(balance.sources) if balance else "",
        "chain": block.chain if block else "",
        "height": block.height if block else claim.height,
        "block_hash": block.hash if block else "",
        "duplicate": view.duplicate,
        "reason": balance.reason if balance else view.reason,
        "verified": not why_not,
        "why_not_verified": why_not,
    }


def _why_not(view: RowView) -> str:
    """Why a row is in no verified total: a word of docs/findings.md and its reason; "" if it is."""
    control, balance = view.control, view.balance
    if view.duplicate:
        return "duplicate: it repeats an earlier row, and is counted there"
    if control is None or balance is None:
        return f"not read: {view.reason}" if view.reason else "not read yet"
    kind = finding_kind(control)
    if kind is not None:
        return f"{kind.value}: {control.reason}" if control.reason else kind.value
    if view.other_moment:
        return "read at another moment than the others: its coins may be counted there, too"
    if balance.amount is None:
        return f"{FindingKind.BALANCE_UNAVAILABLE.value}: {balance.reason}"
    return ""


def verified_record(verified: VerifiedRow, chain: str) -> Record:
    """One verified row, as the report's appendix has it, and the chain that it was read on."""
    return {
        "row": verified.row,
        "asset": verified.asset,
        "network": verified.network,
        "address": verified.address,
        "decimals": verified.decimals,
        "found": str(verified.amount),
        "evidence": verified.evidence.value,
        "scheme": verified.scheme,
        "signed_by": " ".join(verified.signed_by),
        "chain": chain,
    }


def _as_signed(message: str) -> str:
    """Text in UTF-8 in hex, that nothing on its way changes; "" for one that has no UTF-8.

    CSV cells show a line end as an escape, and the list reader prefers this column. "0x" keeps
    spreadsheets from taking digits for a number.
    """
    try:
        return "0x" + message.encode("utf-8").hex() if message else ""
    except UnicodeEncodeError:  # half of a surrogate pair: nobody signed it in UTF-8
        return ""


def _amount(amount: int | None) -> str | None:
    return None if amount is None else str(amount)


def _item(texts: tuple[str, ...], at: int) -> str:
    return texts[at] if at < len(texts) else ""
