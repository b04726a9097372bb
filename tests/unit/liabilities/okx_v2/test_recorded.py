"""Every value that OKX's own verifier computes for four recorded proofs, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest
from support.okx_proofs import PROOFS, document, pin, recorded

from scanner.liabilities.okx_v2.constraints import check_constraints, gate_filter, gate_sums, mixed
from scanner.liabilities.okx_v2.fri import Folding, check_fri
from scanner.liabilities.okx_v2.gates import Row
from scanner.liabilities.okx_v2.goldilocks import ONE, Ext, P
from scanner.liabilities.okx_v2.key import Key, read_key
from scanner.liabilities.okx_v2.proof_file import Proof, read_header, read_proof
from scanner.liabilities.okx_v2.transcript import Challenges, draw


@dataclass
class Run:
    key: Key
    proof: Proof
    drawn: Challenges
    values: Any


@cache
def run(name: str) -> Run:
    parsed = document(name)
    data = read_header(parsed).key
    assert data is not None
    key = read_key(data)
    proof = read_proof(parsed, key)
    return Run(key, proof, draw(key, proof), recorded(f"{name}/intermediate_values"))


def pair(value: Ext) -> list[int]:
    return [value.a, value.b]


def pairs(values) -> list[list[int]]:
    return [pair(value) for value in values]


def assert_named(name: str, recorded_name: str) -> None:
    """A gate's name, and for one that there are two of its bits, as the published program says."""
    kind, _, bits = name.rstrip(")").partition("(")
    assert recorded_name.startswith(f"{kind}Gate")
    assert not bits or f"bits: {bits}," in recorded_name


every = pytest.mark.parametrize("name", PROOFS)


@every
def test_key_and_transcript(name: str) -> None:
    own = run(name)
    drawn, values = own.drawn, own.values
    assert own.key.sha256 == pin(name)
    assert list(own.key.digest) == values["circuit_digest"]
    assert list(drawn.inputs_hash) == values["public_inputs_hash"]
    assert list(drawn.betas) == values["plonk_betas"]
    assert list(drawn.gammas) == values["plonk_gammas"]
    assert list(drawn.alphas) == values["plonk_alphas"]
    assert pair(drawn.zeta) == values["plonk_zeta"]
    assert pair(drawn.fri_alpha) == values["fri_alpha"]
    assert pairs(drawn.fri_betas) == values["fri_betas"]
    assert drawn.pow_response == values["fri_pow_response"]
    assert list(drawn.query_indices) == values["fri_query_indices"]


@every
def test_gates_and_equation(name: str) -> None:
    own = run(name)
    values, openings = own.values, own.proof.openings
    zeta_n = own.drawn.zeta ** (1 << own.key.degree_bits)
    row = Row(openings.wires, openings.constants[len(own.key.groups) :], own.drawn.inputs_hash)
    first = (zeta_n - ONE) * ((own.drawn.zeta - ONE) * (1 << own.key.degree_bits)).inverse()
    assert pair(first) == values["l_0_zeta"]
    for number, gate in enumerate(own.key.gates):
        assert_named(gate.name, values["gate_ids"][number])
        place = f"{gate.name}, gate {number}"
        own_values = pairs(gate.evaluate(row))
        assert own_values == values["gate_unfiltered"][number], place
        assert len(own_values) == gate.count, place
        filtered = gate_filter(own.key, openings, number)
        assert pair(filtered) == values["gate_filters"][number], place
    assert pairs(gate_sums(own.key, openings, own.drawn)) == values["gate_constraints"]
    assert (pair(zeta_n), pair(zeta_n - ONE)) == (values["zeta_pow_n"], values["z_h_zeta"])
    sides = mixed(own.key, openings, own.drawn)
    assert pairs(sides.vanishing) == values["vanishing_polys_zeta"]
    assert pairs(sides.quotient) == values["quotient_side"]
    check_constraints(own.key, openings, own.drawn)


@every
def test_queries_fold_as_recorded(name: str) -> None:
    own = run(name)
    folding = Folding(own.key, own.proof, own.drawn)
    assert pairs(folding.reduced) == own.values["reduced_openings"]
    for number, (query, seen) in enumerate(
        zip(own.proof.queries, own.values["queries"], strict=True)
    ):
        x = folding.point(own.drawn.query_indices[number])
        assert pow(x, 1 << sum(own.key.arities), P) == seen["final_x"]
        assert (own.drawn.query_indices[number], x) == (seen["x_index"], seen["subgroup_x"])
        assert pair(folding.combined(query, x)) == seen["combined_initial"]
        folds = list(folding.folds(number, query))
        assert pairs(folds) == seen["folds"]
        assert pair(folding.final_value(seen["final_x"])) == seen["final_poly_eval"]
        assert pair(folds[-1]) == seen["final_poly_eval"]
    check_fri(own.key, own.proof, own.drawn)


def test_plain_python_says_the_same_without_numpy() -> None:
    own = run("toy")
    check_fri(own.key, own.proof, own.drawn, plain=True)
