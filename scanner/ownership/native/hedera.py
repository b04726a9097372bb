"""Hedera's wallets: "Hedera Signed Message", the text's length and the text, in a SignatureMap.

The length counts UTF-16 units, as the wallets' library does, or bytes. Ed25519 keys sign that,
ECDSA keys Keccak-256 of it. A SignatureMap (protobuf in base64) holds the signature with the start
of its key, or those of several keys, which are judged as so many signatures; WalletConnect answers
with it in an object (signatureMap); 64 bytes alone are read as well. Accounts are numbers: what
keys they have is for the network to say.
Sources: HIP-820 and hedera-wallet-connect (prefixMessageToSign); SignatureMap of hedera-protobufs.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, ControlResult
from scanner.model.jsontext import read_json
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.ed25519.signing import (
    MOST_KEYS,
    NOT_BOUND,
    ecdsa_key,
    is_signed,
    signer_of,
)
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import ContractCall, Proof, Readings, Signer, one_reading
from scanner.ownership.primitives import low_s
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.envelopes import okx_bytes
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.makers import makers
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.unread import unread

_TITLE = "\x19Hedera Signed Message:\n"
_PAIR, _PREFIX, _ED25519, _ECDSA = b"\x0a", b"\x0a", b"\x1a", b"\x32"
"""Protobuf tags: field 1 of the map; fields 1, 3 and 6 of a pair; all of them bytes."""
_LONGEST = 6_000
"""Characters of a map: one of so many signatures fits."""
_MOST_PAIRS = 20
_EVM_ADDRESS = 20
_FROM_WEB = str.maketrans("-_", "+/")
_UNKNOWN = (
    "signature {number} is a map with a signature by a key that the row does not publish "
    "({start}..): publish the keys of all that signed, separated by spaces"
)
_NO_KEY = (
    "the key column has {what}, which is no key: publish the public key in hex, as a mirror node "
    "has it"
)
_NO_ECDSA_KEY = "the signature is by an ECDSA key: publish that one in the key column"


class HederaText:
    """Accounts of Hedera, keys of both kinds."""

    name = "hedera_text"
    said = "Hedera's signed message"

    def __init__(self) -> None:
        self._ed = Ed25519Text(self.name, self.said, {"hedera"}, _texts, _by_ed25519)

    def handles(self, proof: Proof) -> bool:
        """Accounts of Hedera."""
        return proof.address.format == "hedera"

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is a published key's."""
        try:
            proof = _apart(proof)
            keys = _keys(proof.script)
            if keys is None:
                _check_column(proof.script)
                return self._ed.verify(proof, call)
            made = _makers(proof, keys)
        except NotProvenError as e:
            return e.result(self.name)
        if not made:
            return unread(self.name, 1)
        names = tuple(key.hex() for key in made)
        return verdicts.controls(self.name, Binding.ASSERTED, names, NOT_BOUND["hedera"])

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        try:
            proof = _apart(proof)
            keys = _keys(proof.script)
            if keys is None:
                return self._ed.signers(proof)
            return one_reading([_signer(proof, key) for key in _makers(proof, keys)])
        except NotProvenError:
            return ()


_Maker = tuple[bytes, int, bytes]
"""A key, and which signature it made if it is an ECDSA key: its number, r and s."""


def _keys(text: str) -> tuple[bytes, ...] | None:
    """The keys of a column with an ECDSA key in it: 33 bytes of that kind, 32 of Ed25519.

    None where it has none of that kind, or something else: such a column is Ed25519's to read.
    """
    texts = key_words(text, MOST_KEYS)
    if len(texts) > MOST_KEYS:
        return None
    found = [ecdsa_key(t) or read_key(t) for t in texts]
    keys = tuple(dict.fromkeys(key for key in found if key is not None))
    return keys if None not in found and any(map(_is_ecdsa, keys)) else None


def _is_ecdsa(key: bytes) -> bool:
    return len(key) == 33


def _signer(proof: Proof, key: bytes) -> Signer:
    if not _is_ecdsa(key):
        return signer_of(proof, key)
    return Signer(key.hex(), frozenset((PolicyKey(KeyKind.SECP256K1, key),)))


def _makers(proof: Proof, keys: Iterable[bytes]) -> tuple[bytes, ...]:
    """The keys that made the signatures, each once; () if none is by any of them.

    Raises NotProvenError.
    """
    digests = {text: keccak256(text) for text in _texts(proof)}
    signatures: list[tuple[int, bytes, bytes]] = []
    for number, written in enumerate(proof.signatures, 1):
        read = _read(written)
        if read is None:
            reason = f"signature {number} is not 64 bytes in hex or base64, or in a map"
            raise malformed(NoSignature(reason, number))
        signatures.append((number, *read))

    def tries(read: tuple[int, bytes, bytes], text: bytes) -> Iterator[tuple[_Maker, bool]]:
        number, kind, signature = read
        mine = (k for k in keys if kind == (_ECDSA if _is_ecdsa(k) else _ED25519) or not kind)
        for key in mine:
            by = (key, number, signature) if _is_ecdsa(key) else (key, 0, b"")
            yield by, _signed(key, text, digests[text], signature)

    made, unfit = makers(signatures, tuple(digests), tries)
    if made and unfit is not None:
        raise _not_by(proof, keys, signatures[unfit])
    if unfit is not None:
        return ()
    low_s.refuse_high((number, signature) for _, number, signature in made if number)
    return tuple(dict.fromkeys(key for key, _, _ in made))


def _not_by(proof: Proof, keys: Iterable[bytes], read: tuple[int, bytes, bytes]) -> NotProvenError:
    """What a signature is that is not in this form: good in the other one of Hedera's, or false."""
    number, kind, signature = read
    enveloped = okx_bytes(proof.message.encode())
    edwards = (key for key in keys if kind != _ECDSA and not _is_ecdsa(key))
    if any(is_signed(key, enveloped, signature) for key in edwards):
        return unsupported(
            f"signature {number} is good in another form (OKX's envelope) than others of the row: "
            "sign all in one form"
        )
    return mismatch(f"signature {number} is not by a published key")


def _signed(key: bytes, text: bytes, digest: bytes, signature: bytes) -> bool:
    if _is_ecdsa(key):
        return low_s.verify(digest, signature, key)
    return is_signed(key, text, signature)


def _texts(proof: Proof) -> tuple[bytes, ...]:
    units = len(proof.message.encode("utf-16-le")) // 2
    sizes = dict.fromkeys((units, len(proof.message.encode())))
    return tuple(f"{_TITLE}{size}{proof.message}".encode() for size in sizes)


def _by_ed25519(text: str) -> bytes | None:
    """The signature where no ECDSA key is published. Raises NotProvenError."""
    read = _read(text)
    if read is not None and read[0] == _ECDSA:
        raise unsupported(_NO_ECDSA_KEY)
    return None if read is None else read[1]


def _read(text: str) -> tuple[bytes, bytes] | None:
    """The one signature of a SignatureMap with its tag, or 64 bytes alone with none."""
    plain = hex_or_base64(text)
    if plain is not None:
        return b"", plain
    pairs = _pairs(text)
    return (pairs[0].tag, pairs[0].signature) if len(pairs) == 1 else None


class _Pair(NamedTuple):
    """One signature of a map. prefix: how its key begins. tag: of its kind."""

    prefix: bytes
    tag: bytes
    signature: bytes

    @property
    def alone(self) -> str:
        """A map of this one."""
        pair = self.tag + bytes((len(self.signature),)) + self.signature
        return (_PAIR + bytes((len(pair),)) + pair).hex()


def _pairs(text: str) -> tuple[_Pair, ...]:
    """The different signatures of a SignatureMap; () for what is none."""
    rest = _bytes(text) if len(text) <= _LONGEST else b""
    found: list[_Pair] = []
    while rest and len(found) < _MOST_PAIRS:
        held = _field(rest, _PAIR)
        pair = None if held is None else _pair(held[0])
        if held is None or pair is None:
            return ()
        found.append(pair)
        rest = held[1]
    return tuple(found) if not rest and len(set(found)) == len(found) else ()


def _bytes(text: str) -> bytes:
    """A map's bytes, from hex or base64, also as web addresses have it."""
    data = decode_hex(text)
    if data is None:
        web = text.translate(_FROM_WEB).rstrip("=")
        data = decode_base64(web + "=" * (-len(web) % 4))
    return data or b""


def _pair(data: bytes) -> _Pair | None:
    prefix = _field(data, _PREFIX)
    start, rest = (b"", data) if prefix is None else prefix
    for tag in (_ED25519, _ECDSA):
        signature = _field(rest, tag)
        if signature is not None and not signature[1] and len(signature[0]) == 64:
            return _Pair(start, tag, signature[0])
    return None


def _apart(proof: Proof) -> Proof:
    """The row with each signature of its maps alone. Raises NotProvenError.

    A map of several that names a key which is not published says that somebody else signed, too.
    """
    texts: list[str] = []
    published = [ecdsa_key(word) or read_key(word) for word in key_words(proof.script, MOST_KEYS)]
    for number, written in enumerate(proof.signatures, 1):
        text = _unwrapped(written)
        if text[:1] in ("{", "["):
            raise unsupported(
                f"signature {number} is in JSON of a form that is not read: publish the "
                "SignatureMap in base64"
            )
        pairs = _pairs(text) if hex_or_base64(text) is None else ()
        for pair in pairs if len(pairs) > 1 else ():
            if not any(key is None or key.startswith(pair.prefix) for key in published):
                raise unsupported(_UNKNOWN.format(number=number, start=pair.prefix[:8].hex()))
        texts += [pair.alone for pair in pairs] if len(pairs) > 1 else [text]
    return proof._replace(signatures=tuple(texts))


def _unwrapped(text: str) -> str:
    """The map in an object as WalletConnect answers; the text itself for others."""
    if text[:1] != "{" or len(text) > _LONGEST:
        return text
    try:
        found = read_json(text, unique_names=True)
    except ValueError:
        return text
    held = found.get("signatureMap") if isinstance(found, dict) else None
    return held if isinstance(held, str) else text


def _check_column(text: str) -> None:
    """What is no key, and certainly something else. Raises NotProvenError."""
    if text[:1] == "{":
        raise unsupported(_NO_KEY.format(what="JSON"))
    if any(len(decode_hex(word) or b"") == _EVM_ADDRESS for word in key_words(text, MOST_KEYS)):
        raise unsupported(_NO_KEY.format(what="an EVM address"))


def _field(data: bytes, tag: bytes) -> tuple[bytes, bytes] | None:
    """A field of up to 127 bytes at the start: its value, and what follows; None if another."""
    if len(data) < 2 or data[:1] != tag or data[1] > 127 or len(data) < 2 + data[1]:
        return None
    return data[2 : 2 + data[1]], data[2 + data[1] :]
