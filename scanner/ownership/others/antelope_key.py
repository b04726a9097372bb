"""Rows of Antelope chains (EOS, Vaulta): published keys signed for an account name.

Nothing in a row ties a name to keys, only the chain's permission table does: at best `asserted`.
Signed is OKX's envelope or, as wallets sign arbitrary data, the text alone: nothing in a row says
which, so both are tried.
Texts: SIG_K1_, EOS... and PUB_K1_ are Base58 with four bytes of RIPEMD-160 behind the data; the
same data in hex or base64 is read as well.
Source: eosjs-ecc's sign (SHA-256 of the text).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256

from scanner.model.addresses import base58
from scanner.model.control import Binding, ControlResult
from scanner.model.jsontext import read_json
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
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.envelopes import okx_sha256
from scanner.ownership.primitives.hashes import ripemd160
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.ownership.primitives.plain_text import plain_text, why_not_plain
from scanner.ownership.primitives.undecoded import NoKey, NoSignature
from scanner.ownership.unread import unread

_SIGNATURE, _OLD_KEY, _NEW_KEY = "SIG_K1_", "EOS", "PUB_K1_"
_MOST_KEYS = 20
"""Keys of a column: no row has more signatures."""
_LONGEST = 2 * 65 + 2
"""Characters of a signature in hex."""
_NOT_BOUND = (
    "the published keys signed; whether they may use the account is not verified: compare them "
    "with its permissions (get_account of a node)"
)


class AntelopeKey:
    """One account name and the keys published for it."""

    name = "antelope_key"
    said = "OKX's envelope, the text alone"

    def forms(self, proof: Proof) -> Forms:
        """See FormTeller."""
        return alone_refused("OKX's envelope", "the text alone", why_not_plain(proof.message))

    def handles(self, proof: Proof) -> bool:
        """Every Antelope account."""
        return proof.address.format == "antelope"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: each published key signed, and nobody else."""
        if not proof.script:
            return verdicts.unsupported(
                self.name, "the row gives no public key: publish it in the key column"
            )
        keys = read_keys(proof.script)
        if keys is None:
            return verdicts.malformed(
                self.name,
                NoKey(
                    "the key column does not have an EOS or PUB_K1_ key, or has more than "
                    f"{_MOST_KEYS} of them"
                ),
            )
        if len(set(keys)) < len(keys):
            return verdicts.mismatch(self.name, "one key is published twice", len(keys))
        signed = self._signed(proof, keys)
        if isinstance(signed, ControlResult):
            return signed
        if len(signed) < min(len(keys), len(proof.signatures)):
            what = "one key signed more than once: that is one signer"
            return verdicts.mismatch(self.name, what, len(keys))
        if len(signed) < len(keys):
            return verdicts.unsupported(
                self.name,
                f"{len(signed)} of the {len(keys)} published keys signed, and how many must sign "
                "only the chain can say: take a snapshot with an endpoint of the network",
            )
        signers = tuple(key.hex() for key in signed)
        return verdicts.controls(self.name, Binding.ASSERTED, signers, _NOT_BOUND)

    def _signed(self, proof: Proof, keys: Sequence[bytes]) -> dict[bytes, None] | ControlResult:
        """The published keys that signed, or the verdict that some signature is by none."""
        digests = _digests(proof.message)
        signed: dict[bytes, None] = {}
        unfit = 0
        for number, text in enumerate(proof.signatures, 1):
            data = _read(text)
            if data is None:
                what = f"signature {number} is not a SIG_K1_ signature"
                return verdicts.malformed(self.name, NoSignature(what, number), len(keys))
            wrong = _not_canonical(data)
            if wrong:
                return verdicts.unsupported(self.name, f"signature {number} {wrong}")
            made = next((k for d in digests if (k := _recovered(d, data)) in keys), None)
            if made is None:
                unfit = unfit or number
            else:
                signed[made] = None
        if not unfit:
            return signed
        if signed:
            what = f"signature {unfit} is by none of the published keys"
            return verdicts.mismatch(self.name, what, len(keys))
        return unread(self.name, unfit, len(keys))

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder: the keys behind the signatures, whichever are published.

        A published key shows in which form a signature was made; without it each form is a reading.
        """
        published, digests = read_keys(proof.script) or (), _digests(proof.message)
        made: list[list[bytes]] = []
        for text in proof.signatures:
            data = _read(text)
            if data is None or _not_canonical(data):
                return ()
            keys = [_recovered(digest, data) for digest in digests]
            shown = next((key for key in keys if key in published), None)
            made.append(keys if shown is None else [shown] * len(keys))
        readings = dict.fromkeys(tuple(dict.fromkeys(who)) for who in zip(*made, strict=True))
        return tuple(
            tuple(_signer(key, key in published) for key in who)
            for who in readings
            if b"" not in who
        )


def _digests(message: str) -> tuple[bytes, ...]:
    """What may have been signed: OKX's envelope and, if it can be nothing else, the text alone."""
    enveloped = okx_sha256(message.encode())
    try:
        return enveloped, sha256(plain_text(message)).digest()
    except NotProvenError:
        return (enveloped,)


def _signer(key: bytes, is_published: bool) -> Signer:
    names = frozenset((PolicyKey(KeyKind.SECP256K1, key),))
    return Signer(key.hex(), names, recovered=not is_published)


def _recovered(digest: bytes, data: bytes) -> bytes:
    point = secp256k1.recover(digest, data[1:], data[0] - 31)
    return secp256k1.compress(point) if point else b""


def read_keys(text: str) -> tuple[bytes, ...] | None:
    """Read the key column: keys apart by spaces or commas, a JSON list of them, or JSON
    {"publicKey1": ..., "publicKey2": ...}.

    Returns keys of 33 bytes in their order; None if any of them is no key, or they are too many.
    One that is written twice outside JSON, as in both spellings, is one.
    """
    if text[:1] not in ("{", "["):
        words = [_key(word) for word in key_words(text, _MOST_KEYS)]
        plain = tuple(dict.fromkeys(k for k in words if k is not None))
        return plain if plain and None not in words and len(words) <= _MOST_KEYS else None
    try:
        data = read_json(text)
    except ValueError:
        return None
    if isinstance(data, dict):
        data = [data[n] for n in sorted(data) if n.startswith("publicKey") and data[n] != ""]
    if not isinstance(data, list):
        return None
    keys = tuple(_key(t) for t in data[: _MOST_KEYS + 1])
    found = tuple(k for k in keys if k is not None)
    return found if found and len(found) == len(keys) <= _MOST_KEYS else None


def _key(text: object) -> bytes | None:
    if not isinstance(text, str):
        return None
    if text.startswith(_NEW_KEY):
        data = _checked(text.removeprefix(_NEW_KEY), b"K1")
    elif text.startswith(_OLD_KEY):
        data = _checked(text.removeprefix(_OLD_KEY), b"")
    else:
        data = _bytes(text)
    return data if data and len(data) == 33 and secp256k1.parse_key(data) else None


def _read(text: str) -> bytes | None:
    """Take a signature apart: 31 to 34, r, s. None if it is malformed."""
    if text.startswith(_SIGNATURE):
        data = _checked(text.removeprefix(_SIGNATURE), b"K1")
    else:
        data = _bytes(text)
    if data is None or len(data) != 65 or not 31 <= data[0] <= 34:
        return None
    return data


def _not_canonical(data: bytes) -> str:
    """What is wrong with r or s by the network's own rule, "" if nothing.

    Each must be below 2^255 and, written in 32 bytes, not begin with a zero byte that it could do
    without. Source: `public_key::is_canonical` of the fc library, which nodes read keys with.
    """
    for number in (data[1:33], data[33:]):
        if number[0] & 0x80 or (number[0] == 0 and not number[1] & 0x80):
            return "is not canonical, so no node takes it: sign again with a wallet of the network"
    return ""


def _bytes(text: str) -> bytes | None:
    """A key or a signature as bytes, which the libraries give in hex and base64 as well."""
    if len(text) > _LONGEST:
        return None
    data = decode_hex(text)
    return decode_base64(text) if data is None else data


def _checked(text: str, suffix: bytes) -> bytes | None:
    try:
        raw = base58.decode(text)
    except ValueError:
        return None
    data = raw[:-4]
    return data if ripemd160(data + suffix)[:4] == raw[-4:] else None
