"""Polkadot's reader, against recorded answers and what nodes and readers were seen to get wrong."""

import json
from contextlib import AbstractContextManager

import pytest
from support.reader_contract import ReaderContract
from support.recorded import VECTORS, World, recorded
from support.replay import opened
from support.substrate_stub import START, SubstrateServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.substrate.header import read_number
from scanner.chains.substrate.keys import (
    account_key,
    asset_key,
    compact,
    read_account,
    read_asset,
    read_ledger,
)
from scanner.chains.substrate.reader import MOVED, SubstrateReader
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
RELAY, HUB = REGISTRY.network("polkadot"), REGISTRY.network("polkadot-asset-hub")
DOT = Holding("DOT", HUB.name, "", 10)
USDT, USDC = REGISTRY.holding("USDT", HUB.name), REGISTRY.holding("USDC", HUB.name)
RICH, OTHER, NOBODY = (Ss58Codec(HUB.name, "0").encode(bytes((n,)) * 32) for n in (1, 2, 3))


def query(address: str, holding: Holding = DOT) -> BalanceQuery:
    return BalanceQuery(decode_address(HUB, address), holding)


def reader(server: SubstrateServer) -> AbstractContextManager[SubstrateReader]:
    return opened(SubstrateReader(server.endpoint("p"), server.row), server)


def a_stub(*quirks: str) -> SubstrateServer:
    server = SubstrateServer(HUB, World(tip=120, oldest=20), *quirks)
    server.world.put(RICH, (139_169_313_669_539, 208_008_459_310_480))
    server.world.put(RICH, 77, USDT.contract)
    return server


class TestContract(ReaderContract):
    network = HUB.name
    height = 90
    too_high = 121
    funded = (
        (query(RICH), 2**53 + 1),
        (query(RICH, USDT), 7_769_877_194_035),
        (query(OTHER), 5),
        (query(OTHER, USDC), 6_250_423_430_363),
    )
    absent = (query(NOBODY), query(NOBODY, USDT))

    def start(self) -> SubstrateServer:
        server = SubstrateServer(HUB, World(tip=120, oldest=20))
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> SubstrateReader:
        return SubstrateReader(endpoint, HUB)


def test_keys_and_values_of_recorded_answers() -> None:
    (answer,) = recorded("substrate", "state_queryStorageAt")["result"]
    (first, account), (second, asset) = answer["changes"]
    key = bytes.fromhex(first[-64:])
    assert (account_key(key), asset_key(1984, key)) == (first, second)
    held = read_account(bytes.fromhex(account[2:]))
    assert (held.free, held.reserved) == (2_234_567_890_123, 200_000_000_000)
    assert read_asset(bytes.fromhex(asset[2:])).balance == 987_654_321
    kusama = json.loads((VECTORS / "substrate/kusama_asset_hub.json").read_text())
    values = [
        i["answer"]["result"] for i in kusama if i["request"]["method"] == "state_getStorageAt"
    ]
    held = read_account(bytes.fromhex(values[0][2:]))
    assert held.free == 139_169_313_669_539
    assert (held.reserved, held.frozen) == (208_008_459_310_480, 100_000_000_000_000)
    assert values[1] is None


def test_recorded_headers_hash_to_their_blocks() -> None:
    known = recorded("substrate", "chain_getBlockHash_old")["result"]
    assert read_number("p", recorded("substrate", "chain_getHeader_old")["result"], known) == 2
    kusama = json.loads((VECTORS / "substrate/kusama_asset_hub.json").read_text())
    header = next(i for i in kusama if i["request"]["method"] == "chain_getHeader")
    block = header["request"]["params"][0]
    assert read_number("p", header["answer"]["result"], block) == 0xB0AEFF


@pytest.mark.parametrize("value", [0, 63, 64, 16383, 16384, 2**30 - 1, 2**30, 2**64, 2**127])
def test_compact_numbers_there_and_back(value: int) -> None:
    data = bytes(32) + compact(value) + compact(value // 2)
    ledger = read_ledger(data)
    assert (ledger.total, ledger.active) == (value, value // 2)


def test_free_and_reserved_are_the_holding_and_frozen_is_not_taken_off() -> None:
    with reader(a_stub()) as r:
        r.check()
        at = r.pin(90)
        assert (at.height, at.time) == (90, START + 90)
        (said,) = r.read([query(RICH)], at)
    assert isinstance(said, Reading)
    assert said.amount == 139_169_313_669_539 + 208_008_459_310_480


@pytest.mark.parametrize(
    ("held", "parts"),
    [
        ((100, 60), {Part.LIQUID: 100, Part.LOCKED: 10, Part.STAKED: 40, Part.UNBONDING: 10}),
        ((100, 0), {Part.LIQUID: 50, Part.LOCKED: 0, Part.STAKED: 40, Part.UNBONDING: 10}),
    ],
)
def test_stake_is_a_part_and_never_on_top(held: tuple[int, int], parts: dict[Part, int]) -> None:
    stub = a_stub()
    stub.world.put(RICH, held)
    stub.ledgers[RICH] = (50, 40)
    with reader(stub) as r:
        (said,) = r.read([query(RICH)], r.pin(90))
    assert isinstance(said, Reading)
    assert said.parts == parts
    assert said.amount == sum(held)


@pytest.mark.parametrize(
    ("held", "stake", "parts"),
    [
        ((100, 0, 100), None, (0, 100, 0)),
        ((100, 0, 30), None, (70, 30, 0)),
        ((100, 0, 999), None, (0, 100, 0)),
        ((100, 20, 30), None, (90, 30, 0)),  # what is reserved fills a lock first
        ((100, 60, 60), (60, 60), (100, 0, 60)),  # votes with what is at stake
        ((100, 60, 90), (50, 50), (70, 40, 50)),
        ((100, 0, 50), (50, 50), (50, 0, 50)),  # stake of before 2025 was such a lock itself
        ((100, 0, 80), (50, 50), (20, 30, 50)),
        ((100, 0, 100), (50, 50), (0, 50, 50)),
    ],
)
def test_what_is_frozen_is_locked_and_stays_part_of_the_holding(
    held: tuple[int, int, int], stake: tuple[int, int] | None, parts: tuple[int, int, int]
) -> None:
    """Votes, vesting: it cannot be moved for now, and is nobody else's."""
    stub = a_stub()
    stub.world.put(RICH, held)
    if stake is not None:
        stub.ledgers[RICH] = stake
    with reader(stub) as r:
        (said,) = r.read([query(RICH)], r.pin(90))
    assert isinstance(said, Reading)
    found = tuple(said.parts.get(part, 0) for part in (Part.LIQUID, Part.LOCKED, Part.STAKED))
    assert found == parts
    assert said.amount == held[0] + held[1]


def test_a_node_without_the_state_that_says_there_is_nothing() -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(90)
        stub.quirks = {"null state"}
        with pytest.raises(SourceUnavailableError, match="no state"):
            r.read([query(RICH)], at)


def test_a_header_of_another_number_is_refused() -> None:
    with reader(a_stub("header altered")) as r, pytest.raises(SourceUnavailableError, match="hash"):
        r.pin(90)


def test_other_layouts_are_not_guessed_at() -> None:
    with reader(a_stub("old layout")) as r:
        (said,) = r.read([query(RICH)], r.pin(90))
    assert isinstance(said, Refusal)
    assert "72 bytes" in said.why


def test_a_frozen_asset_is_held_and_said_to_be_frozen() -> None:
    with reader(a_stub("frozen")) as r:
        (said,) = r.read([query(RICH, USDT)], r.pin(90))
    assert isinstance(said, Reading)
    assert said.amount == 77
    assert "frozen" in said.caution


def test_dot_is_not_read_on_the_relay_chain_after_it_moved_nor_while_it_did(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(MOVED, RELAY.name, type(MOVED["polkadot"])(50, 60, away=True))  # type: ignore[index]
    monkeypatch.setitem(MOVED, HUB.name, type(MOVED["polkadot"])(70, 80, away=False))  # type: ignore[index]
    for row, heights in (
        (RELAY, {49: True, 50: False, 90: False}),
        (HUB, {69: True, 75: False, 81: True}),
    ):
        stub = SubstrateServer(row, World(tip=120, oldest=20))
        stub.world.put(RICH, 9)
        with reader(stub) as r:
            for height, good in heights.items():
                (said,) = r.read([query(RICH)], r.pin(height))
                assert isinstance(said, Reading if good else Refusal), (row.name, height)


def test_blocks_out_of_reach() -> None:
    stub = a_stub()
    stub.finalized = 110
    with reader(stub) as r:
        assert r.pin(None).height == 110
        with pytest.raises(HeightNotReachedError):
            r.pin(115)  # there, and not final
        with pytest.raises(HeightPrunedError):
            r.pin(19)
