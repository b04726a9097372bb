"""Account ids of the usual TON wallet contracts of a key.

A TON account's id is the hash of its first code and data (StateInit). Code is known by hash and
depth; data is the wallet's first state, made of the key and a sub-wallet number.
Sources: TON whitepaper 3.1 for cell hashes; the published wallet contracts.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256

from scanner.model.ton_wallets import WALLETS, Wallet


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
