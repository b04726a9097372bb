"""Reads accounts of Polkadot's relay chain and of Asset Hub out of their storage, many at a time.

In 2025 the relay chain's balances moved to Asset Hub. The relay chain answers for later blocks as
if nothing were wrong, with what was left behind; a row of Asset Hub is read with that (hub.py), so
that a row of the relay chain is not read after it.
Source: Polkadot's JSON-RPC (state_queryStorageAt, chain_getHeader); what nodes really answer:
tests/vectors/substrate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Reading, Refusal, State
from scanner.chains.fleet.rpc import Rpc
from scanner.chains.interface import Reach
from scanner.chains.shape import HEX_32, named, take
from scanner.chains.substrate.header import read_number
from scanner.chains.substrate.keys import (
    NOW,
    NUMBER,
    account_key,
    asset_key,
    ledger_key,
    read_account,
    read_asset,
    read_ledger,
)
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.parts import Part
from scanner.net.words import heard

BATCH: Final = 200


@dataclass(frozen=True, slots=True)
class Moved:
    """The blocks in which balances moved from one chain to another.

    first, last: of this chain. away: whether they left it; else they came.
    """

    first: int
    last: int
    away: bool


MOVED: Final[Mapping[str, Moved]] = {
    "polkadot": Moved(28_490_502, 28_495_696, away=True),
    "polkadot-asset-hub": Moved(10_254_470, 10_259_208, away=False),
}
"""Source: the migration blocks that substrate-api-sidecar keeps (paritytech, consts)."""


class SubstrateReader(OneReader):
    """One node of one chain. A Reader."""

    ability = ReaderAbility(Reach.ANY, batch=BATCH, workers=2, chunk=1_000)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rpc = Rpc(endpoint)

    def check(self) -> None:
        """See Reader. The chain is known by its genesis. Raises SourceRejectedError."""
        genesis = self._rpc.ask("chain_getBlockHash", 0)
        if genesis != self._chain:
            heard(self._name, genesis)
            what = f"is not on {self._network}: its genesis is another"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader. Finalized blocks only.

        Raises HeightNotReachedError and SourceUnavailableError.
        """
        head = take(self._name, self._rpc.ask("chain_getFinalizedHead"), str)
        tip = self._number(head)
        if height is not None and height > tip:
            raise HeightNotReachedError(self._name, height, tip)
        block_hash = head if height is None else self.hash_at(height)
        number = tip if height is None else self._number(block_hash)
        if height is not None and number != height:
            raise SourceUnavailableError(self._name, f"answered with block {number}")
        stored = self._storage([NOW], BlockRef(self._network, self._chain, number, block_hash))
        now = stored[NOW]
        if now is None or len(now) != 8:
            raise SourceUnavailableError(self._name, "does not state the time of the block")
        time = int.from_bytes(now, "little") // 1000
        return BlockRef(self._network, self._chain, number, block_hash, time)

    def hash_at(self, height: int) -> str:
        """See Reader. Raises HeightNotReachedError."""
        found = self._rpc.ask("chain_getBlockHash", height)
        if found is None:
            head = take(self._name, self._rpc.ask("chain_getFinalizedHead"), str)
            raise HeightNotReachedError(self._name, height, self._number(head))
        return named(self._name, found, HEX_32)

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader. One call for all of them, which names its block and shows its number."""
        keys: list[str] = []
        for query in queries:
            keys += self._keys(query)
        stored = self._storage(list(dict.fromkeys(keys)), at)
        state = State(at.height, at.hash)  # which the answer was seen to name
        return [self._read(query, stored, state) for query in queries]

    def probe(self) -> dict[str, str]:
        """See Reader."""
        head = take(self._name, self._rpc.ask("chain_getFinalizedHead"), str)
        return {"newest finalized block": str(self._number(head))}

    def close(self) -> None:
        """See Reader."""
        self._rpc.close()

    def _number(self, block_hash: str) -> int:
        return read_number(self._name, self._rpc.ask("chain_getHeader", block_hash), block_hash)

    def _storage(self, keys: list[str], at: BlockRef) -> dict[str, bytes | None]:
        """What lies under each key in the state of a block; None for nothing.

        The block's own number is asked for with them: a node that has dropped the state, or a
        gateway before it, may answer that there is nothing anywhere.
        """
        try:
            answer = self._rpc.ask("state_queryStorageAt", [NUMBER, *keys], at.hash)
        except RpcError as e:
            if e.fault is Fault.PRUNED:
                raise HeightPrunedError(self._name, at.height, "it has discarded the state") from e
            raise
        if take(self._name, answer, str, 0, "block") != at.hash:
            raise SourceUnavailableError(self._name, "answered for another block")
        found: dict[str, bytes | None] = {}
        for change in take(self._name, answer, list, 0, "changes"):
            key, value = take(self._name, change, str, 0), take(self._name, change, object, 1)
            if key in found:
                raise SourceUnavailableError(self._name, "answered for one key twice")
            found[key] = None if value is None else self._bytes(value)
        number = found.pop(NUMBER, None)
        if number is None or int.from_bytes(number, "little") != at.height:
            raise SourceUnavailableError(self._name, "has no state for that block")
        missing = [key for key in keys if key not in found]
        if missing:
            raise SourceUnavailableError(self._name, f"left {len(missing)} keys out of its answer")
        return found

    def _bytes(self, text: object) -> bytes:
        try:
            return bytes.fromhex(str(text).removeprefix("0x"))
        except ValueError:
            raise SourceUnavailableError(self._name, "answered with invalid hex") from None

    def _keys(self, query: BalanceQuery) -> list[str]:
        account, contract = query.address.payload, query.holding.contract
        if query.address.format != "ss58":
            return []
        if query.holding.is_native:
            return [account_key(account), ledger_key(account)]
        return [asset_key(int(contract), account)] if _is_asset(contract) else []

    def _read(
        self, query: BalanceQuery, stored: Mapping[str, bytes | None], state: State
    ) -> Answer:
        keys = self._keys(query)
        if not keys:
            return Refusal(f"{query.holding.asset} of {query.address.format} is not supported here")
        try:
            if query.holding.is_native:
                return self._dot(query.address.payload, stored[keys[0]], stored[keys[1]], state)
            value = stored[keys[0]]
            if value is None:
                return Reading({}, state, absent=True)
            asset = read_asset(value)
        except ValueError as e:
            return Refusal(f"is in an unknown format: {e}")
        caution = "its issuer has frozen it" if asset.frozen else ""
        detail = {"frozen": True} if asset.frozen else {}
        return Reading({Part.LIQUID: asset.balance}, state, detail=detail, caution=caution)

    def _dot(
        self, account: bytes, value: bytes | None, staking: bytes | None, state: State
    ) -> Answer:
        moved = MOVED.get(self._network)
        if moved is not None and state.height >= moved.first:
            if moved.away:
                return Refusal(
                    f"balances left the relay chain with block {moved.first}: claim them on "
                    "Asset Hub, which is read together with the remainder"
                )
            if state.height <= moved.last:
                return Refusal(f"balances were on their way here until block {moved.last}")
        return self._coins(account, value, staking, state)

    def left_behind(
        self, accounts: Sequence[bytes], number: int, root: str
    ) -> list[tuple[Answer, BlockRef]]:
        """What accounts still hold here, in the state that a parachain's block is built on.

        number, root: of that state, as the parachain's own state names it.
        Raises SourceUnavailableError where this node's block is another one, HeightPrunedError.
        """
        self.check()
        block_hash = self.hash_at(number)
        header = self._rpc.ask("chain_getHeader", block_hash)
        read_number(self._name, header, block_hash)
        if take(self._name, header, str, "stateRoot") != root:
            what = f"has another block {number} than the one that was built on"
            raise SourceUnavailableError(self._name, what)
        at = BlockRef(self._network, self._chain, number, block_hash)
        pairs = [(account_key(account), ledger_key(account)) for account in accounts]
        stored = self._storage(list(dict.fromkeys(key for pair in pairs for key in pair)), at)
        state = State(number, block_hash)
        found: list[tuple[Answer, BlockRef]] = []
        for account, (held, staked) in zip(accounts, pairs, strict=True):
            try:
                said = self._coins(account, stored[held], stored[staked], state)
            except ValueError as e:
                said = Refusal(f"relay chain: is in an unknown format: {e}")
            found.append((said, at))
        return found

    def _coins(
        self, account: bytes, value: bytes | None, staking: bytes | None, state: State
    ) -> Answer:
        if value is None:
            return Reading({}, state, absent=True)
        held = read_account(value)
        parts = {Part.LIQUID: held.free, Part.LOCKED: held.reserved}
        ledger = read_ledger(staking) if staking is not None else None
        if ledger is not None and ledger.stash == account:
            # Stake is reserved; until 2025 it was a lock on what is free. It is never on top.
            holds = Part.LOCKED if ledger.total <= held.reserved else Part.LIQUID
            if ledger.total > parts[holds]:
                return Refusal("says it has more at stake than it holds")
            parts[holds] -= ledger.total
            parts |= {Part.STAKED: ledger.active, Part.UNBONDING: ledger.total - ledger.active}
        locked = min(parts[Part.LIQUID], held.frozen_of_free - (held.free - parts[Part.LIQUID]))
        if locked > 0:
            parts[Part.LIQUID] -= locked
            parts[Part.LOCKED] += locked
        return Reading(parts, state)


def _is_asset(contract: str) -> bool:
    return contract.isascii() and contract.isdigit() and int(contract) < 1 << 32
