"""Reads coins on Starknet at a block, by its hash: each of them is a contract, its own coin too.

So are accounts, which can be asked as well.
Source: Starknet's JSON-RPC specification (starknet_call, starknet_getBlockWithTxHashes,
starknet_getClassHashAt); what a node really answers: tests/vectors/starknet.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.interface import Answer, OneReader, ReaderAbility, Refusal, liquid
from scanner.chains.fleet.rpc import Rpc
from scanner.chains.interface import Reach
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding, Network

STRK: Final = "0x4718f5a0fc34cc1af16a1cdee98ffb20c31f5cd61d6ab07201858f4287c938d"
"""The contract of the network's own coin."""

BALANCE_OF: Final = "0x2e4263afad30923c891518314c3c95dbe830a16874e8abc5777a9a20b54c76e"
DECIMALS: Final = "0x4c4fb1ab068f6039d5780c68dd0fa2f8742cceb3426d19667778ca7f3518a9"
"""Selectors: the first 250 bits of Keccak-256 of `balanceOf` and `decimals`."""

BEHIND: Final = 10
"""Blocks below the newest one that are taken as the newest that stays."""

FELT: Final = 32
"""Bytes that hold a field element."""

_NOT_FOUND: Final = 24
_NO_CONTRACT: Final = 20
_STOPPED: Final = frozenset((21, 40))  # no such entry point; the contract's own error
_CALL_LIMIT: Final = 16_384  # bytes of what an account answers: it is anybody's code
_HALF: Final = 1 << 128
_FIELD: Final = 1 << 252


class StarknetReader(OneReader):
    """One JSON-RPC node. A Reader."""

    ability = ReaderAbility(Reach.ANY, batch=25, workers=2, chunk=1_000)

    def __init__(self, endpoint: Endpoint, network: Network) -> None:
        super().__init__(endpoint, network)
        self._rpc = Rpc(endpoint, reverts=_STOPPED)
        self._decimals: dict[str, int] = {}

    def check(self) -> None:
        """See Reader. Raises SourceRejectedError."""
        seen = self._felt(self._rpc.ask("starknet_chainId"))
        if seen != int(self._chain, 16):
            what = f"is on another chain than {self._network}: set the endpoint's url or chain"
            raise SourceRejectedError(self._name, what)

    def pin(self, height: int | None) -> BlockRef:
        """See Reader."""
        chosen = max(0, self._tip() - BEHIND) if height is None else height
        block = self._block(chosen)
        time = take(self._name, block, int, "timestamp")
        return BlockRef(self._network, self._chain, chosen, self._hash(block), time)

    def hash_at(self, height: int) -> str:
        """See Reader."""
        return self._hash(self._block(height))

    def read(self, queries: Sequence[BalanceQuery], at: BlockRef) -> list[Answer]:
        """See Reader."""
        whys = [self._wrong_token(query.holding, at) for query in queries]
        wanted = [q for q, why in zip(queries, whys, strict=True) if not why]
        calls = [
            self._call(_contract(q.holding), BALANCE_OF, [_hexed(q.address.payload)], at)
            for q in wanted
        ]
        found = iter(self._ask(calls))
        return [Refusal(why) if why else self._one(next(found), at) for why in whys]

    def call(self, to: bytes, data: bytes, at: BlockRef) -> bytes:
        """See ContractCaller.call; of one endpoint. An answer that is too large is none."""
        selector, *arguments = (_hexed(data[n : n + FELT]) for n in range(0, len(data), FELT))
        asked = self._call(_hexed(to), selector, arguments, at)
        result: object
        try:
            result = self._rpc.ask(
                "starknet_call", asked["request"], asked["block_id"], limit=_CALL_LIMIT
            )
        except RpcError as e:
            result = e
        value = self._value(result, at)
        return b"" if isinstance(value, Refusal) else b"".join(n.to_bytes(FELT) for n in value)

    def class_of(self, account: bytes, at: BlockRef) -> bytes:
        """The hash of the class that an account runs, 32 bytes; zeros where nothing is deployed.

        Raises SourceError.
        """
        block = {"block_hash": at.hash}
        try:
            said = self._rpc.ask("starknet_getClassHashAt", block, _hexed(account))
        except RpcError as e:
            if e.code == _NO_CONTRACT:
                return bytes(FELT)
            self._refused(e, at)
            raise
        return self._felt(said).to_bytes(FELT)

    def probe(self) -> dict[str, str]:
        """See Reader."""
        tip = self._tip()
        found = {"newest block": str(tip)}
        found["specification"] = take(self._name, self._rpc.ask("starknet_specVersion"), str)[:20]
        at = self.pin(max(0, tip // 2))
        try:
            self._value(self._ask([self._call(STRK, DECIMALS, [], at)])[0], at)
        except SourceError:
            return {**found, "history": "recent only"}
        return {**found, "history": "any height"}

    def close(self) -> None:
        """See Reader."""
        self._rpc.close()

    def _one(self, result: object, at: BlockRef) -> Answer:
        value = self._value(result, at)
        if isinstance(value, Refusal):
            return value
        if len(value) != 2 or value[0] >= _HALF or value[1] >= _HALF:
            return Refusal("the token does not answer a balance of 256 bits")
        return liquid(value[0] | value[1] << 128)

    def _value(self, result: object, at: BlockRef) -> list[int] | Refusal:
        """The felts of a call's result. Raises what an error says about the block."""
        if not isinstance(result, RpcError):
            return [self._felt(felt) for felt in take(self._name, result, list)]
        return self._refused(result, at)

    def _refused(self, result: RpcError, at: BlockRef) -> Refusal:
        """What an error says of the one that was asked. Raises what it says about the block."""
        if result.fault is Fault.PRUNED:
            raise HeightPrunedError(self._name, at.height, "it does not keep states that old")
        if result.code == _NOT_FOUND:
            raise SourceUnavailableError(self._name, f"does not find block {at.height} by its hash")
        if result.code == _NO_CONTRACT:
            return Refusal("there is no such token contract at that block")
        if result.fault is Fault.REVERTED:
            return Refusal("the contract does not answer this")
        if result.fault is Fault.MISSING:
            return Refusal("left out of the answer")
        raise result

    def _wrong_token(self, holding: Holding, at: BlockRef) -> str:
        """Why a token cannot be read; "" if it can."""
        contract = _contract(holding)
        if contract not in self._decimals:
            (result,) = self._ask([self._call(contract, DECIMALS, [], at)])
            value = self._value(result, at)
            if isinstance(value, Refusal):
                return f"{holding.asset}: {value.why}"
            if len(value) != 1:
                return f"{holding.asset}: its contract does not state its decimals"
            self._decimals[contract] = value[0]
        seen = self._decimals[contract]
        if seen == holding.decimals:
            return ""
        return f"{holding.asset} has {seen} decimals on the chain, not {holding.decimals}"

    def _ask(self, calls: Sequence[dict[str, object]]) -> list[object]:
        """Results or RpcErrors, in order. A batch of one goes out alone: some answer no list."""
        if len(calls) != 1:
            requests = [("starknet_call", [c["request"], c["block_id"]]) for c in calls]
            return self._rpc.batch(requests) if requests else []
        try:
            return [self._rpc.ask("starknet_call", calls[0]["request"], calls[0]["block_id"])]
        except RpcError as e:
            return [e]

    @staticmethod
    def _call(
        contract: str, selector: str, arguments: Sequence[str], at: BlockRef
    ) -> dict[str, object]:
        request = {
            "contract_address": contract,
            "entry_point_selector": selector,
            "calldata": list(arguments),
        }
        return {"request": request, "block_id": {"block_hash": at.hash}}

    def _tip(self) -> int:
        return take(self._name, self._rpc.ask("starknet_blockNumber"), int)

    def _block(self, height: int) -> object:
        try:
            block = self._rpc.ask("starknet_getBlockWithTxHashes", {"block_number": height})
        except RpcError as e:
            if e.code != _NOT_FOUND:
                raise
            tip = self._tip()
            if height > tip:
                raise HeightNotReachedError(self._name, height, tip) from None
            raise SourceUnavailableError(self._name, f"does not have block {height}") from None
        if take(self._name, block, int, "block_number") != height:
            raise SourceUnavailableError(self._name, "shows another block than the one asked for")
        if take(self._name, block, str, "status") not in ("ACCEPTED_ON_L1", "ACCEPTED_ON_L2"):
            raise SourceUnavailableError(self._name, f"block {height} is not accepted yet")
        return block

    def _hash(self, block: object) -> str:
        return hex(self._felt(take(self._name, block, str, "block_hash")))

    def _felt(self, value: object) -> int:
        """A field element: hex text with 0x."""
        text = take(self._name, value, str)
        try:
            number = int(text, 16) if text.startswith("0x") and len(text) <= 66 else _FIELD
        except ValueError:
            number = _FIELD
        if not 0 <= number < _FIELD:
            raise SourceUnavailableError(self._name, "gave an invalid answer: not a felt")
        return number


def _contract(holding: Holding) -> str:
    return STRK if holding.is_native else hex(int(holding.contract, 16))


def _hexed(payload: bytes) -> str:
    return hex(int.from_bytes(payload, "big"))
