"""What a command imports as a module waits until it is used; names are there at once."""

from __future__ import annotations

import sys
from threading import Barrier, Thread

import pytest

from scanner.cli.common.later import import_ahead, imported_when_used

WAITS, SIBLING = "scanner.snapshots.goal", "scanner.snapshots.moments"


@pytest.fixture(autouse=True)
def not_imported(monkeypatch):
    """As at the start of a process; afterwards the modules are those that other tests hold."""
    import scanner.snapshots
    from scanner.snapshots import goal, moments  # noqa: F401 - for monkeypatch to bring back

    for name in (WAITS, SIBLING):
        monkeypatch.delitem(sys.modules, name)
        monkeypatch.delattr(scanner.snapshots, name.rpartition(".")[2])


def test_a_module_waits_until_something_of_it_is_used():
    with imported_when_used():
        from scanner.snapshots import goal
    assert WAITS not in sys.modules
    made = goal.Goal()
    assert type(made) is sys.modules[WAITS].Goal


def test_a_module_is_imported_ahead_of_its_use():
    with imported_when_used():
        from scanner.snapshots import goal
    import_ahead(goal)
    itself = sys.modules[WAITS]
    import_ahead(goal)
    import_ahead(itself)
    assert sys.modules[WAITS] is itself
    assert goal.Goal is itself.Goal


def test_a_name_is_there_at_once():
    with imported_when_used():
        from scanner.snapshots.goal import Goal

        assert WAITS in sys.modules
    assert Goal is sys.modules[WAITS].Goal


def test_others_import_the_module_itself():
    with imported_when_used():
        from scanner.snapshots import goal as waiting
    from scanner.snapshots import goal

    assert goal is sys.modules[WAITS]
    assert goal is not waiting
    assert waiting.Goal is goal.Goal


def test_what_is_put_into_the_module_is_seen(monkeypatch):
    with imported_when_used():
        from scanner.snapshots import goal
    monkeypatch.setattr(f"{WAITS}.Goal", "another")
    assert goal.Goal == "another"


def test_modules_and_names_that_are_not_there_are_refused_as_ever():
    with imported_when_used():
        with pytest.raises(ImportError, match="no_such"):
            from scanner.snapshots import no_such
        with pytest.raises(ImportError, match="no_such"):
            from scanner.snapshots.goal import no_such  # noqa: F401
        from scanner.snapshots import moments
    with pytest.raises(AttributeError, match="no_such"):
        moments.no_such()


def test_threads_that_use_it_first_get_the_whole_module():
    with imported_when_used():
        from scanner.snapshots import goal
    together, found = Barrier(8), []

    def use() -> None:
        together.wait()
        found.append(goal.Goal)

    threads = [Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [sys.modules[WAITS].Goal] * 8
