"""The challenges of a proof: every one drawn after what it must not foresee has been absorbed.

The sponge takes challenges from the *end* of its eight outputs, and the openings at the next point
are absorbed last, after all at the first: both as OKX's fork of plonky2 has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scanner.liabilities.okx_v2.goldilocks import Ext
from scanner.liabilities.okx_v2.key import CHALLENGES, QUERIES, Key
from scanner.liabilities.okx_v2.poseidon import RATE, WIDTH, Digest, hash_words, permute
from scanner.liabilities.okx_v2.proof_file import Proof


@dataclass(frozen=True, slots=True)
class Challenges:
    """What the verifier draws, in order. betas, gammas, alphas: field elements, 2 each."""

    inputs_hash: Digest
    betas: tuple[int, ...]
    gammas: tuple[int, ...]
    alphas: tuple[int, ...]
    zeta: Ext
    fri_alpha: Ext
    fri_betas: tuple[Ext, ...]
    pow_response: int
    query_indices: tuple[int, ...]


class Sponge:
    """A duplex sponge: absorb words, squeeze challenges."""

    def __init__(self) -> None:
        self._state = [0] * WIDTH
        self._inputs: list[int] = []
        self._outputs: list[int] = []

    def observe(self, words: Iterable[int]) -> None:
        """Absorb words; outputs not yet drawn are dropped."""
        for word in words:
            self._outputs = []
            self._inputs.append(word)
            if len(self._inputs) == RATE:
                self._duplex()

    def observe_ext(self, values: Iterable[Ext]) -> None:
        """Absorb elements of the extension, both components."""
        for value in values:
            self.observe((value.a, value.b))

    def observe_cap(self, cap: Iterable[Digest]) -> None:
        """Absorb the hashes of a cap."""
        for digest in cap:
            self.observe(digest)

    def challenge(self) -> int:
        """Draw one field element."""
        if self._inputs or not self._outputs:
            self._duplex()
        return self._outputs.pop()

    def challenges(self, count: int) -> tuple[int, ...]:
        """Draw several, in order."""
        return tuple(self.challenge() for _ in range(count))

    def challenge_ext(self) -> Ext:
        """Draw an element of the extension."""
        first = self.challenge()
        return Ext(first, self.challenge())

    def _duplex(self) -> None:
        self._state = permute([*self._inputs, *self._state[len(self._inputs) :]])
        self._inputs, self._outputs = [], self._state[:RATE]


def draw(key: Key, proof: Proof) -> Challenges:
    """Draw all challenges of a proof under a key."""
    sponge, openings = Sponge(), proof.openings
    inputs_hash = hash_words(proof.public_inputs)
    sponge.observe(key.digest)
    sponge.observe(inputs_hash)
    sponge.observe_cap(proof.wires_cap)
    betas, gammas = sponge.challenges(CHALLENGES), sponge.challenges(CHALLENGES)
    sponge.observe_cap(proof.zs_cap)
    alphas = sponge.challenges(CHALLENGES)
    sponge.observe_cap(proof.quotient_cap)
    zeta = sponge.challenge_ext()
    sponge.observe_ext(openings.at_zeta())
    sponge.observe_ext(openings.plonk_zs_next)
    fri_alpha = sponge.challenge_ext()
    fri_betas: list[Ext] = []
    for cap in proof.commit_caps:
        sponge.observe_cap(cap)
        fri_betas.append(sponge.challenge_ext())
    sponge.observe_ext(proof.final_poly)
    sponge.observe([proof.pow_witness])
    pow_response = sponge.challenge()
    size = 1 << key.domain_bits
    indices: Sequence[int] = [word % size for word in sponge.challenges(QUERIES)]
    return Challenges(
        inputs_hash,
        betas,
        gammas,
        alphas,
        zeta,
        fri_alpha,
        tuple(fri_betas),
        pow_response,
        tuple(indices),
    )
