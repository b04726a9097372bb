"""What a wallet signs beside the text says whom it was for: a log-in elsewhere claims nothing.

Whoever runs a web site chooses the payload of its log-ins, and no wallet shows it: visitors of an
airdrop sign "I am an OKX address", or the very challenge that an auditor issued.
"""

from __future__ import annotations

import csv
from collections.abc import Callable

import pytest
from support.placed_rows import nep413, sign_data, ton_proof
from support.signed_rows import claim

from scanner.demo.publication import DATA
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.publisher import Publisher, Publishers
from scanner.model.statement import StatedBy, Statement
from scanner.ownership.judge import judge
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.ownership.signed_texts import SignedTexts
from scanner.ownership.statement import make_rule, settle
from scanner.reports.figures.signed_texts import text_lines
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
TABLE = load_publishers()
KNOWN = "I am an OKX address"
TEXT = "Northbank holds this address, 31 October 2026"
FORMS: dict[str, Callable[[str, str], Claim]] = {
    "ton_proof": ton_proof,
    "signData": sign_data,
    "NEP-413": nep413,
}
SHOWN = ("signData", "NEP-413")
STRANGE = (
    *("airdrop-login.example", "okx.com.evil.example", "evil.example/okx.com", "xokx.com", "okx"),
    *("okx.com@evil.example", "okx.evil.example", "\u043ekx.com", "okx.com\u200b", "nobody", ""),
    *("http://localhost:3000", "github.com", "evil.example?okx.com", "evil.example#.okx.com"),
)


def judged(row: Claim, publisher: str = "okx", **said: object) -> ControlResult:
    counted = SignedTexts()
    counted.add_claims([row])
    rule = make_rule(publisher, said.pop("table", TABLE), counted, **said)  # type: ignore[arg-type]
    found = settle(judge(row, REGISTRY), row, rule)
    assert found.shows_control, found
    return found


@pytest.mark.parametrize("place", STRANGE)
@pytest.mark.parametrize("form", FORMS)
def test_a_known_text_signed_for_somebody_else(form: str, place: str) -> None:
    row = FORMS[form](KNOWN, place)
    demands: list[dict[str, object]] = [
        {}, {"challenge": KNOWN}, {"wanted": (KNOWN,)}, {"wanted": ("I am an OKX*",)},
        {"wanted": (f"{KNOWN} (for okx.com)",)}, {"guessed": True},
    ]  # fmt: skip
    for said in demands:
        found = judged(row, **said)
        assert (found.statement, found.is_proof) == (Statement.NOT_STATED, False), said
    told = judged(row).reason
    assert (place or "nobody") in told or not place.isascii()
    assert "--statement" in told


@pytest.mark.parametrize("place", ["okx.com", "www.okx.com", "OKX.com", "https://okx.com/por"])
@pytest.mark.parametrize("form", FORMS)
def test_the_publishers_own_place_loses_nothing(form: str, place: str) -> None:
    row = FORMS[form](KNOWN, place)
    assert judged(row).stated_by is StatedBy.TABLE
    assert judged(row, guessed=True).stated_by is StatedBy.TABLE
    assert judged(row, wanted=(KNOWN,)).stated_by is StatedBy.RULE
    assert judged(row, challenge=KNOWN).stated_by is StatedBy.CHALLENGE
    other = FORMS[form]("Sign in: 4711", place)
    assert judged(other).statement is Statement.NOT_STATED


@pytest.mark.parametrize("form", FORMS)
def test_a_place_that_only_sounds_like_the_publishers(form: str) -> None:
    """Enough for what the wallet shows, where the user named the publisher; not for a log-in."""
    row = FORMS[form](TEXT, "northbank.near")
    assert judged(row, "northbank", wanted=(TEXT,)).is_proof is (form in SHOWN)
    assert judged(row, "northbank", wanted=(TEXT,), guessed=True).is_proof is False
    assert judged(row, "southbank", wanted=(TEXT,)).is_proof is False
    assert judged(FORMS[form](KNOWN, "okx.near")).is_proof is False, "the table knows its places"


@pytest.mark.parametrize("form", FORMS)
def test_the_user_may_demand_the_place(form: str) -> None:
    row = FORMS[form](TEXT, "proofs.example")
    assert judged(row, "northbank", wanted=(TEXT,)).is_proof is False
    for pattern in (f"{TEXT} (for proofs.example)", "Northbank holds * (for proofs.example)"):
        assert judged(row, "northbank", wanted=(pattern,)).stated_by is StatedBy.RULE
    assert judged(row, "northbank", wanted=("Northbank holds *",)).is_proof is False
    own = Publishers([Publisher("northbank", location="https://files.northbank.example/por.csv")])
    theirs = FORMS[form](TEXT, "files.northbank.example")
    assert judged(theirs, "northbank", table=own, wanted=(TEXT,)).is_proof is True
    elsewhere = Publishers([Publisher("northbank", page="https://github.com/northbank/por")])
    hosted = FORMS[form](TEXT, "github.com")
    assert judged(hosted, "northbank", table=elsewhere, wanted=(TEXT,)).is_proof is False


@pytest.mark.parametrize("form", FORMS)
def test_the_place_is_shown_with_the_text(form: str) -> None:
    row = FORMS[form](TEXT, "proofs.example")
    counted = SignedTexts()
    counted.add_claims([row])
    lines = text_lines(counted, make_rule("northbank", TABLE, counted))
    assert f"{TEXT} (for proofs.example)': not stated" in lines[0]
    option = next(line for line in lines if "--statement" in line)
    assert f"{TEXT} (for proofs.example)" in option
    wanted = make_rule("northbank", TABLE, wanted=(f"{TEXT} (for proofs.example)",))
    assert "stated (rule)" in text_lines(counted, wanted)[0], "the option does what it says"
    if form == "ton_proof":
        given = SignedMessage(row.address, row.message, row.signatures, "ton", row.script)
        assert "log-in at proofs.example" in check_message(given, REGISTRY).words


def test_okx_rows_on_ton_sign_the_text_alone() -> None:
    with (DATA / "okx_signed.csv").open(newline="") as file:
        rows = [r for r in csv.DictReader(file) if r["coin"] == "USDT-TON" and r["signature1"]]
    assert rows
    for r in rows:
        row = claim("ton", r["address"], r["signature1"], message=r["message"], script=r["script"])
        assert judged(row).stated_by is StatedBy.TABLE
