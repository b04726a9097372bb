"""Bitget's path of one user, `merkel_tree_bg.json`: leaf, siblings, root.

leaf = SHA256(uid "," nonce "," balances as JSON), inner node = SHA256(left right "," balances as
JSON "," level), each cut to 16 hex digits: 64 bits, so two leaves of one hash are found with some
2^32 trials, and a user may be shown a leaf that another is shown, too.
Source: github.com/BitgetLimited/proof-of-reserves.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from scanner.liabilities import strict
from scanner.liabilities.others.amounts import Amounts, add, decimal, negative, read_amounts
from scanner.liabilities.others.path import Path, Step
from scanner.liabilities.refusal import RefusedError, ShapeError

NAME = "bitget_path"
PUBLISHER = "Bitget"
GAPS = (
    "a path shows that this user is in the root, not that the rest of the tree is sound",
    "hashes are cut to 64 bits: about 2^32 trials can give two users the same leaf",
)
MAX_LEVEL = 64
_LEFT, _RIGHT = 1, 2
_EMPTY = 0
_HASH = re.compile(r"[0-9a-f]{16}", re.ASCII)


@dataclass(frozen=True, slots=True)
class _Node:
    hash: str
    amounts: Amounts
    level: int
    role: int
    place: str


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be such a path."""
    own = document.get("self")
    return isinstance(own, dict) and "merkelLeaf" in own and "path" in document


def check(document: Mapping[str, object]) -> Path:
    """Climb from the leaf to the root.

    Raises RefusedError where something is false, ShapeError where it is not of the form.
    """
    parts = strict.fields(document, "", ("path", "self"))
    own = _node(parts["self"], "/self")
    path = parts["path"]
    if not isinstance(path, list) or not 2 <= len(path) <= MAX_LEVEL:
        raise ShapeError("/path", f"not a path of 2 to {MAX_LEVEL} steps")
    steps = [_node(entry, f"/path/{i}") for i, entry in enumerate(path)]
    root = steps.pop()
    account = _check_leaf(own, strict.mapping(parts["self"], "/self"))
    for node in (own, *steps, root):
        if below := negative(node.amounts):
            raise RefusedError(node.place, below)
        if list(node.amounts) != list(own.amounts):
            raise ShapeError(node.place, "other coins, or in another order, than the user's")
    if own.role not in (_LEFT, _RIGHT) or steps[0].role == own.role:
        raise RefusedError("/path/0/role", "leaf and sibling are both on one side")
    node = own
    for sibling in steps:
        node = _parent(node, sibling)
    if (node.hash, node.level) != (root.hash, root.level):
        raise RefusedError(root.place, "the path does not lead to this root")
    if node.amounts != root.amounts:
        raise RefusedError(root.place, "the path does not add up to what the root says")
    ways = tuple(Step(s.hash, s.place) for s in steps)
    return Path(own.amounts, root.hash, root.amounts, ways, account=account)


def _check_leaf(own: _Node, said: Mapping[str, object]) -> str:
    """Whose leaf it is."""
    uid, nonce = said.get("encryptUid"), said.get("nonce")
    if not isinstance(uid, str) or not isinstance(nonce, str):
        raise ShapeError("/self", "it has no encryptUid and nonce")
    if "," in uid + nonce:
        raise ShapeError("/self", "a comma in encryptUid or nonce: where they end is not hashed")
    if own.hash != _hash(f"{uid},{nonce},{_json(own.amounts)}"):
        raise RefusedError("/self/merkelLeaf", "not the hash of the user's id, nonce and balances")
    return uid


def _parent(node: _Node, sibling: _Node) -> _Node:
    if sibling.level != node.level:
        what = f"level {sibling.level}, its sibling is at {node.level}"
        raise RefusedError(f"{sibling.place}/level", what)
    if sibling.role not in (_EMPTY, _LEFT, _RIGHT):
        raise RefusedError(f"{sibling.place}/role", "neither left, right nor empty")
    if sibling.role == _EMPTY and (sibling.hash != node.hash or any(sibling.amounts.values())):
        raise RefusedError(sibling.place, "an empty node must be its neighbour, holding nothing")
    left, right = (sibling, node) if sibling.role == _LEFT else (node, sibling)
    amounts = add(left.amounts, right.amounts)
    level = node.level - 1
    text = f"{left.hash}{right.hash},{_json(amounts)},{level}"
    return _Node(_hash(text), amounts, level, 0, node.place)


def _node(value: object, place: str) -> _Node:
    found = strict.mapping(value, place)
    digest, level = found.get("merkelLeaf"), found.get("level")
    if not isinstance(digest, str) or _HASH.fullmatch(digest) is None:
        raise ShapeError(f"{place}/merkelLeaf", "not a hash of 16 hex digits")
    role = strict.integer(found.get("role", 3), f"{place}/role", 4)
    amounts = read_amounts(found.get("balances"), f"{place}/balances")
    return _Node(digest, amounts, strict.integer(level, f"{place}/level", MAX_LEVEL), role, place)


def _json(amounts: Amounts) -> str:
    inner = ",".join(f'"{coin}":"{decimal(amount)}"' for coin, amount in amounts.items())
    return "{" + inner + "}"


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
