"""Blockbook's networks against recorded answers of a current server."""

from __future__ import annotations

import json
from typing import ClassVar

import pytest
from support.blockbook_replay import TIP, BlockbookReplay, recorded
from support.reader_contract import ReaderContract
from support.replay import Sent, Server, Trap

from scanner.chains.bitcoin.blockbook import BlockbookServer
from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.chains.bitcoin.index_source import IndexReader, Wanted
from scanner.chains.fleet.interface import Reader, Reading
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

REGISTRY = load_registry()


def addresses(network: str) -> list[str]:
    """Five spellings of the network's own for made-up key hashes."""
    import base58

    prefix = {
        "dogecoin": "1e", "dash": "4c", "bitcoin-cash": "00", "zcash": "1cb8",
        "ravencoin": "3c", "bitcoin-sv": "00",
    }[network]  # fmt: skip
    return [
        base58.b58encode_check(bytes.fromhex(prefix) + bytes([n]) * 20).decode()
        for n in range(1, 6)
    ]


class BlockbookContract(ReaderContract):
    height, too_high = TIP - 100, TIP + 1
    absent: ClassVar = ()  # an address index knows no absence: an unused address holds 0
    fault_share = 0.03  # a batch of ten addresses is some thirty requests
    unplayed: ClassVar = {
        Trap.OTHER_BLOCK: "its answers name no block: the pinned one is looked at before and after",
        Trap.PRUNED: "an address index keeps everything",
    }

    def __init_subclass__(cls) -> None:
        tables = REGISTRY.network(cls.network)
        native = REGISTRY.holding(tables.native, cls.network)
        texts = addresses(cls.network)
        cls.held = {
            texts[0]: [(1000, 5 * 10**8)],
            texts[1]: [(1000, 2**55), (TIP - 50, 77)],  # one of them after the pinned block
            texts[2]: [],
            texts[3]: [(TIP - 100, 3)],
            texts[4]: [(10, 1), (11, 10)],
        }
        amounts = [5 * 10**8, 2**55, 0, 3, 11]
        cls.funded = tuple(
            (BalanceQuery(decode_address(tables, text), native), amount)
            for text, amount in zip(texts, amounts, strict=True)
        )

    def start(self) -> BlockbookReplay:
        marker = chain_marker(self.network, "main")
        assert marker is not None
        return BlockbookReplay(self.network, self.held, marker)

    def reader(self, endpoint: Endpoint) -> Reader:
        network = REGISTRY.network(self.network)
        return IndexReader(BlockbookServer(endpoint, network), network, 500)


class TestDogecoin(BlockbookContract):
    network = "dogecoin"


class TestDash(BlockbookContract):
    network = "dash"


class TestBitcoinCash(BlockbookContract):
    network = "bitcoin-cash"


class TestZcash(BlockbookContract):
    network = "zcash"


class TestRavencoin(BlockbookContract):
    network = "ravencoin"


class TestBitcoinSv(BlockbookContract):
    network = "bitcoin-sv"


class Recorded(Server):
    """Exactly what was recorded, of the one address that was asked for then."""

    network, protocol = "bitcoin", "blockbook"
    basic = "address_basic"

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        if "block-index" in path:
            name = "block_index_old"
        elif "details=basic" in path:
            name = self.basic
        elif "from=136" in path:
            name = "address_txs_from_after_tip"
        elif "from=" in path:
            name = "address_txs_from_height_with_mempool"
        else:
            name = "status"
        status, said = recorded(name)
        return Sent(json.dumps(said).encode(), status)


ASKED = "bcrt1q2akyp85dl735mtyk8g3av5khsl6x2zw99pgatc"
SCRIPT = bytes.fromhex("0014576c409e8dffa34dac963a23d652d787f46509c5")


@pytest.mark.parametrize(
    ("basic", "height", "amount", "pending"),
    [
        ("address_basic", 135, 375_000_000, None),
        ("address_basic_with_mempool", 135, 375_000_000, 1),
        ("address_basic_with_mempool", 125, 150_000_000, 1),
    ],
)
def test_what_a_current_server_says(
    basic: str, height: int, amount: int, pending: int | None
) -> None:
    stub = Recorded()
    stub.basic = basic
    server = BlockbookServer(stub.endpoint("bb", chain="regtest"), REGISTRY.network("bitcoin"))
    (said,) = server.read([Wanted(SCRIPT, ASKED)], BlockRef("bitcoin", "regtest", height, "aa"))
    assert isinstance(said, Reading)
    assert said.parts == {Part.LIQUID: amount}
    assert said.detail.get("unconfirmed_transactions") == pending
    server.close()
    stub.close()


def test_an_answer_is_bound_to_the_address_in_any_spelling() -> None:
    network = REGISTRY.network("bitcoin-cash")
    legacy, other = addresses("bitcoin-cash")[:2]
    script = script_pubkey(decode_address(network, legacy))
    cash = "bitcoincash:qqqszqgpqyqszqgpqyqszqgpqyqszqgpqyrygcdp8p"
    assert script_pubkey(decode_address(network, cash)) == script
    marker = chain_marker("bitcoin-cash", "main")
    assert marker is not None
    stub = BlockbookReplay("bitcoin-cash", {legacy: [(10, 5)]}, marker, {legacy: cash})
    server = BlockbookServer(stub.endpoint("bb"), network)
    at = BlockRef("bitcoin-cash", "main", 5, "aa")
    (said,) = server.read([Wanted(script, legacy)], at)
    assert isinstance(said, Reading)
    assert said.amount == 0  # the payment of block 10 was taken back by its other spelling
    stub.echo = {legacy: other}
    with pytest.raises(SourceUnavailableError, match="another address"):
        server.read([Wanted(script, legacy)], at)
    server.close()
    stub.close()


class OfSeveral(BlockbookReplay):
    """Its transactions have parts of their own besides the recorded ones. more: side -> parts."""

    more: ClassVar[dict[str, list[dict[str, object]]]] = {}

    def _transaction(self, model: object, text: str, height: int, amount: int) -> object:
        made = super()._transaction(model, text, height, amount)
        for side, said in (("vin", "valueIn"), ("vout", "value")):
            made[side] = made[side] + self.more.get(side, [])
            made[said] = str(sum(int(part.get("value", 0)) for part in made[side]))
        return made


def later_of(more: dict[str, list[dict[str, object]]], at: int = 1_000) -> int:
    """What an address held before it was paid 5 at block 1,005, in a transaction of several."""
    network = REGISTRY.network("dogecoin")
    own = addresses("dogecoin")[0]
    marker = chain_marker("dogecoin", "main")
    assert marker is not None
    stub = OfSeveral("dogecoin", {own: [(900, 10), (1_005, 5)]}, marker)
    stub.more = more
    server = BlockbookServer(stub.endpoint("bb"), network)
    try:
        script = script_pubkey(decode_address(network, own))
        (said,) = server.read([Wanted(script, own)], BlockRef("dogecoin", "main", at, "aa"))
    finally:
        server.close()
        stub.close()
    assert isinstance(said, Reading)
    return said.amount


@pytest.mark.parametrize("side", ["vin", "vout"])
def test_a_bare_multisig_is_not_its_keys_addresses(side: str) -> None:
    """Blockbook lists one with the addresses of all its keys, and counts it in none of theirs."""
    own, other = addresses("dogecoin")[:2]
    for owners in ([own, other], [other, own], [own]):  # 1 of 2, and 1 of 1
        part = {"addresses": owners, "isAddress": False, "value": "1000", "hex": "51ae"}
        assert later_of({side: [part]}) == 10
    two = {"addresses": [own, other], "isAddress": True, "value": "1000", "hex": "51ae"}
    assert later_of({side: [two]}) == 10


def test_what_blockbook_counts_under_an_address_is_taken_back() -> None:
    """Its index has a bare key's output with the address of that key: in the balance, too."""
    own = addresses("dogecoin")[0]
    script = script_pubkey(decode_address(REGISTRY.network("dogecoin"), own)).hex()
    of_key = {"addresses": [own], "isAddress": True, "value": "3", "hex": "21" + "02" * 33 + "ac"}
    assert later_of({"vout": [of_key]}) == 10 - 3
    assert later_of({"vout": [{"hex": script, "value": "3", "isAddress": True}]}) == 10 - 3
    spent = {"addresses": [own], "isAddress": True, "value": "3"}
    assert later_of({"vin": [spent]}) == 10 + 3


def test_a_transaction_with_nothing_of_the_address_is_none_of_its() -> None:
    own, other = addresses("dogecoin")[:2]
    network = REGISTRY.network("dogecoin")
    server = BlockbookServer(
        Endpoint("bb", "dogecoin", "blockbook", "http://127.0.0.1:9/"), network
    )
    multisig = {"addresses": [own, other], "isAddress": False, "value": "7", "hex": "51ae"}
    tx = {"vin": [multisig], "vout": [multisig], "value": "7", "valueIn": "7"}
    script = script_pubkey(decode_address(network, own)).hex()
    with pytest.raises(SourceUnavailableError, match="not of the address"):
        server._change(tx, own, script)
    server.close()
