"""Values of the store as JSON objects. Amounts are strings in base units, decimals beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.control import ControlResult
from scanner.model.finding import WEIGHTS, FindingKind
from scanner.reports.documents.document import iso
from scanner.reports.figures.findings import finding_record
from scanner.reports.figures.other_chains import COLUMN, Chain, chain_objects, other_chains
from scanner.reports.figures.outcome import in_order
from scanner.reports.tables.times import block_time, iso_time
from scanner.store.reading.across import ClaimPlace, Difference, SharedClaim, Side
from scanner.store.reading.found import FoundRow
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import AssetPoint, PublisherView
from scanner.store.reading.row_pages import FoundClaim

Object = dict[str, object]


def amount(value: int | None) -> str | None:
    """An amount, None where nobody said."""
    return None if value is None else str(value)


def publisher_object(view: PublisherView) -> Object:
    """One publisher."""
    return {
        "id": view.id,
        "name": view.name,
        "lists": view.lists,
        "snapshots": view.snapshots,
        "latest_snapshot": view.latest,
        "latest_complete_snapshot": view.latest_complete,
    }


def head_object(head: SnapshotHead) -> Object:
    """One snapshot without its rows."""
    return {
        "id": head.id,
        "publisher": head.publisher,
        "state": head.state.value,
        "complete": head.complete,
        "created": iso(head.created),
        "started": iso(head.started),
        "finished": iso(head.finished),
        "program": head.program,
        "seal": head.chain_head,
        "pruned": iso(head.pruned),
        "list": {
            "id": head.list_id,
            "name": head.list_name,
            "sha256": head.list_sha256,
            "format": head.list_format,
            "variant": head.list_variant,
            "claims": head.claims,
            "unreadable": head.unreadable,
        },
        "chunks": {
            "planned": head.chunks,
            "done": head.chunks_done,
            "failed": head.chunks_failed,
        },
        "blocks": [
            {
                "wanted_height": pinned.height_wanted,
                "pinned_by": pinned.source,
                "read_until": iso_time(pinned.read_until),
                **block_object(pinned.block),
            }
            for pinned in head.blocks
        ],
        COLUMN: chain_objects(other_chains(head)),
    }


def block_object(block: BlockRef) -> Object:
    """A pinned block."""
    return {
        "network": block.network,
        "chain": block.chain,
        "height": block.height,
        "hash": block.hash,
        "time": block_time(block),
    }


def row_object(found: FoundClaim) -> Object:
    """One claim with all its evidence."""
    row, claim = found.row, found.row.claim
    return {
        "no": row.no,
        "row": claim.row,
        "coin": claim.coin,
        "asset": claim.asset,
        "network": claim.network,
        "address": claim.address,
        "decimals": claim.decimals,
        "claimed": amount(claim.amount),
        "height": claim.height,
        "duplicate": row.duplicate,
        "message": claim.message,
        "signatures": list(claim.signatures),
        "script": claim.script,
        "owners": list(claim.owners),
        "row_type": claim.row_type,
        "control": _control(row.control),
        "balance": _balance(row.balance, row.evidence),
        "block": None if row.block is None else block_object(row.block),
        "reason": row.reason,
        "findings": [
            {"kind": f.kind.value, "weight": f.weight.value, "reason": f.reason}
            for f in found.findings
        ],
    }


def _control(result: ControlResult | None) -> Object | None:
    if result is None:
        return None
    return {
        "control": result.control.value,
        "binding": result.binding.value,
        "freshness": result.freshness.value,
        "statement": result.statement.value,
        "stated_by": result.stated_by.value,
        "scheme": result.scheme,
        "required": result.required,
        "signed_by": list(result.signed_by),
        "reason": result.reason,
    }


def _balance(balance: Balance | None, evidence: Evidence | None) -> Object | None:
    if balance is None or evidence is None:
        return None
    return {
        "amount": amount(balance.amount),
        "evidence": evidence.value,
        "sources": list(balance.sources),
        "reason": balance.reason,
        "detail": balance.detail,
    }


def finding_object(found: FoundRow) -> Object:
    """One finding, with its key to go on after."""
    return {"key": key_text(found.key), **finding_record(found.finding)}


def key_text(key: tuple[int, int, str]) -> str:
    """A finding's key as one word: "3-17-shortfall"."""
    return f"{key[0]}-{key[1]}-{key[2]}"


def count_objects(counts: Mapping[FindingKind, int]) -> list[Object]:
    """How many findings there are of each kind that was found, what is false first."""
    kinds = in_order(counts)
    return [{"kind": k.value, "weight": WEIGHTS[k].value, "count": counts[k]} for k in kinds]


def point_object(point: AssetPoint, worth: Object | None, chains: Iterable[Chain]) -> Object:
    """An asset in one snapshot. worth: what it was worth, None where nobody said.

    chains: other chains that the snapshot was read on.
    """
    return {
        "snapshot": point.snapshot,
        "state": point.state.value,
        "at": iso(point.at),
        "list": point.list_name,
        "total": None if point.total is None else point.total.to_json(),
        "worth": worth,
        COLUMN: chain_objects(chains),
    }


def place_object(place: ClaimPlace) -> Object:
    """A claim and where it stands."""
    return {
        "publisher": place.publisher,
        "list_id": place.list_id,
        "list": place.list_name,
        "snapshot": place.snapshot,
        "no": place.no,
        "row": place.row,
        "asset": place.asset,
        "network": place.network,
        "address": place.address,
        "decimals": place.decimals,
        "claimed": amount(place.amount),
        "duplicate": place.duplicate,
    }


def shared_object(shared: SharedClaim) -> Object:
    """A claim and the claims of others of the same address."""
    return {
        **place_object(shared.claim),
        "others": [place_object(other) for other in shared.others],
    }


def difference_object(difference: Difference) -> Object:
    """One claim that came, went or moved."""
    return {
        "change": difference.change.value,
        "asset": difference.asset,
        "network": difference.network,
        "address": difference.address,
        "old": _side(difference.old),
        "new": _side(difference.new),
    }


def _side(side: Side | None) -> Object | None:
    if side is None:
        return None
    return {
        "no": side.no,
        "row": side.row,
        "decimals": side.decimals,
        "claimed": amount(side.claimed),
        "found": amount(side.found),
    }
