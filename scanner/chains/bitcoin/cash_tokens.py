"""What an output of Bitcoin Cash pays to, where tokens are written before its script.

An output may hold tokens beside its coins; servers know it by its script all the same. Source:
CHIP-2022-02-CashTokens, "Token Encoding" (cashtokens/cashtokens, readme.md; rules since 2023-05).
"""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from scanner.chains.bitcoin.utxo_format import TruncatedError, read_compact

_MARK: Final = 0xEF
_CATEGORY: Final = 32
_RESERVED, _HAS_COMMITMENT, _HAS_NFT, _HAS_AMOUNT = 0x80, 0x40, 0x20, 0x10


def without_tokens(written: bytes) -> bytes:
    """The script of an output, without the tokens that may stand before it.

    What begins like tokens and is none (the rules refuse such outputs) is given back as it is.
    """
    if not written or written[0] != _MARK:
        return written
    with suppress(IndexError, TruncatedError):
        at = 1 + _CATEGORY
        kind = written[at]
        at += 1
        if kind & _RESERVED or not kind & (_HAS_NFT | _HAS_AMOUNT):
            return written
        if kind & _HAS_COMMITMENT:
            length, at = read_compact(written, at)
            at += length
        if kind & _HAS_AMOUNT:
            _, at = read_compact(written, at)
        if at <= len(written):
            return written[at:]
    return written
