"""The 65-byte message signature of Bitcoin and its relatives ("signmessage", BIP-137).

One header byte (27 to 42), r and s, in base64; or, as OKX writes some rows, 0x-hex r s v over its
own Keccak envelope. Who may sign for an address:

1. P2PKH, P2WPKH, P2SH-P2WPKH: the key that hashes to the address.
2. P2SH, P2WSH, P2SH-P2WSH: at least m distinct keys of the bare m-of-n script that hashes to it.

Every signature given must verify: one that fits no key makes the row a mismatch.
Sources: Bitcoin Core `signmessage`; BIP-137; Electrum; the OKX published rows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import NamedTuple

from scanner.model.addresses import scripts
from scanner.model.control import DERIVED, Control, ControlResult
from scanner.model.network import Network
from scanner.ownership.bitcoin.bip322_reading import read_text, read_witness
from scanner.ownership.bitcoin.key_column import names_key
from scanner.ownership.bitcoin.multisig import Multisig, commitment, parse_multisig
from scanner.ownership.bitcoin.odd_forms import odd_form
from scanner.ownership.freshness import grade
from scanner.ownership.interface import ContractCall, Proof
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.envelopes import okx_keccak
from scanner.ownership.primitives.hashes import hash160, message_bytes, sha256d
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.primitives.secp256k1 import HIGH_S, compress, is_low_s, parse_key, recover
from scanner.ownership.primitives.undecoded import NoKey, NoSignature
from scanner.ownership.verdicts import controlled

MAX_SIGNATURES = 20
"""Signature columns looked at; the largest multisig has 16 keys."""
MAX_MESSAGE = 65_536
"""Characters of the longest message looked at; digests of the last few texts are remembered."""

_UNCOMPRESSED, _COMPRESSED = range(27, 31), range(31, 35)
_NESTED, _NATIVE = range(35, 39), range(39, 43)

HEADERS: Mapping[str, Mapping[str, tuple[range, ...]]] = {
    "classic": {"p2pkh": (_UNCOMPRESSED, _COMPRESSED), "multisig": (_UNCOMPRESSED, _COMPRESSED)},
    "bip137": {"p2sh_p2wpkh": (_NESTED,), "p2wpkh": (_NATIVE,)},
    "electrum": {"p2sh_p2wpkh": (_COMPRESSED,), "p2wpkh": (_COMPRESSED,)},
}
"""Policy -> address kind -> header bytes it takes; the first policy that takes one is named."""
DEFAULT_POLICIES = ("classic", "bip137", "electrum")
"""`nfc` is the one more there is: also try the message in Unicode form NFC, as Trezor signs it."""
_FROM_WEB = str.maketrans("-_", "+/")
_new = tuple.__new__
_FORMATS = frozenset(("p2pkh", "p2wpkh", "p2sh", "p2wsh"))
_UTXO_FORMATS = _FORMATS | {"p2tr", "p2a"}


class _Signature(NamedTuple):
    """header: 27 to 42. okx: made over OKX's envelope (the header then has no address type)."""

    header: int
    compact: bytes
    okx: bool = False


class BitcoinMessage:
    """Verifies 65-byte message signatures on every UTXO network.

    policies: which header bytes go with which address, see `HEADERS`.
    """

    name = "bitcoin_message"
    said = "signmessage"

    def __init__(self, policies: Iterable[str] = DEFAULT_POLICIES) -> None:
        self._nfc = "nfc" in policies
        self._headers: dict[tuple[str, int], str] = {}
        for policy in policies:
            for kind, ranges in HEADERS.get(policy, {}).items():
                for header in (h for r in ranges for h in r):
                    self._headers.setdefault((kind, header), policy)

    def handles(self, proof: Proof) -> bool:
        """Whether the signature is of this kind, or no other scheme of the network could read it.

        A network with BIP-322 leaves it everything that is not 65 bytes.
        """
        kind = proof.address.format
        if kind not in _UTXO_FORMATS and not kind.startswith("witness_v"):
            return False
        if "bip322" not in proof.network.schemes:
            return True
        return any(map(looks_compact, proof.signatures[:MAX_SIGNATURES]))

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the proof: see the module's rules. `call` is not used."""
        if not proof.signatures:
            return ControlResult(Control.UNSIGNED, reason="no signature was published")
        try:
            return self._verify(proof)
        except NotProvenError as e:
            odd = odd_form(proof) if e.control is not Control.UNSUPPORTED else ""
            if e.control is Control.MALFORMED and any(map(_is_bip322, proof.signatures)):
                odd = odd or "; it is a signature of BIP-322, which is not read here" + _SIGN_AGAIN
            return (unsupported(e.reason + odd) if odd else e).result(self.name)

    def _verify(self, proof: Proof) -> ControlResult:
        address = proof.address
        if address.format not in _FORMATS:
            reason = f"a {address.format} address has no 65-byte message signature: use BIP-322"
            raise unsupported(reason)
        if len(proof.signatures) > MAX_SIGNATURES or len(proof.message) > MAX_MESSAGE:
            raise malformed("the signatures or the text are longer than a proof can be")
        signatures = [_read(n, text) for n, text in enumerate(proof.signatures, 1)]
        script = _script(proof.script)
        if _is_multisig(proof, script):
            return self._multisig(proof, script, signatures)
        return self._single(proof, script, signatures)

    def _single(self, proof: Proof, script: bytes, signatures: list[_Signature]) -> ControlResult:
        """Judge an address of one key."""
        kind = proof.address.format
        if kind == "p2sh":
            kind = "p2sh_p2wpkh"
            if not has_segwit(proof.network):
                reason = "the list does not give this address's redeem script: publish it"
                raise unsupported(reason)
        notes = _unusual(signatures)
        key = b""
        for number, signature in enumerate(signatures, 1):
            note = self._policy(number, kind, signature)
            key = self._signer_of(number, kind, proof, signature)
            notes += [note] if note and note not in notes else []
        _check_script_column(proof, script, key)
        return self._controls(proof, 1, (key.hex(),), notes)

    def _signer_of(self, number: int, kind: str, proof: Proof, signature: _Signature) -> bytes:
        """Find the key, in the form the address hashes. Raises if it is another address's."""
        for message in self._messages(proof.message):
            point = _recover(proof, message, signature)
            for key in _forms(point, kind, signature):
                if _payload(kind, key) == proof.address.payload:
                    return key
        reason = (
            f"signature {number} was made by a key other than the address's, or over another text"
        )
        if kind == "p2sh_p2wpkh" and not proof.script:
            reason += "; or the redeem script is missing"
        raise mismatch(reason)

    def _multisig(self, proof: Proof, script: bytes, signatures: list[_Signature]) -> ControlResult:
        """Judge an address of a bare m-of-n script."""
        multisig = _read_multisig(proof, script)
        signed: dict[bytes, bytes] = {}
        notes = _unusual(signatures)
        try:
            for number, signature in enumerate(signatures, 1):
                note = self._policy(number, "multisig", signature)
                key = self._member(number, proof, multisig, signature)
                signed[compress(key) if len(key) == 65 else key] = key
                notes += [note] if note and note not in notes else []
        except NotProvenError as e:
            e.required = multisig.required
            raise
        signed_by = tuple([key.hex() for key in signed.values()])
        if len(signed) < multisig.required:
            reason = (
                f"only {len(signed)} of the {multisig.required} required keys signed "
                f"({multisig.required}-of-{len(multisig.keys)} multisig)"
            )
            return ControlResult(
                Control.MISMATCH,
                scheme=self.name,
                required=multisig.required,
                signed_by=signed_by,
                reason=reason,
            )
        return self._controls(proof, multisig.required, signed_by, notes)

    def _member(
        self, number: int, proof: Proof, multisig: Multisig, signature: _Signature
    ) -> bytes:
        """Find which key of the script signed. Raises if none did."""
        for message in self._messages(proof.message):
            point = _recover(proof, message, signature)
            for key in _forms(point, "multisig", signature):
                if key in multisig.keys:
                    return key
        raise mismatch(
            f"signature {number} was made by none of the script's keys, or over another text"
        )

    def _policy(self, number: int, kind: str, signature: _Signature) -> str:
        """Check the header against the address type; returns what to say about it, mostly ""."""
        if signature.okx:
            return "signed in OKX's Keccak envelope"
        policy = self._headers.get((kind, signature.header))
        if policy is None:
            raise mismatch(
                f"header {signature.header} of signature {number} says {_names(signature.header)}, "
                f"the address is {kind}",
            )
        if policy == "electrum":
            return f"header {signature.header} on a {kind} address: Electrum's way, not BIP-137's"
        return ""

    def _messages(self, message: str) -> tuple[str, ...]:
        if self._nfc and not unicodedata.is_normalized("NFC", message):
            return message, unicodedata.normalize("NFC", message)
        return (message,)

    def _controls(
        self, proof: Proof, required: int, signed_by: tuple[str, ...], notes: list[str]
    ) -> ControlResult:
        said = "; ".join(notes)
        return controlled(DERIVED, grade(proof.message), self.name, required, signed_by, said)


def has_segwit(network: Network) -> bool:
    """Whether the network knows witness programs; without, P2SH of one is anyone's to spend."""
    return "segwit:" in network.address_codec


@lru_cache(maxsize=64)
def message_digest(header: str, message: str) -> bytes:
    """Double SHA-256 of the length-prefixed header and message; cached, lists repeat one text."""
    return sha256d(message_bytes(header, message))


@lru_cache(maxsize=64)
def _okx_digest(message: str) -> bytes:
    return okx_keccak(message.encode())


def looks_compact(text: str) -> bool:
    """Whether a signature can be one of 65 bytes, and none of BIP-322."""
    if text[:2] in ("0x", "0X"):
        return True
    if len(text) != 88:
        return False
    return len(decode_base64(text) or decode_base64(text.translate(_FROM_WEB)) or b"") == 65


_SIGN_AGAIN = ": sign again with signmessage"


def _is_bip322(text: str) -> bool:
    """Whether a signature is a witness of BIP-322: a signature and its key, or one of taproot."""
    try:
        stack = read_witness(read_text(text).data) if len(text) <= MAX_MESSAGE else ()
    except ValueError:
        return False
    return 0 < len(stack) <= MAX_SIGNATURES and any(len(item) >= 64 for item in stack)


def _read(number: int, text: str) -> _Signature:
    if text[:2] in ("0x", "0X"):
        return _read_hex(number, text)
    data = decode_base64(text) if len(text) <= 100 else None
    if data is None and len(text) == 88:
        data = decode_base64(text.translate(_FROM_WEB))
    if data is None or len(data) != 65:
        raise malformed(NoSignature(f"signature {number} is not 65 bytes in base64", number))
    if not 27 <= data[0] <= 42:
        reason = f"signature {number} has header {data[0]}, which is not 27 to 42"
        raise malformed(NoSignature(reason, number))
    # As `_Signature(..)` does, but quicker: lists have hundreds of thousands of them.
    return _new(_Signature, (data[0], data[1:], False))


def _read_hex(number: int, text: str) -> _Signature:
    data = decode_hex(text) if len(text) <= 132 else None
    if data is None or len(data) != 65:
        raise malformed(NoSignature(f"signature {number} is not 65 bytes in hex", number))
    header = data[64] + 27 if data[64] < 4 else data[64]
    if not 27 <= header <= 34:
        reason = f"signature {number} ends in v = {data[64]}, which is not 0 to 3 or 27 to 34"
        raise malformed(NoSignature(reason, number))
    return _Signature(header, data[:64], okx=True)


def _unusual(signatures: list[_Signature]) -> list[str]:
    """What to say about the signatures' numbers."""
    for signature in signatures:
        if not is_low_s(signature.compact):
            return [HIGH_S]
    return []


def _recover(proof: Proof, message: str, signature: _Signature) -> bytes:
    try:
        if signature.okx:
            digest = _okx_digest(message)
        elif not proof.network.message_header:
            raise unsupported("the network's message header is not known (message_header)")
        else:
            digest = message_digest(proof.network.message_header, message)
    except UnicodeEncodeError:
        raise malformed("the message is not Unicode text") from None
    point = recover(digest, signature.compact, (signature.header - 27) & 3)
    if point is None:
        raise mismatch("no key can have made this signature")
    return point


def _forms(point: bytes, kind: str, signature: _Signature) -> tuple[bytes, ...]:
    """Give the forms of the key that the header allows. Segwit knows compressed keys only."""
    if kind in ("p2wpkh", "p2sh_p2wpkh") or signature.header in _COMPRESSED:
        return (compress(point),)
    # 27..30 says uncompressed in Bitcoin's own scheme and nothing about it in OKX's 0x form.
    return (compress(point), point) if signature.okx else (point,)


def _payload(kind: str, key: bytes) -> bytes:
    key_hash = hash160(key)
    return hash160(b"\x00\x14" + key_hash) if kind == "p2sh_p2wpkh" else key_hash


def _names(header: int) -> str:
    for headers, name in (
        (_UNCOMPRESSED, "p2pkh, uncompressed"),
        (_COMPRESSED, "p2pkh"),
        (_NESTED, "p2sh_p2wpkh"),
    ):
        if header in headers:
            return name
    return "p2wpkh"


def _script(text: str) -> bytes:
    script = decode_hex(text)
    if script is None:
        raise malformed(NoKey("the script column is not hex"))
    return script


def _is_multisig(proof: Proof, script: bytes) -> bool:
    """P2WSH always has a script; P2SH has one unless it nests a single key."""
    if proof.address.format == "p2wsh":
        return True
    if proof.address.format != "p2sh" or not script:
        return False
    is_nested_key = len(script) == 22 and script.startswith(b"\x00\x14")
    return not is_nested_key and parse_key(script) is None and not _is_output_script(script)


def _is_output_script(script: bytes) -> bool:
    return len(script) == 23 and script.startswith(b"\xa9\x14")


def _read_multisig(proof: Proof, script: bytes) -> Multisig:
    if not script:
        raise unsupported("the list does not give the script behind this address: publish it")
    how = commitment(proof.address, script)
    if not how:
        raise mismatch("the script does not hash to the address")
    if how == "p2sh_p2wsh" and not has_segwit(proof.network):
        reason = "nested witness scripts can be spent by anyone on a network without segwit"
        raise unsupported(reason)
    multisig = parse_multisig(script)
    if multisig is None:
        reason = "the script is not a bare m-of-n of valid keys: use BIP-322 to prove it"
        raise unsupported(reason)
    multisig.refuse_repeated_keys()
    return multisig


def _check_script_column(proof: Proof, script: bytes, key: bytes) -> None:
    """Check what a single-key row says in the script column: output script, redeem script, key."""
    allowed = {b"", scripts.script_pubkey(proof.address)}
    if proof.address.format == "p2sh":
        allowed.add(b"\x00\x14" + hash160(key))
    if script in allowed or names_key(script, key):
        return
    raise mismatch("the signature fits the address, the script or key column does not")
