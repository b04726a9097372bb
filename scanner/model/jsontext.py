"""JSON from outside: parsed exactly, or refused; never nested so deep that a parser falls over."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from itertools import accumulate
from typing import Any

MAX_DEPTH = 200
"""Nested arrays and objects. Nothing that is read here has more than a dozen.

The standard parser recurses in C and relies on the interpreter's recursion limit. Libraries raise
that limit for the whole process (py_ecc sets 100,000), and then a short hostile text, 100,000
opening brackets, ends the process instead of raising RecursionError.
"""

MIN_VALUES = 200_000
VALUE_BYTES = 20
"""A document has so many values at most, and one more for every VALUE_BYTES of it.

A value is up to 115 bytes of memory and can be two of text: 64 MiB of `[],[],` were 1.5 GB. What
chains and publishers write is dense with hashes and names, 25 bytes a value and more.
"""

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NOT_BRACKETS = bytes(sorted(set(range(256)) - set(b"[]{}")))
_STEP = {ord("["): 1, ord("{"): 1, ord("]"): -1, ord("}"): -1}


def is_unicode(text: str) -> bool:
    """Whether a text has a UTF-8 form: lone surrogates, which JSON can spell, have none."""
    if text.isascii():
        return True
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def exact_decimal(text: str) -> Decimal:
    """A number as it is written. Raises ValueError: an exponent of fifty digits has no Decimal."""
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]!r} is no number that can be kept") from None


def read_json(
    data: bytes | str,
    *,
    parse_float: Callable[[str], object] = exact_decimal,
    parse_int: Callable[[str], object] = int,
    unique_names: bool = False,
) -> object:
    """Parse one JSON document (RFC 8259), numbers with a fraction as Decimal by default.

    data: UTF-8 bytes, or text. Brackets inside strings count towards the depth as well: text that
    holds hundreds of them unclosed is refused, which nothing genuine comes near.
    unique_names: refuse an object that has one name twice (the last would win).
    Raises ValueError for everything else than JSON: NaN and Infinity, nesting over MAX_DEPTH,
    integers of thousands of digits, exponents of fifty, bytes that are not UTF-8; and for too many
    values (`check_size`).
    """
    check_size(data)
    value: object = json.loads(
        data,
        parse_float=parse_float,
        parse_int=parse_int,
        parse_constant=_no_constant,
        object_pairs_hook=_unique if unique_names else None,
    )
    return value


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name, count in times.items() if count > 1)
        raise ValueError(f"the name {twice[:40]!r} stands twice in one object")
    return found


def check_size(data: bytes | str) -> None:
    """Refuse what takes much more memory than its size, or nests too deep, before it is parsed.

    Commas and brackets are counted, also those inside strings. Raises ValueError.
    """
    raw = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
    if len(raw) > MIN_VALUES:
        most = MIN_VALUES + len(raw) // VALUE_BYTES
        if raw.count(b",") + raw.count(b"[") + raw.count(b"{") > most:
            raise ValueError(f"more than {most:,} values in {len(raw):,} bytes")
    brackets = raw.translate(None, _NOT_BRACKETS)
    if len(brackets) > MAX_DEPTH:
        deepest = max(accumulate(map(_STEP.__getitem__, brackets)))
        if deepest > MAX_DEPTH:
            raise ValueError(f"nested deeper than {MAX_DEPTH}")


def own_json(text: bytes | str) -> Any:  # noqa: ANN401 - whatever was written
    """JSON that this program wrote, from where others can write, too: a database, a folder.

    Its texts may be a publisher's, full of brackets: those inside strings do not count.
    Raises ValueError for what is none, or nested as deep as nothing of ours.
    """
    raw = text.encode("utf-8", "surrogatepass") if isinstance(text, str) else text
    try:
        check_size(raw)
    except ValueError:
        check_size(_STRING.sub(b"", raw))
    return json.loads(text)


class Pairs(list[tuple[str, object]]):
    """An object as its pairs in order, equal keys and all."""


def read_json_pairs(data: bytes | str) -> object:
    """Parse as `read_json` does, objects as Pairs and numbers as the text they are written in."""
    check_size(data)
    value: object = json.loads(
        data,
        object_pairs_hook=Pairs,
        parse_float=str,
        parse_int=str,
        parse_constant=_no_constant,
    )
    return value


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")
