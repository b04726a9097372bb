"""Texts signed by Filecoin's wallets: in FRC-0102's envelope, or as they stand (older Lotus).

An f1 account signs BLAKE2b-256 of these bytes (secp256k1, recoverable), an f3 account the bytes
themselves (`filecoin_bls`). Signatures are hex or base64, Lotus puts their type before them: 1 is
secp256k1, 2 is BLS. Actors (f2, f0) have no key: who signed is read, and the chain says whether
that is enough; keys of f3 signers stand in the key column, in their signatures' order.
Sources: FRC-0102; Lotus, `wallet sign` and lib/sigs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from hashlib import blake2b
from typing import Final

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.interface import (
    ContractCall,
    Forms,
    Proof,
    Readings,
    Signer,
    alone_refused,
)
from scanner.ownership.others.okx_recover import RECOVERY_BYTES, RecoverText
from scanner.ownership.primitives import bls12381, secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.ownership.primitives.plain_text import plain_text, why_not_plain
from scanner.ownership.primitives.recovery import read_signature
from scanner.ownership.unread import OfForm
from scanner.ownership.unsupported import why_unsupported

ACCOUNT: Final = "filecoin_secp256k1"
ACTORS: Final = ("filecoin_actor", "filecoin_id")
SAID: Final = "FRC-0102, the text itself"

_TITLE: Final = b"\x19Filecoin Signed Message:\n"
_LENGTHS: Final = {1: 65, 2: bls12381.SIGNATURE}
"""Lotus' types of signatures -> bytes of one."""
_LONGEST: Final = 200
_MOST_WORDS: Final = 40
"""Words of a key column that are looked at."""


class FilecoinText:
    """A Verifier of accounts of a secp256k1 key, which also finds who signed for an actor."""

    name = "filecoin_text"
    said = SAID

    def forms(self, proof: Proof) -> Forms:
        """See FormTeller."""
        return forms_in(proof.message)

    def __init__(self) -> None:
        self._forms = tuple(
            RecoverText(self.name, SAID, (ACCOUNT,), _hashed(wrap)) for wrap in (enveloped, bytes)
        )

    def handles(self, proof: Proof) -> bool:
        """f1 accounts, and actors."""
        return proof.address.format == ACCOUNT or proof.address.format in ACTORS

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature must be by the address's key, all in one form."""
        if proof.address.format in ACTORS:
            return verdicts.unsupported(self.name, why_unsupported(proof))
        plain = proof._replace(signatures=tuple(map(_as_hex, proof.signatures)))
        readable = len(tuple(payloads(proof.message)))
        found = [form.verify(plain) for form in self._forms[:readable]]
        for settled in (Control.CONTROLS, Control.MISMATCH):
            for result in found:
                if result.control is settled:
                    return result
        return next((result for result in found if isinstance(result, OfForm)), found[0])

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder: one reading for each form."""
        readings = (_who_signed(proof, data) for data in payloads(proof.message))
        return tuple(who for who in readings if who)


def payloads(message: str) -> Iterator[bytes]:
    """What a wallet may sign for a message: enveloped, then as it is where that is only a text."""
    yield enveloped(message.encode())
    try:
        yield plain_text(message)
    except NotProvenError:
        return


def forms_in(message: str) -> Forms:
    """Which of these a wallet may have signed for a message."""
    return alone_refused("FRC-0102", "the text itself", why_not_plain(message))


def enveloped(message: bytes) -> bytes:
    """FRC-0102 of a message."""
    return _TITLE + str(len(message)).encode() + message


def read_signature_text(text: str) -> bytes | None:
    """65 or 96 bytes of a signature, however it is spelled; None if it is none."""
    if len(text) > _LONGEST:
        return None
    data = decode_hex(text)
    if data is None:
        data = decode_base64(text)
    if data is None:
        return None
    if len(data) in _LENGTHS.values():
        return data
    return data[1:] if data and _LENGTHS.get(data[0]) == len(data) - 1 else None


def _as_hex(text: str) -> str:
    data = read_signature_text(text)
    return text if data is None else data.hex()


def _hashed(wrap: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    return lambda message: blake2b(wrap(message), digest_size=32).digest()


def _who_signed(proof: Proof, data: bytes) -> tuple[Signer, ...]:
    """Whoever made all signatures over these bytes, each once; () if one is by nobody."""
    keys = _bls_keys(proof)
    found: dict[Signer, None] = {}
    for text in proof.signatures:
        signature = read_signature_text(text) or b""
        if len(signature) == bls12381.SIGNATURE:
            who = _by_bls(next(keys, b""), data, signature)
        else:
            who = _by_secp256k1(data, signature)
        if who is None:
            return ()
        found[who] = None
    return tuple(found)


def _by_secp256k1(data: bytes, signature: bytes) -> Signer | None:
    read = read_signature(signature, RECOVERY_BYTES)
    if read is None:
        return None
    digest = blake2b(data, digest_size=32).digest()
    point = secp256k1.recover(digest, read.compact, read.recovery_id)
    if point is None:
        return None
    key, account = secp256k1.compress(point), blake2b(point, digest_size=20).digest()
    names = PolicyKey(KeyKind.SECP256K1, key), PolicyKey(KeyKind.ACCOUNT, account)
    return Signer(key.hex(), frozenset(names), recovered=True)


def _by_bls(key: bytes, data: bytes, signature: bytes) -> Signer | None:
    if not bls12381.is_signed(key, data, signature, bls12381.BASIC):
        return None
    return Signer(key.hex(), frozenset((PolicyKey(KeyKind.ACCOUNT, key),)))


def _bls_keys(proof: Proof) -> Iterator[bytes]:
    """The BLS keys of the key column, in order: hex of 48 bytes, or f3 addresses."""
    for text in key_words(proof.script, _MOST_WORDS):
        data = decode_hex(text)
        if data is None:
            try:
                address = decode_address(proof.network, text)
            except AddressFormatError:
                continue
            data = address.payload if address.format == "filecoin_bls" else None
        if data is not None and len(data) == bls12381.KEY:
            yield data
