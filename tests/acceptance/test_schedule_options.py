"""A schedule is refused when it is made, not at six in the morning; an edit changes what it says."""

from __future__ import annotations

import pytest

from scanner.store.database.engine import open_store
from scanner.store.writing.schedules import schedules

ADD = ("schedule", "add", "s", "--list", "list.csv", "--cron", "0 6 * * *")


@pytest.fixture
def world(tmp_path):
    (tmp_path / "list.csv").write_text("network,asset,address,amount\n")
    return tmp_path


def options_of(folder):
    with open_store(f"sqlite:///{folder / 'x.db'}") as store:
        (schedule,) = schedules(store)
    return schedule.options


WRONG = [
    (("--list-format", "nope"), "no list format 'nope'"),
    (("--columns", "foo=bar"), "there is no field 'foo'"),
    (("--columns", "decimal=point"), "decimal is"),
    (("--network", "nope"), "unknown network 'nope'"),
    (("--unit", "sats"), "--unit is coin or base"),
]


@pytest.mark.parametrize(("wrong", "says"), WRONG)
def test_a_way_of_reading_that_no_list_has_is_refused_at_once(world, scanner, wrong, says):
    done = scanner(*ADD, *wrong, "--database", "x.db")
    assert done.status == 2
    assert says in done.err
    assert scanner(*ADD, "--database", "x.db").status == 0
    before = options_of(world)
    done = scanner("schedule", "edit", "s", *wrong, "--database", "x.db")
    assert done.status == 2
    assert says in done.err
    assert options_of(world) == before


@pytest.mark.parametrize(
    ("edit", "after"),
    [
        (("--unit", "base"), {"address": "w", "unit": "base"}),
        (("--columns", "address=v"), {"address": "v", "unit": "coin"}),
        (("--columns", "address=v", "--unit", "base"), {"address": "v", "unit": "base"}),
        (("--quorum", "2"), {"address": "w", "unit": "coin"}),
    ],
)
def test_unit_and_columns_replace_each_its_own(world, scanner, edit, after):
    """They are kept together: to change the unit dropped which column has the address."""
    made = scanner(*ADD, "--columns", "address=w", "--unit", "coin", "--database", "x.db")
    assert made.status == 0, made.err
    done = scanner("schedule", "edit", "s", *edit, "--database", "x.db")
    assert done.status == 0, done.err
    assert options_of(world).columns == after


def test_another_way_to_say_what_counts_takes_the_place_of_the_one_before(world, scanner):
    """A snapshot refuses both at once: every run would have failed."""
    made = scanner(*ADD, "--statement", "I am a Northbank address", "--database", "x.db")
    assert made.status == 0, made.err
    for edit, after in (
        (("--challenge", "Northbank, block 1"), ("Northbank, block 1", ())),
        (("--statement", "Northbank owns {address}"), ("", ("Northbank owns {address}",))),
    ):
        done = scanner("schedule", "edit", "s", *edit, "--database", "x.db")
        assert done.status == 0, done.err
        assert (options_of(world).challenge, options_of(world).wanted) == after


def test_a_name_that_is_taken_says_what_to_do(world, scanner):
    assert scanner(*ADD, "--database", "x.db").status == 0
    done = scanner(*ADD, "--database", "x.db")
    assert done.status == 2
    assert "'scanner schedule edit --database x.db'" in done.err
