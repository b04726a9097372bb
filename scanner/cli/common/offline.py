"""Says after a second that this machine seems to be offline: no endpoint's name can be found."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from ipaddress import ip_address
from threading import Event, Thread
from urllib.parse import urlsplit

from scanner.cli.common.console import say
from scanner.model.endpoint import Endpoint

WAIT = 1.0
"""Seconds of work before names are looked up: what is done by then needs no word."""

MOST = 3
"""Names that are looked up. One that is found is enough to say nothing."""

Look = Callable[[str], object]


def _look(host: str) -> object:
    return socket.getaddrinfo(host, None)


@contextmanager
def watching(
    endpoints: Iterable[Endpoint], meanwhile: str, look: Look = _look, wait: float = WAIT
) -> Iterator[None]:
    """While something is done, say once if no endpoint can be found by name.

    meanwhile: the end of the sentence: what can be done all the same.
    Endpoints that are addresses, or stand on this machine, are not looked up: they are no sign.
    """
    hosts = named_hosts(endpoints)
    done = Event()

    def watch() -> None:
        if not hosts or done.wait(wait) or any(_found(host, look) for host in hosts[:MOST]):
            return
        if not done.is_set():
            say(offline_words(hosts, meanwhile))

    thread = Thread(target=watch, name="offline", daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()


def named_hosts(endpoints: Iterable[Endpoint]) -> list[str]:
    """Host names of endpoints, each once, without addresses and this machine itself."""
    hosts = dict.fromkeys(urlsplit(endpoint.url).hostname or "" for endpoint in endpoints)
    return [host for host in hosts if "." in host and not _is_address(host)]


def offline_words(hosts: list[str], meanwhile: str) -> str:
    """The sentence, with what to do."""
    shown = ", ".join(hosts[:MOST])
    return (
        f"no endpoint's host name can be resolved ({shown}): this machine seems to be offline; "
        f"{meanwhile}"
    )


def _found(host: str, look: Look) -> bool:
    try:
        look(host)
    except OSError:
        return False
    return True


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
