"""Rows of accounts whose keys are of several keys again, from what other projects' libraries wrote."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from hashlib import blake2b, sha256
from typing import Any

import sr25519

from scanner.model.control import ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.native.cosmos import sign_doc
from scanner.settings.tables import load_registry
from support.native_rows import sr_pair
from support.recorded import VECTORS
from support.signed_rows import MESSAGE, claim, ed_key, key

REGISTRY = load_registry()
FOLDER = VECTORS / "nested"
COSMOS: dict[str, dict[str, Any]] = {
    v["name"]: v for v in json.loads((FOLDER / "cosmos.json").read_text())
}
POLKADOT: dict[str, dict[str, Any]] = {
    v["name"]: v for v in json.loads((FOLDER / "polkadot.json").read_text())
}


def cosmos(vector: dict[str, Any], *signatures: str, script: object = None) -> ControlResult:
    shown = vector["proto_json"] if script is None else script
    text = shown if isinstance(shown, str) else json.dumps(shown)
    return judge(claim("terra-classic", vector["address"], *signatures, script=text), REGISTRY)


def by(vector: dict[str, Any], number: int, message: str = MESSAGE) -> str:
    """One key's own signature over a text, as a wallet gives it."""
    digest = sha256(sign_doc(message, vector["address"])).digest()
    return base64.b64encode(key(number).sign_recoverable(digest, hasher=None)[:64]).decode()


def bytes_of(name: str, message: str = MESSAGE) -> str:
    """signRaw by a key of the tests: "ed 1", "sr 2", "ec 3"."""
    kind, number = name.split()
    text = f"<Bytes>{message}</Bytes>".encode()
    if kind == "ed":
        return "0x" + ed_key(int(number)).sign(text).signature.hex()
    if kind == "sr":
        return "0x" + bytes(sr25519.sign(sr_pair(int(number)), text)).hex()
    digest = blake2b(text, digest_size=32).digest()
    return "0x" + key(int(number)).sign_recoverable(digest, hasher=None).hex()


def shown_accounts(vector: dict[str, Any]) -> list[dict[str, Any]]:
    return [dict(account) for account in vector["accounts"]]


def in_place(vector: dict[str, Any]) -> dict[str, Any]:
    """The same account as one object, with inner accounts in their signatories' places."""
    known = {a["address"]: a["meta"] for a in vector["accounts"]}

    def of(address: str) -> Any:
        meta = known.get(address)
        if meta is None:
            return address
        return {"threshold": str(meta["threshold"]), "signatories": [*map(of, meta["who"])]}

    made: dict[str, Any] = of(vector["address"])
    return made


def polkadot(
    vector: dict[str, Any], names: Sequence[str], script: object = None, **more: Any
) -> ControlResult:
    shown = shown_accounts(vector) if script is None else script
    text = shown if isinstance(shown, str) else json.dumps(shown)
    made = [bytes_of(name, **more) for name in names]
    return judge(claim("polkadot", vector["address"], *made, script=text), REGISTRY)
