"""Balances at recent blocks from a node's own UTXO set: `scantxoutset` by raw scripts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from scanner.chains.bitcoin.coins import Coin, balance_of, base_units, plan_queries
from scanner.chains.bitcoin.core_long import LongCall
from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.core_undo import RECENT, RecentBlocks, too_old
from scanner.chains.bitcoin.node_canary import NodeCanaries
from scanner.chains.bitcoin.several import one_or_several
from scanner.chains.interface import Ability, BalanceSource, Reach, ReadPolicy
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry

MAX_DESCRIPTORS = 200_000
"""Descriptors in one call: the node needs about 5 kB of memory for each while it scans."""

MAX_BODY = 24 * 1024 * 1024
"""Bytes of one call; nodes refuse bodies over 32 MiB."""


class CoreScan:
    """Reads the UTXO set of one node at its tip, and up to a day back.

    The answer of a scan names the block it was made at. If that is not the pinned one, the blocks
    between are taken back (`core_undo`), so that a tip which moves during a scan of minutes does no
    harm; ReorgError when the pinned block is not among them.
    A node scans for one caller at a time: SourceUnavailableError when it is already busy.
    Evidence is `proven` on the user's own node (a full scan of a set the node itself checked, at
    a block hash), else `reported`, and each scan tries the node (`node_canary`).
    Source: Bitcoin Core RPC `scantxoutset`, `getblockchaininfo`, `getblockheader`.
    """

    def __init__(
        self, network: Network, endpoint: Endpoint, canaries: Sequence[Canary] = ()
    ) -> None:
        self.name = endpoint.name
        self.network = network.name
        self.ability = Ability(
            reach=Reach.WINDOW,
            evidence=Evidence.PROVEN if endpoint.own else Evidence.REPORTED,
            chunk_size=MAX_DESCRIPTORS,
        )
        self._row = network
        self._rpc = CoreRpc(endpoint)
        self._set = LongCall(self._rpc, "scantxoutset")
        self._canaries = NodeCanaries(self._rpc, network, canaries)

    def pin(self, height: int | None) -> BlockRef:
        """Pin the tip, or a recent block.

        Raises HeightNotReachedError above the tip, HeightPrunedError more than RECENT blocks below.
        """
        info = self._rpc.chain_info(self._row)
        if height is not None and height > info.blocks:
            if height <= info.headers:
                raise SourceUnavailableError(
                    self.name, f"is still syncing (block {info.blocks} of {info.headers}): wait"
                )
            raise HeightNotReachedError(self.name, height, info.blocks)
        if height is None or height == info.blocks:
            return self._rpc.block_ref(self._row, info.chain, info.best_hash)
        if height < info.blocks - RECENT:
            raise HeightPrunedError(self.name, height, too_old(info.blocks))
        return self._rpc.block_ref(self._row, info.chain, self._rpc.block_hash(height))

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at."""
        return self._rpc.height_at(self._row, time)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Scan the UTXO set for the queries' scripts; see the class and BalanceSource."""
        plan = plan_queries(queries, self.network)
        if not plan.wanted:
            return plan.finished()
        known = self._canaries.at(at)
        parts = list(_split(list(plan.wanted)))
        found: dict[bytes, list[Coin]] = {script: [] for script in plan.wanted}
        recent = RecentBlocks(self._rpc, found.keys())
        for number, part in enumerate(parts):
            asked = part
            if known is not None:  # it is in each scan, and what the last one found is kept
                asked = part if known.script in part else [*part, known.script]
                found[known.script] = []
            report = _share(progress, number, len(parts))
            for script, coin in self._scan(asked, at, recent, report):
                found[script].append(coin)
            if known is not None:
                known.check(found[known.script], self.name, self._row, at)
        if known is not None and known.script not in plan.wanted:
            del found[known.script]
        for script, coins in found.items():
            plan.fill(
                script,
                balance_of(coins, at.height, self._row.decimals, self.ability.evidence, self.name),
            )
        return plan.finished()

    def close(self) -> None:
        """Close the connections."""
        self._rpc.close()

    def _scan(
        self,
        scripts: Sequence[bytes],
        at: BlockRef,
        recent: RecentBlocks,
        report: Callable[[float], None] | None,
    ) -> Iterator[tuple[bytes, Coin]]:
        descriptors = [f"raw({script.hex()})" for script in scripts]
        before = self._best()
        answer = self._set.run([descriptors], report)
        if not take(self.name, answer, bool, "success"):
            raise SourceUnavailableError(self.name, "the scan was aborted on the node")
        height, seen = self._place(answer, before)
        wanted = set(scripts)
        total = 0
        for entry in take(self.name, answer, list, "unspents"):
            script, coin = self._coin(entry, height)
            if script not in wanted:
                raise SourceUnavailableError(self.name, "found a coin that was not asked for")
            total += coin.amount
            if coin.height <= at.height:
                yield script, coin
        stated = base_units(self.name, take(self.name, answer, object, "total_amount"))
        if total != stated:
            raise SourceUnavailableError(
                self.name, f"its coins add up to {total}, it says {stated}: the answer is broken"
            )
        if (height, seen) != (at.height, at.hash):
            if height < at.height:  # the node lost blocks: the pinned one is gone, or will be
                raise ReorgError(self.name, at.height, at.hash, self._rpc.block_hash(at.height))
            for script, coin in recent.spent_since(at, seen, height):
                if script in wanted:
                    yield script, coin

    def _place(self, answer: object, before: str) -> tuple[int, str]:
        """Height and hash of the block an answer was made at.

        before: the best block before the scan. Nodes that are relatives of Core 0.17 (Bitcoin Cash
        Node, Bitcoin Gold) do not state it; then the best block must be the same before and after.
        """
        if isinstance(answer, dict) and "bestblock" in answer:
            return take(self.name, answer, int, "height"), self._rpc.hash_in(answer, "bestblock")
        if self._best() != before:
            raise SourceUnavailableError(
                self.name,
                "a block arrived during the scan, and its version does not say which block the "
                "scan is of",
            )
        return take(self.name, self._rpc.call("getblockheader", [before]), int, "height"), before

    def _best(self) -> str:
        return self._rpc.hash_in(self._rpc.call("getbestblockhash"))

    def _coin(self, entry: object, tip: int) -> tuple[bytes, Coin]:
        text = take(self.name, entry, str, "scriptPubKey")
        try:
            script = bytes.fromhex(text)
        except ValueError:
            raise SourceUnavailableError(self.name, "gave a script that is not hex") from None
        coinbase = isinstance(entry, dict) and entry.get("coinbase")
        coin = Coin(
            txid=take(self.name, entry, str, "txid"),
            vout=take(self.name, entry, int, "vout"),
            amount=base_units(self.name, take(self.name, entry, object, "amount")),
            height=take(self.name, entry, int, "height"),
            coinbase=coinbase if isinstance(coinbase, bool) else None,
        )
        if coin.height > tip:
            raise SourceUnavailableError(self.name, f"gave a coin of the later block {coin.height}")
        return script, coin


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> BalanceSource:
    """Make the source from all endpoints; each node answers for itself."""
    canaries = registry.canaries(network.name)
    return one_or_several(network, endpoints, policy, lambda n, e: CoreScan(n, e, canaries))


def _split(scripts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Cut a list of scripts so that no call is too large for the node."""
    part: list[bytes] = []
    size = 0
    for script in scripts:
        cost = 2 * len(script) + len('"raw()", ')
        if part and (len(part) >= MAX_DESCRIPTORS or size + cost > MAX_BODY):
            yield part
            part, size = [], 0
        part.append(script)
        size += cost
    if part:
        yield part


def _share(
    progress: Callable[[float], None] | None, number: int, count: int
) -> Callable[[float], None] | None:
    if progress is None:
        return None
    return lambda share: progress((number + share) / count)
