"""No unit test waits: one that does is named at once."""

from __future__ import annotations

import time

import pytest

from scanner.net import ending

LONGEST = 5.0
"""Seconds that one unit test may wait between tries, all together."""


@pytest.fixture(autouse=True)
def _no_long_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    real, waited = ending.pause, 0.0

    def pause(seconds: float) -> None:
        nonlocal waited
        began = time.monotonic()
        real(min(seconds, LONGEST))
        waited += time.monotonic() - began
        assert waited < LONGEST, "this test waits: put something quicker in place of pause"

    monkeypatch.setattr(ending, "pause", pause)
