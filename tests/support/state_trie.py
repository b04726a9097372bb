"""Builds Merkle-Patricia tries in memory, the plain way: the other side of the proof verifier."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.chains.evm import rlp
from scanner.chains.evm.trie import EMPTY_CODE, EMPTY_ROOT
from scanner.model.addresses.keccak import keccak256


class Trie:
    """A trie over hashed keys with its proofs. content: key (not hashed) -> value."""

    def __init__(self, content: Mapping[bytes, bytes]) -> None:
        self.nodes: dict[bytes, bytes] = {}
        pairs = sorted((keccak256(key).hex(), value) for key, value in content.items())
        self._top = self._build(pairs, 0) if pairs else b""
        raw = rlp.encode(self._top)
        self.root = keccak256(raw) if pairs else EMPTY_ROOT
        self.nodes[self.root] = raw

    def _build(self, pairs: list[tuple[str, bytes]], depth: int) -> rlp.Item:
        if len(pairs) == 1:
            path, value = pairs[0]
            return [_prefix(path[depth:], leaf=True), value]
        shared = depth
        while len({path[shared] for path, _ in pairs}) == 1:
            shared += 1
        children: list[rlp.Item] = []
        for digit in "0123456789abcdef":
            part = [pair for pair in pairs if pair[0][shared] == digit]
            children.append(self._refer(self._build(part, shared + 1)) if part else b"")
        branch: rlp.Item = [*children, b""]
        if shared == depth:
            return branch
        return [_prefix(pairs[0][0][depth:shared], leaf=False), self._refer(branch)]

    def _refer(self, node: rlp.Item) -> rlp.Item:
        raw = rlp.encode(node)
        if len(raw) < 32:
            return node
        self.nodes[keccak256(raw)] = raw
        return keccak256(raw)

    def proof(self, key: bytes) -> list[bytes]:
        """Nodes from the root towards a key, present or not."""
        path, found = keccak256(key).hex(), [self.nodes[self.root]]
        node: rlp.Item = self._top
        at = 0
        while isinstance(node, list):
            if len(node) == 17:
                child = node[int(path[at], 16)]
                at += 1
            else:
                text = node[0].hex()
                part = text[1:] if int(text[0], 16) % 2 else text[2:]
                if int(text[0], 16) >= 2 or path[at : at + len(part)] != part:
                    break
                at += len(part)
                child = node[1]
            if isinstance(child, bytes) and len(child) == 32:
                found.append(self.nodes[child])
                child = rlp.decode(self.nodes[child])
            node = child
        return found if self.root != EMPTY_ROOT else []


def _prefix(nibbles: str, *, leaf: bool) -> bytes:
    flag = 2 * leaf + len(nibbles) % 2
    return bytes.fromhex(f"{flag:x}" + ("" if len(nibbles) % 2 else "0") + nibbles)


def account_value(balance: int, nonce: int = 0, storage: bytes = EMPTY_ROOT) -> bytes:
    """An account as the state trie stores it."""
    fields = [rlp.number_bytes(nonce), rlp.number_bytes(balance), storage, EMPTY_CODE]
    return rlp.encode(fields)
