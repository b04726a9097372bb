"""Cardano's reader against published answers of a Koios server."""

from __future__ import annotations

import hashlib
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

from scanner.chains.cardano.reader import BATCH, CardanoReader
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.bech32 import from_bytes, join
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("cardano")
ADA = REGISTRY.holding("ADA", "cardano")


def query(n: int) -> BalanceQuery:
    text = join("addr", from_bytes(b"\x61" + bytes([n]) * 28), 1)
    return BalanceQuery(decode_address(NETWORK, text), ADA)


class KoiosStub(WorldServer):
    """quirks: "moving" has a new tip at every question, "twice" lists an address twice."""

    network, protocol = "cardano", "cardano_koios"

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        parts = urlsplit(path)
        match parts.path.strip("/"):
            case "genesis":
                magic = "1" if self.trap is Trap.WRONG_CHAIN else NETWORK.chain_id
                return sent([{"networkmagic": magic, "networkid": "Mainnet"}])
            case "tip":
                self.world.tip += "moving" in self.quirks
                return sent(self._blocks(self.state(self.world.tip)))
            case "blocks":
                height = int(parse_qs(parts.query)["block_height"][0].removeprefix("eq."))
                return sent(self._blocks(height) if height <= self.world.tip else [])
            case "address_info":
                assert parts.query == "select=address,balance"
                return sent(self._rows(json.loads(body)["_addresses"]))
        return Sent(b"", 404)

    def _blocks(self, height: int) -> list[dict[str, object]]:
        (tip,) = recorded("cardano", "tip")
        name = hashlib.sha256(f"{self.fork}{height}".encode()).hexdigest()
        return [tip | {"block_height": height, "block_no": height, "hash": name}]

    def _rows(self, asked: list[str]) -> list[dict[str, object]]:
        rows = []
        for address in reversed(asked):  # in an order of its own
            amount = self.held(address, self.world.tip)
            if amount is not None:
                (row,) = recorded("cardano", "address_info")
                rows.append({"address": address, "balance": str(amount)})
                assert isinstance(row["balance"], str)  # as in the published answer
        if self.trap is Trap.DROPS:
            return [{"address": row["address"]} for row in rows]
        return rows + rows[:1] * ("twice" in self.quirks)


class TestContract(ReaderContract):
    network, height, too_high = "cardano", 500, 501
    funded = tuple((query(n), amount) for n, amount in ((1, 2**55 + 1), (2, 5), (3, 70), (4, 9)))
    absent = (query(8), query(9))

    def start(self) -> KoiosStub:
        world = World()
        for asked, amount in self.funded:
            world.put(asked.address.text, amount)
        return KoiosStub(world)

    def reader(self, endpoint: Endpoint) -> CardanoReader:
        return CardanoReader(endpoint, NETWORK)


@pytest.mark.parametrize(("quirk", "says"), [("moving", "keeps moving"), ("twice", "one twice")])
def test_what_is_not_of_one_block_or_counted_twice(quirk: str, says: str) -> None:
    world = World()
    world.put(query(1).address.text, 5)
    stub = KoiosStub(world, quirk)
    reader = CardanoReader(stub.endpoint("a"), NETWORK)
    with pytest.raises(SourceUnavailableError, match=says):
        reader.read([query(1)], reader.pin(None))
    reader.close()
    stub.close()


def test_a_batch_of_the_longest_addresses_fits_into_a_public_servers_limit() -> None:
    text = join("addr", from_bytes(b"\x01" + b"\x07" * 56), 1)
    assert len(json.dumps({"_addresses": [text] * BATCH})) <= 1024
