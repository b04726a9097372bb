"""What is said of a database's own words: what it means for the user, and what to do."""

import pytest

from scanner.store.database.troubles import remedy


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
