"""Account ids of the usual TON wallet contracts of a key.

A TON account's id is the hash of its first code and data (StateInit). Code is known by hash and
depth; data is the wallet's first state, made of the key and a sub-wallet number.
Sources: TON whitepaper 3.1 for cell hashes; the published wallet contracts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256

_V3_SUBWALLET = 698983191
_V5_WALLET_ID = 0x7FFFFF11  # network -239 xor context (workchain 0, version 0, sub-wallet 0)
_HIGHLOAD_SUBWALLET, _HIGHLOAD_TIMEOUT = 4269, 43200

Field = tuple[int, int]
"""A number and its width in bits."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """One wallet contract: hash and depth of its code, and the fields around the key."""

    name: str
    code_hash: bytes
    code_depth: int
    before_key: tuple[Field, ...]
    after_key: tuple[Field, ...] = ()


WALLETS = (
    Wallet(
        "v3r2",
        bytes.fromhex("84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599"),
        0,
        ((0, 32), (_V3_SUBWALLET, 32)),
    ),
    Wallet(
        "highload_v3",
        bytes.fromhex("11acad7955844090f283bf238bc1449871f783e7cc0979408d3f4859483e8525"),
        6,
        (),
        ((_HIGHLOAD_SUBWALLET, 32), (0, 1), (0, 1), (0, 64), (_HIGHLOAD_TIMEOUT, 22)),
    ),
    Wallet(
        "v4r2",
        bytes.fromhex("feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0"),
        7,
        ((0, 32), (_V3_SUBWALLET, 32)),
        ((0, 1),),
    ),
    Wallet(
        "v5r1",
        bytes.fromhex("20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f"),
        6,
        ((1, 1), (0, 32), (_V5_WALLET_ID, 32)),
        ((0, 1),),
    ),
    Wallet(
        "v3r1",
        bytes.fromhex("b61041a58a7980b946e8fb9e198e3c904d24799ffa36574ea4251c41a566f581"),
        0,
        ((0, 32), (_V3_SUBWALLET, 32)),
    ),
)


@lru_cache(maxsize=1024)
def account_ids(key: bytes) -> dict[bytes, str]:
    """Account ids (32 bytes) of every known wallet of a key (32 bytes) -> the wallet's name."""
    return {_account_id(wallet, key): wallet.name for wallet in WALLETS}


def _account_id(wallet: Wallet, key: bytes) -> bytes:
    number, width = 0, 0
    for value, bits in (*wallet.before_key, (int.from_bytes(key, "big"), 256), *wallet.after_key):
        number, width = number << bits | value, width + bits
    data = _cell_hash(number, width)
    # StateInit: no split depth, not special, code, data, no library: bits 00110.
    return _cell_hash(0b00110, 5, ((wallet.code_hash, wallet.code_depth), (data, 0)))


def _cell_hash(number: int, width: int, references: tuple[tuple[bytes, int], ...] = ()) -> bytes:
    """Hash an ordinary cell: descriptors, bits filled up with 1 and 0s, depths, hashes."""
    whole, rest = divmod(width, 8)
    if rest:
        number = (number << 1 | 1) << (7 - rest)
    head = bytes((len(references), whole + whole + bool(rest)))
    body = number.to_bytes(whole + bool(rest), "big")
    depths = b"".join(depth.to_bytes(2, "big") for _, depth in references)
    return sha256(head + body + depths + b"".join(h for h, _ in references)).digest()
