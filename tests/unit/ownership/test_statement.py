"""Patterns, templates, and what a rule is made of."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ConfigError
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.publisher import Publisher, Publishers
from scanner.model.statement import StatedBy, Statement, StatementRule
from scanner.ownership.signed_texts import SignedTexts, template
from scanner.ownership.statement import check_pattern, literal, make_rule, matches, settle

TABLE = Publishers([Publisher("okx", (), ("I am an OKX address",))])
SHOWN = ControlResult(Control.CONTROLS, Binding.DERIVED)
ROW = Claim(1, "ETH", "ETH", "ethereum", "0xAbC", "k", 18, message="hello", signatures=("s",))


@pytest.mark.parametrize(
    ("pattern", "text", "good"),
    [
        ("I own this", "I own this", True),
        ("I own this", "I own this.", False),
        ("I own *", "I own 5 coins", True),
        ("* of Northbank, *", "reserves of Northbank, block 7", True),
        ("* of Northbank, *", "reserves of Northbank", False),
        ("a*bcd*efgh", "abcd-efgh", True),
        ("aa*aa-123456", "aa-123456", False),
        (r"stars \* here", "stars * here", True),
        (r"stars \* here", "stars 12 here", False),
        ("I own {address}", "I own 0xabc", True),
        ("I own {address}, *", "I own 0xABC, block 1", True),
        ("I own {address}", "I own 0xdef", False),
    ],
)
def test_patterns(pattern, text, good):
    assert matches(pattern, text, "0xAbC") is good


@given(st.text(max_size=80))
def test_a_literal_pattern_matches_its_text_and_no_other(text):
    if "{address}" not in text and "\0" not in text:
        assert matches(literal(text), text)
        assert not matches(literal(text), text + "x")


@pytest.mark.parametrize("pattern", ["*", "* *", "{address}*", "*abc*", "", "  "])
def test_a_pattern_of_anything_is_refused(pattern):
    with pytest.raises(ConfigError):
        check_pattern(pattern)


def test_templates_leave_out_what_differs_between_rows():
    one = template("I own 0x" + "ab" * 20 + " at block 925000")
    assert one == template("I own 0x" + "cd" * 20 + " at block 7")
    assert one == template("I own 1BoatSLRHtKNngkdXEeobR76b53LETtpyT at block 7")
    assert one != template("You own 0x" + "cd" * 20 + " at block 7")


def test_the_users_word_is_the_only_one_that_counts():
    rule = make_rule("okx", TABLE, wanted=("hello",))
    assert settle(SHOWN, ROW, rule).stated_by is StatedBy.RULE
    known = ROW._replace(message="I am an OKX address")
    assert settle(SHOWN, known, rule).statement is Statement.NOT_STATED
    assert settle(SHOWN, known, make_rule("okx", TABLE)).stated_by is StatedBy.TABLE


def test_without_a_rule_or_a_signature_nothing_is_stated():
    assert settle(SHOWN, ROW, None).statement is Statement.NOT_STATED
    stated = SHOWN._replace(statement=Statement.STATED, stated_by=StatedBy.TABLE)
    rule = StatementRule("x", known=("hello",))
    unsigned = settle(stated, ROW._replace(signatures=()), rule)
    assert (unsigned.statement, unsigned.stated_by) == (Statement.NONE, StatedBy.NOTHING)
    assert not unsigned.is_proof


@pytest.mark.parametrize("control", [Control.MISMATCH, Control.MALFORMED])
def test_a_text_beside_a_bad_signature_states_nothing(control):
    stated = ControlResult(control, statement=Statement.STATED, stated_by=StatedBy.TABLE)
    found = settle(stated, ROW, StatementRule("x", known=("hello",)))
    assert (found.statement, found.stated_by) == (Statement.NONE, StatedBy.NOTHING)
    undecided = settle(
        ControlResult(Control.UNSUPPORTED), ROW, StatementRule("x", known=("hello",))
    )
    assert undecided.statement is Statement.STATED


def test_a_verdict_short_of_control_keeps_its_own_reason():
    mismatch = ControlResult(Control.MISMATCH, reason="another key")
    assert settle(mismatch, ROW, StatementRule("x")).reason == "another key"
    said = settle(SHOWN._replace(reason="EIP-191"), ROW, StatementRule("x"))
    assert said.reason.endswith("; EIP-191")


@pytest.mark.parametrize("publisher", ["wallet", "me", "my", "test", "bitcoin", "ab", "address"])
def test_words_of_anybody_name_nobody(publisher):
    texts = SignedTexts()
    texts.add(f"this is {publisher} address of mine", 2, 1)
    assert make_rule(publisher, TABLE, texts).named == ""


def test_counting_in_parts_is_counting_at_once():
    lines = [(f"text {'abc'[n % 3]} {n}", 1, n) for n in range(30)]
    whole, parts = SignedTexts(), SignedTexts()
    for line in lines:
        whole.add(*line)
    for start in range(0, 30, 7):
        part = SignedTexts()
        for line in lines[start : start + 7]:
            part.add(*line)
        parts.merge(part)
    assert whole == parts
    assert [t.rows for t in whole.most_signed] == [10, 10, 10]
