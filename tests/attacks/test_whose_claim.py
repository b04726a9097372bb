"""Attacks: texts that somebody signed for another reason, listed as a publisher's reserves.

Every signature here is good and every key owns its address. What is missing is the claim: none of
these texts says that these coins are the publisher's reserves.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from support.other_texts import ORDER, PERMIT, SIWE, VOTE, signed, typed
from support.signed_rows import key

from scanner.cli import main
from scanner.demo.publication import DATA
from scanner.model.claim import Claim
from scanner.model.control import ControlResult
from scanner.model.publisher import Publishers
from scanner.model.statement import StatedBy, Statement
from scanner.ownership.judge import judge
from scanner.ownership.signed_texts import MOST, SignedTexts
from scanner.ownership.statement import make_rule, settle
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
TABLE: Publishers = load_publishers()
FAKE = "Fake Exchange"

OTHER_ATTESTATION = typed(
    "Proof of reserves",
    "ReserveStatement",
    {"statement": "string"},
    {"statement": "I am an OKX address"},
)
TEXTS = {
    "a log-in": "Welcome to Fake Exchange! Sign in to prove that this wallet is yours.",
    "a sign-in of Ethereum": SIWE,
    "its twin of another chain": SIWE.replace("Ethereum", "Solana"),
    "another exchange's text": "I am an OKX address",
    "one that names two": "I am an OKX and Fake Exchange address",
    "a text that claims nothing": "Fake Exchange",
    "a text of anybody": "hello world",
    "no text": "",
    "a vote in words": "Fake Exchange proposal 7: all wallets vote yes",
    "terms": "I accept the Terms of Service of Fake Exchange with this wallet",
    "an early signer": "This is my bitcointalk staking address",
}


def verdicts(rows: list[Claim], publisher: str = FAKE, **demanded: object) -> list[ControlResult]:
    """What `verify` and a snapshot make of a list: the rule of the whole list, then each row."""
    texts = SignedTexts()
    texts.add_claims(rows)
    rule = make_rule(publisher, TABLE, texts, **demanded)  # type: ignore[arg-type]
    found = [settle(judge(row, REGISTRY), row, rule) for row in rows]
    assert all(result.shows_control for result in found), found  # the signatures are not the fault
    return found


@pytest.mark.parametrize("what", TEXTS)
def test_texts_that_somebody_signed_for_another_reason(what: str) -> None:
    for result in verdicts([signed(TEXTS[what], n) for n in (1, 2)]):
        assert result.statement is Statement.NOT_STATED
        assert not result.is_proof
        assert result.reason


@pytest.mark.parametrize("text", [VOTE, PERMIT, ORDER, OTHER_ATTESTATION])
def test_typed_data_counts_by_an_allow_list_only(text: str) -> None:
    for more in ({}, {"wanted": (text.replace("*", r"\*"),)}):
        (result,) = verdicts([signed(text)], **more)
        assert (result.statement, result.is_proof) == (Statement.NOT_STATED, False)


def test_an_attestation_that_is_known_counts_by_the_text_in_it() -> None:
    said = OTHER_ATTESTATION.replace("an OKX", "a Fake Exchange")
    (result,) = verdicts([signed(said)])
    assert (result.is_proof, result.stated_by) == (True, StatedBy.NAMED)


def test_a_list_of_many_texts_claims_nothing() -> None:
    """Each text alone would count; strangers' texts collected into a list do not."""
    texts = [f"I am a Fake Exchange address, {word}" for word in ("BTC", "June 5", "block 5")]
    rows = [signed(text, n) for n, text in enumerate(texts, 1)]
    assert [r.is_proof for r in verdicts(rows[:1])] == [True]
    assert not any(r.is_proof for r in verdicts(rows))


def test_many_templates_are_counted_in_bounded_memory_and_claim_nothing() -> None:
    texts = SignedTexts()
    for n in range(3 * MOST):
        texts.add(f"I am a Fake Exchange address {chr(0x4E00 + n)}", 1, n)
    assert (texts.rows, texts.uncounted, texts.only) == (3 * MOST, 2 * MOST, "")
    assert make_rule(FAKE, TABLE, texts).named == ""


def test_rows_that_another_exchange_published(tmp_path: Path, capsys) -> None:
    """Rows of OKX, with three of its texts, copied into a list under another name."""
    with (DATA / "okx_signed.csv").open(newline="") as file:
        published = [r for r in csv.DictReader(file) if r["coin"] in ("ETH", "TRX")]
    rows = [r for r in published if r["signature1"] and not r["script"]]
    assert len({r["message"] for r in rows}) >= 2
    names = ("coin", "network", "height", "address", "amount", "message", "signature1")
    path = tmp_path / "fake exchange 2026-09-30.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(names)
        for r in rows:
            writer.writerow([r["coin"], r["coin"], 1, r["address"], 1, r["message"],
                             r["signature1"]])  # fmt: skip
    columns = "coin=coin,network=network,height=height,address=address,amount=amount"
    options = ["--columns", f"{columns},message=message,signature1=signature1", "--jsonl", "-"]
    assert main.run(["verify", str(path), *options]) in (1, 3)
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(told) == len(rows)
    signed_rows = [t for t in told if t["control"] not in ("mismatch", "malformed")]
    assert {t["statement"] for t in signed_rows} == {"not_stated"}
    main.run(["verify", str(path), *options, "--publisher", "OKX"])
    told = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    good = [t for t in told if t["control"] == "controls"]
    assert good
    assert {(t["statement"], t["stated_by"]) for t in good} == {("stated", "table")}


def test_honest_lists_lose_nothing() -> None:
    """One text, or one template, that names the publisher; the user's own word; a challenge."""
    template = "Fake Exchange owns {address}, block {n}"
    rows = [signed(template.replace("{n}", str(n)), n) for n in (1, 2, 3)]
    assert {r.stated_by for r in verdicts(rows)} == {StatedBy.NAMED}
    pattern = "Fake Exchange owns {address}, block *"
    assert {r.stated_by for r in verdicts(rows, wanted=(pattern,))} == {StatedBy.RULE}
    stolen = [rows[0], rows[1]._replace(message=rows[0].message, signatures=rows[0].signatures)]
    texts = SignedTexts()
    texts.add_claims(stolen)
    rule = make_rule(FAKE, TABLE, texts, wanted=(pattern,))
    assert settle(judge(stolen[1], REGISTRY), stolen[1], rule).is_proof is False
    challenge = [signed("fresh, from the auditor", n) for n in (1, 2)]
    demanded = verdicts(challenge, challenge="fresh, from the auditor")
    assert {r.stated_by for r in demanded} == {StatedBy.CHALLENGE}


def test_what_a_wallet_signs_is_what_we_judge() -> None:
    """The signatures of these tests are those of the wallets' own library."""
    row = signed("I am a Fake Exchange address")
    account = Account.from_key(key(1).secret)
    theirs = account.sign_message(encode_defunct(text=row.message)).signature.hex()
    assert row.signatures == ("0x" + theirs.removeprefix("0x"),)
