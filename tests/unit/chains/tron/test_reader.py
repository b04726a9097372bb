"""Tron's reader, against recorded answers and what nodes were seen to get wrong."""

import json
from contextlib import AbstractContextManager

import pytest
from support.reader_contract import ReaderContract
from support.recorded import VECTORS, World, recorded
from support.replay import opened
from support.tron_stub import START, TronServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.tron.account import trx_parts
from scanner.chains.tron.header import read_header
from scanner.chains.tron.reader import TronReader
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("tron")
RICH, NOBODY = "TKzDosf5xPNUj3yVdDku81dvxmLHneXDSs", "TCpn5GuihFEYQcdrmGnL4pYbHp9jm5paB9"
TRX = Holding("TRX", "tron", "", 6)
USDT = REGISTRY.holding("USDT", "tron")


def query(address: str, holding: Holding = TRX) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def reader(server: TronServer) -> AbstractContextManager[TronReader]:
    return opened(TronReader(server.endpoint("t"), NETWORK), server)


def a_stub(*quirks: str) -> TronServer:
    server = TronServer(World(), {USDT.contract}, *quirks)
    server.world.put(RICH, 984_567_890)
    server.world.put(RICH, 243_232_693_234_473, USDT.contract)
    return server


class TestContract(ReaderContract):
    network = "tron"
    height = 500
    too_high = 501
    funded = (
        (query(RICH), 984_567_890),
        (query(RICH, USDT), 243_232_693_234_473),
        (query("TEB39Rt69QkgD1BKhqaRNqGxfQzCarkRCb"), 2**53 + 1),
        (query("TCw6YaWm3y6DvxY7M8hrCDnrJGeGMumzGJ"), 465_294_638_105_331),
    )
    absent = (query(NOBODY), query(NOBODY, USDT))

    def start(self) -> TronServer:
        server = a_stub()
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> TronReader:
        return TronReader(endpoint, NETWORK)


@pytest.mark.parametrize("header", json.loads((VECTORS / "tron/mainnet_headers.json").read_text()))
def test_mainnet_headers_hash_to_their_ids(header: dict[str, object]) -> None:
    read = read_header("t", header)
    assert read.hash == header["blockID"]
    assert int(read.hash[:16], 16) == read.number


def test_a_header_with_another_time_is_refused() -> None:
    block = recorded("tron", "getnowblock")
    block["block_header"]["raw_data"]["timestamp"] += 1
    with pytest.raises(SourceUnavailableError, match="does not hash"):
        read_header("t", block)


def test_the_parts_of_a_recorded_account_with_stake() -> None:
    parts = trx_parts("t", recorded("tron", "getaccount_staked"))
    assert parts == {
        "liquid": 984_567_890,
        "staked": 220_000_000,
        "delegated": 0,
        "unbonding": 30_000_000,
        "reward": 0,
    }
    mainnet = json.loads((VECTORS / "tron/mainnet_account.json").read_text())
    parts = trx_parts("t", mainnet)
    assert (parts["liquid"], parts["staked"], parts["reward"]) == (2928601454, 650000000, 10498200)


def test_stake_that_was_lent_out_is_counted_and_what_others_lent_is_not() -> None:
    account = recorded("tron", "getaccount_staked") | {
        "delegated_frozenV2_balance_for_bandwidth": 1,
        "delegated_frozen_balance_for_bandwidth": 20,
        "acquired_delegated_frozenV2_balance_for_bandwidth": 10**15,
        "frozen": [{"frozen_balance": 5000, "expire_time": 1}],
        "tron_power": {"frozen_balance": 60000},
        "account_resource": {
            "delegated_frozenV2_balance_for_energy": 300,
            "delegated_frozen_balance_for_energy": 4000,
            "acquired_delegated_frozenV2_balance_for_energy": 10**15,
            "frozen_balance_for_energy": {"frozen_balance": 700000, "expire_time": 1},
        },
    }
    parts = trx_parts("t", account)
    assert parts["delegated"] == 4321
    assert parts["staked"] == 220_000_000 + 765_000


def test_reads_the_newest_solid_state_and_says_which() -> None:
    with reader(a_stub()) as r:
        r.check()
        at = r.pin(300)
        assert (at.height, at.time) == (300, START + 900)
        trx, usdt, none = r.read([query(RICH), query(RICH, USDT), query(NOBODY)], at)
    assert isinstance(trx, Reading)
    assert isinstance(usdt, Reading)
    assert isinstance(none, Reading)
    assert trx.parts[Part.LIQUID] == 984_567_890
    assert usdt.amount == 243_232_693_234_473
    assert none.amount == 0
    for said in (trx, usdt, none):
        assert said.state is not None
        assert (said.state.height, said.state.time) == (500, START + 1500)


def test_a_token_may_lie_where_there_is_no_account() -> None:
    stub = a_stub()
    stub.world.put(NOBODY, 77, USDT.contract)
    with reader(stub) as r:
        trx, usdt = r.read([query(NOBODY), query(NOBODY, USDT)], r.pin(None))
    assert isinstance(trx, Reading)
    assert isinstance(usdt, Reading)
    assert (trx.amount, usdt.amount) == (0, 77)


def test_never_asks_the_json_rpc_or_the_head_that_may_be_rolled_back() -> None:
    stub = a_stub()
    with reader(stub) as r:
        r.check()
        r.read([query(RICH), query(RICH, USDT)], r.pin(None))
    paths = {path for _, path, body in stub.asked if body != b'{"num": 0}'}
    assert {path.split("/")[1] for path in paths} == {"walletsolidity"}


@pytest.mark.parametrize(
    ("trap", "asset", "words"),
    [
        ("overloaded", TRX, "lack of computing"),
        ("other account", TRX, "another account"),
        ("shifted", USDT, "another call"),
        ("goes back", TRX, "several nodes"),
    ],
)
def test_answers_that_look_like_a_zero_are_refused(trap: str, asset: Holding, words: str) -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(300)
        stub.quirks = {trap, "no sheet"}
        with pytest.raises(SourceUnavailableError, match=words):
            r.read([query(RICH, asset)], at)


def test_a_call_that_reverts_or_finds_no_contract_is_no_balance() -> None:
    stub = a_stub("reverts")
    with reader(stub) as r:
        (reverted,) = r.read([query(RICH, USDT)], r.pin(None))
        stub.contracts = set()
        (absent,) = r.read([query(RICH, USDT)], r.pin(None))
    assert isinstance(reverted, Refusal)
    assert "REVERT" in reverted.why
    assert isinstance(absent, Refusal)
    assert "not exist" in absent.why


def test_a_state_that_moved_while_it_was_read_says_how_far() -> None:
    stub = a_stub("moves")
    with reader(stub) as r:
        (said,) = r.read([query(RICH)], r.pin(300))
    assert isinstance(said, Reading)
    assert said.state is not None
    assert (said.state.height, said.detail["to_height"]) == (501, 502)


def test_a_node_that_was_stopped_at_the_height_answers_for_it() -> None:
    for tip, evidence in ((300, Evidence.REPORTED), (301, Evidence.LATEST_ONLY)):
        stub = a_stub()
        stub.world.tip = tip
        made = TronReader(stub.endpoint("t"), NETWORK)
        source = FleetSource(NETWORK, [made], ReadPolicy(), Registry([NETWORK], (), [TRX]))
        (found,) = source.fetch_balances([query(RICH)], source.pin(300))
        assert (found.amount, found.evidence) == (984_567_890, evidence)
        source.close()
        stub.close()


def test_heights_that_a_node_does_not_have() -> None:
    with reader(a_stub()) as r:
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(501)


@pytest.mark.parametrize("value", [-1, 1 << 63, "5", 1.5, True])
def test_no_number_is_no_balance(value: object) -> None:
    account = recorded("tron", "getaccount_latest") | {"balance": value}
    with pytest.raises(SourceUnavailableError):
        trx_parts("t", account)
