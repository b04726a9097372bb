"""What is said of a database's own words: what it means for the user, and what to do."""

import sqlite3

import pytest

from scanner.errors import StoreError
from scanner.store.database.troubles import explained, remedy


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ("FATAL:  sorry, too many clients already", "has no room for another connection"),
        ('FATAL:  too many connections for role "scanner"', "has no room for another connection"),
        (
            "FATAL:  remaining connection slots are reserved for roles with the SUPERUSER attribute",
            "has no room for another connection",
        ),
        ("FATAL:  the database system is starting up", "starts or stops: try again in a minute"),
        ("FATAL:  the database system is shutting down", "starts or stops: try again in a minute"),
        ("FATAL:  the database system is in recovery mode", "starts or stops"),
        ("deadlock detected\nDETAIL:  Process 1 waits", "two processes changed the same at once"),
        ("could not serialize access due to concurrent update", "two processes changed the same"),
        ("cannot execute INSERT in a read-only transaction", "or its server is a standby"),
        ("terminating connection due to idle-in-transaction timeout", "this process stood still"),
        ("terminating connection due to administrator command", "ended the connection: try again"),
        ("the connection is lost", "ended the connection: try again"),
        ("could not receive data from server: Connection timed out", "ended the connection"),
    ],
)
def test_words_of_a_server(words, meaning):
    said = remedy(words)
    assert meaning in said
    assert f"({words.splitlines()[0]})" in said


@pytest.mark.parametrize("words", ["database or disk is full", "No space left on device"])
def test_a_full_disk_may_have_no_snapshot_yet(words):
    """To resume one was the advice also where none had begun; where one has, the command says so."""
    said = remedy(words)
    assert said.startswith("the disk is full: make room, then try again")
    assert "resume" not in said


def fail_in_closing(before):
    """A connection that is at work cannot be closed, and says so in place of why it is closed."""
    with explained("the database"):
        try:
            raise before
        finally:
            raise sqlite3.ProgrammingError("can't change 'autocommit' now")


@pytest.mark.parametrize("stop", [KeyboardInterrupt(), SystemExit(143)])
def test_a_stop_stays_one_where_the_database_fails_because_of_it(stop):
    with pytest.raises(type(stop)) as ended:
        fail_in_closing(stop)
    assert ended.value is stop


def test_an_error_before_another_is_no_stop():
    with pytest.raises(StoreError, match="autocommit"):
        fail_in_closing(ValueError("an error of the block"))
