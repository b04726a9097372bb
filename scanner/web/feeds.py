"""Finished snapshots as Atom feeds: of all publishers, and of one.

Links are relative: a feed says nothing of the name that it was asked for under.
Source: RFC 4287, sections 4.1.1 (feed), 4.1.2 (entry), 4.2.6 (id), 4.2.7 (link).
"""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import Response

from scanner.model.amount import counted
from scanner.reports.documents.document import iso
from scanner.reports.figures.other_chains import TEST_CHAIN, chain_lines, other_chains
from scanner.reports.tables.text import printable
from scanner.snapshots.values import SnapshotState
from scanner.store.reading import queries
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.history import verified_rows
from scanner.web import answers, drawing, render
from scanner.web.api import PublisherId
from scanner.web.site import Site

router = APIRouter(include_in_schema=False)

ATOM = "application/atom+xml; charset=utf-8"
ENTRIES = 25
"""Snapshots of a feed: readers come more often than so many are taken."""
NEVER = "1970-01-01T00:00:00+00:00"
"""When a feed without an entry changed last; Atom wants a time."""

_RESULTS = {
    "verified": "verified",
    "false": "found false",
    "unshown": "not fully verified",
}


@router.get("/feed")
def everyone(request: Request) -> Response:
    """The newest finished snapshots of all publishers."""
    site: Site = request.app.state.site
    return site.respond(request, lambda: _feed(site, None, ""), ATOM)


@router.get("/publishers/{publisher}/feed")
def one(request: Request, publisher: PublisherId) -> Response:
    """The newest finished snapshots of one publisher. Raises NotHereError."""
    site: Site = request.app.state.site

    def make() -> bytes:
        return _feed(site, publisher, answers.publisher_name(site, publisher))

    return site.respond(request, make, ATOM)


def _feed(site: Site, publisher: int | None, name: str) -> bytes:
    done = (SnapshotState.COMPLETE,)
    heads = queries.heads(site.store, publisher_id=publisher, limit=ENTRIES, states=done)
    # Of what was pruned there is no page any more.
    entries = [_entry(site, head) for head in heads if head.pruned is None]
    here = "/feed" if publisher is None else f"/publishers/{publisher}/feed"
    values = {
        "title": f"Snapshots of {name}" if name else "Snapshots of reserve lists",
        "here": here,
        "page": "/snapshots" if publisher is None else f"/publishers/{publisher}",
        "updated": max((str(entry["updated"]) for entry in entries), default=NEVER),
        "entries": entries,
    }
    return render.page("feed.xml.j2", values)


def _entry(site: Site, head: SnapshotHead) -> Mapping[str, object]:
    """What a reader sees of one snapshot. Its id is its seal, so it stays wherever it is served."""
    result = _RESULTS[answers.status_word(site, head)]
    rows, verified = head.claims + head.unreadable, verified_rows(site.store, head.id)
    read_at, be = drawing.read_at(head), "is" if verified == 1 else "are"
    chains = other_chains(head)
    where = f" on a {TEST_CHAIN}" if chains else ""
    return {
        "id": f"urn:reserve-snapshot:{head.chain_head}",
        "page": f"/snapshots/{head.id}",
        "title": f"{head.publisher}: {result}{where} (snapshot {head.id})",
        "updated": iso(head.finished or head.created) or NEVER,
        "publisher": printable(head.publisher),
        "summary": "".join(f"{line}. " for line in chain_lines(chains))
        + f"{verified:,} of {counted(rows, 'row')} of {head.list_name} {be} verified: "
        "signed for, and the balance read."
        + (f" Balances are of {read_at} UTC." if read_at else ""),
    }
