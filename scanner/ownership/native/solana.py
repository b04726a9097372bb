"""Texts signed by Solana's wallets: as they stand, or as an off-chain message of version 0 or 1.

Version 0 is there in two shapes: solana-sdk has FF "solana offchain", version, format, length and
text; the specification, as hardware wallets and later libraries serialize it, has application
domain (of zeros here: none), format, signers, length and text. Version 1 has signers and text.
Who signs with others signs for all of them: the key column names them.
Sources: the wallets' signMessage (Phantom, Solflare, OKX); Solana's "Off-Chain Message Signing" and
sRFC 38; @solana/offchain-messages signed the vectors.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.ownership.ed25519.signing import read_keys
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.not_proven import unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base58
from scanner.ownership.primitives.plain_text import plain_text

_TITLE = b"\xffsolana offchain"
_DOMAIN, _FIRST = _TITLE + b"\0", _TITLE + b"\1"
_NO_APPLICATION = bytes(32)
_ASCII, _SHORT, _LONG = b"\0", b"\1", b"\2"
_ALPHABETS = "hex, base64 or Base58"
_SHORT_BODY = 1232
"""Bytes of a text that is of the formats 0 and 1 where signers are named."""
_SHORT_LIMIT = 1212
"""Bytes of a text that a hardware wallet takes: what a packet holds beside the header."""


def off_chain(proof: Proof) -> tuple[bytes, ...]:
    """The bytes of an off-chain message without signers, in every format its text may have.

    Raises NotProvenError.
    """
    text = proof.message.encode()
    if len(text) > 0xFFFF - 20:
        raise unsupported("an off-chain message has at most 65,515 bytes: sign a shorter one")
    is_ascii = all(0x20 <= byte <= 0x7E for byte in text)
    formats = [_ASCII] if is_ascii else []
    formats.append(_SHORT if len(text) <= _SHORT_LIMIT else _LONG)
    size = len(text).to_bytes(2, "little")
    return tuple(_DOMAIN + form + size + text for form in formats)


def _for_signers(text: bytes, signers: Sequence[bytes]) -> tuple[bytes, ...]:
    """The bytes of an off-chain message that names its signers, in both versions."""
    is_short = len(text) <= _SHORT_BODY
    is_ascii = is_short and all(0x20 <= byte <= 0x7E for byte in text)
    formats = [_ASCII] * is_ascii + [_SHORT] * is_short + [_LONG]
    count = bytes((len(signers),))
    names = count + b"".join(signers) + len(text).to_bytes(2, "little")
    first = _FIRST + count + b"".join(sorted(signers)) + text
    return (*(_DOMAIN + _NO_APPLICATION + form + names + text for form in formats), first)


def _every_form(proof: Proof) -> tuple[bytes, ...]:
    """What a signer may have signed. Raises NotProvenError."""
    forms, text = off_chain(proof), proof.message.encode()
    if not text:
        return forms
    together = read_keys(proof)
    own = (proof.address.payload,) if len(together) > 1 else together
    for signers in dict.fromkeys((own, together)):
        forms += _for_signers(text, signers)
    return forms


def _bare(proof: Proof) -> tuple[bytes, ...]:
    """The text itself. Raises NotProvenError.

    A transaction begins with how many sign it: 9, 10 and 13 are a tab and line ends.
    """
    if proof.message[:1] in tuple("\t\n\r"):
        raise unsupported(
            "a text that begins with a tab or a line end, signed without an envelope, may be a "
            "transaction: sign one that begins with a letter"
        )
    return (plain_text(proof.message),)


def solana_text() -> Ed25519Text:
    """The text itself."""
    return Ed25519Text(
        "solana_text",
        "the text itself",
        {"solana"},
        _bare,
        hex_or_base58,
        alphabets=_ALPHABETS,
    )


def solana_offchain() -> Ed25519Text:
    """An off-chain message of version 0 or 1."""
    return Ed25519Text(
        "solana_offchain",
        "Solana's off-chain message (versions 0 and 1)",
        {"solana"},
        _every_form,
        hex_or_base58,
        alphabets=_ALPHABETS,
    )
