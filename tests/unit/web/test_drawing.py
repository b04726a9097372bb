"""Charts and axes: whole numbers only, gaps where a snapshot has no totals."""

import pytest

from scanner.web.drawing import axis_amount, history_chart


@pytest.mark.parametrize(
    ("amount", "decimals", "text"),
    [
        (0, 8, "0"),
        (50_000_000, 8, "0.5"),
        (12_345_678_900, 8, "123.456"),
        (123_400_000_000, 8, "1,234"),
        (10**12 * 10**18 + 1, 18, "1 T"),
        (1_234_567_890 * 10**8, 8, "1.234 B"),
        (50_000_000 * 100, 2, "50 M"),
        (999_999_99, 2, "999,999"),
        (10**15 * 10**18, 18, "1.00e15"),
        (123_456 * 10**70, 18, "1.23e57"),
        (1, 18, "0.000000000000000001"),
        (100_000_000, 8, "1"),
    ],
)
def test_axis(amount, decimals, text):
    assert axis_amount(amount, decimals) == text


def point(snapshot, day, claimed=None, verified=0, decimals=2):
    total = {"decimals": decimals, "claimed": str(claimed), "verified": str(verified)}
    at = f"2026-01-{day:02}T00:00:00+00:00"
    return {"snapshot": snapshot, "at": at, "total": None if claimed is None else total}


def both(*points):
    return str(history_chart({"points": list(points), "asset": "<A>", "publisher": "p\u202e"}))


def chart(*points):
    return both(*points).partition("</svg>")[0]


def test_an_incomplete_snapshot_is_a_gap_and_not_a_zero():
    drawn = chart(point(4, 4, 400, 400), point(3, 3), point(2, 2, 200, 100), point(1, 1, 100, 100))
    assert drawn.count("<polyline") == 2
    assert drawn.count("<circle") == 6
    assert "&lt;A&gt; claimed and verified by p\\u202e over time" in drawn


def test_what_is_held_and_owed_is_drawn_where_it_is_known():
    """Who signs nothing must not look as if nothing were there; what is owed is the story."""
    unsigned = [point(n, n, 500, 0) for n in (1, 2)]
    for one in unsigned:
        one["total"] |= {"unverified": "500", "liabilities": "600"}
    drawn = chart(*unsigned)
    assert drawn.count('class="held"') == 3  # a line and two points
    assert drawn.count('class="owed"') == 3
    unsigned[0]["total"] |= {"unverified": None, "liabilities": None}
    drawn = chart(*unsigned)
    assert drawn.count('class="held"') == drawn.count('class="owed"') == 1
    signed = point(1, 1, 500, 500)
    signed["total"] |= {"unverified": "0"}
    assert "held" not in chart(signed)  # it would lie upon what is verified


def days(drawn):
    return [int(part[:2]) for part in drawn.split('">2026-01-')[1:]]


def test_days_are_named_where_there_is_room_and_the_last_always():
    wide, narrow, _ = both(*(point(n, n, 5, 5) for n in range(28, 0, -1))).split("</svg>")
    assert days(wide)[0] == days(narrow)[0] == 1
    assert days(wide)[-1] == days(narrow)[-1] == 28
    assert 4 <= len(days(wide)) <= 7
    assert 2 <= len(days(narrow)) <= 3
    assert days(chart(point(1, 1, 5, 5))) == [1]


def test_phones_have_a_drawing_of_their_own():
    wide, narrow, _ = both(point(1, 1, 5, 5), point(2, 2, 6, 6)).split("</svg>")
    assert '<svg class="chart" viewBox="0 0 1000' in wide
    assert '<svg class="chart narrow" viewBox="0 0 390' in narrow


def test_decimals_of_several_snapshots_are_brought_together():
    drawn = chart(point(2, 2, 100_000, 100_000, decimals=4), point(1, 1, 1_000, 1_000))
    heights = {part.split('"')[0] for part in drawn.split('cy="')[1:]}
    assert len(heights) == 1


def test_nothing_to_draw_is_no_drawing():
    assert chart(point(1, 1)) == ""
