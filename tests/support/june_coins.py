"""Servers of EVM networks, Filecoin and Bitcoin's relatives that hold rows of the list of June.

One second a block, so that each stated height is of the list's moment.
"""

from __future__ import annotations

from dataclasses import dataclass

from scanner.chains.bitcoin.checkpoints import chain_marker
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry
from support.bitcoin_signing import Key, address_of
from support.blockbook_replay import BlockbookReplay
from support.evm_replay import EvmReplay

REGISTRY = load_registry()
EVM = ("ethereum", "polygon", "arbitrum", "optimism", "avalanche-c", "filecoin")
RELATIVES = ("bitcoin", "dogecoin", "litecoin")
_MASK = b"\xff" + bytes(11)
"""What a Filecoin actor's number has before its 8 bytes, where an EVM address is wanted."""


@dataclass
class CoinServer:
    """One server, and how an address comes to hold something there. chain: "" for the real one."""

    server: EvmReplay | BlockbookReplay
    chain: str

    def put(self, address: Address, amount: int, contract: str = "") -> None:
        """Let an address hold something at every block from the first million on."""
        server = self.server
        if isinstance(server, BlockbookReplay):
            assert isinstance(server.held, dict)
            server.held[address.text] = [(100_000, amount)]
            return
        assert isinstance(server.held, dict)
        assert isinstance(server.numbers, dict)
        holder = address.payload
        if address.format.startswith("filecoin"):
            number = 1_000 + len(server.numbers)
            server.numbers[address.text] = number
            holder = _MASK + number.to_bytes(8)
        book = (
            server.tokens.setdefault(bytes.fromhex(contract[2:]), {}) if contract else server.held
        )
        book[holder] = amount


def coin_server(network: str, height: int, moment: int) -> CoinServer:
    """Start a server whose block at `height` is of a moment, in seconds since 1970."""
    made = REGISTRY.network(network)
    if "ethereum_rpc" in made.sources:
        numbers = {"f099": 99} if network == "filecoin" else None
        server = EvmReplay(
            *(network, int(made.chain_id), {}, numbers),
            tip=height + 40,
            began=moment - height,
            seconds=1,
        )
        return CoinServer(server, f"{made.chain_id}:june")
    marker = chain_marker(network, made.chain_id)
    assert marker is not None, network
    book = BlockbookReplay(network, {}, marker, tip=height + 40, began=moment - height)
    found = CoinServer(book, "")
    for canary in REGISTRY.canaries(network):
        found.put(decode_address(made, canary.address), 1_169_280)
    return found


def signed_row(network: str, message: str) -> dict[str, object]:
    """A row of a relative of Bitcoin's, signed as its wallets sign: as in own_rows/rows.json."""
    key, made = Key(f"june {network}"), REGISTRY.network(network)
    return {
        "network": network,
        "address": address_of(made, "p2pkh", key.public),
        "message": message,
        "signatures": [key.message(made, message, 31)],
        "script": "",
        "owners": [],
    }
