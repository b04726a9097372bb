"""The Antelope reader, against recorded answers and what nodes and readers were seen to get wrong."""

from contextlib import AbstractContextManager

import pytest
from support.antelope_stub import FINAL, START, AntelopeServer
from support.reader_contract import ReaderContract
from support.recorded import World
from support.replay import opened

from scanner.chains.antelope.api import AntelopeApi
from scanner.chains.antelope.reader import AntelopeReader
from scanner.chains.fleet.interface import Reading
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("vaulta")
A, EOS = REGISTRY.holding("A", "vaulta"), REGISTRY.holding("EOS", "vaulta")
RICH, OTHER, THIRD, NOBODY = "reserve", "teamgreymass", "okbtothemoon", "nosuchacct11"


def query(name: str, holding: Holding = A) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, name), holding)


def reader(server: AntelopeServer) -> AbstractContextManager[AntelopeReader]:
    return opened(AntelopeReader(server.endpoint("v"), NETWORK), server)


def a_stub(*quirks: str) -> AntelopeServer:
    server = AntelopeServer(World(), *quirks)
    server.world.put(RICH, 121_956_789)
    server.world.put(RICH, 5_0000, EOS.contract)
    return server


class TestContract(ReaderContract):
    network = "vaulta"
    height = 500 - FINAL
    too_high = 501
    fault_share = 0.05  # two accounts, which are asked at a time, are some ten requests
    funded = (
        (query(RICH), 121_956_789),
        (query(RICH, EOS), 5_0000),
        (query(OTHER), 2**53 + 1),
        (query(THIRD, EOS), 1),
    )
    absent = (query(NOBODY), query(NOBODY, EOS))

    def start(self) -> AntelopeServer:
        server = a_stub()
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> AntelopeReader:
        return AntelopeReader(endpoint, NETWORK)


def test_a_is_read_with_what_the_system_contract_holds() -> None:
    stub = a_stub()
    stub.system[RICH] = {
        "delband": [
            {"from": RICH, "to": RICH, "net_weight": "90.0000 EOS", "cpu_weight": "45.0000 EOS"},
            {"from": RICH, "to": OTHER, "net_weight": "1.0000 EOS", "cpu_weight": "2.0000 EOS"},
        ],
        "refund": {"owner": RICH, "net_amount": "10.0000 EOS", "cpu_amount": "5.0000 EOS"},
        "rexfund": [{"owner": RICH, "balance": "0.5000 EOS"}],
        "rex": {"owner": RICH, "vote_stake": "777.0000 EOS", "rex_balance": "10.0001 REX"},
    }
    stub.quirks = {"two pages"}
    with reader(stub) as r:
        r.check()
        coin, token = r.read([query(RICH), query(RICH, EOS)], r.pin(None))
    assert isinstance(coin, Reading)
    assert isinstance(token, Reading)
    assert coin.parts == {
        Part.LIQUID: 121_956_789,
        Part.STAKED: 138_0000 + 12_0001,  # REX at its worth now, rounded down; not vote_stake
        Part.UNBONDING: 15_5000,
    }
    assert token.parts == {Part.LIQUID: 5_0000}
    assert coin.state is not None
    assert (coin.state.height, coin.state.time) == (500, START + 500)


def test_stake_that_others_gave_is_not_the_accounts() -> None:
    with reader(a_stub()) as r:  # the recorded account's total_resources are 135 EOS
        (said,) = r.read([query(RICH)], r.pin(None))
    assert isinstance(said, Reading)
    assert said.amount == 121_956_789


def test_an_account_that_does_not_exist_is_absent_though_its_balance_is_an_empty_list() -> None:
    stub = a_stub()
    with reader(stub) as r:
        gone, none = r.read([query(NOBODY), query(OTHER, EOS)], r.pin(None))
        stub.world.put(OTHER, 1)
        (there,) = r.read([query(OTHER, EOS)], r.pin(None))
    assert isinstance(gone, Reading)
    assert gone.absent
    assert isinstance(none, Reading)
    assert none.absent
    assert isinstance(there, Reading)
    assert (there.absent, there.amount) == (False, 0)
    assert not any(
        b"get_currency" in body for _, path, body in stub.asked if NOBODY.encode() in body
    )


@pytest.mark.parametrize(
    ("quirk", "words"),
    [
        ("other account", "another account"),
        ("next account's rows", "another account"),
        ("other token", "not an amount of A"),
        ("goes back", "several nodes"),
        ("lags", "several nodes"),
        ("no pool", "the one pool of REX"),
    ],
)
def test_answers_to_another_question_are_refused(quirk: str, words: str) -> None:
    stub = a_stub()
    stub.system[RICH] = {"rex": {"owner": RICH, "rex_balance": "100.0000 REX"}}
    with reader(stub) as r:
        at = r.pin(300)
        stub.quirks = {quirk}
        with pytest.raises(SourceUnavailableError, match=words):
            r.read([query(RICH)], at)


def test_a_state_that_moved_while_it_was_read_says_how_far() -> None:
    stub = a_stub("moves")
    with reader(stub) as r:
        (said,) = r.read([query(RICH)], r.pin(300))
    assert isinstance(said, Reading)
    assert said.state is not None
    assert said.detail == {"to_height": said.state.height + 1}


@pytest.mark.parametrize(
    "text", ["1 EOS", "1.00000 EOS", "1.0000 A", "-1.0000 EOS", "1.0000", "1e4.0000 EOS", None]
)
def test_what_is_no_amount(text: object) -> None:
    server = a_stub()
    api = AntelopeApi(server.endpoint("v"))
    with pytest.raises(SourceUnavailableError):
        api.asset(text, "EOS", 4)
    api.close()
    server.close()


def test_blocks_out_of_reach() -> None:
    with reader(a_stub()) as r:
        assert r.pin(300).time == START + 300
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(499)  # there, and not final


def test_the_head_is_looked_at_once_for_five_rows() -> None:
    server = a_stub()
    with reader(server) as made:
        at = made.pin(None)
        server.asked.clear()
        rows = [query(f"account{n}") for n in range(1, made.ability.batch + 1)]
        made.read(rows, at)
        assert len([path for _, path, _ in server.asked if path.endswith("get_info")]) == 2
        assert made.ability.batch == 5
