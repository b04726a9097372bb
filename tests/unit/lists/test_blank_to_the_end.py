"""A column or key is blank only if it is so to the end: the first value in it is told."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from openpyxl import Workbook
from support.lists import Read, Reader

from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
ROW = {"network": "ethereum", "coin": "ETH", "amount": "1.5"}


def address(number: int) -> str:
    return f"0x{number:040x}"


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


def csv(values: list[str], header: str = "network,coin,address,amount,,label") -> str:
    coin = "ETH," if "coin" in header else ""
    rows = [f"ethereum,{coin}{address(n)},1.5,{value},x" for n, value in enumerate(values, 1)]
    return "\n".join([header, *rows, ""])


def test_a_value_far_below_a_column_without_a_name_is_told(read_bytes: Reader) -> None:
    read = read_bytes(csv([""] * 6 + ["in thousands", "LIABILITY"]))
    assert len(read.claims) == 8
    told = [told for told in read.told if told[1] == FindingKind.NOT_UNDERSTOOD]
    assert [row for row, _, _ in told] == [8]
    assert "in thousands" in told[0][2]


def test_the_same_in_a_workbook(read_bytes: Reader) -> None:
    book, made = Workbook(), io.BytesIO()
    sheet: Any = book.active
    sheet.append(["network", "coin", "address", "amount", None, "label"])
    for n in range(1, 9):
        sheet.append(["ethereum", "ETH", address(n), 1.5, "thousand" if n == 8 else None, "a"])
    book.save(made)
    assert len(asked(read_bytes(made.getvalue(), "list.xlsx"))) == 1


def test_the_same_where_each_coin_has_a_column(read_bytes: Reader) -> None:
    rows = [f"ethereum,{address(n)},1.5,,7" for n in range(1, 8)]
    last = f"ethereum,{A},1.5,in thousands,7"
    read = read_bytes("\n".join(["network,address,ETH,,USDT", *rows, last, ""]))
    assert len(read.claims) == 16
    assert len(asked(read)) == 1


def test_where_nothing_says_the_coin_such_a_row_is_no_claim(read_bytes: Reader) -> None:
    rows = [*csv([""] * 6 + ["PEPE", "PEPE"], "network,address,amount,,note").split("\n")]
    read = read_bytes("\n".join(rows))
    assert len(read.claims) == 6
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_COIN] * 2


def test_a_column_that_is_blank_to_the_end_is_needless(read_bytes: Reader) -> None:
    read = read_bytes(csv(["", " ", "  "] * 4))
    assert (len(read.claims), asked(read)) == (12, [])


@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("first", [None, "", " "])
def test_a_key_that_is_blank_at_first_is_watched(
    read_bytes: Reader, first: str | None, lines: bool
) -> None:
    values = [first, first, "thousand ETH, borrowed", None, "again"]
    rows = [{**ROW, "address": address(n), "unit": unit} for n, unit in enumerate(values, 1)]
    text = "".join(json.dumps(row) + "\n" for row in rows) if lines else json.dumps(rows)
    read = read_bytes(text)
    assert len(read.claims) == 5
    assert len(asked(read)) == 1
    assert "unit" in asked(read)[0]
    assert "thousand ETH, borrowed" in asked(read)[0]


def test_a_key_that_says_something_late_may_say_the_coin(read_bytes: Reader) -> None:
    rows = [
        {"network": "ethereum", "address": address(n), "amount": "1.5", "kind": kind}
        for n, kind in enumerate([None, "PEPE", None], 1)
    ]
    read = read_bytes(json.dumps(rows))
    assert [claim.row for claim in read.claims] == [1]
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_COIN] * 2


def test_keys_that_are_blank_by_turns_are_told_once_each(read_bytes: Reader) -> None:
    rows = [
        {**ROW, "address": address(n), "one": "x" if n % 2 else None, "two": None if n % 2 else "y"}
        for n in range(1, 50)
    ]
    read = read_bytes(json.dumps(rows))
    assert len(read.claims) == 49
    assert len(asked(read)) == 2


def test_keys_that_are_blank_to_the_end_are_needless(read_bytes: Reader) -> None:
    rows = [{**ROW, "address": address(n), "unit": None} for n in range(1, 9)]
    assert asked(read_bytes(json.dumps(rows))) == []
