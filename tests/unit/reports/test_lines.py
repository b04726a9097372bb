from scanner.reports.lines import (
    BOTTOM,
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
    chart = line_chart([Line("a", [[Point(5, 0, "nothing")]])], [(5, "day")], ["0"] * 5, "d")
    assert chart.count("<circle") == 1
    assert chart.count('class="grid"') == 1
    assert "polyline" not in chart


def test_words_are_escaped():
    bad = "<&\"'>"
    chart = line_chart([Line(bad, [[Point(1, 1, bad)]])], [(1, bad)], [bad] * 5, bad)
    assert bad not in chart
    assert chart.count("&lt;&amp;&quot;&#x27;&gt;") >= 8


def test_no_point_is_no_chart():
    assert line_chart([Line("a", [[]])], [], ["0"] * 5, "d") == ""


def test_grid_lines_are_whole_numbers():
    assert grid_amounts(10) == [0, 2, 5, 7, 10]
