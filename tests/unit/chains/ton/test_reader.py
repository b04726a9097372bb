"""TON's reader, against published answers and what nodes were seen to get wrong."""

import json
from contextlib import AbstractContextManager

import pytest
from support.reader_contract import ReaderContract
from support.recorded import VECTORS, World, recorded
from support.replay import opened
from support.ton_stub import START, USDT_CODE, TonServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.ton.jetton import LAYOUTS, wallet_address
from scanner.chains.ton.reader import TonReader
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.ton_cells import Builder, Slice, read_bag, write_bag
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("ton")
TON, USDT = Holding("TON", "ton", "", 9), REGISTRY.holding("USDT", "ton")
OLD_STYLE = Holding("OLD", "ton", "EQAFPsHznqgqPUZQVyUBmWxpNwReAIuepKo_BjLiS-C05XB_", 9)
STRANGE = Holding("ODD", "ton", "EQBlqsm144Dq6SjbPI4jjZvA1hqTIP3CvHovbIfW_t-SCALE", 9)
MASTERS = {USDT.contract: 0, OLD_STYLE.contract: 1, STRANGE.contract: None}


def text(address: str) -> str:
    return decode_address(NETWORK, address).text


RICH = text("UQDY4-KtVxawZU_Vva7KTOhlhx8Ho0jI0ahyebYT5YuJkYSf")
OTHER = text("EQDbf_PU1DLAcneMzWjjUbK_Vc7oahP0iOpuHbxIwDfaI5Rm")
NOBODY = text("UQDYa6Lp99YwuDrDmCsngxs5dKzL_P7epA4iP0T7dsoY1po4")


def query(address: str, holding: Holding = TON) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def reader(server: TonServer) -> AbstractContextManager[TonReader]:
    return opened(TonReader(server.endpoint("t"), NETWORK), server)


def a_stub(*quirks: str) -> TonServer:
    server = TonServer(World(), MASTERS, *quirks)
    server.world.put(RICH, 13_375_926_688_197_012)
    server.world.put(RICH, 12, since=450)
    server.world.put(RICH, 7_000_000, USDT.contract)
    server.world.put(OTHER, 5, OLD_STYLE.contract)
    return server


class TestContract(ReaderContract):
    network = "ton"
    height = 400
    too_high = 501
    funded = (
        (query(RICH), 13_375_926_688_197_012),
        (query(RICH, USDT), 7_000_000),
        (query(OTHER), 12_301_580_252),
        (query(OTHER, USDT), 2**60),
    )
    absent = (query(NOBODY), query(NOBODY, USDT))

    def start(self) -> TonServer:
        server = a_stub()
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> TonReader:
        return TonReader(endpoint, NETWORK)


def test_a_wallet_of_mainnets_usdt_is_where_it_is_computed_to_be() -> None:
    (wallet,) = json.loads((VECTORS / "ton/usdt_wallet.json").read_text())
    owner, master, where = (
        bytes.fromhex(wallet[key].split(":")[1]) for key in ("owner", "jetton", "address")
    )
    assert wallet_address(LAYOUTS[0], USDT_CODE, (0, owner), (0, master)) == where


def test_bags_of_cells_there_and_back() -> None:
    wallet = recorded("ton", "address_information")["result"]
    data = Slice(read_bag(wallet["data"]))
    assert data.uint(32) == 6  # the wallet's own counter
    assert data.uint(32) == 698983191
    cell = Builder().uint(5, 7).cell(read_bag(wallet["code"]), USDT_CODE)
    assert read_bag(write_bag(cell)) == cell
    assert read_bag(write_bag(cell)).hash == cell.hash


@pytest.mark.parametrize(
    "bag", ["", "!", "AAAA", "te6cckEBAQEAKgAAUA", write_bag(Builder().uint(1, 9).cell())[:-4]]
)
def test_what_is_no_bag_of_cells_is_refused(bag: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_bag(bag)


def test_reads_after_the_block_that_was_asked_for() -> None:
    with reader(a_stub()) as r:
        r.check()
        at = r.pin(400)
        assert (at.height, at.time) == (400, START + 400)
        coins, usdt = r.read([query(RICH), query(RICH, USDT)], at)
        (later,) = r.read([query(RICH)], r.pin(None))
    assert isinstance(coins, Reading)
    assert isinstance(usdt, Reading)
    assert isinstance(later, Reading)
    assert (coins.amount, later.amount, usdt.amount) == (13_375_926_688_197_012, 12, 7_000_000)
    assert coins.state is not None
    assert (coins.state.height, coins.state.hash) == (400, at.hash)


def test_jettons_of_the_older_layout() -> None:
    with reader(a_stub()) as r:
        (said,) = r.read([query(OTHER, OLD_STYLE)], r.pin(400))
    assert isinstance(said, Reading)
    assert said.amount == 5


def test_a_jetton_whose_wallets_are_made_otherwise_is_not_read() -> None:
    with reader(a_stub()) as r:
        (said,) = r.read([query(OTHER, STRANGE)], r.pin(400))
    assert isinstance(said, Refusal)
    assert "does not know how" in said.why


def test_another_block_than_the_one_asked_for_is_seen_by_the_state_it_names() -> None:
    with reader(a_stub("old seqno")) as r:
        (said,) = r.read([query(RICH)], r.pin(400))
    assert isinstance(said, Reading)
    assert said.state is not None
    assert said.state.height == 500  # the fleet refuses it


def test_a_contract_that_passes_for_somebodys_wallet_is_refused() -> None:
    with (
        reader(a_stub("fake wallet")) as r,
        pytest.raises(SourceUnavailableError, match="another owner"),
    ):
        r.read([query(RICH, USDT)], r.pin(400))


def test_a_method_that_failed_with_a_number_on_its_stack_is_no_answer() -> None:
    with reader(a_stub("method fails")) as r:
        (said,) = r.read([query(RICH, USDT)], r.pin(400))
    assert isinstance(said, Refusal)
    assert "exit code 11" in said.why


def test_locked_frozen_and_not_yet_deployed() -> None:
    with reader(a_stub("locked")) as r:
        (locked,) = r.read([query(RICH, USDT)], r.pin(400))
    with reader(a_stub("frozen wallets")) as r:
        (unknown,) = r.read([query(RICH, USDT)], r.pin(400))
    with reader(a_stub("uninitialized")) as r:
        (fresh,) = r.read([query(RICH)], r.pin(400))
    with reader(a_stub("frozen")) as r:
        (frozen,) = r.read([query(RICH)], r.pin(400))
    assert isinstance(locked, Reading)
    assert "locked" in locked.caution
    assert isinstance(unknown, Refusal)
    assert isinstance(fresh, Reading)
    assert fresh.amount == 13_375_926_688_197_012
    assert isinstance(frozen, Reading)
    assert "frozen" in frozen.caution


def test_blocks_that_a_node_does_not_keep() -> None:
    with reader(a_stub()) as r:
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(501)
