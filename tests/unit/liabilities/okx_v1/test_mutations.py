"""Random changes of a batch's proof: none passes the consistency check."""

from __future__ import annotations

import json
import random

import pytest
from support.mutations import mutation, patched, places_of, same, share
from support.okx_first import load

from scanner.liabilities.okx_v1.batch import Coins, check_proof, read_proof
from scanner.liabilities.okx_v1.field import P
from scanner.liabilities.refusal import RefusedError, ShapeError

CONFIG = load("toy/sum_proof_data/config.json")
COINS = Coins(tuple(CONFIG["coins"]), CONFIG["main_coins_num"])
VALUES = load("toy/sum_proof_data/batches/a0/sum_values.json")
TOTALS = [VALUES[name] for name in (*COINS.names, "total_value")]


def refused(document: object) -> str:
    try:
        check_proof(read_proof(document, COINS), TOTALS, COINS)
    except (ShapeError, RefusedError) as e:
        return e.place
    return ""


def test_random_mutations_of_words_and_lists_are_refused() -> None:
    original = load("toy/sum_proof_data/batches/a0/sum_proof.json")
    assert refused(original) == ""
    chance = random.Random("first stark")
    places = places_of(original)
    tried = 0
    while tried < share(15_000, 120):
        operations = mutation(chance, P, places)
        with patched(original, operations) as changed:
            if same(changed, original):
                continue
            tried += 1
            assert refused(changed), operations


def test_random_bytes_are_refused() -> None:
    original = load("toy/sum_proof_data/batches/a0/sum_proof.json")
    data = json.dumps(original).encode()
    chance = random.Random("bytes of the first")
    for _ in range(share(5_000, 40)):
        at = chance.randrange(len(data))
        changed = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        try:
            parsed = json.loads(changed)
        except ValueError:
            continue
        if not same(parsed, original):
            assert refused(parsed), at


@pytest.mark.parametrize("coin", [0, 21])
def test_another_total_of_a_bound_coin_is_refused_and_of_an_unbound_one_is_not(coin: int) -> None:
    """22 coins are bound to the trace; what is moved between the others nobody notices."""
    proof = read_proof(load("toy/sum_proof_data/batches/a0/sum_proof.json"), COINS)
    moved = list(TOTALS)
    moved[coin] += 1
    moved[25] -= 1
    with pytest.raises(RefusedError, match=f"running total of {COINS.names[coin]}"):
        check_proof(proof, moved, COINS)
    moved = list(TOTALS)
    moved[24] += 1000
    moved[25] -= 1000
    check_proof(proof, moved, COINS)
