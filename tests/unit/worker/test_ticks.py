from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import ConfigError
from scanner.worker.ticks import check_cron, due_tick, next_tick

DAILY = "0 6 * * *"


def at(day, hour=0, minute=0, second=0, micro=0):
    return datetime(2026, 11, day, hour, minute, second, micro, tzinfo=UTC)


def test_a_tick_is_due_from_its_moment_on():
    assert due_tick(DAILY, at(20, 7), at(21, 5, 59, 59)) is None
    assert due_tick(DAILY, at(20, 7), at(21, 6)) == at(21, 6)
    assert due_tick(DAILY, at(20, 7), at(21, 6, 0, 0, 1)) == at(21, 6)


def test_a_tick_that_was_claimed_is_not_due_again():
    assert due_tick(DAILY, at(21, 6), at(21, 6)) is None
    assert due_tick(DAILY, at(21, 6), at(22, 5)) is None


def test_of_many_missed_ticks_only_the_latest_is_due():
    assert due_tick(DAILY, at(1, 6), at(21, 12)) == at(21, 6)


def test_a_clock_set_back_makes_nothing_due():
    assert due_tick(DAILY, at(21, 6), at(19, 12)) is None


def test_times_are_utc_whatever_zone_they_come_in():
    east = timezone(timedelta(hours=5))
    now = at(21, 6, 30).astimezone(east)
    assert due_tick(DAILY, at(20, 7), now) == at(21, 6)
    assert next_tick(DAILY, now) == at(22, 6)


@given(st.integers(0, 60 * 24 * 40), st.integers(0, 60 * 24 * 40), st.sampled_from(
    ["* * * * *", "*/7 * * * *", DAILY, "30 0 1 * *", "0 0 * * 1"]
))  # fmt: skip
def test_due_ticks_lie_after_the_last_and_never_in_the_future(last, now, cron):
    start = at(1)
    last, now = start + timedelta(minutes=last), start + timedelta(minutes=now, seconds=30)
    tick = due_tick(cron, last, now)
    if tick is None:
        assert now <= last or next_tick(cron, last) > now
    else:
        assert last < tick <= now < next_tick(cron, tick)


@pytest.mark.parametrize(
    "wrong", ["", "x", "* * * *", "* * * * * *", "61 * * * *", "@daily", "0 6 * * *; rm"]
)
def test_what_is_no_cron_expression(wrong):
    with pytest.raises(ConfigError, match="0 6 \\* \\* \\*"):
        check_cron(wrong)


def test_spaces_are_set_right():
    assert check_cron("  0   6 * * * ") == DAILY
