"""Which texts may be signed as they stand, without an envelope."""

from __future__ import annotations

import re
from typing import Final

from scanner.ownership.primitives.not_proven import NotProvenError, unsupported

LONGEST_TEXT: Final = 65_536
"""Characters of a text that is looked at."""

_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
"""Control characters, and halves of characters: tabs and line ends are text."""


def plain_text(message: str) -> bytes:
    """A text that is signed as it stands: only one that can be no transaction.

    What the chains that do this sign for a transaction has control characters, or is no text at
    all: the XRP Ledger's mark ends in a zero byte; Polkadot's versions of runtime and transactions
    have zero bytes, and the hash of block 0 is no UTF-8, as is the hash that Aptos's begins with;
    Antelope's begins with its chain's id and ends in 32 zero bytes; Filecoin's is a CID, byte 1
    first; Solana's begins with a count of signers below 32, which may be a line end: see there.
    Other characters that no screen shows, or that only a later Unicode knows, are in none because
    of that. Raises NotProvenError.
    """
    if not message:
        raise unsupported(
            "an empty text, signed without an envelope, says nothing: sign again, with words in it"
        )
    if len(message) > LONGEST_TEXT:
        raise unsupported(
            f"a text signed without an envelope is read up to {LONGEST_TEXT:,} characters: sign a "
            "shorter one"
        )
    if _CONTROLS.search(message):
        raise unsupported(
            "a text with control characters, signed without an envelope, may be a transaction: "
            "sign a plain text instead"
        )
    return message.encode()


def why_not_plain(message: str) -> str:
    """Why a text is not read without an envelope; "" where it is."""
    try:
        plain_text(message)
    except NotProvenError as e:
        return e.reason
    return ""
