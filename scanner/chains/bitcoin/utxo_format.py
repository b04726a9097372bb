"""The UTXO snapshot file of `dumptxoutset`, version 2: header, groups, coins, compressed scripts.

A file is a header of 51 bytes, then one group for each transaction with unspent outputs, in the
order of the node's database, until the header's number of coins is reached; it ends exactly there.
Source: Bitcoin Core src/node/utxo_snapshot.h, src/compressor.cpp, src/serialize.h.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

HEADER_SIZE: Final = 51
MAGIC: Final = b"utxo\xff"
VERSION: Final = 2
MAX_SCRIPT: Final = 10_000
"""Longer scripts can never be spent, so that no node keeps them."""

MAX_AMOUNT: Final = 2**63 - 1
RAW_SCRIPT_CODES: Final = 6
"""Script codes below this are templates; from here on they are 6 + the raw script's length."""

_PAYLOAD = {0: 20, 1: 20, 2: 32, 3: 32, 4: 32, 5: 32}

CHAIN_MAGIC: Final = {
    ("bitcoin", "main"): bytes.fromhex("f9beb4d9"),
    ("bitcoin", "test"): bytes.fromhex("0b110907"),
    ("bitcoin", "testnet4"): bytes.fromhex("1c163f28"),
    ("bitcoin", "signet"): bytes.fromhex("0a03cf40"),
    ("bitcoin", "regtest"): bytes.fromhex("fabfb5da"),
}
"""(network, chain name) -> the four bytes that its messages and files start with."""


class TruncatedError(ValueError):
    """The bytes end in the middle of something."""


class MalformedError(ValueError):
    """The bytes are not what the format says. `at` is the offset in the given bytes."""

    def __init__(self, at: int, what: str) -> None:
        self.at, self.what = at, what
        super().__init__(f"{what} at byte {at}")


@dataclass(frozen=True, slots=True)
class Header:
    """What a file says about itself. base_hash: of the block it stands at, as shown (reversed)."""

    magic: bytes
    base_hash: str
    coins: int


@dataclass(frozen=True, slots=True)
class RawCoin:
    """One coin as stored. script: compressed (code and payload)."""

    vout: int
    height: int
    coinbase: bool
    amount: int
    script: bytes


def read_header(data: bytes) -> Header:
    """Read the first 51 bytes. Raises TruncatedError, MalformedError."""
    if len(data) < HEADER_SIZE:
        raise TruncatedError("the file is shorter than its header")
    if data[:5] != MAGIC:
        raise MalformedError(0, "not a UTXO snapshot file (of Bitcoin Core 28 or later)")
    (version,) = struct.unpack_from("<H", data, 5)
    if version != VERSION:
        raise MalformedError(5, f"snapshot version {version}, but this program reads {VERSION}")
    (coins,) = struct.unpack_from("<Q", data, 43)
    return Header(bytes(data[7:11]), data[11:43][::-1].hex(), coins)


def write_header(header: Header) -> bytes:
    """The 51 bytes of a header."""
    return (
        MAGIC
        + struct.pack("<H", VERSION)
        + header.magic
        + bytes.fromhex(header.base_hash)[::-1]
        + struct.pack("<Q", header.coins)
    )


def read_compact(data: bytes, at: int) -> tuple[int, int]:
    """Read a CompactSize (only in its shortest form). Returns the value and where it ends.

    Raises TruncatedError and MalformedError.
    """
    if at >= len(data):
        raise TruncatedError
    first = data[at]
    if first < 253:
        return first, at + 1
    size = 1 << (first - 252)
    if at + 1 + size > len(data):
        raise TruncatedError
    value = int.from_bytes(data[at + 1 : at + 1 + size], "little")
    if value < (253, 2**16, 2**32)[first - 253]:
        raise MalformedError(at, "a CompactSize longer than it needs to be")
    return value, at + 1 + size


def read_varint(data: bytes, at: int, limit: int) -> tuple[int, int]:
    """Read Core's VARINT: base 128, most significant first, each continuation adds one.

    limit: largest value allowed. Returns the value and where it ends.
    Raises TruncatedError and MalformedError.
    """
    value, start = 0, at
    while True:
        if at >= len(data):
            raise TruncatedError
        byte = data[at]
        value = value << 7 | byte & 0x7F
        at += 1
        if byte & 0x80:
            value += 1
        if value > limit:
            raise MalformedError(start, "a VARINT that is too large")
        if not byte & 0x80:
            return value, at


def write_varint(value: int) -> bytes:
    """Core's VARINT of a value."""
    out = [value & 0x7F]
    while value > 0x7F:
        value = (value >> 7) - 1
        out.append(value & 0x7F | 0x80)
    return bytes(reversed(out))


def decompress_amount(code: int) -> int:
    """Turn a stored amount into base units."""
    if code == 0:
        return 0
    code, exponent = divmod(code - 1, 10)
    if exponent < 9:
        code, digit = divmod(code, 9)
        number = code * 10 + digit + 1
    else:
        number = code + 1
    return int(number * 10**exponent)


def compress_amount(amount: int) -> int:
    """The inverse of `decompress_amount`."""
    if amount == 0:
        return 0
    exponent = 0
    while amount % 10 == 0 and exponent < 9:
        amount //= 10
        exponent += 1
    if exponent < 9:
        amount, digit = divmod(amount, 10)
        return 1 + (amount * 9 + digit - 1) * 10 + exponent
    return 1 + (amount - 1) * 10 + 9


def compress_script(script: bytes) -> bytes:
    """The bytes a script is stored as: a template's code and payload, or its length and itself.

    Every script has exactly one such form, so scripts can be compared by it.
    """
    size = len(script)
    if size == 25 and script[:3] == b"\x76\xa9\x14" and script[23:] == b"\x88\xac":
        return b"\x00" + script[3:23]
    if size == 23 and script[:2] == b"\xa9\x14" and script[22:] == b"\x87":
        return b"\x01" + script[2:22]
    if size == 35 and script[0] == 33 and script[1] in (2, 3) and script[34] == 0xAC:
        return script[1:34]
    if size == 67 and script[:2] == b"\x41\x04" and script[66] == 0xAC:
        x, y = script[2:34], script[34:66]
        if _y_of(x, y[31] & 1) == y:  # a point that is not on the curve is stored raw
            return bytes([4 | y[31] & 1]) + x
    return write_varint(size + RAW_SCRIPT_CODES) + script


def decompress_script(stored: bytes) -> bytes:
    """The script behind its stored form.

    Raises MalformedError for an uncompressed key whose x is not on the curve.
    """
    code, at = read_varint(stored, 0, MAX_SCRIPT + RAW_SCRIPT_CODES)
    payload = stored[at:]
    if code == 0:
        return b"\x76\xa9\x14" + payload + b"\x88\xac"
    if code == 1:
        return b"\xa9\x14" + payload + b"\x87"
    if code in (2, 3):
        return b"\x21" + stored + b"\xac"
    if code in (4, 5):
        y = _y_of(payload, code & 1)
        if not y:
            raise MalformedError(0, "a public key that is not on the curve")
        return b"\x41\x04" + payload + y + b"\xac"
    return payload


def script_end(data: bytes, at: int) -> int:
    """Where the compressed script that starts at `at` ends. Raises TruncatedError."""
    code, after = read_varint(data, at, MAX_SCRIPT + RAW_SCRIPT_CODES)
    end = after + _PAYLOAD.get(code, code - RAW_SCRIPT_CODES)
    if end > len(data):
        raise TruncatedError
    return end


def read_coin(data: bytes, at: int) -> tuple[RawCoin, int]:
    """Read one coin. Returns it and where it ends. Raises MalformedError."""
    vout, after = read_compact(data, at)
    if vout > 0xFFFFFFFF:
        raise MalformedError(at, "an output number over 32 bits")
    code, after = read_varint(data, after, 0xFFFFFFFF)
    stored, amount_end = read_varint(data, after, 2**64 - 1)
    amount = decompress_amount(stored)
    if amount > MAX_AMOUNT:
        raise MalformedError(after, "an amount that is too large")
    end = script_end(data, amount_end)
    return RawCoin(vout, code >> 1, bool(code & 1), amount, data[amount_end:end]), end


def read_group(data: bytes, at: int) -> tuple[bytes, list[RawCoin], int]:
    """Read one group: all unspent outputs of one transaction.

    Returns the transaction id as stored (reversed against how it is shown), the coins in file
    order, and where the group ends. Coins must come in database order, each output once.
    Raises MalformedError.
    """
    txid = data[at : at + 32]
    count, position = read_compact(data, at + 32)
    if count == 0:
        raise MalformedError(at, "a transaction without coins")
    coins: list[RawCoin] = []
    last = b""
    for _ in range(count):
        coin, after = read_coin(data, position)
        # The database sorts by the VARINT's bytes: output 16512 comes before 256.
        key = write_varint(coin.vout)
        if coins and key <= last:
            raise MalformedError(position, "an output out of order, or twice")
        last = key
        coins.append(coin)
        position = after
    return txid, coins, position


def _y_of(x_bytes: bytes, parity: int) -> bytes:
    """The y of a curve point by its x and parity; b"" if there is none."""
    from coincurve import PublicKey  # noqa: PLC0415 - a root there takes 2 us, here 150

    try:
        return PublicKey(bytes([2 | parity]) + x_bytes).format(compressed=False)[33:]
    except ValueError:
        return b""
