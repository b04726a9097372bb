"""A slow check is made once for the same question: changed rows ask it again and again."""

from __future__ import annotations

from functools import lru_cache

import pytest

from scanner.ownership.primitives import secp256r1


@pytest.fixture(autouse=True)
def _p256_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a row with several signatures all but one stay as they were when one is changed.

    A check depends on nothing but what it is given, and takes pycryptodome milliseconds.
    """
    once = lru_cache(maxsize=1024)(secp256r1.verify_ecdsa)
    monkeypatch.setattr(secp256r1, "verify_ecdsa", once)
