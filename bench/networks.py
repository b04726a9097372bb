"""Networks that are read through a fleet of readers: one JSON object a line and network.

networks.NAME: rows a second of the network's own coin against a server of the tests on this
machine, which replays recorded answers at once; `requests` is how many it takes for 10,000 rows,
passes over a state that moves on counted in: divided by an endpoint's rate that is the time of a
real run.

    python bench/networks.py [ROWS]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

ROWS = 200


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


def main(rows: int) -> None:
    """Read `rows` addresses of each network, once."""
    from support.june_list import REGISTRY, june

    from scanner.chains.table import source_of
    from scanner.model.addresses.table import decode_address
    from scanner.model.balance import BalanceQuery

    with tempfile.TemporaryDirectory() as folder, june(Path(folder)) as made:
        for name, make in makers().items():
            server, network = made.servers[name], REGISTRY.network(name)
            endpoints = [server.endpoint(name)]
            if name == "aelf":
                endpoints.append(server.side(endpoints[0]))
            addresses = [make(sha256(f"{name} {n}".encode()).digest()) for n in range(rows)]
            for n, address in enumerate(addresses):
                server.world.put(decode_address(network, address).text, n + 1)
            holding = REGISTRY.holding(network.native, name)
            queries = [BalanceQuery(decode_address(network, a), holding) for a in addresses]
            source = source_of(network, {name: endpoints}, REGISTRY)
            assert source is not None
            height = server.world.tip - 20
            at = source.pin(height)
            server.asked.clear()
            began = time.monotonic()
            found = source.fetch_balances(queries, at)
            taken = time.monotonic() - began
            source.close()
            assert [b.amount for b in found] == list(range(1, rows + 1)), name
            print(
                json.dumps(
                    {
                        "name": f"networks.{name}",
                        "value": round(rows / taken),
                        "unit": "rows/s",
                        "against": None,
                        "ratio": None,
                        "requests": round(10_000 * len(server.asked) / rows),
                    }
                ),
                flush=True,
            )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else ROWS)
