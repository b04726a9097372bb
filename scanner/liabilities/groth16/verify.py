"""Checks many Groth16 proofs under one key at once.

A proof holds if e(A, B) = e(alpha, beta) e(K, gamma) e(Krs, delta), where K adds up the key's
points times the public inputs, the commitment's hash, and the commitment itself; and if the
commitment's proof of knowledge does: e(C, sigma) e(knowledge, base) = 1, sigma being negated in
the key. All equations are multiplied together, each under secret random powers of 128 bits: a
false one among them passes by a chance of 2^-128. Only e(A, B) needs a pairing of its own.
Sources: Groth16 (eprint 2016/260); the commitment extension (eprint 2022/1072); RFC 9380, 5.2.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from functools import reduce

from py_ecc.bls.hash import expand_message_xmd
from py_ecc.optimized_bn128 import FQ12, Z1, add, final_exponentiate, multiply, neg, pairing

from scanner.liabilities.groth16.key import Key, Proof
from scanner.liabilities.groth16.points import Point, R
from scanner.liabilities.refusal import ShapeError

TOGETHER = 64
"""Proofs under one product: what it saves beyond is little, and a false one is found sooner."""
_COMMITMENT = b"bsb22-commitment"
_HASH_BYTES = 48

Item = tuple[Proof, Sequence[int]]
"""A proof and its public inputs."""


def first_false(key: Key, items: Sequence[Item]) -> int | None:
    """Index of the first proof that does not hold; None if all do.

    Raises ShapeError where the public inputs are not those of the key.
    """
    for at in range(0, len(items), TOGETHER):
        part = items[at : at + TOGETHER]
        if not _hold(key, part):
            return at + _search(key, part)
    return None


def _search(key: Key, items: Sequence[Item]) -> int:
    """Index of the first false proof of some of which one is."""
    if len(items) == 1:
        return 0
    half = len(items) // 2
    if not _hold(key, items[:half]):
        return _search(key, items[:half])
    return half + _search(key, items[half:])


def _hold(key: Key, items: Sequence[Item]) -> bool:
    product = FQ12.one()
    krs, inputs, commitments, knowledge, powers = Z1, Z1, Z1, Z1, 0
    for proof, public in items:
        power, other = 1 + secrets.randbits(128), 1 + secrets.randbits(128)
        product *= _miller(proof.b, multiply(proof.a, power))
        krs = add(krs, multiply(proof.krs, power))
        inputs = add(inputs, multiply(_inputs(key, proof, public), power))
        powers += power
        commitments = add(commitments, multiply(proof.commitment, other))
        knowledge = add(knowledge, multiply(proof.knowledge, other))
    product *= _miller(key.beta, neg(multiply(key.alpha, powers % R)))
    product *= _miller(key.gamma, neg(inputs)) * _miller(key.delta, neg(krs))
    product *= _miller(key.base_sigma, commitments) * _miller(key.base, knowledge)
    return bool(final_exponentiate(product) == FQ12.one())


def _miller(second: Point, first: Point) -> FQ12:
    return pairing(second, first, final_exponentiate=False)


def _inputs(key: Key, proof: Proof, public: Sequence[int]) -> Point:
    if len(public) != key.public or not all(0 <= word < R for word in public):
        raise ShapeError("public inputs", f"not {key.public} words below the group's order")
    hashed = b"".join(public[at - 1].to_bytes(32, "big") for at in key.committed)
    words = [*public, hash_to_field(proof.written + hashed)]
    parts = [multiply(k, word) for k, word in zip(key.ks[1:], words, strict=True)]
    return reduce(add, parts, add(key.ks[0], proof.commitment))


def hash_to_field(data: bytes) -> int:
    """One word below R, from bytes."""
    expanded = expand_message_xmd(data, _COMMITMENT, _HASH_BYTES, hashlib.sha256)
    return int.from_bytes(expanded, "big") % R
