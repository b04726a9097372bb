"""Every kind of finding weighs something, and the exit status follows from the weights."""

from scanner.model.finding import WEIGHTS, FindingKind, Weight, exit_status


def test_every_kind_has_a_weight():
    assert set(WEIGHTS) == set(FindingKind)


def test_false_outweighs_unshown():
    assert exit_status(set()) == 0
    assert exit_status({Weight.NOTE}) == 0
    assert exit_status({Weight.UNSHOWN, Weight.NOTE}) == 3
    assert exit_status({Weight.FALSE, Weight.UNSHOWN}) == 1
