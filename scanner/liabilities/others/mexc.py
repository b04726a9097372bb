"""MEXC's path of one user: leaf, siblings by level, root. Hashes are SHA-256 cut to 128 bits.

leaf = SHA256(proof "," account "," COIN:amount,...), inner node = SHA256(left "," right ","
COIN:amount,...), coins by name. A level without a sibling has an empty one on the right.
A leaf and an inner node are of one form, so what stands for an account must not be two hashes.
Source: github.com/mexcmerkle/mexc-proof-of-reserves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from scanner.liabilities import strict
from scanner.liabilities.others.amounts import Amounts, add, decimal, negative, read_amounts
from scanner.liabilities.others.path import Path, Step
from scanner.liabilities.refusal import RefusedError, ShapeError

NAME = "mexc_path"
PUBLISHER = "MEXC"
GAPS = ("a path shows that this user is in the root, not that the rest of the tree is sound",)
MAX_LEVEL = 64
_LEFT, _RIGHT, _ROOT = 1, 2, 3
_HASH = re.compile(r"(?:[0-9a-f]{32})?", re.ASCII)
_ALWAYS = ("BTC", "USDT", "ETH", "USDC")


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be such a path."""
    return "self" in document and "pathList" in document


def check(document: Mapping[str, object]) -> Path:
    """Climb from the leaf to the root.

    Raises RefusedError where something is false, ShapeError where it is not of the form.
    """
    parts = strict.fields(document, "", ("pathList", "self"))
    own = strict.mapping(parts["self"], "/self")
    amounts, digest = _read(own, "/self")
    proof, account = own.get("proofId"), own.get("accountId")
    if not isinstance(proof, str) or not isinstance(account, str):
        raise ShapeError("/self", "it has no proofId and accountId")
    if _HASH.fullmatch(proof) and _HASH.fullmatch(account):
        what = "proofId and accountId look like two hashes, as those of a node of others' leaves do"
        raise ShapeError("/self", what)
    if "," in proof + account:
        raise ShapeError("/self", "a comma in proofId or accountId: where they end is not hashed")
    if digest != _hash(f"{proof},{account},{_text(amounts)}"):
        raise RefusedError("/self/hash", "not the hash of the user's account and balances")
    levels, depth = _levels(parts["pathList"])
    root = levels.pop(depth)
    side = strict.integer(own.get("type"), "/self/type", 3)
    steps = []
    totals = amounts
    for level in range(depth):
        place, node = levels.pop(level, ("", {}))
        sibling, its_hash = _read(node, place) if node else ({}, "")
        side = _side(node, place, side if level == 0 else None)
        pair = (digest, its_hash) if side == _LEFT else (its_hash, digest)
        if pair[1]:  # an empty right adds no coin; any other pair has the four
            totals = {**dict.fromkeys(_ALWAYS, 0), **totals}
        totals = add(totals, sibling)
        digest = _hash(f"{pair[0]},{pair[1]},{_text(totals)}")
        steps.append(Step(its_hash, place))
    place, node = root
    claimed, its_hash = _read(node, place)
    if digest != its_hash:
        raise RefusedError(place, "the path does not lead to this root")
    if {c: n for c, n in totals.items() if n} != {c: n for c, n in claimed.items() if n}:
        raise RefusedError(place, "the path does not add up to what the root says")
    return Path(amounts, its_hash, claimed, tuple(steps), account=account)


def _side(sibling: Mapping[str, object], place: str, own: int | None) -> int:
    """Which side a node stands on. own: what it says itself; only the user's leaf does."""
    if not sibling:
        return own or _LEFT
    other = strict.integer(sibling.get("type"), f"{place}/type", _ROOT)
    side = _RIGHT if other == _LEFT else _LEFT
    if own is not None and own != side:
        raise RefusedError(f"{place}/type", "leaf and sibling are both on one side")
    return side


_Placed = tuple[str, Mapping[str, object]]


def _levels(value: object) -> tuple[dict[int, _Placed], int]:
    """Level -> place and entry; and the root's level. Each level once."""
    if not isinstance(value, list) or not 1 <= len(value) <= MAX_LEVEL:
        raise ShapeError("/pathList", f"not a path of 1 to {MAX_LEVEL} steps")
    found: dict[int, _Placed] = {}
    for i, entry in enumerate(value):
        place = f"/pathList/{i}"
        node = strict.mapping(entry, place)
        level = strict.integer(node.get("level"), f"{place}/level", MAX_LEVEL)
        if level in found:
            raise ShapeError(f"{place}/level", f"level {level} twice")
        found[level] = place, node
    depth = max(found)
    if found[depth][1].get("type") != _ROOT or depth == 0:
        raise ShapeError("/pathList", "no root at the highest level")
    return found, depth


def _read(node: Mapping[str, object], place: str) -> tuple[dict[str, int], str]:
    amounts = read_amounts(node.get("balances"), f"{place}/balances")
    if below := negative(amounts):
        raise RefusedError(place, below)
    digest = node.get("hash")
    if not isinstance(digest, str) or _HASH.fullmatch(digest) is None:
        raise ShapeError(f"{place}/hash", "not a hash of 32 hex digits")
    if not digest and any(amounts.values()):
        raise RefusedError(place, "an empty node must hold nothing")
    return amounts if digest else {}, digest


def _text(amounts: Amounts) -> str:
    return ",".join(f"{coin}:{decimal(amounts[coin])}" for coin in sorted(amounts))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
