"""Downloads a file that somebody else publishes, following redirects by hand.

The operator wrote the first address, so it may stand inside. A redirect is the publisher's word: it
may lead to another place of the same server, or over TLS to a public address, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from time import monotonic
from typing import Final

import httpx

from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.net.bodies import BodyError, TooLargeError, unpacked
from scanner.net.client import open_client
from scanner.net.deadline import within
from scanner.net.reach import is_written_inside
from scanner.net.words import connection_words

SECONDS: Final = 60.0
"""Without a byte from the server."""

MOST_SECONDS: Final = 3600.0
"""For a whole file: a server that sends a byte a minute would keep a worker for ever."""

UNCHANGED: Final = 304
REDIRECTS: Final = 5
_MOVED: Final = (301, 302, 303, 307, 308)


@dataclass(frozen=True, slots=True)
class Download:
    """What came. status: 200, and the body is in the file; or 304, and it is not."""

    status: int
    etag: str
    modified: str


def download(
    url: str,
    label: str,
    to: Path,
    *,
    limit: int,
    headers: Mapping[str, str] | None = None,
    seconds: float = MOST_SECONDS,
) -> Download:
    """GET a URL into a file.

    label: names it in errors; neither the URL nor a word of the server is ever in them. limit:
    most bytes, unpacked. seconds: for the whole.
    Raises SourceUnavailableError where trying again may help, SourceRejectedError where not.
    """
    until = monotonic() + seconds, seconds
    try:
        here = httpx.URL(url)
        inside = is_written_inside(here.host)
        for _ in range(REDIRECTS + 1):
            with (
                within(until[0] - monotonic()),
                open_client(label, here, inside=inside, headers=headers) as client,
                client.stream("GET", here, timeout=SECONDS) as answer,
            ):
                if answer.status_code not in _MOVED:
                    return _take(label, answer, to, limit, until)
                there = here.join(answer.headers.get("location", ""))
            inside = _may_follow(label, here, there, inside)
            here = there
    except httpx.HTTPError as e:
        if monotonic() >= until[0]:
            raise SourceUnavailableError(label, f"not complete after {seconds:g} s") from None
        raise SourceUnavailableError(label, f"no answer ({connection_words(e)})") from None
    except (httpx.InvalidURL, ValueError):
        raise SourceRejectedError(
            label, "its address, or one it redirects to, is not a valid URL"
        ) from None
    raise SourceUnavailableError(label, f"no answer (more than {REDIRECTS} redirects)")


def _may_follow(label: str, here: httpx.URL, there: httpx.URL, inside: bool) -> bool:
    """Whether the next place may stand inside. Raises SourceRejectedError where it must not go."""
    if _origin(here) == _origin(there):
        return inside
    if there.scheme != "https" or there.userinfo or is_written_inside(there.host):
        raise SourceRejectedError(
            label,
            "the server redirects to another address, neither on the same server nor public "
            "https: check it yourself, and give the new address if it is right",
        )
    return False


def _origin(url: httpx.URL) -> tuple[str, str, int]:
    return url.scheme, url.host, url.port or {"http": 80, "https": 443}.get(url.scheme, 0)


def _take(
    label: str, answer: httpx.Response, to: Path, limit: int, until: tuple[float, float]
) -> Download:
    said = answer.headers.get("etag", "")[:500], answer.headers.get("last-modified", "")[:100]
    if answer.status_code == UNCHANGED:
        return Download(UNCHANGED, *said)
    _check_status(label, answer.status_code)
    encoding = answer.headers.get("content-encoding", "")
    try:
        _save(label, unpacked(answer.iter_raw(), encoding, limit), to, *until)
    except TooLargeError:
        raise SourceRejectedError(label, f"the list is larger than {limit} bytes") from None
    except BodyError as e:
        raise SourceUnavailableError(label, f"the server {e}") from None
    return Download(200, *said)


def _check_status(label: str, status: int) -> None:
    if status == 200:
        return
    what = f"the server says {status}"
    if status in (408, 425, 429) or status >= 500:
        raise SourceUnavailableError(label, what)
    raise SourceRejectedError(label, what)


def _save(label: str, parts: Iterator[bytes], to: Path, deadline: float, seconds: float) -> None:
    with to.open("wb") as file:
        for part in parts:
            if monotonic() > deadline:
                raise SourceUnavailableError(label, f"not complete after {seconds:g} s")
            file.write(part)
