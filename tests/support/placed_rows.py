"""Rows signed for a place: log-ins of TON Connect, its signData, and NEP-413 of NEAR."""

from __future__ import annotations

import base64
import json
from hashlib import sha256

from scanner.model.addresses.ton import TonCodec
from scanner.model.claim import Claim
from scanner.ownership.ed25519.ton_wallets import account_ids
from support.signed_rows import claim, ed_key

SECONDS = 1_760_000_000


def ton_proof(text: str, domain: str, n: int = 1) -> Claim:
    """A log-in at a domain, whose payload is the text: no wallet shows it."""
    account, name = _account(n), domain.encode()
    item = b"ton-proof-item-v2/" + bytes(4) + account + len(name).to_bytes(4, "little") + name
    item += SECONDS.to_bytes(8, "little") + text.encode()
    parts = {
        "timestamp": SECONDS,
        "domain": {"lengthBytes": len(name), "value": domain},
        "payload": text,
    }
    return _ton_row(n, sha256(b"\xff\xffton-connect" + sha256(item).digest()).digest(), parts)


def sign_data(text: str, domain: str, n: int = 1) -> Claim:
    """A text that a wallet shows, for a domain."""
    account, name, data = _account(n), domain.encode(), text.encode()
    body = b"\xff\xffton-connect/sign-data/" + bytes(4) + account + len(name).to_bytes(4, "big")
    body += name + SECONDS.to_bytes(8, "big") + b"txt" + len(data).to_bytes(4, "big") + data
    payload = {"type": "text", "text": text}
    parts = {"domain": domain, "timestamp": SECONDS, "payload": payload}
    return _ton_row(n, sha256(body).digest(), parts)


def nep413(text: str, recipient: str, n: int = 1) -> Claim:
    """A text that a NEAR wallet shows, for a recipient."""
    nonce = bytes(range(32))
    data = (2**31 + 413).to_bytes(4, "little") + _borsh(text) + nonce + _borsh(recipient) + b"\0"
    parts = {
        "message": text,
        "nonce": base64.b64encode(nonce).decode(),
        "recipient": recipient,
    }
    signature = ed_key(n).sign(sha256(data).digest()).signature.hex()
    return claim("near", _public(n).hex(), signature, message=json.dumps(parts))


def _borsh(text: str) -> bytes:
    return len(text.encode()).to_bytes(4, "little") + text.encode()


def _public(n: int) -> bytes:
    return ed_key(n).verify_key.encode()


def _account(n: int) -> bytes:
    return next(a for a, name in account_ids(_public(n)).items() if name == "v4r2")


def _ton_row(n: int, digest: bytes, parts: dict[str, object]) -> Claim:
    address = TonCodec("ton", "").encode(0, _account(n))
    signature = ed_key(n).sign(digest).signature.hex()
    script = _public(n).hex()
    return claim("ton", address, signature, message=json.dumps(parts), script=script)
