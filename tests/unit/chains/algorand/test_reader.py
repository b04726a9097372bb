"""Algorand's reader against a real node's recorded answers."""

from __future__ import annotations

import base64
import hashlib
from urllib.parse import urlsplit

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

from scanner.chains.algorand.reader import AlgorandReader
from scanner.chains.fleet.interface import Reading, Refusal
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("algorand")
ALGO = Holding("ALGO", "algorand", "", 6)
USDT = REGISTRY.holding("USDT", "algorand")


def account(n: int) -> str:
    key = bytes([n]) * 32
    check = hashlib.new("sha512_256", key).digest()[-4:]
    return base64.b32encode(key + check).decode().rstrip("=")


def query(n: int, holding: Holding = ALGO) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, account(n)), holding)


class AlgorandStub(WorldServer):
    """quirks: "partial" leaves assets out of an account, "other" answers for another account,
    "other asset" describes the next one."""

    network, protocol = "algorand", "algorand_rest"

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        parts = urlsplit(path)
        way = parts.path.strip("/").split("/")
        match way:
            case ["versions"]:
                said = recorded("algorand", "versions")
                if self.trap is not Trap.WRONG_CHAIN:
                    said["genesis_hash_b64"] = NETWORK.chain_id
            case ["v2", "status"]:
                said = recorded("algorand", "status") | {"last-round": self.world.tip}
            case ["v2", "blocks", number, *_] if int(number) > self.world.tip:
                return sent(recorded("algorand", "error_block_too_high"), 404)
            case ["v2", "blocks", number, "hash"]:
                digest = hashlib.sha256(f"{self.fork}{number}".encode()).digest()
                said = {"blockHash": base64.b32encode(digest).decode().rstrip("=")}
            case ["v2", "blocks", number]:
                said = recorded("algorand", "block_old")
                said["block"] |= {"rnd": int(number), "ts": 1_700_000_000}
            case ["v2", "assets", asset]:
                said = recorded("algorand", "asset")
                said["index"] = int(asset) + ("other asset" in self.quirks)
            case ["v2", "accounts", who, "assets", asset]:
                return self._asset(who, asset)
            case ["v2", "accounts", who]:
                said = self._account(who, "exclude" in parts.query)
            case _:
                return Sent(b"", 404)
        return sent(said)

    @property
    def round(self) -> int:
        return self.state(self.world.tip)

    def _asset(self, who: str, asset: str) -> Sent:
        amount = self.held(who, self.world.tip, asset)
        if amount is None:
            return sent(recorded("algorand", "error_account_asset_none"), 404)
        said = recorded("algorand", "account_asset") | {"round": self.round}
        said["asset-holding"] |= {"amount": amount, "asset-id": int(asset)}
        return sent(said)

    def _account(self, who: str, short: bool) -> object:
        amount = self.held(who, self.world.tip)
        name = "account_without_assets" if short else "account"
        said = recorded("algorand", "account_unknown" if amount is None else name)
        other = account(99) if "other" in self.quirks else who
        said |= {"address": other, "amount": amount or 0, "round": self.round}
        if not short:
            kept = [] if "partial" in self.quirks else said["assets"]
            said |= {"assets": kept, "total-assets-opted-in": 1 if amount else 0}
        if self.trap is Trap.DROPS:
            del said["amount"]
        return said


class TestContract(ReaderContract):
    network, height, too_high = "algorand", 500, 501
    funded = tuple((query(n), amount) for n, amount in ((1, 2**60 + 1), (2, 5), (3, 70), (4, 9)))
    absent = (query(8), query(9))

    def start(self) -> AlgorandStub:
        world = World()
        for asked, amount in self.funded:
            world.put(asked.address.text, amount)
        return AlgorandStub(world)

    def reader(self, endpoint: Endpoint) -> AlgorandReader:
        return AlgorandReader(endpoint, NETWORK)


def test_an_asset_and_an_account_that_never_took_it() -> None:
    world = World()
    world.put(account(1), 2_000_000)
    world.put(account(1), 987_654_321, USDT.contract)
    world.put(account(2), 5)
    stub = AlgorandStub(world)
    reader = AlgorandReader(stub.endpoint("a"), NETWORK)
    has, never, nobody = reader.read(
        [query(1, USDT), query(2, USDT), query(9, USDT)], reader.pin(None)
    )
    assert isinstance(has, Reading)
    assert has.amount == 987_654_321
    for said in (never, nobody):
        assert isinstance(said, Reading)
        assert (said.amount, said.absent) == (0, True)
        assert said.state is not None
        assert said.state.height == 500
    stub.quirks = {"partial"}
    (said,) = reader.read([query(2, USDT)], reader.pin(None))
    assert isinstance(said, Refusal)
    assert "every asset" in said.why
    reader.close()
    stub.close()


def test_decimals_are_the_chains() -> None:
    stub = AlgorandStub(World())
    reader = AlgorandReader(stub.endpoint("a"), NETWORK)
    (said,) = reader.read([query(1, Holding("USDT", "algorand", "312769", 8))], reader.pin(None))
    assert said == Refusal("USDT has 6 decimals on the chain, not 8")
    reader.close()
    stub.quirks = {"other asset"}
    reader = AlgorandReader(stub.endpoint("a"), NETWORK)
    with pytest.raises(SourceUnavailableError, match="another asset"):
        reader.read([query(1, USDT)], reader.pin(None))
    reader.close()
    stub.close()
