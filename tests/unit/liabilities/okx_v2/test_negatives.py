"""Recorded negatives and random mutations: none is accepted, and each has a place.

A patch of one query leaves transcript and constraints as they were, so only that query is checked
again: with the same functions that check all.
"""

from __future__ import annotations

import random
import re
from functools import cache
from typing import Any

import pytest
from support.okx_proofs import ALL, document, patched, pin, recorded, share, unpacked

from scanner.errors import InputError
from scanner.liabilities.interface import ProofStatus
from scanner.liabilities.okx_v2.fri import Folding, openings_of
from scanner.liabilities.okx_v2.goldilocks import P
from scanner.liabilities.okx_v2.key import Key, read_key
from scanner.liabilities.okx_v2.merkle import first_false
from scanner.liabilities.okx_v2.proof_file import QUERY, read_header, read_proof
from scanner.liabilities.okx_v2.refusal import RefusedError, ShapeError
from scanner.liabilities.okx_v2.transcript import Challenges, draw
from scanner.liabilities.okx_v2.verify import check_document
from scanner.model.jsontext import read_json

_ONE_QUERY = re.compile(rf"{QUERY}/(\d+)/")
_UNBOUND = re.compile(r"/general|/circuits_info/recursive_circuit_configs$")


@cache
def base(name: str) -> tuple[Any, Key, Challenges]:
    parsed = document(name)
    data = read_header(parsed).key
    assert data is not None
    key = read_key(data)
    return parsed, key, draw(key, read_proof(parsed, key))


def refusal(name: str, changed: Any, paths: list[str]) -> str:
    """The place that a changed proof is refused for; "" if it is accepted."""
    found = {match[1] for path in paths if (match := _ONE_QUERY.match(path))}
    if len(found) == 1 and all(_ONE_QUERY.match(path) for path in paths):
        return query_refusal(name, changed, int(found.pop()))
    try:
        done = check_document(changed, "f", pin(name))
    except InputError as e:
        return str(e)
    return done.place if done.status is ProofStatus.REFUSED else ""


def query_refusal(name: str, changed: Any, number: int) -> str:
    _, key, drawn = base(name)
    try:
        proof = read_proof(changed, key)
        query = proof.queries[number]
        Folding(key, proof, drawn).check(number, query)
    except (ShapeError, RefusedError) as e:
        return e.place
    opened = openings_of(key, proof, number, query, drawn.query_indices[number])
    wrong = first_false(list(opened), plain=True)
    return wrong.place if wrong else ""


@pytest.mark.parametrize("name", ["toy", "production_shape"])
def test_recorded_negatives_are_refused(name: str) -> None:
    original = base(name)[0]
    patches = recorded(f"{name}/negatives")["patches"]
    patches = [p for p in patches if p["cls"] != "verifier_data_byte"]
    for patch in patches if ALL else patches[:: len(patches) // 40]:
        with patched(original, patch["ops"]) as changed:
            place = refusal(name, changed, [op["path"] for op in patch["ops"]])
        if patch["expected"] == "reject":
            assert place, patch["name"]
    assert original == document(name)


def test_no_changed_byte_of_a_key_survives_even_without_a_pin() -> None:
    patches = recorded("toy/negatives")["patches"]
    original = base("toy")[0]["circuits_info"]
    survived = []
    for patch in patches:
        if patch["cls"] != "verifier_data_byte" or patch["expected"] != "reject":
            continue
        with patched({"circuits_info": original}, patch["ops"]) as changed:
            data = bytes.fromhex(changed["circuits_info"]["root_verifier_data_hex"])
            try:
                read_key(data)
            except RefusedError:
                continue
            survived.append(patch["name"])
    assert survived == []


def test_the_header_is_bound_by_nothing_but_the_circuits_settings_are() -> None:
    unbound = [p for p in recorded("toy/negatives")["patches"] if p["expected"] == "unbound"]
    assert len(unbound) == 6
    for patch in unbound:
        with patched(base("toy")[0], patch["ops"]) as changed:
            place = refusal("toy", changed, [op["path"] for op in patch["ops"]])
        (op,) = patch["ops"]
        free = op["path"].startswith("/general") or op["op"] == "remove"  # a level fewer
        assert bool(place) is not free, patch["name"]


def _places(value: Any, path: str = "") -> list[tuple[str, Any]]:
    """Every value of a document with its path, lists and objects before what is in them."""
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    found = []
    for key, child in inner:
        found.append((f"{path}/{key}", child))
        if isinstance(child, dict | list):
            found += _places(child, f"{path}/{key}")
    return found


def _mutation(chance: random.Random, places: list[tuple[str, Any]]) -> list[dict[str, Any]]:
    path, value = chance.choice(places)
    if isinstance(value, bool) or value is None:
        return [{"op": "replace", "path": path, "value": 1}]
    if isinstance(value, int):
        new = chance.choice(
            (value + 1, value ^ 1 << chance.randrange(64), chance.randrange(P), 0, value + P, -value - 1, str(value), None, True, float(value))
        )  # fmt: skip
        return [{"op": "replace", "path": path, "value": new}]
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


def _paths(operations: list[dict[str, Any]]) -> list[str]:
    return [op[key] for op in operations for key in ("path", "path2") if key in op]


@pytest.mark.parametrize("name", ["toy", "production_shape"])
def test_random_mutations_of_words_and_lists_are_refused(name: str) -> None:
    original = base(name)[0]
    chance = random.Random(f"mutations of {name}")
    places = [place for place in _places(original) if not _UNBOUND.match(place[0])]
    tried = 0
    while tried < share(10_000, 40):
        operations = _mutation(chance, places)
        with patched(original, operations) as changed:
            if _equal(changed, original):
                continue
            tried += 1
            assert refusal(name, changed, _paths(operations)), operations


def test_random_bytes_are_refused() -> None:
    """One byte of the text changed: another document, or none at all."""
    data = unpacked("toy/sum_proof_data")
    original = base("toy")[0]
    chance = random.Random("bytes")
    tried = 0
    while tried < share(5_000, 15):
        at = chance.randrange(len(data))
        changed = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        tried += 1
        try:
            parsed: Any = read_json(changed, unique_names=True, parse_float=float)
        except ValueError:
            continue
        if _equal(parsed, original):
            continue
        try:
            done = check_document(parsed, "f", pin("toy"))
        except InputError:
            continue
        if done.status is not ProofStatus.REFUSED:
            assert _equal({**parsed, "general": 0}, {**original, "general": 0})


def _equal(one: Any, other: Any) -> bool:
    """Equal, and of the same types: 1 is not 1.0 and not True."""
    if type(one) is not type(other):
        return False
    if one is other:
        return True
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_equal(one[k], other[k]) for k in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_equal, one, other))
    return one == other
