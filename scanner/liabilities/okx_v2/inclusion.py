"""One user's file of OKX's second zk-STARK: from the account up to the root of the proof.

The leaf holds the sums over all coins, not the coins: amounts moved from one coin to another make
the same leaf. Shapes are held to the circuit's, which the published tool does not do.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.liabilities import strict
from scanner.liabilities.okx_v2.goldilocks import P
from scanner.liabilities.okx_v2.poseidon import Digest, hash_words, two
from scanner.liabilities.okx_v2.verify import MAX_BALANCE
from scanner.liabilities.refusal import ShapeError

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_AMOUNT = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)
_ID_DIGITS = (14, 14, 14, 14, 8)
_NAMES = ("account", "index", "sum_tree_siblings", "recursive_tree_siblings")


@dataclass(frozen=True, slots=True)
class Shape:
    """What the circuit fixes.

    batch_size: accounts in a batch, a power of two. branchouts: of each level, lowest first.
    """

    batch_size: int
    token_num: int
    branchouts: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class User:
    """A user's account as its file says, and the root that it leads to. id: as the file has it."""

    id: str
    index: int
    equity: int
    debt: int
    root: Digest


def recognises(document: object) -> bool:
    """Whether a JSON document means to be a user's file."""
    return isinstance(document, dict) and {"account", "recursive_tree_siblings"} <= set(document)


def climb(document: object, shape: Shape) -> User:
    """Hash a user's account up to its root. Raises ShapeError for any other form."""
    found = strict.fields(document, "", _NAMES)
    slots = shape.batch_size
    for branchout in shape.branchouts:
        slots *= branchout
    index = strict.integer(found["index"], "/index", slots)
    account = strict.fields(found["account"], "/account", ("id", "equity", "debt"))
    equity = _sum(account["equity"], "/account/equity", shape.token_num)
    debt = _sum(account["debt"], "/account/debt", shape.token_num)
    digest = hash_words([*_id(account["id"]), equity, debt])
    levels = shape.batch_size.bit_length() - 1
    siblings = strict.each(found[_NAMES[2]], f"/{_NAMES[2]}", levels, _hash)
    for bit, sibling in enumerate(siblings):
        digest = two(sibling, digest) if index >> bit & 1 else two(digest, sibling)
    above = index // shape.batch_size
    steps = strict.items(found[_NAMES[3]], f"/{_NAMES[3]}", len(shape.branchouts))
    for number, (step, branchout) in enumerate(zip(steps, shape.branchouts, strict=True)):
        above, position = divmod(above, branchout)
        digest = _level(step, f"/{_NAMES[3]}/{number}", digest, position, branchout)
    return User(str(account["id"]), index, equity, debt, digest)


def _level(value: object, place: str, own: Digest, position: int, branchout: int) -> Digest:
    parts = strict.fields(value, place, ("left_hashes", "right_hashes"))
    left = strict.each(parts["left_hashes"], f"{place}/left_hashes", position, _hash)
    count = branchout - 1 - position
    right = strict.each(parts["right_hashes"], f"{place}/right_hashes", count, _hash)
    return hash_words([word for node in (*left, own, *right) for word in node])


def _sum(value: object, place: str, tokens: int) -> int:
    total = sum(strict.each(value, place, tokens, _amount))
    if total >= MAX_BALANCE:
        raise ShapeError(place, "the amounts add up to 2^62 or more")
    return total


def _amount(value: object, place: str) -> int:
    if not isinstance(value, str) or _AMOUNT.fullmatch(value) is None or int(value) >= MAX_BALANCE:
        raise ShapeError(place, "not a canonical decimal below 2^62")
    return int(value)


def _id(value: object) -> Sequence[int]:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ShapeError("/account/id", "not 64 lower-case hex digits")
    limbs, at = [], 0
    for digits in _ID_DIGITS:
        limbs.append(int(value[at : at + digits], 16))
        at += digits
    return limbs


def _hash(value: object, place: str) -> Digest:
    if not isinstance(value, str) or _HASH.fullmatch(value) is None:
        raise ShapeError(place, "not a hash of 64 lower-case hex digits")
    data = bytes.fromhex(value)
    found = tuple(int.from_bytes(data[at : at + 8], "little") for at in range(0, 32, 8))
    if any(word >= P for word in found):
        raise ShapeError(place, "a word of the hash is not below the field's order")
    return found


def is_power_of_two(number: int) -> bool:
    """Whether a batch can have that size."""
    return number > 0 and number & (number - 1) == 0
