"""Every data row counts once; the first few of each class are named; blocks add up in order."""

from __future__ import annotations

import io
import json

import pytest
from support.snapshot_stub import CONTROLS, OKX_RULE, UNSIGNED, eth_claim

from scanner.model.claim import DeclaredTotal, UnreadableRow
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.finding import FindingKind, Weight
from scanner.model.statement import StatementRule
from scanner.reports.commands.ownership import (
    CLASSES,
    FIRST_FEW,
    OwnershipSummary,
    finding_kind,
    render_block,
    row_object,
)
from scanner.reports.commands.ownership_text import print_ownership

ASSERTED = ControlResult(Control.CONTROLS, Binding.ASSERTED, reason="only the chain can show it")
RESULTS = [
    (CONTROLS, None),
    (ASSERTED, FindingKind.OWNER_UNPROVEN),
    (ControlResult(Control.CONTROLS, Binding.NONE, reason="x"), FindingKind.OWNER_UNPROVEN),
    (ControlResult(Control.MISMATCH, reason="x"), FindingKind.BAD_SIGNATURE),
    (ControlResult(Control.MALFORMED, reason="x"), FindingKind.MALFORMED_PROOF),
    (ControlResult(Control.UNSUPPORTED, reason="x"), FindingKind.UNSUPPORTED_SCHEME),
    (UNSIGNED, FindingKind.UNSIGNED),
    (ControlResult(Control.CONTROLS, Binding.DERIVED, reason="x"), FindingKind.NOT_STATED),
]
BAD = UnreadableRow(9, 3, "bad_amount", "not an amount: '1e400'", "1e400")
UNKNOWN = UnreadableRow(10, 1, "unknown_coin", "unknown coin 'X'", "X")


@pytest.mark.parametrize(("result", "kind"), RESULTS)
def test_only_proof_makes_no_finding(result, kind):
    assert finding_kind(result) is kind


def test_unreadable_rows_have_the_same_keys_and_say_their_kind():
    claim = row_object(eth_claim(0), CONTROLS)
    for row, control in ((BAD, "unsupported"), (UNKNOWN, "unsupported")):
        record = row_object(row, None)
        assert list(record) == list(claim)
        assert record["control"] == control
        assert record["reason"].startswith(row.kind)
    assert row_object(BAD, None)["reason"] == (
        "bad_amount, column 3: not an amount: '1e400' (1e400)"
    )


def test_a_claim_without_a_verdict_is_a_mistake():
    with pytest.raises(ValueError):
        row_object(eth_claim(0), None)
    with pytest.raises(ValueError):
        OwnershipSummary().add(eth_claim(0), None)


def test_blocks_add_up_as_one():
    rows = [eth_claim(n) for n in range(40)]
    verdicts = [RESULTS[n % len(RESULTS)][0] for n in range(40)]
    judged = [*zip(rows, verdicts, strict=True), (BAD, None)]
    whole, lines = render_block(judged, lines=True, rule=OKX_RULE)
    parts = OwnershipSummary()
    for start in range(0, 40, 7):
        part, _ = render_block(judged[:40][start : start + 7], lines=False, rule=OKX_RULE)
        parts.merge(part)
    last, none = render_block([(BAD, None)], lines=False, rule=OKX_RULE)
    parts.merge(last)
    assert none == b""
    assert parts == whole
    assert whole.rows == 41
    assert sum(whole.total(c) for c in CLASSES) == 41
    assert all(len(s) <= FIRST_FEW for s in whole.samples.values())
    assert whole.weights == {Weight.FALSE, Weight.UNSHOWN}
    assert [json.loads(x)["row"] for x in lines.splitlines()] == [*range(1, 41), 9]


def test_totals_lines_are_not_rows():
    line = DeclaredTotal(2, "ETH", "ETH", "ethereum", 18, 5, None)
    judged = [(line, None), (eth_claim(0), CONTROLS)]
    summary, lines = render_block(judged, lines=True, rule=OKX_RULE)
    assert (summary.rows, lines.count(b"\n")) == (1, 1)


def test_another_message_than_the_challenge_is_not_stated():
    signed = {"signatures": ("s",)}
    claims = [eth_claim(n, message=m, **signed) for n, m in enumerate(("fresh", "old"))]
    judged = [(claim, CONTROLS) for claim in claims]
    summary, _ = render_block(judged, lines=False, rule=StatementRule("okx", challenge="fresh"))
    assert (summary.total("verified"), summary.total("not_stated")) == (1, 1)
    assert summary.weights == {Weight.UNSHOWN}


def test_words_for_people():
    rows = [eth_claim(n, address=f"0x{n:040x}", signatures=("s",)) for n in range(8)]
    verdicts = [CONTROLS, *[UNSIGNED] * 7]
    judged = [*zip(rows, verdicts, strict=True), (BAD, None)]
    summary, _ = render_block(judged, lines=False, rule=OKX_RULE)
    out = io.StringIO()
    print_ownership(summary, OKX_RULE, out)
    text = out.getvalue()
    assert "unsigned: 7 (no signature published)" in text
    assert "  and 2 more (all of them: --jsonl FILE)" in text
    assert "line 9: bad_amount: not an amount: '1e400'" in text
    assert text.splitlines()[-1] == "9 rows: 1 verified, 0 false, 8 not verified."


def test_no_rows_are_not_all_rows_verified():
    summary, out = OwnershipSummary(), io.StringIO()
    print_ownership(summary, OKX_RULE, out)
    assert summary.weights == {Weight.UNSHOWN}
    assert "nothing is verified" in out.getvalue()


def test_rows_whose_accounts_keys_were_not_asked_are_counted_apart():
    claims = [eth_claim(n, signatures=("s",)) for n in range(3)]
    claims += [c._replace(network="tron") for c in claims[:2]]
    chained = CONTROLS._replace(binding=Binding.ON_CHAIN)
    verdicts = [CONTROLS, CONTROLS, CONTROLS, CONTROLS, chained]
    summary, _ = render_block(zip(claims, verdicts, strict=True), lines=False, rule=OKX_RULE)
    out = io.StringIO()
    print_ownership(summary, OKX_RULE, out)
    assert summary.total("verified") == 5
    assert "1 of the verified rows: the account's current keys were not checked" in out.getvalue()


def test_rows_alike_but_for_their_address_are_not_stated_by_a_text_that_names_another():
    mine, other = "0x" + "1" * 40, "0x" + "2" * 40
    text = f"I own the wallet {mine}"
    signed = {"message": text, "signatures": ("s",)}
    claims = [eth_claim(n, address=a, **signed) for n, a in enumerate((mine, other, mine))]
    rule = StatementRule("okx", wanted=("I own the wallet {address}",))
    summary, lines = render_block([(c, CONTROLS) for c in claims], lines=True, rule=rule)
    stated = [json.loads(line)["statement"] for line in lines.splitlines()]
    assert stated == ["stated", "not_stated", "stated"]
    assert (summary.total("verified"), summary.total("not_stated")) == (2, 1)


def test_rows_alike_are_counted_and_written_each_with_its_own_address_and_signer():
    claims = [eth_claim(n, address=f"0x{n:040x}", amount=n, signatures=("s",)) for n in range(9)]
    verdicts = [CONTROLS._replace(signed_by=(claim.address,)) for claim in claims]
    verdicts[4] = verdicts[4]._replace(reason="64-byte form of EIP-2098")
    summary, lines = render_block(zip(claims, verdicts, strict=True), lines=True, rule=OKX_RULE)
    rows = [json.loads(line) for line in lines.splitlines()]
    assert [(row["row"], row["address"], row["signed_by"]) for row in rows] == [
        (claim.row, claim.address, [claim.address]) for claim in claims
    ]
    assert [n for n, row in enumerate(rows) if row["reason"]] == [4]
    alone = OwnershipSummary()
    for claim, verdict in zip(claims, verdicts, strict=True):
        alone.merge(render_block([(claim, verdict)], lines=False, rule=OKX_RULE)[0])
    assert summary == alone
