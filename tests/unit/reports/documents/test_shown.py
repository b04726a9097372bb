"""Words and numbers that the report and the pages share."""

from __future__ import annotations

import pytest

from scanner.reports.documents.document import report_document
from scanner.reports.documents.html import report_page
from scanner.reports.documents.shown import block_span, counted_kinds, minute
from scanner.reports.figures.amounts import MOST_IN_A_LINE, fits

EARLY, LATE = "2026-01-31T23:59:59+00:00", "2026-02-01T00:00:01+00:00"


def test_a_moment_to_the_minute():
    assert minute(EARLY) == "2026-01-31 23:59"


@pytest.mark.parametrize(
    ("times", "words"),
    [
        ([], ""),
        ([None, ""], ""),
        ([EARLY, None], "2026-01-31 23:59"),
        ([EARLY, EARLY], "2026-01-31 23:59"),
        ([LATE, EARLY, None], "2026-01-31 23:59 to 2026-02-01 00:00"),
    ],
)
def test_when_balances_are_of(times, words):
    assert block_span(times) == words


def test_kinds_of_one_weight_with_their_numbers():
    findings = [
        {"kind": "bad_signature", "weight": "false", "count": 1_234},
        {"kind": "unsigned", "weight": "unshown", "count": 2},
        {"kind": "shortfall", "weight": "false", "count": 1},
    ]
    assert counted_kinds(findings, "false") == "bad signature (1,234), shortfall (1)"
    assert counted_kinds(findings, "note") == ""


def test_only_numbers_that_fit_nowhere_may_break():
    assert str(fits("1" * MOST_IN_A_LINE)) == "1" * MOST_IN_A_LINE
    assert str(fits("1" * 78)) == f'<span class="long">{"1" * 78}</span>'
    assert str(fits("<b>" * 20)) == f'<span class="long">{"&lt;b&gt;" * 20}</span>'


def test_the_answer_names_what_is_false_and_what_is_not_shown(taken):
    page = report_page(report_document(taken.store, taken.id))
    answer, doubted = (
        page.split(f'id="{name}"')[1].split("</section>")[0] for name in ("h-answer", "h-doubted")
    )
    assert "<b>False:</b> shortfall (1), duplicate (1)." in answer
    assert ">Not verified</h2>" in doubted
    assert "unsigned (1), balance unavailable (1), unknown coin (1)." in doubted
    assert "unsigned" not in answer
    assert "Balances are of 2023-11-14 22:15 UTC. Snapshot 1, taken " in page


def test_an_incomplete_report_has_no_block_time_to_tell(planned):
    page = report_page(report_document(planned.store, planned.id))
    assert "Balances are of" not in page
    assert "Snapshot 1" in page
