"""The name of a file, sheet or member may say that its rows are no holdings in coins."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from openpyxl import Workbook
from support.lists import Read, Reader

from scanner.lists.spoken import no_holding_in
from scanner.model.finding import FindingKind

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
HEADER = ["network", "coin", "address", "amount"]
ROW = ["ethereum", "ETH", A, "7.5"]
LIST = f"{','.join(HEADER)}\n{','.join(ROW)}\n"


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


def workbook(*names: str) -> bytes:
    book, made = Workbook(), io.BytesIO()
    sheet: Any = book.active
    for number, name in enumerate(names):
        sheet = book.create_sheet(name) if number else sheet
        sheet.title = name
        sheet.append(HEADER)
        sheet.append([*ROW[:2], f"0x{number + 1:040x}", ROW[3]])
    book.save(made)
    return made.getvalue()


def archive(*names: str) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as file:
        for number, name in enumerate(names):
            file.writestr(name, LIST.replace(A, f"0x{number + 1:040x}"))
    return made.getvalue()


NAMES = [
    ("Liabilities", "liabilities"), ("Closed wallets", "closed"), ("USD values", "usd"),
    ("Percent", "percent"), ("not reserves", "not reserves"), ("LoansToOthers", "loans"),
    ("Borrowed 2026", "borrowed"), ("share of users", "share"), ("debts_2", "debts"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "word"), NAMES)
def test_a_sheet_or_member_that_says_not_held_is_asked_about(
    read_bytes: Reader, name: str, word: str
) -> None:
    for read in (
        read_bytes(workbook("Reserves", name), "list.xlsx"),
        read_bytes(workbook(name), "list.xlsx"),
        read_bytes(archive("wallets.csv", f"{name}.csv"), "list.zip"),
        read_bytes(archive(f"{name}/wallets.csv"), "list.zip"),
        read_bytes(LIST, f"{name}.csv"),
    ):
        assert len(asked(read)) == 1
        assert repr(word) in asked(read)[0]
    said = read_bytes(LIST, f"{name}.csv", columns={"ignore": word})
    assert (len(said.claims), asked(said)) == (1, [])


def test_each_word_is_asked_about(read_bytes: Reader) -> None:
    assert len(asked(read_bytes(LIST, "liabilities_usd.csv"))) == 2
    said = read_bytes(LIST, "liabilities_usd.csv", columns={"ignore": "usd"})
    assert len(asked(said)) == 1


@pytest.mark.parametrize(
    "name",
    [
        "okx_por_2026-11-01.csv", "test.csv", "Reserves", "9cad3eur1aed77.csv", "cadence.csv",
        "usdt_usdc.csv", "shared-wallets.csv", "EUROC.csv", "wBTC bitgo", "coldWallets2.json",
        "eurc.csv", "USDe.csv", "entry_list.csv", "proof-of-reserves_20261101.xlsx",
    ],
)  # fmt: skip
def test_a_name_that_says_none_of_it_says_nothing(name: str) -> None:
    assert no_holding_in(name, units=False) == []
