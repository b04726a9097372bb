"""A small HTTP transport to one endpoint, with limits, a rate, and no secret in any message."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from urllib.parse import unquote

import httpx

from scanner.errors import ConfigError, SourceRejectedError, SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.model.jsontext import read_json
from scanner.net import ending
from scanner.net.bodies import BodyError, TooLargeError, unpacked
from scanner.net.budget import budget_of
from scanner.net.client import open_client
from scanner.net.deadline import within
from scanner.net.reach import is_written_inside
from scanner.net.words import connection_words, heard
from scanner.settings.secrets import secret_parts

DEFAULT_LIMIT = 64 * 1024 * 1024
"""Bytes of one answer, before and after it is unpacked."""


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer of any status. `endpoint` is the name for messages."""

    endpoint: str
    status: int
    body: bytes = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)

    @property
    def retry_after(self) -> float | None:
        """Seconds the server asked to wait (RFC 9110 section 10.2.3: a number or a date)."""
        return _retry_after(self.headers.get("retry-after", ""))

    def text(self) -> str:
        """The body as text; bytes that are not UTF-8 are replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> object:
        """The body as JSON, numbers with a fraction as Decimal so that no amount is rounded.

        Raises SourceUnavailableError when it is something else (a proxy's HTML page).
        """
        try:
            return read_json(self.body)
        except ValueError:
            raise SourceUnavailableError(
                self.endpoint, f"answered HTTP {self.status} with something that is not JSON"
            ) from None

    def raise_for_status(self) -> None:
        """Turn any status but 2xx into an error of the tree.

        SourceUnavailableError for 408, 425, 429 and 5xx (with `retry_after`), SourceRejectedError
        for the rest, in words that say what to do.
        """
        if 200 <= self.status < 300:
            return
        words = _STATUS_WORDS.get(self.status, f"answered HTTP {self.status}")
        if self.status in (408, 425, 429) or self.status >= 500:
            raise SourceUnavailableError(self.endpoint, words, self.retry_after)
        raise SourceRejectedError(self.endpoint, words)


_STATUS_WORDS = {
    401: "refused the credentials (HTTP 401): check the endpoint's user name and password",
    402: "requires payment (HTTP 402): the plan's quota is used up",
    403: "forbids the request (HTTP 403): the key, the plan or your address is not allowed",
    404: "has nothing at this place (HTTP 404): check the endpoint's URL and protocol",
    405: "does not accept this method (HTTP 405): check the endpoint's protocol",
    413: "says the request is too large (HTTP 413)",
    429: "asks to slow down (HTTP 429): set a lower rate for this endpoint",
    503: "is overloaded or starting (HTTP 503)",
}


class Transport:
    """Sends requests to one endpoint. Safe to use from several threads.

    User name and password in the endpoint's URL become basic authentication. Redirects are not
    followed (a credential would follow them). A node on this machine or in its network is asked
    only if its URL says so or it is the operator's own (see `reach`), and never through the proxy
    that the environment names. The endpoint's budget is kept, across threads and with whoever
    shares it.
    headers: sent with every request (an API key, for example).
    Raises ConfigError if the URL cannot be used.
    """

    def __init__(self, endpoint: Endpoint, headers: Mapping[str, str] | None = None) -> None:
        self.name = endpoint.name
        self._secrets = secret_parts(endpoint.url, (headers or {}).values())
        try:
            url = httpx.URL(endpoint.url)
        except (httpx.InvalidURL, TypeError):
            raise ConfigError(f"endpoint {endpoint.name}: its URL cannot be read") from None
        if url.scheme not in ("http", "https") or not url.host or (url.port or 1) > 65535:
            raise ConfigError(f"endpoint {endpoint.name}: its URL must be http:// or https://")
        auth = (unquote(url.username), unquote(url.password)) if url.userinfo else None
        self._base = url.copy_with(userinfo=b"")
        self._timeout = endpoint.timeout
        self._budget = budget_of(endpoint)
        self._open = partial(
            open_client,
            endpoint.name,
            url,
            inside=endpoint.own or is_written_inside(url.host),
            auth=auth,
            headers=headers,
        )
        self._client, self._process = self._open(), os.getpid()

    def get(
        self,
        path: str = "",
        *,
        limit: int = DEFAULT_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """GET the endpoint's URL with `path` added; see `send`."""
        return self.send("GET", path, limit=limit, headers=headers)

    def post_json(
        self,
        value: object,
        path: str = "",
        *,
        timeout: float | None = None,
        limit: int = DEFAULT_LIMIT,
    ) -> Reply:
        """POST a value as JSON; see `send`."""
        body = value if isinstance(value, bytes) else json.dumps(value).encode()
        return self.send("POST", path, body=body, timeout=timeout, limit=limit)

    def send(
        self,
        method: str,
        path: str = "",
        *,
        body: bytes = b"",
        timeout: float | None = None,
        limit: int = DEFAULT_LIMIT,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """Send one request and read the whole answer, whatever its status.

        path: added to the path of the endpoint's URL; its query is kept.
        body: JSON text, b"" for none. timeout: seconds until the answer is complete, by default
            the endpoint's. limit: most bytes of the answer. headers: of this request alone.
        Raises SourceUnavailableError on time-outs and broken connections, and once this process is
        about to end; SourceRejectedError if the answer is larger than `limit`. Neither holds the
        URL.
        """
        if self._budget is not None:
            self._budget.take()
        ending.ask_no_more(self.name)
        if self._process != os.getpid():  # forked: connections are those of who opened them
            self._client, self._process = self._open(), os.getpid()
        seconds = timeout or self._timeout
        sent = {"content-type": "application/json"} if body else {}
        sent.update(headers or {})
        try:
            with (
                within(seconds),
                self._client.stream(
                    method, self._url(path), content=body or None, headers=sent, timeout=seconds
                ) as answer,
            ):
                content = self._read(answer, limit)
            # The stream knows its answer: a circle that keeps the request's body from being freed.
            del answer.stream
            return Reply(self.name, answer.status_code, content, dict(answer.headers))
        except httpx.TimeoutException:
            what = f"no complete answer within {seconds:g} s"
            raise SourceUnavailableError(self.name, what) from None
        except UnicodeError:  # what it said itself is part of the address, and is no text
            what = "the address of what it names cannot be written"
            raise SourceUnavailableError(self.name, what) from None
        except (httpx.HTTPError, httpx.StreamError, httpx.InvalidURL, OSError) as e:
            what = connection_words(e)
            raise SourceUnavailableError(self.name, f"no connection ({what})") from None

    def heard(self, words: object) -> str:
        """Say what the endpoint said in words of ours, and log its own; see `net.words`."""
        return heard(self.name, words, self._secrets)

    def redact(self, text: str) -> str:
        """Replace every part of the endpoint's URL that could be a secret by `***`."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _url(self, path: str) -> httpx.URL:
        if not path:
            return self._base
        added, _, query = path.partition("?")
        joined = self._base.raw_path.split(b"?")[0].rstrip(b"/") + b"/" + added.lstrip("/").encode()
        queries = [q for q in (self._base.query, query.encode()) if q]
        return self._base.copy_with(raw_path=joined + (b"?" + b"&".join(queries)) * bool(queries))

    def _read(self, answer: httpx.Response, limit: int) -> bytes:
        encoding = answer.headers.get("content-encoding", "")
        try:
            return b"".join(unpacked(answer.iter_raw(), encoding, limit))
        except TooLargeError as e:
            raise SourceRejectedError(self.name, str(e)) from None
        except BodyError as e:
            raise SourceUnavailableError(self.name, str(e)) from None


def _retry_after(text: str) -> float | None:
    if re.fullmatch(r"\d{1,9}", text.strip()):
        return float(text)
    try:
        when = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when - datetime.now(UTC)).total_seconds())
