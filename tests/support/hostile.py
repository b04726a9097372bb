"""Answers as a hostile node gives them: other shapes, and what was said to another question.

None of them is a plain lie, a well-formed answer with another amount, which nobody can know from
one server alone. What comes of them is the right number or none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any
from zlib import crc32

from scanner.net.http import Reply
from support.wire import at_path, places_in

Path = tuple[Any, ...]
Change = Callable[[Reply], Reply]

_RAW = "raw: "
"""Stands before a text that is written into the JSON as it is, without quotes."""


def hostilities_of(reply: Reply, asked: Sequence[str], height: int) -> Iterator[tuple[str, Change]]:
    """Every change of one answer: (where and how, change).

    asked: how the asked addresses are written, in each of their forms; an echo of the first becomes
    one of the last. height: the pinned one; an echo of it becomes another. What was said to one
    question is said to all of its kind, whatever their order is: readers ask several at a time.
    """
    yield from _wholes()
    yield f"all of another question ({crc32(reply.body):08x})", lambda _: reply
    try:
        value = json.loads(reply.body, parse_float=(_RAW + "{}").format)
    except ValueError:
        return
    for path in places_in(value):
        where = ".".join("#" if isinstance(p, int) and p > 1 else str(p) for p in path)
        for how in _shapes(at_path(value, path), asked, height):
            yield f"{where} {how}", _setting(path, how, asked, height)
    for header in reply.headers:
        yield f"header {header} of another", _other_header(header)


def _wholes() -> Iterator[tuple[str, Change]]:
    for status in (204, 302, 404, 410, 500):
        yield f"all HTTP {status}", lambda r, status=status: replace(r, status=status)  # type: ignore[misc]
    for body in (b"", b"{}", b"[]", b"null", b"0", b'""', b"true", b'{"error":"no"}', b"\xff\xfe"):
        yield f"all {body!r}", lambda r, body=body: replace(r, body=body)  # type: ignore[misc]
    error = b'{"error":{"code":-32000,"message":"no"},"message":"no","code":5,"status":"error"}'
    yield "all an error with HTTP 200", lambda r: replace(r, body=error)
    yield "all in a list", lambda r: replace(r, body=b"[" + r.body + b"]")
    yield "all twice", lambda r: replace(r, body=r.body + r.body)


def _shapes(old: Any, asked: Sequence[str], height: int) -> dict[str, object]:
    """Values that are put in place of another, by their names."""
    if isinstance(old, bool) or old is None:
        return {}
    found: dict[str, object] = {"in a list": [old], "in an object": {"": old}}
    if isinstance(old, dict):
        found["as pairs"] = [[name, inner] for name, inner in old.items()]
    elif isinstance(old, list):
        found["as an object"] = {str(n): inner for n, inner in enumerate(old)}
        found |= {"its first": old[0]} if old else {}
    elif isinstance(old, int):
        found |= {how: _RAW + text for how, text in _numbers(old).items()}
        found |= {"true": True} | ({"of another block": old - 1} if old == height else {})
    elif isinstance(old, str) and not old.startswith(_RAW):
        found |= {"true": True, **_texts(old, height)}
        mine = next((text for text in asked[:-1] if text and text in old), None)
        found |= {"of another address": old.replace(mine, asked[-1])} if mine else {}
    return found


def _numbers(old: int) -> dict[str, str]:
    """Ways to write a number that is not one of these amounts, or not so that all read the same."""
    found = {"as n.0": f"{old}.0", "as n.5": f"{old}.5", "as ne0": f"{old}e0", "huge": "1e400"}
    return found | ({"negative": f"-{old}"} if old else {})


def _texts(old: str, height: int) -> dict[str, object]:
    found: dict[str, object] = {}
    if re.fullmatch(r"\d{1,40}", old):
        found |= _numbers(int(old)) | {"with a sign": f"+{old}", "no number": "NaN"}
        found |= {"of another block": str(height - 1)} if int(old) == height else {}
    elif re.fullmatch(r"(0x)?[0-9a-fA-F]{2,}", old):
        found["in upper case"] = old.upper()
        if old.startswith("0x"):
            found["without 0x"] = old[2:]
            found |= {"of another block": hex(height - 1)} if int(old, 16) == height else {}
        if len(old) >= 64:  # nothing so long is a number that may have any length
            found |= {"longer": old + "00", "shorter": old[:-2]}
    return found


def _setting(path: Path, how: str, asked: Sequence[str], height: int) -> Change:
    def change(reply: Reply) -> Reply:
        try:
            value = json.loads(reply.body, parse_float=(_RAW + "{}").format)
            holder = at_path(value, path[:-1])
            holder[path[-1]] = _shapes(holder[path[-1]], asked, height)[how]
        except (ValueError, KeyError, IndexError, TypeError):
            return reply
        text = json.dumps(value)
        return replace(reply, body=re.sub(rf'"{_RAW}([^"]*)"', r"\1", text).encode())

    return change


def _other_header(name: str) -> Change:
    def change(reply: Reply) -> Reply:
        old = reply.headers.get(name, "")
        new = str(int(old) - 1) if old.isdigit() else "0"
        return replace(reply, headers={**reply.headers, name: new})

    return change
