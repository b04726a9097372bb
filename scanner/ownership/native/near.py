"""NEP-413: a NEAR wallet signs message, nonce, recipient and callback together, hashed.

The message column holds the parts as JSON: {"message", "nonce" (32 bytes in base64 or hex, or
a list of them, also as JavaScript writes one), "recipient", "callbackUrl" where there was one}.
Wallets differ in whether they sign that address and how they write it, which says nothing of the
text: it may be left out of what was signed, or differ in its last slash. What wallets answer may
stand beside: accountId, publicKey, signature, which must be the row's own, and state.
Source: NEP-413; Borsh for the bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from scanner.errors import AddressFormatError, clip
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.model.signature_text import listed_bytes
from scanner.ownership import verdicts
from scanner.ownership.ed25519.signing import MOST_KEYS, read_keys
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import ContractCall, Proof, Readings
from scanner.ownership.native.parts import is_nep413, nep413_unread, read_parts
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.unread import of_form

_TAG = (2**31 + 413).to_bytes(4, "little")
_FORMATS = frozenset(("near_implicit", "near_named"))
_PUBLISH = (
    'publish as the message the JSON of what the wallet signed: {"message", "nonce", "recipient"}, '
    'and "callbackUrl" if there was one'
)
_OTHER_KIND = (
    "the public key is one of secp256k1, whose signatures are not read here: sign again with an "
    "Ed25519 key"
)
_FROM_WEB = str.maketrans("-_", "+/")
_SECP256K1 = "secp256k1:"


class Nep413(Ed25519Text):
    """Accounts of NEAR whose rows hold the parts that NEP-413 signs."""

    def __init__(self) -> None:
        super().__init__("nep413", "NEP-413", _FORMATS, _digests, hex_or_base64)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row; one whose message is something else is told what to publish."""
        proof = _keyed(proof)
        if any(map(_is_secp256k1, key_words(proof.script, MOST_KEYS))):
            return of_form(verdicts.unsupported(self.name, _OTHER_KIND))
        parts = read_parts(proof.message)
        if parts is not None and is_nep413(parts):
            result = super().verify(proof, call)
            is_told = type(result) is ControlResult and result.control is Control.UNSUPPORTED
            return of_form(result) if is_told else result
        try:
            read_keys(proof)
            for number, text in enumerate(proof.signatures, 1):
                self._read(number, text)
        except NotProvenError as e:
            return e.result(self.name)
        return of_form(verdicts.unsupported(self.name, _not_read(parts)))

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        return super().signers(_keyed(proof))


def _not_read(parts: Mapping[str, object] | None) -> str:
    """What to say of a message that is not of these parts."""
    more = nep413_unread(parts) if parts is not None else ()
    if more:
        names = clip(", ".join(more), 100)
        return f"the message has fields that are not of NEP-413 ({names}): {_PUBLISH}"
    return (
        "what is signed fits no known form by this key over this text (tried: OKX's envelope); a "
        f"NEAR wallet (NEP-413) signs more than a text: {_PUBLISH}"
    )


def _is_secp256k1(text: str) -> bool:
    """Whether a key is one of secp256k1: as NEAR writes it, or a point in hex."""
    data = decode_hex(text)
    return text.startswith(_SECP256K1) or (
        data is not None and secp256k1.parse_key(data) is not None
    )


def _keyed(proof: Proof) -> Proof:
    """The row with the key that its message names beside what is signed, if it has none."""
    parts = None if proof.script else read_parts(proof.message)
    key = parts.get("publicKey") if parts is not None and is_nep413(parts) else None
    is_named = proof.address.format == "near_named" and isinstance(key, str)
    return proof._replace(script=str(key)) if is_named else proof


def _digests(proof: Proof) -> tuple[bytes, ...]:
    parts = read_parts(proof.message)
    if parts is None or not is_nep413(parts):
        raise malformed("the message is not JSON with the fields that NEP-413 signs")
    nonce = _nonce(parts)
    recipient, callback = parts["recipient"], parts.get("callbackUrl")
    if not isinstance(recipient, str) or not isinstance(callback, str | None):
        raise malformed("recipient and callbackUrl must be texts")
    _check_beside(proof, parts)
    data = _TAG + _string(str(parts["message"])) + nonce + _string(recipient)
    ends = [b"\1" + _string(url) for url in _callbacks(callback)]
    return tuple(sha256(data + end).digest() for end in (*ends, b"\0"))


def _callbacks(given: str | None) -> tuple[str, ...]:
    """The addresses that a wallet may have signed for the one that is given."""
    if not given:
        return () if given is None else (given,)
    return given, given.removesuffix("/") if given.endswith("/") else f"{given}/"


def _check_beside(proof: Proof, parts: Mapping[str, object]) -> None:
    """What a wallet answered beside what it signed must be the row's own. Raises NotProvenError.

    Nobody signed it, and one key may be of several accounts: another makes no row false.
    """
    account, key, signature = (
        parts.get(n) or None for n in ("accountId", "publicKey", "signature")
    )
    if account is not None:
        try:
            named = decode_address(proof.network, account).key if isinstance(account, str) else ""
        except AddressFormatError:
            named = ""
        if named != proof.address.key:
            raise _other("account")
    if key is not None and not (isinstance(key, str) and read_key(key) in read_keys(proof)):
        raise _other("public key")
    if signature is not None:
        own = hex_or_base64(signature) if isinstance(signature, str) else None
        if own is None or own not in map(hex_or_base64, proof.signatures):
            raise _other("signature")


def _other(what: str) -> NotProvenError:
    return unsupported(
        f"the message has another {what} in it than the row: publish what the wallet answered for "
        "the row's account"
    )


def _nonce(parts: Mapping[str, object]) -> bytes:
    given = parts["nonce"]
    text = given if isinstance(given, str) else listed_bytes(given)
    data = decode_hex(text)
    if data is None or len(data) != 32:
        web = text.rstrip("=").translate(_FROM_WEB)
        data = decode_base64(web + "=" * (-len(web) % 4))
    if data is None or len(data) != 32:
        raise unsupported("the nonce is not 32 bytes, in base64, in hex or as a list")
    return data


def _string(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError:
        raise malformed("a part of the message is not Unicode text") from None
    return len(data).to_bytes(4, "little") + data
