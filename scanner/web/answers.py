"""What is asked, as JSON objects: the API gives them as they are, the pages render them."""

from __future__ import annotations

import re

from scanner.errors import ConfigError
from scanner.model.finding import exit_status
from scanner.reports.figures.aggregate import aggregate_object, aggregates, totals_object
from scanner.reports.figures.difference import compare_totals
from scanner.reports.figures.findings import parse_kinds
from scanner.reports.figures.other_chains import COLUMN, apart, chain_objects, other_chains
from scanner.reports.figures.outcome import answer
from scanner.reports.figures.ratios import ratio_objects
from scanner.store.database.migrate import require_head
from scanner.store.reading import queries
from scanner.store.reading.across import (
    Change,
    Taken,
    claimants,
    claims_of,
    difference_page,
    shared_page,
)
from scanner.store.reading.heads import SnapshotHead, chains_read
from scanner.store.reading.history import asset_history, verified_rows
from scanner.store.reading.row_pages import FoundClaim, RowFilter, claims_numbered, row_page
from scanner.web import objects
from scanner.web.objects import Object
from scanner.web.site import Site
from scanner.web.trouble import MisfitError, NotHereError
from scanner.web.worth import asset_worth, kept_by, point_worths, snapshot_worth

_FINDING_KEY = re.compile(r"([0-5])-([0-9]{1,9})-([a-z_]{0,40})", re.ASCII)
_PLACE = re.compile(r"([0-9]{1,18})-([0-9]{1,9})", re.ASCII)
_NAME = re.compile(r"[\x20-\x7e]{1,64}", re.ASCII)
HISTORY_POINTS = 200

_WORD = {0: "verified", 1: "false", 3: "unshown"}


def all_publishers(site: Site) -> Object:
    """Every publisher, by name."""
    return {"publishers": [objects.publisher_object(p) for p in site.publishers()]}


def snapshots(site: Site, publisher: int | None, before: int | None, limit: int) -> Object:
    """Snapshots, newest first."""
    if publisher is not None:
        publisher_name(site, publisher)
    found = queries.heads(site.store, publisher_id=publisher, before=before, limit=limit + 1)
    return {
        "snapshots": [
            {**objects.head_object(head), "status": status_word(site, head)}
            for head in found[:limit]
        ],
        "next": found[limit - 1].id if len(found) > limit else None,
    }


def publisher_name(site: Site, publisher: int) -> str:
    """The name of a publisher. Raises NotHereError."""
    for view in site.publishers():
        if view.id == publisher:
            return view.name
    raise NotHereError(f"There is no publisher {publisher} in this database.")


def snapshot(site: Site, wanted: str) -> Object:
    """One snapshot with its answer in one sentence."""
    head = site.head(wanted)
    counts = site.counts(head.id)
    found = answer(site.store, head, counts, site.rows_found(head))
    return {
        **objects.head_object(head),
        "newest_head": site.newest_head(),
        "status": status_word(site, head),
        "sentence": found.sentence,
        "doubts": list(found.doubts),
        "verified_rows": verified_rows(site.store, head.id),
        "findings": objects.count_objects(counts),
    }


def status_word(site: Site, head: SnapshotHead) -> str:
    """The word of the report: verified, false, unshown or incomplete."""
    if not head.complete:
        return "incomplete"
    return _WORD[exit_status(site.weights(head.id))]


def totals(site: Site, wanted: str) -> Object:
    """The object of `scanner totals --json`."""
    head = site.head(wanted)
    found = site.totals(head)
    whole = totals_object(site.store, found, kept_by(site))
    return {**whole, "ratios": ratio_objects(site.store, found)}


def over_all(site: Site, head: SnapshotHead) -> list[Object]:
    """The one ratio that each kept proof of one total allows."""
    return [aggregate_object(a) for a in aggregates(site.store, head.id, totals_of=kept_by(site))]


def value(site: Site, wanted: str) -> Object:
    """What a snapshot was worth, by dated prices; never evidence."""
    head = site.head(wanted)
    worth = snapshot_worth(site, head)
    return {"snapshot": head.id, "value": None if worth is None else {**worth, **_chains(head)}}


def _chains(head: SnapshotHead) -> Object:
    """Other chains that a snapshot was read on."""
    return {COLUMN: chain_objects(other_chains(head))}


def ratios(site: Site, wanted: str) -> Object:
    """Reserves against liabilities, each side with its evidence."""
    head = site.head(wanted)
    found = ratio_objects(site.store, site.totals(head))
    return {"snapshot": head.id, "complete": head.complete, "ratios": found, **_chains(head)}


def rows(site: Site, wanted: str, where: RowFilter, after: int, limit: int) -> Object:
    """Rows with their evidence."""
    head = site.head(wanted)
    page = row_page(site.store, head.id, head.list_id, where, after=after, limit=limit)
    return {
        "snapshot": head.id,
        "complete": head.complete,
        "rows": [objects.row_object(found) for found in page.rows],
        "next": page.next,
        **_chains(head),
    }


def row_filter(site: Site, head_list: int, kind: str, asset: str, network: str) -> RowFilter:
    """Read filters as users write them.

    Raises ConfigError for a kind nobody knows, NotHereError for a name that no row of the list
    has: such text never reaches the database, which may refuse it.
    """
    kinds = parse_kinds([kind]) if kind.strip() else ()
    known = site.pairs(head_list)
    if asset and asset not in {a for a, _ in known}:
        raise NotHereError("No row of this list is in that asset.")
    if network and network not in {n for _, n in known}:
        raise NotHereError("No row of this list is on that network.")
    return RowFilter(kinds[0] if kinds else None, asset, network)


def row(site: Site, wanted: str, no: int) -> tuple[SnapshotHead, FoundClaim]:
    """One row with its evidence. Raises NotHereError."""
    head = site.head(wanted)
    found = list(claims_numbered(site.store, head.id, [no]))
    if not found:
        raise NotHereError(f"The list of snapshot {head.id} has no claim number {no}.")
    return head, found[0]


def findings(site: Site, wanted: str, kind: str, after: str, limit: int) -> Object:
    """Findings of one kind or of all."""
    head = site.head(wanted)
    kinds = parse_kinds([kind]) if kind.strip() else ()
    start = _finding_key(after) if after else (0, 0, "")
    found = list(
        queries.findings(
            site.store, head.id, kinds=kinds, after=start, limit=limit + 1, whole=False
        )
    )
    return {
        "snapshot": head.id,
        "complete": head.complete,
        "findings": [objects.finding_object(f) for f in found[:limit]],
        "next": objects.key_text(found[limit - 1].key) if len(found) > limit else None,
        **_chains(head),
    }


def _finding_key(text: str) -> tuple[int, int, str]:
    match = _FINDING_KEY.fullmatch(text)
    if match is None:
        raise ConfigError("'after' is the key of a finding, such as 3-17-shortfall")
    return int(match[1]), int(match[2]), match[3]


def history(site: Site, publisher: int, asset: str, before: int | None) -> Object:
    """An asset in a publisher's snapshots. Raises NotHereError."""
    name = publisher_name(site, publisher)
    found = []
    if _NAME.fullmatch(asset):
        found = asset_history(site.store, publisher, asset, before=before, limit=HISTORY_POINTS + 1)
    if before is None and not any(point.total is not None for point in found):
        raise NotHereError("No complete snapshot of this publisher has that asset.")
    points = found[:HISTORY_POINTS]
    with site.store.read() as connection:
        read = chains_read(connection, [point.snapshot for point in points])
    return {
        "publisher": name,
        "asset": asset,
        "value": asset_worth(site, asset, points) if before is None else None,
        "points": [
            objects.point_object(point, worth, apart(read.get(point.snapshot, ())))
            for point, worth in zip(points, point_worths(site, asset, points), strict=True)
        ],
        "next": points[-1].snapshot if len(found) > HISTORY_POINTS else None,
    }


def address(site: Site, text: str, after: str, limit: int) -> Object:
    """Who claims an address, whatever its spelling; a text that is none finds nothing.

    Raises ConfigError.
    """
    keys = site.keys(text)
    behind = None
    if after:
        match = _PLACE.fullmatch(after)
        if match is None:
            raise ConfigError("'after' is the 'next' of an answer, such as 12-345")
        behind = int(match[1]), int(match[2])
    page = claims_of(site.store, keys, behind=behind, limit=limit)
    return {
        "asked": text,
        "publishers": claimants(site.store, keys),
        "claims": [objects.place_object(place) for place in page.claims],
        "next": None if page.next is None else f"{page.next[0]}-{page.next[1]}",
    }


def shared(site: Site, wanted: str, after: int, limit: int) -> Object:
    """Claims of a list whose address another publisher claims, too."""
    head = site.head(wanted)
    taken = Taken(head.id, head.list_id)
    page = shared_page(site.store, taken, site.families, after=after, limit=limit)
    return {
        "snapshot": head.id,
        "claims": [objects.shared_object(claim) for claim in page.claims],
        "next": page.next,
    }


def differences(site: Site, old: str, new: str, change: Change, after: int, limit: int) -> Object:
    """What changed from one snapshot to another. Raises MisfitError for two publishers."""
    before, now = site.head(old), site.head(new)
    if site.publisher_of(before.id) != site.publisher_of(now.id):
        raise MisfitError(
            f"Snapshot {before.id} is of {before.publisher}, snapshot {now.id} of "
            f"{now.publisher}: only snapshots of one publisher can be compared."
        )
    page = difference_page(
        site.store,
        Taken(before.id, before.list_id),
        Taken(now.id, now.list_id),
        change,
        after=after,
        limit=limit,
    )
    changes = compare_totals(site.totals(before), site.totals(now))
    return {
        "old": before.id,
        "new": now.id,
        "complete": before.complete and now.complete,
        "change": change.value,
        "totals": [asset.to_json() for asset in changes],
        "differences": [objects.difference_object(d) for d in page.differences],
        "next": page.next,
        COLUMN: {
            side: chain_objects(other_chains(head))
            for side, head in (("old", before), ("new", now))
        },
    }


def ready(site: Site) -> None:
    """Raise StoreError unless the database answers and is of this program's version."""
    with site.store.read() as connection:
        require_head(connection)
