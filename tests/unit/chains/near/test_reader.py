"""NEAR's reader against published answers of a mainnet node."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import base58
import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.near.reader import GENESIS, NearReader
from scanner.errors import HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("near")
NEAR = REGISTRY.holding("NEAR", "near")


def query(account: str) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, account), NEAR)


@cache
def _hash(name: str) -> str:
    return base58.b58encode(name.encode().ljust(32, b"\1")).decode()


class NearStub(WorldServer):
    """quirks: "skips" has no block at heights that end in 7. locked: what a validator has."""

    network, protocol = "near", "near_rpc"
    locked = 0

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        asked = json.loads(body)
        said = json.loads((found := self._answer(asked)).body)
        return sent(said | {"id": asked["id"]}, found.status)

    def _answer(self, asked: dict[str, Any]) -> Sent:
        if asked["method"] == "status":
            said = recorded("near", "status")
            said["sync_info"]["latest_block_height"] = self.world.tip
            if self.trap is Trap.WRONG_CHAIN:
                said["genesis_hash"] = self.hash(0)
            return sent({"jsonrpc": "2.0", "result": said})
        params = asked["params"]
        if asked["method"] == "block":
            return self._block(params.get("block_id", self.world.tip))
        heights = {self.hash(h): h for h in range(self.world.tip + 1)}
        if params["block_id"] not in heights or self.trap is Trap.PRUNED:
            return self._error("GARBAGE_COLLECTED_BLOCK", {})
        return self._account(params["account_id"], self.state(heights[params["block_id"]]))

    def hash(self, height: int) -> str:
        return _hash(f"{self.fork}{height}")

    def _block(self, height: int) -> Sent:
        skipped = "skips" in self.quirks and height % 10 == 7
        if height > self.world.tip or height < self.world.oldest or skipped:
            return self._error("UNKNOWN_BLOCK", {})
        header = {"height": height, "hash": self.hash(height), "timestamp": 1779560326 * 10**9}
        return sent({"jsonrpc": "2.0", "result": {"author": "x", "header": header}})

    def _account(self, account: str, height: int) -> Sent:
        amount = self.held(account, height)
        place = {"block_hash": self.hash(height), "block_height": height}
        if amount is None:
            return self._error("UNKNOWN_ACCOUNT", {**place, "requested_account_id": account})
        said = recorded("near", "view_account")
        said["result"] |= {**place, "amount": str(amount), "locked": str(self.locked)}
        if self.trap is Trap.DROPS:
            del said["result"]["amount"]
        return sent(said)

    def _error(self, name: str, info: object) -> Sent:
        cause = {"name": name, "info": info}
        error = {"name": "HANDLER_ERROR", "cause": cause, "code": -32000, "message": "Server error"}
        return sent({"jsonrpc": "2.0", "id": None, "error": error})


class TestContract(ReaderContract):
    network, height, too_high = "near", 400, 501
    funded = tuple(
        (query(f"{name}.near"), amount)
        for name, amount in (("a1", 10**27 + 1), ("a2", 5), ("a3", 70), ("a4", 9))
    )
    absent = (query("nobody.near"), query("ab" * 32))

    def start(self) -> NearStub:
        world = World()
        for asked, amount in self.funded:
            world.put(asked.address.text, amount)
        return NearStub(world)

    def reader(self, endpoint: Endpoint) -> NearReader:
        return NearReader(endpoint, NETWORK)


@pytest.fixture
def stub() -> NearStub:
    world = World()
    world.put("relay.aurora", 1759801172720814773223780901)
    return NearStub(world)


def test_what_a_validator_locks_is_a_part(stub: NearStub) -> None:
    stub.locked = 3
    reader = NearReader(stub.endpoint("a"), NETWORK)
    (said,) = reader.read([query("relay.aurora")], reader.pin(400))
    assert isinstance(said, Reading)
    assert said.parts == {Part.LIQUID: 1759801172720814773223780901, Part.STAKED: 3}
    reader.close()
    stub.close()


def test_a_skipped_height_is_the_block_before_it(stub: NearStub) -> None:
    stub.quirks = {"skips"}
    reader = NearReader(stub.endpoint("a"), NETWORK)
    at = reader.pin(407)
    assert (at.height, at.hash) == (406, stub.hash(406))
    with pytest.raises(HeightPrunedError):
        reader.pin(5)
    reader.close()
    stub.close()


def test_an_absence_of_somebody_else_and_unknown_errors(
    stub: NearStub, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = NearReader(stub.endpoint("a"), NETWORK)
    at = reader.pin(400)
    place = {"block_hash": at.hash, "block_height": 400, "requested_account_id": "other.near"}
    answer = stub._error("UNKNOWN_ACCOUNT", place)
    monkeypatch.setattr(stub, "answer", lambda *_: answer)
    assert reader.read([query("nobody.near")], at) == [Refusal("answered for another account")]
    answer = stub._error("NO_SYNCED_BLOCKS", {})
    with pytest.raises(SourceUnavailableError, match="an unknown error"):
        reader.read([query("nobody.near")], at)
    reader.close()
    stub.close()


def test_the_chain_is_known_by_its_first_block() -> None:
    assert GENESIS["mainnet"] == recorded("near", "status")["genesis_hash"]
