"""Typed data that stand inside other JSON, or are written otherwise than they were signed.

People publish what their program passed on: the parameters of a request, its body, JSON in a text
of JSON, ethers' `value` in place of `message`, big numbers as libraries write them to JSON. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, Final

from scanner.model.jsontext import read_json

_DEEPEST: Final = 5
_MOST: Final = 3
"""Typed data in one message that are looked at."""

_HOLDERS: Final = ("params", "typedData", "typed_data", "data", "message", "result")
"""Names under which requests and saved files hold typed data."""

_FIRST: Final = 4
"""Members of a list that are looked at: a request has the account and the data."""

_MAYBE_BIG: Final = re.compile(r"__type|[0-9]n\\*\"", re.ASCII)
_BIG: Final = re.compile(r"-?[0-9]{1,78}n", re.ASCII)


def inner_typed(data: object) -> Iterator[dict[str, Any]]:
    """Objects of types and a domain inside JSON, the first few, deeper ones later."""
    return islice(_inside(data, _DEEPEST), _MOST)


def _inside(data: object, deep: int) -> Iterator[dict[str, Any]]:
    if isinstance(data, dict) and all(isinstance(data.get(p), dict) for p in ("types", "domain")):
        yield data
    elif deep:
        for part in _parts(data):
            yield from _inside(part, deep - 1)


def _parts(data: object) -> Sequence[object]:
    """What may hold typed data in JSON, or is the JSON of a text."""
    if isinstance(data, list):
        return data[:_FIRST]
    if isinstance(data, dict):
        return [data[name] for name in _HOLDERS if name in data]
    if not isinstance(data, str) or data[:1] not in ("{", "[", '"'):
        return ()
    try:
        return (read_json(data, parse_float=float, unique_names=True),)
    except ValueError:
        return ()


def as_signed(data: dict[str, Any], text: str) -> dict[str, Any]:
    """Typed data with the message under its name, and with big numbers as digits.

    text: that it stands in.
    """
    if "message" not in data and "value" in data:
        data = {**data, "message": data["value"]}
    data = {name: part for name, part in data.items() if name in _NAMES}
    if not _MAYBE_BIG.search(text):
        return data
    return {name: part if name == "types" else _with_numbers(part) for name, part in data.items()}


_NAMES: Final = ("types", "primaryType", "domain", "message")


def _with_numbers(part: object) -> Any:  # noqa: ANN401 - JSON
    """JSON with wagmi's {"__type": "bigint", "value": "5"} and a debugger's 5n as the digits."""
    if isinstance(part, list):
        return [_with_numbers(one) for one in part]
    if isinstance(part, dict):
        if part.get("__type") == "bigint" and isinstance(part.get("value"), str):
            return part["value"]
        return {name: _with_numbers(one) for name, one in part.items()}
    if isinstance(part, str) and _BIG.fullmatch(part):
        return part[:-1]
    return part
