"""Writes UTXO snapshot files out of nothing, with every kind of coin, in the node's own order."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

from scanner.chains.bitcoin.utxo_format import (
    Header,
    RawCoin,
    compress_amount,
    compress_script,
    write_header,
    write_varint,
)
from scanner.model.addresses.scripts import p2pkh, p2sh, witness

REGTEST = bytes.fromhex("fabfb5da")
BASE = "00" * 4 + "ab" * 28
# A key whose uncompressed form is on the curve: the generator.
GENERATOR = bytes.fromhex(
    "79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
    "483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8"
)


@dataclass
class Group:
    txid: bytes  # as stored
    coins: list[RawCoin]


def compact(n: int) -> bytes:
    if n < 253:
        return bytes([n])
    return b"\xfd" + n.to_bytes(2, "little") if n < 65536 else b"\xfe" + n.to_bytes(4, "little")


def write_coin(coin: RawCoin) -> bytes:
    code = coin.height << 1 | coin.coinbase
    return (
        compact(coin.vout)
        + write_varint(code)
        + write_varint(compress_amount(coin.amount))
        + coin.script
    )


def write_group(group: Group) -> bytes:
    return group.txid + compact(len(group.coins)) + b"".join(map(write_coin, group.coins))


def write_file(groups: Sequence[Group], base: str = BASE, magic: bytes = REGTEST) -> bytes:
    body = b"".join(map(write_group, groups))
    return write_header(Header(magic, base, sum(len(g.coins) for g in groups))) + body


def any_script(r: random.Random) -> bytes:
    """A script of any kind, the usual ones more often."""
    kind = r.random()
    if kind < 0.2:
        return p2pkh(r.randbytes(20))
    if kind < 0.4:
        return p2sh(r.randbytes(20))
    if kind < 0.6:
        return witness(0, r.randbytes(20))
    if kind < 0.7:
        return witness(0, r.randbytes(32))
    if kind < 0.85:
        return witness(1, r.randbytes(32))
    keys = [b"\x21" + bytes([r.choice((2, 3))]) + r.randbytes(32) for _ in range(3)]
    return r.choice(
        [
            keys[0] + b"\xac",  # P2PK
            b"\x41\x04" + GENERATOR + b"\xac",  # P2PK, uncompressed
            b"\x41\x04" + r.randbytes(64) + b"\xac",  # the same with a key off the curve
            b"\x51" + b"".join(keys[: r.randint(1, 3)]) + b"\x53\xae",  # bare multisig
            b"",
            b"\x51",
            r.randbytes(r.choice((1, 22, 30, 34, 121, 122, 300, 10_000))),
        ]
    )


def any_group(r: random.Random, height: int = 800_000) -> Group:
    count = r.choices((1, 2, 3, 4, 5, 6, 9, 300), (60, 20, 8, 4, 3, 2, 2, 1))[0]
    vouts = {
        r.choice((r.randrange(4), r.randrange(200), r.randrange(40_000), r.randrange(2**20)))
        for _ in range(count)
    }
    coins = [
        RawCoin(
            vout,
            r.choice((r.randint(0, 60), r.randint(0, height))),
            r.random() < 0.1,
            r.choice((0, 546, 10**8, r.randint(1, 10**9), r.randint(1, 21 * 10**14))),
            compress_script(any_script(r)),
        )
        for vout in sorted(vouts, key=write_varint)
    ]
    return Group(r.randbytes(32), coins)


def any_groups(r: random.Random, count: int) -> list[Group]:
    return sorted((any_group(r) for _ in range(count)), key=lambda g: g.txid)
