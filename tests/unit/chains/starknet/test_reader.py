"""Starknet's reader against a real node's recorded answers."""

from __future__ import annotations

import hashlib
import json

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded
from support.replay import Sent, Trap

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.starknet.reader import BALANCE_OF, DECIMALS, STRK, StarknetReader
from scanner.errors import HeightPrunedError
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("starknet")
ETH = REGISTRY.holding("ETH", "starknet")
NATIVE = REGISTRY.holding("STRK", "starknet")
TOKEN = hex(int(ETH.contract, 16))


def query(n: int, holding: Holding = ETH) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, f"0x{n:064x}"), holding)


class StarknetStub(WorldServer):
    """quirks: "half" answers one felt in place of two, "strange" has another number of decimals."""

    network, protocol = "starknet", "starknet_rpc"

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        asked = json.loads(body)
        if isinstance(asked, dict):
            return Sent(json.dumps(self._one(asked)).encode())
        answers = [self._one(call) for call in asked]
        return Sent(json.dumps(answers[:-1] if self.trap is Trap.DROPS else answers).encode())

    def _one(self, call: dict[str, object]) -> object:
        name, params = call["method"], call["params"]
        assert isinstance(params, list)
        if name == "starknet_chainId":
            said = recorded("starknet", "chainId")
            if self.trap is not Trap.WRONG_CHAIN:
                said["result"] = NETWORK.chain_id
        elif name == "starknet_blockNumber":
            said = recorded("starknet", "chainId") | {"result": self.world.tip}
        elif name == "starknet_specVersion":
            said = recorded("starknet", "specVersion")
        elif name == "starknet_getBlockWithTxHashes":
            said = self._block(params[0]["block_number"])
        else:
            said = self._call(*params)
        return said | {"id": call["id"]}

    def _block(self, height: int) -> dict[str, object]:
        if height > self.world.tip:
            return recorded("starknet", "error_height_too_high")
        said = recorded("starknet", "block_old")
        said["result"] |= {"block_number": height, "block_hash": self.hash(height)}
        return said

    def hash(self, height: int) -> str:
        digest = hashlib.sha256(f"{self.fork}{height}".encode()).hexdigest()
        return hex(int(digest, 16) >> 8)

    def _call(self, request: dict[str, object], block: dict[str, str]) -> dict[str, object]:
        heights = {self.hash(h): h for h in range(self.world.tip + 1)}
        if block["block_hash"] not in heights:
            return recorded("starknet", "error_block_hash_unknown")
        if self.trap is Trap.PRUNED:
            return recorded("starknet", "error_state_not_kept")
        if request["contract_address"] not in (TOKEN, STRK):
            return recorded("starknet", "error_contract_not_found")
        said = recorded("starknet", "balance_eth_by_hash")
        if request["entry_point_selector"] == DECIMALS:
            said["result"] = ["0x6" if "strange" in self.quirks else "0x12"]
            return said
        assert request["entry_point_selector"] == BALANCE_OF
        (account,) = request["calldata"]  # type: ignore[misc]
        amount = self.held(account, heights[block["block_hash"]]) or 0
        said["result"] = [hex(amount & (1 << 128) - 1), hex(amount >> 128)]
        if "half" in self.quirks or self.trap is Trap.DROPS:
            said["result"] = said["result"][:1]
        return said


def a_stub(*quirks: str) -> StarknetStub:
    world = World()
    world.put("0x1", 1_234_567_890_123_456_789, since=100)
    world.put("0x1", 2_234_567_890_123_456_789, since=450)
    world.put("0x2", (1 << 200) + 5)
    return StarknetStub(world, *quirks)


class TestContract(ReaderContract):
    network, height, too_high = "starknet", 400, 501
    funded = tuple((query(n), amount) for n, amount in ((1, 2**200 + 1), (2, 5), (3, 70), (4, 9)))
    absent = ()  # a token contract knows no absence: it says 0
    unplayed = {Trap.OTHER_BLOCK: "the block is asked for by its hash, and answers name none"}  # noqa: RUF012

    def start(self) -> StarknetStub:
        world = World()
        for asked, amount in self.funded:
            world.put(hex(int(asked.address.text, 16)), amount)
        return StarknetStub(world)

    def reader(self, endpoint: Endpoint) -> StarknetReader:
        return StarknetReader(endpoint, NETWORK)


@pytest.mark.parametrize(
    ("name", "selector"), [(b"balanceOf", BALANCE_OF), (b"decimals", DECIMALS)]
)
def test_selectors_are_the_hashes_of_their_names(name: bytes, selector: str) -> None:
    assert hex(int.from_bytes(keccak256(name), "big") & (1 << 250) - 1) == selector


def test_256_bits_of_the_coin_and_of_a_token_at_a_height() -> None:
    stub = a_stub()
    reader = StarknetReader(stub.endpoint("a"), NETWORK)
    said = reader.read([query(1), query(2), query(1, NATIVE), query(9)], reader.pin(400))
    amounts = [s.amount for s in said if isinstance(s, Reading)]
    assert amounts == [1_234_567_890_123_456_789, (1 << 200) + 5, 1_234_567_890_123_456_789, 0]
    assert reader.probe()["history"] == "any height"
    reader.close()
    stub.close()


@pytest.mark.parametrize(
    ("quirk", "says"), [("half", "256 bits"), ("strange", "has 6 decimals on the chain, not 18")]
)
def test_a_token_that_answers_otherwise_is_not_read(quirk: str, says: str) -> None:
    stub = a_stub(quirk)
    reader = StarknetReader(stub.endpoint("a"), NETWORK)
    (said,) = reader.read([query(1)], reader.pin(400))
    assert isinstance(said, Refusal)
    assert says in said.why
    other = Holding("X", "starknet", "0x1234", 18)
    (none,) = reader.read([query(1, other)], reader.pin(400))
    assert isinstance(none, Refusal)
    assert "no such token contract" in none.why
    reader.close()
    stub.close()


def test_a_state_that_is_not_kept() -> None:
    stub = a_stub()
    reader = StarknetReader(stub.endpoint("a"), NETWORK)
    at = reader.pin(3)
    stub.trap = Trap.PRUNED
    with pytest.raises(HeightPrunedError):
        reader.read([query(1)], at)
    assert reader.probe()["history"] == "recent only"
    assert at == BlockRef("starknet", NETWORK.chain_id, 3, stub.hash(3), at.time)
    reader.close()
    stub.close()
