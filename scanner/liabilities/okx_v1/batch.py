"""One `sum_proof.json` of OKX's first zk-STARK: read strictly, checked as its own verifier does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import mul

from scanner.liabilities import strict
from scanner.liabilities.okx_v1.field import (
    BLOWUP,
    MAX_STEPS,
    POW_BITS,
    SAMPLES,
    P,
    number,
    root_of_unity,
    sampled,
)
from scanner.liabilities.okx_v1.low_degree import (
    WHERE,
    Layer,
    LowDegree,
    check_low_degree,
    layers_of,
)
from scanner.liabilities.okx_v1.tree import check_branches
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.addresses.keccak import keccak256 as keccak

ROWS_PER_USER = (16, 32, 64)
"""More rows would let a user's value pass the field's order, and the range check with it."""

_NAMES = (
    "steps",
    "uts",
    "mtree_root",
    "l_mtree_root",
    "pow_nonce",
    "mtree_branches",
    "mtree_entries_data",
    "l_mtree_branches",
    "low_degree_proof",
)
_TRACE_QUOTIENTS = 4


@dataclass(frozen=True, slots=True)
class Coins:
    """names: in the order of all columns. bound: how many of the first have any constraint."""

    names: tuple[str, ...]
    bound: int


@dataclass(frozen=True, slots=True)
class Row:
    """What is opened at one point: net value, coins (none where only their hash is), leaf."""

    net: int
    coins: Sequence[int]
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Sample:
    """Four rows: a point's own, one row on, `uts - 1` rows on and `uts` rows on.

    id, trace, coin: the own row's identity, and quotients of the trace and of the coins.
    """

    own: Row
    id: int
    trace: Sequence[int]
    coin: Sequence[int]
    following: Row
    before: Row
    total: Row


@dataclass(frozen=True, slots=True)
class SumProof:
    """One batch's proof. steps: rows of the trace; uts: rows a user."""

    steps: int
    uts: int
    root: bytes
    mixed_root: bytes
    nonce: bytes
    branches: Sequence[Sequence[bytes]]
    samples: Sequence[Sample]
    mixed_branches: Sequence[Sequence[bytes]]
    low_degree: LowDegree


def read_proof(document: object, coins: Coins) -> SumProof:
    """Read one proof; every list has the length that `steps` and the coins give it.

    Raises ShapeError; RefusedError where the rows a user are none of ROWS_PER_USER.
    """
    found = strict.fields(document, "", _NAMES)
    steps = strict.integer(found["steps"], "/steps", MAX_STEPS + 1)
    uts = strict.integer(found["uts"], "/uts", MAX_STEPS + 1)
    if steps & (steps - 1) or steps < 64:
        raise ShapeError("/steps", f"{steps} is no power of two from 64 on")
    if uts > max(ROWS_PER_USER):
        raise RefusedError("/uts", f"{uts} rows a user: with that the range check means nothing")
    if uts not in ROWS_PER_USER or uts > steps:
        raise ShapeError("/uts", f"{uts} rows a user: only {ROWS_PER_USER} are known")
    size = BLOWUP * steps
    entries = strict.items(found["mtree_entries_data"], "/mtree_entries_data", 4 * SAMPLES)
    return SumProof(
        steps,
        uts,
        strict.hex_bytes(found["mtree_root"], "/mtree_root", 32),
        strict.hex_bytes(found["l_mtree_root"], "/l_mtree_root", 32),
        strict.hex_bytes(found["pow_nonce"], "/pow_nonce", 32),
        _branches(found["mtree_branches"], "/mtree_branches", 4 * SAMPLES, size),
        [_sample(entries, i, coins) for i in range(SAMPLES)],
        _branches(found["l_mtree_branches"], "/l_mtree_branches", SAMPLES, size),
        _low_degree(found["low_degree_proof"], steps),
    )


def _branches(value: object, place: str, count: int, size: int) -> Sequence[Sequence[bytes]]:
    def branch(entry: object, where: str) -> Sequence[bytes]:
        parts = strict.items(entry, where, size.bit_length())
        first = strict.hex_bytes(parts[0], f"{where}/0", 32)
        rest = (
            strict.hex_bytes(part, f"{where}/{i}", 32) if part != "" else b""
            for i, part in enumerate(parts[1:], 1)
        )
        return [first, *rest]

    return strict.each(value, place, count, branch)


def _low_degree(value: object, steps: int) -> LowDegree:
    count = layers_of(steps)
    *layers, last = strict.items(value, WHERE, count + 1)
    size, found = BLOWUP * steps, []
    for depth, layer in enumerate(layers):
        where = f"{WHERE}/{depth}"
        root, column, row = strict.items(layer, where, 3)
        found.append(
            Layer(
                strict.hex_bytes(root, f"{where}/0", 32),
                _branches(column, f"{where}/1", SAMPLES, size // 4),
                _branches(row, f"{where}/2", 4 * SAMPLES, size),
            )
        )
        size //= 4
    values = strict.each(
        last, f"{WHERE}/{count}", size, lambda entry, at: strict.hex_bytes(entry, at, 32)
    )
    return LowDegree(found, values)


def _sample(entries: Sequence[object], i: int, coins: Coins) -> Sample:
    columns = len(coins.names)
    place = f"/mtree_entries_data/{4 * i}"
    words = 2 + columns + _TRACE_QUOTIENTS + 2 * coins.bound
    data = strict.hex_bytes(entries[4 * i], place, 32 * words)
    parts = [data[at : at + 32] for at in range(0, len(data), 32)]
    values = [number(part) for part in parts]
    identity = values.pop(1 + columns)  # of users, so of any 256 bits
    if any(value >= P for value in values):
        raise ShapeError(place, "a value is not below the field's order")
    quotients = 1 + columns
    leaf = keccak(
        parts[0]
        + keccak(b"".join(parts[1:quotients]))
        + parts[quotients]
        + keccak(b"".join(parts[quotients + 1 :]))
    )
    return Sample(
        Row(values[0], values[1:quotients], leaf),
        identity,
        values[quotients : quotients + _TRACE_QUOTIENTS],
        values[quotients + _TRACE_QUOTIENTS :],
        _row(entries[4 * i + 1], f"/mtree_entries_data/{4 * i + 1}", None),
        _row(entries[4 * i + 2], f"/mtree_entries_data/{4 * i + 2}", columns),
        _row(entries[4 * i + 3], f"/mtree_entries_data/{4 * i + 3}", columns),
    )


def _row(value: object, place: str, columns: int | None) -> Row:
    """columns: how many coins are shown; None where only their hash is."""
    parts = strict.items(value, place, 4)
    net, coins, identity, blind = (
        strict.hex_bytes(part, f"{place}/{k}", 32 * (columns or 1) if k == 1 else 32)
        for k, part in enumerate(parts)
    )
    shown: list[int] = []
    if columns is not None:
        shown = [number(coins[at : at + 32]) for at in range(0, len(coins), 32)]
    if any(amount >= P for amount in (number(net), *shown)):
        raise ShapeError(place, "a value is not below the field's order")
    leaf = keccak(net + (coins if columns is None else keccak(coins)) + identity + blind)
    return Row(number(net), shown, leaf)


def check_proof(proof: SumProof, totals: Sequence[int], coins: Coins) -> None:
    """Check one batch against its claimed totals, coins in order and the sum of all last.

    Raises RefusedError with the place.
    """
    if any(not 0 <= total < P for total in totals) or sum(totals[:-1]) != totals[-1]:
        raise RefusedError("sum_values.json", "the coins' totals do not add up to total_value")
    if number(keccak(proof.root + proof.nonce)) >> (256 - POW_BITS):
        raise RefusedError("/pow_nonce", "it does not show the work")
    check_low_degree(proof.mixed_root, proof.steps, proof.low_degree)
    size = BLOWUP * proof.steps
    positions = sampled(proof.mixed_root, size)
    offsets = (0, BLOWUP, (proof.uts - 1) * BLOWUP, proof.uts * BLOWUP)
    opened = [(x + offset) % size for x in positions for offset in offsets]
    check_branches(proof.root, size, opened, proof.branches, "/mtree_branches")
    check_branches(proof.mixed_root, size, positions, proof.mixed_branches, "/l_mtree_branches")
    checker = _Constraints(proof, totals, coins)
    for i, (position, sample) in enumerate(zip(positions, proof.samples, strict=True)):
        rows = (sample.own, sample.following, sample.before, sample.total)
        for k, row in enumerate(rows):
            if row.leaf != proof.branches[4 * i + k][0]:
                raise RefusedError(f"/mtree_entries_data/{4 * i + k}", "not the leaf of its branch")
        mixed = number(proof.mixed_branches[i][0])
        checker.check(position, sample, mixed, f"/mtree_entries_data/{4 * i}")


class _Constraints:
    """The polynomial identities at one point."""

    def __init__(self, proof: SumProof, totals: Sequence[int], coins: Coins) -> None:
        self._steps, self._uts, self._totals = proof.steps, proof.uts, totals
        self._coins = coins
        self._users = proof.steps // proof.uts
        self._domain = root_of_unity(BLOWUP * proof.steps)
        row = pow(self._domain, BLOWUP, P)
        self._first = pow(row, proof.uts - 1, P)  # the running total's first row ...
        self._last = pow(row, proof.steps - 1, P)  # ... and its last
        self._slot = [pow(row, (proof.uts - k) * self._users, P) for k in (2, 1)]
        self._span = pow(self._last - self._first, -1, P)
        count = 2 * (4 + len(coins.names) + 1 + 2 * coins.bound)
        self._mixing = [
            number(keccak(proof.nonce + i.to_bytes(32, "big"))) % P for i in range(count)
        ]

    def check(self, position: int, sample: Sample, mixed: int, place: str) -> None:
        """Raise RefusedError unless everything holds at this point."""
        x = pow(self._domain, position, P)
        slot = pow(x, self._users, P)
        ends = (x - self._first) * (x - self._last) % P
        rows = (slot - self._slot[0]) * (slot - self._slot[1]) % P
        every = (pow(x, self._steps, P) - 1) * pow(rows, -1, P) % P
        running = (slot - self._slot[1]) * pow(x - self._last, -1, P) % P
        line = (x - self._first) * self._span % P  # 0 at the first row, 1 at the last
        net, following = sample.own.net, sample.following.net
        quarter = following - 4 * net
        digit = quarter * (quarter - 1) % P * ((quarter - 2) * (quarter - 3) % P)
        steps = sample.total.net - sample.before.net - net
        expected = (
            ("a user's value starts above 0", net, (slot - 1)),
            ("a digit of a value is not 0 to 3", digit, every),
            ("values do not add up", steps, running),
            ("the running total does not end at total_value", net - line * self._totals[-1], ends),
        )
        for (what, value, vanishing), quotient in zip(expected, sample.trace, strict=True):
            if (value - quotient * vanishing) % P:
                raise RefusedError(place, what)
        for i in range(self._coins.bound):
            own = sample.own.coins[i]
            added = sample.total.coins[i] - sample.before.coins[i] - own
            ended = own - line * self._totals[i]
            if (added - sample.coin[2 * i] * running) % P:
                raise RefusedError(place, f"amounts of {self._coins.names[i]} do not add up")
            if (ended - sample.coin[2 * i + 1] * ends) % P:
                what = f"the running total of {self._coins.names[i]} does not end at its claim"
                raise RefusedError(place, what)
        self._check_mixed(sample, pow(x, 3 * self._steps, P), mixed, place)

    def _check_mixed(self, sample: Sample, power: int, mixed: int, place: str) -> None:
        trace = sample.trace
        columns = [sample.own.net, *sample.own.coins, sample.id, trace[0], *trace[2:], *sample.coin]
        plain = sum(map(mul, self._mixing[::2], columns))
        raised = sum(map(mul, self._mixing[1::2], columns)) % P
        if (plain + raised * power + trace[1] - mixed) % P:
            raise RefusedError(place, "the columns do not mix to the value that was committed to")
