"""Options that a reason names can be copied as they stand, whatever the file calls its columns."""

from __future__ import annotations

import shlex

import pytest

from scanner.cli.common.listing import parse_columns
from scanner.lists.remedies import mapping

NAMES = [
    "qty",
    "pledged to",
    "Höhe (ETH)",
    "a'b",
    'a "b"',
    "$(id)",
    "`id`",
    "a;b",
    "a\\b",
    "!x",
    "-x",
]


@pytest.mark.parametrize("name", NAMES)
def test_a_shell_reads_the_name_and_runs_nothing(name):
    words = shlex.split(mapping("ignore", name))
    assert words == ["--columns", f"ignore={name}"]
    assert parse_columns([words[1]]) == {"ignore": name}


def test_plain_names_stand_as_they_are():
    assert mapping("address", "wallet") == "--columns address=wallet"
    assert mapping("ignore", "pledged to ") == '--columns "ignore=pledged to"'


def test_the_reason_of_a_column_that_is_not_understood_can_be_copied(read_bytes):
    head = b"network,address,amount,coin,pledged to\nbitcoin,x,1,BTC,lender\n"
    (found,) = [f for f in read_bytes(head).findings if "pledged to" in f.reason]
    words = shlex.split(found.reason.partition("use ")[2].replace(",", " "), posix=True)
    assert words[:2] == ["--columns", "FIELD=pledged to"]
    assert words[-1] == "ignore=pledged to"
