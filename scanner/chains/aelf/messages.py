"""The few protobuf messages that asking for a balance takes, written and read by hand.

Source: aelf's protobuf files (aelf/core.proto: Transaction, Address; token_contract.proto:
GetBalanceInput, GetBalanceOutput). A read-only call is a transaction that never reaches the chain;
nodes want it signed all the same. The key below is for that: it owns nothing, and is no secret.
"""

from __future__ import annotations

from hashlib import sha256

from coincurve import PrivateKey

_KEY = PrivateKey(sha256(b"reserve-scanner reads balances").digest())
_FROM = sha256(sha256(_KEY.public_key.format(compressed=False)).digest()).digest()

_SIGNATURE = 10_000
"""Field of a transaction's signature."""


def balance_call(token: bytes, symbol: str, owner: bytes, height: int, block_hash: bytes) -> bytes:
    """A signed transaction that asks a token contract (32 bytes) for a balance.

    height, block_hash: of a recent block, which a transaction names.
    """
    asked = _bytes(1, symbol.encode()) + _bytes(2, _bytes(1, owner))
    body = (
        _bytes(1, _bytes(1, _FROM))
        + _bytes(2, _bytes(1, token))
        + _number(3, height)
        + _bytes(4, block_hash[:4])
        + _bytes(5, b"GetBalance")
        + _bytes(6, asked)
    )
    signature = _KEY.sign_recoverable(sha256(body).digest(), hasher=None)
    return body + _bytes(_SIGNATURE, signature)


def read_balance(data: bytes) -> tuple[str, bytes, int]:
    """Symbol, owner and balance of an answer. Raises ValueError.

    A balance of 0 is left out of the message; symbol and owner are there in any case.
    """
    fields = _fields(data)
    symbol, owner, balance = fields.get(1), fields.get(2), fields.get(3, 0)
    account = _fields(owner).get(1) if isinstance(owner, bytes) else None
    match symbol, account, balance:
        case bytes(), bytes(), int() if balance < 1 << 63:
            return symbol.decode("ascii", "replace"), account, balance
    raise ValueError("no balance that says whose and of what")


def _fields(data: bytes) -> dict[int, int | bytes]:
    found: dict[int, int | bytes] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        value, at = _varint(data, at)
        if tag & 7 == 2:
            if at + value > len(data):
                raise ValueError("a message ends early")
            found[tag >> 3] = data[at : at + value]
            at += value
        elif tag & 7 == 0:
            found[tag >> 3] = value
        else:
            raise ValueError("a field of another kind")
    return found


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("a message ends early")
        byte, at = data[at], at + 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
    raise ValueError("a number that is too long")


def _number(field: int, value: int) -> bytes:
    return _encoded(field << 3) + _encoded(value)


def _bytes(field: int, data: bytes) -> bytes:
    return _encoded(field << 3 | 2) + _encoded(len(data)) + data


def _encoded(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
