import json

import pytest
from support.snapshot_stub import STATED

from scanner.model.balance import Balance, Evidence, unavailable
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.finding import FindingKind, Weight
from scanner.snapshots.findings import row_findings
from scanner.snapshots.interface import NumberedClaim

CLAIM = Claim(17, "ETH", "ETH", "ethereum", "0xA", "0xa", 18, 2 * 10**18)
ROW = NumberedClaim(3, CLAIM)
PROOF = ControlResult(Control.CONTROLS, Binding.DERIVED, **STATED)
EQUAL = Balance(2 * 10**18, Evidence.REPORTED)


def kinds(control, balance, row=ROW):
    return [f.kind for f in row_findings(row, control, balance)]


def test_a_row_that_is_as_claimed_has_nothing_to_tell():
    assert kinds(PROOF, EQUAL) == []
    assert kinds(ControlResult(Control.CONTROLS, Binding.ON_CHAIN, **STATED), EQUAL) == []
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
        (ControlResult(Control.CONTROLS, Binding.DERIVED), FindingKind.NOT_STATED),
        (ControlResult(Control.CONTROLS, Binding.ON_CHAIN), FindingKind.NOT_STATED),
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
        assert bool(kinds(ControlResult(control, Binding.DERIVED, **STATED), EQUAL)) is (
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


@pytest.mark.parametrize("amount", [0, 9 * 10**18])
def test_a_difference_at_the_newest_block_is_no_shortfall_of_the_claims_own(amount):
    (now,) = row_findings(ROW, PROOF, Balance(amount, Evidence.LATEST_ONLY, ("node",)))
    assert now.kind is FindingKind.DIFFERS_NOW
    assert now.weight is Weight.UNSHOWN
    assert now.reason.endswith("by node alone (read at the newest block, not at the stated one)")


def test_amounts_are_grouped_as_they_are_elsewhere():
    row = NumberedClaim(3, CLAIM._replace(amount=1_234_567 * 10**18))
    (short,) = row_findings(row, PROOF, Balance(10**21, Evidence.PROVEN))
    assert short.reason == "claimed 1,234,567, found 1,000 ETH: 1,233,567 less"


def test_a_shortfall_by_one_servers_word_names_the_server():
    (short,) = row_findings(ROW, PROOF, Balance(0, Evidence.REPORTED, ("somebody",)))
    assert short.reason == "claimed 2, found 0 ETH: 2 less, by somebody alone"
    (agreed,) = row_findings(ROW, PROOF, Balance(0, Evidence.AGREED, ("a", "b")))
    assert agreed.reason == "claimed 2, found 0 ETH: 2 less"


def test_a_claim_of_some_parts_says_which():
    detail = json.dumps({"parts": {"liquid": str(2 * 10**18), "staked": "5", "reward": "1"}})
    (more,) = row_findings(
        ROW, PROOF, Balance(2 * 10**18 + 5, Evidence.AGREED, ("a", "b"), "", detail)
    )
    assert more.kind is FindingKind.SURPLUS
    assert more.reason.endswith("more; the claim equals liquid")


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


@pytest.mark.parametrize(
    ("sources", "beside", "words"),
    [
        (("main", "side"), ["side"], ", by main and side alone"),
        (("a", "b"), [], ""),  # they agree
        (("a", "b", "side-a", "side-b"), ["side-a", "side-b"], ""),
    ],
)
def test_the_server_of_another_part_is_named_with_it(sources, beside, words):
    detail = json.dumps({"beside": beside}) if beside else ""
    (now,) = row_findings(ROW, PROOF, Balance(0, Evidence.LATEST_ONLY, sources, "", detail))
    assert now.reason.startswith(f"claimed 2, found 0 ETH: 2 less{words} (read at")


def test_an_endpoint_may_have_the_name_of_a_detail():
    detail = json.dumps({"outvoted": {"beside": "5 liquid"}})
    (found,) = row_findings(ROW, PROOF, Balance(0, Evidence.REPORTED, ("a",), "", detail))
    assert "by a alone" in found.reason
