"""Several endpoints that payments are looked up at: who is asked, and who is passed over.

What is asked here has a yes that can be shown and a no that cannot: so whoever answers is heard
beside others, until the caller has heard enough. A user's own endpoint is the last word.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

from scanner.chains.bitcoin.payments import PAYMENT_SOURCES, PaymentSource
from scanner.chains.fleet.apart import ALONE
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.quorum import operator_of, require_operators
from scanner.errors import (
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network

T = TypeVar("T")

_PLACES: Final[Mapping[str, int]] = {protocol: n for n, protocol in enumerate(PAYMENT_SOURCES)}


class PaymentSeat:
    """One endpoint as the pool sees it. The source itself checks the chain at every question."""

    def __init__(self, source: PaymentSource, network: Network) -> None:
        endpoint = source.endpoint
        self.source, self.name = source, endpoint.name
        self.operator = operator_of(endpoint)
        self.chain_id = endpoint.chain or network.chain_id
        self.own = endpoint.own
        self.failed = 0  # at one question; a failure with a time to come back counts half
        self.is_out = False  # of that question: it was refused, or failed too often
        self.not_before = 0.0  # when it asked to be asked again, by the monotonic clock
        self.has_answered = False

    def check(self) -> None:
        """Nothing: see the class."""

    def hash_at(self, height: int) -> str:
        """The hash of its block at a height. Raises SourceError."""
        return self.source.block_hash(height)


def _rank(seat: PaymentSeat) -> int:
    """Who has not failed, one's own, nodes before servers, and who was asked before.

    The last, because a search for one address is a search for all of them.
    """
    place = _PLACES[seat.source.endpoint.protocol]
    return 100 * seat.failed + 10 * (not seat.own) + 2 * place + (not seat.has_answered)


@dataclass(frozen=True, slots=True)
class Word(Generic[T]):
    """What one endpoint said."""

    said: T
    seat: PaymentSeat


Ask = Callable[[PaymentSource], T]
"""Asks one endpoint. Raises SourceError."""


def operators(words: Sequence[Word[T]]) -> int:
    """How many different operators spoke."""
    return len({word.seat.operator for word in words})


class PaymentFleet:
    """The endpoints of one network, of PAYMENT_SOURCES. Not safe to use from several threads.

    chain_id: of the chain that all of them are on.
    Raises ConfigError if there is none, if they are on several chains, or if a quorum needs more
    operators.
    """

    def __init__(self, network: Network, endpoints: Sequence[Endpoint], quorum: int) -> None:
        asked = f"{network.name} ({', '.join(PAYMENT_SOURCES)})"
        require_operators(asked, endpoints, quorum)
        seats = [PaymentSeat(PAYMENT_SOURCES[e.protocol](e, network), network) for e in endpoints]
        self._pool: Pool[PaymentSeat] = Pool(seats, prefer=_rank)
        self.chain_id = seats[0].chain_id
        self._lost: dict[str, SourceError] = {}

    def hear(
        self, ask: Ask[T], enough: Callable[[Sequence[Word[T]]], bool]
    ) -> tuple[list[Word[T]], list[SourceError]]:
        """Ask one endpoint after the other, of operators not heard yet first, until it is enough.

        What the user's own endpoint says stands alone, whoever spoke before it.
        Returns what was said, and why others could not say anything; never raises for those.
        """
        words: list[Word[T]] = []
        failures: dict[str, SourceError] = {}
        for seat in self._pool.nodes:
            seat.failed, seat.is_out = 0, False
        while left := self._left(words):
            try:
                said, seat = self._one_of(left, lambda s: _tried(s, ask, failures))
            except SourceError as e:
                self._lose(left, failures, e)
                continue
            failures.pop(seat.name, None)
            words.append(Word(said, seat))
            if seat.own:
                words[:] = words[-1:]
            if seat.own or enough(words):
                break
        return words, list(failures.values())

    def ask_at(self, seat: PaymentSeat, ask: Ask[T]) -> T:
        """Ask one endpoint that has answered, once more. Raises SourceError."""
        return self._pool.run_at(seat, lambda s: ask(s.source))

    def close(self) -> None:
        """Close the connections."""
        for seat in self._pool.nodes:
            seat.source.close()

    def _left(self, words: Sequence[Word[T]]) -> list[PaymentSeat]:
        """Who is asked next: of operators not heard yet, and who did not fail all the time."""
        heard = {word.seat.name for word in words}
        operators = {word.seat.operator for word in words}
        left = [seat for seat in self._pool.nodes if seat.name not in heard and not seat.is_out]
        left = [seat for seat in left if seat.operator not in operators] or left
        return [seat for seat in left if seat.name not in self._lost] or left

    def _one_of(
        self, left: Sequence[PaymentSeat], task: Callable[[PaymentSeat], T]
    ) -> tuple[T, PaymentSeat]:
        """Ask with patience; where that was in vain before, once, and not before it is time."""
        names = {seat.name for seat in left}
        run = self._pool.run
        if names <= self._lost.keys():
            run, now = self._pool.run_each, time.monotonic()
            names = {seat.name for seat in left if seat.not_before <= now}
        said, seat = run(task, skip={n.name for n in self._pool.nodes} - names)
        seat.has_answered = True
        self._lost.pop(seat.name, None)
        return said, seat

    def _lose(
        self, left: Sequence[PaymentSeat], failures: dict[str, SourceError], last: SourceError
    ) -> None:
        for seat in left:
            seat.is_out = True
            error = failures.setdefault(seat.name, self._lost.get(seat.name, last))
            if isinstance(error, SourceUnavailableError):
                self._lost[seat.name] = error


def _tried(seat: PaymentSeat, ask: Ask[T], failures: dict[str, SourceError]) -> T:
    """Ask one endpoint; what fails a few times at one question is refused, for it may be that."""
    try:
        return ask(seat.source)
    except (SourceUnavailableError, ReorgError) as e:
        failures[seat.name] = e
        after = e.retry_after if isinstance(e, SourceUnavailableError) else None
        seat.not_before = time.monotonic() + (after or 0)
        seat.failed += 2 if after is None else 1
        if seat.failed >= 2 * ALONE:
            seat.is_out = True
            raise SourceRejectedError(e.endpoint, e.what) from None
        raise SourceUnavailableError(e.endpoint, e.what, after) from None
    except SourceError as e:
        failures[seat.name], seat.is_out = e, True
        raise
