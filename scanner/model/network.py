"""Where assets are held: one Network per row of config/networks.csv."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

KINDS = frozenset(
    (
        *("aelf", "algorand", "antelope", "aptos", "avalanche", "beacon", "cardano", "conflux"),
        *("cosmos", "evm", "filecoin", "hedera", "near", "solana", "starknet", "stellar"),
        *("substrate", "sui", "ton", "tron", "utxo", "xrpl"),
    )
)
"""Families of networks. Code asks for them by name: to it, a misspelt one is another family."""


@dataclass(frozen=True, slots=True)
class Network:
    """One network, as configured.

    name: ours, lower case: "bitcoin", "ethereum", "tron".
    kind: the family whose rules it follows: "utxo", "evm", "tron", "solana", ...
    chain_id: EIP-155 id in decimal for EVM networks; Bitcoin Core's chain name ("main") for UTXO
        networks served by Core's RPC; "" where there is none.
    native: the asset its fees are paid in ("BTC"), with its decimals.
    address_codec: codecs and their parameters, tried in order, e.g.
        "base58check:p2pkh=00,p2sh=05|segwit:bc". Read by scanner.model.addresses.table.
    schemes: names of ownership schemes, tried in order by address format and signature shape.
    message_header: the text that signed messages of this network start with ("" if the scheme
        fixes it), e.g. "Bitcoin Signed Message:\\n".
    sources: protocols that can read its balances, best first; () if none is built yet.
    aliases: names publishers use for it, upper case.
    mark: height and hash of a block that only this network has, for networks whose nodes say no
        more than a chain id, which anybody may give to a chain; None where none is known.
    """

    name: str
    kind: str
    chain_id: str
    native: str
    decimals: int
    address_codec: str
    schemes: tuple[str, ...]
    message_header: str
    sources: tuple[str, ...]
    aliases: tuple[str, ...]
    mark: tuple[int, str] | None = None


class Backing(StrEnum):
    """What a token is a claim on."""

    NATIVE = "native"  # the coin of its network
    PROJECT = "project"  # the thing itself, of a protocol or its community
    COMPANY = "company"  # a company's promise: dollars, gold, coins in its custody
    WRAPPED = "wrapped"  # a contract that gives the coin back by itself
    BRIDGED = "bridged"  # a bridge's promise, against coins that are locked elsewhere
    PEGGED = "pegged"  # an exchange's promise, against coins that it holds elsewhere
    PUBLISHER = "publisher"  # a coin of a publisher's own


@dataclass(frozen=True, slots=True)
class Issuer:
    """Who owes an asset, and what it is a claim on. name: "" where nobody owes it."""

    backing: Backing
    name: str = ""


@dataclass(frozen=True, slots=True)
class Holding:
    """An asset on a network: the pair that has a contract and a number of decimals.

    contract: "" for the native coin; else the token's contract, mint or id, as the network
    writes it (EVM: EIP-55 text).
    """

    asset: str
    network: str
    contract: str
    decimals: int

    @property
    def is_native(self) -> bool:
        """Whether this is the network's own coin."""
        return self.contract == ""
