"""What a snapshot of a list would meet, found out before it is begun: for `scanner doctor`.

Of each network and height a few of the largest claims are read at the stated block, as the snapshot
would read them.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from heapq import heappushpop

from scanner.chains.interface import BalanceSource, Counted, Reach
from scanner.errors import (
    AddressFormatError,
    HeightNotReachedError,
    HeightPrunedError,
    ScannerError,
    SourceError,
    UnknownAssetError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.model.registry import Registry
from scanner.snapshots.heights import choose, clearly, readings
from scanner.snapshots.moments import moment_of
from scanner.snapshots.plan import effective_height

Looked = list[Counted] | ScannerError | None

AT_ONCE = 8
"""How many networks are asked at a time."""

SAMPLE = 6
"""Claims of each network and height that are tried."""


@dataclass(slots=True)
class Need:
    """What a list wants read on one network at one height. largest: (amount, line, claim) heap.

    own: whether the height is the user's, not the list's.
    """

    network: str
    height: int | None
    rows: int = 0
    own: bool = False
    largest: list[tuple[int, int, Claim]] = field(default_factory=list)

    def add(self, claim: Claim) -> None:
        """Count a claim, and keep it if it is among the largest."""
        self.rows += 1
        entry = claim.amount or 0, -claim.row, claim
        if len(self.largest) < SAMPLE:
            self.largest.append(entry)
            self.largest.sort(key=lambda e: e[:2])
        elif entry[:2] > self.largest[0][:2]:
            heappushpop(self.largest, entry)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What to expect of one network and height.

    source: names of the endpoints that answered, or of that which the problem is about; "" where
    none is configured. answered: claims of the sample
    that could be read; of `tried`. block: height that was pinned, None where none could be.
    evidence: of the answers, or what the source declares. seconds: for all rows, at the speed of
    the sample; None where nothing was read. problem: why something cannot be read. advice: what to
    do then. time: of the pinned block, seconds since 1970 UTC. doubt: why it is not clear
    which block the height means.
    """

    network: str
    height: int | None
    rows: int
    source: str = ""
    tried: int = 0
    answered: int = 0
    block: int | None = None
    evidence: Evidence = Evidence.UNAVAILABLE
    seconds: float | None = None
    problem: str = ""
    advice: str = ""
    time: int | None = None
    doubt: str = ""

    @property
    def good(self) -> bool:
        """Whether all that was tried could be read, at a block of the list's time."""
        return self.tried > 0 and self.answered == self.tried and not self.doubt


def needs_of(claims: Iterable[Claim], at: Mapping[str, int | None]) -> list[Need]:
    """What a list wants, by network and height; memory is that of the heights."""
    found: dict[tuple[str, int | None], Need] = {}
    for claim in claims:
        key = claim.network, effective_height(claim.network, claim.height, at)
        if key not in found:
            found[key] = Need(*key, own=claim.network in at)
        found[key].add(claim)
    return sorted(found.values(), key=lambda n: (n.network, -1 if n.height is None else n.height))


def forecast(
    need: Need,
    source: BalanceSource | None,
    registry: Registry,
    block: BlockRef | str | ScannerError | None,
) -> Forecast:
    """Try a few claims at a block, or say why there is none. Never raises ScannerError."""
    start = need.network, need.height, need.rows
    if source is None or block is None:
        advice = "name an endpoint (docs/how-to/own-nodes.md) of a protocol in docs/networks.md"
        return Forecast(*start, problem="no source of balances is configured", advice=advice)
    if isinstance(block, str):
        advice = f"give the block with --at {need.network}=HEIGHT"
        return Forecast(*start, source.name, problem=block, advice=advice, doubt=block)
    if isinstance(block, ScannerError):
        who = _asked(source, block)
        return Forecast(*start, who, problem=str(block), advice=_advice(block))
    queries = _queries(need, registry)
    began = time.monotonic()
    try:
        found = source.fetch_balances(queries, block)
    except ScannerError as e:
        problem = str(e)
        who, tried = _asked(source, e), len(queries)
        return Forecast(*start, who, tried, 0, block.height, problem=problem, advice=_advice(e))
    taken = time.monotonic() - began
    read = [b for b in found if b.amount is not None]
    problem = next((b.reason for b in found if b.amount is None), "")
    advice = "ask another endpoint, or several" if problem else ""
    evidence = read[0].evidence if read else Evidence.UNAVAILABLE
    if not problem and evidence is Evidence.LATEST_ONLY:  # a node that was stopped there tells more
        advice = f"it tells its newest state only: {_STOPPED}"
    seconds = _seconds(need.rows, len(queries), taken, source)
    return Forecast(
        *start,
        ", ".join(sorted({name for b in found for name in b.sources})) or source.name,
        tried=len(queries),
        answered=len(read),
        block=block.height,
        evidence=evidence,
        seconds=seconds,
        problem=problem,
        advice=advice,
        time=block.time,
    )


def _asked(source: BalanceSource, error: ScannerError) -> str:
    """The endpoint that an error is about, for another one may have been asked first."""
    return error.endpoint if isinstance(error, SourceError) else source.name


def looked_up(needs: Sequence[Need], sources: Mapping[str, BalanceSource]) -> list[Looked]:
    """What the height of each need may be, in order; networks side by side.

    None where nobody can be asked, an error in place of what could not be found out.
    """

    def look(need: Need) -> Looked:
        source = sources.get(need.network)
        if source is None:
            return None
        try:
            return readings(source, need.height)
        except ScannerError as e:
            return e

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(look, needs))


def chosen_blocks(
    needs: Sequence[Need],
    found: Sequence[Looked],
    sources: Mapping[str, BalanceSource],
    day: int | None,
) -> list[BlockRef | str | ScannerError | None]:
    """The block of each need's height, or why there is none; as a snapshot chooses (moments.py).

    day: in the list's name, None for none.
    """
    times: dict[str, list[int]] = {}
    for need, seen in zip(needs, found, strict=True):
        if isinstance(seen, list) and clearly(seen, need.height):
            time = seen[0].block.time
            times.setdefault(need.network, []).extend([time] if time is not None else [])
    chosen: list[BlockRef | str | ScannerError | None] = []
    for need, seen in zip(needs, found, strict=True):
        if not isinstance(seen, list):
            chosen.append(seen)
        elif need.height is None or need.own:
            chosen.append(seen[0].block)
        else:
            newest = sources[need.network].ability.reach is Reach.TIP
            said = choose(seen, need.height, moment_of(times, need.network), day, newest)
            chosen.append(said if isinstance(said, str) else said.block)
    return chosen


def _queries(need: Need, registry: Registry) -> list[BalanceQuery]:
    """Questions about the largest claims that can be asked at all, the largest first."""
    found = []
    for _, _, claim in sorted(need.largest, key=lambda e: e[:2], reverse=True):
        try:
            address = decode_address(registry.network(claim.network), claim.address)
            found.append(BalanceQuery(address, registry.holding(claim.asset, claim.network)))
        except (AddressFormatError, UnknownAssetError):
            continue
    return found


def _seconds(rows: int, tried: int, taken: float, source: BalanceSource) -> float | None:
    """Seconds for all rows. A source that takes chunks side by side reads a chunk in one go."""
    if not tried:
        return None
    if source.ability.parallel > 1:
        return taken * -(-rows // source.ability.chunk_size)
    return taken * rows / tried


_STOPPED = "for the stated height use your own node, stopped at it (docs/how-to/own-nodes.md)"


def _advice(error: ScannerError) -> str:
    """What to do about an endpoint that does not show a block."""
    if isinstance(error, HeightPrunedError):
        return "use an archive node, or your own stopped at the height (docs/how-to/own-nodes.md)"
    if isinstance(error, HeightNotReachedError):
        return "check the height, or give one with --at"
    return "check the endpoint, or name another one"
