"""Which keys may spend from a Stellar account: its signers, their weights, the medium threshold.

Source: Stellar documentation, "Signatures and Multisig": payments need the medium threshold, and
a threshold of 0 still needs one signer of weight 1 or more. Hash and pre-authorized signers are no
keys: who knows the preimage, or holds that very transaction, may use them.
"""

from __future__ import annotations

from scanner.chains.shape import take
from scanner.errors import AddressFormatError, SourceUnavailableError
from scanner.model.addresses.base32_keys import StrkeyCodec
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted

_KEY = "ed25519_public_key"


def account_keys(endpoint: str, account: object, height: int) -> KeyPolicy:
    """Read the one way to spend from Horizon's account. Raises SourceUnavailableError."""
    threshold = max(1, take(endpoint, account, int, "thresholds", "med_threshold"))
    members, others = [], 0
    for signer in take(endpoint, account, list, "signers"):
        weight = take(endpoint, signer, int, "weight")
        if take(endpoint, signer, str, "type") != _KEY:
            others += 1
        elif weight:
            members.append(Weighted(_key(endpoint, take(endpoint, signer, str, "key")), weight))
    try:
        way = Way("signers", tuple(members), threshold)
    except ValueError as e:
        raise SourceUnavailableError(endpoint, f"gave an invalid answer: {e}") from None
    note = f"{others} of its signers are not keys" if others else ""
    return KeyPolicy((way,), height, note)


def _key(endpoint: str, text: str) -> PolicyKey:
    try:
        found = StrkeyCodec("stellar", "").decode(text)
    except AddressFormatError:
        raise SourceUnavailableError(endpoint, "names an invalid signer") from None
    return PolicyKey(KeyKind.ED25519, found.payload)
