"""Reads the two hex encodings of Ethereum JSON-RPC, strictly: quantities and data.

Source: execution-apis, "Hex value encoding". Leading zeros in quantities are tolerated, because
some networks send them; nothing else is.
"""

from __future__ import annotations

import re
from typing import Final

from scanner.errors import SourceUnavailableError

_QUANTITY: Final = re.compile(r"0x[0-9a-fA-F]{1,64}", re.ASCII)
_HASH: Final = re.compile(r"0x[0-9a-fA-F]{64}", re.ASCII)


def quantity(endpoint: str, value: object, what: str) -> int:
    """Read an unsigned number of at most 256 bits.

    what: the field's name, for the message. Raises SourceUnavailableError on anything else.
    """
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise SourceUnavailableError(endpoint, f"did not give a number as {what}")
    return int(value, 16)


def data(endpoint: str, value: object, what: str) -> bytes:
    """Read bytes ("0x" is none). Raises SourceUnavailableError on anything else."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            found = bytes.fromhex(value[2:])
        except ValueError:
            found = None
        # bytes.fromhex skips blanks: an honest answer has none.
        if found is not None and len(value) == 2 + 2 * len(found):
            return found
    raise SourceUnavailableError(endpoint, f"did not give hex data as {what}")


def block_hash(endpoint: str, value: object, what: str) -> str:
    """Read a 32-byte hash as lower-case text. Raises SourceUnavailableError on anything else."""
    if not isinstance(value, str) or not _HASH.fullmatch(value):
        raise SourceUnavailableError(endpoint, f"gave no hash as {what}")
    return value.lower()


def hexed(value: bytes) -> str:
    """Write bytes as JSON-RPC data."""
    return "0x" + value.hex()
