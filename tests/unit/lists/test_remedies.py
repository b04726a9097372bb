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


@pytest.mark.parametrize("name", ["Amount, thousands", "a=b", "a , b,c", ",x"])
def test_what_parts_options_is_left_out_of_a_name(name, read_bytes):
    words = shlex.split(mapping("ignore", name))
    columns = parse_columns(words[1:])
    text = f'network,address,coin,"{name}"\nbitcoin,1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw,BTC,1\n'
    assert read_bytes(text).findings
    assert not read_bytes(text, columns=columns).findings


@pytest.mark.parametrize(
    "title", ["All in thousands of coins, and as of block 840,000 unless said"]
)
def test_the_option_of_a_title_is_the_whole_title(title, read_bytes):
    text = f'"{title}"\nnetwork,address,coin\nbitcoin,1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw,BTC\n'
    (reason,) = [f.reason for f in read_bytes(text).findings if "--columns" in f.reason]
    option = shlex.split(reason.partition("rows, ")[2].partition(";")[0])
    assert not read_bytes(text, columns=parse_columns(option[1:])).findings


def test_what_has_no_key_needs_one(read_bytes):
    found = read_bytes('[["BTC","1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"]]').findings
    assert any(f.reason.endswith("no key says what it is: give it a key") for f in found)
    assert not any("ignore=" in f.reason for f in found)


def test_plain_names_stand_as_they_are():
    assert mapping("address", "wallet") == "--columns address=wallet"
    assert mapping("ignore", "pledged to ") == '--columns "ignore=pledged to"'


def test_the_reason_of_a_column_that_is_not_understood_can_be_copied(read_bytes):
    head = b"network,address,amount,coin,pledged to\nbitcoin,x,1,BTC,lender\n"
    (found,) = [f for f in read_bytes(head).findings if "pledged to" in f.reason]
    words = shlex.split(found.reason.partition("use ")[2].replace(",", " "), posix=True)
    assert words[:2] == ["--columns", "FIELD=pledged to"]
    assert words[-1] == "ignore=pledged to"
