"""Whether the opened polynomials satisfy the circuit at the random point zeta.

One equation for each of two challenges: all constraints, mixed by its powers, must be the vanishing
polynomial times the quotient that the prover committed to.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.liabilities.okx_v2.gates import Row
from scanner.liabilities.okx_v2.goldilocks import (
    GENERATOR,
    ONE,
    ZERO,
    Ext,
    P,
    powers,
    product,
    weighted_ext,
)
from scanner.liabilities.okx_v2.key import (
    CHALLENGES,
    PARTIAL_PRODUCTS,
    QUOTIENT_FACTOR,
    ROUTED,
    Key,
)
from scanner.liabilities.okx_v2.proof_file import Openings
from scanner.liabilities.okx_v2.transcript import Challenges
from scanner.liabilities.refusal import RefusedError

_NO_SELECTOR = 2**32 - 1
"""Value of a selector on rows that belong to another group."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """Both sides of the equation of each challenge."""

    vanishing: list[Ext]
    quotient: list[Ext]


def check_constraints(key: Key, openings: Openings, drawn: Challenges) -> None:
    """Raises RefusedError unless both equations hold."""
    sides = mixed(key, openings, drawn)
    if sides.vanishing != sides.quotient:
        raise RefusedError(
            "/proof/proof/openings", "they do not satisfy the circuit's constraints at the point"
        )


def mixed(key: Key, openings: Openings, drawn: Challenges) -> Mixed:
    """Both sides of the equations, for comparison."""
    zeta_n = drawn.zeta ** (1 << key.degree_bits)
    z_h = zeta_n - ONE
    terms = _permutation_terms(key, openings, drawn, z_h) + gate_sums(key, openings, drawn)
    steps = powers(zeta_n, QUOTIENT_FACTOR)
    vanishing, quotient = [], []
    for i in range(CHALLENGES):
        vanishing.append(weighted_ext(powers(Ext(drawn.alphas[i]), len(terms)), terms))
        chunk = openings.quotient_polys[QUOTIENT_FACTOR * i : QUOTIENT_FACTOR * (i + 1)]
        quotient.append(z_h * weighted_ext(steps, chunk))
    return Mixed(vanishing, quotient)


def gate_sums(key: Key, openings: Openings, drawn: Challenges) -> list[Ext]:
    """Every gate's constraints times its filter, added up place by place."""
    own = Row(openings.wires, openings.constants[len(key.groups) :], drawn.inputs_hash)
    sums = [ZERO] * max(gate.count for gate in key.gates)
    for number, gate in enumerate(key.gates):
        chosen = gate_filter(key, openings, number)
        for m, value in enumerate(gate.evaluate(own)):
            sums[m] = sums[m] + chosen * value
    return sums


def gate_filter(key: Key, openings: Openings, number: int) -> Ext:
    """What is zero on every row of another gate. number: the gate's, in the key's order."""
    first, end = key.groups[key.selectors[number]]
    selector = openings.constants[key.selectors[number]]
    chosen = product(Ext(j) - selector for j in range(first, end) if j != number)
    return chosen * (Ext(_NO_SELECTOR) - selector) if len(key.groups) > 1 else chosen


def _permutation_terms(key: Key, openings: Openings, drawn: Challenges, z_h: Ext) -> list[Ext]:
    """First that each running product starts at 1, then its steps, for both challenges."""
    size = 1 << key.degree_bits
    at_start = z_h * ((drawn.zeta - ONE) * size).inverse()
    starts = [at_start * (z - ONE) for z in openings.plonk_zs]
    steps: list[Ext] = []
    shifted = [drawn.zeta * pow(GENERATOR, j, P) for j in range(ROUTED)]
    for i in range(CHALLENGES):
        beta, gamma = drawn.betas[i], Ext(drawn.gammas[i])
        base = [wire + gamma for wire in openings.wires[:ROUTED]]
        above = [b + s * beta for b, s in zip(base, shifted, strict=True)]
        below = [b + s * beta for b, s in zip(base, openings.plonk_sigmas, strict=True)]
        own = openings.partial_products[PARTIAL_PRODUCTS * i : PARTIAL_PRODUCTS * (i + 1)]
        chain = [openings.plonk_zs[i], *own, openings.plonk_zs_next[i]]
        for t in range(PARTIAL_PRODUCTS + 1):
            part = slice(QUOTIENT_FACTOR * t, QUOTIENT_FACTOR * (t + 1))
            steps.append(chain[t] * product(above[part]) - chain[t + 1] * product(below[part]))
    return starts + steps
