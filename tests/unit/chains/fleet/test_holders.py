"""Canaries that the pinned block itself names: when they are asked, and what becomes of it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from threading import Lock, Thread
from time import sleep

import base58
import pytest

from scanner.chains.fleet.canary import Canaries, _Asking
from scanner.chains.fleet.interface import Answer, Holder, ReaderAbility, Reading, Refusal
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import Reach, ReadPolicy
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.canary import Canary
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

TABLES = load_registry()
TRON = TABLES.network("tron")
TRX = TABLES.holding("TRX", "tron")


def account(n: int) -> Address:
    payload = b"\x41" + hashlib.sha256(bytes([n])).digest()[:20]
    text = base58.b58encode_check(payload).decode()
    return Address("tron", "tron", payload[1:], text, text)


ROW, FIRST, SECOND, TABLED = (account(n) for n in range(4))


class Naming:
    """A reader whose blocks name holders. held: account -> amount; None: it refuses."""

    ability = ReaderAbility(Reach.ANY, 10)

    def __init__(
        self, held: Mapping[Address, int | None], *holders: Holder, chain: str = ""
    ) -> None:
        self.endpoint = Endpoint("a", "tron", "told", "http://127.0.0.1:1", chain=chain)
        self.held = {address.text: amount for address, amount in held.items()}
        self.holders = holders
        self.named, self.asked = 0, list[str]()

    def check(self) -> None:
        pass

    def pin(self, height: int | None) -> BlockRef:
        return BlockRef("tron", "", height or 100, f"hash {height}", 1)

    def hash_at(self, height: int) -> str:
        return f"hash {height}"

    def holders_at(self, at: BlockRef) -> list[Holder]:
        self.named += 1
        return list(self.holders)

    def read(self, queries: list[BalanceQuery], at: BlockRef) -> list[Answer]:
        self.asked += [q.address.text for q in queries]
        return [self._one(self.held.get(q.address.text, 0)) for q in queries]

    @staticmethod
    def _one(amount: int | None) -> Answer:
        return Refusal("too many") if amount is None else Reading({Part.LIQUID: amount})

    def probe(self) -> dict[str, str]:
        return {}

    def close(self) -> None:
        pass


def texts(*addresses: Address) -> list[str]:
    return [address.text for address in addresses]


def read(reader: Naming, *heights: int, since: int | None = None) -> list[int | None]:
    """What ROW holds at some heights, by the fleet. since: of the table's canary, TABLED."""
    birds = [] if since is None else [Canary("tron", "TRX", TABLED.text, since, "so it is")]
    tables = Registry(TABLES.networks.values(), (), TABLES.holdings(), birds)
    source = FleetSource(TRON, [reader], ReadPolicy(), tables)
    found = []
    for height in heights:
        (balance,) = source.fetch_balances([BalanceQuery(ROW, TRX)], source.pin(height))
        found.append(balance.amount)
    return found


def test_one_who_holds_what_the_block_says_is_enough_and_asked_once_a_block() -> None:
    reader = Naming({ROW: 5, FIRST: 7}, Holder(FIRST, 7), Holder(SECOND, 9))
    assert read(reader, 100, 100, 101) == [5, 5, 5]
    assert reader.named == 2
    assert reader.asked == texts(FIRST, ROW, ROW, FIRST, ROW)


@pytest.mark.parametrize("said", [0, 6])
def test_who_holds_less_than_the_block_gives_makes_the_endpoint_a_liar(said: int) -> None:
    reader = Naming({ROW: 5, FIRST: said}, Holder(FIRST, 7))
    with pytest.raises(SourceRejectedError, match=f"{FIRST.text} holds less TRX after block 100"):
        read(reader, 100)
    assert reader.asked == texts(FIRST)


def test_what_is_refused_is_passed_over() -> None:
    reader = Naming({ROW: 5, FIRST: None, SECOND: 9}, Holder(FIRST, 7), Holder(SECOND, 9))
    assert read(reader, 100) == [5]
    assert reader.asked == texts(FIRST, SECOND, ROW)
    reader = Naming({ROW: 5, FIRST: None, SECOND: 8}, Holder(FIRST, 7), Holder(SECOND, 9))
    with pytest.raises(SourceRejectedError, match="not trusted"):
        read(reader, 100)


def test_where_nobody_is_named_or_all_are_refused_it_is_as_without() -> None:
    assert read(Naming({ROW: 5}), 100) == [5]
    assert read(Naming({ROW: 5, FIRST: None}, Holder(FIRST, 7)), 100) == [5]


def test_the_table_goes_first_from_its_height_on() -> None:
    reader = Naming({ROW: 5, FIRST: 7, TABLED: 1}, Holder(FIRST, 7))
    assert read(reader, 100, 99, since=100) == [5, 5]
    assert reader.named == 1
    assert reader.asked == texts(TABLED, ROW, FIRST, ROW)


def test_a_test_chain_has_blocks_and_no_table() -> None:
    reader = Naming({ROW: 5, FIRST: 7}, Holder(FIRST, 7), chain="another")
    assert read(reader, 100, since=1) == [5]
    assert reader.asked == texts(FIRST, ROW)


def test_a_holder_holds_something() -> None:
    with pytest.raises(ValueError, match="holds something"):
        Holder(FIRST, 0)


class Turn:
    """A lock that knows how many came to it."""

    def __init__(self) -> None:
        self._lock, self.came = Lock(), list[bool]()

    def __enter__(self) -> None:
        self.came.append(True)
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()


class Silent(Naming):
    """It is asked in vain at first, while three others come to wait."""

    turn: Turn

    def holders_at(self, at: BlockRef) -> list[Holder]:
        self.named += 1
        while len(self.turn.came) < 4:
            sleep(0.001)
        if self.named == 1:
            raise SourceUnavailableError("a", "no answer")
        return []


def test_who_waited_for_a_canary_fails_with_it_and_the_next_one_asks_again() -> None:
    """Four workers at a server that does not answer: it is waited for once, and not four times."""
    reader = Silent({ROW: 5})
    reader.turn = Turn()
    canaries = Canaries(TRON, Registry(TABLES.networks.values(), (), TABLES.holdings()))
    canaries._asking["a"] = _Asking(reader.turn)  # type: ignore[arg-type]
    at, failed = BlockRef("tron", "", 5, "aa"), list[str]()

    def work() -> None:
        try:
            canaries.check(reader, [], at)
        except SourceUnavailableError as e:
            failed.append(str(e))

    threads = [Thread(target=work, daemon=True) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    assert (reader.named, len(failed)) == (1, 4)
    canaries.check(reader, [], at)
    canaries.check(reader, [], at)
    assert reader.named == 2
