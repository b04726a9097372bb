"""Aptos' reader, against recorded answers and what nodes and readers were seen to get wrong."""

from contextlib import AbstractContextManager
from typing import Any, ClassVar

import pytest
from support.aptos_stub import PER_BLOCK, START, AptosServer, primary_store
from support.reader_contract import ReaderContract
from support.recorded import World, recorded
from support.replay import Trap, opened

from scanner.chains.aptos.holders import holders_of
from scanner.chains.aptos.reader import AptosReader
from scanner.chains.fleet.interface import Reading, Refusal
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("aptos")
APT, USDT = Holding("APT", "aptos", "", 8), REGISTRY.holding("USDT", "aptos")
RICH = "0x4c1ef44079cb31851349fba50d385f708a10ec7ac612859fdbf28888d1f7b572"
OTHER = "0x2af5827f7017a7f6127184d73b2340f12e5dc248a48f48e2fe3fff08f6007beb"
NOBODY = "0x781fa312385e11c39c0c901f7d76d2892e32d272d09fad90f728656a542c2995"


def query(address: str, holding: Holding = APT) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def reader(server: AptosServer) -> AbstractContextManager[AptosReader]:
    return opened(AptosReader(server.endpoint("a"), NETWORK), server)


def a_stub(*quirks: str) -> AptosServer:
    server = AptosServer(World(), {"": 8, USDT.contract: 6}, *quirks)
    server.world.put(RICH, 847_822_194_605_760, since=200)
    server.world.put(RICH, 1, since=450)
    return server


class TestContract(ReaderContract):
    network = "aptos"
    height = 400
    too_high = 501
    funded = (
        (query(RICH), 847_822_194_605_760),
        (query(RICH, USDT), 7_769_877_194_035),
        (query(OTHER), 2**53 + 1),
        (query(OTHER, USDT), 1),
    )
    absent = ()
    unplayed: ClassVar[dict[Trap, str]] = {
        Trap.OTHER_BLOCK: "answers do not say which version they are from"
    }

    def start(self) -> AptosServer:
        server = a_stub()
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> AptosReader:
        return AptosReader(endpoint, NETWORK)


def test_a_height_is_a_block_and_is_read_at_its_last_version() -> None:
    stub = a_stub()
    with reader(stub) as r:
        r.check()
        at = r.pin(400)
        assert (at.height, at.time) == (400, START + 400)
        (then,) = r.read([query(RICH)], at)
        (now,) = r.read([query(RICH)], r.pin(None))
        (none,) = r.read([query(NOBODY)], at)
    amounts = [said.amount for said in (then, now, none) if isinstance(said, Reading)]
    assert amounts == [847_822_194_605_760, 1, 0]
    asked = [path for _, path, _ in stub.asked if "/balance/" in path]
    assert asked[0].endswith(f"?ledger_version={400 * PER_BLOCK}")
    assert "0x1%3A%3Aaptos_coin%3A%3AAptosCoin" in asked[0]


def test_a_fleet_member_that_did_not_pin_finds_the_version_itself() -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(400)
        other = AptosReader(stub.endpoint("b"), NETWORK)
        (said,) = other.read([query(RICH)], at)
        other.close()
    assert isinstance(said, Reading)
    assert said.amount == 847_822_194_605_760


@pytest.mark.parametrize(
    ("quirk", "error", "words"),
    [
        ("headers dropped", SourceUnavailableError, "may drop its headers"),
        ("other chain header", SourceRejectedError, "chain 2"),
        ("behind", SourceUnavailableError, "behind"),
    ],
)
def test_answers_that_nothing_binds_to_the_version(
    quirk: str, error: type[Exception], words: str
) -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(400)
        stub.quirks = {quirk}
        with pytest.raises(error, match=words):
            r.read([query(RICH)], at)


def test_a_version_that_left_the_window_meanwhile() -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(100)
        stub.world.oldest = 101
        with pytest.raises(HeightPrunedError):
            r.read([query(RICH)], at)


def test_of_an_asset_that_is_not_there_everybody_holds_nothing() -> None:
    stub = a_stub()
    with reader(stub) as r:
        (absent,) = r.read([query(RICH, Holding("ODD", "aptos", "0x123", 6))], r.pin(400))
        (other,) = r.read([query(RICH, Holding("USDT", "aptos", USDT.contract, 8))], r.pin(400))
    assert isinstance(absent, Refusal)
    assert "no asset" in absent.why
    assert isinstance(other, Refusal)
    assert "6 decimals" in other.why


def test_the_fungible_part_of_apt_is_not_beside_it() -> None:
    stub = a_stub()
    stub.decimals["0xa"] = 8
    stub.world.put(RICH, 5, "0xa")
    with reader(stub) as r:
        (said,) = r.read([query(RICH, Holding("APT-FA", "aptos", "0xa", 8))], r.pin(400))
    assert isinstance(said, Reading)
    assert said.amount == 5
    assert "not in addition to it" in said.caution


def test_heights_out_of_reach() -> None:
    with reader(a_stub()) as r:
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(501)


PAYER = "0x31deb490728ae8e1a89675ee4c1877af8e5849c526d2c9a64238c49d8ece08a0"


def user() -> dict[str, Any]:
    made: dict[str, Any] = recorded("aptos", "user_transaction")
    return made


def test_a_recorded_transaction_says_what_it_left_to_whom() -> None:
    """The store's place, with a zero cut, follows from the owner's address."""
    assert primary_store(PAYER) == user()["changes"][1]["address"]
    assert [(h.address.text, h.least) for h in holders_of(NETWORK, [user()])] == [
        (PAYER, 566_263_899)
    ]


def changed(**fields: object) -> dict[str, Any]:
    made = user()
    made["changes"][1]["data"]["data"] |= fields
    return made


def test_the_last_word_of_a_block_counts() -> None:
    later = [holders_of(NETWORK, [user(), changed(balance=n)]) for n in ("7", "0")]
    assert [[h.least for h in found] for found in later] == [[7], []]
    gone = user()
    gone["changes"] = [
        {
            "type": "delete_resource",
            "address": primary_store(PAYER),
            "resource": "0x1::object::ObjectGroup",
        }
    ]
    assert holders_of(NETWORK, [user(), gone]) == []


def test_who_is_not_surely_paid_is_not_named() -> None:
    other_asset = changed(metadata={"inner": "0x357b"})
    stranger = user()
    stranger["changes"][2]["data"]["data"]["owner"] = RICH  # an object that it owns, not its store
    unowned = user()
    del unowned["changes"][2]
    for one in (other_asset, stranger, unowned, changed(balance=5), changed(balance="-5")):
        assert holders_of(NETWORK, [one]) == []
    for shape in (None, {}, {"changes": 5}, {"changes": [5, {"address": "x"}, {"address": "0x1"}]}):
        assert holders_of(NETWORK, [shape]) == []


def test_a_block_that_is_not_whole_or_another_one_names_nobody() -> None:
    stub = a_stub("no transactions")
    with reader(stub) as r:
        at = r.pin(400)
        assert r.holders_at(at) == []
        stub.quirks = set()
        assert [h.address.text for h in r.holders_at(at)] == [RICH]
        stub.trap = Trap.FORK
        with pytest.raises(SourceUnavailableError, match="another block"):
            r.holders_at(at)
