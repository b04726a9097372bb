"""Sui accounts of other keys than Ed25519 and of several keys, as the chain's own library signs."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.signed_rows import claim

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "sui_multisig" / "vectors.json"
VECTORS: dict[str, dict[str, Any]] = {v["kind"]: v for v in json.loads(FILE.read_text())}
EXPECTED = {
    "secp256k1": (Control.CONTROLS, 1),
    "secp256r1": (Control.CONTROLS, 1),
    "2 of 3": (Control.CONTROLS, 2),
    "weights": (Control.CONTROLS, 2),
    "too few": (Control.MISMATCH, 0),
    "one of two, r1 not signing": (Control.CONTROLS, 1),
    "r1 needed": (Control.CONTROLS, 2),
    "r1 too few": (Control.MISMATCH, 0),
    "passkey": (Control.CONTROLS, 1),
    "passkey, more in its data": (Control.CONTROLS, 1),
    "passkey, made to create": (Control.UNSUPPORTED, 0),
    "passkey, another challenge": (Control.UNSUPPORTED, 0),
    "passkey and r1 of three": (Control.CONTROLS, 2),
    "passkey alone of three": (Control.MISMATCH, 0),
    "zkLogin not signing": (Control.CONTROLS, 1),
    "zkLogin of another multisig": (Control.MISMATCH, 0),
}
REFUSED = (
    "passkey alone of three",
    "passkey, another challenge",
    "passkey, made to create",
    "r1 too few",
    "too few",
    "zkLogin of another multisig",
)


def judged(vector: dict[str, Any], **changes: Any) -> ControlResult:
    given = {"address": vector["address"], "message": vector["message"]} | changes
    signature = given.pop("signature", vector["signature"])
    return judge(claim("sui", given.pop("address"), signature, **given), REGISTRY)


def test_every_vector_is_expected() -> None:
    assert set(VECTORS) == set(EXPECTED)
    assert sorted(k for k, v in VECTORS.items() if "refused" in v) == sorted(REFUSED)
    assert not any(EXPECTED[kind][0] is Control.CONTROLS for kind in REFUSED)


@pytest.mark.parametrize("kind", EXPECTED)
def test_what_the_library_signed(kind: str) -> None:
    result = judged(VECTORS[kind])
    assert (result.control, len(result.signed_by)) == EXPECTED[kind]
    if result.control is Control.CONTROLS:
        assert result.binding is Binding.DERIVED


@pytest.mark.parametrize("kind", EXPECTED)
def test_another_text_another_address_and_any_changed_byte(kind: str) -> None:
    vector = VECTORS[kind]
    assert judged(vector, message="another text").control is not Control.CONTROLS
    other = VECTORS["weights" if kind != "weights" else "2 of 3"]["address"]
    assert judged(vector, address=other).control is not Control.CONTROLS
    data = base64.b64decode(vector["signature"])
    for place in range(len(data)):
        spoilt = data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
        text = base64.b64encode(spoilt).decode()
        assert judged(vector, signature=text).control is not Control.CONTROLS, place
    for wrong in (data + b"\0", data[:-1], data + data):
        text = base64.b64encode(wrong).decode()
        assert judged(vector, signature=text).control is not Control.CONTROLS


def test_what_no_member_signed_in_this_form_is_not_false() -> None:
    """As of one key: old wallets left out the text's length. One of several that fits shows that
    the form is this one."""
    vector = VECTORS["2 of 3"]
    assert judged(vector, message="another text").control is Control.UNSUPPORTED
    data = bytearray(base64.b64decode(vector["signature"]))
    data[10] ^= 1  # of the first signature
    text = base64.b64encode(bytes(data)).decode()
    result = judged(vector, signature=text)
    assert result.control is Control.MISMATCH
    assert "is not by this key" in result.reason
