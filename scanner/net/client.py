"""An HTTP client that connects only where it may, and follows nothing by itself."""

from __future__ import annotations

import logging
import ssl
from collections.abc import Mapping
from functools import cache
from typing import Final
from urllib.request import getproxies, proxy_bypass

import httpcore
import httpx

from scanner.errors import ConfigError
from scanner.net.bodies import ACCEPTED
from scanner.net.deadline import TimedBackend
from scanner.net.reach import CheckedBackend, is_written_inside

_LIMITS: Final = httpx.Limits(max_connections=64, max_keepalive_connections=32)


def open_client(
    name: str,
    url: httpx.URL,
    *,
    inside: bool,
    auth: tuple[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
) -> httpx.Client:
    """A client for one host. name: the endpoint's, for messages.

    inside: whether the host may stand on this machine or in its network. Such a host, as it is
    written, is never asked through the environment's proxy; where a proxy is used, it is the proxy
    that looks names up. Raises ConfigError for a proxy that cannot be used.
    """
    silence_libraries()
    try:
        transport = _transport(name, url, inside)
    except (ImportError, ValueError, httpx.InvalidURL):
        raise ConfigError(f"{name}: the proxy set in the environment cannot be used") from None
    return httpx.Client(
        transport=transport,
        auth=auth,
        headers={
            "user-agent": "reserve-scanner",
            "accept-encoding": ACCEPTED,
            **(headers or {}),
        },
        follow_redirects=False,
        trust_env=False,
    )


def _transport(name: str, url: httpx.URL, inside: bool) -> httpx.HTTPTransport:
    context = _context()
    proxy = None if inside and is_written_inside(url.host) else _proxy(url)
    if proxy:
        behind = httpx.HTTPTransport(verify=context, limits=_LIMITS, proxy=proxy)
        behind._pool._network_backend = TimedBackend(httpcore.SyncBackend())
        return behind
    transport = httpx.HTTPTransport(verify=context, limits=_LIMITS)
    # The pool is the same as before but for its way to connect, which httpx has no setting for.
    transport._pool = httpcore.ConnectionPool(
        ssl_context=context,
        max_connections=_LIMITS.max_connections,
        max_keepalive_connections=_LIMITS.max_keepalive_connections,
        keepalive_expiry=_LIMITS.keepalive_expiry,
        network_backend=TimedBackend(CheckedBackend(name, inside)),
    )
    return transport


@cache
def _context() -> ssl.SSLContext:
    return httpx.create_ssl_context()


def _proxy(url: httpx.URL) -> str | None:
    if proxy_bypass(url.host):
        return None
    found = getproxies()
    return found.get(url.scheme) or found.get("all")


def silence_libraries() -> None:
    """Keep httpx and httpcore from logging: they print URLs, and URLs hold keys."""
    for library in ("httpx", "httpcore"):
        logger = logging.getLogger(library)
        logger.setLevel(logging.CRITICAL + 1)
        logger.propagate = False
