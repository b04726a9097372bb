"""A list made like OKX's of June 2026, with keys of the tests' own, and servers that hold it.

Heights are those of the published file (tests/vectors/okx_june), where they are known: of all its
networks that a report names, by their own counting. The other heights were not seen; they are
of about that day.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from scanner.chains.xrpl.header import RIPPLE_EPOCH
from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import AelfCodec, Ss58Codec
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.addresses.ton import TonCodec
from scanner.model.addresses.tron import TronCodec
from scanner.model.amount import format_amount
from scanner.model.network import Holding
from scanner.settings.tables import load_registry
from support import (
    aelf_stub,
    antelope_stub,
    aptos_stub,
    solana_stub,
    substrate_stub,
    sui_stub,
    ton_stub,
    tron_stub,
    xrpl_stub,
)
from support.aelf_stub import AelfServer
from support.antelope_stub import AntelopeServer
from support.aptos_stub import AptosServer
from support.june_coins import EVM, RELATIVES, CoinServer, coin_server, signed_row
from support.recorded import VECTORS, World, WorldServer
from support.solana_stub import SolanaServer
from support.substrate_stub import SubstrateServer
from support.sui_stub import SuiServer
from support.ton_stub import TonServer
from support.tron_stub import TronServer
from support.xrpl_stub import XrplServer

REGISTRY = load_registry()
JUNE = json.loads((VECTORS / "okx_june/heights.json").read_text())
HEIGHTS = JUNE["heights"]
SIGNED = json.loads((VECTORS / "own_rows/rows.json").read_text())

COLUMNS = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/public key,EOA1,EOA2"
)


@dataclass(frozen=True)
class Row:
    """coin, network: as the publisher writes them. ours: our name of the network."""

    coin: str
    network: str
    ours: str
    height: int
    amount: int


def _height(network: str, other: int = 0) -> int:
    return HEIGHTS[network]["height"] if network in HEIGHTS else other


ROWS = (
    Row("TRX", "TRON", "tron", _height("TRON"), 465_294_638_105_331),
    Row("USDT-TRC20", "TRON", "tron", _height("TRON"), 243_232_693_234_473),
    Row("SOL", "SOL", "solana", _height("SOL"), 2_823_088_987_601_145),
    Row("USDG", "SOL", "solana", _height("SOL"), 88_840_703_689_716),
    Row("APTOS", "APTOS", "aptos", _height("APTOS"), 847_822_194_605_760),
    Row("USDT-APTOS", "APTOS", "aptos", _height("APTOS"), 7_769_877_194_035),
    Row("TONCOIN-NEW", "TON", "ton", _height("TON"), 13_375_926_688_197_012),
    Row("USDT-TON", "TON", "ton", _height("TON"), 170_479_995),
    Row("SUI", "SUI", "sui", _height("SUI"), 52_855_428_706),
    Row("USDC-SUI", "SUI", "sui", _height("SUI"), 4_408_270_628_906),
    Row("RIPPLE", "RIPPLE", "xrpl", 104_000_000, 32_800_000_000_000),
    Row("ASSET-HUB", "ASSET_HUB", "polkadot-asset-hub", 12_345_678, 23_500_000_0000000000),
    Row("A", "EOS", "vaulta", 500_000_000, 90_000_000_0000),
    Row("ELF", "ELF", "aelf", 300_000_000, 228_000_000_00000000),
    Row("ETH", "ETH", "ethereum", _height("ETH"), 284_131_31916117 * 10**10),
    Row("USDC", "ETH", "ethereum", _height("ETH"), 41_621_800_609_858),
    Row("USDT-POLY", "POLYGON", "polygon", _height("POLYGON"), 7_000_000_000_001),
    Row("ETH-ARBITRUM", "ARBITRUM", "arbitrum", _height("ARBITRUM"), 3 * 10**21),
    Row("ETH-OPTIMISM", "OPTIMISM", "optimism", _height("OPTIMISM"), 2 * 10**21 + 1),
    Row("USDT-AVAXC", "AVAXC", "avalanche-c", _height("AVAXC"), 9_000_000_000_009),
    Row("FIL", "FIL", "filecoin", _height("FIL"), 2_413_113_463034402378767142),
    Row("DOGE", "DOGE", "dogecoin", _height("DOGE"), 510_750_00100000),
    Row("LTC", "LTC", "litecoin", _height("LTC"), 891_70290657),
    Row("BTC", "BTC", "bitcoin", 954_300, 120_000_00000001),  # not seen: by ten minutes a block
    Row("ADA", "ADA", "cardano", 13_600_000, 5_000_000),  # no endpoint: named, not read
)


@dataclass
class June:
    """path: the list. endpoints: the file of them. servers, coins: by our network name."""

    path: Path
    endpoints: Path
    servers: dict[str, WorldServer] = field(default_factory=dict)
    coins: dict[str, CoinServer] = field(default_factory=dict)
    addresses: dict[str, str] = field(default_factory=dict)

    def hold(self, ours: str, address: Address, amount: int, contract: str) -> None:
        """Let an address hold something on its network's server, where there is one."""
        if ours in self.servers:
            self.servers[ours].world.put(address.text, amount, contract)
        elif ours in self.coins:
            self.coins[ours].put(address, amount, contract)


MOMENT = 1_781_798_400  # 2026-06-18 16:00 UTC
CLOCKS = (
    (tron_stub, "START", "tron", 3, 0),
    (solana_stub, "START", "solana", 1, 0),
    (aptos_stub, "START", "aptos", 1, 0),
    (ton_stub, "START", "ton", 1, 0),
    (sui_stub, "START", "sui", 1, 0),
    (xrpl_stub, "EPOCH", "xrpl", 4, RIPPLE_EPOCH),
    (substrate_stub, "START", "polkadot-asset-hub", 1, 0),
    (antelope_stub, "START", "vaulta", 1, 0),
    (aelf_stub, "START", "aelf", 1, 0),
)
"""Module, its time of block 0, network, seconds a block, where the network's time begins."""


@contextmanager
def one_moment() -> Iterator[None]:
    """Let the stated height of every network be of the list's moment."""
    before = [getattr(module, name) for module, name, *_ in CLOCKS]
    for module, name, ours, seconds, zero in CLOCKS:
        height = next(row.height for row in ROWS if row.ours == ours)
        setattr(module, name, MOMENT - zero - seconds * height)
    try:
        yield
    finally:
        for (module, name, *_), value in zip(CLOCKS, before, strict=True):
            setattr(module, name, value)


SCALE = 100
_SIGNED_ROWS = JUNE["other_files"][JUNE["file"]]["signed_rows"] // SCALE
"""A hundredth of the 196,411 signed rows that the file has."""
COUNTS = {
    **{"ELF": 263, "ASSET-HUB": 50, "A": 2},  # as many as the file has
    **{"TRX": 4, "USDT-TRC20": 2, "TONCOIN-NEW": 3, "FIL": 2, "ETH": 2},  # as are quoted of it
    "APTOS": 100_000 // SCALE,  # of about a hundred thousand
}
"""Rows of a coin, where not one. Further rows have addresses of the tests' own, and no signature.

How many rows the others have was not seen; most of Solana's are customers' deposit addresses, so the
rest of the file's rows are put there."""
COUNTS["SOL"] = _SIGNED_ROWS - sum(COUNTS.get(row.coin, 1) for row in ROWS if row.coin != "SOL")


def another(ours: str, number: int) -> str:
    """An address of a network that nobody has a key of."""
    account = sha256(f"{ours} {number}".encode()).digest()
    letters = "".join("abcdefghijklmnopqrstuvwxyz12345"[b % 31] for b in account)
    return {
        "aelf": lambda: AelfCodec(ours, "").encode(account),
        "polkadot-asset-hub": lambda: Ss58Codec(ours, "0").encode(account),
        "vaulta": lambda: letters[:12],
        "tron": lambda: TronCodec(ours, "").encode(account[:20]),
        "solana": lambda: base58.encode(account),
        "aptos": lambda: "0x" + account.hex(),
        "ton": lambda: TonCodec(ours, "").encode(0, account),
        "ethereum": lambda: "0x" + account[:20].hex(),
        "filecoin": lambda: FilecoinCodec(ours, "").encode(1, account[:20]),
    }[ours]()


@contextmanager
def june(folder: Path, counts: Mapping[str, int] | None = None) -> Iterator[June]:
    """Start servers that hold what the list claims, and write both files.

    counts: rows of a coin, by the publisher's name of it; one where it names none.
    """
    made = June(folder / "june.csv", folder / "endpoints.toml")
    signed: dict[str, dict[str, Any]] = {}
    for row in SIGNED:  # the first of each network that signs plain words
        if "," not in row["message"] and "\n" not in row["message"]:
            signed.setdefault(row["network"], row)
    for ours in ("arbitrum", "optimism", "avalanche-c"):  # one account has one key on all of them
        signed[ours] = signed["ethereum"]
    signed |= {ours: signed_row(ours, signed["ethereum"]["message"]) for ours in RELATIVES}
    lines = [COLUMNS]
    with ExitStack() as stack:
        stack.enter_context(one_moment())
        made.servers = _servers()
        for server in made.servers.values():
            stack.callback(server.close)
        for ours in (*EVM, *RELATIVES):
            height = next(row.height for row in ROWS if row.ours == ours)
            made.coins[ours] = coin_server(ours, height, MOMENT)
            stack.callback(made.coins[ours].server.close)
        for row in ROWS:
            key = signed[row.ours]
            network = REGISTRY.network(row.ours)
            holder = decode_address(network, key["address"])
            address = made.addresses[row.ours] = holder.text
            holding = REGISTRY.coins[row.coin].holding
            vaulta = made.servers["vaulta"]
            if row.ours == "vaulta" and isinstance(vaulta, AntelopeServer):
                vaulta.keys[address] = key["script"]
            made.hold(row.ours, holder, row.amount, holding.contract)
            amount = format_amount(row.amount, holding.decimals)
            signatures = [*key["signatures"], "", ""][:2]
            owners = [*key["owners"], "", ""][:2]
            cells = (row.coin, "", row.network, row.height, address, amount, key["message"])
            lines.append(",".join(map(str, (*cells, *signatures, key["script"], *owners))))
            lines += _further(made, row, (counts or {}).get(row.coin, 1), holding)
        made.path.write_text("\n".join(lines) + "\n")
        lines = [*_endpoints(made.servers), *_coin_endpoints(made.coins)]
        made.endpoints.write_text("\n".join(lines))
        yield made


def _further(made: June, row: Row, count: int, holding: Holding) -> Iterator[str]:
    """Rows of a coin behind the first, each of another amount."""
    for number in range(1, count):
        address = another(row.ours, number)
        holder = decode_address(REGISTRY.network(row.ours), address)
        made.hold(row.ours, holder, row.amount + number, holding.contract)
        amount = format_amount(row.amount + number, holding.decimals)
        yield f"{row.coin},,{row.network},{row.height},{address},{amount},,,,,,"


def _servers() -> dict[str, WorldServer]:
    def world(ours: str) -> World:
        height = next(row.height for row in ROWS if row.ours == ours)
        return World(tip=height + 20, oldest=height - 20)

    def token(asset: str, ours: str) -> str:
        return REGISTRY.holding(asset, ours).contract

    tron = TronServer(world("tron"), {token("USDT", "tron")})
    xrpl = XrplServer(world("xrpl"))
    relay = SubstrateServer(REGISTRY.network("polkadot"), World(tip=31_700_000, oldest=31_000_000))
    mints = {token("USDG", "solana"): "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb"}
    solana = SolanaServer(world("solana"), mints)
    ton = TonServer(world("ton"), {token("USDT", "ton"): 0}, "uninitialized")
    servers: dict[str, WorldServer] = {
        "tron": tron,
        "xrpl": xrpl,
        "solana": solana,
        "aptos": AptosServer(world("aptos"), {"": 8, token("USDT", "aptos"): 6}),
        "ton": ton,
        "sui": SuiServer(world("sui")),
        "polkadot": relay,
        "polkadot-asset-hub": SubstrateServer(
            REGISTRY.network("polkadot-asset-hub"), world("polkadot-asset-hub"), relay=relay
        ),
        "vaulta": AntelopeServer(world("vaulta")),
        "aelf": AelfServer(world("aelf")),
    }
    for ours, server in servers.items():
        for canary in REGISTRY.canaries(ours):
            server.world.put(canary.address, 1_169_280)
    return servers


def _endpoints(servers: dict[str, WorldServer]) -> Iterator[str]:
    for ours, server in servers.items():
        made = [server.endpoint(ours)]
        if isinstance(server, AelfServer):
            made.append(server.side(made[0]))
        for n, endpoint in enumerate(made):
            yield "[[endpoint]]"
            yield f'name = "{ours}-{n}"\nnetwork = "{ours}"\nprotocol = "{endpoint.protocol}"'
            yield f'url = "{endpoint.url}"\noperator = "test"\n'


def _coin_endpoints(coins: dict[str, CoinServer]) -> Iterator[str]:
    for ours, coin in coins.items():
        made = coin.server.endpoint(ours)
        yield f'[[endpoint]]\nname = "{ours}-0"\nnetwork = "{ours}"\nprotocol = "{made.protocol}"'
        yield f'url = "{made.url}"\noperator = "test"'
        yield f'chain = "{coin.chain}"\n' if coin.chain else ""
