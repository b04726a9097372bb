"""What TON Connect signs: ton_proof (a log-in text with its domain and time) and signData.

The message column holds the parts as JSON, as the wallet returns them. The address in what is
signed is always the row's. Source: TON Connect, "ton_proof" and "signData" (text, binary).
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import Proof
from scanner.ownership.native.parts import is_sign_data, is_ton_proof, read_parts
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.not_proven import malformed, mismatch
from scanner.ownership.primitives.plain_signature import hex_or_base64

_MOST_SECONDS = 2**63


class TonConnect(Ed25519Text):
    """TON accounts whose rows hold the parts of a ton_proof or of signData."""

    def __init__(self) -> None:
        super().__init__(
            "ton_connect",
            "TON Connect",
            {"ton"},
            lambda proof: (signed_bytes(proof),),
            hex_or_base64,
            certain=lambda _: True,
        )

    def handles(self, proof: Proof) -> bool:
        """TON rows whose message is JSON of these parts."""
        parts = read_parts(proof.message) if super().handles(proof) else None
        return parts is not None and (is_ton_proof(parts) or is_sign_data(parts))


def signed_bytes(proof: Proof) -> bytes:
    """What the key signs. Raises NotProvenError."""
    parts = read_parts(proof.message) or {}
    seconds = parts.get("timestamp")
    if (
        not isinstance(seconds, int)
        or isinstance(seconds, bool)
        or not 0 <= seconds < _MOST_SECONDS
    ):
        raise malformed("the timestamp is not a number of seconds")
    _check_beside(proof, parts)
    workchain = int(proof.address.key.partition(":")[0])
    account = workchain.to_bytes(4, "big", signed=True) + proof.address.payload
    try:
        if is_ton_proof(parts):
            return _ton_proof(parts, account, seconds)
        return _sign_data(parts, account, seconds)
    except UnicodeEncodeError:
        raise malformed("a part of the message is not Unicode text") from None


def _ton_proof(parts: Mapping[str, object], account: bytes, seconds: int) -> bytes:
    domain = parts["domain"]
    name = str(domain["value"]).encode() if isinstance(domain, dict) else b""
    if not isinstance(domain, dict) or domain["lengthBytes"] != len(name):
        raise malformed("the domain's length does not match its value")
    item = b"ton-proof-item-v2/" + account + len(name).to_bytes(4, "little") + name
    item += seconds.to_bytes(8, "little") + str(parts["payload"]).encode()
    return sha256(b"\xff\xffton-connect" + sha256(item).digest()).digest()


def _sign_data(parts: Mapping[str, object], account: bytes, seconds: int) -> bytes:
    name, payload = str(parts["domain"]).encode(), parts["payload"]
    if not isinstance(payload, dict):
        raise malformed("the payload is neither text nor bytes")
    if payload["type"] == "text":
        kind, data = b"txt", str(payload["text"]).encode()
    else:
        kind, decoded = b"bin", decode_base64(payload["bytes"])
        if decoded is None:
            raise malformed("the payload's bytes are not base64")
        data = decoded
    body = b"\xff\xffton-connect/sign-data/" + account + len(name).to_bytes(4, "big") + name
    body += seconds.to_bytes(8, "big") + kind + len(data).to_bytes(4, "big") + data
    return sha256(body).digest()


def _check_beside(proof: Proof, parts: Mapping[str, object]) -> None:
    """What the parts name beside what is signed must be the row's. Raises NotProvenError."""
    payload = parts.get("payload")
    sent = payload if isinstance(payload, dict) else {}
    for named in (*_given(parts, "address"), *_given(sent, "from")):
        try:
            key = decode_address(proof.network, named).key if isinstance(named, str) else ""
        except AddressFormatError:
            key = ""
        if key != proof.address.key:
            raise mismatch("the address in the signed fields is not that of the row")
    if any(str(named) != proof.network.chain_id for named in _given(sent, "network")):
        raise mismatch("the network in the signed fields is not that of the row")
    for text in _given(parts, "signature"):
        own = hex_or_base64(text) if isinstance(text, str) else None
        if own is None or own not in map(hex_or_base64, proof.signatures):
            raise malformed("the message has another signature in it than the row's")


def _given(fields: Mapping[str, object], name: str) -> tuple[object, ...]:
    """What a field holds; () where it is not there or empty."""
    value = fields.get(name)
    return () if value is None else (value,)
