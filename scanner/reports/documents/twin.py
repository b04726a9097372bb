"""Reads a report's twin from outside: hostile until it has the shape that its schema gives it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from scanner.errors import InputError, clip
from scanner.files.hashed import refuse_pipe
from scanner.model.jsontext import read_json
from scanner.reports.documents.document import VERSION, schema

MOST_BYTES = 64 << 20
"""The twin of 300,000 rows has 5 MB."""

MOST_DECIMALS = 77
"""As many digits as 2**256 has: an amount in whole coins is written out."""
LONGEST_NUMBER = 400
"""Characters of what has a form: hashes, amounts, ratios."""

Json = dict[str, Any]
Schema = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Twin:
    """A report as a program reads it. data: its bytes. document: of the schema's shape.

    unknown: places of keys that the schema does not name, from a newer program.
    """

    data: bytes
    document: Json
    unknown: tuple[str, ...]

    @property
    def sha256(self) -> str:
        """Of its bytes, in hex."""
        return sha256(self.data).hexdigest()


_NONE = "it is no report as 'scanner report --json' writes one"


def read_twin(path: Path) -> Twin:
    """Read a file that `scanner report --json` wrote. Raises InputError for anything else."""
    refuse_pipe(path)
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except OSError as e:
        raise InputError(f"{path}: {e.strerror or 'cannot be read'}") from None
    if len(data) > MOST_BYTES:
        raise InputError(f"{path.name}: more than {MOST_BYTES:,} bytes: no report")
    try:
        document = read_json(data, unique_names=True)
    except (ValueError, RecursionError) as e:
        raise InputError(f"{path.name}: not JSON ({clip(str(e))}): {_NONE}") from None
    if not isinstance(document, dict) or document.get("format") != "reserve-report":
        raise InputError(f"{path.name}: {_NONE}")
    if document.get("version") != VERSION:
        said = clip(repr(document.get("version")), 20)
        raise InputError(f"{path.name}: a report of version {said}; this program reads {VERSION}")
    unknown: list[str] = []
    wrong = next(_wrong(schema(), document, "", unknown), None) or next(_halves(document), None)
    if wrong is not None:
        raise InputError(f"{path.name}: not as a report is: {clip(wrong, 200)}")
    return Twin(data, document, tuple(unknown))


def _wrong(rule: Schema, value: object, place: str, unknown: list[str]) -> Iterator[str]:
    """Why a value is not as its schema says: the words of JSON Schema that ours uses."""
    if "anyOf" in rule:
        yield from _none_of(rule, value, place, unknown)
        return
    where = place or "the whole"
    if "const" in rule and (value != rule["const"] or isinstance(value, bool)):
        yield f"{where} is not {rule['const']!r}"
    if "enum" in rule and (value not in rule["enum"] or isinstance(value, bool)):
        yield f"{where} is none of {', '.join(map(str, rule['enum']))}"
    if "type" in rule and not any(_TYPES[kind](value) for kind in _listed(rule["type"])):
        yield f"{where} is no {' or '.join(_listed(rule['type']))}"
        return
    if place.endswith(".decimals") and isinstance(value, int) and value > MOST_DECIMALS:
        yield f"{where} is above {MOST_DECIMALS}"
    if "minimum" in rule and isinstance(value, int) and value < rule["minimum"]:
        yield f"{where} is below {rule['minimum']}"
    if isinstance(value, str) and "pattern" in rule and not _matches(rule["pattern"], value):
        yield f"{where} is not of the form {rule['pattern']}"
    if isinstance(value, list):
        yield from _items(rule, value, place, unknown)
    if isinstance(value, dict):
        yield from _properties(rule, value, place, unknown)


def _halves(document: Json) -> Iterator[str]:
    """What is known by half, which no schema says: an amount without its decimals, say."""
    for no, finding in enumerate(document["findings"]):
        for example in finding["examples"]:
            if example.get("claimed") is not None and example.get("decimals") is None:
                yield f"findings[{no}] has an amount without decimals"
    for no, asset in enumerate(document.get("value", {}).get("assets", ())):
        if asset["price_usd"] is not None and asset["price_at"] is None:
            yield f"value.assets[{no}] has a price without a time"


def _none_of(rule: Schema, value: object, place: str, unknown: list[str]) -> Iterator[str]:
    reasons: list[str] = []
    for choice in rule["anyOf"]:
        seen: list[str] = []
        why = next(_wrong(choice, value, place, seen), None)
        if why is None:
            unknown += seen
            return
        reasons.append(why)
    yield reasons[-1] if value is None or len(reasons) == 1 else reasons[0]


def _items(rule: Schema, value: list[Any], place: str, unknown: list[str]) -> Iterator[str]:
    if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
        yield f"{place} has {len(value)} members"
    for no, item in enumerate(value):
        yield from _wrong(rule.get("items", {}), item, f"{place}[{no}]", unknown)


def _properties(rule: Schema, value: Json, place: str, unknown: list[str]) -> Iterator[str]:
    for name in rule.get("required", ()):
        if name not in value:
            yield f"{place or 'the whole'} has no {name!r}"
    named, more = rule.get("properties", {}), rule.get("additionalProperties", True)
    for name, inner in value.items():
        at = f"{place}.{clip(name, 60)}" if place else clip(name, 60)
        if name in named:
            yield from _wrong(named[name], inner, at, unknown)
        elif isinstance(more, dict):
            yield from _wrong(more, inner, at, unknown)
        elif more is False:
            unknown.append(at)


def _listed(kinds: str | list[str]) -> list[str]:
    return [kinds] if isinstance(kinds, str) else kinds


def _matches(pattern: str, text: str) -> bool:
    # Python's $ also matches before a line feed at the end; longer numbers take long to read.
    return (
        not text.endswith("\n")
        and len(text) <= LONGEST_NUMBER
        and re.search(pattern, text, re.ASCII) is not None
    )


def _is_whole(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


_TYPES: Mapping[str, Callable[[object], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": _is_whole,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}
