"""Who signed an EVM row: digests of its message, accounts recovered from its signatures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from scanner.errors import AddressFormatError
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.evm.typed_data import OtherChain, read_typed, typed_digest
from scanner.ownership.interface import Proof
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hextext import decode_hex, hex_message
from scanner.ownership.primitives.recovery import (
    RecoverableSignature,
    read_signature,
    recover_account_once,
)
from scanner.ownership.primitives.undecoded import NoSignature

_new = tuple.__new__

RECOVERY_BYTES = {0: 0, 1: 1, 27: 0, 28: 1}
"""Last byte of an EVM signature -> recovery id."""

Envelope = tuple[str, Callable[[bytes], bytes]]
"""What to say about it ("" for a network's usual form), and how it makes a digest of a message."""

EVM_ENVELOPES: tuple[Envelope, ...] = (
    ("", envelopes.eip191_hash),
    ("EIP-191 over the text", envelopes.eip191_text),
)
OKX_ENVELOPES: tuple[Envelope, ...] = (("", envelopes.okx_keccak),)

_OF_HEX = "EIP-191 over the bytes of the message, which is hex"
_KEYS_OWN = (27, 28)
"""Last bytes of 65 that only a key writes; 0 and 1 are kinds of a Safe's signatures, too."""

_ONLY_BY_CHAIN = (
    "signature {} is not written as a key's is (65 bytes that end in 27 or 28, or 64): it may be "
    "by a contract wallet: only the chain can say whether it is good; take a snapshot with an "
    "endpoint of the network, or publish the signature whole, as the key's wallet gave it"
)
_MAYBE_BY_CHAIN = (
    "signature {} is not by the address's key over this message; it may be by a contract wallet, "
    "which only the chain can say: take a snapshot with an endpoint of the network"
)


class Digest(NamedTuple):
    """One digest of a row's message. note: which envelope, where it is not the usual one."""

    note: str
    value: bytes
    message: str


class Signed(NamedTuple):
    """One published signature. plain: read as a single key's; None if it cannot be one."""

    data: bytes
    plain: RecoverableSignature | None


def read_signatures(scheme: str, proof: Proof) -> list[Signed] | ControlResult:
    """Read every signature of the row; a `malformed` verdict if one is not even hex.

    What cannot be a key's (any other length, another last byte, nothing at all) is a contract's to
    judge: Safes take signatures of many kinds, and an empty one for what was signed on the chain.
    """
    signed = []
    for number, text in enumerate(proof.signatures, 1):
        data = decode_hex(text)
        if data is None:
            reason = NoSignature(f"signature {number} is not hex", number)
            return verdicts.malformed(scheme, reason)
        plain = read_signature(data, RECOVERY_BYTES, True)
        # As `Signed(..)` does, but quicker: lists have hundreds of thousands of rows.
        signed.append(_new(Signed, (data, plain)))
    return signed


def read_plain(text: str) -> RecoverableSignature | None:
    """A signature as a single key's; None if it cannot be one."""
    data = decode_hex(text)
    return None if data is None else read_signature(data, RECOVERY_BYTES, True)


def digests_known(proof: Proof, envelopes_used: Sequence[Envelope]) -> Sequence[Digest]:
    """As `digests`; none where the message is no Unicode text."""
    try:
        return digests(proof, envelopes_used)
    except UnicodeEncodeError:
        return ()


def digests(proof: Proof, envelopes_used: Sequence[Envelope]) -> list[Digest]:
    """Every digest the row's message can have been signed as: JSON may be signed as a text, too."""
    message = proof.message
    if message.startswith("{") and '"primaryType"' in message:
        made = typed_digest(message, proof.network.chain_id)
        if isinstance(made, bytes):
            return [Digest("EIP-712 typed data", made, message), *_digests(message, envelopes_used)]
    return _digests(message, envelopes_used)


def _digests(message: str, envelopes_used: Sequence[Envelope]) -> list[Digest]:
    if len(message) > 1024:
        return _make_digests(message, tuple(envelopes_used))
    return _remembered(message, tuple(envelopes_used))


def _make_digests(message: str, envelopes_used: tuple[Envelope, ...]) -> list[Digest]:
    data = message.encode()
    made = [Digest(note, make(data), message) for note, make in envelopes_used]
    spelled = hex_message(message)
    if spelled is not None:
        made.append(Digest(_OF_HEX, envelopes.eip191_text(spelled), message))
    return made


_remembered = lru_cache(maxsize=64)(_make_digests)


def named_owners(proof: Proof) -> list[bytes | str]:
    """The named owners as account bytes; a text saying what is wrong with one that is none."""
    named: list[bytes | str] = []
    for number, text in enumerate(proof.owners, 1):
        try:
            address = decode_address(proof.network, text)
        except AddressFormatError as e:
            named.append(f"owner {number}: {e.reason}")
            continue
        if address.format == "evm":
            named.append(address.payload)
        else:
            named.append(f"owner {number}: not a 20-byte account")
    return named


def accounts(signed: Signed, of: Sequence[Digest]) -> Iterator[tuple[bytes, Digest]]:
    """Yield the account each digest leads to; lazily, as the first is nearly always the one."""
    plain = signed.plain
    if plain is None:
        return
    for digest in of:
        found = recover_account_once(digest.value, plain.compact, plain.recovery_id)
        if found is not None:
            yield found, digest


def notes(plain: RecoverableSignature | None, digest: Digest) -> str:
    """What is unusual about a good signature, "" if nothing."""
    if plain is None or not (plain.notes or digest.note):
        return ""
    return "; ".join(n for n in (digest.note, *plain.notes) if n)


def not_by(
    scheme: str, number: int, signed: Signed, of: Sequence[Digest], asked: bool
) -> ControlResult:
    """Say that a signature is by nobody it should be by. asked: whether the chain was asked."""
    if signed.plain is None:
        if asked:
            reason = f"no contract at the address accepts signature {number}"
            return verdicts.mismatch(scheme, reason)
        return verdicts.unsupported(scheme, _ONLY_BY_CHAIN.format(number))
    first = next(accounts(signed, of), None)
    if not asked and len(signed.data) == 65 and signed.data[64] not in _KEYS_OWN:
        return verdicts.unsupported(scheme, _MAYBE_BY_CHAIN.format(number))
    if first is None:
        return verdicts.mismatch(scheme, f"no key can have made signature {number}")
    return verdicts.mismatch(
        scheme,
        f"signature {number} is by another key or over another message: for this message it is "
        f"by {checksum_text(first[0])}",
    )


def settled(proof: Proof, found: ControlResult) -> ControlResult:
    """The verdict about a row, where its message may have been signed as another digest as well.

    What fits no digest is false only where its message says for certain what was to be signed, or
    where named owners did sign what is read.
    """
    if found.control is not Control.MISMATCH or (found.signed_by and proof.owners):
        return found
    why = read_typed(proof.message, proof.network.chain_id).why
    if not why:
        return found
    control = Control.MISMATCH if isinstance(why, OtherChain) else Control.UNSUPPORTED
    return found._replace(control=control, reason=str(why), signed_by=())
