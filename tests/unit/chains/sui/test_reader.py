"""Sui's reader, against a server made by the published schema."""

import json
from contextlib import AbstractContextManager
from dataclasses import replace

import pytest
from support.reader_contract import ReaderContract
from support.recorded import VECTORS, World, recorded
from support.replay import opened
from support.sui_stub import START, SuiServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.sui.reader import SuiReader
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("sui")
SUI, USDC = Holding("SUI", "sui", "", 9), REGISTRY.holding("USDC", "sui")
RICH = "0xdf7c04c9bebf4b35bd8c66a92469f0b66cf77ce8586b6262709a897659f4e772"
OTHER = "0x885c0345bbf4441f39b98caf2295640a4dc3696ee9e8bc68f2101ca5e6f9bbf1"
NOBODY = "0x184fbf9d6c2d2d3f27e27fe3ca2d3b4080bd406221e345e2d36633e638e988e1"


def query(address: str, holding: Holding = SUI) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def reader(server: SuiServer) -> AbstractContextManager[SuiReader]:
    return opened(SuiReader(server.endpoint("s"), NETWORK), server)


def a_stub(*quirks: str) -> SuiServer:
    server = SuiServer(World(), *quirks)
    server.world.put(RICH, 52_855_428_706)
    server.world.put(RICH, 1, since=450)
    return server


class TestContract(ReaderContract):
    network = "sui"
    height = 400
    too_high = 501
    funded = (
        (query(RICH), 52_855_428_706),
        (query(RICH, USDC), 4_408_270_628_906),
        (query(OTHER), 2**53 + 1),
        (query(OTHER, USDC), 1),
    )
    absent = (query(NOBODY), query(NOBODY, USDC))

    def start(self) -> SuiServer:
        server = SuiServer(World())
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> SuiReader:
        return SuiReader(endpoint, NETWORK)


def test_reads_at_the_checkpoint_with_stake() -> None:
    stakes = json.loads((VECTORS / "sui/stakes.json").read_text())["result"]
    principals = [int(s["principal"]) for pool in stakes for s in pool["stakes"]]
    for quirk in ("", "plain principal"):
        stub = a_stub(quirk)
        stub.stakes[RICH] = principals
        with reader(stub) as r:
            r.check()
            at = r.pin(400)
            assert (at.height, at.time) == (400, START + 400)
            (then,) = r.read([query(RICH)], at)
            (now,) = r.read([query(RICH)], r.pin(None))
        assert isinstance(then, Reading)
        assert isinstance(now, Reading)
        assert then.parts == {Part.LIQUID: 52_855_428_706, Part.STAKED: sum(principals)}
        assert now.parts[Part.LIQUID] == 1


@pytest.mark.parametrize("quirk", ["other address", "other coin"])
def test_answers_to_another_question_are_refused(quirk: str) -> None:
    with reader(a_stub(quirk)) as r, pytest.raises(SourceUnavailableError, match="another"):
        r.read([query(RICH)], r.pin(400))


def test_stakes_that_are_not_all_shown_are_not_a_sum() -> None:
    with reader(a_stub("many stakes")) as r:
        (said,) = r.read([query(RICH)], r.pin(400))
    assert isinstance(said, Refusal)


def test_a_coin_type_that_is_none_is_not_sent() -> None:
    stub = a_stub()
    with reader(stub) as r:
        (said,) = r.read([query(RICH, Holding("X", "sui", '0x1::a::B") { x } #', 6))], r.pin(400))
    assert isinstance(said, Refusal)
    assert not any(b"{ x }" in body for _, _, body in stub.asked)


def test_checkpoints_out_of_reach() -> None:
    with reader(a_stub()) as r:
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(501)


@pytest.mark.parametrize("quirks", [(), ("wrapped balance",)])
def test_owners_of_coins_are_named(quirks: tuple[str, ...]) -> None:
    stub = a_stub(*quirks)
    stub.world.put(OTHER, 0)
    with reader(stub) as r:
        found = r.holders_at(r.pin(400))
        later = r.holders_at(r.pin(460))
    assert [(h.address.text, h.least) for h in found] == [(RICH, 52_855_428_706)]
    assert [h.least for h in later] == [1]


@pytest.mark.parametrize(
    ("whose", "least"), [("addressOwned", 299_999_998_012_000), ("shared", 0), ("immutable", 0)]
)
def test_of_the_real_servers_coins_those_of_an_address_name_it(whose: str, least: int) -> None:
    told = recorded("sui", "objects")
    node = {**told["owners"]["data"][whose], **told["coin"]["data"]["object"]}
    page = told["listed"]["data"]["checkpoint"]["query"]["objects"]
    page["nodes"] = [{**one, **node} for one in page["nodes"][:1]]
    stub = a_stub()
    stub.told = {"objects": page}
    with reader(stub) as r:
        found = r.holders_at(r.pin(400))
    owner = node["owner"].get("address", {}).get("address")
    assert [(h.address.text, h.least) for h in found] == ([(owner, least)] if least else [])


def test_a_server_without_objects_by_type_names_nobody() -> None:
    stub = a_stub("no types")
    with reader(stub) as r:
        at = r.pin(400)
        assert r.holders_at(at) == []
        stub.quirks = set()
        with pytest.raises(SourceUnavailableError, match="another checkpoint"):
            r.holders_at(replace(at, hash=at.hash[::-1]))
