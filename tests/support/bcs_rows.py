"""Rows of Sui and Aptos in the forms of their SDKs; written apart from the schemes.

As `native_rows`: put together here again, so that changed rows find what the vectors do not.
"""

from __future__ import annotations

import base64
import json
from functools import cache
from hashlib import blake2b, sha3_256, sha256

from Crypto.Hash import SHA256
from Crypto.PublicKey import ECC
from Crypto.Signature import DSS

from support.signed_rows import MESSAGE, Signed, claim, ed_key, key, point

TEXT = MESSAGE.encode()
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
SUI_DIGEST = blake2b(b"\3\0\0" + bytes((len(TEXT),)) + TEXT, digest_size=32).digest()


@cache
def _p256(number: int) -> ECC.EccKey:
    secret = int.from_bytes(sha256(f"p256 {number}".encode()).digest()) % P256_ORDER
    return ECC.construct(curve="P-256", d=secret)


def p256_key(number: int) -> bytes:
    """A P-256 key, the same for the same number: 33 bytes."""
    return _p256(number).public_key().export_key(format="SEC1", compress=True)


def p256_sign(number: int, data: bytes) -> bytes:
    """r and s, low, over SHA-256 of bytes."""
    made = DSS.new(_p256(number), "deterministic-rfc6979").sign(SHA256.new(data))
    s = int.from_bytes(made[32:])
    return made[:32] + min(s, P256_ORDER - s).to_bytes(32)


def high_p256(made: bytes) -> bytes:
    """The other signature of the same key over the same bytes."""
    return made[:32] + (P256_ORDER - int.from_bytes(made[32:])).to_bytes(32)


def uleb(number: int) -> bytes:
    return bytes((number,)) if number < 128 else bytes((number & 127 | 128, number >> 7))


def sized(data: bytes) -> bytes:
    return uleb(len(data)) + data


SITE = sha256(b"wallet.example.org").digest() + b"\x1d\0\0\0\7"
"""What an authenticator says: the site, that somebody was there, a counter."""


def asked(digest: bytes, **changes: object) -> bytes:
    """What a browser says it was asked for."""
    text = base64.urlsafe_b64encode(digest).decode().rstrip("=")
    given = {"type": "webauthn.get", "challenge": text, "origin": "https://wallet.example.org"}
    return json.dumps({**given, "crossOrigin": False, **changes}).encode()


def passkey(number: int, client: bytes, said: bytes = SITE, *, high: bool = False) -> bytes:
    """A passkey's whole signature, flag first."""
    made = p256_sign(number, said + sha256(client).digest())
    made = high_p256(made) if high else made
    return b"\6" + sized(said) + sized(client) + sized(b"\2" + made + p256_key(number))


def sui_address(flag: int, public: bytes) -> str:
    return "0x" + blake2b(bytes((flag,)) + public, digest_size=32).hexdigest()


def sui_rows(n: int) -> list[Signed]:
    """Whole signatures of keys of each kind, and a multisig of three kinds."""
    k1 = key(n).public_key.format()
    by_k1 = key(n).sign_recoverable(sha256(SUI_DIGEST).digest(), hasher=None)[:64]
    r1, by_r1 = p256_key(n), p256_sign(n, SUI_DIGEST)
    browser = p256_key(n + 1)
    by_passkey = passkey(n + 1, asked(SUI_DIGEST))
    edwards = ed_key(n).verify_key.encode()
    members = b"\3\4" + browser + b"\1\2" + r1 + b"\1\0" + edwards + b"\1"
    made = b"\3\2\4" + sized(by_passkey) + b"\2" + by_r1 + b"\3\0" + members + b"\2\0"
    listed = b"\2\0\6" + browser + b"\1\2" + r1 + b"\1\0" + edwards + b"\1"
    rows = [
        ("secp256k1 whole", sui_address(1, k1), b"\1" + by_k1 + k1),
        ("secp256r1 whole", sui_address(2, r1), b"\2" + by_r1 + r1),
        ("passkey", sui_address(6, browser), by_passkey),
        ("multisig", sui_address(3, listed), made),
    ]
    return [
        Signed("sui_personal", label, claim("sui", address, base64.b64encode(data).decode()))
        for label, address, data in rows
    ] + _sui_apart(n + 2)


def _sui_apart(n: int) -> list[Signed]:
    """Signatures alone of keys that stand in their column, with their flag and without."""
    k1, r1 = key(n).public_key.format(), p256_key(n)
    by_k1 = key(n).sign_recoverable(sha256(SUI_DIGEST).digest(), hasher=None)[:64]
    rows = [
        ("secp256k1 apart", sui_address(1, k1), by_k1, b"\1" + k1),
        ("secp256r1 apart", sui_address(2, r1), p256_sign(n, SUI_DIGEST), r1),
    ]
    return [
        Signed("sui_personal", label, claim("sui", address, made.hex(), script=column.hex()))
        for label, address, made, column in rows
    ]


def _aptos_address(data: bytes) -> str:
    return "0x" + sha3_256(data).hexdigest()


def aptos_rows(n: int) -> list[Signed]:
    """One key of secp256k1, and keys of both kinds together, as the SDK writes them."""
    secp, first, second = key(n), ed_key(n), ed_key(n + 1)
    made = secp.sign_recoverable(sha3_256(TEXT).digest(), hasher=None)[:64]
    any_key, any_made = b"\1\x41" + point(secp), b"\1\x40" + made
    edwards = [k.verify_key.encode() for k in (first, second)]
    by_edwards = [k.sign(TEXT).signature for k in (first, second)]
    single = _aptos_address(any_key + b"\2")
    multi = b"\3\0\x20" + edwards[0] + any_key + b"\0\x20" + edwards[1] + b"\2"
    by_multi = b"\2" + any_made + b"\0\x40" + by_edwards[1] + b"\4\x60\0\0\0"
    old = b"".join(edwards) + b"\2"
    by_old = b"".join(by_edwards) + b"\xc0\0\0\0"
    rows = [
        ("secp256k1 apart", single, made, point(secp)),
        ("AnySignature", single, any_made, any_key),
        ("SingleKey", single, b"\2" + any_key + any_made, b""),
        ("MultiKey", _aptos_address(multi + b"\3"), by_multi, multi),
        ("MultiKey whole", _aptos_address(multi + b"\3"), b"\3" + multi + by_multi, b""),
        ("MultiEd25519", _aptos_address(old + b"\1"), by_old, old),
    ]
    return [
        Signed("aptos_text", label, claim("aptos", address, "0x" + data.hex(), script=script.hex()))
        for label, address, data, script in rows
    ]
