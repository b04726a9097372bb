"""What TON Connect signs: ton_proof (a log-in text with its domain and time) and signData.

The message column holds the parts as JSON, as the wallet returns them or as a page sends them to
its backend: with the state init of the account. The address in what is signed is always the row's;
a state init that hashes to it shows whose account it is. A cell is not read: its schema can be
another with the same checksum. Source: TON Connect, "ton_proof" and "signData".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import sha256

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, ControlResult
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership import verdicts
from scanner.ownership.ed25519.signing import read_keys
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.ed25519.ton_wallets import account_ids
from scanner.ownership.interface import ContractCall, Proof, Readings, Signer
from scanner.ownership.native.parts import (
    KEYS,
    STATES,
    is_sign_data,
    read_parts,
    ton_proof_in,
    values,
)
from scanner.ownership.native.ton_state import read_first_state
from scanner.ownership.primitives.base64text import decode_base64
from scanner.ownership.primitives.ed25519_text import read_key
from scanner.ownership.primitives.not_proven import malformed, mismatch, unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base64

_CELL = (
    "what is signed is a cell, of whose schema only a checksum counts: what its signer was shown "
    "cannot be told from it: sign again as text (signData of type text)"
)
_MOST_SECONDS = 2**63
_LONGEST_TIME = 19

_Levels = tuple[Mapping[str, object], ...]
"""The parts, and what stands around them."""


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
        return super().handles(proof) and bool(_levels(proof))

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """See Verifier; a row without a key column has its key in the message."""
        return super().verify(_keyed(proof), call)

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder; the key of the account's state init is named by the account, too."""
        own, account = _own_key(proof), PolicyKey(KeyKind.ACCOUNT, proof.address.payload)
        return tuple(
            tuple(
                Signer(who.text, who.keys | {account}) if who.text == own.hex() else who
                for who in reading
            )
            for reading in super().signers(_keyed(proof))
        )

    def _bound(self, proof: Proof, keys: Sequence[bytes]) -> ControlResult:
        own = _own_key(proof)
        if not own or set(keys) != {own} or proof.address.payload in account_ids(own):
            return super()._bound(proof, keys)
        reason = "the address is the hash of the state init in the message, a wallet of this key"
        return verdicts.controls(self.name, Binding.DERIVED, (own.hex(),), reason)


def signed_bytes(proof: Proof) -> bytes:
    """What the key signs. Raises NotProvenError."""
    levels = _levels(proof)
    parts = levels[0] if levels else {}
    seconds = _seconds(parts)
    _check_beside(proof, levels)
    workchain = int(proof.address.key.partition(":")[0])
    account = workchain.to_bytes(4, "big", signed=True) + proof.address.payload
    try:
        if is_sign_data(parts):
            return _sign_data(parts, account, seconds)
        return _ton_proof(parts, account, seconds)
    except UnicodeEncodeError:
        raise malformed("a part of the message is not Unicode text") from None


def _levels(proof: Proof) -> _Levels:
    """The parts in a row's message; () if it has none of TON Connect's."""
    parts = read_parts(proof.message)
    if parts is None:
        return ()
    return (parts,) if is_sign_data(parts) else ton_proof_in(parts)


def _seconds(parts: Mapping[str, object]) -> int:
    """A number, or its digits, as the specification has it for ton_proof. Raises NotProvenError."""
    given = parts.get("timestamp")
    if isinstance(given, str) and len(given) <= _LONGEST_TIME and given.isascii():
        given = int(given) if given.isdecimal() and str(int(given)) == given else None
    if not isinstance(given, int) or isinstance(given, bool) or not 0 <= given < _MOST_SECONDS:
        raise malformed("the timestamp is not a number of seconds")
    return given


def _ton_proof(parts: Mapping[str, object], account: bytes, seconds: int) -> bytes:
    domain = parts.get("domain")
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
    if payload["type"] == "cell":
        raise unsupported(_CELL)
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


def _check_beside(proof: Proof, levels: _Levels) -> None:
    """What stands beside what is signed must be the row's. Raises NotProvenError."""
    payload = levels[0].get("payload") if levels else None
    sent = (payload,) if isinstance(payload, dict) else ()
    for named in (*values(levels, "address"), *values(sent, "from")):
        try:
            key = decode_address(proof.network, named).key if isinstance(named, str) else ""
        except AddressFormatError:
            key = ""
        if key != proof.address.key:
            raise mismatch("the address in the signed fields is not that of the row")
    if any(str(named) != proof.network.chain_id for named in values((*levels, *sent), "network")):
        raise mismatch("the network in the signed fields is not that of the row")
    _check_states(proof, levels)
    for text in values(levels, "signature"):
        own = hex_or_base64(text) if isinstance(text, str) else None
        if own is None or own not in map(hex_or_base64, proof.signatures):
            raise malformed("the message has another signature in it than the row's")
    for text in filter(None, values(levels, *KEYS)):
        if not isinstance(text, str) or read_key(text) not in read_keys(proof):
            raise malformed("the message has another public key in it than the row's")


def _check_states(proof: Proof, levels: _Levels) -> None:
    for text in filter(None, values(levels, *STATES)):
        if not isinstance(text, str):
            raise malformed("the state init in the message is no text")
        try:
            state = read_first_state(text)
        except ValueError as e:
            raise unsupported(f"the state init in the message is not read: {e}") from None
        if state.account != proof.address.payload:
            raise mismatch("the state init in the message makes another account than the row's")


def _own_key(proof: Proof) -> bytes:
    """The key of the state init that the row's address is the hash of; b"" if none is shown."""
    for text in values(_levels(proof), *STATES):
        try:
            state = read_first_state(text if isinstance(text, str) else "")
        except ValueError:
            continue
        if state.key and state.account == proof.address.payload:
            return state.key
    return b""


def _keyed(proof: Proof) -> Proof:
    """The row with the key that its message names, or the state init in it, if it has none."""
    if proof.script:
        return proof
    named = [text for text in values(_levels(proof), *KEYS) if isinstance(text, str) and text]
    return proof._replace(script=named[0] if named else _own_key(proof).hex())
