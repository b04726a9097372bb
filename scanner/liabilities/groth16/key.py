"""A verifying key as gnark writes it (`.vk`), either form; and the proofs that it is for."""

from __future__ import annotations

from dataclasses import dataclass

from scanner.liabilities.groth16.points import Point, Reader
from scanner.liabilities.refusal import ShapeError

MAX_PUBLIC = 1000


@dataclass(frozen=True, slots=True)
class Key:
    """alpha, ks: of G1; the others of G2.

    ks: for 1, each public input, and the hash of the commitment. committed: which public inputs,
    from 1, are hashed with the commitment. base, base_sigma: of its proof of knowledge.
    """

    alpha: Point
    beta: Point
    gamma: Point
    delta: Point
    ks: tuple[Point, ...]
    committed: tuple[int, ...]
    base: Point
    base_sigma: Point

    @property
    def public(self) -> int:
        """How many public inputs a proof has."""
        return len(self.ks) - 2


def read_key(data: bytes, place: str) -> Key:
    """Read a whole key. Raises ShapeError, RefusedError (no point of its group)."""
    reader = Reader(data, place)
    alpha = reader.first("alpha")
    reader.first("beta in G1")
    beta, gamma = reader.second("beta"), reader.second("gamma")
    reader.first("delta in G1")
    delta = reader.second("delta")
    count = reader.number(4)
    if not 2 <= count <= MAX_PUBLIC:
        raise ShapeError(
            place, f"{count} points of public inputs, but only 2 to {MAX_PUBLIC} are supported"
        )
    ks = tuple(reader.first(f"K{i}") for i in range(count))
    if (sets := reader.number(4)) != 1:
        raise ShapeError(place, f"{sets} commitments, but only keys with one are supported")
    if (size := reader.number(4)) > count:
        raise ShapeError(place, f"{size} public inputs under a commitment, there are fewer")
    committed = tuple(reader.number(8) for _ in range(size))
    if reader.number(4) != 1:
        raise ShapeError(place, "not one key of a commitment")
    base, base_sigma = (reader.second(f"the commitment's {name}") for name in ("base", "sigma"))
    reader.end()
    if not all(1 <= at <= count - 2 for at in committed):
        raise ShapeError(place, "a commitment over a public input that there is not")
    names = ("beta", "gamma", "delta", "the commitment's base", "the commitment's sigma")
    for name, point in zip(names, (beta, gamma, delta, base, base_sigma), strict=True):
        reader.ordered(point, name)
    return Key(alpha, beta, gamma, delta, ks, committed, base, base_sigma)


@dataclass(frozen=True, slots=True)
class Proof:
    """a, krs, commitment, knowledge: of G1; b: of G2. written: the commitment's bytes, plain."""

    a: Point
    b: Point
    krs: Point
    commitment: Point
    knowledge: Point
    written: bytes


def read_proof(data: bytes, place: str) -> Proof:
    """Read a whole proof. Raises ShapeError, RefusedError (no point of its group)."""
    reader = Reader(data, place)
    a, b, krs = reader.first("A"), reader.second("B"), reader.first("Krs")
    if (count := reader.number(4)) != 1:
        raise ShapeError(place, f"{count} commitments, but only proofs with one are supported")
    commitment, knowledge = reader.first("the commitment"), reader.first("its proof of knowledge")
    reader.end()
    reader.ordered(b, "B")
    written = b"".join(int(part).to_bytes(32, "big") for part in commitment[:2])
    return Proof(a, b, krs, commitment, knowledge, written)
