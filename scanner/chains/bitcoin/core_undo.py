"""Takes recent blocks back: which coins they spent, from a node's `getblock` with prevouts.

The set of unspent outputs at an earlier block is the set now, without the coins of later blocks,
and with those that later blocks spent.
"""

from __future__ import annotations

from collections.abc import Collection

from scanner.chains.bitcoin.coins import Coin, base_units
from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.shape import take
from scanner.errors import HeightPrunedError, ReorgError, SourceUnavailableError
from scanner.model.block import BlockRef

RECENT = 144
"""Blocks that are taken back at most: a day on bitcoin, some megabytes each."""

_SECONDS = 120.0

Spent = list[tuple[bytes, Coin]]
"""Scripts and the coins of theirs that a block spent."""


class RecentBlocks:
    """The recent blocks of one node, each read once for one set of scripts."""

    def __init__(self, rpc: CoreRpc, wanted: Collection[bytes]) -> None:
        self._rpc = rpc
        self._wanted = wanted
        self._read: dict[str, tuple[str, Spent]] = {}  # block hash -> parent hash, spent coins

    def spent_since(self, at: BlockRef, tip_hash: str, tip_height: int) -> Spent:
        """Coins of the pinned block's set that blocks after it spent, up to a given tip.

        Raises ReorgError if the tip does not descend from the pinned block, HeightPrunedError if
        that is too far back or the node's version does not tell what blocks spent.
        """
        depth = tip_height - at.height
        if not 0 <= depth <= RECENT:
            raise HeightPrunedError(self._rpc.name, at.height, too_old(tip_height))
        found: Spent = []
        block_hash = tip_hash
        for _ in range(depth):
            block_hash, spent = self._block(block_hash, at.height)
            found += [(script, coin) for script, coin in spent if coin.height <= at.height]
        if block_hash != at.hash:
            raise ReorgError(self._rpc.name, at.height, at.hash, block_hash)
        return found

    def _block(self, block_hash: str, height: int) -> tuple[str, Spent]:
        if block_hash not in self._read:
            block = self._rpc.call("getblock", [block_hash, 3], timeout=_SECONDS)
            name = self._rpc.name
            spent: Spent = []
            for tx in take(name, block, list, "tx"):
                for source in take(name, tx, list, "vin"):
                    if isinstance(source, dict) and "coinbase" not in source:
                        self._take(source, spent, height)
            self._read[block_hash] = self._rpc.hash_in(block, "previousblockhash"), spent
        return self._read[block_hash]

    def _take(self, source: dict[str, object], spent: Spent, height: int) -> None:
        name = self._rpc.name
        if "prevout" not in source:
            raise HeightPrunedError(
                name,
                height,
                "its version does not report what blocks spent, so it can only read its tip",
            )
        try:
            script = bytes.fromhex(take(name, source, str, "prevout", "scriptPubKey", "hex"))
        except ValueError:
            raise SourceUnavailableError(name, "gave a script that is not hex") from None
        if script in self._wanted:
            coin = Coin(
                txid=take(name, source, str, "txid"),
                vout=take(name, source, int, "vout"),
                amount=base_units(name, take(name, source, object, "prevout", "value")),
                height=take(name, source, int, "prevout", "height"),
                coinbase=take(name, source, bool, "prevout", "generated"),
            )
            spent.append((script, coin))


def too_old(tip: int) -> str:
    """Why a block cannot be reached, and what to do."""
    return (
        f"it can read its tip, {tip}, and {RECENT} blocks back; leave the height out, or use a "
        "source that reaches further back (a UTXO snapshot, Electrum, Esplora)"
    )
