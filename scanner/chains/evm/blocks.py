"""Blocks of an EVM node: which one is final, which one has a height, and was there at a time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from scanner.chains.evm.hexes import block_hash, quantity
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.pins import RECENT
from scanner.chains.fleet.rpc import Rpc
from scanner.errors import HeightNotReachedError, SourceRejectedError, SourceUnavailableError

DEFAULT_CONFIRMATIONS: Final = 64
CONFIRMATIONS: Final[Mapping[str, int]] = {
    "61": 3000,  # Ethereum Classic was re-organised thousands of blocks deep in 2020
    "10001": 1000,  # proof of work with little hash rate
    "66": 10,  # Tendermint: final at once
    "314": 900,  # Filecoin: chain finality of 900 epochs
    "137": 256,
    "43114": 10,  # accepted blocks are final
}
"""Chain id -> how deep a block must lie where a node knows no `finalized` block."""

FINAL_APART: Final[Mapping[str, int]] = {"61": 43_200, "10001": 18_000, "314": 32_400}
"""Chain id -> seconds, where CONFIRMATIONS take hours: a node that knows a `finalized` block has
one that is so much newer than another node's."""


@dataclass(frozen=True, slots=True)
class Header:
    """The parts of a block header that pinning needs; `fields` is the node's whole answer.

    time: seconds since 1970 UTC.
    """

    number: int
    hash: str
    time: int
    fields: Mapping[str, object] = field(repr=False)


def header(rpc: Rpc, which: int | str) -> Header | None:
    """Ask for a block by number, by a tag ("latest", "finalized"), or by hash. None: unknown.

    Raises SourceUnavailableError if the answer is about another block than asked.
    """
    by_hash = isinstance(which, str) and which.startswith("0x")
    method = "eth_getBlockByHash" if by_hash else "eth_getBlockByNumber"
    try:
        answer = rpc.ask(method, hex(which) if isinstance(which, int) else which, False)
    except RpcError as e:
        if e.fault is Fault.NO_BLOCK:
            return None
        raise
    if answer is None:
        return None
    if not isinstance(answer, dict):
        raise SourceUnavailableError(rpc.name, "gave a block that is not an object")
    found = Header(
        quantity(rpc.name, answer.get("number"), "block number"),
        block_hash(rpc.name, answer.get("hash"), "block hash"),
        quantity(rpc.name, answer.get("timestamp"), "block time"),
        answer,
    )
    if (isinstance(which, int) and found.number != which) or (by_hash and found.hash != which):
        raise SourceUnavailableError(rpc.name, "gave another block than it was asked for")
    return found


def tip(rpc: Rpc) -> Header:
    """The newest block. Raises SourceUnavailableError if the node has none."""
    found = header(rpc, "latest")
    if found is None:
        raise SourceUnavailableError(rpc.name, "knows no latest block")
    return found


def at_height(rpc: Rpc, height: int) -> Header:
    """The block at a height. Raises HeightNotReachedError if the chain ends below it."""
    found = header(rpc, height)
    if found is None:
        newest = tip(rpc).number
        if newest >= height:
            raise SourceUnavailableError(rpc.name, f"does not give block {height} below its tip")
        raise HeightNotReachedError(rpc.name, height, newest)
    return found


def final(rpc: Rpc, chain_id: str) -> Header:
    """The newest block that is final enough.

    The node's `finalized` block; where it knows no such tag, the block that lies CONFIRMATIONS
    (by chain id) below the tip.
    """
    try:
        found = header(rpc, "finalized")
    except RpcError as e:
        # Nodes without the tag refuse it in many words: as a bad parameter or an unknown block.
        if e.fault is Fault.PRUNED:
            raise
        found = None
    if found is not None:
        return found
    depth = CONFIRMATIONS.get(chain_id.partition(":")[0], DEFAULT_CONFIRMATIONS)
    return at_height(rpc, max(0, tip(rpc).number - depth))


def final_apart(chain_id: str) -> int:
    """Seconds that the newest final blocks of two nodes may lie apart though none is behind."""
    return FINAL_APART.get(chain_id.partition(":")[0], RECENT)


def at_time(rpc: Rpc, seconds: int, newest: Header) -> Header:
    """The last block with a time at or before `seconds`, found by binary search below `newest`.

    newest: an upper bound, usually the final block. Raises HeightNotReachedError when `newest`
    is not later than the time (blocks to come could still be before it), SourceRejectedError
    when the chain began after it.
    """
    if newest.time <= seconds:
        raise HeightNotReachedError(rpc.name, newest.number + 1, newest.number)
    low = at_height(rpc, 0)
    if low.time > seconds:
        raise SourceRejectedError(rpc.name, "its first block is later than the time asked for")
    high = newest
    # Invariant: low.time <= seconds < high.time. Times never decrease along a chain.
    while high.number - low.number > 1:
        middle = at_height(rpc, _guess(low, high, seconds))
        if middle.time <= seconds:
            low = middle
        else:
            high = middle
    return low


def _guess(low: Header, high: Header, seconds: int) -> int:
    """Halfway between interpolation and bisection: every step leaves at most 3/4 of the span."""
    span = high.number - low.number
    share = (seconds - low.time) * span // (high.time - low.time)
    guess = (low.number + share + low.number + span // 2) // 2
    return min(max(guess, low.number + 1), high.number - 1)
