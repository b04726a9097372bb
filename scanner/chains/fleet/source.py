"""A fleet of readers as one source of balances, whatever their network speaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from typing import Final

from scanner.chains.fleet.canary import Canaries
from scanner.chains.fleet.interface import (
    CountingReader,
    KeyBatchReader,
    KeyReader,
    Reader,
    TimedReader,
)
from scanner.chains.fleet.keys import Keys
from scanner.chains.fleet.passes import Passes
from scanner.chains.fleet.pins import SplitError, pin_agreed
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import require_operators
from scanner.chains.fleet.seat import Seat
from scanner.chains.fleet.settle import BLOCK_AT_TIME, agree, settle
from scanner.chains.interface import Ability, Counted, Reach, ReadPolicy, vouched
from scanner.errors import (
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.interface import Address
from scanner.model.balance import Balance, BalanceQuery, Evidence, unavailable
from scanner.model.block import BlockRef
from scanner.model.key_policy import KeyPolicy
from scanner.model.network import Holding, Network
from scanner.model.registry import Registry

_MOST_THREADS: Final = 32

_LATE: Final = 4
"""Lots of a pass that may fail before any other was answered, and are asked for once more."""

Progress = Callable[[float], None]


class FleetSource:
    """A BalanceSource, TimeFinder and Prober made of readers of one network.

    With a quorum of 1 batches are spread over the endpoints, the user's own first, and one that
    fails is replaced in mid-chunk: `reported`. With a quorum of n an item is settled when n
    operators gave it the same parts and fewer gave any other: `agreed`; whoever said something
    else is named. Without a winner there is not an amount, and `detail` holds what each said under
    "disagree". Readings that were checked against the pinned hash are `proven`.

    Networks that only know their newest state (reach TIP) give `latest_only`: everything is read
    until two passes agree, and `detail` says under "read_at" which state that was: the newest of
    those who say it. Where all of them name the pinned block, as nodes that were stopped there, it
    is worth what other readings are.

    why_not: says why a query cannot be asked of anybody ("" if it can); such an item is
        `unavailable` at once. By default every holding of the network can be asked for.
    Raises ConfigError if the endpoints do not have operators enough, or are on several chains.
    """

    def __init__(
        self,
        network: Network,
        readers: Sequence[Reader],
        policy: ReadPolicy,
        registry: Registry,
        why_not: Callable[[BalanceQuery], str] = lambda _: "",
    ) -> None:
        require_operators(network.name, [r.endpoint for r in readers], policy.quorum)
        canaries = Canaries(network, registry)
        seats = [Seat(r, network.chain_id, canaries) for r in readers]
        self.pool: Pool[Seat] = Pool(seats, prefer=lambda seat: not seat.own)
        self.name = readers[0].endpoint.name
        self.network = network.name
        self._why_not = why_not
        self.tells_keys = all(isinstance(r, KeyReader) for r in readers)
        self.keys_at_once = min(
            r.keys_at_once if isinstance(r, KeyBatchReader) else 1 for r in readers
        )
        self._quorum = policy.quorum
        self._keys = Keys(self.pool, policy.quorum)
        first = readers[0].ability
        self._reach = first.reach
        self._batch = min(r.ability.batch for r in readers)
        self._tokens = min(r.ability.tokens or r.ability.batch for r in readers)
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
        except (HeightPrunedError, SplitError):
            if height is None or self._reach is not Reach.TIP:
                raise
        return self._pin(None)

    def _pin(self, height: int | None) -> BlockRef:
        def pin_at(seat: Seat, wanted: int | None) -> BlockRef:
            return seat.reader.pin(wanted)

        return pin_agreed(self.pool, pin_at, height, self._quorum, self.name)

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at; SourceRejectedError where no endpoint can tell times.

        With a quorum, that many operators must say the same.
        """

        def task(seat: Seat) -> int:
            if not isinstance(seat.reader, TimedReader):
                raise SourceRejectedError(seat.name, "cannot find blocks by time: give a height")
            return seat.reader.height_at(time)

        return agree(self.pool, task, self._quorum, self.name, BLOCK_AT_TIME)

    def other_counts(self, height: int) -> list[Counted]:
        """See HeightCounter. With a quorum, that many operators must say the same of the number.

        With reach TIP it is left open where they differ: nothing is read at such a block.
        """
        if not all(isinstance(seat.reader, CountingReader) for seat in self.pool.nodes):
            return []

        def task(seat: Seat) -> list[Counted]:
            reader = seat.reader
            return reader.other_counts(height) if isinstance(reader, CountingReader) else []

        if self._quorum == 1:
            found, node = self.pool.run(task)
            return [replace(one, block=vouched(one.block, own=node.own)) for one in found]

        def told(seat: Seat) -> tuple[tuple[str, int, bool], ...]:
            return tuple((one.what, one.block.height, one.exact) for one in task(seat))

        try:
            what = f"what else height {height} may be"
            agreed = agree(self.pool, told, self._quorum, self.name, what)
        except SourceRejectedError:
            if self._reach is not Reach.TIP:
                raise
            return []
        return [Counted(what, self._pin(number), exact) for what, number, exact in agreed]

    def key_policy(self, address: Address, at: BlockRef) -> KeyPolicy:
        """See KeyPolicySource.key_policy. With a quorum, that many operators must say the same."""
        return self._keys.policy(address, at)

    def key_policies(
        self, addresses: Sequence[Address], at: BlockRef
    ) -> list[KeyPolicy | SourceRejectedError]:
        """See KeyBatchSource.key_policies."""
        return self._keys.policies(addresses, at)

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Progress | None = None,
    ) -> list[Balance]:
        """See BalanceSource.fetch_balances. Any number of queries, duplicates allowed."""
        plan = _Plan(queries, self.network, self._why_not)
        if plan.wanted:
            plan.found = self._read(plan.wanted, at, progress)
        return plan.answers()

    def read_again(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Progress | None = None,
    ) -> list[Balance]:
        """See AgainReader.read_again; what is read at a block is read as at first.

        Whatever could not be read, as it moved or was left out, is asked for a second time.
        """
        if self._reach is not Reach.TIP:
            return self.fetch_balances(queries, at, progress)
        plan = _Plan(queries, self.network, self._why_not)
        if plan.wanted:
            plan.found = found = self._pass(plan.wanted, at, progress)
            gaps = [n for n, balance in enumerate(found) if balance.amount is None]
            if gaps:
                filled = self._pass([plan.wanted[n] for n in gaps], at, None)
                for n, balance in zip(gaps, filled, strict=True):
                    found[n] = balance
            self._look_again(found, at)
        return plan.answers()

    def _read(
        self, wanted: Sequence[BalanceQuery], at: BlockRef, progress: Progress | None
    ) -> list[Balance]:
        if self._reach is Reach.TIP:
            passes = Passes(lambda some, least: self._pass(some, at, None, least), at.height)
            found = passes.read(wanted, progress)
        else:
            found = self._pass(wanted, at, progress)
        self._look_again(found, at)
        return found

    def _pass(
        self,
        wanted: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Progress | None,
        least: int = 0,
    ) -> list[Balance]:
        """Read everything once, batches side by side. least: height, with reach TIP."""
        lots = self._lots(wanted)
        found: dict[int, Balance] = {}
        late: list[Sequence[int]] = []
        with ThreadPoolExecutor(min(self._threads, len(lots)), "fleet") as threads:
            jobs = {
                threads.submit(self._settle, [wanted[n] for n in lot], at, least): lot
                for lot in lots
            }
            try:
                for count, job in enumerate(as_completed(jobs), 1):
                    try:
                        found.update(zip(jobs[job], job.result(), strict=True))
                    except (SourceUnavailableError, SourceRejectedError):
                        late.append(jobs[job])
                        if len(late) > _LATE or len(late) == len(lots):
                            raise
                    if progress is not None:
                        progress(count / len(lots))
            except BaseException:
                threads.shutdown(wait=False, cancel_futures=True)
                raise
        for lot in late:  # now that others were answered, it shows what an odd row is
            found.update(zip(lot, self._settle([wanted[n] for n in lot], at, least), strict=True))
        return [found[n] for n in range(len(wanted))]

    def _lots(self, wanted: Sequence[BalanceQuery]) -> list[Sequence[int]]:
        """Positions of the queries that are asked together."""
        kinds: list[tuple[Sequence[int], int]] = [(range(len(wanted)), self._batch)]
        if self._tokens != self._batch:
            coins = [n for n, query in enumerate(wanted) if query.holding.is_native]
            tokens = [n for n, query in enumerate(wanted) if not query.holding.is_native]
            kinds = [(coins, self._batch), (tokens, self._tokens)]
        return [some[n : n + size] for some, size in kinds for n in range(0, len(some), size)]

    def _settle(self, batch: Sequence[BalanceQuery], at: BlockRef, least: int) -> list[Balance]:
        newest = replace(at, height=max(at.height, least)) if self._reach is Reach.TIP else at
        ballots, problems = settle(
            self.pool,
            lambda s, some: s.read([batch[n] for n in some], newest),
            len(batch),
            self._quorum,
            lambda s, some: s.read_apart([batch[n] for n in some], newest),
        )
        return [b.balance(self._quorum, self._evidence, problems, at) for b in ballots]

    def _look_again(self, found: Sequence[Balance], at: BlockRef) -> None:
        """Look at the pinned block once more: what was read while it was replaced is worthless.

        With reach TIP nothing was read at it: there it is the chain that is looked at again.
        """
        used = {name for balance in found for name in balance.sources}
        for seat in self.pool.nodes:
            if seat.name not in used:
                continue
            if self._reach is Reach.TIP:
                self._still_there(seat)
            else:
                self.pool.run_at(seat, lambda s: s.still_has(at))

    def _still_there(self, seat: Seat) -> None:
        """Raise SourceUnavailableError, so that others are asked, where it is elsewhere by now."""
        seat.doubt()
        try:
            self.pool.run_at(seat, lambda _: None)
        except SourceRejectedError as e:
            what = f"changed while it was read: now it {e.what}"
            raise SourceUnavailableError(seat.name, what) from None

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


class _Plan:
    """Queries without duplicates, and where their answers go.

    wanted: each holding of each holder once, in the order in which they came first. found: their
    balances, in the same order.
    """

    def __init__(
        self, queries: Sequence[BalanceQuery], network: str, why_not: Callable[[BalanceQuery], str]
    ) -> None:
        self.wanted: list[BalanceQuery] = []
        self.found: Sequence[Balance] = ()
        places: dict[tuple[str, Holding], int] = {}
        self._answers: list[int | Balance] = []
        for query in queries:
            if query.address.network != network or query.holding.network != network:
                why = f"not a holding on {network}"
            else:
                why = why_not(query)
            if why:
                self._answers.append(unavailable(why))
                continue
            key = (query.address.key, query.holding)
            place = places.setdefault(key, len(self.wanted))
            if place == len(self.wanted):
                self.wanted.append(query)
            self._answers.append(place)

    def answers(self) -> list[Balance]:
        """One balance a query, in order."""
        return [self.found[a] if isinstance(a, int) else a for a in self._answers]
