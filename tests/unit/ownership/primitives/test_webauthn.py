"""What a browser says it was asked to sign."""

from __future__ import annotations

import base64
import json

import pytest

from scanner.ownership.primitives.webauthn import challenge_of

ASKED = bytes(range(224, 256))
WEB = base64.urlsafe_b64encode(ASKED).decode().rstrip("=")
GOOD = {"type": "webauthn.get", "challenge": WEB, "origin": "https://a.org", "crossOrigin": False}


def test_a_browsers_answer() -> None:
    assert challenge_of(json.dumps(GOOD).encode()) == ASKED
    assert challenge_of(json.dumps({**GOOD, "more": {"a": [1]}}).encode()) == ASKED
    assert "-" in WEB or "_" in WEB


@pytest.mark.parametrize(
    "change",
    [
        {"type": "webauthn.create"},
        {"type": "payment.get"},
        {"type": None},
        {"challenge": WEB + "="},
        {"challenge": base64.b64encode(ASKED).decode()},
        {"challenge": WEB[:-1] + chr(ord(WEB[-1]) + 1)},  # bits that say nothing
        {"challenge": WEB + "\n"},
        {"challenge": " " + WEB},
        {"challenge": ""},
        {"challenge": list(ASKED)},
        {"challenge": "é" * 43},
        {"origin": None},
    ],
)
def test_what_is_not_one(change: dict[str, object]) -> None:
    assert challenge_of(json.dumps({**GOOD, **change}).encode()) is None


def test_what_two_parsers_would_read_in_two_ways() -> None:
    text = json.dumps(GOOD)
    other = base64.urlsafe_b64encode(bytes(32)).decode().rstrip("=")
    for twice in (
        text.replace('"origin"', f'"challenge": "{other}", "origin"'),
        text.replace('"origin"', '"type": "webauthn.get", "origin"'),
    ):
        assert challenge_of(twice.encode()) is None
    for raw in (b"", b"[]", b"null", b"\xff", text.encode() + b"x", b"[" * 9_000, b"\xef\xbb\xbf" + text.encode(), text.encode("utf-16")):  # fmt: skip
        assert challenge_of(raw) is None
