"""Every network that is read from endpoints: one JSON object a line and network.

networks.NAME: rows a second of the network's own coin against a server of the tests on this
machine, which replays recorded answers at once; networks.tron.tokens: the same of USDT there, of
2,000 rows at least. `requests` is how many it takes for 10,000 rows, passes over a state that moves
on counted in: divided by an endpoint's rate that is the time of a real run.

    python bench/networks.py [ROWS]
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

ROWS = 200
MOMENT = 1_781_798_400  # 2026-06-18 16:00 UTC


def makers() -> dict[str, Callable[[bytes], str]]:
    """Network -> how 32 bytes become an address of it."""
    from scanner.model.addresses import base58
    from scanner.model.addresses.base58_keys import AelfCodec, RippleCodec, Ss58Codec
    from scanner.model.addresses.ton import TonCodec
    from scanner.model.addresses.tron import TronCodec

    letters = "abcdefghijklmnopqrstuvwxyz12345"
    return {
        "aelf": AelfCodec("aelf", "").encode,
        "aptos": lambda key: "0x" + key.hex(),
        "polkadot-asset-hub": Ss58Codec("polkadot-asset-hub", "0").encode,
        "solana": base58.encode,
        "sui": lambda key: "0x" + key.hex(),
        "ton": lambda key: TonCodec("ton", "").encode(0, key),
        "tron": lambda key: TronCodec("tron", "").encode(key[:20]),
        "vaulta": lambda key: "".join(letters[b % len(letters)] for b in key[:12]),
        "xrpl": lambda key: RippleCodec("xrpl", "").encode(key[:20]),
    }


def small_makers() -> dict[str, tuple[str, Callable[[bytes], str]]]:
    """Network -> its family's folder of tests, and how 32 bytes become an address of it."""
    from scanner.model.addresses.bech32 import from_bytes, join

    def coded(raw: bytes, check: bytes) -> str:
        return base64.b32encode(raw + check).decode().rstrip("=")

    def stellar(key: bytes) -> str:
        raw = bytes((6 << 3,)) + key
        crc = 0
        for byte in raw:
            crc ^= byte << 8
            for _ in range(8):
                crc = (crc << 1 ^ (0x1021 if crc & 0x8000 else 0)) & 0xFFFF
        return coded(raw, crc.to_bytes(2, "little"))

    return {
        "algorand": (
            "algorand",
            lambda key: coded(key, hashlib.new("sha512_256", key).digest()[-4:]),
        ),
        "cardano": ("cardano", lambda key: join("addr", from_bytes(b"\x61" + key[:28]), 1)),
        "hedera": ("hedera", lambda key: f"0.0.{int.from_bytes(key[:6])}"),
        "near": ("near", bytes.hex),
        "pi": ("stellar", stellar),
        "starknet": ("starknet", lambda key: f"0x{int.from_bytes(key[:31]):064x}"),
        "stellar": ("stellar", stellar),
        "terra-classic": ("cosmos", lambda key: join("terra", from_bytes(key[:20]), 1)),
    }


def contract_of(folder: str, network: str) -> Any:
    """A family's test of the contract: it makes the server and the reader of a network."""
    path = ROOT / f"tests/unit/chains/{folder}/test_reader.py"
    spec = importlib.util.spec_from_file_location(f"contract_{folder}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    kinds = [kind for name, kind in vars(module).items() if name.startswith("Test")]
    return next(kind for kind in kinds if kind.network == network)()


OWN_NODES = {"bitcoin-gold", "digibyte", "qtum"}
"""Read by an own node alone, which goes through its coins for all rows: bench/bitcoin.py."""
RELAY = {"polkadot"}
"""Its rows are read on Asset Hub, with what is left there: networks.polkadot-asset-hub."""


def coin_makers() -> dict[str, Callable[[bytes], str]]:
    """Network -> how 32 bytes become an address of it: EVM networks, Filecoin, Bitcoin's relatives.

    `bench/evm.py` measures EVM networks on a real node, and `bench/bitcoin.py` Bitcoin.
    """
    from support.bitcoin_signing import NETWORKS, base58_address

    from scanner.model.addresses.filecoin import FilecoinCodec
    from scanner.settings.tables import load_registry

    def p2pkh(network: str) -> Callable[[bytes], str]:
        return lambda key: base58_address(NETWORKS[network], "p2pkh", key[:20])

    found: dict[str, Callable[[bytes], str]] = {}
    for name, row in load_registry().networks.items():
        if "blockbook" in row.sources:
            found[name] = p2pkh(name)
        elif "ethereum_rpc" in row.sources:
            found[name] = lambda key: "0x" + key[:20].hex()
    found["filecoin"] = lambda key: FilecoinCodec("filecoin", "").encode(1, key[:20])
    return found


def main(rows: int) -> None:
    """Read `rows` addresses of each network, once."""
    june_networks(rows)
    small_networks(rows)
    coin_networks(rows)
    beacon(rows)


def beacon(rows: int) -> None:
    """Validators by their keys, at a beacon node."""
    from support.beacon_replay import BeaconReplay

    from scanner.chains.table import source_of
    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery
    from scanner.settings.tables import load_registry

    registry, name = load_registry(), "ethereum-beacon"
    network, keys = registry.network(name), [f"0xa{n:095x}" for n in range(rows)]
    server = BeaconReplay({key: n + 1 for n, key in enumerate(keys)})
    source = source_of(network, {name: [server.endpoint(name)]}, registry)
    assert source is not None
    holding = registry.holding("BETH", name)
    queries = [BalanceQuery(decode_address(network, key), holding) for key in keys]
    measure(name, source, queries, source.pin(30), server)
    server.close()


def coin_networks(rows: int) -> None:
    """EVM networks, Filecoin's actors by a Lotus, and Bitcoin's relatives by a Blockbook."""
    from support.june_coins import coin_server

    from scanner.chains.table import source_of
    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery
    from scanner.settings.tables import load_registry

    registry = load_registry()
    for name, make in coin_makers().items():
        network, height = registry.network(name), 6_000_000
        made = coin_server(name, height, MOMENT)
        addresses = [
            decode_address(network, make(sha256(f"{name} {n}".encode()).digest()))
            for n in range(rows)
        ]
        for n, address in enumerate(addresses):
            made.put(address, n + 1)
        holding = registry.holding(network.native, name)
        endpoint = made.server.endpoint(name, chain=made.chain)
        source = source_of(network, {name: [endpoint]}, registry)
        assert source is not None
        at = source.pin(height)
        measure(name, source, [BalanceQuery(a, holding) for a in addresses], at, made.server)
        made.server.close()


def small_networks(rows: int) -> None:
    """Those whose servers stand in the tests of their readers."""
    from scanner.chains.fleet.source import FleetSource
    from scanner.chains.interface import ReadPolicy
    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery
    from scanner.model.registry import Registry
    from scanner.settings.tables import load_registry

    registry = load_registry()
    tables = Registry(registry.networks.values(), (), registry.holdings())  # without canaries
    for name, (folder, make) in small_makers().items():
        contract, network = contract_of(folder, name), registry.network(name)
        server = contract.start()
        addresses = [
            decode_address(network, make(sha256(f"{name} {n}".encode()).digest()))
            for n in range(rows)
        ]
        for n, address in enumerate(addresses):
            key = hex(int(address.text, 16)) if name == "starknet" else address.text
            server.world.put(key, n + 1)
        native = registry.holding(network.native, name)
        holding = contract.funded[0][0].holding if name == "starknet" else native
        queries = [BalanceQuery(address, holding) for address in addresses]
        reader = contract.reader(server.endpoint(name))
        source = FleetSource(network, [reader], ReadPolicy(), tables)
        at = source.pin(contract.wanted_height(reader))
        measure(name, source, queries, at, server)
        server.close()


def measure(name: str, source: Any, queries: list[Any], at: Any, server: Any) -> None:
    """Read once, and say how fast and with how many requests."""
    rows = len(queries)
    server.asked.clear()
    began = time.monotonic()
    found = source.fetch_balances(queries, at)
    taken = time.monotonic() - began
    source.close()
    assert [b.amount for b in found] == list(range(1, rows + 1)), name
    value = {"name": f"networks.{name}", "value": round(rows / taken), "unit": "rows/s"}
    value |= {"against": None, "ratio": None, "requests": round(10_000 * len(server.asked) / rows)}
    print(json.dumps(value), flush=True)


def june_networks(rows: int) -> None:
    """Those whose servers hold the list of June."""
    from support.june_list import REGISTRY, june

    from scanner.chains.table import source_of
    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery

    with tempfile.TemporaryDirectory() as folder, june(Path(folder)) as made:
        for name, make in makers().items():
            server, network = made.servers[name], REGISTRY.network(name)
            endpoints = {name: [server.endpoint(name)]}
            if name == "aelf":
                endpoints[name].append(server.side(endpoints[name][0]))
            if name == "polkadot-asset-hub":
                endpoints["polkadot"] = [made.servers["polkadot"].endpoint("polkadot")]
            addresses = [make(sha256(f"{name} {n}".encode()).digest()) for n in range(rows)]
            for n, address in enumerate(addresses):
                server.world.put(decode_address(network, address).text, n + 1)
            holding = REGISTRY.holding(network.native, name)
            queries = [BalanceQuery(decode_address(network, a), holding) for a in addresses]
            source = source_of(network, endpoints, REGISTRY)
            assert source is not None
            height = server.world.tip - 20
            at = source.pin(height)
            measure(name, source, queries, at, server)
            if name == "tron":
                tron_tokens(max(rows, 2_000), server, make)


def tron_tokens(rows: int, server: Any, make: Callable[[bytes], str]) -> None:
    """USDT on Tron, many holders in one call."""
    from support.june_list import REGISTRY

    from scanner.chains.table import source_of
    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery

    network, usdt = REGISTRY.network("tron"), REGISTRY.holding("USDT", "tron")
    queries = []
    for n in range(rows):
        address = decode_address(network, make(sha256(f"holder {n}".encode()).digest()))
        server.world.put(address.text, n + 1, usdt.contract)
        queries.append(BalanceQuery(address, usdt))
    source = source_of(network, {"tron": [server.endpoint("tron")]}, REGISTRY)
    assert source is not None
    measure("tron.tokens", source, queries, source.pin(server.world.tip - 20), server)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
