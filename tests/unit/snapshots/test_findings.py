import pytest

from scanner.model.balance import Balance, Evidence, unavailable
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.finding import FindingKind
from scanner.snapshots.findings import row_findings
from scanner.snapshots.interface import NumberedClaim

CLAIM = Claim(17, "ETH", "ETH", "ethereum", "0xA", "0xa", 18, 2 * 10**18)
ROW = NumberedClaim(3, CLAIM)
PROOF = ControlResult(Control.CONTROLS, Binding.DERIVED)
EQUAL = Balance(2 * 10**18, Evidence.REPORTED)


def kinds(control, balance, row=ROW):
    return [f.kind for f in row_findings(row, control, balance)]


def test_a_row_that_is_as_claimed_has_nothing_to_tell():
    assert kinds(PROOF, EQUAL) == []
    assert kinds(ControlResult(Control.CONTROLS, Binding.ON_CHAIN), EQUAL) == []
    assert kinds(None, None) == []


@pytest.mark.parametrize(
    ("control", "kind"),
    [
        (ControlResult(Control.MISMATCH), FindingKind.BAD_SIGNATURE),
        (ControlResult(Control.MALFORMED), FindingKind.MALFORMED_PROOF),
        (ControlResult(Control.UNSUPPORTED), FindingKind.UNSUPPORTED_SCHEME),
        (ControlResult(Control.UNSIGNED), FindingKind.UNSIGNED),
        (ControlResult(Control.CONTROLS, Binding.ASSERTED), FindingKind.OWNER_UNPROVEN),
        (ControlResult(Control.CONTROLS, Binding.NONE), FindingKind.OWNER_UNPROVEN),
    ],
)
def test_every_verdict_short_of_proof_is_told(control, kind):
    (finding,) = row_findings(ROW, control, EQUAL)
    assert finding.kind is kind
    assert finding.reason
    assert (finding.row, finding.asset, finding.network, finding.address) == (
        17,
        "ETH",
        "ethereum",
        "0xA",
    )


def test_every_control_but_controls_has_a_kind():
    for control in Control:
        assert bool(kinds(ControlResult(control, Binding.DERIVED), EQUAL)) is (
            control is not Control.CONTROLS
        )


def test_the_verifiers_reason_is_the_findings():
    (finding,) = row_findings(
        ROW, ControlResult(Control.MISMATCH, reason="key 2 signed twice"), EQUAL
    )
    assert finding.reason == "key 2 signed twice"


def test_differences_are_told_in_whole_coins():
    (short,) = row_findings(ROW, PROOF, Balance(5 * 10**17, Evidence.REPORTED))
    assert (short.kind, short.reason) == (
        FindingKind.SHORTFALL,
        "claimed 2, found 0.5 ETH: 1.5 less",
    )
    (over,) = row_findings(ROW, PROOF, Balance(2 * 10**18 + 1, Evidence.PROVEN))
    assert over.kind is FindingKind.SURPLUS
    assert over.reason.endswith("0.000000000000000001 more")


def test_a_difference_at_another_block_says_so():
    (short,) = row_findings(ROW, PROOF, Balance(0, Evidence.LATEST_ONLY))
    assert "another block" in short.reason


def test_an_unavailable_balance_is_told_with_its_reason_and_never_as_a_shortfall():
    (finding,) = row_findings(ROW, PROOF, unavailable("no archive node"))
    assert (finding.kind, finding.reason) == (FindingKind.BALANCE_UNAVAILABLE, "no archive node")


def test_a_list_without_amounts_is_not_compared():
    row = NumberedClaim(1, Claim(1, "ETH", "ETH", "ethereum", "0xA", "0xa", 18))
    assert kinds(PROOF, EQUAL, row) == []


def test_a_duplicate_is_judged_and_not_compared():
    row = NumberedClaim(3, CLAIM, duplicate=True)
    assert kinds(ControlResult(Control.UNSIGNED), Balance(0, Evidence.PROVEN), row) == [
        FindingKind.UNSIGNED
    ]


def test_one_row_may_have_two_findings():
    assert kinds(ControlResult(Control.UNSIGNED), Balance(0, Evidence.PROVEN)) == [
        FindingKind.UNSIGNED, FindingKind.SHORTFALL,
    ]  # fmt: skip
