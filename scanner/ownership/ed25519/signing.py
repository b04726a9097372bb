"""What all Ed25519 schemes share: the check, the key column, and what ties a key to an address.

libsodium does the check: it refuses keys and points of small order (they verify for everybody)
and signatures whose s is not reduced (RFC 8032). Chains whose accounts are names or numbers, or
whose keys can be changed, are not bound by a signature: `asserted`, or for the chain to say.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING

from scanner.errors import AddressFormatError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership import verdicts
from scanner.ownership.changeable import CHANGEABLE
from scanner.ownership.ed25519.ed25519_keys import ACCOUNTS, ADDRESS_IS_KEY, is_address_of
from scanner.ownership.groups import group
from scanner.ownership.interface import Proof, Signer
from scanner.ownership.key_policy import judge_group
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, unsupported
from scanner.ownership.primitives.undecoded import NoKey
from scanner.ownership.unread import other_key

if TYPE_CHECKING:
    from nacl.signing import VerifyKey

MOST_KEYS = 20
"""Keys of one key column."""

_ECDSA_DER = bytes.fromhex("302d300706052b8104000a032200")
_LONGEST_KEY = 120
"""Characters of such a key in base64: 65 bytes in DER."""
_WHOLE_DER = bytes.fromhex("3056301006072a8648ce3d020106052b8104000a034200")
"""RFC 5480: an EC key of secp256k1, of 33 bytes (Hedera's short form) and of 65."""
NOT_BOUND = {
    "near_named": "the key signed; whether it may use the named account is not verified: compare "
    "it with the account's access keys (view_access_key_list of a node)",
    "hedera": "the key signed; whether it is the account's key is not verified: compare it with "
    "the account's key at a mirror node",
    "xrpl": verdicts.REGULAR_KEY,
}
_ROTATED = (
    "the key of the named authentication key signed; whether the account uses it is not "
    "verified: compare it with the account's authentication_key"
)
OTHER_KEY = (
    "the published key signed, but it is not the address's own; only the chain can say whether "
    "the account was given to it: take a snapshot with an endpoint of the network"
)

NOT_SHOWN = {
    "ss58": "the published key signed, but the address is not that key's own: it may belong to "
    "several accounts (multisig) or let others act for it (proxy): publish all its signatories "
    "in the key column",
    "sui": "the published key signed, but the address is not that key's own: it may belong to "
    "several keys: publish the account's own signature, which holds them all",
}
"""Address formats of which one may be a hash of several keys that the row does not show."""


def is_signed(key: bytes, message: bytes, signature: bytes) -> bool:
    """Check one signature (64 bytes, R and s) by a key of 32 bytes, strictly (see the module)."""
    if len(key) != 32 or len(signature) != 64:
        return False
    verify_key, refused = _nacl()
    try:
        verify_key(key).verify(message, signature)
    except refused:
        return False
    return True


@cache
def _nacl() -> tuple[type[VerifyKey], tuple[type[Exception], ...]]:
    """The library, imported for the first signature: most lists have none of its kind."""
    from nacl.exceptions import BadSignatureError, CryptoError  # noqa: PLC0415 - heavy
    from nacl.signing import VerifyKey  # noqa: PLC0415 - heavy

    return VerifyKey, (BadSignatureError, CryptoError, ValueError)


def read_keys(proof: Proof) -> tuple[bytes, ...]:
    """The signers' keys: the key column (one or several), or the address where that is a key.

    Returns distinct keys of 32 bytes. Raises NotProvenError.
    """
    if not proof.script:
        if proof.address.format in ADDRESS_IS_KEY:
            return (proof.address.payload,)
        raise unsupported(
            "the row gives no public key, and the address does not contain it: publish it in the "
            "key column"
        )
    texts = key_words(proof.script, MOST_KEYS)
    keys = [_key(proof, text) for text in texts]
    found = tuple(dict.fromkeys(k for k in keys if k is not None))
    if not found or len(keys) > MOST_KEYS or any(k is None for k in keys):
        raise malformed(NoKey("the public key is not an Ed25519 key: 32 bytes in hex or base64"))
    return found


def _key(proof: Proof, text: str) -> bytes | None:
    key = read_key(text)
    if key is None and proof.address.format in ADDRESS_IS_KEY:
        try:
            key = decode_address(proof.network, text).payload
        except AddressFormatError:
            return None
    return key if key is not None and len(key) == 32 else None


def is_ecdsa_row(proof: Proof) -> bool:
    """Whether a row of Hedera publishes an ECDSA key."""
    if proof.address.format != "hedera":
        return False
    return any(map(ecdsa_key, key_words(proof.script, MOST_KEYS)))


def ecdsa_key(text: str) -> bytes | None:
    """A secp256k1 key in hex or base64, alone or in DER as Hedera's tools print it: 33 bytes."""
    data = decode_hex(text)
    if data is None:
        data = (decode_base64(text) if len(text) <= _LONGEST_KEY else None) or b""
    for start in (_ECDSA_DER, _WHOLE_DER):
        data = data.removeprefix(start)
    point = secp256k1.parse_key(data)
    return None if point is None else secp256k1.compress(point)


def bound(scheme: str, proof: Proof, keys: Sequence[bytes], note: str = "") -> ControlResult:
    """The keys signed: say whether the address is theirs. note: what was unusual."""
    form = proof.address.format
    own = [key for key in keys if is_address_of(proof.address, key)]
    if own and len(own) == len(keys):
        return verdicts.controls(scheme, Binding.DERIVED, (own[0].hex(),), note)
    way = group(form, read_keys(proof), proof.address.payload)
    if way is not None:
        return judge_group(scheme, [signer_of(proof, key) for key in keys], way)
    signers = tuple(key.hex() for key in keys)

    def named(account: bytes) -> Way | None:
        return group(form, read_keys(proof), account)

    if form in NOT_BOUND:
        words = "; ".join(filter(None, (note, NOT_BOUND[form])))
        return verdicts.controls(scheme, Binding.ASSERTED, signers, words)
    if form == "aptos" and proof.owners:
        return rotated(scheme, proof, [signer_of(proof, key) for key in keys], named)
    if form in CHANGEABLE:
        return other_key(scheme, OTHER_KEY)
    if form in NOT_SHOWN and not own:
        return other_key(scheme, NOT_SHOWN[form])
    return verdicts.mismatch(
        scheme, "a signature is good, but the address does not belong to its key"
    )


def signer_of(proof: Proof, key: bytes) -> Signer:
    """A key as whoever a chain may name: the key itself, and the account that it makes."""
    made = ACCOUNTS.get(proof.address.format)
    accounts = () if made is None else made(key)
    names = (PolicyKey(KeyKind.ACCOUNT, account) for account in accounts)
    return Signer(key.hex(), frozenset((PolicyKey(KeyKind.ED25519, key), *names)))


def rotated(
    scheme: str, proof: Proof, signers: Sequence[Signer], opening: Callable[[bytes], Way | None]
) -> ControlResult:
    """Aptos: an account may have been given another authentication key than its own.

    opening(account) -> the way of several keys that it is the hash of, as the row shows them.
    """
    owner = _decode(proof, proof.owners[0])
    if isinstance(owner, str):
        return verdicts.mismatch(scheme, owner)
    way = opening(owner.payload)
    met = way is not None and judge_group(scheme, signers, way).shows_control
    named = PolicyKey(KeyKind.ACCOUNT, owner.payload)
    if len(proof.owners) > 1 or not (met or named in signers[0].keys):
        return verdicts.mismatch(
            scheme, "the key belongs neither to the address nor to the authentication key"
        )
    names = tuple(signer.text for signer in (signers if met else signers[:1]))
    return verdicts.controls(scheme, Binding.ASSERTED, names, _ROTATED)


def _decode(proof: Proof, text: str) -> Address | str:
    try:
        return decode_address(proof.network, text)
    except AddressFormatError as e:
        return f"owner 1: {e.reason}"


def opened(proof: Proof, account: bytes) -> Way | None:
    """The way of the row's keys that an account named by the chain stands for: see Opening."""
    try:
        return group(proof.address.format, read_keys(proof), account)
    except NotProvenError:
        return None
