"""Files of a snapshot to keep: its report as one page, its totals as CSV with every digit."""

from __future__ import annotations

from threading import Lock

from fastapi import APIRouter, Request
from starlette.responses import Response

from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.figures.other_chains import chains_of_assets
from scanner.reports.figures.totals import totals_csv
from scanner.web.api import Wanted
from scanner.web.site import Site
from scanner.web.trouble import HTML, RefusedError

router = APIRouter(include_in_schema=False)

_one_report = Lock()
"""A report reads every row: one at a time in a process, so that pages are answered meanwhile."""


@router.get("/snapshots/{snapshot}/report.html")
def report(request: Request, snapshot: Wanted) -> Response:
    """The report of `scanner report`, to be kept."""
    site: Site = request.app.state.site
    head = site.head(snapshot)

    def make() -> bytes:
        if not _one_report.acquire(blocking=False):
            raise RefusedError(503, "Another report is being written. Try again in a moment.")
        try:
            return report_page(report_document(site.store, head.id)).encode()
        finally:
            _one_report.release()

    return _kept(site, site.respond(request, make, HTML), f"snapshot-{head.id}-report.html")


@router.get("/snapshots/{snapshot}/totals.csv")
def totals(request: Request, snapshot: Wanted) -> Response:
    """The table of `scanner export totals`."""
    site: Site = request.app.state.site
    head = site.head(snapshot)

    def make() -> bytes:
        return totals_csv(site.totals(head), chains_of_assets(site.store, head))

    answer = site.respond(request, make, "text/csv; charset=utf-8")
    return _kept(site, answer, f"snapshot-{head.id}-totals.csv")


def _kept(site: Site, answer: Response, name: str) -> Response:
    """As a file, not shown: a report has styles of its own, which pages here may not have.

    The newest head goes with it: a table of CSV has no place for it.
    """
    answer.headers["newest-head"] = site.newest_head()
    answer.headers["content-disposition"] = f'attachment; filename="{name}"'
    return answer
