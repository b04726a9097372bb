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
from support.mutations import ALL, mutation, patched, paths_of, places_of, same, share
from support.okx_proofs import document, pin, recorded, unpacked

from scanner.errors import InputError
from scanner.liabilities.interface import ProofStatus
from scanner.liabilities.okx_v2.fri import Folding, openings_of
from scanner.liabilities.okx_v2.goldilocks import P
from scanner.liabilities.okx_v2.key import Key, read_key
from scanner.liabilities.okx_v2.merkle import first_false
from scanner.liabilities.okx_v2.proof_file import QUERY, read_header, read_proof
from scanner.liabilities.okx_v2.transcript import Challenges, draw
from scanner.liabilities.okx_v2.verify import check_document
from scanner.liabilities.refusal import RefusedError, ShapeError
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
            except (RefusedError, ShapeError):
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


@pytest.mark.parametrize("name", ["toy", "production_shape"])
def test_random_mutations_of_words_and_lists_are_refused(name: str) -> None:
    original = base(name)[0]
    chance = random.Random(f"mutations of {name}")
    places = [place for place in places_of(original) if not _UNBOUND.match(place[0])]
    tried = 0
    while tried < share(10_000, 40):
        operations = mutation(chance, P, places)
        with patched(original, operations) as changed:
            if same(changed, original):
                continue
            tried += 1
            assert refusal(name, changed, paths_of(operations)), operations


def only_query(original: Any, changed: Any) -> int | None:
    """The one query that differs, if nothing else does: only that needs to be checked again."""
    path = QUERY.split("/")[1:]
    whole, other = original, changed
    for part in path:
        if not isinstance(other, dict) or list(whole) != list(other):
            return None
        if any(not same(whole[name], other[name]) for name in whole if name != part):
            return None
        whole, other = whole[part], other[part]
    if not isinstance(other, list) or len(other) != len(whole):
        return None
    differ = [i for i, (a, b) in enumerate(zip(whole, other, strict=True)) if not same(a, b)]
    return differ[0] if len(differ) == 1 else None


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
        if same(parsed, original):
            continue
        if (only := only_query(original, parsed)) is not None:
            assert query_refusal("toy", parsed, only), at
            continue
        try:
            done = check_document(parsed, "f", pin("toy"))
        except InputError:
            continue
        if done.status is not ProofStatus.REFUSED:
            assert same({**parsed, "general": 0}, {**original, "general": 0})


def test_a_list_of_a_thousand_million_in_a_key_is_refused_before_it_is_made() -> None:
    data = bytearray.fromhex(base("toy")[0]["circuits_info"]["root_verifier_data_hex"])
    assert int.from_bytes(data[244:252], "little") == 3  # how many arities follow
    data[244:252] = (10**9).to_bytes(8, "little")
    with pytest.raises(ShapeError, match="a list of 1000000000 entries"):
        read_key(bytes(data))
