"""Which kinds of findings a user's word means."""

import pytest

from scanner.errors import ConfigError
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.figures.findings import parse_kinds


def test_kinds_verdicts_and_either_dash():
    assert parse_kinds(["shortfall", "mismatch"]) == (
        FindingKind.SHORTFALL,
        FindingKind.BAD_SIGNATURE,
    )
    assert parse_kinds(["bad-row", "bad_row"]) == (FindingKind.BAD_ROW,)


@pytest.mark.parametrize(
    ("word", "weight"),
    [("false", Weight.FALSE), ("not-verified", Weight.UNSHOWN), ("note", Weight.NOTE)],
)
def test_a_weight_means_all_its_kinds(word, weight):
    assert set(parse_kinds([word])) == {k for k in FindingKind if WEIGHTS[k] is weight}


def test_a_mistyped_kind_gets_the_nearest_one():
    with pytest.raises(ConfigError, match="'shorfall'; did you mean 'shortfall'"):
        parse_kinds(["shorfall"])


def test_a_word_near_to_none_gets_them_all():
    with pytest.raises(ConfigError, match=r"there are: false, .*shortfall"):
        parse_kinds(["xyzzy"])
