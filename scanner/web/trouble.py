"""What goes wrong, in plain words, with the right status: a page for people, JSON for programs."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.errors import (
    ConfigError,
    MigrationNeededError,
    ScannerError,
    SnapshotNotFoundError,
    SnapshotPrunedError,
    StoreError,
)
from scanner.reports.tables.jsontext import compact
from scanner.reports.tables.text import printable, redacted
from scanner.web.render import page

HTML = "text/html; charset=utf-8"
JSON = "application/json"

TITLES = {
    400: "This request is not valid",
    403: "Not allowed",
    404: "Not found",
    405: "Read-only",
    408: "Too slow",
    409: "These snapshots can't be compared",
    410: "Pruned",
    413: "Too large",
    414: "Address too long",
    421: "Unknown host name",
    429: "Too many requests",
    431: "Headers too long",
    500: "The scanner failed",
    503: "Not available now",
}


KEPT = (
    "Its rows are gone. The publisher's page still has its result, the history of each asset its "
    "totals, and 'scanner pruned' its seal."
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """A status and one or two sentences for the reader."""

    status: int
    words: str


class NotHereError(ScannerError):
    """What an address names does not exist; `str()` says what."""


class MisfitError(ScannerError):
    """Both things exist and cannot be put together; `str()` says why."""


class RefusedError(ScannerError):
    """A request is not answered; `status` and `str()` say why."""

    def __init__(self, status: int, words: str) -> None:
        self.status = status
        super().__init__(words)


def trouble_of(error: Exception) -> Trouble:
    """Choose status and words for an error. Words hold no secret and nothing of the machine."""
    if isinstance(error, SnapshotNotFoundError):
        return Trouble(404, f"There is no snapshot {error.wanted!r} in this database.")
    if isinstance(error, SnapshotPrunedError):
        return Trouble(410, f"Snapshot {error.snapshot} was pruned on {error.on}. {KEPT}")
    if isinstance(error, RefusedError):
        return Trouble(error.status, str(error))
    for kind, status in ((NotHereError, 404), (MisfitError, 409), (ConfigError, 400)):
        if isinstance(error, kind):
            return Trouble(status, str(error))
    if isinstance(error, MigrationNeededError):
        return Trouble(503, "The database was written by another version of this program.")
    if isinstance(error, StoreError):
        if "took too long" in str(error):
            return Trouble(503, "The answer took too long. Try a narrower question.")
        return Trouble(503, "The database does not answer at the moment. Try again.")
    return Trouble(500, "This is an error in the program; its log says more.")


def trouble_body(trouble: Trouble, path: str) -> tuple[bytes, str]:
    """The body of an answer and its media type: JSON below /api/, else a page."""
    words = printable(redacted(trouble.words))
    if path.startswith("/api/") or path in ("/healthz", "/readyz"):
        return compact({"error": {"status": trouble.status, "message": words}}), JSON

    title = TITLES.get(trouble.status, "That did not work")
    body = page("trouble.html.j2", {"title": title, "words": words, "status": trouble.status})
    return body, HTML
