"""Writes a file like OKX's monthly one: 12 columns, real keys and signatures, any number of rows.

    python bench/data/okx_file.py OUT.csv --rows 650000 --seed 1

Of a hundred rows about 57 are EVM (one address in up to 22 coins, as in the published file), 14
Tron, 27 Bitcoin two-of-three P2WSH and 2 Bitcoin P2PKH. Every signature holds. The same seed
gives the same bytes. 650,000 rows are about 211 MB.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import os
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import base58
from coincurve import PrivateKey
from Crypto.Hash import keccak

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from scanner.model.addresses.bech32 import from_bytes, join

SHARED = "SCANNER_BENCH_FOLDER"
"""Names the folder of what several benchmarks of one run read."""
MESSAGE = "I am an OKX address"
HEADER = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key,EOA1,EOA2"
)


class Coin(NamedTuple):
    """A coin of one address family: name, network label, decimals."""

    name: str
    network: str
    decimals: int


EVM = tuple(
    Coin(*row)
    for row in (
        ("ETH", "ETH", 18),
        ("USDT-ERC20", "ETH", 6),
        ("USDC", "ETH", 6),
        ("OKB", "ETH", 18),
        ("SHIB", "ETH", 18),
        ("UNI", "ETH", 18),
        ("LINK", "ETH", 18),
        ("PEOPLE", "ETH", 18),
        ("ETH-ARBITRUM", "ARBITRUM", 18),
        ("USDT-ARBITRUM", "ARBITRUM", 6),
        ("USDC-ARBITRUM", "ARBITRUM", 6),
        ("USDC-ARBITRUM-NATIVE", "ARBITRUM", 6),
        ("ETH-OPTIMISM", "OPTIMISM", 18),
        ("USDT-OPTIMISM", "OPTIMISM", 6),
        ("USDC-OPTIMISM", "OPTIMISM", 6),
        ("USDC-OPTIMISM-FF85", "OPTIMISM", 6),
        ("BASE", "BASE", 18),
        ("USDC-BASE", "BASE", 6),
        ("USDT-POLY", "POLY", 6),
        ("POLY-USDC", "POLY", 6),
        ("USDT-AVAXC", "AVAXC", 6),
        ("USDC-AVAXC", "AVAXC", 6),
    )
)
TRON = (Coin("USDT-TRC20", "TRX", 6), Coin("TRX", "TRX", 6), Coin("USDC-TRC", "TRX", 6))
BITCOIN = Coin("BTC", "BTC", 8)
HEIGHTS = {
    "ETH": 20914735,
    "ARBITRUM": 260573213,
    "OPTIMISM": 126280000,
    "BASE": 20684715,
    "POLY": 62620000,
    "AVAXC": 51288000,
    "TRX": 65800000,
    "BTC": 864300,
}


class Signed(NamedTuple):
    """One address with everything that shows control of it."""

    address: str
    signature1: str
    signature2: str
    script: str


def okx_file(folder: Path, rows: int) -> Path:
    """A file of so many rows, in the folder that benchmarks of one run share, else in `folder`."""
    path = Path(os.environ.get(SHARED) or folder) / f"okx-{rows}.csv"
    if not path.exists():
        half = path.with_suffix(".half")
        write_okx_file(half, rows)
        half.rename(path)
    return path


def write_okx_file(path: Path, rows: int, seed: int = 1) -> None:
    """Write `rows` rows behind a totals block that agrees with them to four decimals."""
    draw = random.Random(seed)
    totals: dict[str, tuple[Coin, int]] = {}
    body = path.with_suffix(path.suffix + ".rows")
    with body.open("w", encoding="ascii") as file:
        for coin, signed in _rows(rows, seed):
            base_units = draw.randrange(1, 10 ** (coin.decimals + 3))
            totals[coin.name] = coin, totals.get(coin.name, (coin, 0))[1] + base_units
            file.write(_line(coin, signed, base_units) + "\n")
    with path.open("w", encoding="ascii") as file:
        file.write("coin,snapshot height,amount\n")
        for name, (coin, total) in totals.items():
            printed = _decimal(total // 10 ** (coin.decimals - 4), 4)
            file.write(f"{name},{HEIGHTS[coin.network]},{printed}\n")
        file.write("\n" + HEADER + "\n")
        with body.open(encoding="ascii") as source:
            for line in source:
                file.write(line)
    body.unlink()


def _rows(count: int, seed: int) -> Iterator[tuple[Coin, Signed]]:
    """Rows of all families, mixed in a fixed pattern."""
    multisig, single = count * 27 // 100, count * 2 // 100
    tron = count * 14 // 100
    streams = [
        (multisig, _p2wsh(seed)),
        (single, _p2pkh(seed)),
        (tron, _over_coins(_tron(seed), TRON)),
        (count - multisig - single - tron, _over_coins(_evm(seed), EVM)),
    ]
    done = [0] * len(streams)
    for _ in range(count):
        # The family that lags most behind its share is next.
        lag = [done[i] * 1.0 / n if n else 2.0 for i, (n, _) in enumerate(streams)]
        at = lag.index(min(lag))
        done[at] += 1
        yield next(streams[at][1])


def _over_coins(signed: Iterator[Signed], coins: tuple[Coin, ...]) -> Iterator[tuple[Coin, Signed]]:
    for one in signed:
        for coin in coins:
            yield coin, one


def _key(seed: int, kind: str, number: int) -> PrivateKey:
    return PrivateKey(hashlib.sha256(f"{seed}/{kind}/{number}".encode()).digest())


def _keccak(data: bytes) -> bytes:
    return bytes(keccak.new(digest_bits=256, data=data).digest())


_EVM_HASH = _keccak(b"\x19Ethereum Signed Message:\n32" + _keccak(MESSAGE.encode()))
_TRON_HASH = _keccak(b"\x19TRON Signed Message:\n32" + _keccak(MESSAGE.encode()))
_BITCOIN_HASH = hashlib.sha256(
    hashlib.sha256(
        b"\x18Bitcoin Signed Message:\n" + bytes([len(MESSAGE)]) + MESSAGE.encode()
    ).digest()
).digest()


def _evm_like(seed: int, kind: str, digest: bytes) -> Iterator[tuple[bytes, str]]:
    number = 0
    while True:
        key = _key(seed, kind, number)
        signature = key.sign_recoverable(digest, hasher=None)
        shown = "0x" + signature[:64].hex() + f"{signature[64] + 27:02x}"
        yield _keccak(key.public_key.format(compressed=False)[1:])[-20:], shown
        number += 1


def _evm(seed: int) -> Iterator[Signed]:
    for payload, signature in _evm_like(seed, "evm", _EVM_HASH):
        yield Signed("0x" + payload.hex(), signature, "", "")


def _tron(seed: int) -> Iterator[Signed]:
    for payload, signature in _evm_like(seed, "tron", _TRON_HASH):
        address = base58.b58encode_check(b"\x41" + payload).decode()
        yield Signed(address, signature, "null", "")


def _bitcoin_signature(key: PrivateKey) -> str:
    signature = key.sign_recoverable(_BITCOIN_HASH, hasher=None)
    return base64.b64encode(bytes([31 + signature[64]]) + signature[:64]).decode()


def _p2pkh(seed: int) -> Iterator[tuple[Coin, Signed]]:
    number = 0
    while True:
        key = _key(seed, "p2pkh", number)
        payload = hashlib.new(
            "ripemd160", hashlib.sha256(key.public_key.format()).digest()
        ).digest()
        address = base58.b58encode_check(b"\0" + payload).decode()
        script = "76a914" + payload.hex() + "88ac"
        yield BITCOIN, Signed(address, _bitcoin_signature(key), "null", script)
        number += 1


def _p2wsh(seed: int) -> Iterator[tuple[Coin, Signed]]:
    """Two-of-three scripts over three neighbouring keys of one long sequence."""
    window: list[tuple[bytes, str]] = []
    number = 0
    while True:
        key = _key(seed, "p2wsh", number)
        window.append((key.public_key.format(), _bitcoin_signature(key)))
        number += 1
        if len(window) < 3:
            continue
        script = b"\x52" + b"".join(b"\x21" + public for public, _ in window) + b"\x53\xae"
        address = join("bc", "q" + from_bytes(hashlib.sha256(script).digest()), 1)
        yield BITCOIN, Signed(address, window[0][1], window[2][1], script.hex())
        window.pop(0)


def _line(coin: Coin, signed: Signed, base_units: int) -> str:
    return ",".join(
        (
            coin.name,
            "Non Staking",
            coin.network,
            str(HEIGHTS[coin.network]),
            signed.address,
            _decimal(base_units, coin.decimals),
            MESSAGE,
            signed.signature1,
            signed.signature2,
            signed.script,
            "",
            "",
        )
    )


def _decimal(base_units: int, decimals: int) -> str:
    digits = str(base_units).rjust(decimals + 1, "0")
    return digits[:-decimals] + "." + digits[-decimals:]


def main() -> None:
    """Write one file."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--rows", type=int, default=650_000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    write_okx_file(chosen.out, chosen.rows, chosen.seed)


if __name__ == "__main__":
    main()
