"""Balances of short lists at any height from a node with block filters.

`scanblocks` names the blocks that may concern the scripts (BIP-158 filters miss none), and
`getdescriptoractivity` says what happened in them. On bitcoin's main chain the cost is filters
times scripts: good for up to some thousand scripts; a UTXO snapshot is better for more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from scanner.chains.bitcoin.coins import Coin, balance_of, base_units, plan_queries
from scanner.chains.bitcoin.core_long import LongCall
from scanner.chains.bitcoin.core_rpc import CoreRpc, RpcFailure
from scanner.chains.bitcoin.node_canary import NodeCanaries
from scanner.chains.bitcoin.several import one_or_several
from scanner.chains.interface import Ability, BalanceSource, Reach, ReadPolicy
from scanner.chains.shape import take
from scanner.errors import (
    HeightNotReachedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.net.words import heard

CHUNK = 2_000
BLOCKS = 50
"""Blocks in one question about activity."""

_SECONDS = 600.0
_SCAN_SHARE = 0.5  # of the progress shown; the other half is reading the blocks found

Found = dict[bytes, dict[tuple[str, int], Coin]]


class CoreFilters:
    """Follows scripts through the blocks of one node that has `-blockfilterindex`.

    Evidence is `proven` on the user's own node: every block up to the pinned one was looked at
    through its filter, and the pinned block is on the best chain before and after. Else it is
    `reported`, and each scan tries the node (`node_canary`).
    Source: Bitcoin Core RPC `scanblocks` (version 25), `getdescriptoractivity` (version 29).
    """

    def __init__(
        self, network: Network, endpoint: Endpoint, canaries: Sequence[Canary] = ()
    ) -> None:
        self.name = endpoint.name
        self.network = network.name
        self.ability = Ability(
            Reach.ANY, Evidence.PROVEN if endpoint.own else Evidence.REPORTED, chunk_size=CHUNK
        )
        self._row = network
        self._rpc = CoreRpc(endpoint)
        self._filters = LongCall(self._rpc, "scanblocks")
        self._canaries = NodeCanaries(self._rpc, network, canaries)

    def pin(self, height: int | None) -> BlockRef:
        """Pin any block. Raises HeightNotReachedError, and what CoreRpc.chain_info raises."""
        info = self._rpc.chain_info(self._row)
        if height is not None and height > info.blocks:
            raise HeightNotReachedError(self.name, height, info.blocks)
        block_hash = info.best_hash if height is None else self._rpc.block_hash(height)
        return self._rpc.block_ref(self._row, info.chain, block_hash)

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at."""
        return self._rpc.height_at(self._row, time)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Add up what the scripts received and spent up to the block; see BalanceSource."""
        plan = plan_queries(queries, self.network)
        if not plan.wanted:
            return plan.finished()
        self._check(at)
        known = self._canaries.at(at)
        also = () if known is None else (known.script,)
        found: Found = {script: {} for script in (*plan.wanted, *also)}
        descriptors = [f"raw({script.hex()})" for script in found]
        blocks = self._blocks(descriptors, at, progress)
        for start in range(0, len(blocks), BLOCKS):
            self._read(blocks[start : start + BLOCKS], descriptors, at, found)
            if progress is not None:
                done = min(1.0, (start + BLOCKS) / len(blocks))
                progress(_SCAN_SHARE + (1 - _SCAN_SHARE) * done)
        self._check(at)
        if known is not None:
            known.check(found[known.script].values(), self.name, self._row, at)
        evidence = self.ability.evidence
        for script in plan.wanted:
            coins = found[script].values()
            plan.fill(script, balance_of(coins, at.height, self._row.decimals, evidence, self.name))
        return plan.finished()

    def close(self) -> None:
        """Close the connections."""
        self._rpc.close()

    def _check(self, at: BlockRef) -> None:
        seen = self._rpc.block_hash(at.height)
        if seen != at.hash:
            raise ReorgError(self.name, at.height, at.hash, seen)

    def _blocks(
        self,
        descriptors: Sequence[str],
        at: BlockRef,
        progress: Callable[[float], None] | None,
    ) -> list[str]:
        """Hashes of the blocks up to the pinned one that may concern the scripts."""
        report = None if progress is None else lambda share: progress(share * _SCAN_SHARE)
        return relevant_blocks(self._rpc, self._filters, descriptors, (0, at.height), report)

    def _read(
        self, blocks: Sequence[str], descriptors: Sequence[str], at: BlockRef, found: Found
    ) -> None:
        for event in activity(self._rpc, blocks, descriptors):
            kind = take(self.name, event, str, "type")
            height = take(self.name, event, int, "height")
            if height > at.height or kind not in ("receive", "spend"):
                raise SourceUnavailableError(
                    self.name, f"reported {heard(self.name, kind)} in block {height}"
                )
            if kind == "receive":
                self._receive(event, height, found)
            else:
                self._spend(event, found)

    def _receive(self, event: object, height: int, found: Found) -> None:
        coins = self._coins(event, "output_spk", found)
        place = (take(self.name, event, str, "txid"), take(self.name, event, int, "vout"))
        if place in coins:
            raise SourceUnavailableError(self.name, f"reported output {place[0]}:{place[1]} twice")
        amount = base_units(self.name, take(self.name, event, object, "amount"))
        coins[place] = Coin(*place, amount, height)

    def _spend(self, event: object, found: Found) -> None:
        coins = self._coins(event, "prevout_spk", found)
        place = (
            take(self.name, event, str, "prevout_txid"),
            take(self.name, event, int, "prevout_vout"),
        )
        if coins.pop(place, None) is None:
            raise SourceUnavailableError(
                self.name,
                f"reported that {place[0]}:{place[1]} was spent, but not that it was received",
            )

    def _coins(self, event: object, side: str, found: Found) -> dict[tuple[str, int], Coin]:
        try:
            return found[bytes.fromhex(take(self.name, event, str, side, "hex"))]
        except (KeyError, ValueError):
            raise SourceUnavailableError(
                self.name, "reported a script that was not asked for"
            ) from None


def relevant_blocks(
    rpc: CoreRpc,
    scan: LongCall,
    descriptors: Sequence[str],
    heights: tuple[int, int],
    report: Callable[[float], None] | None = None,
) -> list[str]:
    """Hashes of the blocks, from the first height to the last, that may concern the descriptors.

    scan: the node's `scanblocks`. It leaves blocks out without a word that the index of filters has
    not reached; the index follows the chain, so where it has the last block it has them all.
    Raises SourceRejectedError if the node has no block filters, SourceUnavailableError if it lacks
    some yet, ReorgError if the last block changes meanwhile.
    """
    first, last = heights
    end = rpc.block_hash(last)
    _check_index(rpc, last, end)
    answer = scan.run([list(descriptors), first, last], report)
    if not take(rpc.name, answer, bool, "completed"):
        raise SourceUnavailableError(rpc.name, "the scan was aborted on the node")
    if (now := rpc.block_hash(last)) != end:
        raise ReorgError(rpc.name, last, end, now)
    if take(rpc.name, answer, int, "to_height") != last:
        raise SourceUnavailableError(rpc.name, "scanned up to another block than the one asked for")
    blocks = take(rpc.name, answer, list, "relevant_blocks")
    return [rpc.hash_in(block) for block in blocks]


def _check_index(rpc: CoreRpc, height: int, block_hash: str) -> None:
    """Make sure that a block's filter is there; the node waits for its index if it lags."""
    answer = rpc.ask("getblockfilter", [block_hash], timeout=_SECONDS)
    if not isinstance(answer, RpcFailure):
        return
    if "not enabled" in answer.message:
        raise SourceRejectedError(rpc.name, "has no block filters: start it with -blockfilterindex")
    if "indexed" in answer.message:
        what = f"has no block filters up to height {height} yet: wait for its index"
        raise SourceUnavailableError(rpc.name, what)
    raise rpc.error("getblockfilter", answer)


def activity(rpc: CoreRpc, blocks: Sequence[str], descriptors: Sequence[str]) -> list[object]:
    """What the scripts received and spent in some blocks, in the order of the chain.

    Raises SourceError.
    """
    answer = rpc.ask(
        "getdescriptoractivity", [list(blocks), list(descriptors), False], timeout=_SECONDS
    )
    if isinstance(answer, RpcFailure):
        raise rpc.error("getdescriptoractivity", answer)
    return take(rpc.name, answer, list, "activity")


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> BalanceSource:
    """Make the source from all endpoints; each node answers for itself."""
    canaries = registry.canaries(network.name)
    return one_or_several(network, endpoints, policy, lambda n, e: CoreFilters(n, e, canaries))
