"""Several endpoints of one network: the healthiest is asked, another one when it fails."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from functools import partial
from typing import Final, Generic, Protocol, TypeVar

import tenacity

from scanner.chains.fleet.health import Health
from scanner.chains.fleet.tried import TRIED
from scanner.errors import (
    ConfigError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.net import ending

T = TypeVar("T")


class Member(Protocol):
    """An endpoint as the pool sees it."""

    name: str
    operator: str
    chain_id: str
    own: bool

    def check(self) -> None:
        """Make sure, once, that it is on the right chain and synced. Raises SourceError."""
        ...

    def hash_at(self, height: int) -> str:
        """The hash of its block at a height. Raises SourceError."""
        ...


M = TypeVar("M", bound=Member)

TRIES: Final = 12
"""Requests for one task before it is given up, over all endpoints."""

FIRST_TRIES: Final = 4
"""Tries of each endpoint as long as none has ever answered: a dead node is told of in seconds."""

_LONGEST_WAIT: Final = 60.0
_FIRST_WAIT: Final = 2.0  # as long as none has ever answered


def pause(seconds: float) -> None:
    """Wait between two tries. Tests put something quicker here."""
    ending.pause(seconds)


class Pool(Generic[M]):
    """The endpoints of one network. Safe to use from several threads.

    prefer: sorts endpoints before their health does (the user's own first), the lowest first; by
    default it is the same for all. sleep, clock: for tests. Raises ConfigError when there is no
    endpoint or two name one chain differently.
    """

    def __init__(
        self,
        nodes: Sequence[M],
        sleep: Callable[[float], None] | None = None,
        clock: Callable[[], float] = time.monotonic,
        prefer: Callable[[M], int] = lambda _: 0,
    ) -> None:
        if not nodes:
            raise ConfigError("no endpoint is configured for this network")
        if len({node.chain_id for node in nodes}) > 1:
            names = ", ".join(node.name for node in nodes)
            raise ConfigError(f"endpoints on different chains cannot serve one network: {names}")
        self.nodes = tuple(nodes)
        self._answered = False
        self._prefer = prefer
        self._sleep = sleep or pause
        self._health = {n.name: Health(clock, partial(TRIED.count, n.name)) for n in nodes}

    @property
    def operators(self) -> int:
        """How many different operators run these endpoints."""
        return len({node.operator for node in self.nodes})

    def run_at(self, node: M, task: Callable[[M], T]) -> T:
        """Carry a task out at one endpoint and no other, with the same patience as `run`."""
        return self._run(task, [n for n in self.nodes if n is node])[0]

    def run(
        self, task: Callable[[M], T], avoid: Collection[str] = (), skip: Collection[str] = ()
    ) -> tuple[T, M]:
        """Carry a task out at the best endpoint; at another one if that fails.

        avoid: operators not to ask (they gave their answer already). skip: names of endpoints not
            to ask; where one answer is enough, another endpoint of the same operator will do.
        An endpoint that cannot be reached is tried again later, one that refuses (wrong chain, no
        such state) is not. Returns the result and who gave it.
        Raises what the endpoint said that came nearest: ReorgError when the chain did move,
        HeightPrunedError, HeightNotReachedError, SourceRejectedError; SourceUnavailableError when
        every try failed, or nobody is left to ask.
        """
        among = (n for n in self.nodes if n.operator not in avoid and n.name not in skip)
        return self._run(task, list(among))

    def run_each(
        self, task: Callable[[M], T], avoid: Collection[str] = (), skip: Collection[str] = ()
    ) -> tuple[T, M]:
        """Carry a task out at the first endpoint that does it, each tried once and without waiting.

        avoid, skip: as of `run`. Raises what the last one raised; ReorgError at once.
        """
        failure: SourceError = self._nearest({})
        for node in sorted(self.nodes, key=self._rank):
            if node.operator in avoid or node.name in skip:
                continue
            try:
                return self._try(task, node, {}), node
            except ReorgError:
                raise
            except SourceError as e:
                failure = e
        raise failure

    def _run(self, task: Callable[[M], T], among: Sequence[M]) -> tuple[T, M]:
        refusals: dict[str, SourceError] = {}

        def attempt() -> tuple[T, M]:
            node = self._choose(among, refusals)
            return self._try(task, node, refusals), node

        retrying = tenacity.Retrying(
            sleep=self._sleep,
            stop=lambda state: ending.begun() or state.attempt_number >= self._tries(),
            wait=lambda state: self._wait(state, among, refusals),
            retry=tenacity.retry_if_exception(lambda e: self._again(e, among, refusals)),
            reraise=True,
        )
        try:
            return retrying(attempt)
        except ReorgError:
            raise
        except SourceError:
            if self._able(among, refusals) or not refusals:
                raise
            raise self._nearest(refusals) from None

    def _tries(self) -> int:
        return TRIES if self._answered else min(TRIES, FIRST_TRIES * len(self.nodes))

    def _try(self, task: Callable[[M], T], node: M, refusals: dict[str, SourceError]) -> T:
        health = self._health[node.name]
        started = health.start()
        try:
            node.check()
            result = task(node)
        except SourceUnavailableError as e:
            health.failed(e.retry_after)
            self._answered |= e.retry_after is not None  # it lives, and says when to come back
            raise
        except ReorgError as e:
            health.left()
            refusals[node.name] = e
            if self._outvoted(e, node):
                what = f"is on another branch at block {e.height} than the other endpoints"
                refusals[node.name] = SourceRejectedError(node.name, what)
            raise refusals[node.name] from None
        except SourceError as e:
            health.left()
            refusals[node.name] = e
            raise
        except BaseException:
            health.left()
            raise
        health.succeeded(started)
        self._answered = True
        return result

    def _choose(self, among: Sequence[M], refusals: dict[str, SourceError]) -> M:
        able = self._able(among, refusals)
        if not able:
            raise self._nearest(refusals)
        return min(able, key=self._rank)

    def _rank(self, node: M) -> tuple[float, int, float]:
        health = self._health[node.name]
        return health.wait(), self._prefer(node), health.score()

    @staticmethod
    def _able(among: Sequence[M], refusals: dict[str, SourceError]) -> list[M]:
        return [n for n in among if n.name not in refusals]

    @staticmethod
    def _nearest(refusals: dict[str, SourceError]) -> SourceError:
        if not refusals:
            return SourceUnavailableError("endpoints", "no endpoint of another operator is left")
        if len(refusals) == 1:
            return next(iter(refusals.values()))
        for error in refusals.values():
            if not isinstance(error, SourceRejectedError):
                return error
        said = "; ".join(str(e) for e in refusals.values())
        return SourceRejectedError("endpoints", f"none can answer: {said}")

    def _again(
        self, error: BaseException, among: Sequence[M], refusals: dict[str, SourceError]
    ) -> bool:
        """Whether to go on after an error: something may be had again, or somebody else is left."""
        if not isinstance(error, SourceError) or isinstance(error, ReorgError):
            return False
        return bool(self._able(among, refusals))

    def _wait(
        self,
        state: tenacity.RetryCallState,
        among: Sequence[M],
        refusals: dict[str, SourceError],
    ) -> float:
        """Seconds before the next try: none if another endpoint is ready, else backoff, jittered.

        A server's own wish (Retry-After) and an open breaker set the least.
        """
        able = self._able(among, refusals)
        least = min((self._health[n.name].wait() for n in able), default=0.0)
        if least == 0.0 and state.attempt_number < len(able):
            return 0.0
        backoff = tenacity.wait_random_exponential(multiplier=0.1, max=10)(state)
        return min(_LONGEST_WAIT if self._answered else _FIRST_WAIT, least + backoff)

    def _outvoted(self, error: ReorgError, node: M) -> bool:
        """Whether at least as many other endpoints still have the block as do not.

        One endpoint on a branch of its own must not end a snapshot; with nobody else to ask, or
        most of them agreeing, the chain did move.
        """
        keep = lost = 0
        for other in self.nodes:
            if other is node or other.operator == node.operator:
                continue
            try:
                found = other.hash_at(error.height)
            except SourceError:
                continue
            if found == error.expected_hash:
                keep += 1
            else:
                lost += 1
        return keep > lost
