"""Sui's personal message: BLAKE2b-256 of an intent, the text's length and the text.

Wallets give flag, signature and key in one base64 text; the signature alone is read as well, with
the key in its column, also one of secp256k1 or secp256r1. Flag 0 is Ed25519; secp256k1, secp256r1,
passkeys and multisigs (1, 2, 6, 3): `sui_multisig`. zkLogin (5) is not read.
Source: Sui, "Intent signing" (intent 3, 0, 0: personal message, version 0, Sui) and "Signatures".
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b

from scanner.model.control import ControlResult
from scanner.ownership import verdicts
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import ContractCall, Proof, Readings
from scanner.ownership.native.each_alone import MOST, alone, judge_each
from scanner.ownership.native.sui_keys import (
    ED25519,
    KEY_SIZE,
    NAMES,
    SECP256K1,
    SECP256R1,
    ZKLOGIN,
    SuiKey,
    is_point,
)
from scanner.ownership.native.sui_multisig import judge_other, judge_together
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import Unread, unread

_INTENT = b"\x03\x00\x00"
_WHOLE = 97
"""Bytes of flag, signature and key."""
_LONGEST = 8_192
_FROM_WEB = str.maketrans("-_", "+/")
_KEY = KEY_SIZE[SECP256K1]
_LONGEST_KEY = 80
"""Characters of a key of another kind in its column: with its flag, in hex."""
_MOST_WORDS = 20
"""Keys of a column that are looked at."""


class SuiPersonal(Ed25519Text):
    """Sui accounts of one Ed25519 key; of other keys or several where one text holds all."""

    def __init__(self) -> None:
        super().__init__("sui_personal", "Sui's personal message", {"sui"}, _digest, hex_or_base64)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row; keys that stand in the signatures go before the key column."""
        flags = {number: _flag(text) for number, text in enumerate(proof.signatures, 1)}
        others = {number: flag for number, flag in flags.items() if flag is not None}
        if not others:
            told = _of_no_form(self.name, proof) or _with_column(self.name, proof)
            return told or super().verify(_split(proof), call)
        rows = alone(proof)
        if len(rows) > 1:
            told = _of_no_form(self.name, proof) if len(rows) <= MOST else None
            told = told or _together(self.name, rows)
            return told or judge_each(self.name, rows, self.verify)
        known = _other(self.name, proof)
        return known or verdicts.unsupported(self.name, _not_read(*next(iter(others.items()))))

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        return super().signers(_split(proof))


def _digest(proof: Proof) -> tuple[bytes, ...]:
    text = proof.message.encode()
    return (blake2b(_INTENT + _uleb128(len(text)) + text, digest_size=32).digest(),)


def _uleb128(number: int) -> bytes:
    out = b""
    while number > 0x7F:
        out += bytes((number & 0x7F | 0x80,))
        number >>= 7
    return out + bytes((number,))


def _whole(text: str) -> bytes | None:
    """Flag, signature and key; None if the text is something else."""
    data = decode_hex(text) if len(text) <= _LONGEST else None
    if data is None and len(text) <= _LONGEST:
        data = decode_base64(text)
    return data if data is not None and len(data) >= _WHOLE else None


def _flag(text: str) -> int | None:
    """The flag of a whole signature; None where it is Ed25519's, or 64 bytes alone."""
    data = _whole(text)
    return None if data is None or data[0] == ED25519 else data[0]


def _not_read(number: int, flag: int) -> str:
    kind = NAMES.get(flag, "unknown")
    if flag in NAMES and flag != ZKLOGIN:
        reason = f"signature {number} is {kind}, and of no form that is read"
        return f"{reason}: publish the account's one signature as its wallet gives it"
    reason = f"signature {number} is {kind}, which is not supported: publish one of an account of "
    return reason + "an Ed25519, secp256k1 or secp256r1 key, of a passkey, or a multisig of these"


def _of_no_form(scheme: str, proof: Proof) -> ControlResult | None:
    """The verdict where a signature is none that is read, whatever keys there are."""
    for number, text in enumerate(proof.signatures, 1):
        if hex_or_base64(text) is not None or _whole(text) is not None:
            continue
        reason = f"signature {number} is not 64 bytes in hex or base64, nor flag, signature and key"
        if _is_spelled_otherwise(text):
            how = "publish the account's one signature as its wallet gives it, in base64"
            return verdicts.unsupported(scheme, f"{reason} in one: {how}")
        return verdicts.malformed(scheme, NoSignature(f"{reason} in one", number), 1)
    return None


def _is_spelled_otherwise(text: str) -> bool:
    """Whether a whole signature may be in JSON, or in base64 as web addresses have it."""
    if text[:1] in ("{", "["):
        return True
    web = text.translate(_FROM_WEB).rstrip("=")
    is_hex = decode_hex(text[: len(text) & ~1]) is not None
    return not is_hex and _whole(web + "=" * (-len(web) % 4)) is not None


def _with_column(scheme: str, proof: Proof) -> ControlResult | None:
    """The verdict about a signature alone by a column's key of another kind; None for others.

    A key that does not say its kind is tried as each that it may be of.
    """
    words = key_words(proof.script, _MOST_WORDS)
    keys = [key for word in words for key in _column_keys(word)]
    if not keys:
        return None
    if len(words) > 1 or any(hex_or_base64(text) is None for text in proof.signatures):
        return verdicts.unsupported(
            scheme,
            f"the row has a key of {NAMES[keys[0].flag]} beside others: publish the account's one "
            "signature as its wallet gives it",
        )
    rows = alone(proof)
    if len(rows) > 1:
        return judge_each(scheme, rows, lambda row: _by_one_of(scheme, row, keys))
    return _by_one_of(scheme, proof, keys)


def _by_one_of(scheme: str, proof: Proof, keys: Sequence[SuiKey]) -> ControlResult:
    """The verdict about one signature of 64 bytes by a key that may be of several kinds."""
    digest, made = _digest(proof)[0], hex_or_base64(proof.signatures[0]) or b""
    wholes = (bytes((key.flag,)) + made + key.key for key in keys)
    found = [judge_other(scheme, whole, digest, proof.address.payload) for whole in wholes]
    read = (one for one in found if one is not None and not isinstance(one, Unread))
    return next(read, unread(scheme, 1))


def _column_keys(word: str) -> tuple[SuiKey, ...]:
    """The keys of secp256k1 and secp256r1 that a word of a column may be; () for other words."""
    data = decode_hex(word) if len(word) <= _LONGEST_KEY else None
    if data is None and len(word) <= _LONGEST_KEY:
        data = decode_base64(word)
    if data is None or len(data) not in (_KEY, _KEY + 1):
        return ()
    flags = (SECP256K1, SECP256R1) if len(data) == _KEY else (data[0],)
    keys = (SuiKey(flag, data[-_KEY:]) for flag in flags if flag in (SECP256K1, SECP256R1))
    return tuple(key for key in keys if is_point(key))


def _other(scheme: str, proof: Proof) -> ControlResult | None:
    """The verdict where a row's signature holds keys of another kind; None where it is not read."""
    flag, data = _flag(proof.signatures[0]), _whole(proof.signatures[0])
    if flag is None or data is None:
        return None
    return judge_other(scheme, data, _digest(proof)[0], proof.address.payload)


def _together(scheme: str, rows: Sequence[Proof]) -> ControlResult | None:
    """The verdict where all signatures are multisigs of one account; None elsewhere."""
    wholes = [_whole(row.signatures[0]) or b"" for row in rows[:MOST]]
    if len(rows) > MOST:
        return None
    return judge_together(scheme, wholes, _digest(rows[0])[0], rows[0].address.payload)


def _split(proof: Proof) -> Proof:
    """Whole signatures as signatures and keys of columns of their own."""
    signatures, keys = [], []
    for text in proof.signatures:
        data = _whole(text)
        if data is not None and len(data) == _WHOLE and data[0] == 0:
            signatures.append(data[1:65].hex())
            keys.append(data[65:].hex())
        else:
            signatures.append(text)
    if not keys:
        return proof
    return proof._replace(signatures=tuple(signatures), script=" ".join((*keys, proof.script)))
