import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.reports.documents.lines import (
    BOTTOM,
    GRID_LINES,
    HEIGHT,
    LEFT,
    RIGHT,
    TOP,
    WIDTH,
    Line,
    Point,
    Scale,
    grid_amounts,
    line_chart,
)


def test_the_axis_begins_at_zero_and_ends_at_the_highest():
    scale = Scale(first=0, last=100, highest=10**60)
    assert scale.y(0) == HEIGHT - BOTTOM
    assert scale.y(10**60) == TOP
    assert scale.y(10**60 // 2) == (TOP + HEIGHT - BOTTOM) // 2
    assert (scale.x(0), scale.x(100)) == (LEFT, WIDTH - RIGHT)


def test_one_moment_and_all_zero_are_drawn():
    scale = Scale(first=5, last=5, highest=0)
    assert LEFT < scale.x(5) < WIDTH - RIGHT
    assert scale.y(0) == HEIGHT - BOTTOM
    chart = line_chart([Line("a", [[Point(5, 0, "nothing")]])], [(5, "day")], ["0"], "d")
    assert chart.count("<circle") == 1
    assert chart.count('class="grid"') == 1
    assert "polyline" not in chart


def test_words_are_escaped():
    bad = "<&\"'>"
    chart = line_chart([Line(bad, [[Point(1, 1, bad)]])], [(1, bad)], [bad] * 2, bad)
    assert bad not in chart
    assert chart.count("&lt;&amp;&quot;&#x27;&gt;") >= 6


def test_no_point_is_no_chart():
    assert line_chart([Line("a", [[]])], [], ["0"] * 5, "d") == ""


@pytest.mark.parametrize(
    ("highest", "lines"),
    [
        (0, [0]),
        (1, [0, 1]),
        (4, [0, 1, 2, 3, 4]),
        (5, [0, 2, 4, 6]),
        (10, [0, 5, 10]),
        (31_753, [0, 10_000, 20_000, 30_000, 40_000]),
        (10**60 + 1, [0, 5 * 10**59, 10**60, 15 * 10**59]),
    ],
)
def test_grid_lines_are_round_and_reach_the_highest(highest, lines):
    assert grid_amounts(highest) == lines


@given(st.integers(1, 10**80))
def test_grid_lines_are_few_and_the_last_is_the_first_to_reach(highest):
    lines = grid_amounts(highest)
    assert 2 <= len(lines) <= GRID_LINES + 1
    assert lines[-2] < highest <= lines[-1]
    assert str(lines[1]).rstrip("0") in ("1", "2", "5")
