"""What `scanner doctor` prints below its table."""

from __future__ import annotations

import io

from scanner.reports.commands.forecasts import print_forecasts
from scanner.snapshots.forecast import Forecast


def test_what_is_doubted_is_said_once():
    out = io.StringIO()
    doubt = "the block of that height is 40 days from the others"
    found = Forecast("near", 5, 3, "near-one", problem=doubt, advice="give --at", doubt=doubt)
    print_forecasts([found], out)
    assert out.getvalue().splitlines()[-1] == f"near 5: {doubt}; give --at"


def test_problem_doubt_and_advice_are_all_said():
    out = io.StringIO()
    found = Forecast("near", None, 3, "near-one", problem="a", advice="b", doubt="c")
    print_forecasts([found], out)
    assert out.getvalue().splitlines()[-1] == "near: a; c; b"
