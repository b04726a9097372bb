"""What is said of the texts of a list, and what to do about those that do not count."""

from __future__ import annotations

from scanner.model.claim import Claim
from scanner.model.publisher import Publishers
from scanner.ownership.signed_texts import SignedTexts
from scanner.ownership.statement import make_rule
from scanner.reports.figures.signed_texts import text_lines

NOBODY = Publishers([])
ROW = Claim(1, "ETH", "ETH", "ethereum", "0xAbC", "k", 18, message="hello", signatures=("s",))


def lines(challenge=""):
    texts = SignedTexts()
    texts.add_claims([ROW])
    return text_lines(texts, make_rule("okx", NOBODY, texts, challenge=challenge))


def test_an_option_that_would_accept_the_text_is_named():
    assert lines()[-1].endswith("--statement hello")


def test_beside_a_challenge_no_other_option_is_named():
    """The two cannot be used together."""
    assert lines("another text") == ["text: 1 row gives 'hello': not stated"]
