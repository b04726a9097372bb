"""The permutation against published vectors, its plain definition, and itself in lanes."""

from __future__ import annotations

import json
import random

import pytest
from support.okx_proofs import V2

from scanner.liabilities.okx_v2.goldilocks import P
from scanner.liabilities.okx_v2.merkle import Opening, first_false
from scanner.liabilities.okx_v2.poseidon import (
    MDS,
    constants,
    hash_padded,
    hash_words,
    invert,
    permute,
    two,
)

VECTORS = json.loads((V2 / "poseidon.json").read_text())["vectors"]
EDGES = (0, 1, 2**32 - 1, 2**32, 2**63, P - 1, P - 2**32)


def by_definition(state: list[int]) -> list[int]:
    for r in range(30):
        state = [x + c for x, c in zip(state, constants(r), strict=True)]
        boxes = 1 if 4 <= r < 26 else 12
        state = [pow(x, 7, P) if i < boxes else x for i, x in enumerate(state)]
        state = [sum(c * x for c, x in zip(row, state, strict=True)) % P for row in MDS]
    return state


def states(count: int) -> list[list[int]]:
    chance = random.Random(7)
    return [[chance.choice((chance.randrange(P), *EDGES)) for _ in range(12)] for _ in range(count)]


@pytest.mark.parametrize("vector", VECTORS["permutation"])
def test_published_permutations(vector) -> None:
    assert permute(vector["input"]) == vector["output"]


def test_published_hashes() -> None:
    for vector in VECTORS["hash"]:
        assert list(hash_words(vector["input"])) == vector["output"]
    assert list(hash_padded([])) == VECTORS["hash_pad_empty"]
    pair = VECTORS["two_to_one"]
    assert list(two(pair["left"], pair["right"])) == pair["output"]


def test_the_factored_rounds_are_the_plain_ones() -> None:
    for state in states(40):
        assert permute(state) == by_definition(state)


def test_a_matrix_without_inverse_is_told() -> None:
    with pytest.raises(ValueError, match="no inverse"):
        invert([[1, 2], [2, 4]])


@pytest.mark.parametrize("count", [1, 3, 130])
def test_lanes_give_the_same_words(count: int) -> None:
    np = pytest.importorskip("numpy")
    from scanner.liabilities.okx_v2.poseidon_lanes import permute_lanes

    given = states(count)
    lanes = np.array(given, dtype=np.uint64).T
    kept = lanes.copy()
    assert permute_lanes(lanes).T.tolist() == [permute(state) for state in given]
    assert (lanes == kept).all()


def openings(count: int) -> list[Opening]:
    """Leaves of odd lengths in trees of odd heights, each right."""
    chance = random.Random(3)
    found = []
    for number in range(count):
        leaf = [chance.randrange(P) for _ in range(chance.choice((5, 8, 9, 16, 17, 139)))]
        index = chance.randrange(64)
        siblings = [
            tuple(chance.choice((chance.randrange(P), *EDGES)) for _ in range(4))
            for _ in range(chance.randrange(6))
        ]
        digest, place = hash_words(leaf), index
        for sibling in siblings:
            digest = two(sibling, digest) if place & 1 else two(digest, sibling)
            place >>= 1
        cap = [(0, 0, 0, 0)] * 64
        cap[place] = digest
        found.append(Opening(leaf, index, siblings, cap, f"opening {number}"))
    return found


@pytest.mark.parametrize("plain", [True, False])
def test_openings_hold_and_each_false_one_is_named(plain: bool) -> None:
    if not plain:
        pytest.importorskip("numpy")
    right = openings(30)
    assert first_false(right, plain=plain) is None
    for number in (0, 13, 29):
        old = right[number]
        leaf = [*old.leaf[:-1], (old.leaf[-1] + 1) % P]
        wrong = list(right)
        wrong[number] = Opening(leaf, old.index, old.siblings, old.cap, old.place)
        found = first_false(wrong, plain=plain)
        assert found is not None
        assert found.place == f"opening {number}"
