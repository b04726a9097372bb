"""The pages: what the API says, rendered on the server. No script anywhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import RedirectResponse, Response

from scanner.reports.documents.exact import exact_totals
from scanner.reports.documents.value_view import value_view
from scanner.reports.figures.aggregate import aggregate_view, together_words
from scanner.reports.figures.details import Line, detail_lines
from scanner.reports.figures.difference import OTHER_RULES, judged_otherwise
from scanner.reports.figures.groups import group_objects, group_view, groups_of
from scanner.reports.figures.other_chains import other_chains
from scanner.reports.figures.words import (
    BINDING,
    CONTROL,
    COUNTS_OVERLAP,
    EVIDENCE,
    FRESHNESS,
    LIMITS,
    STATED_BY,
    STATEMENT,
)
from scanner.settings.explorers import explorer_page
from scanner.store.reading.across import Change
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.row_pages import FoundClaim
from scanner.store.reading.series import earlier_in_series
from scanner.web import answers, drawing, objects, render
from scanner.web.api import PREFIX, After, AfterKey, Before, Kind, Name, PublisherId, Wanted
from scanner.web.differing import prices_of, tabs, with_changes
from scanner.web.listing import finding_sections, once_each, weights_of
from scanner.web.overview import beginnings, named, overview, with_others, worths
from scanner.web.site import Site, filters_of
from scanner.web.trouble import HTML
from scanner.web.worth import snapshot_worth

router = APIRouter(include_in_schema=False)

PAGE = 50
SNAPSHOTS = 25
SHARED = 20
"""Fewer: each comes with the claims of others."""
FOR_EVER = {"cache-control": "public, max-age=31536000, immutable"}


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


def _page(site: Site, template: str, values: Mapping[str, object]) -> bytes:
    return render.page(template, {"newest_head": site.newest_head(), **values})


@router.get("/static/web.css")
def style() -> Response:
    """The style sheet; its address has its version in it."""
    return Response(render.style(), media_type="text/css; charset=utf-8", headers=FOR_EVER)


@router.get("/static/icon.svg")
def icon() -> Response:
    """The icon."""
    return Response(render.icon(), media_type="image/svg+xml", headers=FOR_EVER)


@router.get("/robots.txt")
def robots() -> Response:
    """Nothing here is for search engines."""
    return Response("User-agent: *\nDisallow: /\n", media_type="text/plain; charset=utf-8")


@router.get("/")
def home(request: Request, sort: Annotated[str, Query(max_length=16)] = "publisher") -> Response:
    """Publishers, and where each stands."""
    site = _site(request)

    def make() -> bytes:
        found = answers.snapshots(site, None, None, 5)
        values = {"publishers": overview(site, sort), "sort": sort, "newest": found}
        return _page(site, "home.html.j2", values)

    return site.respond(request, make, HTML)


@router.get("/publishers/{publisher}")
def publisher(request: Request, publisher: PublisherId, before: Before = None) -> Response:
    """One publisher's snapshots."""
    site = _site(request)

    def make() -> bytes:
        name = answers.publisher_name(site, publisher)
        found = answers.snapshots(site, publisher, before, SNAPSHOTS)
        values = {
            **found,
            "publisher": publisher,
            "name": name,
            "chart": drawing.all_assets(worths(site, publisher), name),
            "assets": drawing.assets(site, publisher),
        }
        return _page(site, "publisher.html.j2", values)

    return site.respond(request, make, HTML)


@router.get("/publishers/{publisher}/assets/{asset}")
def asset(
    request: Request,
    publisher: PublisherId,
    asset: Annotated[str, Path(max_length=64)],
    before: Before = None,
) -> Response:
    """An asset over time."""
    site = _site(request)

    def make() -> bytes:
        found = answers.history(site, publisher, asset, before)
        values = {
            **found,
            "points": drawing.points(found),
            "chart": drawing.history_chart(found),
            "value_chart": drawing.value_chart(found),
            "worth": drawing.asset_worth(found),
            "publisher_id": publisher,
        }
        return _page(site, "asset.html.j2", values)

    return site.respond(request, make, HTML)


@router.get("/snapshots")
def snapshots(request: Request, before: Before = None) -> Response:
    """Every snapshot, newest first."""
    site = _site(request)

    def make() -> bytes:
        return _page(site, "snapshots.html.j2", answers.snapshots(site, None, before, SNAPSHOTS))

    return site.respond(request, make, HTML)


@router.get("/snapshots/{snapshot}")
def snapshot(request: Request, snapshot: Wanted) -> Response:
    """One snapshot: the answer, the totals, what was found, the blocks."""
    site = _site(request)

    def make() -> bytes:
        found = answers.snapshot(site, snapshot)
        head = site.head(snapshot)
        known = site.totals(head)
        totals = known.to_json()
        worth, over_all = snapshot_worth(site, head), answers.over_all(site, head)
        return _page(
            site,
            "snapshot.html.j2",
            {
                "doc": found,
                "counts_overlap": COUNTS_OVERLAP,
                "read_at": drawing.read_at(head),
                "totals": totals,
                "by_amount": [] if head.complete else drawing.read_by_amount(totals),
                "ratios": drawing.ratios(answers.ratios(site, snapshot), totals),
                "aggregates": [aggregate_view(a) for a in over_all],
                "all_proofs": together_words(over_all),
                "value": None if worth is None else value_view(worth),
                "whole": drawing.whole(worth, totals),
                "exact": exact_totals(totals),
                "together": group_view(group_objects(groups_of(site.store, known))),
                "bars": drawing.bars(totals),
                "legend": drawing.LEGEND,
                "meanings": drawing.MEANING_OF,
                "evidence": drawing.by_value(EVIDENCE),
                "limits": LIMITS,
                "publisher_id": drawing.publisher_id(site, head.id),
                "previous": drawing.previous(site, head.id),
                "texts": drawing.texts(head),
            },
        )

    return site.respond(request, make, HTML)


@router.get("/snapshots/{snapshot}/rows")
def rows(
    request: Request,
    snapshot: Wanted,
    kind: Kind = "",
    asset: Name = "",
    network: Name = "",
    after: After = 0,
) -> Response:
    """Rows with their evidence."""
    site = _site(request)

    def make() -> bytes:
        head = site.head(snapshot)
        where = answers.row_filter(site, head.list_id, kind, asset, network)
        found = answers.rows(site, snapshot, where, after, PAGE)
        chosen = {
            "kind": where.kind.value if where.kind else "",
            "asset": asset,
            "network": network,
        }
        values = {
            **found,
            "head": objects.head_object(head),
            "chosen": chosen,
            "kinds": drawing.kinds_of(site, head.id),
            "meanings": drawing.MEANING_OF,
            "after": after,
            "words": [
                ("Control", drawing.by_value(CONTROL)),
                ("Binding", drawing.by_value(BINDING)),
                ("Evidence", drawing.by_value(EVIDENCE)),
            ],
        }
        return _page(site, "rows.html.j2", {**values, **filters_of(site.pairs(head.list_id))})

    return site.respond(request, make, HTML)


@router.get("/snapshots/{snapshot}/rows/{no}")
def row(
    request: Request, snapshot: Wanted, no: Annotated[int, Path(ge=1, le=2**31 - 1)]
) -> Response:
    """One row with everything known of it."""
    site = _site(request)

    def make() -> bytes:
        head, found = answers.row(site, snapshot, no)
        values = {
            "head": objects.head_object(head),
            "claim": objects.row_object(found),
            "verified": drawing.is_verified(found),
            "details": _details(found),
            "explorer": _explorer(head, found),
        }
        words = {
            "meanings": drawing.MEANING_OF,
            "evidence": drawing.by_value(EVIDENCE),
            "controls": drawing.by_value(CONTROL),
            "bindings": drawing.by_value(BINDING),
            "freshness": drawing.by_value(FRESHNESS),
            "statements": drawing.by_value(STATEMENT),
            "stated_by": drawing.by_value(STATED_BY),
        }
        return _page(site, "row.html.j2", {**values, **words})

    return site.respond(request, make, HTML)


def _details(found: FoundClaim) -> list[Line]:
    balance, claim = found.row.balance, found.row.claim
    return [] if balance is None else detail_lines(balance.detail, claim.decimals, claim.asset)


def _explorer(head: SnapshotHead, found: FoundClaim) -> str:
    """Where people look the address up; "" for one that is none, or on a chain that is not real."""
    claim = found.row.claim
    apart = {network for network, _ in other_chains(head)}
    if claim.address_key.startswith("?") or claim.network in apart:
        return ""
    return explorer_page(claim.network, claim.address)


@router.get("/snapshots/{snapshot}/findings")
def findings(request: Request, snapshot: Wanted, kind: Kind = "", after: AfterKey = "") -> Response:
    """Findings of one kind or of all."""
    site = _site(request)

    def make() -> bytes:
        sections = finding_sections(site, snapshot, kind, after, PAGE)
        head = site.head(snapshot)
        kinds = drawing.kinds_of(site, head.id)
        values = {
            "snapshot": head.id,
            "head": objects.head_object(head),
            "kinds": kinds,
            "weights": weights_of(kinds),
            "kind": kind,
            "after": after,
        }
        return _page(site, "findings.html.j2", {"sections": sections, **values})

    return site.respond(request, make, HTML)


@router.get("/snapshots/{snapshot}/shared")
def shared(request: Request, snapshot: Wanted, after: After = 0) -> Response:
    """Addresses of a list that another publisher claims, too."""
    site = _site(request)

    def make() -> bytes:
        page = answers.shared(site, snapshot, after, SHARED)
        claims: list[Any] = page["claims"]  # type: ignore[assignment]
        found = {**page, "claims": [{**c, "others": once_each(c["others"])} for c in claims]}
        head = objects.head_object(site.head(snapshot))
        return _page(site, "shared.html.j2", {**found, "head": head, "after": after})

    return site.respond(request, make, HTML)


@router.get("/shared")
def all_shared(request: Request) -> Response:
    """Where to look for addresses that two publishers claim."""
    site = _site(request)
    return site.respond(request, lambda: _page(site, "all_shared.html.j2", with_others(site)), HTML)


@router.get("/differences")
def differences(
    request: Request,
    old: Annotated[str, Query(max_length=32)],
    new: Annotated[str, Query(max_length=32)] = "latest",
    change: Change = Change.ADDED,
    after: After = 0,
) -> Response:
    """What changed from one snapshot to another."""
    site = _site(request)

    def make() -> bytes:
        found = answers.differences(site, old, new, change, after, PAGE)
        heads = {
            "old_head": objects.head_object(site.head(old)),
            "new_head": objects.head_object(site.head(new)),
        }
        before, now = site.head(old), site.head(new)
        shown = with_changes(found, prices_of(site, now))
        owner = drawing.publisher_id(site, now.id)
        others = site.snapshots_of(
            owner, SNAPSHOTS, lambda: answers.snapshots(site, owner, None, SNAPSHOTS)
        )
        values = {
            "counts": tabs(site, before, now),
            "others": others["snapshots"],
            "other_rules": OTHER_RULES if judged_otherwise(before, now) else "",
            "backwards": now.id in earlier_in_series(site.store, before.id),
        }
        return _page(site, "differences.html.j2", {**shown, **heads, **values, "after": after})

    return site.respond(request, make, HTML)


@router.get("/search")
def search(request: Request, q: str = "", after: AfterKey = "") -> Response:
    """Who claims an address, and publishers whose names have the text in them."""
    site = _site(request)

    def make() -> bytes:
        found = answers.address(site, q, after, PAGE)
        names = [] if after else named(site, q)
        begun = [] if after or found["claims"] else beginnings(site, q)
        values = {**found, "after": after, "named": names, "begun": begun}
        return _page(site, "search.html.j2", values)

    return site.respond(request, make, HTML)


@router.get("/api")
def api(request: Request) -> Response:
    """What the JSON API offers."""
    site = _site(request)

    def make() -> bytes:
        paths: Mapping[str, Mapping[str, Mapping[str, object]]] = request.app.openapi()["paths"]
        return _page(site, "api.html.j2", {"paths": paths, "prefix": PREFIX})

    return site.respond(request, make, HTML)


@router.get("/favicon.ico")
def favicon() -> Response:
    """Where browsers look first."""
    return RedirectResponse("/static/icon.svg", status_code=308)
