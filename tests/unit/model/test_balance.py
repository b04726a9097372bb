"""An answer about a balance: known or unavailable, never half of each, however it was made."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.model.balance import Balance, Evidence, unavailable, with_amounts

FIVE = Balance(5, Evidence.AGREED, ("a", "b"), "why", "{}")


@pytest.mark.parametrize(
    ("amount", "evidence"),
    [(None, Evidence.REPORTED), (0, Evidence.UNAVAILABLE), (-1, Evidence.PROVEN)],
)
def test_an_amount_and_its_evidence_belong_together(amount, evidence):
    with pytest.raises(ValueError, match="a balance"):
        Balance(amount, evidence)
    with pytest.raises(ValueError, match="a balance"):
        FIVE._replace(amount=amount, evidence=evidence)


def test_what_nobody_could_read_is_not_zero():
    lost = unavailable("no answer", "b", "a")
    assert lost == Balance(None, Evidence.UNAVAILABLE, ("a", "b"), "no answer")
    assert lost != Balance(0, Evidence.REPORTED, ("a", "b"), "no answer")


@given(st.lists(st.integers(0, 2**256 - 1)))
def test_many_at_once_are_what_each_would_be(amounts):
    many = list(with_amounts(FIVE, amounts))
    assert many == [Balance(n, Evidence.AGREED, ("a", "b"), "why", "{}") for n in amounts]
    assert all(type(made) is Balance for made in many)


@pytest.mark.parametrize(("pattern", "amounts"), [(FIVE, [3, -1, 4]), (unavailable("x"), [1])])
def test_many_at_once_are_checked_like_one(pattern, amounts):
    with pytest.raises(ValueError, match="a balance"):
        with_amounts(pattern, amounts)


def test_a_balance_travels_between_processes():
    assert pickle.loads(pickle.dumps(FIVE)) == FIVE
