"""Whom a node that is not the user's own is asked about in each of its scans, to try it.

The scan has one script more: of the network's canary (config/canaries.csv), or, at a height from
which there is none and on a test chain, of somebody whom the pinned block itself pays. The user's
own node has checked every block: it is asked for what the user asks and nothing else.

A block's reward cannot be spent in the block itself (see `paid`). Where stakes take the place of
work, the reward's transaction pays nothing and the second one, whose first output is empty, pays
the stake with what it earned, under the same rule (Qtum, primitives/transaction.h: IsCoinStake;
consensus/tx_verify.cpp).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.bitcoin.coins import Coin, base_units
from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.fleet.canary import too_little, wrongly_empty
from scanner.chains.shape import take
from scanner.errors import ReorgError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.network import Network

_SECONDS: Final = 120.0
_OP_RETURN: Final = 0x6A
_MAX_SCRIPT: Final = 10_000
"""Bytes: what is longer nobody can spend, and no set of unspent outputs has (script/script.h)."""


@dataclass(frozen=True, slots=True)
class Known:
    """A script that holds something at a block: `least` base units. canary: of the table, if so."""

    script: bytes
    least: int
    canary: Canary | None = None

    def check(self, coins: Iterable[Coin], name: str, network: Network, at: BlockRef) -> None:
        """Raise UntrustedError where an endpoint's scan found less."""
        if sum(coin.amount for coin in coins) >= self.least:
            return
        if self.canary is not None:
            raise wrongly_empty(name, self.canary, at)
        raise too_little(name, f"raw({self.script.hex()})", network.native, at)


class NodeCanaries:
    """The canaries of one node. canaries: of its network, from the table."""

    def __init__(self, rpc: CoreRpc, network: Network, canaries: Sequence[Canary]) -> None:
        self._rpc, self._name = rpc, rpc.name
        shipped = canaries if rpc.endpoint.chain in ("", network.chain_id) else ()
        self._table = [
            (canary, script_pubkey(decode_address(network, canary.address)))
            for canary in shipped
            if canary.asset == network.native
        ]

    def at(self, at: BlockRef) -> Known | None:
        """Whom to ask about; None for an own node, and at the first block, which pays nobody.

        Raises ReorgError, SourceUnavailableError, and SourceRejectedError where nobody is known.
        """
        if self._rpc.endpoint.own or not at.height:
            return None
        for canary, script in self._table:
            if canary.since <= at.height:
                return Known(script, 1, canary)
        return self._paid(at)

    def _paid(self, at: BlockRef) -> Known:
        if (seen := self._rpc.block_hash(at.height)) != at.hash:
            raise ReorgError(self._name, at.height, at.hash, seen)
        block = self._rpc.call("getblock", [at.hash, 2], timeout=_SECONDS)
        if self._rpc.hash_in(block, "hash") != at.hash:
            raise SourceUnavailableError(self._name, "gave another block than the one asked for")
        for script, amount in self._reward(take(self._name, block, list, "tx")):
            if amount and script and script[0] != _OP_RETURN and len(script) <= _MAX_SCRIPT:
                return Known(script, amount)
        what = f"block {at.height} pays nobody whom it could be tried by"
        raise SourceRejectedError(
            self._name, f'{what}: ask at another block, or set "own = true" if the node is yours'
        )

    def _reward(self, transactions: list[object]) -> list[tuple[bytes, int]]:
        """The outputs of a block's reward, or of the stake where that pays nothing."""
        paid = [self._outputs(tx) for tx in transactions[:2]]
        if len(paid) > 1 and not any(amount for _, amount in paid[0]) and paid[1][:1] == [(b"", 0)]:
            return paid[1]
        return paid[0] if paid else []

    def _outputs(self, transaction: object) -> list[tuple[bytes, int]]:
        found = []
        for output in take(self._name, transaction, list, "vout"):
            try:
                script = bytes.fromhex(take(self._name, output, str, "scriptPubKey", "hex"))
            except ValueError:
                raise SourceUnavailableError(self._name, "gave a script that is not hex") from None
            value = take(self._name, output, object, "value")
            found.append((script, base_units(self._name, value)))
        return found
