"""Answers as servers, proxies and indexes break them: something missing, twice, null, empty, turned.

Every change is of the kind that an honest server makes by mistake. None writes a new amount: what
comes of a changed answer is the right number or none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from dataclasses import replace
from typing import Any

from scanner.net.http import Reply
from support.wire import at_path, places_in

_MARK = "a decimal: "
"""Stands before decimals while they are text: none is rounded."""

Path = tuple[Any, ...]
Damage = Callable[[Reply], Reply]


def damages_of(reply: Reply) -> Iterator[tuple[str, Damage]]:
    """Every change of one answer: (where and how, change). Of a list's places the first three.

    A change of another answer that has no such place leaves it as it is.
    """
    for name in reply.headers:
        yield f"header {name} gone", _without_header(name)
    try:
        value = json.loads(reply.body)
    except ValueError:
        yield "text gone", lambda r: replace(r, body=b"")
        return
    for path in [(), *places_in(value)]:
        where = ".".join(map(str, path)) or "all"
        for how, change in _at(path, at_path(value, path)):
            yield f"{where} {how}", _changed(path, change)


def _at(path: Path, old: Any) -> Iterator[tuple[str, Callable[[Any, Any], None]]]:
    """Ways to damage one place. A change takes what holds the place, and the place's name."""
    yield "null", _setting(None)
    if path:
        yield "gone", _gone
    if isinstance(old, dict | list | str) and old:
        yield "empty", _setting(type(old)())
    if isinstance(old, list) and old:
        yield "twice", lambda holder, at: holder[at].append(deepcopy(holder[at][-1]))
        yield "first gone", lambda holder, at: holder[at].pop(0)
    if isinstance(old, list) and len(old) > 1:
        yield "turned", lambda holder, at: holder[at].reverse()
    if isinstance(old, int) and not isinstance(old, bool) and old:
        yield "negative", _making(lambda n: -n)
        yield "as text", _making(str)
    if isinstance(old, str) and re.fullmatch(r"\d{1,40}", old):
        yield "negative", _making(lambda n: "-" + n)
        yield "as a number", _making(int)


def _setting(new: Any) -> Callable[[Any, Any], None]:
    def change(holder: Any, at: Any) -> None:
        holder[at] = new

    return change


def _making(new: Callable[[Any], Any]) -> Callable[[Any, Any], None]:
    def change(holder: Any, at: Any) -> None:
        holder[at] = new(holder[at])

    return change


def _gone(holder: Any, at: Any) -> None:
    del holder[at]


def _changed(path: Path, change: Callable[[Any, Any], None]) -> Damage:
    def damaged(reply: Reply) -> Reply:
        try:
            whole: Any = [json.loads(reply.body, parse_float=_MARK.__add__)]
            *before, last = (0, *path)
            change(at_path(whole, before), last)
        except (ValueError, KeyError, IndexError, TypeError, AttributeError):
            return reply
        text = json.dumps(whole[0] if whole else None)
        return replace(reply, body=re.sub(rf'"{_MARK}([^"]*)"', r"\1", text).encode())

    return damaged


def _without_header(name: str) -> Damage:
    return lambda r: replace(r, headers={k: v for k, v in r.headers.items() if k != name})


def excused(place: str, reasons: Sequence[tuple[str, str]]) -> bool:
    """Whether a place is one of those at which nobody could tell; each has its reason."""
    return any(re.search(pattern, place) for pattern, _ in reasons)
