"""The read-only JSON API, /api/v1. Its OpenAPI description is at /openapi.json."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from scanner.reports.tables.jsontext import compact
from scanner.store.reading.across import Change
from scanner.web import answers, objects, schema, schema_difference, schema_value
from scanner.web.site import Site
from scanner.web.trouble import JSON

PREFIX = "/api/v1"
PAGE = 50
MOST = 200

router = APIRouter(
    prefix=PREFIX,
    responses={
        status: {"model": schema.ErrorAnswer, "description": words}
        for status, words in (
            (400, "The request is not valid"),
            (404, "There is no such thing"),
            (414, "The address is too long"),
            (421, "The server does not answer under that name"),
            (503, "The database does not answer, or not in time"),
        )
    },
)

Wanted = Annotated[
    str, Path(description="A snapshot's id, or 'latest'.", max_length=32, examples=["latest"])
]
After = Annotated[int, Query(ge=0, le=2**31 - 1, description="The 'next' of the page before.")]
Before = Annotated[int | None, Query(ge=0, le=2**53, description="The 'next' of the page before.")]
AfterKey = Annotated[str, Query(max_length=64, description="The 'next' of the page before.")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="How many at most.")]
Kind = Annotated[str, Query(max_length=64, description="A kind of finding, such as shortfall.")]
Name = Annotated[str, Query(max_length=64, description="Exactly this name; any if empty.")]
PublisherId = Annotated[int, Path(ge=0, le=2**53, examples=[1])]


def _site(request: Request) -> Site:
    site: Site = request.app.state.site
    return site


@router.get("/publishers", response_model=schema.Publishers)
def publishers(request: Request) -> Response:
    """Every publisher, by name."""
    site = _site(request)
    return site.respond(request, lambda: compact(answers.all_publishers(site)), JSON)


@router.get("/publishers/{publisher}/assets/{asset}", response_model=schema.AssetHistory)
def asset_history(
    request: Request,
    publisher: PublisherId,
    asset: Annotated[str, Path(max_length=64, examples=["ETH"])],
    before: Before = None,
) -> Response:
    """An asset's totals in a publisher's snapshots, newest first."""
    site = _site(request)
    return site.respond(
        request, lambda: compact(answers.history(site, publisher, asset, before)), JSON
    )


@router.get("/snapshots", response_model=schema.Snapshots)
def snapshots(
    request: Request,
    publisher: Annotated[int | None, Query(ge=0, le=2**53)] = None,
    before: Before = None,
    limit: Limit = PAGE,
) -> Response:
    """Snapshots, newest first."""
    site = _site(request)
    return site.respond(
        request, lambda: compact(answers.snapshots(site, publisher, before, limit)), JSON
    )


@router.get("/snapshots/{snapshot}", response_model=schema.SnapshotAnswer)
def snapshot(request: Request, snapshot: Wanted) -> Response:
    """One snapshot: its list, blocks, state, and its answer in one sentence."""
    site = _site(request)
    return site.respond(request, lambda: compact(answers.snapshot(site, snapshot)), JSON)


@router.get("/snapshots/{snapshot}/totals", response_model=schema.Totals)
def totals(request: Request, snapshot: Wanted) -> Response:
    """Totals per asset; the same object as `scanner totals --json`."""
    site = _site(request)
    return site.respond(request, lambda: compact(answers.totals(site, snapshot)), JSON)


@router.get("/snapshots/{snapshot}/value", response_model=schema_value.SnapshotValue)
def value(request: Request, snapshot: Wanted) -> Response:
    """The value of the totals, at dated prices of named sources; never evidence."""
    site = _site(request)
    return site.respond(request, lambda: compact(answers.value(site, snapshot)), JSON)


@router.get("/snapshots/{snapshot}/ratios", response_model=schema_value.Ratios)
def ratios(request: Request, snapshot: Wanted) -> Response:
    """Reserves against liabilities, each side with its evidence."""
    site = _site(request)
    return site.respond(request, lambda: compact(answers.ratios(site, snapshot)), JSON)


@router.get("/snapshots/{snapshot}/rows", response_model=schema.Rows)
def rows(
    request: Request,
    snapshot: Wanted,
    kind: Kind = "",
    asset: Name = "",
    network: Name = "",
    after: After = 0,
    limit: Limit = PAGE,
) -> Response:
    """Claims with their evidence, in list order."""
    site = _site(request)

    def make() -> bytes:
        where = answers.row_filter(site, site.head(snapshot).list_id, kind, asset, network)
        return compact(answers.rows(site, snapshot, where, after, limit))

    return site.respond(request, make, JSON)


@router.get("/snapshots/{snapshot}/rows/{no}", response_model=schema.Row)
def row(
    request: Request,
    snapshot: Wanted,
    no: Annotated[int, Path(ge=1, le=2**31 - 1, examples=[1])],
) -> Response:
    """One claim with its evidence, by its number in the list."""
    site = _site(request)
    return site.respond(
        request, lambda: compact(objects.row_object(answers.row(site, snapshot, no)[1])), JSON
    )


@router.get("/snapshots/{snapshot}/findings", response_model=schema.Findings)
def findings(
    request: Request, snapshot: Wanted, kind: Kind = "", after: AfterKey = "", limit: Limit = PAGE
) -> Response:
    """Findings: of the list, of its claims, of parts that could not be read."""
    site = _site(request)
    return site.respond(
        request, lambda: compact(answers.findings(site, snapshot, kind, after, limit)), JSON
    )


@router.get("/snapshots/{snapshot}/shared", response_model=schema.SharedClaims)
def shared(request: Request, snapshot: Wanted, after: After = 0, limit: Limit = PAGE) -> Response:
    """Claims whose address another publisher also claims."""
    site = _site(request)
    return site.respond(
        request, lambda: compact(answers.shared(site, snapshot, after, limit)), JSON
    )


@router.get(
    "/differences",
    response_model=schema_difference.Differences,
    responses={409: {"model": schema.ErrorAnswer, "description": "Of two publishers"}},
)
def differences(
    request: Request,
    old: Annotated[str, Query(max_length=32, examples=["latest"])],
    new: Annotated[str, Query(max_length=32)] = "latest",
    change: Change = Change.ADDED,
    after: After = 0,
    limit: Limit = PAGE,
) -> Response:
    """What changed from one snapshot to another of the same publisher."""
    site = _site(request)
    return site.respond(
        request, lambda: compact(answers.differences(site, old, new, change, after, limit)), JSON
    )


@router.get("/addresses", response_model=schema.AddressClaims)
def addresses(
    request: Request,
    q: Annotated[str, Query(description="An address in any spelling, or any text.")] = "",
    after: AfterKey = "",
    limit: Limit = PAGE,
) -> Response:
    """Claims of one address in all lists of all publishers."""
    site = _site(request)
    return site.respond(request, lambda: compact(answers.address(site, q, after, limit)), JSON)


UNCHANGED = {"description": "Unchanged since the ETag given"}


def document(schema_of_app: dict[str, Any]) -> dict[str, Any]:
    """FastAPI's description with our own error answers in place of its 422."""
    for operations in schema_of_app.get("paths", {}).values():
        for operation in operations.values():
            operation["responses"].pop("422", None)
            operation["responses"]["304"] = UNCHANGED
    for name in ("HTTPValidationError", "ValidationError"):
        schema_of_app.get("components", {}).get("schemas", {}).pop(name, None)
    return schema_of_app
