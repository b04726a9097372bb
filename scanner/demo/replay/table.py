"""Which network is replayed by which server, and what each of them holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from scanner.demo.publication import PublishedRow
from scanner.demo.replay.rest import Algorand, Aptos, Blockbook, Stellar, Sui, Ton, Tron
from scanner.demo.replay.rpc import Near, Polkadot, Solana, Xrpl
from scanner.demo.replay.server import Ledger, Replay
from scanner.model.network import Holding

SERVERS: Final[Mapping[str, type[Replay]]] = {
    "algorand": Algorand,
    "aptos": Aptos,
    "dogecoin": Blockbook,
    "litecoin": Blockbook,
    "near": Near,
    "polkadot": Polkadot,
    "solana": Solana,
    "stellar": Stellar,
    "sui": Sui,
    "ton": Ton,
    "tron": Tron,
    "xrpl": Xrpl,
}

HEIGHT: Final = 5_000
_LATER: Final = {"solana": 40, "dogecoin": 3, "litecoin": 3}
"""How many blocks the server is ahead of the list; Solana tells of its newest state only."""


def replays(rows: Sequence[PublishedRow], moment: int) -> list[Replay]:
    """Make a server for every replayed network. moment: time of all blocks."""
    made = []
    for network, server in SERVERS.items():
        own = [row for row in rows if row.holding.network == network]
        held = {(row.address, _token(row.holding)): row.held for row in own}
        ledger = Ledger(
            height=HEIGHT,
            tip=HEIGHT + _LATER.get(network, 0),
            time=moment,
            held={key: units for key, units in held.items() if units is not None},
            given_away={row.address: row.given_to for row in own if row.given_to},
            keys={row.address: row.script for row in own if row.script},
        )
        made.append(server(ledger, network))
    return made


def _token(holding: Holding) -> str:
    # The fungible form of Aptos' coin is one state with the coin.
    return "" if holding.network == "aptos" else holding.contract
