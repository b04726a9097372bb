"""Sui's signatures alone with a key of another kind in its column, and other spellings of whole ones."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.signed_rows import claim, ed_key

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "sui_multisig" / "vectors.json"
VECTORS: dict[str, dict[str, Any]] = {v["kind"]: v for v in json.loads(FILE.read_text())}
KINDS = ("secp256k1", "secp256r1")


def whole(kind: str) -> bytes:
    return base64.b64decode(VECTORS[kind]["signature"])


def apart(kind: str) -> tuple[str, str]:
    """A signature without its flag and key, and the key alone."""
    data = whole(kind)
    return data[1:65].hex(), data[65:].hex()


def judged(kind: str, *signatures: str, script: str = "", **more: str) -> ControlResult:
    vector = VECTORS[kind]
    given = {"address": vector["address"], "message": vector["message"]} | more
    address = given.pop("address")
    return judge(claim("sui", address, *signatures, script=script, **given), REGISTRY)


def as_base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


@pytest.mark.parametrize("kind", KINDS)
def test_a_signature_alone_with_its_key_in_the_column(kind: str) -> None:
    made, key = apart(kind)
    flag = f"{1 + KINDS.index(kind):02x}"
    for script in (key, flag + key, "0x" + key, as_base64(key), as_base64(flag + key)):
        for text in (made, "0x" + made, as_base64(made)):
            result = judged(kind, text, script=script)
            assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED), result
            assert result.signed_by == (key,)
        assert judged(kind, made, made, script=script).shows_control
        assert judged(kind, made, script=script, message="x").control is Control.UNSUPPORTED
        other = VECTORS[KINDS[1 - KINDS.index(kind)]]["address"]
        there = judged(kind, made, script=script, address=other)
        assert (there.control, "not that key's own" in there.reason) == (Control.UNSUPPORTED, True)
        flipped = made[:-2] + f"{int(made[-2:], 16) ^ 1:02x}"
        assert judged(kind, flipped, script=script).control is Control.UNSUPPORTED


@pytest.mark.parametrize("kind", KINDS)
def test_a_key_of_another_kind_than_it_says(kind: str) -> None:
    made, key = apart(kind)
    wrong = f"{2 - KINDS.index(kind):02x}"
    assert not judged(kind, made, script=wrong + key).shows_control
    for flag in ("00", "03", "05", "06"):
        assert not judged(kind, made, script=flag + key).shows_control


def test_what_is_no_key_is_malformed() -> None:
    made, key = apart("secp256k1")
    for script in (key[:-4], key + "00", "04" + key[2:], "02" + "ff" * 32):
        assert judged("secp256k1", made, script=script).control is Control.MALFORMED


def test_several_keys_beside_each_other_are_one_signature_of_a_wallet() -> None:
    made, key = apart("secp256k1")
    second, other = apart("secp256r1")
    edwards = ed_key(1).verify_key.encode().hex()
    for signatures, script in (
        ((made,), f"{key} {edwards}"),
        ((made, second), f"{key},{other}"),
    ):
        result = judged("secp256k1", *signatures, script=script)
        assert result.control is Control.UNSUPPORTED
        assert "publish the account's one signature" in result.reason


def test_a_second_signature_by_somebody_else_is_false() -> None:
    made, key = apart("secp256k1")
    second, _ = apart("secp256r1")
    for both in ((made, second), (second, made)):
        assert judged("secp256k1", *both, script=key).control is Control.MISMATCH
    assert judged("secp256k1", second, script=key).control is Control.UNSUPPORTED


@pytest.mark.parametrize("kind", ["2 of 3", "weights", "passkey"])
def test_a_whole_signature_as_web_addresses_have_it_is_not_nothing(kind: str) -> None:
    text = VECTORS[kind]["signature"]
    spelled = text.replace("+", "-").replace("/", "_").rstrip("=")
    for script in ("", "11" * 32):
        result = judged(kind, spelled, script=script)
        assert result.control is Control.UNSUPPORTED
        assert "as its wallet gives it, in base64" in result.reason


@pytest.mark.parametrize("script", ["", "11" * 32])
def test_a_signature_of_no_form_is_what_the_reason_is_about(script: str) -> None:
    data = list(whole("2 of 3"))
    for listed in (json.dumps(data), json.dumps({"type": "Buffer", "data": data})):
        result = judged("2 of 3", listed, script=script)
        assert result.control is Control.UNSUPPORTED
        assert "in base64" in result.reason
    for text in ("00" * 63, "?", "00" * 70, "A" * 20_000):
        result = judged("2 of 3", text, script=script)
        if script:
            assert (result.control, "signature 1" in result.reason) == (Control.MALFORMED, True)
        assert not result.shows_control
