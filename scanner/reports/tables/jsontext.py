"""JSON as bytes: fixed key order as given, pure ASCII where a terminal could be fooled."""

from __future__ import annotations

import json

import orjson

_DELETE = 0x7F
"""As a number: Python takes `bytes in bytes` for a mistake first, which costs as much again."""


def compact(value: object) -> bytes:
    """Write one value on one line, newline at the end. Keys stay in the order given.

    Text beyond ASCII is escaped: C1 controls and bidirectional marks of a hostile file would
    otherwise reach the reader's terminal. Lone surrogates are escaped, too.
    """
    try:
        data = orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE)
    except TypeError:
        return _ascii(value, None)
    return data if data.isascii() and _DELETE not in data else _ascii(value, None)


def pretty(value: object) -> bytes:
    """As `compact`, with two spaces of indentation."""
    return _ascii(value, 2)


def _ascii(value: object, indent: int | None) -> bytes:
    separators = (",", ":") if indent is None else (",", ": ")
    text = json.dumps(value, ensure_ascii=True, indent=indent, separators=separators)
    return text.replace("\x7f", "\\u007f").encode("ascii") + b"\n"
