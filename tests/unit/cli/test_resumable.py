"""What is said where a snapshot stops because of its database."""

import pytest

from scanner.cli.snapshots.taking import resumable
from scanner.errors import BusyError, StoreError


def test_a_database_that_fails_in_the_middle_is_told_with_how_to_go_on(capsys):
    with pytest.raises(StoreError, match="ended the connection"), resumable(5):
        raise StoreError("db: the server ended the connection: try again")
    said = capsys.readouterr().err
    assert said == "snapshot 5 keeps what was read: run 'scanner resume 5' to continue\n"


def test_one_that_another_process_takes_is_left_to_it(capsys):
    with pytest.raises(BusyError, match="wait for it or stop it"), resumable(5):
        raise BusyError("snapshot 5", "this database")
    assert capsys.readouterr().err == ""
