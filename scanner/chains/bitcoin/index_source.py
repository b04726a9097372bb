"""Balances from servers with an address index: failover, spreading, quorum; whatever they speak.

Esplora, Electrum and Blockbook differ in how one server is asked (`IndexServer`); this file is what
they share: pinning, asking in batches, comparing answers of different operators.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol, TypeVar

from scanner.chains.bitcoin.ballot import Ballot, Reading
from scanner.chains.bitcoin.block_times import CONFIRMATIONS, height_at
from scanner.chains.bitcoin.coins import Plan, plan_queries
from scanner.chains.interface import Ability, Reach, ReadPolicy, vouched
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.net.words import heard

T = TypeVar("T")

PATIENCE = 4
LONGEST_WAIT = 60.0
"""A server that asks to wait is asked again up to PATIENCE times, at most so long each time."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One script to ask for. text: its address, "" if it has none."""

    script: bytes
    text: str


class IndexServer(Protocol):
    """One server with an address index. Safe to use from several threads.

    batch: scripts in one call of `read`. workers: calls in flight.
    """

    endpoint: Endpoint
    batch: int
    workers: int

    def tip(self) -> int:
        """Height of its best chain."""
        ...

    def block_hash(self, height: int) -> str:
        """Hash of the best chain's block; "" above the tip."""
        ...

    def block_time(self, at: BlockRef) -> int | None:
        """Time in the header of a best-chain block."""
        ...

    def read(self, wanted: Sequence[Wanted], at: BlockRef) -> list[Reading | str]:
        """What each script held at the block, in order; a text says why one cannot be read.

        The block is known to be on its best chain. Raises SourceError if nothing can be said.
        """
        ...

    def close(self) -> None:
        """Give up connections."""
        ...


class IndexedSource:
    """A BalanceSource over one or several servers.

    With a quorum of 1 the batches are spread over the servers (all the user's own ones first),
    and a server that fails is replaced by the next one: evidence `reported`. With a quorum of n, a
    script's balance is settled when n operators have given the same amount: `agreed`; whoever said
    something else is named. If they disagree without a majority there is no balance, and `detail`
    holds what each said under "disagree".
    """

    def __init__(
        self,
        network: Network,
        servers: Sequence[IndexServer],
        policy: ReadPolicy,
        marker: tuple[int, str] | None,
        chunk_size: int,
    ) -> None:
        operators = {s.endpoint.operator or s.endpoint.name for s in servers}
        if policy.quorum > len(operators):
            raise ConfigError(
                f"{network.name}: a quorum of {policy.quorum} needs as many operators, "
                f"the endpoints have {len(operators)}"
            )
        self.name = servers[0].endpoint.name
        self.network = network.name
        self._evidence = Evidence.AGREED if policy.quorum > 1 else Evidence.REPORTED
        self.ability = Ability(Reach.ANY, self._evidence, chunk_size)
        self._row = network
        self._servers = sorted(servers, key=lambda s: not s.endpoint.own)
        self._quorum = policy.quorum
        self._marker = marker
        self._known: set[str] = set()  # servers whose chain was recognised
        self._checked: set[tuple[str, str]] = set()  # servers that had the pinned block

    def pin(self, height: int | None) -> BlockRef:
        """Find the block of a height. None: CONFIRMATIONS deep, so that it will stay.

        With a quorum, that many operators must have the same block there.
        """
        votes: dict[str, set[str]] = {}
        problem: SourceError | None = None
        for server in self._servers:
            try:
                at = self._pin_at(server, height)
            except SourceError as e:
                problem = e
                continue
            height = at.height
            votes.setdefault(at.hash, set()).add(_operator(server))
            if len(votes[at.hash]) >= self._quorum:
                return vouched(at, own=server.endpoint.own, quorum=self._quorum)
        if len(votes) > 1:
            words = ", ".join(f"{h} ({'+'.join(sorted(who))})" for h, who in votes.items())
            raise SourceRejectedError(self.name, f"the servers disagree on block {height}: {words}")
        raise problem or SourceUnavailableError(
            self.name, f"fewer than {self._quorum} operators know block {height}"
        )

    def height_at(self, time: int) -> int:
        """See TimeFinder.height_at: of the first server that can tell."""
        problem: SourceError | None = None
        for server in self._servers:
            try:
                self._check_chain(server)
                return height_at(
                    server.endpoint.name, server.tip(), partial(self._time, server), time
                )
            except SourceError as e:
                problem = e
        raise problem or SourceUnavailableError(self.name, "no server answers")

    def fetch_balances(
        self,
        queries: Sequence[BalanceQuery],
        at: BlockRef,
        progress: Callable[[float], None] | None = None,
    ) -> list[Balance]:
        """Ask for every script in batches; see the class and BalanceSource."""
        plan = plan_queries(queries, self.network)
        texts = {s: queries[where[0]].address.text for s, where in plan.wanted.items()}
        # Descriptors are no addresses: servers are asked for their script.
        wanted = [Wanted(s, "" if "(" in text else text) for s, text in texts.items()]
        size = min(s.batch for s in self._servers)
        batches = [wanted[n : n + size] for n in range(0, len(wanted), size)]
        workers = sum(s.workers for s in self._servers)
        done = 0
        with ThreadPoolExecutor(workers, "index") as pool:
            jobs = [
                pool.submit(self._settle, batch, self._order(n), at)
                for n, batch in enumerate(batches)
            ]
            try:
                for job in as_completed(jobs):
                    for script, balance in job.result():
                        plan.fill(script, balance)
                    done += 1
                    if progress is not None:
                        progress(done / len(batches))
            except BaseException:
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        self._still_there(plan, at)
        return plan.finished()

    def close(self) -> None:
        """Close the connections."""
        for server in self._servers:
            server.close()

    def _order(self, number: int) -> list[IndexServer]:
        """Servers in the order a batch tries them: spread, but the user's own come first."""
        own = [s for s in self._servers if s.endpoint.own]
        others = self._servers[len(own) :]
        turn = number % len(own) if own else 0
        other_turn = number % len(others) if others else 0
        return [*own[turn:], *own[:turn], *others[other_turn:], *others[:other_turn]]

    def _pin_at(self, server: IndexServer, height: int | None) -> BlockRef:
        self._check_chain(server)
        chosen = max(0, server.tip() + 1 - CONFIRMATIONS) if height is None else height
        block_hash = server.block_hash(chosen)
        if not block_hash:
            raise HeightNotReachedError(server.endpoint.name, chosen, server.tip())
        chain = server.endpoint.chain or self._row.chain_id
        at = BlockRef(self.network, chain, chosen, block_hash)
        return replace(at, time=server.block_time(at))

    def _time(self, server: IndexServer, height: int) -> int:
        at = BlockRef(self.network, "", height, server.block_hash(height))
        when = server.block_time(at)
        if when is None:
            raise SourceUnavailableError(server.endpoint.name, f"block {height} was replaced")
        return when

    def _check_chain(self, server: IndexServer) -> None:
        """Recognise the chain by a block it must have, once a server."""
        if server.endpoint.name in self._known or self._marker is None:
            return
        height, expected = self._marker
        seen = server.block_hash(height)
        if seen != expected:
            raise SourceRejectedError(
                server.endpoint.name,
                f"is not on {self.network} ({server.endpoint.chain or self._row.chain_id}): "
                f"its block {height} is {heard(self.name, seen) if seen else 'missing'}",
            )
        self._known.add(server.endpoint.name)

    def _check_block(self, server: IndexServer, at: BlockRef) -> None:
        self._check_chain(server)
        seen = server.block_hash(at.height)
        if not seen:
            raise HeightNotReachedError(server.endpoint.name, at.height, server.tip())
        if seen != at.hash:
            raise ReorgError(server.endpoint.name, at.height, at.hash, seen)

    def _still_there(self, plan: Plan, at: BlockRef) -> None:
        """Look at the pinned block once more: what was read while it was replaced is worthless."""
        used = {name for a in plan.answers if a is not None for name in a.sources}
        for server in self._servers:
            if server.endpoint.name in used:
                _patiently(partial(self._check_block, server, at))

    def _settle(
        self, batch: Sequence[Wanted], order: Sequence[IndexServer], at: BlockRef
    ) -> list[tuple[bytes, Balance]]:
        """Ask server after server until every script of the batch is settled, or all were asked."""
        ballots = [Ballot() for _ in batch]
        problems: list[SourceError] = []
        answered = False
        for server in order:
            open_ = [n for n, b in enumerate(ballots) if not b.settled(self._quorum)]
            if not open_:
                break
            try:
                asked = [batch[n] for n in open_]
                readings = _patiently(partial(self._read, server, asked, at))
            except SourceError as e:
                problems.append(e)
                continue
            answered = True
            for n, reading in zip(open_, readings, strict=True):
                ballots[n].add(server.endpoint.name, _operator(server), reading)
        if not answered:
            raise _worst(problems)
        return [
            (w.script, b.balance(self._quorum, self._evidence, problems))
            for w, b in zip(batch, ballots, strict=True)
        ]

    def _read(
        self, server: IndexServer, wanted: Sequence[Wanted], at: BlockRef
    ) -> list[Reading | str]:
        key = (server.endpoint.name, at.hash)
        if key not in self._checked:
            self._check_block(server, at)
            self._checked.add(key)
        return server.read(wanted, at)


def _operator(server: IndexServer) -> str:
    return server.endpoint.operator or server.endpoint.name


def _worst(problems: Sequence[SourceError]) -> SourceError:
    """Of several failures the one that asking again can mend, else the last."""
    for problem in problems:
        if isinstance(problem, SourceUnavailableError):
            return problem
    return problems[-1]


def _patiently(ask: Callable[[], T]) -> T:
    """Ask, and ask again when the server says when to; other failures are for the next server."""
    for attempt in range(PATIENCE):
        try:
            return ask()
        except SourceUnavailableError as e:
            if e.retry_after is None or attempt == PATIENCE - 1:
                raise
            time.sleep(min(e.retry_after, LONGEST_WAIT))
    raise AssertionError("unreachable")
