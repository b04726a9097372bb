"""A Tron block's header, hashed again: its id holds number, time, parent and producer.

Source: protocol/core/Tron.proto of java-tron (BlockHeader.raw) and its HTTP API's JSON of it;
blockID = number (8 bytes) and bytes 8 to 31 of SHA-256 over the raw header.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from scanner.chains.shape import HEX_32, named, take
from scanner.errors import SourceUnavailableError
from scanner.model.protobuf import data, number

_FIELDS = {
    "timestamp": 1,
    "txTrieRoot": 2,
    "parentHash": 3,
    "number": 7,
    "witness_id": 8,
    "witness_address": 9,
    "version": 10,
    "accountStateRoot": 11,
}
"""JSON name -> field number of the protobuf message; numbers are varints, hex texts are bytes."""


@dataclass(frozen=True, slots=True)
class Header:
    """hash: 64 lower-case hex digits. time: seconds since 1970 UTC."""

    number: int
    hash: str
    time: int


def read_header(endpoint: str, block: object) -> Header:
    """Read a block as /wallet/getblockbynum and getnowblock show it.

    Raises SourceUnavailableError when it is no block or its fields do not hash to its id.
    """
    block_id = named(endpoint, block, HEX_32, "blockID")
    raw = take(endpoint, block, dict, "block_header", "raw_data")
    # A zero is left out of protobuf's JSON: only the block 0 has no number.
    number = take(endpoint, raw, int, "number") if "number" in raw else 0
    try:
        digest = hashlib.sha256(_protobuf(raw)).digest()
        expected = number.to_bytes(8, "big") + digest[8:]
    except (ValueError, OverflowError, TypeError):
        raise SourceUnavailableError(endpoint, "answered with a header that is not one") from None
    if block_id != expected.hex():
        what = f"its header of block {number} does not hash to the block's id"
        raise SourceUnavailableError(endpoint, what)
    return Header(number, block_id, take(endpoint, raw, int, "timestamp") // 1000)


def _protobuf(raw: dict[str, object]) -> bytes:
    unknown = raw.keys() - _FIELDS.keys()
    if unknown:
        raise ValueError("an unknown header field cannot be hashed")
    written = bytearray()
    for name, field in sorted(_FIELDS.items(), key=lambda item: item[1]):
        value = raw.get(name)
        if isinstance(value, int) and value:
            written += number(field, value)
        elif isinstance(value, str) and value:
            written += data(field, bytes.fromhex(value))
    return bytes(written)
