"""A row of many keys and signatures that fit none costs a bounded number of checks."""

from __future__ import annotations

import pytest
from support.signed_rows import claim, ed_key

from scanner.model.addresses import base58
from scanner.model.control import Control
from scanner.ownership.ed25519 import text_form
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry


@pytest.mark.parametrize("count", [4, 20])
def test_signatures_that_fit_no_key(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    checks = []
    real = text_form.is_signed

    def counting(*arguments: bytes) -> bool:
        checks.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(text_form, "is_signed", counting)
    members = [ed_key(n) for n in range(1, 21)]
    script = " ".join(k.verify_key.encode().hex() for k in members)
    bad = [k.sign(b"another text").signature.hex() for k in members[:count]]
    address = base58.encode(ed_key(99).verify_key.encode())
    row = claim("solana", address, *bad, message="a text of ours", script=script)
    assert judge(row, load_registry()).control is Control.UNSUPPORTED
    assert 0 < len(checks) < 1_500
