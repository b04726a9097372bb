"""What every family of readers must keep: one suite of tests, run over each of them.

A family's test file makes a class of `ReaderContract` and says what its stub knows. The stub
(`support.replay.Server`) replays recorded answers with other balances and heights, and plays
`Trap`s as a real server of that network would: by that family's errors, headers and fields.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache, partial
from typing import ClassVar, Protocol, cast

import pytest

from scanner.chains.fleet.interface import HolderReader, KeyReader, Reader, Reading
from scanner.chains.fleet.pool import Pool
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import Reach, ReadPolicy
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Balance, BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry
from support.replay import Trap
from support.wire import Answering, Step, Wire, anything_is_read_or_refused, no_word_comes_out

CHANGES = int(os.environ.get("SCANNER_FUZZ", "60"))
"""Random changes of each family's answers."""
_FIRST: dict[str, str] = {}
"""Reader -> the contract that tried its answers first."""


class Stub(Protocol):
    """A server of one family; its trap can be changed at any time."""

    trap: Trap
    fault_share: float

    def endpoint(self, name: str, operator: str = "") -> Endpoint: ...

    def close(self) -> None: ...


class ReaderContract:
    """Override the class's attributes and the two makers.

    network: by our name. height: that can be pinned (with reach TIP: the newest one). too_high: one
    above the tip. funded: queries and what they hold; at least four, with different amounts, the
    largest above 2^53. absent: queries of addresses that the chain has never seen; () only where
    a network cannot tell. unplayed: traps that cannot happen on this wire, with the reason.
    wire: what the answers are of, where one class reads several kinds of servers.
    """

    network: ClassVar[str]
    height: ClassVar[int]
    too_high: ClassVar[int]
    funded: ClassVar[Sequence[tuple[BalanceQuery, int]]]
    absent: ClassVar[Sequence[BalanceQuery]]
    unplayed: ClassVar[dict[Trap, str]] = {}
    fault_share: ClassVar[float] = 0.2
    wire: ClassVar[str] = ""

    def start(self) -> Stub:
        """Start a server."""
        raise NotImplementedError

    def reader(self, endpoint: Endpoint) -> Reader:
        """Make the family's reader of one endpoint."""
        raise NotImplementedError

    # What the tests stand on.

    @pytest.fixture(autouse=True)
    def _no_sleep(self, monkeypatch: pytest.MonkeyPatch) -> None:
        made = Pool.__init__

        def quick(pool: Pool, *args: object, **more: object) -> None:  # type: ignore[type-arg]
            made(pool, *args, **{"sleep": lambda _: None, **more})  # type: ignore[arg-type]

        monkeypatch.setattr(Pool, "__init__", quick)

    @contextmanager
    def servers(self, *traps: Trap) -> Iterator[list[Stub]]:
        """Servers of so many operators, each with a trap."""
        for trap in traps:
            if trap in self.unplayed:
                pytest.skip(self.unplayed[trap])
        with ExitStack() as stack:
            found: list[Stub] = []
            for trap in traps:
                stub = self.start()
                stack.callback(stub.close)
                stub.trap = trap
                found.append(stub)
            yield found

    @contextmanager
    def source(
        self, *traps: Trap, quorum: int = 1, canary: BalanceQuery | None = None
    ) -> Iterator[tuple[FleetSource, list[Stub]]]:
        """A fleet of servers "a", "b", ... with these traps."""
        with self.servers(*traps) as stubs:
            readers = [self.reader(s.endpoint(n)) for s, n in zip(stubs, "abcdef", strict=False)]
            tables = _registry(self.network, canary)
            fleet = FleetSource(
                tables.network(self.network), readers, ReadPolicy(quorum=quorum), tables
            )
            try:
                yield fleet, stubs
            finally:
                fleet.close()

    def everything(self) -> tuple[list[BalanceQuery], list[int]]:
        """All queries, absent ones in between, and what they hold."""
        queries = [query for query, _ in self.funded]
        amounts = [amount for _, amount in self.funded]
        for n, query in enumerate(self.absent):
            queries.insert(2 * n, query)
            amounts.insert(2 * n, 0)
        return queries, amounts

    def wanted_height(self, stub_reader: Reader) -> int | None:
        """The height to pin: with reach TIP the newest, else `height`."""
        return None if stub_reader.ability.reach is Reach.TIP else self.height

    def balances(self, fleet: FleetSource, queries: Sequence[BalanceQuery]) -> list[Balance]:
        """Pin and read."""
        height = None if fleet.ability.reach is Reach.TIP else self.height
        return fleet.fetch_balances(queries, fleet.pin(height))

    # The contract.

    def test_amounts_in_the_order_of_the_questions(self) -> None:
        queries, amounts = self.everything()
        with self.source(Trap.NONE) as (fleet, _):
            found = self.balances(fleet, queries)
            assert [b.amount for b in found] == amounts
            back = self.balances(fleet, queries[::-1])
            assert [b.amount for b in back] == amounts[::-1]
            twice = self.balances(fleet, [queries[0], queries[1], queries[0]])
            assert [b.amount for b in twice] == [amounts[0], amounts[1], amounts[0]]
            assert {b.sources for b in found} == {("a",)}
            tip = fleet.ability.reach is Reach.TIP
            # A newest state that is the pinned block's is worth more: nothing moves in a stub.
            expected = {Evidence.LATEST_ONLY if tip else Evidence.PROVEN, Evidence.REPORTED}
            assert {b.evidence for b in found} <= expected
            if tip:
                assert all('"read_at":{"height":' in b.detail for b in found)

    def test_amounts_are_larger_than_a_float_can_hold(self) -> None:
        amounts = [amount for _, amount in self.funded]
        assert len(set(amounts)) == len(amounts) >= 4
        assert max(amounts) > 2**53

    def test_a_pin_has_height_hash_and_time(self) -> None:
        with self.servers(Trap.NONE) as (stub,):
            reader = self.reader(stub.endpoint("a"))
            reader.check()
            at = reader.pin(self.wanted_height(reader))
            assert (at.network, at.height) == (self.network, self.height)
            assert at.hash
            assert at.time
            assert reader.hash_at(at.height) == at.hash
            newest = reader.pin(None)
            assert self.height <= newest.height < self.too_high
            reader.close()

    def test_a_height_above_the_tip_is_not_reached(self) -> None:
        with self.servers(Trap.NONE) as (stub,):
            reader = self.reader(stub.endpoint("a"))
            with pytest.raises(HeightNotReachedError):
                reader.pin(self.too_high)
            reader.close()

    def test_absence_is_a_zero_that_names_its_state(self) -> None:
        with self.servers(Trap.NONE) as (stub,):
            reader = self.reader(stub.endpoint("a"))
            reader.check()
            at = reader.pin(self.wanted_height(reader))
            for query in self.absent:
                (said,) = reader.read([query], at)
                assert isinstance(said, Reading)
                assert said.amount == 0
                assert said.state is not None
            reader.close()

    def test_a_probe_is_for_people(self) -> None:
        with self.servers(Trap.NONE) as (stub,):
            reader = self.reader(stub.endpoint("a"))
            found = reader.probe()
            assert found
            assert all(isinstance(v, str) and v for v in found.values())
            reader.close()

    def test_another_chain_is_refused(self) -> None:
        with self.servers(Trap.WRONG_CHAIN) as (stub,):
            reader = self.reader(stub.endpoint("a"))
            with pytest.raises(SourceRejectedError):
                reader.check()
            reader.close()
        self.never_another_number(Trap.WRONG_CHAIN)

    def test_a_pruned_state_is_said_to_be_pruned(self) -> None:
        with self.source(Trap.PRUNED) as (fleet, _):
            if fleet.ability.reach is Reach.TIP:
                pytest.skip("the newest state is not pruned")
            with pytest.raises(HeightPrunedError):
                self.balances(fleet, [self.funded[0][0]])

    def test_a_pruned_server_is_replaced_by_one_that_is_not(self) -> None:
        self.exact(Trap.PRUNED, Trap.NONE)

    def test_answers_for_another_block_are_none(self) -> None:
        self.never_another_number(Trap.OTHER_BLOCK)
        with self.source(Trap.OTHER_BLOCK) as (fleet, _):
            queries = [query for query, _ in self.funded]
            found = _tried(lambda: self.balances(fleet, queries)) or []
            if fleet.ability.reach is not Reach.TIP:  # there its own newest state is an answer
                assert [b.amount for b in found if b.amount is not None] == []
        self.exact(Trap.OTHER_BLOCK, Trap.NONE)

    def test_items_that_are_left_out_are_not_zero(self) -> None:
        self.never_another_number(Trap.DROPS)
        self.exact(Trap.DROPS, Trap.NONE)

    def test_a_server_that_is_down_is_replaced(self) -> None:
        self.exact(Trap.DEAD, Trap.NONE)
        self.never_another_number(Trap.DEAD)

    def test_a_branch_of_its_own_is_outvoted(self) -> None:
        with self.source(Trap.NONE, Trap.FORK, quorum=2) as (fleet, _):
            if fleet.ability.reach is Reach.TIP:
                pytest.skip("at the newest state there is no common block")
            with pytest.raises(SourceError):
                self.balances(fleet, [self.funded[0][0]])
        self.exact(Trap.NONE, Trap.FORK, Trap.NONE, quorum=2)

    def test_a_block_that_is_replaced_is_noticed(self) -> None:
        with self.source(Trap.NONE) as (fleet, (stub,)):
            if fleet.ability.reach is Reach.TIP or Trap.FORK in self.unplayed:
                pytest.skip("at the newest state there is no block to keep")
            at = fleet.pin(self.height)
            stub.trap = Trap.FORK
            with pytest.raises(ReorgError):
                fleet.fetch_balances([self.funded[0][0]], at)

    def test_of_two_that_differ_neither_is_believed(self) -> None:
        queries, amounts = self.everything()
        with self.source(Trap.NONE, Trap.LIES, quorum=2) as (fleet, _):
            found = self.balances(fleet, queries)
            for balance, amount in zip(found, amounts, strict=True):
                if amount:
                    assert balance.amount is None
                    assert '"disagree"' in balance.detail
                else:
                    assert balance.amount in (0, None)

    def test_a_third_settles_it_and_the_liar_is_named(self) -> None:
        queries, amounts = self.everything()
        with self.source(Trap.NONE, Trap.LIES, Trap.NONE, quorum=2) as (fleet, _):
            found = self.balances(fleet, queries)
            assert [b.amount for b in found] == amounts
            assert all("b" not in b.sources for b, n in zip(found, amounts, strict=True) if n)

    def test_one_that_says_zero_to_everything_is_found_out(self) -> None:
        queries, amounts = self.everything()
        canary = self.funded[0][0]
        with (
            self.source(Trap.ZEROES, canary=canary) as (fleet, _),
            pytest.raises(SourceError, match="not trusted"),
        ):
            self.balances(fleet, queries)
        with self.source(Trap.ZEROES, Trap.NONE, canary=canary) as (fleet, _):
            assert [b.amount for b in self.balances(fleet, queries)] == amounts
        with self.source(Trap.NONE, canary=canary) as (fleet, _):
            assert [b.amount for b in self.balances(fleet, queries)] == amounts

    def test_without_a_canary_the_block_names_one(self) -> None:
        queries, amounts = self.everything()
        with self.source(Trap.NONE) as (fleet, (stub,)):
            if not isinstance(self.reader(stub.endpoint("a")), HolderReader):
                pytest.skip("its blocks name nobody who surely holds something")
            assert [b.amount for b in self.balances(fleet, queries)] == amounts
        with self.source(Trap.ZEROES) as (fleet, _), pytest.raises(SourceError, match="trusted"):
            self.balances(fleet, queries)
        self.exact(Trap.ZEROES, Trap.NONE)

    def test_with_faults_totals_are_exact_or_not_there(self) -> None:
        for _ in range(4):
            self.never_another_number(Trap.FAULTS)
        self.exact(Trap.FAULTS, Trap.FAULTS)
        self.exact(Trap.FAULTS, Trap.FAULTS, quorum=2)

    def test_no_word_of_a_node_comes_out(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """A provider may repeat our key in any field: no error, refusal or detail has its words."""
        self._once()
        known: set[str] = set()
        for trap in (Trap.NONE, Trap.PRUNED, Trap.WRONG_CHAIN, Trap.OTHER_BLOCK, Trap.DROPS):
            if trap not in self.unplayed:
                with self.wired(monkeypatch, trap) as (wire, steps):
                    no_word_comes_out(wire, steps, known)

    def test_any_answer_is_read_or_refused(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._once()
        with self.wired(monkeypatch, Trap.NONE) as (wire, steps):
            anything_is_read_or_refused(wire, steps, CHANGES, random.randrange(2**32))

    def _once(self) -> None:
        """Several networks may have one reader: what its answers are made of is tried at the first."""
        with self.servers(Trap.NONE) as (stub,):
            reader = self.reader(stub.endpoint("a"))
            first = _FIRST.setdefault(self.wire or type(reader).__name__, type(self).__name__)
            reader.close()
        if first != type(self).__name__:
            pytest.skip(f"the reader of {first}")

    @contextmanager
    def wired(
        self, monkeypatch: pytest.MonkeyPatch, trap: Trap
    ) -> Iterator[tuple[Wire, Callable[[], list[Step]]]]:
        """A server that is asked in this process, and everything that a reader can be asked."""
        with self.servers(trap) as (stub,), monkeypatch.context() as patch:
            wire = Wire([cast(Answering, stub)])
            wire.put_between(patch)
            queries, _ = self.everything()

            def steps() -> list[Step]:
                reader = self.reader(stub.endpoint("a"))
                at = BlockRef(self.network, "", self.height, "", None)
                seen = [at]
                few = queries[: reader.ability.batch]
                found: list[Step] = [
                    reader.check,
                    lambda: seen.append(reader.pin(self.wanted_height(reader))) or seen[-1],
                    lambda: reader.hash_at(self.height),
                    lambda: reader.pin(self.too_high),
                    lambda: reader.read(few, seen[-1]),
                ]
                if isinstance(reader, HolderReader):
                    found.append(lambda: reader.holders_at(seen[-1]))
                if isinstance(reader, KeyReader):
                    found += [partial(reader.key_policy, q.address, at) for q in queries[:2]]
                return found

            yield wire, steps

    def exact(self, *traps: Trap, quorum: int = 1) -> None:
        """The fleet gives the right amounts in the end, chunk after chunk."""
        queries, amounts = self.everything()
        with self.source(*traps, quorum=quorum) as (fleet, stubs):
            for stub in stubs:
                stub.fault_share = self.fault_share
            done = 0
            for _ in range(40):
                found = _tried(lambda: self.balances(fleet, queries))
                if found is None:
                    continue
                for balance, amount in zip(found, amounts, strict=True):
                    assert balance.amount in (amount, None), balance
                done += all(b.amount is not None for b in found)
                if done == 3:
                    return
            raise AssertionError("it never read everything")

    def never_another_number(self, trap: Trap) -> None:
        """With nobody else to ask, there is an error, an unavailable item, or the right amount."""
        queries, amounts = self.everything()
        with self.source(trap) as (fleet, _):
            for balance, amount in zip(
                _tried(lambda: self.balances(fleet, queries)) or [], amounts, strict=False
            ):
                assert balance.amount in (amount, None), balance


def _tried(read: Callable[[], list[Balance]]) -> list[Balance] | None:
    try:
        return read()
    except (SourceUnavailableError, SourceRejectedError, HeightPrunedError, ReorgError):
        return None


@cache
def _registry(network: str, canary: BalanceQuery | None) -> Registry:
    tables = load_registry()
    asked = [(c.holding.asset, c.address.text) for c in (canary,) if c is not None]
    birds = [Canary(network, asset, text, 0, "the test says so") for asset, text in asked]
    return Registry(tables.networks.values(), (), tables.holdings(), birds)
