"""The few protobuf messages that asking for a balance takes, written and read by hand.

Source: aelf's protobuf files (aelf/core.proto: Transaction, Address; token_contract.proto:
GetBalanceInput, GetBalanceOutput). A read-only call is a transaction that never reaches the chain;
nodes want it signed all the same. The key below is for that: it owns nothing, and is no secret.
"""

from __future__ import annotations

from hashlib import sha256

from coincurve import PrivateKey

from scanner.model.protobuf import data, number, single

_KEY = PrivateKey(sha256(b"reserve-scanner reads balances").digest())
_FROM = sha256(sha256(_KEY.public_key.format(compressed=False)).digest()).digest()

SIGNATURE = 10_000
"""Field of a transaction's signature."""


def balance_call(token: bytes, symbol: str, owner: bytes, height: int, block_hash: bytes) -> bytes:
    """A signed transaction that asks a token contract (32 bytes) for a balance.

    height, block_hash: of a recent block, which a transaction names.
    """
    asked = data(1, symbol.encode()) + data(2, data(1, owner))
    body = (
        data(1, data(1, _FROM))
        + data(2, data(1, token))
        + number(3, height)
        + data(4, block_hash[:4])
        + data(5, b"GetBalance")
        + data(6, asked)
    )
    signature = _KEY.sign_recoverable(sha256(body).digest(), hasher=None)
    return body + data(SIGNATURE, signature)


def read_balance(message: bytes) -> tuple[str, bytes, int]:
    """Symbol, owner and balance of an answer. Raises ValueError.

    A balance of 0 is left out of the message; symbol and owner are there in any case.
    """
    found = single(message)
    symbol, owner, balance = found.get(1), found.get(2), found.get(3, 0)
    account = single(owner).get(1) if isinstance(owner, bytes) else None
    match symbol, account, balance:
        case bytes(), bytes(), int() if balance < 1 << 63:
            return symbol.decode("ascii", "replace"), account, balance
    raise ValueError("no balance that says whose and of what")
