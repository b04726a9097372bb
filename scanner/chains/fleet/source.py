"""A fleet of readers as one source of balances, whatever their network speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import Final

from scanner.chains.fleet.ballot import Ballot
from scanner.chains.fleet.canary import Canaries
from scanner.chains.fleet.interface import Reader, TimedReader
from scanner.chains.fleet.passes import Passes
from scanner.chains.fleet.pins import pin_agreed
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import require_operators
from scanner.chains.fleet.seat import Seat
from scanner.chains.interface import Ability, Reach, ReadPolicy, vouched
from scanner.errors import (
    HeightPrunedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.network import Network
from scanner.model.registry import Registry

_MOST_THREADS: Final = 32

Progress = Callable[[float], None]


class FleetSource:
    """A BalanceSource, TimeFinder and Prober made of readers of one network.

    With a quorum of 1 batches are spread over the endpoints, the user's own first, and one that
    fails is replaced in mid-chunk: `reported`. With a quorum of n an item is settled when n
    operators gave it the same parts and fewer gave any other: `agreed`; whoever said something
    else is named. Without a winner there is no amount, and `detail` holds what each said under
    "disagree". Readings that were checked against the pinned hash are `proven`.

    Networks that only know their newest state (reach TIP) give `latest_only`: everything is read
    until two passes agree, and `detail` says under "read_at" which state that was.

    Raises ConfigError if the endpoints do not have operators enough, or are on several chains.
    """

    def __init__(
        self, network: Network, readers: Sequence[Reader], policy: ReadPolicy, registry: Registry
    ) -> None:
        require_operators(network.name, [r.endpoint for r in readers], policy.quorum)
        canaries = Canaries(network, registry)
        seats = [Seat(r, network.chain_id, canaries) for r in readers]
        self.pool: Pool[Seat] = Pool(seats, prefer=lambda seat: not seat.own)
        self.name = readers[0].endpoint.name
        self.network = network.name
        self._quorum = policy.quorum
        first = readers[0].ability
        self._reach = first.reach
        self._batch = min(r.ability.batch for r in readers)
        self._threads = min(_MOST_THREADS, sum(r.ability.workers for r in readers))
        self._evidence = _evidence(first.reach, policy.quorum)
        best = self._evidence
        if first.reach is not Reach.TIP and first.evidence is Evidence.PROVEN:
            best = Evidence.PROVEN
        self.ability = Ability(first.reach, best, first.chunk)

    def pin(self, height: int | None) -> BlockRef:
        """See BalanceSource.pin. With a quorum, that many operators must have the same block.

        With reach TIP a past block that nobody shows any more is no obstacle, for balances are not
        read at it: the newest is pinned instead, and its height says so.
        """
        try:
            return self._pin(height)
        except HeightPrunedError:
            if height is None or self._reach is not Reach.TIP:
                raise
        return self._pin(None)

    def _pin(self, height: int | None) -> BlockRef:
        def pin_at(seat: Seat, wanted: int | None) -> BlockRef:
            return vouched(seat.reader.pin(wanted), own=seat.own)

        at = pin_agreed(self.pool, pin_at, height, self._quorum, self.name)
        return at if self._quorum == 1 else vouched(at, own=False, quorum=self._quorum)

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at; SourceRejectedError where no endpoint can tell times."""

        def task(seat: Seat) -> int:
            if not isinstance(seat.reader, TimedReader):
                raise SourceRejectedError(seat.name, "cannot tell times: state a height")
            return seat.reader.height_at(time)

        return self.pool.run(task)[0]

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Progress | None = None,
    ) -> list[Balance]:
        """See BalanceSource.fetch_balances. Any number of queries, duplicates allowed."""
        plan = _Plan(queries, self.network)
        if plan.wanted:
            plan.found = self._read(plan.wanted, at, progress)
        return plan.answers()

    def _read(
        self, wanted: Sequence[BalanceQuery], at: BlockRef, progress: Progress | None
    ) -> list[Balance]:
        if self._reach is Reach.TIP:
            passes = Passes(lambda some: self._pass(some, at, None))
            return passes.read(wanted, progress)
        found = self._pass(wanted, at, progress)
        self._look_again(found, at)
        return found

    def _pass(
        self, wanted: Sequence[BalanceQuery], at: BlockRef, progress: Progress | None
    ) -> list[Balance]:
        """Read everything once, batches side by side."""
        starts = range(0, len(wanted), self._batch)
        found: dict[int, list[Balance]] = {}
        with ThreadPoolExecutor(min(self._threads, len(starts)), "fleet") as threads:
            jobs = {
                threads.submit(self._settle, wanted[n : n + self._batch], at): n for n in starts
            }
            try:
                for job in as_completed(jobs):
                    found[jobs[job]] = job.result()
                    if progress is not None:
                        progress(len(found) / len(starts))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        return [balance for start in starts for balance in found[start]]

    def _settle(self, batch: Sequence[BalanceQuery], at: BlockRef) -> list[Balance]:
        """Ask operator after operator until each query of a batch has a winner, or all were asked.

        Raises what the pool raises when nobody answered at all, or when an answer is missing for
        want of endpoints that may come back: then the chunk is taken again.
        """
        ballots = [Ballot() for _ in batch]
        asked: list[str] = []
        problems: list[SourceError] = []
        while open_ := [n for n, b in enumerate(ballots) if not b.settled(self._quorum)]:
            some = [batch[n] for n in open_]
            try:
                answers, seat = self.pool.run(lambda s: s.read(some, at), avoid=tuple(asked))  # noqa: B023
            except SourceError as e:
                if not asked or (len(asked) < self._quorum and _may_come_back(e)):
                    raise
                if len(asked) < self.pool.operators:
                    problems.append(e)
                break
            asked.append(seat.operator)
            for n, answer in zip(open_, answers, strict=True):
                ballots[n].add(seat.name, seat.operator, answer)
        return [b.balance(self._quorum, self._evidence, problems) for b in ballots]

    def _look_again(self, found: Sequence[Balance], at: BlockRef) -> None:
        """Look at the pinned block once more: what was read while it was replaced is worthless."""
        used = {name for balance in found for name in balance.sources}
        for seat in self.pool.nodes:
            if seat.name in used:
                self.pool.run_at(seat, lambda s: s.still_has(at))

    def probe(self) -> dict[str, str]:
        """See Prober.probe; about the first endpoint."""
        return self.pool.nodes[0].reader.probe()

    def close(self) -> None:
        """Close all connections."""
        for seat in self.pool.nodes:
            seat.reader.close()


def _evidence(reach: Reach, quorum: int) -> Evidence:
    if reach is Reach.TIP:
        return Evidence.LATEST_ONLY
    return Evidence.AGREED if quorum > 1 else Evidence.REPORTED


def _may_come_back(error: SourceError) -> bool:
    return isinstance(error, SourceUnavailableError | ReorgError)


@dataclass
class _Plan:
    """Queries without duplicates, and where their answers go.

    queries: as asked. wanted: each once, in the order in which they came first. found: their
    balances, in the order of `wanted`.
    """

    queries: Sequence[BalanceQuery]
    network: str
    wanted: list[BalanceQuery] = field(default_factory=list)
    found: Sequence[Balance] = ()

    def __post_init__(self) -> None:
        self._places: dict[BalanceQuery, int] = {}
        for query in self.queries:
            if self._is_ours(query) and query not in self._places:
                self._places[query] = len(self.wanted)
                self.wanted.append(query)

    def _is_ours(self, query: BalanceQuery) -> bool:
        return query.address.network == self.network == query.holding.network

    def answers(self) -> list[Balance]:
        """One balance a query, in order."""
        other = unavailable(f"not a holding on {self.network}")
        return [
            self.found[self._places[query]] if query in self._places else other
            for query in self.queries
        ]
