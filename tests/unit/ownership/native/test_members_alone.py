"""One member of an account of several keys signed, and the row does not say who the others are.

The address is a hash then, and nothing shows that it is none of this key's: no false claim.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from hashlib import blake2b, sha256

import pytest
import sr25519
from nacl.signing import SigningKey
from support.native_rows import sr_pair
from support.signed_rows import MESSAGE, claim, ed_key, key

from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.claim import Claim
from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

TEXT = MESSAGE.encode()
SS58 = Ss58Codec("polkadot", "0").encode(sha256(b"an account of several").digest())
SUI = "0x" + sha256(b"an account of several").hexdigest()
PERSONAL = blake2b(b"\3\0\0" + bytes((len(TEXT),)) + TEXT, digest_size=32).digest()


def _sr25519(prefix: str = "") -> Claim:
    made = bytes(sr25519.sign(sr_pair(1), b"<Bytes>" + TEXT + b"</Bytes>"))
    return claim("polkadot", SS58, "0x" + prefix + made.hex())


def _sr25519_of_the_account() -> Claim:
    return _sr25519()._replace(script="0x" + sr_pair(1)[0].hex())


def _polkadot_ecdsa() -> Claim:
    digest = blake2b(b"<Bytes>" + TEXT + b"</Bytes>", digest_size=32).digest()
    return claim("polkadot", SS58, "0x02" + key(1).sign_recoverable(digest, hasher=None).hex())


def _sui_ed25519() -> Claim:
    signer: SigningKey = ed_key(1)
    made = b"\0" + signer.sign(PERSONAL).signature + signer.verify_key.encode()
    return claim("sui", SUI, base64.b64encode(made).decode())


def _sui_secp256k1() -> Claim:
    signer = key(1)
    made = signer.sign_recoverable(sha256(PERSONAL).digest(), hasher=None)[:64]
    return claim("sui", SUI, base64.b64encode(b"\1" + made + signer.public_key.format()).decode())


@pytest.mark.parametrize(
    "row",
    [
        _sr25519,
        lambda: _sr25519("01"),
        _sr25519_of_the_account,
        _polkadot_ecdsa,
        _sui_ed25519,
        _sui_secp256k1,
    ],
)
def test_a_member_who_signed_alone_is_not_called_false(row: Callable[[], Claim]) -> None:
    result = judge(row(), load_registry())
    assert result.control is Control.UNSUPPORTED, result.reason
    assert "several keys" in result.reason or "all its signatories" in result.reason


def test_what_no_key_signed_is_no_members_either() -> None:
    row = _sui_secp256k1()
    changed = judge(row._replace(message=MESSAGE + "."), load_registry())
    assert changed.control is Control.UNSUPPORTED
    assert "fits no known form" in changed.reason
