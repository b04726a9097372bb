"""Whether the openings are those of polynomials of low degree: FRI, 28 queries.

OKX's fork multiplies the combined value by the point X; newer releases of plonky2 do not.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from scanner.liabilities.okx_v2.goldilocks import (
    GENERATOR,
    NON_RESIDUE,
    ZERO,
    Ext,
    P,
    powers,
    reverse_bits,
    root_of_unity,
    weighted,
    weighted_ext,
)
from scanner.liabilities.okx_v2.key import CHALLENGES, POW_BITS, Key
from scanner.liabilities.okx_v2.merkle import Opening, first_false
from scanner.liabilities.okx_v2.proof_file import QUERY, Proof, Query, salt_words
from scanner.liabilities.okx_v2.transcript import Challenges
from scanner.liabilities.refusal import RefusedError


def check_fri(key: Key, proof: Proof, drawn: Challenges, *, plain: bool = False) -> None:
    """Raises RefusedError (place: the query and what of it) unless everything holds.

    plain: hash without numpy. Folding comes first: it is cheap, hashing is not.
    """
    if drawn.pow_response >> (64 - POW_BITS):
        raise RefusedError("/proof/proof/opening_proof/pow_witness", "it does not show the work")
    folding = Folding(key, proof, drawn)
    openings: list[Opening] = []
    for number, query in enumerate(proof.queries):
        folding.check(number, query)
        openings += openings_of(key, proof, number, query, drawn.query_indices[number])
    wrong = first_false(openings, plain=plain)
    if wrong is not None:
        raise RefusedError(wrong.place, f"leaf {wrong.index} does not hash to its commitment")


def openings_of(key: Key, proof: Proof, number: int, query: Query, index: int) -> Iterator[Opening]:
    """The leaves that query `number` opens at that index, the four oracles' first."""
    caps = (key.cap, proof.wires_cap, proof.zs_cap, proof.quotient_cap)
    for oracle, (leaf, siblings) in enumerate(query.leaves):
        place = f"{QUERY}/{number}/initial_trees_proof/evals_proofs/{oracle}"
        yield Opening(leaf, index, siblings, caps[oracle], place)
    for k, step in enumerate(query.steps):
        index >>= key.arities[k]
        leaf = [word for value in step.evals for word in (value.a, value.b)]
        place = f"{QUERY}/{number}/steps/{k}"
        yield Opening(leaf, index, step.siblings, proof.commit_caps[k], place)


class Folding:
    """Combines the opened words of a query and folds them down to the last polynomial."""

    def __init__(self, key: Key, proof: Proof, drawn: Challenges) -> None:
        self._key, self._drawn = key, drawn
        openings = proof.openings
        first = openings.at_zeta()
        self._weights = powers(drawn.fri_alpha, len(first))
        self.reduced = (
            weighted_ext(self._weights, first),
            weighted_ext(self._weights, openings.plonk_zs_next),
        )
        self._points = (drawn.zeta, drawn.zeta * root_of_unity(key.degree_bits))
        self._final = proof.final_poly
        self._salt = salt_words(key)

    def point(self, index: int) -> int:
        """The field element that a leaf of that index is the evaluation at."""
        bits = self._key.domain_bits
        return GENERATOR * pow(root_of_unity(bits), reverse_bits(index, bits), P) % P

    def combined(self, query: Query, x: int) -> Ext:
        """All opened words of a query in one: the value that the first folding must have."""
        words = list(query.leaves[0][0])
        for leaf, _ in query.leaves[1:]:
            words += leaf[: len(leaf) - self._salt]
        zs = query.leaves[2][0][:CHALLENGES]
        first = weighted(self._weights, words) - self.reduced[0]
        second = weighted(self._weights, zs) - self.reduced[1]
        here = Ext(x)
        total = self._drawn.fri_alpha**CHALLENGES * first * (here - self._points[0]).inverse()
        return (total + second * (here - self._points[1]).inverse()) * x

    def folds(self, number: int, query: Query) -> Iterator[Ext]:
        """What is left after each folding. Raises RefusedError where a coset does not join."""
        index = self._drawn.query_indices[number]
        x = self.point(index)
        value = self.combined(query, x)
        for k, step in enumerate(query.steps):
            bits = self._key.arities[k]
            size = 1 << bits
            position, index = index & (size - 1), index >> bits
            if step.evals[position] != value:
                place = f"{QUERY}/{number}/steps/{k}/evals/{position}"
                raise RefusedError(place, "not the value that the step before leads to")
            start = x * pow(root_of_unity(bits), size - reverse_bits(position, bits), P) % P
            value = _fold(step.evals, bits, start, self._drawn.fri_betas[k])
            x = pow(x, size, P)
            yield value

    def check(self, number: int, query: Query) -> None:
        """Raises RefusedError unless the query leads to the last polynomial."""
        last = list(self.folds(number, query))[-1]
        x = self.point(self._drawn.query_indices[number])
        for bits in self._key.arities:
            x = pow(x, 1 << bits, P)
        if self.final_value(x) != last:
            raise RefusedError(f"{QUERY}/{number}", "it does not end at the last polynomial")

    def final_value(self, x: int) -> Ext:
        """The last polynomial at x."""
        value = ZERO
        for coefficient in reversed(self._final):
            value = value * x + coefficient
        return value


def _fold(evals: Sequence[Ext], bits: int, start: int, beta: Ext) -> Ext:
    """The value at beta of the polynomial through the coset's points, start w^i, bit-reversed."""
    size, step = 1 << bits, root_of_unity(bits)
    points = [start]
    for _ in range(size - 1):
        points.append(points[-1] * step % P)
    values = [evals[reverse_bits(i, bits)] for i in range(size)]
    if beta.b == 0 and beta.a in points:
        return values[points.index(beta.a)]
    weights = _reciprocals(beta, points)
    total_a = total_b = 0
    for y, u, w in zip(values, points, weights, strict=True):
        total_a += (y.a * w.a + NON_RESIDUE * y.b * w.b) % P * u
        total_b += (y.a * w.b + y.b * w.a) % P * u
    raised = pow(start, size, P)
    scale = (beta**size - Ext(raised)) * pow(size * raised, -1, P)
    return scale * Ext(total_a % P, total_b % P)


def _reciprocals(beta: Ext, points: Sequence[int]) -> list[Ext]:
    """1 / (beta - u) for each point, with one inversion for all of them."""
    norms, running = [], [1]
    second = NON_RESIDUE * beta.b * beta.b
    for u in points:
        first = beta.a - u
        norms.append((first * first - second) % P)
        running.append(running[-1] * norms[-1] % P)
    undo = pow(running[-1], -1, P)
    found: list[Ext] = []
    for i in range(len(points) - 1, -1, -1):
        norm = undo * running[i] % P
        undo = undo * norms[i] % P
        found.append(Ext((beta.a - points[i]) * norm % P, -beta.b * norm % P))
    return found[::-1]
