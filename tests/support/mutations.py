"""Ways to change a JSON document: recorded patches, and random ones for what must be refused."""

from __future__ import annotations

import copy
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

ALL = os.environ.get("SCANNER_MUTATIONS") == "all"
"""Every mutation, not a share of them: some twenty minutes a format."""


def share(everything: int, quick: int) -> int:
    """How many mutations to try now."""
    return everything if ALL else quick


@contextmanager
def patched(base: Any, operations: list[dict[str, Any]]) -> Iterator[Any]:
    """A document with a recorded patch applied; the base is as before afterwards."""
    changed = copy.copy(base)
    sources = [_get(base, op["value_from"]) if "value_from" in op else None for op in operations]
    for op, source in zip(operations, sources, strict=True):
        changed = _apply(changed, op, source)
    yield changed


def _parts(path: str) -> list[str]:
    return path.split("/")[1:]


def _get(value: Any, path: str) -> Any:
    for part in _parts(path):
        value = value[int(part)] if isinstance(value, list) else value[part]
    return value


def _apply(base: Any, op: dict[str, Any], source: Any) -> Any:
    """A copy of what lies on the way to the place, changed there; the rest is shared."""
    if op["op"] == "swap":
        first, second = _get(base, op["path"]), _get(base, op["path2"])
        base = _set(base, _parts(op["path"]), lambda c, k: _put(c, k, second))
        return _set(base, _parts(op["path2"]), lambda c, k: _put(c, k, first))
    value = source if "value_from" in op else op.get("value")

    def change(container: Any, key: Any) -> None:
        kind = op["op"]
        if kind == "replace":
            container[key] = value
        elif kind == "remove":
            del container[key]
        elif kind == "duplicate":
            container.insert(key, container[key])
        elif kind == "add":
            container.append(value) if key == "-" else _insert(container, key, value)
        elif kind == "hexbyte":
            data = bytearray.fromhex(container[key])
            data[op["offset"]] ^= op["xor"]
            container[key] = data.hex()
        elif kind == "hexappend":
            container[key] += value
        elif kind == "hexcut":
            container[key] = container[key][: -2 * op["bytes"]]
        else:
            raise AssertionError(f"unknown operation {kind}")

    return _set(base, _parts(op["path"]), change)


def _insert(container: Any, key: Any, value: Any) -> None:
    if isinstance(container, list):
        container.insert(key, value)
    else:
        container[key] = value


def _put(container: Any, key: Any, value: Any) -> None:
    container[key] = value


def _set(base: Any, parts: list[str], change: Any) -> Any:
    own = copy.copy(base)
    key: Any = parts[0]
    if isinstance(own, list) and key != "-":
        key = int(key)
    if len(parts) == 1:
        change(own, key)
    else:
        own[key] = _set(own[key], parts[1:], change)
    return own


def places_of(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every value of a document with its path, lists and objects before what is in them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, child in inner:
        found.append((f"{path}/{key}", child))
        if isinstance(child, dict | list):
            found += places_of(child, f"{path}/{key}")
    return found


def mutation(
    chance: random.Random, modulus: int, places: list[tuple[str, Any]]
) -> list[dict[str, Any]]:
    path, value = chance.choice(places)
    if isinstance(value, bool) or value is None:
        return [{"op": "replace", "path": path, "value": 1}]
    if isinstance(value, int):
        new = chance.choice(
            (value + 1, value ^ 1 << chance.randrange(64), chance.randrange(modulus), 0, value + modulus, -value - 1, str(value), None, True, float(value))
        )  # fmt: skip
        return [{"op": "replace", "path": path, "value": new}]
    if value == "":
        return [{"op": "replace", "path": path, "value": chance.randbytes(32).hex()}]
    if isinstance(value, str):
        at = chance.randrange(len(value))
        digit = chance.choice("0123456789abcdefABCDEF")
        return [{"op": "replace", "path": path, "value": value[:at] + digit + value[at + 1 :]}]
    if isinstance(value, dict):
        return [{"op": "add", "path": f"{path}/more", "value": 1}]
    if not value or chance.random() < 0.2:
        return [{"op": "add", "path": f"{path}/-", "value": [0, 0]}]
    kind = chance.choice(("remove", "duplicate", "swap"))
    at, other = chance.randrange(len(value)), chance.randrange(len(value))
    if kind == "swap":
        return [{"op": "swap", "path": f"{path}/{at}", "path2": f"{path}/{other}"}]
    return [{"op": kind, "path": f"{path}/{at}"}]


def mutations(
    seed: str, base: Any, count: int, places: list[tuple[str, Any]] | None = None
) -> Iterator[Any]:
    """`count` documents that differ from the base, each in one place; of no use after the next."""
    chance = random.Random(seed)
    places = places_of(base) if places is None else places
    while count:
        with patched(base, mutation(chance, 2**64, places)) as changed:
            if not same(changed, base):
                count -= 1
                yield changed


def paths_of(operations: list[dict[str, Any]]) -> list[str]:
    return [op[key] for op in operations for key in ("path", "path2") if key in op]


def same(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1 is not 1.0 and not True."""
    if type(one) is not type(other):
        return False
    if one is other:
        return True
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(same, one, other))
    return one == other
