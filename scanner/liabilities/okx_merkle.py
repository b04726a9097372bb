"""OKX's first two liability proofs (2022-11 to 2023-03): SHA-256 sum trees over three coins.

First form, `merkle_proof_file.json`: one user's leaf and the path to the root. It shows that the
user is in that root and that the root's totals contain the balance; not that the rest of the tree
is sound.
Second form, `full-liabilities-merkle-tree.txt`: the whole tree, hashed and added up again here at
every level; with `user_info_file.json` a user finds their leaves in it.

Hashes are lower-case hex text, and are hashed as text. leaf = SHA256(nonce || balances as JSON);
second form: a user's node = SHA256(user hash || BTC || ETH || USDT);
inner node = SHA256(left || right || BTC || ETH || USDT || height), with its own sums.
Source: github.com/okx/proof-of-reserves; its validator adds up the leaves only.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from scanner.errors import ListFormatError, clip
from scanner.liabilities.interface import (
    MAX_PROBLEMS,
    OTHER_ROUND,
    ROOT_ALONE,
    Inclusion,
    Liability,
    LiabilityEvidence,
    TreeCheck,
    TreeProblem,
)
from scanner.liabilities.okx_balances import (
    COINS,
    DECIMALS,
    NOT_BOUND,
    ZERO,
    Amounts,
    BalancesError,
    add,
    as_json,
    negative,
    plain,
    read_balances,
    shown,
)
from scanner.liabilities.okx_level import MAX_LEVEL, Level, Node, parent_of
from scanner.liabilities.opening import lines_of, read_whole
from scanner.model.jsontext import read_json

TREE = "okx_tree"
MAX_JSON = 1_000_000
PATH_NAME = "okx_path"
MAX_HEIGHT = 48

_HASH = re.compile(r"[0-9a-f]{64}", re.ASCII)
_LINE = re.compile(rb"([0-9a-f]{64}),([1-9][0-9]?),(\{.*\})\r?\n?")
_MAX_LINE = 512
_LEFT, _RIGHT, _ROOT, _PADDING = 1, 2, 3, 4


def recognises(head: bytes) -> bool:
    """Whether a file that starts so is a whole tree of the second form."""
    return _LINE.match(head.split(b"\n")[0]) is not None


def recognises_path(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be a user's path of the first form."""
    own = document.get("self")
    return "path" in document and isinstance(own, dict) and {"auditId", "hash"} <= own.keys()


def recognises_user(document: Mapping[str, object]) -> bool:
    """Whether a JSON object means to be a user's file for a whole tree."""
    return {"hash", "nonce", "nodes", "totalBalances"} <= document.keys()


def check_tree(path: Path) -> TreeCheck:
    """Hash and add up every level of a tree of the second form again.

    Raises ListFormatError (line): a line that is not `hash,height,{balances}` with canonical
    balances, levels out of order, or a level with the wrong number of nodes.
    """
    return _Tree(path).check()


def verify_in_tree(tree: Path, user: Path) -> Inclusion:
    """Find a user (`user_info_file.json`) in a tree of the second form that is checked whole.

    Raises ListFormatError where one of the files cannot be read.
    """
    checked = _Tree(tree)
    result = checked.check()
    found = _user(user)
    reason, positions = "", tuple[int, ...]()
    if not result.holds:
        reason = f"the tree is false: line {result.problems[0].line}: {result.problems[0].reason}"
    elif found.reason:
        reason = found.reason
    else:
        positions, reason = checked.find(found.nodes)
    return Inclusion(
        not reason,
        result.root,
        dict(zip(COINS, found.amounts, strict=True)),
        DECIMALS,
        result.totals,
        positions,
        reason,
        result.format,
        gaps=() if reason else result.gaps,
        unproven=result.levels == 1 and not reason,
        sha256=result.sha256,
    )


def verify_path(path: Path) -> Inclusion:
    """Check a proof of the first form: leaf, every step, and the root; unproven under any root.

    Raises ListFormatError where the file is not such a proof.
    """
    document, sha256 = _json(path)
    steps = document.get("path")
    if not isinstance(steps, list) or not 2 <= len(steps) <= MAX_HEIGHT:
        raise ListFormatError(path.name, "it has no path of 2 to 48 steps")
    own, kind, nonce = _entry(path.name, "self", document.get("self"))
    entries = [_entry(path.name, f"step {n}", step) for n, step in enumerate(steps, 1)]
    root, root_kind, _ = entries.pop()
    reason = "" if root_kind == _ROOT else "the last step is not a root"
    for number, (node, _, _) in enumerate([(own, 0, ""), *entries, (root, 0, "")]):
        if below := negative(node.amounts):
            reason = reason or f"step {number}: {below}"
    reason = reason or _leaf_problem(own, nonce) or _climb(own, kind, entries, root)
    level = LiabilityEvidence.PUBLISHED if reason else LiabilityEvidence.ROOT_LINKED
    return Inclusion(
        not reason,
        root.hash,
        dict(zip(COINS, own.amounts, strict=True)),
        DECIMALS,
        _totals(root, level, path.name),
        reason=reason,
        format=PATH_NAME,
        gaps=() if reason else (NOT_BOUND,),
        unproven=not reason,
        sha256=sha256,
    )


def _climb(own: Node, kind: int, entries: list[tuple[Node, int, str]], root: Node) -> str:
    """Climb from the leaf to the root. Returns what is wrong, "" if nothing is."""
    node = own
    for number, (sibling, its_kind, nonce) in enumerate(entries, 1):
        place = f"step {number}"
        if sibling.height != node.height:
            return f"{place}: height {sibling.height}, its sibling is at {node.height}"
        if its_kind not in (_LEFT, _RIGHT, _PADDING):
            return f"{place}: type {its_kind} is neither left, right nor padding"
        left = its_kind == _LEFT
        if number == 1 and (kind not in (_LEFT, _RIGHT) or (kind == _RIGHT) is not left):
            return f"{place}: leaf and sibling are both on one side"
        if its_kind == _PADDING and (sibling.hash, sibling.amounts) != (node.hash, ZERO):
            return f"{place}: padding must repeat its neighbour's hash and hold nothing"
        if nonce and _leaf_problem(sibling, nonce):
            return f"{place}: {_leaf_problem(sibling, nonce)}"
        pair = (sibling, node) if left else (node, sibling)
        node = parent_of(pair[0], pair[1])
    if node.height != root.height:
        return f"the path ends at height {node.height}, the root is at {root.height}"
    if node.amounts != root.amounts:
        return f"the path adds up to {shown(node.amounts)}, the root says {shown(root.amounts)}"
    return "" if node.hash == root.hash else "the path does not hash to the root"


def _leaf_problem(leaf: Node, nonce: str) -> str:
    digest = hashlib.sha256(nonce.encode() + as_json(leaf.amounts)).hexdigest()
    return "" if digest == leaf.hash else "the leaf's hash does not match its nonce and balances"


class _Tree:
    """Reads a tree of the second form; keeps one level and, after `check`, the leaves."""

    def __init__(self, path: Path) -> None:
        self._path, self._file, self._digest = path, path.name, hashlib.sha256()
        self._leaves, self._first = Level(1), 0
        self._problems: list[TreeProblem] = []
        self._count = 0

    def check(self) -> TreeCheck:
        levels = self._levels()
        above = next(levels, None)
        if above is None or len(above) != 1:
            raise ListFormatError(self._file, "the first line must be the root alone", 1)
        root, nodes, count = above[0], 1, 1
        for below in levels:
            self._compare(above, self._with_children(above, below), below)
            above, nodes, count = below, nodes + len(below), count + 1
        if above[0].height != 1:
            what = f"the file ends at height {above[0].height}: levels are missing"
            raise ListFormatError(self._file, what, above[-1].line)
        self._leaves, self._first = above, int(_is_padding(above))
        leaves = len(above) - self._first
        shown = count > 1 and not self._count
        evidence = LiabilityEvidence.REHASHED if shown else LiabilityEvidence.PUBLISHED
        sha256 = self._digest.hexdigest()
        return TreeCheck(
            TREE,
            root.hash,
            "",
            count,
            nodes,
            leaves,
            _totals(root, evidence, self._file, {"leaves": str(leaves), "sha256": sha256}),
            tuple(self._problems),
            self._count,
            (NOT_BOUND,) if count > 1 else (ROOT_ALONE, NOT_BOUND),
            sha256,
        )

    def find(self, wanted: tuple[Node, ...]) -> tuple[tuple[int, ...], str]:
        """Positions of a user's nodes among the leaves, from the left, each used once."""
        places: dict[tuple[str, Amounts], list[int]] = {(n.hash, n.amounts): [] for n in wanted}
        for index in range(len(self._leaves) - 1, self._first - 1, -1):
            leaf = self._leaves[index]
            if (leaf.hash, leaf.amounts) in places:
                places[leaf.hash, leaf.amounts].append(len(self._leaves) - 1 - index)
        found: list[int] = []
        for number, node in enumerate(wanted, 1):
            left = places.get((node.hash, node.amounts))
            if not left:
                what = f"node {number} of the user is not among the leaves"
                return tuple(found), f"{what}; {OTHER_ROUND}"
            found.append(left.pop(0))
        return tuple(found), ""

    def _levels(self) -> Iterator[Level]:
        """Levels from the root down; one that is wider than that above allows ends the reading."""
        level, most = Level(0), 0
        for node in self._nodes():
            if not level or node.height != level.height:
                if level:
                    yield level
                    if node.height != level.height - 1:
                        what = f"height {node.height} after height {level.height}"
                        raise ListFormatError(self._file, what, node.line)
                level, most = Level(node.height), 2 * len(level) or 1
            if len(level) == most:
                what = f"more than {most:,} nodes at height {node.height}: lines are missing above"
                if most == 1:
                    what = "the first line must be the root alone"
                raise ListFormatError(self._file, what, node.line)
            if len(level) == MAX_LEVEL:
                raise ListFormatError(self._file, f"more than {MAX_LEVEL:,} nodes in one level")
            level.append(node)
        if level:
            yield level

    def _nodes(self) -> Iterator[Node]:
        number = 0
        with lines_of(self._path) as stream:
            while text := stream.readline(_MAX_LINE):
                number += 1
                self._digest.update(text)
                if text.strip():
                    yield self._node(text, number)

    def _node(self, text: bytes, line: int) -> Node:
        match = _LINE.fullmatch(text)
        try:
            if match is None:
                raise BalancesError("not hash,height,{balances}")
            value = read_json(match[3], parse_float=str, parse_int=str)
            amounts = read_balances(value)
            if match[3] != as_json(amounts):
                raise BalancesError("balances are not written as they are hashed")
        except ValueError as e:
            raise ListFormatError(self._file, clip(str(e), 120), line) from None
        if below := negative(amounts):
            self._problem(line, below)
        return Node(match[1].decode(), int(match[2]), amounts, line)

    def _with_children(self, above: Level, below: Level) -> int:
        """From which node on they have children: all, or all but the padding, written first."""
        if len(below) == 2 * len(above):
            return 0
        if len(below) == 2 * (len(above) - 1):
            if not _is_padding(above):
                reason = "padding must repeat its neighbour's hash and hold nothing"
                self._problem(above[0].line, reason)
            return 1
        what = (
            f"{len(below)} nodes at height {below[0].height} under {len(above)}: lines are missing"
        )
        raise ListFormatError(self._file, what, below[0].line)

    def _compare(self, above: Level, first: int, below: Level) -> None:
        for index in range(len(above) - first):
            node = above[first + index]
            expected = parent_of(below[2 * index + 1], below[2 * index])
            if expected.amounts != node.amounts:
                reason = f"the node says {shown(node.amounts)}, its children add up to "
                self._problem(node.line, reason + shown(expected.amounts))
            elif expected.hash != node.hash:
                self._problem(node.line, "the hash does not match the node's children")

    def _problem(self, line: int, reason: str) -> None:
        self._count += 1
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(TreeProblem(line, reason))


def _is_padding(level: Level) -> bool:
    return len(level) > 1 and level[0].hash == level[1].hash and level[0].amounts == ZERO


@dataclass(frozen=True, slots=True)
class _User:
    """A user's file: what all their nodes hold together, and the nodes. reason: what is false."""

    amounts: Amounts
    nodes: tuple[Node, ...]
    reason: str


def _user(path: Path) -> _User:
    document, _ = _json(path)
    nonce, own = document.get("nonce"), document.get("hash")
    parts = document.get("nodes")
    if not isinstance(nonce, str) or not isinstance(parts, list) or not _is_hash(own):
        raise ListFormatError(path.name, "it has no hash, nonce and nodes of a user")
    amounts = _balances(path.name, "totalBalances", document.get("totalBalances"))
    nodes = []
    for number, part in enumerate(parts, 1):
        place = f"node {number}"
        if not isinstance(part, dict) or not _is_hash(part.get("hash")):
            raise ListFormatError(path.name, f"{place}: no hash in it")
        held = _balances(path.name, place, part.get("balances"))
        nodes.append(Node(part["hash"], 1, held))
    reason = "" if nodes else "the user's file names no node"
    for node in (Node("", 1, amounts), *nodes):
        reason = reason or negative(node.amounts)
    reason = reason or _leaf_problem(Node(str(own), 1, amounts), nonce)
    if not reason and add(node.amounts for node in nodes) != amounts:
        reason = f"the user's nodes do not add up to {shown(amounts)}"
    for number, node in enumerate(nodes, 1):
        digest = hashlib.sha256(str(own).encode() + plain(node.amounts)).hexdigest()
        if digest != node.hash:
            reason = reason or f"node {number} is not of this user: its hash differs"
    return _User(amounts, tuple(nodes), reason)


def _entry(file: str, place: str, value: object) -> tuple[Node, int, str]:
    """One entry of a path: node, type, nonce ("" if none)."""
    if not isinstance(value, dict) or not _is_hash(value.get("hash")):
        raise ListFormatError(file, f"{place}: no hash in it")
    height, kind, nonce = value.get("height"), value.get("type"), value.get("nonce", "")
    if not (type(height) is int and type(kind) is int and 1 <= height <= MAX_HEIGHT):
        raise ListFormatError(file, f"{place}: height and type must be small numbers")
    if not isinstance(nonce, str):
        raise ListFormatError(file, f"{place}: the nonce must be text")
    node = Node(value["hash"], height, _balances(file, place, value.get("balances")))
    return node, kind, nonce


def _balances(file: str, place: str, value: object) -> Amounts:
    try:
        return read_balances(value)
    except BalancesError as e:
        raise ListFormatError(file, f"{place}: {e}") from None


def _is_hash(value: object) -> bool:
    return isinstance(value, str) and _HASH.fullmatch(value) is not None


def _json(path: Path) -> tuple[Mapping[str, object], str]:
    """A document, and the SHA-256 of its bytes."""
    data = read_whole(path, MAX_JSON)
    try:
        document = read_json(data, parse_float=float, unique_names=True)
    except ValueError as e:
        raise ListFormatError(path.name, f"not JSON: {clip(str(e), 80)}") from None
    if not isinstance(document, dict):
        raise ListFormatError(path.name, "not a JSON object")
    return document, hashlib.sha256(data).hexdigest()


def _totals(
    root: Node, evidence: LiabilityEvidence, file: str, more: Mapping[str, str] | None = None
) -> tuple[Liability, ...]:
    return tuple(
        Liability(
            coin, amount, DECIMALS, evidence, file, detail={"root": root.hash, **(more or {})}
        )
        for coin, amount in zip(COINS, root.amounts, strict=True)
        if amount >= 0
    )
