"""Terra Classic's reader against a real node's recorded answers."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

from scanner.chains.cosmos.header import read_header
from scanner.chains.cosmos.reader import CosmosReader
from scanner.chains.fleet.interface import Reading, Refusal
from scanner.errors import (
    HeightNotReachedError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.bech32 import from_bytes, join
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

NETWORK = load_registry().network("terra-classic")
LUNC = Holding("LUNC", "terra-classic", "", 6)
ECHO = "Grpc-Metadata-X-Cosmos-Block-Height"


def account(n: int) -> str:
    return join("terra", from_bytes(bytes([n]) * 20), 1)


def query(n: int) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, account(n)), LUNC)


class CosmosStub(WorldServer):
    """quirks: "proxy" drops the height that was asked for, "mute" the one that was answered.

    "other coin" in the bank, "other stake" in what is delegated; "torn" has block 401 of a branch,
    "strange block" 400 of another chain, "other hash" names another one for it.
    """

    network, protocol = "terra-classic", "cosmos_rest"
    staked: ClassVar[dict[str, tuple[int, int, str]]] = {}

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        parts = urlsplit(path)
        way = parts.path.strip("/").split("/")
        if way[:3] == ["cosmos", "base", "tendermint"]:
            return self._block(way[-1])
        asked = int(self.asked_headers.get("x-cosmos-block-height", self.world.tip))
        if "proxy" in self.quirks:
            asked = self.world.tip
        if asked > self.world.tip:
            return sent(recorded("cosmos", "error_height_too_high"), 500)
        if self.trap is Trap.PRUNED:
            return sent(recorded("cosmos", "error_balance_pruned"), 500)
        height = self.state(asked)
        headers = {} if "mute" in self.quirks else {ECHO: str(height)}
        return sent(self._row(way, parse_qs(parts.query), height), 200, headers)

    def _row(self, way: list[str], query: dict[str, list[str]], height: int) -> object:
        page = {"next_key": None, "total": "0"}
        if way[1] == "bank":
            body = recorded("cosmos", "balance_by_denom_old")
            amount = self.held(way[4], height) or 0
            coin = "uusd" if "other coin" in self.quirks else query["denom"][0]
            body["balance"] = {"denom": coin, "amount": str(amount)}
            if self.trap is Trap.DROPS:
                del body["balance"]
            return body
        staked, unbonding, reward = self.staked.get(way[-1], self.staked.get(way[4], (0, 0, "0")))
        if way[1] == "distribution":
            return {"rewards": [], "total": [{"denom": "uluna", "amount": reward}]}
        if way[3] == "delegations":
            body = recorded("cosmos", "staking_delegations")
            row = body["delegation_responses"][0]
            row["delegation"]["delegator_address"] = way[4]
            coin = "uusd" if "other stake" in self.quirks else "uluna"
            row["balance"] = {"denom": coin, "amount": str(staked)}
            first = "pagination.key" not in query
            page["next_key"] = "bW9yZQ==" if first and staked else None  # type: ignore[assignment]
            rows = [row] if staked and not first else []
            page["total"] = str(int(bool(staked)) if first else 0)
            return {"delegation_responses": rows, "pagination": page}
        entry = {"balance": str(unbonding), "creation_height": "1", "initial_balance": "1"}
        row = {"delegator_address": way[4], "validator_address": "v", "entries": [entry]}
        page["total"] = str(int(bool(unbonding)))
        return {"unbonding_responses": [row] if unbonding else [], "pagination": page}

    def _block(self, which: str) -> Sent:
        if which == "abci_query":
            return sent({"code": 12, "message": "Not Implemented", "details": []}, 501)
        if which in ("node_info", "syncing"):
            body = recorded("cosmos", which)
            if which == "node_info":
                wrong = self.trap is Trap.WRONG_CHAIN
                body["default_node_info"]["network"] = "rebel-2" if wrong else NETWORK.chain_id
            return sent(body)
        height = self.world.tip if which == "latest" else int(which)
        if height > self.world.tip:
            return sent(recorded("cosmos", "error_block_too_high"), 400)
        body = recorded("cosmos", "block_old")
        torn = "torn" in self.quirks and height == 401
        header, digest = _chain("fork" if torn else self.fork)[height]
        if "strange block" in self.quirks and height == 400:
            header = header | {"chain_id": "rebel-2"}
        if "other hash" in self.quirks and height == 400:
            digest = bytes(32)
        body["block"]["header"] = header
        body["block_id"]["hash"] = base64.b64encode(digest).decode()
        return sent(body)


@cache
def _chain(fork: str) -> list[tuple[dict[str, Any], bytes]]:
    """Headers of a chain, each built on the one before, with their hashes."""
    made: list[tuple[dict[str, Any], bytes]] = []
    pattern = recorded("cosmos", "block_old")["block"]["header"]
    digest = bytes(32)
    for height in range(510):
        data = hashlib.sha256(f"{fork}{height}".encode()).digest()
        header = pattern | {
            "chain_id": NETWORK.chain_id,
            "height": str(height),
            "data_hash": base64.b64encode(data).decode(),
            "last_block_id": pattern["last_block_id"] | {"hash": base64.b64encode(digest).decode()},
        }
        digest = read_header(header).hash
        made.append((header, digest))
    return made


class TestContract(ReaderContract):
    network, height, too_high = "terra-classic", 400, 501
    funded = tuple((query(n), amount) for n, amount in ((1, 2**60 + 1), (2, 5), (3, 70), (4, 9)))
    absent = ()  # an account that nobody paid has 0, in an answer that names its height

    def start(self) -> CosmosStub:
        world = World()
        for asked, amount in self.funded:
            world.put(asked.address.text, amount)
        return CosmosStub(world)

    def reader(self, endpoint: Endpoint) -> CosmosReader:
        return CosmosReader(endpoint, NETWORK)


@pytest.fixture
def stub() -> CosmosStub:
    world = World()
    world.put(account(1), 1_000_000, since=100)
    world.put(account(1), 3_000_000, since=401)
    return CosmosStub(world)


def test_the_height_is_asked_for_by_a_header_and_parts_are_kept(stub: CosmosStub) -> None:
    stub.staked = {account(1): (50, 7, "12.999999999999999999")}
    reader = CosmosReader(stub.endpoint("a"), NETWORK)
    said, nobody = reader.read([query(1), query(9)], reader.pin(400))
    assert isinstance(said, Reading)
    assert said.parts == {
        Part.LIQUID: 1_000_000, Part.DELEGATED: 50, Part.UNBONDING: 7, Part.REWARD: 12
    }  # fmt: skip
    assert said.amount == 1_000_057
    assert isinstance(nobody, Reading)
    assert (nobody.amount, nobody.state) == (0, said.state)
    (before,) = reader.read([query(1)], reader.pin(99))
    assert isinstance(before, Reading)
    assert before.parts[Part.LIQUID] == 0
    reader.close()
    stub.close()


@pytest.mark.parametrize(
    ("quirk", "says"),
    [("proxy", "answered for height 500, not for 400"), ("mute", "proxy may drop")],
)
def test_a_proxy_that_drops_the_height_is_found_out(
    stub: CosmosStub, quirk: str, says: str
) -> None:
    stub.quirks = {quirk}
    reader = CosmosReader(stub.endpoint("a"), NETWORK)
    with pytest.raises(SourceRejectedError, match=says):
        reader.read([query(1)], reader.pin(400))
    reader.close()
    stub.close()


@pytest.mark.parametrize(
    ("quirk", "says"),
    [
        ("torn", "not built on the one before"),
        ("strange block", "a block of another chain"),
        ("other hash", "does not hash to its id"),
    ],
)
def test_a_block_that_is_not_the_chains(stub: CosmosStub, quirk: str, says: str) -> None:
    stub.quirks = {quirk}
    reader = CosmosReader(stub.endpoint("a"), NETWORK)
    with pytest.raises(SourceError, match=says):
        reader.pin(400)
    reader.close()
    stub.close()


def test_another_coin_is_none_of_the_networks(stub: CosmosStub) -> None:
    stub.staked = {account(1): (50, 7, "1")}
    reader = CosmosReader(stub.endpoint("a"), NETWORK)
    at = reader.pin(400)
    stub.quirks = {"other coin"}
    assert reader.read([query(1)], at) == [Refusal("answered for another coin")]
    stub.quirks = {"other stake"}
    with pytest.raises(SourceUnavailableError, match="another coin than the network's own"):
        reader.read([query(1)], at)
    unknown = BalanceQuery(query(1).address, Holding("TIA", "celestia", "", 6))
    stranger = CosmosReader(stub.endpoint("b"), replace(NETWORK, name="celestia"))
    (said,) = stranger.read([unknown], at)
    assert isinstance(said, Refusal)
    assert "not known to its bank" in said.why
    for made in (reader, stranger):
        made.close()
    stub.close()


def test_heights_ahead(stub: CosmosStub) -> None:
    reader = CosmosReader(stub.endpoint("a"), NETWORK)
    at = reader.pin(499)
    stub.world.tip = 450
    with pytest.raises(HeightNotReachedError):
        reader.read([query(1)], at)
    reader.close()
    stub.close()
