"""Which texts may be signed as they stand, without an envelope."""

from __future__ import annotations

from typing import Final

from scanner.ownership.primitives.not_proven import unsupported

LONGEST_TEXT: Final = 65_536
"""Characters of a text that is looked at."""


def plain_text(message: str) -> bytes:
    """A text that is signed as it stands: only one that can be no transaction.

    Transactions of the chains that do this hold bytes that are no text: Solana's begin with a count
    of signers below 32, the XRP Ledger's with a mark that ends in a zero byte, Polkadot's hold the
    hash of block 0, Aptos's begin with a hash that is no UTF-8, Antelope's with their chain's id.
    Raises NotProvenError.
    """
    if not message or len(message) > LONGEST_TEXT:
        raise unsupported(
            "a text signed without an envelope must have 1 to 65,536 characters: sign a shorter one"
        )
    if not message[0].isprintable() or not all(c.isprintable() or c in "\t\n\r" for c in message):
        raise unsupported(
            "a text with unprintable characters, signed without an envelope, may be a "
            "transaction: sign a plain text instead"
        )
    return message.encode()
