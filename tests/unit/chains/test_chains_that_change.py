"""Every reader against a server that turns into another chain's, or another branch's, in mid-read.

A balancer may send one request to one node and the next to another. What was read before and after
is the right number, or none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from support.every_reader import CONTRACTS, contract_without_waits
from support.reader_contract import ReaderContract
from support.replay import Trap
from support.wire import Wire

from scanner.chains.interface import Reach
from scanner.errors import SourceError


class Turning:
    """Stands before a stub, and from the request `at` on answers as a server elsewhere.

    Of what tells the chain or branch it says what is said there; every funded account holds one
    unit more. count: requests since it was set.
    """

    def __init__(self, stub: Any, traps: tuple[Trap, ...]) -> None:
        self._stub, self._real, self._traps = stub, stub.respond, traps
        self.at, self.count = 1 << 30, 0
        stub.respond = self._respond

    def _respond(self, *request: Any) -> Any:
        self.count += 1
        plain = self._real(*request)
        if self.count <= self.at:
            return plain
        try:
            for trap in self._traps:
                self._stub.trap = trap
                there = self._real(*request)
                if there != plain:
                    return there
            return plain
        finally:
            self._stub.trap = Trap.NONE


@pytest.mark.parametrize("elsewhere", [Trap.WRONG_CHAIN, Trap.FORK])
@pytest.mark.parametrize("protocol", CONTRACTS)
def test_a_server_that_turns_into_another_one(
    protocol: str, elsewhere: Trap, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_without_waits(protocol, monkeypatch)
    if elsewhere in contract.unplayed:
        pytest.skip(contract.unplayed[elsewhere])
    wrong = list(_wrong_numbers(contract, elsewhere, monkeypatch))
    assert not wrong, "\n".join(wrong)[:3000]


def _wrong_numbers(
    contract: ReaderContract, elsewhere: Trap, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    queries, amounts = contract.everything()
    with contract.servers(Trap.NONE) as stubs:
        traps = (elsewhere, Trap.FORK, Trap.LIES)
        turning = Turning(stubs[0], tuple(t for t in traps if t not in contract.unplayed))
        Wire(stubs).put_between(monkeypatch)
        monkeypatch.setattr(contract, "servers", lambda *_: nullcontext(stubs))

        def read(at: int) -> list[int | None]:
            turning.at = 1 << 30
            with contract.source(Trap.NONE) as (fleet, _):
                if fleet.ability.reach is Reach.TIP and elsewhere is Trap.FORK:
                    pytest.skip("its newest state is of no block that could be replaced")
                pinned = fleet.pin(contract.wanted_height(fleet))
                turning.at, turning.count = at, 0
                return [b.amount for b in fleet.fetch_balances(queries, pinned)]

        assert read(1 << 30) == amounts
        most = turning.count
        for at in sorted({*range(min(12, most)), *range(0, most, max(1, most // 12)), most - 1}):
            found = _tried(lambda at=at: read(at))  # type: ignore[misc]
            for query, right, amount in zip(queries, amounts, found or amounts, strict=True):
                if amount not in (right, None):
                    yield f"from request {at} of {most}: {query.address.text} {amount} != {right}"


def _tried(read: Callable[[], list[int | None]]) -> list[int | None] | None:
    try:
        return read()
    except SourceError:
        return None
