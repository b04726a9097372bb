"""The verifying key of a root proof ("root verifier data"): decoded, then held against fixed rules.

The key says which circuit was proven. Its digest covers only the cap and the degree, so everything
else in it is compared with what the published circuits have: a proof under a key of other gates or
other queries is not read, a key that contradicts itself is false. Only the SHA-256 of the whole
bytes pins a key.
Layout: little-endian, no padding, to the last byte; OKX's fork of plonky2 has no lookup fields.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.liabilities.okx_v2.gates import GATES, PARAMETERS, Gate, GateSpec
from scanner.liabilities.okx_v2.goldilocks import GENERATOR, P
from scanner.liabilities.okx_v2.poseidon import DIGEST, Digest, hash_padded, hash_words
from scanner.liabilities.refusal import RefusedError, ShapeError

MAX_KEY = 100_000
"""Bytes of the largest key read; genuine ones have 1,333."""
MAX_COUNT = 4096
"""Entries of the longest list in it; a count is checked before anything is read for it."""
MAX_DEGREE_BITS = 28

WIRES, ROUTED, CONSTANTS, CHALLENGES, QUOTIENT_FACTOR = 135, 80, 2, 2, 8
RATE_BITS, CAP_HEIGHT, QUERIES, POW_BITS = 3, 1, 28, 16
ARITY_BITS, FINAL_BITS = 4, 5
PARTIAL_PRODUCTS = 9  # ceil(80 / 8) - 1
PUBLIC_INPUTS = 6
SECURITY_BITS = 100

_CONFIG = (WIRES, ROUTED, CONSTANTS, SECURITY_BITS, CHALLENGES, QUOTIENT_FACTOR)
_FRI = (RATE_BITS, CAP_HEIGHT, QUERIES, POW_BITS, 1, ARITY_BITS, FINAL_BITS)
_CONSTANT_ARITY = 1


@dataclass(frozen=True, slots=True)
class Key:
    """A decoded key that keeps all rules.

    sha256: of its bytes, hex: what a pin names. cap: of the tree over constants and permutation.
    gates: in the key's order. selectors: for each gate, which selector is its group's.
    groups: (first, end) of the gates of each selector.
    """

    sha256: str
    cap: tuple[Digest, ...]
    digest: Digest
    degree_bits: int
    hiding: bool
    arities: tuple[int, ...]
    gates: tuple[Gate, ...]
    selectors: tuple[int, ...]
    groups: tuple[tuple[int, int], ...]

    @property
    def domain_bits(self) -> int:
        """log2 of the points the committed polynomials are evaluated at."""
        return self.degree_bits + RATE_BITS

    @property
    def constants(self) -> int:
        """Constant polynomials: one selector a group, then the gates' own."""
        return len(self.groups) + CONSTANTS


def sha256_of(data: bytes) -> str:
    """What pins a key: SHA-256 of all its bytes, hex."""
    return hashlib.sha256(data).hexdigest()


def read_key(data: bytes) -> Key:
    """Decode a key and hold it against every rule.

    Both with the byte or field as place: raises ShapeError where bytes are missing or left over, a
    count is above MAX_COUNT, or the configuration, gates or shapes are others than those of the
    published circuits, which are the only ones that are checked here; RefusedError where the key
    contradicts itself, or is of no circuit that binds anything.
    """
    reader = _Reader(data)
    height = reader.number("cap height", CAP_HEIGHT)
    cap = tuple(reader.digest("cap") for _ in range(1 << height))
    digest = reader.digest("circuit digest")
    for name, value in zip(_CONFIG_NAMES, _CONFIG, strict=True):
        reader.number(name, value)
    reader.flag("use_base_arithmetic_gate", 1)
    zero_knowledge = reader.flag("zero_knowledge")
    for part in ("FRI config", "FRI parameters"):
        _read_fri(reader, part)
    arities = reader.numbers("arities")
    degree_bits = reader.number("degree bits")
    hiding = reader.flag("hiding", zero_knowledge)
    if not ARITY_BITS <= degree_bits <= MAX_DEGREE_BITS:
        raise reader.other("degree bits", f"{degree_bits} is out of range")
    if arities != _arities(degree_bits):
        raise reader.refused("arities", f"{arities} is not what degree 2^{degree_bits} gives")
    selectors = reader.numbers("selector indices")
    bounds = [reader.number("group") for _ in range(2 * reader.count("groups"))]
    groups = tuple(zip(bounds[::2], bounds[1::2], strict=True))
    reader.number("quotient factor", QUOTIENT_FACTOR)
    most = reader.number("gate constraints")
    reader.number("constants", len(groups) + CONSTANTS)
    reader.number("public inputs", PUBLIC_INPUTS)
    if reader.words("k_is") != tuple(pow(GENERATOR, j, P) for j in range(ROUTED)):
        raise reader.refused("k_is", "not the powers of 7")
    reader.number("partial products", PARTIAL_PRODUCTS)
    specs = [reader.gate() for _ in range(reader.count("gates"))]
    reader.end()
    gates = _checked_gates(specs, most)
    _check_groups(len(gates), selectors, groups)
    expected = hash_words([*(w for node in cap for w in node), *hash_padded([]), degree_bits])
    if digest != expected:
        raise RefusedError("circuit digest", "not that of the key's own cap and degree")
    return Key(
        sha256_of(data), cap, digest, degree_bits, hiding == 1, arities, gates, selectors, groups
    )


_CONFIG_NAMES = (
    "num_wires",
    "num_routed_wires",
    "num_constants",
    "security_bits",
    "num_challenges",
    "max_quotient_degree_factor",
)


def _read_fri(reader: _Reader, part: str) -> None:
    found = (
        *(reader.number(part) for _ in range(3)),
        reader.small(part),
        reader.flag(part, _CONSTANT_ARITY),
        *(reader.number(part) for _ in range(2)),
    )
    if found != _FRI:
        raise reader.other(part, f"{found}, the published circuits have {_FRI}")


def _arities(degree_bits: int) -> tuple[int, ...]:
    found: list[int] = []
    left = degree_bits
    while left > FINAL_BITS and left + RATE_BITS - ARITY_BITS >= CAP_HEIGHT:
        found.append(ARITY_BITS)
        left -= ARITY_BITS
    return tuple(found)


def _checked_gates(specs: Sequence[GateSpec], most: int) -> tuple[Gate, ...]:
    if len(set(specs)) != len(specs):
        raise RefusedError("gates", "a gate stands twice: no genuine circuit has that")
    for spec in specs:
        if spec not in GATES:
            raise ShapeError("key, gates", f"gate {spec} is of no published circuit")
    if (12,) not in specs:
        raise RefusedError("gates", "no gate ties the public inputs to the circuit")
    gates = tuple(GATES[spec] for spec in specs)
    if most != max(gate.count for gate in gates):
        raise RefusedError("gate constraints", f"{most} is not the largest number that a gate has")
    return gates


def _check_groups(gates: int, selectors: Sequence[int], groups: Sequence[tuple[int, int]]) -> None:
    """Groups must be contiguous, cover all gates, and agree with the selector of each."""
    at, expected = 0, []
    for number, (first, end) in enumerate(groups):
        if first != at or end <= first or end > gates:
            raise RefusedError("groups", f"({first}, {end}) does not follow {at}")
        expected += [number] * (end - first)
        at = end
    if at != gates or tuple(expected) != tuple(selectors):
        raise RefusedError("groups", "they do not cover the gates as the selectors say")


class _Reader:
    """Reads the bytes of a key from the front."""

    def __init__(self, data: bytes) -> None:
        self._data, self._at = data, 0

    def refused(self, what: str, reason: str) -> RefusedError:
        return RefusedError(self._place(what), reason)

    def other(self, what: str, reason: str) -> ShapeError:
        return ShapeError(self._place(what), reason)

    def _place(self, what: str) -> str:
        return f"key, {what} (before byte {self._at})"

    def _take(self, size: int, what: str) -> int:
        part = self._data[self._at : self._at + size]
        if len(part) < size:
            raise self.other(what, "the key ends here")
        self._at += size
        return int.from_bytes(part, "little")

    def number(self, what: str, wanted: int | None = None) -> int:
        return self._wanted(self._take(8, what), what, wanted)

    def small(self, what: str) -> int:
        return self._take(4, what)

    def flag(self, what: str, wanted: int | None = None) -> int:
        found = self._wanted(self._take(1, what), what, wanted)
        if found > 1:
            raise self.other(what, f"{found} is neither 0 nor 1")
        return found

    def _wanted(self, found: int, what: str, wanted: int | None) -> int:
        if wanted is not None and found != wanted:
            raise self.other(what, f"{found}, the published circuits have {wanted}")
        return found

    def count(self, what: str) -> int:
        found = self.number(what)
        if found > MAX_COUNT:
            raise self.other(what, f"a list of {found} entries")
        return found

    def numbers(self, what: str) -> tuple[int, ...]:
        return tuple(self.number(what) for _ in range(self.count(what)))

    def words(self, what: str) -> tuple[int, ...]:
        found = self.numbers(what)
        if any(word >= P for word in found):
            raise self.other(what, "a word is not below the field's order")
        return found

    def digest(self, what: str) -> Digest:
        found = tuple(self.number(what) for _ in range(DIGEST))
        if any(word >= P for word in found):
            raise self.other(what, "a word is not below the field's order")
        return found

    def gate(self) -> GateSpec:
        tag = self.small("gate")
        if tag not in PARAMETERS:
            raise self.other("gate", f"gate {tag} is of no published circuit")
        return (tag, *(self.number("gate") for _ in range(PARAMETERS[tag])))

    def end(self) -> None:
        if self._at != len(self._data):
            raise self.other("end", f"{len(self._data) - self._at} bytes too many")
