"""Fetches a published list again: a file of this machine, or a URL, only if it has changed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from urllib.parse import urlsplit

import httpx

from scanner.errors import InputError, SourceRejectedError, SourceUnavailableError

MOST_BYTES = 2 * 2**30
"""Ten times the largest list published so far."""

SECONDS = 60.0
"""Without a byte from the server."""

MOST_SECONDS = 3600.0
"""For a whole list: a server that sends a byte a minute would keep a worker for ever."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A list at hand. file: None if it is unchanged since `etag` and `modified` were given."""

    file: Path | None
    name: str
    etag: str = ""
    modified: str = ""


def is_url(location: str) -> bool:
    """Whether a location is fetched over HTTP; anything else is a path."""
    return location.lower().startswith(("http://", "https://"))


def shown(location: str) -> str:
    """A location as it may be shown: a URL without its query, which may be a secret."""
    if not is_url(location):
        return location
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?..." if parts.query else "")


def check_location(location: str) -> str:
    """Return a location that can be kept. Raises InputError.

    A URL with a password in it is refused: it would be stored and shown.
    """
    if not is_url(location):
        path = Path(location)
        if not path.is_file():
            raise InputError(f"no file {location}: name a list's file or its http(s) address")
        return str(path.resolve())
    parts = urlsplit(location)
    if not parts.hostname or parts.username or parts.password:
        raise InputError("the list's address must be a plain http(s) URL without a password")
    return location


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
        if not path.is_file():
            raise InputError(f"{label}: there is no file {location} any more")
        yield Fetched(path, path.name)
        return
    with tempfile.TemporaryDirectory(prefix="scanner-") as folder:
        yield _download(location, label, (etag, modified), Path(folder) / "list", limit)


def _download(url: str, label: str, known: tuple[str, str], to: Path, limit: int) -> Fetched:
    asked = {"If-None-Match": known[0], "If-Modified-Since": known[1]}
    headers = {name: value for name, value in asked.items() if value}
    name = Path(urlsplit(url).path).name or "list"
    try:
        with (
            httpx.Client(timeout=SECONDS, follow_redirects=True, max_redirects=5) as client,
            client.stream("GET", url, headers=headers) as answer,
        ):
            said = answer.headers.get("etag", ""), answer.headers.get("last-modified", "")
            if answer.status_code == httpx.codes.NOT_MODIFIED:
                return Fetched(None, name, *known)
            _check_status(label, answer.status_code)
            _save(label, answer.iter_bytes(), to, limit)
            return Fetched(to, name, *said)
    except httpx.HTTPError as e:
        raise SourceUnavailableError(label, f"no answer ({type(e).__name__})") from None
    except httpx.InvalidURL:
        raise SourceRejectedError(label, "its address is not a URL") from None


def _check_status(label: str, status: int) -> None:
    if status == 200:
        return
    what = f"the server says {status}"
    if status in (408, 425, 429) or status >= 500:
        raise SourceUnavailableError(label, what)
    raise SourceRejectedError(label, what)


def _save(label: str, parts: Iterator[bytes], to: Path, limit: int) -> None:
    size, deadline = 0, monotonic() + MOST_SECONDS
    with to.open("wb") as file:
        for part in parts:
            size += len(part)
            if monotonic() > deadline:
                raise SourceUnavailableError(label, f"not complete after {MOST_SECONDS:g} s")
            if size > limit:
                raise SourceRejectedError(label, f"the list is larger than {limit} bytes")
            file.write(part)
