"""BitMEX's and River's liability files: a whole Merkle sum tree, hashed and added up again.

The file: `block_height:N`, then one `hash,satoshi` line a node, root first, level after level,
left to right; every level twice as long as the one above. A node is
SHA256(left hash || left value || right hash || right value), values as 8 bytes, low byte first;
its own value is the sum. A leaf is HMAC-SHA256(key, value || leaf index) under a key that only
its user has, so the tree shows no balances of persons, and each user finds their own.
Source: github.com/BitMEX/proof-of-reserves-liabilities, README; River uses the same file.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import struct
from binascii import unhexlify
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from hashlib import sha256
from operator import add
from pathlib import Path
from typing import BinaryIO

from scanner.errors import InputError, ListFormatError, clip
from scanner.liabilities.interface import (
    MAX_PROBLEMS,
    ROOT_ALONE,
    Inclusion,
    Liability,
    LiabilityEvidence,
    TreeCheck,
    TreeProblem,
)
from scanner.liabilities.opening import CHUNK, lines_of

NAME = "bitmex_tree"
ASSET, DECIMALS = "BTC", 8
MAX_LEVELS = 26
"""Levels of the largest tree read: 33 million leaves, 1.3 GB of nodes in memory at the end."""

DAY = (
    "nothing in the tree binds its block: one of an earlier day can be shown as of this block, and "
    "only users notice, whose keys or balances are of another"
)

CUT = (
    "nothing marks the users' entries: a tree that is cut off above them adds up as well; the last "
    "level here has {:,} entries"
)

_NODE = 40  # bytes of one node: hash, value
_TOGETHER = 1024  # nodes that are compared together: so many stay in a core's cache
_HEX = b"0123456789abcdef"
_LINE = re.compile(rb"([0-9a-f]{64}),(0|-?[1-9][0-9]{0,19})\r?\n?")
_HEADER = re.compile(rb"block_height:(0|[1-9][0-9]{0,19})\r?\n?")
_MAX_LINE = 128
_ROOT_LINE = 2
_MAX_U64 = 2**64 - 1


def recognises(head: bytes) -> bool:
    """Whether a file that starts so is such a tree."""
    return head.startswith(b"block_height:")


def check_tree(path: Path) -> TreeCheck:
    """Hash and add up every node again.

    A negative value is a problem, not a matter of form: it hides what is owed to others.
    Raises ListFormatError (line) where a line is not `hash,value` in its only canonical form (64
    lower-case hex digits, decimal digits without leading zero, below 2^64), or where the lines are
    not whole levels.
    """
    return _Tree(path).check()


def verify_inclusion(path: Path, key_at: Callable[[int], bytes], account: str = "") -> Inclusion:
    """Find the leaves that a user's key opens, in a tree that is checked whole.

    key_at: gives the 32-byte key for the file's block height: BitMEX's "nonce" of that file as it
    is, or what `bitmex_key` and `river_key` derive. account: what the key is derived from besides;
    "" for a nonce, which the publisher can give to several users.
    A user's balance is split over several leaves; `amounts` is their sum. In a tree with
    problems nothing is included. Raises as `check_tree`.
    """
    tree = _Tree(path)
    checked = tree.check()
    key = key_at(tree.height)
    amount, found = 0, []
    for index, leaf in enumerate(tree.last_level()):
        digest = hmac.digest(key, leaf[32:] + index.to_bytes(8, "little"), "sha256")
        if hmac.compare_digest(digest, leaf[:32]):
            found.append(index)
            amount += int.from_bytes(leaf[32:], "little")
    reason = ""
    if not checked.holds:
        reason = f"the tree is false: line {checked.problems[0].line}: {checked.problems[0].reason}"
    elif not found:
        reason = (
            f"none of the {checked.leaves:,} entries opens with this key: the key is of another "
            "file or account, the file is cut off above the users' entries, or the account was "
            "left out"
        )
    return Inclusion(
        not reason,
        checked.root,
        {ASSET: amount},
        DECIMALS,
        checked.totals,
        tuple(found),
        reason,
        NAME,
        gaps=() if reason else checked.gaps,
        unproven=checked.levels == 1 and not reason,
        account=account,
        as_of=checked.as_of,
    )


def bitmex_key(account_nonce: bytes, block_height: int, account: int) -> bytes:
    """The key of an account for one file: SHA256(nonce || height || account), 8-byte low first."""
    return hashlib.sha256(account_nonce + _u64(block_height) + _u64(account)).digest()


def river_key(account_key: bytes, email: str, account_uid: str, block_height: int) -> bytes:
    """River's key: SHA256(SHA256(account key || email || id) || height || id).

    account_uid: as River shows it; the id is that text read as base32, high byte first.
    Raises InputError for an uid that is no base32 or too long.
    """
    try:
        padded = account_uid + "=" * (-len(account_uid) % 8)
        account = int.from_bytes(base64.b32decode(padded), "big")
    except ValueError:
        raise InputError(f"account {clip(account_uid)!r} is not base32") from None
    own = hashlib.sha256(account_key + email.encode() + _u64(account)).digest()
    return hashlib.sha256(own + _u64(block_height) + _u64(account)).digest()


def _u64(number: int) -> bytes:
    if not 0 <= number <= _MAX_U64:
        raise InputError(f"{number} does not fit into 8 bytes")
    return number.to_bytes(8, "little")


def pack_all(text: bytes) -> bytes | None:
    """Packed nodes of whole lines that are all canonical and none negative; None if one is not.

    Checked on the text as a whole, which is quicker than line by line: what is no hex digit stands
    as comma and line end by turns, every hash is of 64 digits, and no value starts with a 0.
    """
    if b"\r" in text:
        text = text.replace(b"\r\n", b"\n")
    if not text.endswith(b"\n"):
        text += b"\n"
    fields = text.replace(b"\n", b",").split(b",")
    hashes, values = fields[:-1:2], fields[1::2]
    if text.translate(None, _HEX) != b",\n" * len(values) or set(map(len, hashes)) != {64}:
        return None
    shown = b",%b," % b",".join(values)
    if b",0" in shown and shown.count(b",0") != shown.count(b",0,"):
        return None
    try:
        return _packed(map(unhexlify, hashes), map(int, values), len(values))
    except (ValueError, struct.error):  # a letter in a value, or a value above 8 bytes
        return None


def parents_of(nodes: bytes) -> bytes | None:
    """What packed nodes give pair by pair, packed; None where a sum has no place in 8 bytes."""
    pairs = len(nodes) // (2 * _NODE)
    values = _layout("32xQ", 2 * pairs).unpack(nodes)
    digests = [sha256(pair).digest() for pair in _layout(f"{2 * _NODE}s", pairs).unpack(nodes)]
    try:
        return _packed(digests, map(add, values[::2], values[1::2]), pairs)
    except struct.error:
        return None


def _packed(digests: Iterable[bytes], values: Iterable[int], count: int) -> bytes:
    flat: list[object] = [None] * (2 * count)
    flat[::2] = digests
    flat[1::2] = values
    return _layout("32sQ", count).pack(*flat)


@cache
def _layout(part: str, count: int) -> struct.Struct:
    """The same part, `count` times: packed at once."""
    return struct.Struct("<" + part * count)


class _Rows:
    """The lines after the first, in order, some thousand at a time."""

    def __init__(self, stream: BinaryIO) -> None:
        self._stream, self._rest = stream, b""

    def take(self) -> bytes:
        """The next whole lines; nothing at the end. A line that is longer than all comes cut."""
        while part := self._stream.read(CHUNK):
            text = self._rest + part
            cut = text.rfind(b"\n") + 1 or (len(text) if len(text) > CHUNK else 0)
            self._rest = text[cut:]
            if cut:
                return text[:cut]
        text, self._rest = self._rest, b""
        return text

    def rest_is_blank(self) -> bool:
        """Whether nothing but blanks is left."""
        return not any(part.strip() for part in iter(self.take, b""))


class _Tree:
    """Reads a file once. Keeps one level at a time; after `check`, the leaves."""

    def __init__(self, path: Path) -> None:
        self._path, self._file = path, path.name
        self._level = bytearray()
        self._problems: list[TreeProblem] = []
        self._count = 0
        self._ahead = bytearray()  # nodes that are read and stand below the level at hand
        self._wraps = False  # a value was negative: its 8 bytes stand for 2^64 less
        self._is_below_zero = False  # and it is the root's
        self.height = 0

    def last_level(self) -> Iterator[bytes]:
        """The leaves, left to right, as packed nodes."""
        for at in range(0, len(self._level), _NODE):
            yield bytes(self._level[at : at + _NODE])

    def check(self) -> TreeCheck:
        with lines_of(self._path) as stream:
            return self._check(stream)

    def _check(self, stream: BinaryIO) -> TreeCheck:
        self.height = self._height(stream)
        rows = _Rows(stream)
        root = bytes(self._read_level(rows, _ROOT_LINE, 1))
        if not root:
            raise ListFormatError(self._file, "a tree without a root")
        self._level = bytearray(root)
        line, levels = _ROOT_LINE, 1
        while True:
            if levels == MAX_LEVELS and (self._ahead or not rows.rest_is_blank()):
                raise ListFormatError(self._file, f"more than {MAX_LEVELS} levels", line)
            below = self._read_level(rows, line + 1, 2 * len(self._level) // _NODE)
            if not below:
                break
            levels += 1
            self._compare(below, line - len(self._level) // _NODE + 1)
            line += len(below) // _NODE
            self._level = below
        return self._result(root, levels, line - 1, has_total=not self._is_below_zero)

    def _height(self, stream: BinaryIO) -> int:
        match = _HEADER.fullmatch(stream.readline(_MAX_LINE))
        if match is None or int(match[1]) > _MAX_U64:
            raise ListFormatError(self._file, "the first line must be block_height:NUMBER", 1)
        return int(match[1])

    def _read_level(self, rows: _Rows, line: int, size: int) -> bytearray:
        level, self._ahead = self._ahead, bytearray()
        while len(level) < size * _NODE and (text := rows.take()):
            packed = pack_all(text)
            first = line + len(level) // _NODE
            level += packed if packed is not None else self._one_by_one(text, first, rows)
        have = len(level) // _NODE
        if 0 < have < size:
            what = f"the level that starts here has {have} nodes of {size}: lines are missing"
            raise ListFormatError(self._file, what, line)
        self._ahead = level[size * _NODE :]
        del level[size * _NODE :]
        return level

    def _one_by_one(self, lines: bytes, number: int, rows: _Rows) -> bytes:
        """Packed nodes of lines of which one is negative, blank or not of the form."""
        found, at = bytearray(), 0
        while at < len(lines):
            end = lines.find(b"\n", at) + 1 or len(lines)
            text = lines[at:end]
            match = _LINE.fullmatch(text)
            value = int(match[2]) if match else _MAX_U64 + 1
            if match is None or not -(2**63) <= value <= _MAX_U64:
                if not lines[at:].strip() and rows.rest_is_blank():
                    break
                shown = clip(text[:_MAX_LINE].decode("utf-8", "replace").strip(), 80)
                what = f"not hash,value in canonical form: {shown!r}"
                raise ListFormatError(self._file, what, number)
            if value < 0:
                self._wraps = True
                self._is_below_zero |= number == _ROOT_LINE
                self._problem(number, f"a balance is negative: {value} hides what is owed")
            found += bytes.fromhex(match[1].decode()) + (value & _MAX_U64).to_bytes(8, "little")
            number, at = number + 1, end
        return bytes(found)

    def _compare(self, below: bytearray, first_line: int) -> None:
        """Compare each node of the present level with what its two children give."""
        for start in range(0, len(self._level) // _NODE, _TOGETHER):
            above = bytes(self._level[start * _NODE : (start + _TOGETHER) * _NODE])
            pairs = bytes(below[2 * start * _NODE : 2 * (start + _TOGETHER) * _NODE])
            if self._wraps or parents_of(pairs) != above:
                self._find_wrong(above, pairs, first_line + start)

    def _find_wrong(self, above: bytes, below: bytes, first_line: int) -> None:
        """Name each node that its children contradict."""
        for index in range(len(above) // _NODE):
            pair = below[2 * index * _NODE : 2 * (index + 1) * _NODE]
            node = above[index * _NODE : (index + 1) * _NODE]
            value = int.from_bytes(node[32:], "little", signed=self._wraps)
            left = int.from_bytes(pair[32:_NODE], "little", signed=self._wraps)
            right = int.from_bytes(pair[_NODE + 32 :], "little", signed=self._wraps)
            wrong = left + right - value
            if self._wraps:
                wrong &= _MAX_U64
            if wrong:
                reason = f"the node says {value}, its children add up to {left + right}"
                self._problem(first_line + index, reason)
            elif hashlib.sha256(pair).digest() != node[:32]:
                self._problem(first_line + index, "the hash does not match the node's children")

    def _problem(self, line: int, reason: str) -> None:
        self._count += 1
        if len(self._problems) < MAX_PROBLEMS:
            self._problems.append(TreeProblem(line, reason))

    def _result(self, root: bytes, levels: int, nodes: int, *, has_total: bool) -> TreeCheck:
        # A root alone is a number that somebody wrote down: nothing was added up.
        shown = levels > 1 and not self._count
        evidence = LiabilityEvidence.REHASHED if shown else LiabilityEvidence.PUBLISHED
        leaves, as_of = len(self._level) // _NODE, f"block {self.height}"
        total = Liability(
            ASSET,
            int.from_bytes(root[32:], "little"),
            DECIMALS,
            evidence,
            self._file,
            as_of,
            {"root": root[:32].hex(), "leaves": str(leaves)},
        )
        return TreeCheck(
            NAME,
            root[:32].hex(),
            as_of,
            levels,
            nodes,
            leaves,
            (total,) if has_total else (),
            tuple(self._problems),
            self._count,
            (CUT.format(leaves), DAY) if levels > 1 else (ROOT_ALONE, DAY),
        )
