"""Where a published list is, a file of this machine or an http(s) address, and what may be said."""

from __future__ import annotations

import re
from urllib.parse import unquote, urlsplit

from scanner.errors import InputError
from scanner.files.source import split_place

MOST_BYTES = 2 * 2**30
"""Ten times the largest list published so far."""


_OTHER = re.compile(r"([A-Za-z][A-Za-z0-9+.-]{0,20})://")


def is_url(location: str) -> bool:
    """Whether a location is fetched over HTTP; anything else is a path."""
    return location.lower().startswith(("http://", "https://"))


def shown(location: str) -> str:
    """A location as it may be shown: a URL without its query, which may be a secret."""
    if not is_url(location):
        return location
    parts = urlsplit(location)
    return f"{parts.scheme}://{parts.netloc}{parts.path}" + ("?..." if parts.query else "")


def named(location: str) -> str:
    """A location as errors may name it: of an address the file and the server, no secret."""
    if not is_url(location):
        return location
    parts = urlsplit(location)
    port = f":{parts.port}" if parts.port else ""
    return f"{parts.path.rpartition('/')[2] or 'the list'} at {parts.hostname}{port}"


def check_path(location: str) -> str:
    """Return what is a path of this machine. Raises InputError for an address of another kind."""
    if found := _OTHER.match(location):
        raise InputError(f"{found[1]} addresses are not read: give a file or an http(s) address")
    return location


def around(location: str) -> str:
    """What stands around a list's own name, where a coin may be named: its folder, or of an
    address all but the server and the name.
    """
    if not is_url(location):
        return split_place(location)[0].resolve().parent.name
    parts = urlsplit(location)
    folder, _, _ = parts.path.rpartition("/")
    return unquote(f"{folder} {parts.query} {parts.fragment}")


def check_location(location: str) -> str:
    """Return a location that can be kept. Raises InputError.

    A URL with a password in it is refused: it would be stored and shown.
    """
    if not is_url(location):
        path, member = split_place(check_path(location))
        if not path.is_file():
            raise InputError(f"no file {location}: give the list's file or its http(s) address")
        return str(path.resolve()) + (f":{member}" if member else "")
    parts = urlsplit(location)
    if not parts.hostname or parts.username or parts.password:
        raise InputError("the list's address must be a plain http(s) URL without a password")
    return location
