"""Proofs made by gnark under gnark's keys: they hold, and nothing that is changed does."""

from __future__ import annotations

import base64
import random

import pytest
from py_ecc.optimized_bn128 import FQ2, b2, is_on_curve
from support.binance_proofs import FOLDER, KEYS, rows
from support.mutations import share

from scanner.liabilities.gate.user import element
from scanner.liabilities.groth16.key import read_key, read_proof
from scanner.liabilities.groth16.points import P
from scanner.liabilities.groth16.verify import first_false
from scanner.liabilities.refusal import RefusedError, ShapeError

PROOFS = [base64.b64decode(row["proof_info"]) for row in rows()]
PUBLIC = [(element(row["batch_commitment"], ""),) for row in rows()]


@pytest.fixture(scope="module")
def key():
    return read_key((FOLDER / KEYS[2]).read_bytes(), "key")


def read(data: bytes):
    return read_proof(data, "proof")


def test_a_false_one_among_them_is_found(key):
    """The public input of another batch; a commitment's proof of knowledge of another batch."""
    first, second = PROOFS[:2]
    assert first_false(key, [(read(first), PUBLIC[0])]) is None
    assert first_false(key, [(read(first), PUBLIC[0]), (read(second), PUBLIC[0])]) == 1
    mixed = second[:-64] + first[-64:]
    assert first_false(key, [(read(mixed), PUBLIC[1])]) == 0
    with pytest.raises(ShapeError, match="not 1 words"):
        first_false(key, [(read(first), (1, 2))])


def test_a_key_is_the_same_in_both_spellings():
    compressed = read_key((FOLDER / KEYS[4]).read_bytes(), "key")
    assert compressed == read_key((FOLDER / "zkpor4_1.raw.vk").read_bytes(), "key")
    assert compressed.public == 1
    assert compressed.committed == ()


def test_no_changed_bit_of_a_proof_is_read():
    chance = random.Random("proofs")
    for _ in range(share(20_000, 60)):
        data = bytearray(chance.choice(PROOFS))
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        with pytest.raises((RefusedError, ShapeError)):
            read(bytes(data))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d[:-1], ShapeError, "before it is complete"),
        (lambda d: d + b"\0", ShapeError, "1 bytes too many"),
        (lambda d: bytes(64) + d[64:], RefusedError, "not a point of the curve"),
        (lambda d: b"\x40" + bytes(31) + d[64:], RefusedError, "point at infinity"),
        (lambda d: P.to_bytes(32, "big") + d[32:], ShapeError, "not below the field's order"),
        (lambda d: d[:256] + bytes(4) + d[260:], ShapeError, "0 commitments"),
        (lambda d: d[:256] + b"\xff" * 4 + d[260:], ShapeError, "4294967295 commitments"),
    ],
)
def test_what_is_no_proof_is_named(change, error, words):
    with pytest.raises(error, match=words):
        read(change(PROOFS[0]))


def test_a_point_outside_the_group_is_refused():
    """The curve over the larger field has points of other orders: a pairing would take them."""
    from scanner.liabilities.groth16.points import _sqrt2

    for x in range(1, 50):
        square = FQ2([x, 1]) * FQ2([x, 1]) * FQ2([x, 1]) + b2
        if (root := _sqrt2(square)) is not None:
            break
    point = (FQ2([x, 1]), FQ2(list(root)), FQ2.one())
    assert is_on_curve(point, b2)
    words = b"".join(w.to_bytes(32, "big") for w in (1, x, root[1], root[0]))
    with pytest.raises(RefusedError, match="B is not of the group's order"):
        read(PROOFS[0][:64] + words + PROOFS[0][192:])


@pytest.mark.parametrize(
    ("at", "data", "words"),
    [
        (288, (10**9).to_bytes(4, "big"), "1000000000 points of public inputs"),
        (288, (1).to_bytes(4, "big"), "1 points of public inputs"),
        (388, (10**9).to_bytes(4, "big"), "1000000000 commitments"),
        (392, (10**9).to_bytes(4, "big"), "1000000000 public inputs"),
    ],
)
def test_a_list_of_a_thousand_million_in_a_key_is_refused_before_it_is_made(at, data, words):
    key = bytearray((FOLDER / KEYS[4]).read_bytes())
    key[at : at + 4] = data
    with pytest.raises(ShapeError, match=words):
        read_key(bytes(key), "key")
