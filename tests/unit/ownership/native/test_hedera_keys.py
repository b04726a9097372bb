"""Hedera accounts of ECDSA keys: not read, and said so, where they were called malformed."""

from __future__ import annotations

import base64

import pytest
from support.signed_rows import claim, key

from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

KEY = key(1).public_key.format()
DER = "302d300706052b8104000a032200"
PAIR = b"\x0a\x03" + KEY[:3] + b"\x32\x40" + bytes(range(64))
MAP = base64.b64encode(b"\x0a" + bytes((len(PAIR),)) + PAIR).decode()


@pytest.mark.parametrize("public", [KEY.hex(), DER + KEY.hex(), "ab" * 32])
def test_a_map_of_an_ecdsa_signature_is_said_to_be_one(public: str) -> None:
    result = judge(claim("hedera", "0.0.98", MAP, script=public), load_registry())
    assert result.control is Control.UNSUPPORTED
    assert "ECDSA" in result.reason
