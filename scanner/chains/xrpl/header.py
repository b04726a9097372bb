"""A ledger's header on the XRP Ledger, hashed again: its number, time and roots cannot be made up.

Source: XRPL documentation, "Ledger Header" and "Hashes" (SHA-512Half, prefix LWR).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError

RIPPLE_EPOCH = 946_684_800
"""2000-01-01 00:00 UTC in seconds since 1970; the ledger's times count from it."""

FIRST_LEDGER = 32570
FIRST_HASH = "4109c6f2045fc7eff4cde8f9905d19c28820d86304080ff886b299f0206e42b5"
"""The oldest ledger of the main network that anybody still has."""


@dataclass(frozen=True, slots=True)
class Header:
    """hash: 64 lower-case hex digits. time: of its close, seconds since 1970 UTC.

    account_hash: root of the state tree, hex.
    """

    index: int
    hash: str
    time: int
    account_hash: str


def sha512_half(data: bytes) -> bytes:
    """The first 32 bytes of SHA-512, XRPL's hash."""
    return hashlib.sha512(data).digest()[:32]


def read_header(endpoint: str, answer: object) -> Header:
    """Read the answer of `ledger`, and hash what it says.

    Raises SourceUnavailableError when a field is missing, the ledger is not validated, or the
    fields do not hash to the hash it names.
    """
    if take(endpoint, answer, bool, "validated") is not True:
        raise SourceUnavailableError(endpoint, "answered with a ledger that is not validated")
    ledger = take(endpoint, answer, dict, "ledger")
    try:
        index = int(str(ledger["ledger_index"]))
        close = take(endpoint, ledger, int, "close_time")
        parts = (
            b"LWR\0",
            index.to_bytes(4, "big"),
            int(str(ledger["total_coins"])).to_bytes(8, "big"),
            *(_hash(ledger[k]) for k in ("parent_hash", "transaction_hash", "account_hash")),
            take(endpoint, ledger, int, "parent_close_time").to_bytes(4, "big"),
            close.to_bytes(4, "big"),
            take(endpoint, ledger, int, "close_time_resolution").to_bytes(1, "big"),
            take(endpoint, ledger, int, "close_flags").to_bytes(1, "big"),
        )
        named = _hash(ledger["ledger_hash"])
    except (KeyError, ValueError, OverflowError):
        raise SourceUnavailableError(endpoint, "answered with a header that is not one") from None
    if sha512_half(b"".join(parts)) != named:
        what = f"its header of ledger {index} does not hash to the ledger's hash"
        raise SourceUnavailableError(endpoint, what)
    return Header(index, named.hex(), close + RIPPLE_EPOCH, str(ledger["account_hash"]))


def _hash(value: object) -> bytes:
    data = bytes.fromhex(str(value))
    if len(data) != 32:
        raise ValueError("not 32 bytes")
    return data
