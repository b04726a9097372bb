"""Checks Merkle-Patricia proofs: what a state root says about one key, and nothing on trust.

Strict on purpose. Every node hashes to what its parent names, is in its one right spelling, and is
used: a proof with nodes left out, added, doubled or out of order is refused. Absence is proven the
same way as presence. Source: Ethereum yellow paper, appendix D; EIP-1186.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.evm import rlp
from scanner.model.addresses.keccak import keccak256

EMPTY_ROOT: Final = bytes.fromhex(
    "56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421"
)
"""Root of a trie that holds nothing: keccak256(rlp(""))."""
EMPTY_CODE: Final = bytes.fromhex(
    "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
)
"""keccak256("")."""

_PATH: Final = 64  # nibbles of a key's hash
_FULL_HEAD: Final = b"\xf9\x02\x11"  # a branch of 16 hashes and no value is 532 bytes long
_FULL_MARKS: Final = b"\xa0" * 16


class ProofError(ValueError):
    """A proof does not prove anything; the message says where it breaks."""


@dataclass(frozen=True, slots=True)
class Account:
    """An account as a state root commits to it. A never-used one is Account()."""

    nonce: int = 0
    balance: int = 0
    storage_root: bytes = EMPTY_ROOT
    code_hash: bytes = EMPTY_CODE


class Proof:
    """Nodes handed out in order, each checked against the hash that its parent names.

    known: hash -> node of nodes checked before; new ones are added. The upper nodes of a state
    trie are shared by all accounts, so this saves most of the hashing.
    """

    def __init__(self, nodes: Sequence[bytes], known: MutableMapping[bytes, bytes]) -> None:
        self._nodes, self._known = nodes, known
        self._next = 0

    def take(self, wanted: bytes) -> bytes:
        """The next node, which must hash to `wanted`. Raises ProofError."""
        if self._next >= len(self._nodes):
            raise ProofError("the proof ends early")
        node = self._nodes[self._next]
        self._next += 1
        if self._known.get(wanted) != node:
            if keccak256(node) != wanted:
                raise ProofError(f"node {self._next} has another hash than its parent names")
            self._known[wanted] = node
        return node

    def empty(self) -> None:
        """Pass over the one node of an empty trie, which some nodes send and some do not."""
        if self._next < len(self._nodes) and self._nodes[self._next] == b"\x80":
            self._next += 1

    def end(self) -> None:
        """Raises ProofError if nodes are left over."""
        if self._next != len(self._nodes):
            raise ProofError("the proof has nodes that do not belong to it")


class Archive:
    """Nodes found by their hash: what `Proof` does, from a store of all nodes."""

    def __init__(self, nodes: Mapping[bytes, bytes]) -> None:
        self._nodes = nodes

    def empty(self) -> None:
        """An empty trie needs no node."""

    def take(self, wanted: bytes) -> bytes:
        """The node with this hash. The store's keys must have been computed from its nodes.

        Raises ProofError.
        """
        try:
            return self._nodes[wanted]
        except KeyError:
            raise ProofError(f"it has no node with hash {wanted.hex()}") from None


def look_up(root: bytes, key: bytes, nodes: Proof | Archive) -> bytes | None:
    """Follow `key` (32 bytes, already hashed) from a root. The stored value, None for absence.

    Raises ProofError.
    """
    if root == EMPTY_ROOT:
        nodes.empty()
        return None
    path = key.hex()
    wanted, at, after_extension = root, 0, False
    while True:
        node = nodes.take(wanted)
        if len(node) == 532 and node[:3] == _FULL_HEAD and node[3:531:33] == _FULL_MARKS:
            # The usual case, taken apart by position. Its path cannot have ended: see _branch.
            if node[531] != 0x80 or at >= _PATH:
                raise ProofError("a branch with a value")
            place = 4 + 33 * int(path[at], 16)
            wanted, at, after_extension = node[place : place + 32], at + 1, False
            continue
        if len(node) < 32 and wanted != root:
            raise ProofError("a node that should have been written inside its parent")
        found: rlp.Item | None = _decode(node)
        if not isinstance(found, list):
            raise ProofError("a node that is no list")
        while isinstance(found, list):  # a node, or one written inside it
            found, at, after_extension, ended = _step(found, path, at, after_extension)
            if ended:
                return found if isinstance(found, bytes) else None
        if found is None:
            return None
        wanted = found


_Step = tuple["rlp.Item | None", int, bool, bool]
"""The child (a hash or a node), where in the path, whether an extension led there, and whether
the search has ended: then the first is the value, or None for absence."""


def _step(node: list[rlp.Item], path: str, at: int, after_extension: bool) -> _Step:
    if len(node) == 17:
        return _branch(node, path, at)
    if len(node) != 2 or after_extension:
        raise ProofError("a node that must be a branch and is not")
    part, is_leaf = _hex_prefix(node[0])
    if is_leaf:
        if at + len(part) != _PATH or not isinstance(node[1], bytes) or not node[1]:
            raise ProofError("a leaf that is too short, too long or empty")
        return (node[1] if part == path[at:] else None), at, False, True
    end = at + len(part)
    if not part or end >= _PATH:
        raise ProofError("an extension that leads nowhere")
    child = _child(node[1])
    if path[at:end] != part:
        return None, at, False, True
    return child, end, True, False


def _branch(node: list[rlp.Item], path: str, at: int) -> _Step:
    # All keys have 64 nibbles, so no path ends at a branch and no branch has a value.
    if at >= _PATH or node[16] != b"":
        raise ProofError("a branch with a value")
    if sum(child != b"" for child in node[:16]) < 2:
        raise ProofError("a branch with fewer than two children")
    child = node[int(path[at], 16)]
    if child == b"":
        return None, at, False, True
    return _child(child), at + 1, False, False


def _child(child: rlp.Item) -> rlp.Item:
    if isinstance(child, bytes):
        if len(child) != 32:
            raise ProofError("a child that is neither a hash nor a node")
    elif len(rlp.encode(child)) >= 32:
        raise ProofError("a node inside its parent that is too long for it")
    return child


def _hex_prefix(raw: rlp.Item) -> tuple[str, bool]:
    """The nibbles of a leaf's or extension's path, and whether it is a leaf's."""
    if not isinstance(raw, bytes) or not raw:
        raise ProofError("a path that is no bytes")
    text = raw.hex()
    flag = int(text[0], 16)
    if flag > 3 or (flag % 2 == 0 and text[1] != "0"):
        raise ProofError("a path with a wrong flag")
    return text[1:] if flag % 2 else text[2:], flag >= 2


def _decode(raw: bytes) -> rlp.Item:
    try:
        return rlp.decode(raw)
    except ValueError as e:
        raise ProofError(f"not well-formed RLP: {e}") from None


def account(root: bytes, address: bytes, nodes: Proof | Archive) -> Account:
    """What a state root says about an account. Raises ProofError."""
    value = look_up(root, keccak256(address), nodes)
    if value is None:
        return Account()
    fields = _decode(value)
    if not isinstance(fields, list) or len(fields) != 4:
        raise ProofError("an account that is not four fields")
    nonce, balance, storage, code = fields
    if not (isinstance(storage, bytes) and isinstance(code, bytes)):
        raise ProofError("an account with a list in it")
    if len(storage) != 32 or len(code) != 32:
        raise ProofError("an account with a root or hash that is not 32 bytes")
    try:
        return Account(rlp.number(nonce), rlp.number(balance), storage, code)
    except ValueError as e:
        raise ProofError(f"an account with a field that is {e}") from None


def storage(root: bytes, key: bytes, nodes: Proof | Archive) -> int:
    """What a storage root says about one slot (32 bytes, not hashed yet); 0 when absent.

    Raises ProofError.
    """
    value = look_up(root, keccak256(key), nodes)
    if value is None:
        return 0
    try:
        found = rlp.number(_decode(value))
    except ValueError as e:
        raise ProofError(f"a slot with a value that is {e}") from None
    if found == 0:
        raise ProofError("a zero that should not be stored")
    return found


def prove_account(
    root: bytes, address: bytes, nodes: Sequence[bytes], known: MutableMapping[bytes, bytes]
) -> Account:
    """Check a whole account proof. known: see Proof. Raises ProofError."""
    proof = Proof(nodes, known)
    found = account(root, address, proof)
    proof.end()
    return found


def prove_storage(
    root: bytes, key: bytes, nodes: Sequence[bytes], known: MutableMapping[bytes, bytes]
) -> int:
    """Check a whole storage proof of one slot. known: see Proof. Raises ProofError."""
    proof = Proof(nodes, known)
    found = storage(root, key, proof)
    proof.end()
    return found
