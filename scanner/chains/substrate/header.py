"""A header of Polkadot's chains, hashed again.

Source: Polkadot protocol specification, definition of the block header; hash: BLAKE2b-256 of it.
"""

from __future__ import annotations

from hashlib import blake2b

from scanner.chains.shape import take
from scanner.chains.substrate.keys import compact
from scanner.errors import SourceUnavailableError


def read_number(endpoint: str, header: object, block_hash: str) -> int:
    """The number in a header, which hashes to block_hash ("0x" and 64 hex digits).

    Raises SourceUnavailableError when it does not.
    """
    try:
        number = int(take(endpoint, header, str, "number"), 16)
        logs = take(endpoint, header, list, "digest", "logs")
        parts = (
            _bytes(take(endpoint, header, str, "parentHash")),
            compact(number),
            _bytes(take(endpoint, header, str, "stateRoot")),
            _bytes(take(endpoint, header, str, "extrinsicsRoot")),
            compact(len(logs)),
            *(_bytes(take(endpoint, log, str)) for log in logs),
        )
    except (ValueError, OverflowError):
        raise SourceUnavailableError(endpoint, "answered with a header that is not one") from None
    if "0x" + blake2b(b"".join(parts), digest_size=32).hexdigest() != block_hash:
        what = f"its header of block {number} does not hash to the block's hash"
        raise SourceUnavailableError(endpoint, what)
    return number


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))
