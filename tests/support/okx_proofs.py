"""OKX's recorded proofs, and the ways the recorded negatives change them."""

from __future__ import annotations

import copy
import gzip
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from scanner.model.jsontext import read_json

V2 = Path(__file__).resolve().parents[1] / "vectors" / "liabilities" / "okx_v2"
PROOFS = ("toy", "production_shape", "three_levels", "exponentiation")

ALL = os.environ.get("SCANNER_MUTATIONS") == "all"
"""Every mutation, not a share of them: some twenty minutes a format."""


def share(everything: int, quick: int) -> int:
    """How many mutations to try now."""
    return everything if ALL else quick


@cache
def unpacked(name: str) -> bytes:
    """A vector by its path below okx_v2, without `.json.gz`."""
    return gzip.decompress((V2 / f"{name}.json.gz").read_bytes())


def document(name: str) -> Any:
    """A fresh parsed copy of a proof file: "toy", "forged/attack_own_key"."""
    path = name if "/" in name else f"{name}/sum_proof_data"
    return read_json(unpacked(path), unique_names=True)


def recorded(name: str) -> Any:
    """Any other recorded JSON."""
    return json.loads(unpacked(name))


def pin(name: str) -> str:
    """The hash of a proof's key."""
    return json.loads((V2 / name / "pin.json").read_text())["root_verifier_data_sha256"]


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
