"""The keys of Aptos accounts: of one of several kinds (SingleKey), or several with a threshold.

An account's address, until its key is rotated, is its authentication key: SHA3-256 of the keys and
a byte for the scheme (0 one Ed25519 key, 1 MultiEd25519, 2 SingleKey, 3 MultiKey). Ed25519 signs
the text, secp256k1 its SHA3-256, with low s. Keys of secp256r1 (which sign by WebAuthn alone),
keyless and post-quantum ones are read as members of an account; what they sign is not.
Source: aptos-core, AnyPublicKey and MultiKey (AIP-55), AuthenticationKey; checked with what
@aptos-labs/ts-sdk makes: tests/vectors/aptos_keys.
"""

from __future__ import annotations

from collections.abc import Iterator
from hashlib import sha3_256
from typing import Final, NamedTuple

from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership.ed25519.signing import is_signed
from scanner.ownership.interface import Signer
from scanner.ownership.nested import several
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.bcs import BcsReader
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import malformed, unsupported
from scanner.ownership.primitives.undecoded import NoKey

ED25519: Final = 0
SECP256K1: Final = 1
SECP256R1: Final = 2
KEYLESS: Final = 3
FEDERATED: Final = 4
POST_QUANTUM: Final = 5
NAMES: Final = {
    SECP256R1: "of secp256r1 (WebAuthn)",
    KEYLESS: "keyless",
    FEDERATED: "keyless",
    POST_QUANTUM: "post-quantum (SLH-DSA)",
}
"""Kinds whose signatures are not read, as a reason calls them."""

MOST: Final = 32
"""Keys of one account."""
MOST_WORDS: Final = 20
"""Keys of a column that gives them one by one."""
LONGEST: Final = 16_384
"""Characters of a key or signature that is read: those of thirty-two keys fit."""

_SIZES: Final = {ED25519: 32, SECP256K1: 65, SECP256R1: 65, POST_QUANTUM: 32}
_IN_BCS: Final = (33, 66)
"""Bytes of a bare key of Ed25519 or secp256k1 in BCS: its length stands before it."""
_COMMITMENT: Final = 32
_ACCOUNT: Final = 32
_SECP256K1_MARK: Final = "secp256k1-pub-"


class AnyKey(NamedTuple):
    """kind: the variant of AnyPublicKey. body: what follows it in BCS."""

    kind: int
    body: bytes

    @property
    def key(self) -> bytes:
        """The bytes of the key itself, without their length: of kinds that have a size."""
        return self.body[1:]

    @property
    def text(self) -> str:
        """The key as a verdict names it: of secp256k1 in its short form."""
        return (secp256k1.compress(self.key) if self.kind == SECP256K1 else self.key).hex()

    @property
    def accounts(self) -> tuple[bytes, ...]:
        """Authentication keys of this key alone."""
        single = sha3_256(bytes((self.kind,)) + self.body + b"\x02").digest()
        if self.kind != ED25519:
            return (single,)
        return sha3_256(self.key + b"\x00").digest(), single

    @property
    def named(self) -> PolicyKey:
        """The key as a way names it."""
        if self.kind == ED25519:
            return PolicyKey(KeyKind.ED25519, self.key)
        if self.kind == SECP256K1:
            return PolicyKey(KeyKind.SECP256K1, secp256k1.compress(self.key))
        return PolicyKey(KeyKind.ACCOUNT, self.accounts[0])

    @property
    def signer(self) -> Signer:
        """The key as whoever a chain may name."""
        accounts = (PolicyKey(KeyKind.ACCOUNT, account) for account in self.accounts)
        return Signer(self.text, frozenset((self.named, *accounts)))


class Keys(NamedTuple):
    """What a row shows of an account's keys, in the account's order.

    threshold: how many must sign, 0 where the row does not say.
    """

    members: tuple[AnyKey, ...]
    threshold: int = 0

    def way(self, account: bytes) -> Way | None:
        """The way of several keys that an authentication key is the hash of; None if not of these.

        Where the row does not say, every threshold is tried, there are few.
        """
        count = len(self.members)
        for threshold in (self.threshold,) if self.threshold else range(1, count + 1):
            if account in self._hashes(threshold):
                return several([member.named for member in self.members], threshold)
        return None

    def _hashes(self, threshold: int) -> Iterator[bytes]:
        need, count = bytes((threshold,)), len(self.members)
        listed = b"".join(bytes((member.kind,)) + member.body for member in self.members)
        yield sha3_256(bytes((count,)) + listed + need + b"\x03").digest()
        if count > 1 and all(member.kind == ED25519 for member in self.members):
            keys = b"".join(member.key for member in self.members)
            yield sha3_256(keys + need + b"\x01").digest()


def is_by(signer: AnyKey, text: bytes, digest: bytes, signature: bytes) -> bool:
    """Whether a key made a signature (64 bytes) over a text; digest: SHA3-256 of it."""
    if signer.kind == ED25519:
        return is_signed(signer.key, text, signature)
    return signer.kind == SECP256K1 and secp256k1.verify_ecdsa(digest, signature, signer.key)


def column_keys(column: str) -> Keys:
    """The keys of a column: the account's whole key, or keys one by one in the account's order.

    Raises NotProvenError for what is neither, and for none.
    """
    words = key_words(column, MOST_WORDS)
    if not words:
        raise unsupported(
            "the row gives no public key, and the address does not contain it: publish it in the "
            "key column"
        )
    whole = _whole(words[0]) if len(words) == 1 else None
    if whole is not None:
        return whole
    members = [_one(word) for word in words]
    found = tuple(member for member in members if member is not None)
    if len(found) != len(words) or len(words) > MOST_WORDS:
        raise malformed(
            NoKey(
                "the public key is no key of Aptos: 32 bytes (Ed25519), 33 or 65 (secp256k1), or "
                "BCS of an AnyPublicKey, a MultiKey or a MultiEd25519 key, in hex or base64"
            )
        )
    return Keys(found)


def decoded(text: str) -> bytes | None:
    """Bytes in hex or base64, of a text that is not too long."""
    data = decode_hex(text) if len(text) <= LONGEST else None
    return decode_base64(text) if data is None and len(text) <= LONGEST else data


def any_key(source: BcsReader) -> AnyKey:
    """The next AnyPublicKey. Raises ValueError."""
    kind = source.uleb()
    if kind in _SIZES:
        body = _sized(source.sized(_SIZES[kind]))
    elif kind in (KEYLESS, FEDERATED):
        where = source.take(_ACCOUNT) if kind == FEDERATED else b""
        body = where + _sized(source.sized()) + _sized(source.sized(_COMMITMENT))
    else:
        raise ValueError("a key of another kind")
    if kind == SECP256K1 and secp256k1.parse_key(body[1:]) is None:
        raise ValueError("no point of the curve")
    return AnyKey(kind, body)


def multi_key(source: BcsReader) -> Keys:
    """The next MultiKey. Raises ValueError."""
    members = tuple(any_key(source) for _ in range(source.count(MOST)))
    return _checked(Keys(members, source.number()))


def multi_ed25519(data: bytes) -> Keys:
    """A MultiEd25519 key: 32 bytes for each key, and the threshold. Raises ValueError."""
    count, rest = divmod(len(data), _SIZES[ED25519])
    if rest != 1 or not 1 < count <= MOST:
        raise ValueError("no MultiEd25519 key")
    parts = (data[at : at + 32] for at in range(0, 32 * count, 32))
    return _checked(Keys(tuple(AnyKey(ED25519, _sized(part)) for part in parts), data[-1]))


def _checked(keys: Keys) -> Keys:
    if not 0 < keys.threshold <= len(keys.members):
        raise ValueError("a threshold that no account can have")
    return keys


def _sized(data: bytes) -> bytes:
    """Bytes with their length before them: ULEB128 of up to two bytes."""
    size = len(data)
    return (bytes((size,)) if size < 0x80 else bytes((size & 0x7F | 0x80, size >> 7))) + data


def _one(word: str) -> AnyKey | None:
    key = read_key(word)
    if key is not None:
        return AnyKey(ED25519, _sized(key))
    data = decoded(word.removeprefix(_SECP256K1_MARK))
    if data is not None and len(data) in _IN_BCS and data[0] == len(data) - 1:
        data = data[1:]
    if data is not None and len(data) == _SIZES[ED25519]:
        return AnyKey(ED25519, _sized(data))
    point = None if data is None else secp256k1.parse_key(data)
    if point is not None:
        return AnyKey(SECP256K1, _sized(point))
    try:
        source = BcsReader(data or b"")
        found = any_key(source)
        source.end()
    except ValueError:
        return None
    return found


def _whole(word: str) -> Keys | None:
    """A key of several keys, as it stands in BCS, with or without its length; None for others."""
    data = decoded(word)
    if data is None or _one(word) is not None:
        return None
    for read in (_bcs_multi_key, multi_ed25519, _sized_multi_ed25519):
        try:
            return read(data)
        except ValueError:
            continue
    return None


def _bcs_multi_key(data: bytes) -> Keys:
    source = BcsReader(data)
    found = multi_key(source)
    source.end()
    return found


def _sized_multi_ed25519(data: bytes) -> Keys:
    source = BcsReader(data)
    found = multi_ed25519(source.sized())
    source.end()
    return found
