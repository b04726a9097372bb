"""Account ids of the usual TON wallet contracts of a key.

A TON account's id is the hash of its first code and data (StateInit). Code is known by hash and
depth; data is the wallet's first state, made of the key and a sub-wallet number.
Sources: TON whitepaper 3.1 for cell hashes; the published wallet contracts.
"""

from __future__ import annotations

from functools import lru_cache

from scanner.model.ton_cells import cell_hash
from scanner.model.ton_wallets import WALLETS, Wallet


@lru_cache(maxsize=1024)
def account_ids(key: bytes) -> dict[bytes, str]:
    """Account ids (32 bytes) of every known wallet of a key (32 bytes) -> the wallet's name."""
    return {_account_id(wallet, key): wallet.name for wallet in WALLETS}


def _account_id(wallet: Wallet, key: bytes) -> bytes:
    number, width = 0, 0
    for value, bits in (*wallet.before_key, (int.from_bytes(key, "big"), 256), *wallet.after_key):
        number, width = number << bits | value, width + bits
    data = cell_hash(number, width)
    # StateInit: no split depth, not special, code, data, no library: bits 00110.
    return cell_hash(0b00110, 5, ((wallet.code_hash, wallet.code_depth), (data, 0)))
