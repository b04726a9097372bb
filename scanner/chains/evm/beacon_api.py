"""The beacon chain's REST API at one endpoint: checked, pinned by block root, answers taken apart.

Source: Ethereum beacon APIs (eth/v1), and the consensus specs: a block's root is the hash tree root
of its header (slot, proposer_index, parent_root, state_root, body_root), so that the state root
that balances are asked by is bound to the pinned block; who proposes has a stake at work, and
no rule takes all of it in that very block (compute_proposer_index, process_withdrawals).
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from scanner.chains.fleet.quorum import operator_of
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
    clip,
)
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.validator import Validator
from scanner.net.http import Reply, Transport
from scanner.net.words import heard

KEYS_A_POST: Final = 1_000
KEYS_A_GET: Final = 30  # 98 characters each; many servers stop at 8 kB of URL
PAGE: Final = 4_096
"""Validators that are asked for by index in one POST: about 2 MB of answer."""
INDEXES_A_GET: Final = 64  # the API's own limit for a query
_EMPTY_SLOTS: Final = 64  # so many slots in a row without a block are no healthy chain
_ROOT: Final = re.compile(r"0x[0-9a-f]{64}")
_KEY: Final = re.compile(r"0x[0-9a-f]{96}")
_NO_HASH: Final = "0x" + "00" * 32  # in the blocks between Bellatrix and the merge
_NO_POST: Final = (400, 404, 405, 413, 414, 415, 501)  # it takes none, or none so large
_ENTRY: Final = 2_048  # bytes: an entry of a list has about 500


@dataclass(frozen=True, slots=True)
class BeaconHeader:
    """A block of the beacon chain. root, state_root: lower-case 0x text. proposer: an index."""

    slot: int
    root: str
    state_root: str
    proposer: int


@dataclass(frozen=True, slots=True)
class _Clock:
    genesis: int
    seconds_per_slot: int


class BeaconNode:
    """One beacon API endpoint. Safe to use from several threads; a member of a Pool.

    chain_id: the execution chain that its deposits are on, in decimal.
    """

    def __init__(
        self, endpoint: Endpoint, chain_id: str, transport: Transport | None = None
    ) -> None:
        self.endpoint = endpoint
        self.name = endpoint.name
        self.operator, self.own = operator_of(endpoint), endpoint.own
        self.chain_id = chain_id
        self._http = transport or Transport(endpoint)
        self._lock = threading.Lock()
        self._clock: _Clock | None = None
        self._posts = True
        self._blinded = True
        self._begun: tuple[object, list[Validator]] = None, []

    def check(self) -> None:
        """See Member.check."""
        self.clock()

    def clock(self) -> _Clock:
        """Genesis and slot length, after the chain and the sync state were found right; once.

        Raises SourceRejectedError and SourceError.
        """
        with self._lock:
            if self._clock is None:
                spec = self._data("eth/v1/config/spec")
                found = take(self.name, spec, str, "DEPOSIT_CHAIN_ID")
                if found != self.chain_id.partition(":")[0]:
                    chain = heard(self.name, found)
                    what = f"is a beacon chain of chain {chain}, not of {self.chain_id}"
                    raise SourceRejectedError(self.name, what)
                state = self._data("eth/v1/node/syncing")
                for flag in ("is_syncing", "is_optimistic"):
                    if take(self.name, state, bool, flag):
                        raise SourceRejectedError(
                            self.name, "is still syncing: wait for it, or name another endpoint"
                        )
                genesis = self._data("eth/v1/beacon/genesis")
                self._clock = _Clock(
                    self._number(genesis, "genesis_time"), self._number(spec, "SECONDS_PER_SLOT")
                )
            return self._clock

    @property
    def takes_posts(self) -> bool:
        """Whether validators can be asked for by POST, as far as is known."""
        return self._posts

    def version(self) -> str:
        """What the node calls itself; "" if it does not say."""
        try:
            text = take(self.name, self._data("eth/v1/node/version"), str, "version")
        except SourceError:
            return ""
        return clip("".join(c for c in text if c.isprintable()))

    def hash_at(self, height: int) -> str:
        """See Member.hash_at."""
        found = self.header(str(height))
        return found.root if found else ""

    def header(self, which: str) -> BeaconHeader | None:
        """A block by slot, root, "head" or "finalized"; None if there is none on its chain.

        Raises SourceUnavailableError if it does not hash to its root, or is not verified yet.
        """
        reply = self._http.get(f"eth/v1/beacon/headers/{which}")
        if reply.status == 404:
            return None
        answer = self._answer(reply)
        if take(self.name, answer, dict, "data").get("canonical") is False:
            return None  # known by its root still, but replaced by another one
        message = take(self.name, answer, dict, "data", "header", "message")
        root = self._root(answer, "data", "root")
        roots = [self._root(message, name) for name in ("parent_root", "state_root", "body_root")]
        slot, proposer = (self._number(message, name) for name in ("slot", "proposer_index"))
        fields = [_number_leaf(slot), _number_leaf(proposer)]
        fields += [bytes.fromhex(r[2:]) for r in roots]
        if "0x" + hash_tree_root(fields).hex() != root:
            raise SourceUnavailableError(self.name, "gave a block that does not hash to its root")
        if which in ("head", "finalized") or which == root or which == str(slot):
            return BeaconHeader(slot, root, roots[1], proposer)
        raise SourceUnavailableError(self.name, "gave another block than it was asked for")

    def at_slot(self, slot: int) -> BeaconHeader:
        """The block of a slot, or the last one before it if the slot is empty.

        Raises HeightNotReachedError above the head.
        """
        head = self.header("head")
        if head is None:
            raise SourceUnavailableError(self.name, "knows no head")
        if slot > head.slot:
            raise HeightNotReachedError(self.name, slot, head.slot)
        for earlier in range(slot, max(-1, slot - _EMPTY_SLOTS), -1):
            found = self.header(str(earlier))
            if found is not None:
                return found
        raise HeightPrunedError(self.name, slot, "it has no block there")

    def named_by(self, root: str) -> str:
        """The hash of the execution block that a block of the beacon chain holds; "" if none.

        root: of that block. Blocks from before the merge hold none.
        """
        message: object = None
        if self._blinded:  # without its transactions it is a hundredth of the size
            reply = self._http.get(f"eth/v1/beacon/blinded_blocks/{root}")
            if reply.status in (400, 404, 405, 501):
                self._blinded = False
            else:
                message = take(self.name, self._answer(reply), dict, "data", "message")
        if message is None:
            reply = self._http.get(f"eth/v2/beacon/blocks/{root}")
            message = take(self.name, self._answer(reply), dict, "data", "message")
        body = take(self.name, message, dict, "body")
        for payload in ("execution_payload_header", "execution_payload"):
            if payload in body:
                found = self._root(body, payload, "block_hash")
                return "" if found == _NO_HASH else found
        return ""

    def validators(self, keys: Sequence[str], at: BlockRef) -> dict[str, Validator | None]:
        """Validators by public key (lower-case 0x text) in the state of a pinned block.

        None for a key that the state does not know. Every key gets an answer.
        Raises ReorgError, HeightPrunedError, SourceUnavailableError.
        """
        block = self._pinned(at)
        found: dict[str, Validator | None] = {}
        rest = list(dict.fromkeys(keys))
        while rest:
            size = KEYS_A_POST if self._posts else KEYS_A_GET
            part = rest[:size]
            answer = self._ask(block, part, at)
            if answer is None:  # no POST here: the same again in smaller GETs
                continue
            rest = rest[size:]
            found.update(answer)
            for key in part:
                if key not in answer:
                    found[key] = self._alone(block, key, at)
            if len(answer) < len(part) or not all(v.balance for v in answer.values()):
                self._check_somebody(block, at)
        return found

    def _check_somebody(self, block: BeaconHeader, at: BlockRef) -> None:
        """Make sure that a state without some keys, or coins, has a stake of who proposed it."""
        proposer = self._alone(block, str(block.proposer), at)
        if not proposer or not proposer.balance:
            what = "says that the block's proposer has no stake: its answers are not trusted"
            raise SourceRejectedError(self.name, what)

    def page(self, start: int, at: BlockRef, size: int = PAGE) -> list[Validator]:
        """The validators of a pinned block's state from an index on, by index.

        `size` of them, fewer only where the state has no more: a list that stops short is believed
        when its last validator, asked for alone, is there and the next one is not.
        Raises ReorgError, HeightPrunedError, SourceUnavailableError (also on a hole in the list).
        """
        block = self._pinned(at)
        with self._lock:  # a page of many GETs goes on where one of them failed
            (key, found), self._begun = self._begun, (None, [])
        if key != (at.hash, start, size):
            found = []
        try:
            self._go_on(found, block, start, size, at)
        except SourceUnavailableError:
            self._begun = (at.hash, start, size), found
            raise
        return found

    def _go_on(
        self, found: list[Validator], block: BeaconHeader, start: int, size: int, at: BlockRef
    ) -> None:
        """Add to a page what it lacks. On an error it holds what was read before."""
        while len(found) < size:
            first = start + len(found)
            length = min(size - len(found), size if self._posts else INDEXES_A_GET)
            answer = self._ask(block, [str(n) for n in range(first, first + length)], at)
            if answer is None:
                continue
            part = self._in_order(answer, first)
            if len(part) < length:
                self._check_end(block, first + len(part), at)
            found += part
            if len(part) < length:
                return

    def _in_order(self, answer: Mapping[str, Validator], first: int) -> list[Validator]:
        """An answer's validators by index. Raises SourceUnavailableError if one is missing."""
        part = sorted(answer.values(), key=lambda v: v.index)
        for index, validator in enumerate(part, first):
            if validator.index != index:
                raise SourceUnavailableError(self.name, f"left out validator {index}")
        if len({v.key for v in part}) < len(part):  # one stands where another should
            raise SourceUnavailableError(self.name, "gave one validator at two indexes")
        return part

    def estimate(self, at: BlockRef) -> int:
        """About how many validators a pinned block's state has, up to 16.7 million.

        Never more than there are, and less by a sixty-fourth at most: two requests, for progress.
        """
        block = self._pinned(at)
        known, marks = 0, [2**n for n in range(25)]
        for _ in range(2):
            ids = [str(mark) for mark in marks]
            answer = self._ask(block, ids, at) or self._ask(block, ids, at) or {}
            known = max((v.index for v in answer.values()), default=known)
            step = max(1, known // INDEXES_A_GET)
            marks = list(range(known + step, 2 * known, step))[:INDEXES_A_GET]
            if not marks:
                break
        return known + 1

    def _check_end(self, block: BeaconHeader, count: int, at: BlockRef) -> None:
        """Make sure that a state has `count` validators, where a list stopped."""
        if count == 0:  # no chain runs without any
            raise SourceUnavailableError(self.name, "gave an empty list of validators")
        # A server that answers 404 to whatever is asked alone must not end the list.
        if self._alone(block, str(count - 1), at) is None:
            raise SourceUnavailableError(self.name, f"does not give validator {count - 1} alone")
        if self._alone(block, str(count), at) is not None:
            raise SourceUnavailableError(self.name, f"left out validator {count}")

    def _ask(
        self, block: BeaconHeader, ids: Sequence[str], at: BlockRef
    ) -> dict[str, Validator] | None:
        """Those of some validators that the state knows. ids: keys, or indexes in decimal.

        None if there is no POST here.
        """
        path = f"eth/v1/beacon/states/{block.state_root}/validators"
        limit = 65_536 + _ENTRY * len(ids)
        if self._posts:
            reply = self._http.post_json({"ids": list(ids)}, path, limit=limit)
            if reply.status in _NO_POST:
                self._posts = False
                return None
        else:
            reply = self._http.get(path + "?id=" + ",".join(ids), limit=limit)
        if reply.status == 404:
            raise self._explain(at)
        entries = take(self.name, self._answer(reply), list, "data")
        wanted, found = set(ids), dict[str, Validator]()
        for entry in entries:
            validator = self._validator(entry)
            name = validator.key if validator.key in wanted else str(validator.index)
            if name not in wanted or name in found:
                raise SourceUnavailableError(self.name, "gave validators that were not asked for")
            found[name] = validator
        return found

    def _alone(self, block: BeaconHeader, which: str, at: BlockRef) -> Validator | None:
        """One key or index that a list left out: is it unknown, or was it forgotten?"""
        reply = self._http.get(f"eth/v1/beacon/states/{block.state_root}/validators/{which}")
        if reply.status == 404:
            self._pinned(at)
            return None
        found = self._validator(take(self.name, self._answer(reply), dict, "data"))
        if which not in (found.key, str(found.index)):
            raise SourceUnavailableError(self.name, "gave another validator than it was asked for")
        return found

    def _validator(self, entry: object) -> Validator:
        key = take(self.name, entry, str, "validator", "pubkey").lower()
        if not _KEY.fullmatch(key):
            raise SourceUnavailableError(self.name, "gave a validator without a public key")
        return Validator(
            self._number(entry, "index"),
            key,
            self._number(entry, "balance"),
            take(self.name, entry, str, "status")[:40],
            self._root(entry, "validator", "withdrawal_credentials"),
            take(self.name, entry, bool, "validator", "slashed"),
        )

    def _pinned(self, at: BlockRef) -> BeaconHeader:
        """The header of a pinned block. Raises ReorgError if it is not there any more."""
        block = self.header(at.hash)
        if block is None:
            raise self._explain(at)
        return block

    def _explain(self, at: BlockRef) -> ReorgError | HeightPrunedError:
        """Why a pinned block or its state is not there."""
        now = self.header(str(at.height))
        if now is None or now.root != at.hash:
            return ReorgError(self.name, at.height, at.hash, now.root if now else "")
        return HeightPrunedError(self.name, at.height, "it does not keep that state")

    def _data(self, path: str) -> object:
        return take(self.name, self._answer(self._http.get(path)), dict, "data")

    def _answer(self, reply: Reply) -> object:
        reply.raise_for_status()
        answer = reply.json()
        if isinstance(answer, dict) and answer.get("execution_optimistic") is True:
            raise SourceUnavailableError(self.name, "has not verified this block's execution yet")
        return answer

    def _number(self, value: object, *path: str) -> int:
        text = take(self.name, value, str, *path)
        if not (text.isascii() and text.isdigit() and len(text) <= 20):
            raise SourceUnavailableError(self.name, f"did not give a number as {'.'.join(path)}")
        return int(text)

    def _root(self, value: object, *path: str) -> str:
        text = take(self.name, value, str, *path).lower()
        if not _ROOT.fullmatch(text):
            raise SourceUnavailableError(self.name, f"did not give a root as {'.'.join(path)}")
        return text

    def close(self) -> None:
        """Close the connections."""
        self._http.close()


def hash_tree_root(fields: Sequence[bytes]) -> bytes:
    """SSZ root of a container of 32-byte leaves, padded with zeros to a power of two."""
    layer = [*fields]
    while len(layer) & (len(layer) - 1):
        layer.append(bytes(32))
    while len(layer) > 1:
        layer = [sha256(layer[n] + layer[n + 1]).digest() for n in range(0, len(layer), 2)]
    return layer[0]


def _number_leaf(value: int) -> bytes:
    return (value % 2**64).to_bytes(8, "little").ljust(32, b"\0")
