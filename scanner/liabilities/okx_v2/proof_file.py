"""Reads `sum_proof_data.json`: every list has exactly the length that the key gives it.

A file is refused for anything more or other than its form, also where the published tool lets it
pass: unknown names, the same name twice, words at or above the field's order.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from scanner.liabilities import strict
from scanner.liabilities.okx_v2 import elements
from scanner.liabilities.okx_v2.goldilocks import Ext
from scanner.liabilities.okx_v2.key import (
    CAP_HEIGHT,
    CHALLENGES,
    MAX_KEY,
    PARTIAL_PRODUCTS,
    PUBLIC_INPUTS,
    QUERIES,
    QUOTIENT_FACTOR,
    ROUTED,
    WIRES,
    Key,
)
from scanner.liabilities.okx_v2.poseidon import Digest
from scanner.liabilities.refusal import ShapeError

QUERY = "/proof/proof/opening_proof/query_round_proofs"
MAX_LEVELS = 8
_SMALL = 2**32
_HEX = re.compile(r"(?:[0-9a-f]{2})+", re.ASCII)
_CONFIG: dict[str, object] = {
    "num_wires": 135,
    "num_routed_wires": 80,
    "num_constants": 2,
    "use_base_arithmetic_gate": True,
    "security_bits": 100,
    "num_challenges": 2,
    "max_quotient_degree_factor": 8,
    "fri_config": {
        "rate_bits": 3,
        "cap_height": 1,
        "proof_of_work_bits": 16,
        "reduction_strategy": {"ConstantArityBits": [4, 5]},
        "num_query_rounds": 28,
    },
}
"""What the circuits of batches and levels are made with, but for `zero_knowledge`."""

Cap = tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Header:
    """What the file says of itself. No proof binds it: only a pin's profile can contradict it.

    levels: of recursion, None where the file has no circuits_info. key: the bytes of the key in
    the file, None if it has none.
    """

    round_num: int
    branchout: int
    batch_size: int
    token_num: int
    levels: int | None
    key_digest: Digest
    key: bytes | None


@dataclass(frozen=True, slots=True)
class Openings:
    """The committed polynomials at zeta, and the running products at the next point."""

    constants: tuple[Ext, ...]
    plonk_sigmas: tuple[Ext, ...]
    wires: tuple[Ext, ...]
    plonk_zs: tuple[Ext, ...]
    plonk_zs_next: tuple[Ext, ...]
    partial_products: tuple[Ext, ...]
    quotient_polys: tuple[Ext, ...]

    def at_zeta(self) -> list[Ext]:
        """All but the next point's, in the order they are absorbed and combined."""
        return [
            *self.constants,
            *self.plonk_sigmas,
            *self.wires,
            *self.plonk_zs,
            *self.partial_products,
            *self.quotient_polys,
        ]


@dataclass(frozen=True, slots=True)
class Step:
    """One folding of a query: the coset's values and the path of its leaf."""

    evals: tuple[Ext, ...]
    siblings: tuple[Digest, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """One query. leaves: words and path of each of the four oracles. steps: the foldings."""

    leaves: tuple[tuple[list[int], tuple[Digest, ...]], ...]
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof whose every list has the length that its key demands."""

    public_inputs: tuple[int, ...]
    wires_cap: Cap
    zs_cap: Cap
    quotient_cap: Cap
    openings: Openings
    commit_caps: tuple[Cap, ...]
    queries: tuple[Query, ...]
    final_poly: tuple[Ext, ...]
    pow_witness: int


def recognises(document: object) -> bool:
    """Whether a JSON document means to be such a proof."""
    return isinstance(document, dict) and {"root_vd_digest", "proof"} <= set(document)


def salt_words(key: Key) -> int:
    """Words at the end of a leaf of oracles 1 to 3 that only blind it."""
    return 4 if key.hiding else 0


def read_header(document: object) -> Header:
    """Read everything but the proof.

    Raises ShapeError, also where it asks for other circuits than the published ones: with fewer
    queries it would prove less, with more it may be a later form.
    """
    top = strict.fields(document, "", ("general", "root_vd_digest", "proof"), ("circuits_info",))
    names = ("round_num", "recursion_branchout_num", "batch_size", "token_num")
    general = strict.fields(top["general"], "/general", names)
    round_num, branchout, batch_size, token_num = (
        strict.integer(general[name], f"/general/{name}", _SMALL) for name in names
    )
    key_digest = elements.digest(top["root_vd_digest"], "/root_vd_digest")
    levels, key = None, None
    if "circuits_info" in top:
        levels, key = _circuits(top["circuits_info"])
    return Header(round_num, branchout, batch_size, token_num, levels, key_digest, key)


def _circuits(value: object) -> tuple[int, bytes]:
    place = "/circuits_info"
    batch, levels = "batch_circuit_config", "recursive_circuit_configs"
    text = "root_verifier_data_hex"
    found = strict.fields(value, place, (batch, levels, text))
    configs = found[levels]
    if not isinstance(configs, list) or not 1 <= len(configs) <= MAX_LEVELS:
        raise ShapeError(f"{place}/{levels}", f"not a list of 1 to {MAX_LEVELS} circuits")
    for at, config, hiding in (
        (batch, found[batch], False),
        *((f"{levels}/{i}", c, i == len(configs) - 1) for i, c in enumerate(configs)),
    ):
        # By its text: 2 == 2.0 == True would not do.
        if not _same(config, {**_CONFIG, "zero_knowledge": hiding}):
            what = "not the settings of the published circuits, and no others are checked here"
            raise ShapeError(f"{place}/{at}", what)
    return len(configs), _hex(found[text], f"{place}/{text}")


def _same(found: object, wanted: object) -> bool:
    if type(found) is not type(wanted):
        return False
    if isinstance(wanted, dict) and isinstance(found, dict):
        return set(found) == set(wanted) and all(_same(found[n], wanted[n]) for n in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(_same, found, wanted))
    return found == wanted


def _hex(value: object, place: str) -> bytes:
    if not isinstance(value, str) or len(value) > 2 * MAX_KEY or _HEX.fullmatch(value) is None:
        raise ShapeError(place, "not the hex text of a key, in lower case")
    return bytes.fromhex(value)


def read_proof(document: Mapping[str, object], key: Key) -> Proof:
    """Read the proof as its key says it must be. Raises ShapeError."""
    outer = strict.fields(document["proof"], "/proof", ("proof", "public_inputs"))
    caps = ("wires_cap", "plonk_zs_partial_products_cap", "quotient_polys_cap")
    place = "/proof/proof"
    inner = strict.fields(outer["proof"], place, (*caps, "openings", "opening_proof"))
    wires, zs, quotient = (_cap(inner[name], f"{place}/{name}") for name in caps)
    place += "/opening_proof"
    commits, rounds = "commit_phase_merkle_caps", "query_round_proofs"
    names = (commits, rounds, "final_poly", "pow_witness")
    opening = strict.fields(inner["opening_proof"], place, names)
    final = strict.fields(opening["final_poly"], f"{place}/final_poly", ("coeffs",))
    length = 1 << (key.degree_bits - sum(key.arities))
    (witness,) = elements.words([opening["pow_witness"]], f"{place}/pow_witness", 1)
    return Proof(
        tuple(elements.words(outer["public_inputs"], "/proof/public_inputs", PUBLIC_INPUTS)),
        wires,
        zs,
        quotient,
        openings=_openings(inner["openings"], key),
        commit_caps=strict.each(opening[commits], f"{place}/{commits}", len(key.arities), _cap),
        queries=strict.each(opening[rounds], QUERY, QUERIES, partial(_query, key)),
        final_poly=strict.each(final["coeffs"], f"{place}/final_poly/coeffs", length, elements.ext),
        pow_witness=witness,
    )


def _cap(value: object, place: str) -> Cap:
    return strict.each(value, place, 1 << CAP_HEIGHT, elements.digest)


def _openings(value: object, key: Key) -> Openings:
    place = "/proof/proof/openings"
    lengths = {
        "constants": key.constants,
        "plonk_sigmas": ROUTED,
        "wires": WIRES,
        "plonk_zs": CHALLENGES,
        "plonk_zs_next": CHALLENGES,
        "partial_products": CHALLENGES * PARTIAL_PRODUCTS,
        "quotient_polys": CHALLENGES * QUOTIENT_FACTOR,
    }
    found = strict.fields(value, place, tuple(lengths))
    return Openings(
        *(
            strict.each(found[name], f"{place}/{name}", length, elements.ext)
            for name, length in lengths.items()
        )
    )


def _query(key: Key, value: object, place: str) -> Query:
    found = strict.fields(value, place, ("initial_trees_proof", "steps"))
    at = f"{place}/initial_trees_proof"
    inner = strict.fields(found["initial_trees_proof"], at, ("evals_proofs",))
    salt, siblings = salt_words(key), key.domain_bits - CAP_HEIGHT
    lengths = (
        key.constants + ROUTED,
        WIRES + salt,
        CHALLENGES * (1 + PARTIAL_PRODUCTS) + salt,
        CHALLENGES * QUOTIENT_FACTOR + salt,
    )
    at += "/evals_proofs"
    leaves = []
    for i, pair in enumerate(strict.items(inner["evals_proofs"], at, len(lengths))):
        leaf, path = strict.items(pair, f"{at}/{i}", 2)
        own = elements.words(leaf, f"{at}/{i}/0", lengths[i])
        leaves.append((own, _siblings(path, f"{at}/{i}/1", siblings)))
    at, steps = f"{place}/steps", []
    for k, step in enumerate(strict.items(found["steps"], at, len(key.arities))):
        siblings -= key.arities[k]
        parts = strict.fields(step, f"{at}/{k}", ("evals", "merkle_proof"))
        evals = strict.each(parts["evals"], f"{at}/{k}/evals", 1 << key.arities[k], elements.ext)
        path = _siblings(parts["merkle_proof"], f"{at}/{k}/merkle_proof", siblings)
        steps.append(Step(evals, path))
    return Query(tuple(leaves), tuple(steps))


def _siblings(value: object, place: str, count: int) -> tuple[Digest, ...]:
    found = strict.fields(value, place, ("siblings",))
    return strict.each(found["siblings"], f"{place}/siblings", count, elements.digest)
