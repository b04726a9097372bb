"""Fetches a published list again: a file of this machine, or a URL, only if it has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scanner.errors import InputError
from scanner.files.scratch import scratch_folder
from scanner.files.source import split_place
from scanner.net.download import MOST_SECONDS, UNCHANGED, download
from scanner.net.locations import MOST_BYTES, is_url

_LONGEST_NAME = 100  # of a file
_VALIDATOR = re.compile(r"[\x20-\x7e]{1,300}")
"""What a server may say of its version: what it says is sent back to it, and headers are ASCII."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list at hand. file: None if it is unchanged since `etag` and `modified` were given."""

    file: Path | None
    name: str
    etag: str = ""
    modified: str = ""

    @property
    def changed(self) -> str:
        """When its server says that the list was last changed, ISO 8601; "" if it does not."""
        try:
            said = parsedate_to_datetime(self.modified)
            return said.astimezone(UTC).isoformat()
        except (TypeError, ValueError, OverflowError):
            return ""


@contextmanager
def fetched(
    location: str, label: str, etag: str = "", modified: str = "", limit: int = MOST_BYTES
) -> Iterator[Fetched]:
    """The list at a location, as a file that is there inside the block.

    label: names it in errors; a URL is never shown, for its query may be a secret.
    etag, modified: from the last time, "" for the first.
    Raises InputError for a file that is gone, SourceUnavailableError where trying again may help,
    SourceRejectedError where it does not (refused, not found, too large).
    """
    if not is_url(location):
        path = Path(location)
        if not split_place(location)[0].is_file():
            raise InputError(f"{label}: the file {location} no longer exists")
        yield Fetched(path, path.name)
        return
    with scratch_folder() as folder:
        yield _download(location, label, (etag, modified), folder, limit)


def _download(url: str, label: str, known: tuple[str, str], into: Path, limit: int) -> Fetched:
    asked = {"If-None-Match": known[0], "If-Modified-Since": known[1]}
    headers = {name: value for name, value in asked.items() if _VALIDATOR.fullmatch(value)}
    name = Path(urlsplit(url).path).name or "list"
    # Kept under its own name: that may say which coin the rows are of.
    to = into / ("list-" + re.sub(r"[^A-Za-z0-9.-]", "-", unquote(name))[-_LONGEST_NAME:])
    got = download(url, label, to, limit=limit, headers=headers, seconds=MOST_SECONDS)
    if got.status == UNCHANGED:
        return Fetched(None, name, *known)
    return Fetched(to, name, *map(_kept, (got.etag, got.modified)))


def _kept(validator: str) -> str:
    return validator if _VALIDATOR.fullmatch(validator) else ""
