"""Which keys may spend from a Filecoin actor: the signers of a multisig, the key of an account.

The chain's own API is asked, for the state after the pinned tipset, as balances are. For a tipset
that API tells the state *before* it, so the next one is named; its parents must be the pinned
tipset, whose hash in the Ethereum API is the BLAKE2b-256 of its key.

Signers are actors' numbers, whose keys never change: each is asked for in the same state. One that
is a multisig again is a way in a key's place, within DEEPEST and MOST_STATES; below that, and of an
EVM account, who signs for it is not told. Locked amounts are the signers', too.
Source: Lotus (StateReadState, ChainGetTipSetAfterHeight, TipSetKey.ToStorageBlock), builtin-actors'
multisig and account; states of mainnet that hash to their heads: tests/vectors/filecoin.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import blake2b
from typing import Final

from scanner.chains.evm.filecoin_codes import Kind, kind_of
from scanner.chains.evm.node import Node
from scanner.chains.fleet.faults import RpcError
from scanner.chains.fleet.rpc import Call
from scanner.chains.shape import take
from scanner.errors import AddressFormatError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.interface import Address
from scanner.model.addresses.parsing import base32_decode
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single

ASKED: Final = frozenset(("filecoin_actor", "filecoin_id"))
"""Formats of addresses that only the chain can tell the keys of."""

DEEPEST: Final = 3
"""Multisigs one in another that are read: the account's own is the first."""
MOST_STATES: Final = 512
"""Signers of one account that are asked for, those of its signers counted."""

_BATCH: Final = 50
_MOST_SIGNERS: Final = 256
_MOST_BLOCKS: Final = 100
"""Of one tipset; 17 are the most that were seen."""

_NUMBER: Final = re.compile(r"f0(0|[1-9]\d{0,18})", re.ASCII)
_CID: Final = bytes.fromhex("0171a0e40220")  # CID version 1, dag-cbor, 32 bytes of BLAKE2b-256
_KEYED: Final = ("filecoin_secp256k1", "filecoin_bls")


def actor_keys(node: Node, address: Address, at: BlockRef) -> KeyPolicy:
    """Read an actor's ways to spend at the pinned block, as one endpoint tells them.

    address: of a format in ASKED. Raises SourceRejectedError for an actor of another kind and for
    what the endpoint refuses, SourceUnavailableError for what is no answer, ReorgError,
    HeightPrunedError.
    """
    try:
        return _read(node, address, at)
    except RpcError as e:
        if node.about_block(e):
            raise node.explain(at, e) from None
        raise


def _read(node: Node, address: Address, at: BlockRef) -> KeyPolicy:
    tipset = _following(node, at)
    who = address.text
    if address.format == "filecoin_id":
        who = f"f0{int.from_bytes(address.payload)}"
    kind, state = _actor(node, node.rpc.ask("Filecoin.StateReadState", who, tipset))
    if kind is Kind.MULTISIG:
        return KeyPolicy((_Multisigs(node, tipset).way(state),), at.height)
    if kind is Kind.ACCOUNT:
        return KeyPolicy((single("the account's key", _account_key(node, state)),), at.height)
    raise SourceRejectedError(
        node.name,
        "shows an actor that is neither a multisig nor an account of a key, or of a newer version "
        "of the network than is known here",
    )


def tipset_hash(cids: Sequence[str]) -> str:
    """A tipset's hash in the Ethereum API, of its blocks' CIDs in order.

    Raises ValueError for what is no block's CID.
    """
    listed = [base32_decode(cid[1:].upper()) for cid in cids if cid[:1] == "b"]
    if len(listed) != len(cids) or not all(_is_block(raw) for raw in listed):
        raise ValueError("not the CID of a block")
    key = b"".join(listed)
    length = len(key)
    if length < 24:
        head = bytes((0x40 | length,))
    elif length < 1 << 8:
        head = bytes((0x58, length))
    else:
        head = b"\x59" + length.to_bytes(2)
    return "0x" + blake2b(head + key, digest_size=32).hexdigest()


def _is_block(raw: bytes) -> bool:
    return len(raw) == len(_CID) + 32 and raw.startswith(_CID)


def _following(node: Node, at: BlockRef) -> list[dict[str, str]]:
    """The key of the first tipset after the pinned one, as the API takes it.

    Raises SourceUnavailableError if that one's parents are another tipset.
    """
    answer = node.rpc.ask("Filecoin.ChainGetTipSetAfterHeight", at.height + 1, None)
    if take(node.name, answer, int, "Height") <= at.height:
        raise SourceUnavailableError(node.name, "gave an older tipset than the one asked for")
    parents = {
        tuple(_cids(node, block, "Parents")) for block in take(node.name, answer, list, "Blocks")
    }
    try:
        hashes = {tipset_hash(cids) for cids in parents}
        cids = _cids(node, answer, "Cids")
        tipset_hash(cids)
    except ValueError:
        raise SourceUnavailableError(node.name, "answered with an invalid tipset") from None
    if hashes != {at.hash} or not cids:
        node.confirm(at)
        what = f"has another tipset below the one after epoch {at.height} than the pinned block"
        raise SourceUnavailableError(node.name, what)
    return [{"/": cid} for cid in cids]


def _cids(node: Node, holder: object, name: str) -> list[str]:
    listed = take(node.name, holder, list, name)
    if len(listed) > _MOST_BLOCKS:
        raise SourceUnavailableError(node.name, "answered with an invalid tipset")
    return [take(node.name, cid, str, "/") for cid in listed]


def _actor(node: Node, answer: object) -> tuple[Kind, object]:
    """Kind and state of an actor. Raises what the answer is, where that is an error."""
    if isinstance(answer, RpcError):
        raise answer
    code = take(node.name, answer, str, "Code", "/")
    return kind_of(code), take(node.name, answer, object, "State")


class _Multisigs:
    """Reads one account's multisig and those in it, in the state of one tipset."""

    def __init__(self, node: Node, tipset: list[dict[str, str]]) -> None:
        self._node, self._tipset = node, tipset
        self._left = MOST_STATES

    def way(self, state: object, depth: int = 1) -> Way:
        """The signers of a multisig and how many of them must sign."""
        texts, threshold = self._terms(state)
        self._left -= len(texts)
        numbered = [text for text in texts if _NUMBER.fullmatch(text)]
        told: dict[str, object] = {}
        for start in range(0, len(numbered), _BATCH):
            some = numbered[start : start + _BATCH]
            calls: list[Call] = [("Filecoin.StateReadState", [t, self._tipset]) for t in some]
            told.update(zip(some, self._node.rpc.batch(calls), strict=True))
        members = tuple(self._member(text, told.get(text), depth) for text in texts)
        return Way("multisig", members, threshold)

    def _terms(self, state: object) -> tuple[list[str], int]:
        name = self._node.name
        texts = [take(name, text, str) for text in take(name, state, list, "Signers")]
        threshold = take(name, state, int, "NumApprovalsThreshold")
        if len(texts) > _MOST_SIGNERS or len(set(texts)) < len(texts) or threshold < 1:
            raise SourceUnavailableError(name, "answered with an invalid multisig")
        return texts, threshold

    def _member(self, text: str, answer: object, depth: int) -> Weighted:
        """One signer. answer: its actor's state; None for an address of a key."""
        if answer is None:
            return Weighted(_key(self._node, text))
        kind, state = _actor(self._node, answer)
        if kind is Kind.ACCOUNT:
            return Weighted(_account_key(self._node, state))
        if kind is Kind.MULTISIG and depth < DEEPEST and len(self._terms(state)[0]) <= self._left:
            return Weighted(self.way(state, depth + 1))
        number = int(text[2:]).to_bytes(8)
        return Weighted(PolicyKey(KeyKind.ACCOUNT, number), hides=True)


def _account_key(node: Node, state: object) -> PolicyKey:
    return _key(node, take(node.name, state, str, "Address"))


def _key(node: Node, text: str) -> PolicyKey:
    """The key behind an f1 or f3 address. Raises SourceUnavailableError for any other."""
    try:
        address = FilecoinCodec("filecoin", "").decode(text)
    except AddressFormatError:
        address = None
    if address is None or address.format not in _KEYED:
        raise SourceUnavailableError(node.name, "answered with an invalid address of a key")
    return PolicyKey(KeyKind.ACCOUNT, address.payload)
