"""The ways of asking, fastest first, and which of them an endpoint can be trusted with.

A way counts as usable at an endpoint when its answers for a few real items equal those of single
calls. That is tried once per endpoint and remembered.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

from scanner.chains.evm.columns import NATIVE, Column, Reading, Told
from scanner.chains.evm.multicall import Multicall
from scanner.chains.evm.node import Node
from scanner.chains.evm.reader import BATCH, SINGLE, Way, read_columns
from scanner.chains.evm.sheet import WIDE, Sheet
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.errors import SourceUnavailableError
from scanner.model.block import BlockRef

LADDER: Final[tuple[Way, ...]] = (
    Sheet("override"),
    Sheet("revert"),
    Sheet("create"),
    Multicall(),
    BATCH,
    SINGLE,
)

_SAMPLE: Final = 3
_TRY_AGAIN_AFTER: Final = 60.0  # seconds, when a way failed for want of a connection


@dataclass(frozen=True, slots=True)
class Rung:
    """What was found out: the way to use, and until when (monotonic seconds) that is taken on."""

    way: Way
    until: float


def choose(node: Node, columns: Sequence[Column], at: BlockRef) -> Way:
    """The fastest way that works at this endpoint; found out with a few of `columns`' items.

    Raises what reading single calls raises if not even those are answered.
    """
    rung = node.skill("rung", lambda: climb(node, columns, at))
    if isinstance(rung, Rung) and rung.until > monotonic():
        return rung.way
    node.forget("rung")
    return choose(node, columns, at)


def climb(node: Node, columns: Sequence[Column], at: BlockRef) -> Rung:
    """Try the ladder from the top; see `choose`."""
    sample = _sample(columns)
    reference = read_columns(node, BATCH, sample, at)
    until = float("inf")
    for way in LADDER[:-2]:
        works = usable(node, way, sample, reference, at)
        if works:
            return Rung(way, until)
        if works is None:
            until = monotonic() + _TRY_AGAIN_AFTER
    return Rung(BATCH if takes_batches(node) else SINGLE, until)


def usable(
    node: Node, way: Way, sample: Sequence[Column], reference: Sequence[Reading], at: BlockRef
) -> bool | None:
    """Whether `way` gives the reference's answers. None: no telling, it was not answered twice."""
    for _ in range(2):
        try:
            with node.pinned(at) as block:
                return _agree(way.read(node, sample, block, at), reference)
        except SourceUnavailableError:
            continue
        except RpcError as e:
            if e.fault in (Fault.NO_BLOCK, Fault.PRUNED):
                raise
            return False
    return None


def takes_batches(node: Node) -> bool:
    """Whether the endpoint answers a JSON-RPC batch item by item."""
    try:
        found = node.rpc.batch([("eth_chainId", []), ("eth_chainId", [])])
    except (RpcError, SourceUnavailableError):
        return False
    return not any(isinstance(answer, RpcError) for answer in found)


def _sample(columns: Sequence[Column]) -> list[Column]:
    """A few items of the coin and of up to two tokens; the zero address holds something mostly."""
    holders = [bytes(20)]
    for column in columns:
        holders += column.holders[:_SAMPLE]
    tokens = [column for column in columns if not column.is_native]
    return [Column(NATIVE, holders[:_SAMPLE]), *(c.cut(0, _SAMPLE) for c in tokens[:2])]


def _agree(found: Sequence[Reading], reference: Sequence[Reading]) -> bool:
    """Equal but for the ways of failing, which not every way can tell apart."""
    return all(_same(a, b) for a, b in zip(found, reference, strict=True))


def _same(a: Reading, b: Reading) -> bool:
    amounts, failed = list(a.amounts), set(a.failed)
    for position, (told, _) in a.failed.items():
        if told is Told.WIDE and b.amounts[position] >= WIDE:
            amounts[position] = b.amounts[position]
            failed.remove(position)
    return amounts == b.amounts and failed == set(b.failed) and a.decimals == b.decimals
