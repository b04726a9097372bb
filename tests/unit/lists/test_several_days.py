"""Rows of several days that name no block are read at one: that is asked, and doubts the list."""

from __future__ import annotations

import json
import pickle
import shlex
import zipfile
from pathlib import Path
from typing import Any

import pytest
from support.lists import Read, Reader, parse_block

from scanner.lists import days
from scanner.lists.open import open_list
from scanner.lists.remedies import mapping
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

A, B = "0x28C6c06298d514Db089934071355E5743bf21d60", "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
C = "0xDFd5293D8e347dFe59E90eFd55b2956a1343963d"
OLD, NEW, NEXT = "2025-12-31", "2026-06-30", "2026-07-01"


def told(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind is FindingKind.ROWS_DOUBTED and f.row is None]


def row(address: str, **more: Any) -> dict[str, Any]:
    return {"coin": "ETH", "network": "ethereum", "address": address, "amount": "5", **more}


def table(name: str, *dates: str, height: str = "") -> str:
    header = f"{name},coin,network,height,address,amount\n"
    rows = (f"{d},ETH,ethereum,{height},{a},5\n" for d, a in zip(dates, (A, B, C), strict=False))
    return header + "".join(rows)


DOCUMENTS: dict[str, Any] = {
    "levels": {OLD: {"wallets": [row(A)]}, NEW: {"wallets": [row(B)]}},
    "levels of coins": {OLD: {"ETH": {A: "5"}}, NEW: {"ETH": {B: "5"}}},
    "quarters": {"2025-12": [row(A)], "2026-06": [row(B)]},
    "keys": [row(A, date=OLD), row(B, date=NEW)],
    "nested keys": [row(A, snapshot={"date": OLD}), row(B, snapshot={"date": NEW})],
    "before rows": [{"date": OLD, "wallets": [row(A)]}, {"date": NEW, "wallets": [row(B)]}],
    "behind rows": [{"wallets": [row(A)], "asOf": OLD}, {"wallets": [row(B)], "asOf": NEW}],
}


@pytest.mark.parametrize("name", ["date", "As of", "day", "Snapshot date", "timestamp"])
def test_a_column_of_two_days_is_asked_about(read_bytes: Reader, name: str) -> None:
    read = read_bytes(table(name, OLD, NEW))
    [reason] = told(read)
    assert f"several days ({OLD}, {NEW}) and are read at one block" in reason
    assert mapping("ignore", name) in reason
    settled = read_bytes(table(name, OLD, NEW), columns={"ignore": name})
    assert (len(settled.claims), settled.findings) == (2, [])


@pytest.mark.parametrize("dates", [("46022", "46203"), ("46022.5", "46203.75"), (OLD, "46203")])
def test_days_as_spreadsheets_keep_them_are_days(
    read_bytes: Reader, dates: tuple[str, str]
) -> None:
    """What is left of a date where its cell is saved without its look: days since 1899-12-30."""
    first, last = dates
    read = read_bytes(table("date", first, last))
    [reason] = told(read)
    assert f"several days ({first}, {last}) and are read at one block" in reason
    assert told(read_bytes(json.dumps([row(A, date=first), row(B, date=last)])))
    assert not told(read_bytes(table("date", "46022", OLD)))
    assert not told(read_bytes(json.dumps({"46022": [row(A)], "46203": [row(B)]})))


@pytest.mark.parametrize("name", ["created", "updated", "signed date", "first seen"])
def test_a_date_of_something_else_is_none_of_the_amount(read_bytes: Reader, name: str) -> None:
    assert not told(read_bytes(table(name, OLD, NEW)))


@pytest.mark.parametrize("dates", [(OLD, OLD), (NEW, NEXT), (NEW, ""), (NEW, "n/a"), ("x", "y")])
def test_one_day_is_not_asked_about(read_bytes: Reader, dates: tuple[str, str]) -> None:
    assert not told(read_bytes(table("date", *dates)))


def test_rows_that_state_their_height_are_of_their_block(read_bytes: Reader) -> None:
    assert not told(read_bytes(table("date", OLD, NEW, height="100")))
    rows = [row(A, date=OLD, height="100"), row(B, date=NEW, height="200")]
    assert not told(read_bytes(json.dumps(rows), "list.json"))


def test_first_rows_without_a_date_hide_nothing(read_bytes: Reader) -> None:
    assert not told(read_bytes(table("date", "", "", OLD)))
    [reason] = told(read_bytes(table("date", "", OLD, NEW)))
    assert f"({OLD}, {NEW})" in reason


@pytest.mark.parametrize("form", DOCUMENTS)
def test_a_document_of_two_days_is_asked_about(read_bytes: Reader, form: str) -> None:
    text = json.dumps(DOCUMENTS[form])
    read = read_bytes(text, "list.json")
    assert len(read.claims) == 2
    [reason] = told(read)
    named = shlex.split(reason.partition("--columns ")[2])[0].removeprefix("ignore=")
    settled = read_bytes(text, "list.json", columns={"ignore": named})
    rest = {f.kind for f in settled.findings} - {FindingKind.LIST_DATED}  # of the other level
    assert (len(settled.claims), rest) == (2, set())
    same = text.replace(OLD, NEW).replace("2025-12", "2026-06")
    if not form.startswith(("levels", "quarters")):
        assert not told(read_bytes(same, "list.json"))


def test_a_wide_table_of_two_days_is_asked_about(read_bytes: Reader) -> None:
    text = f"date,network,address,ETH,USDT\n{OLD},ethereum,{A},5,6\n{NEW},ethereum,{B},5,6\n"
    assert len(told(read_bytes(text))) == 1
    lines = "\n".join(json.dumps(row(a, date=d)) for a, d in ((A, OLD), (B, NEW)))
    assert len(told(read_bytes(lines, "list.jsonl"))) == 1


@pytest.mark.parametrize(
    "members",
    [
        {"a.csv": table("date", OLD), "b.csv": table("date", NEW).replace(A, B)},
        {"2025-12-31.csv": table("note", ""), "2026-06-30.csv": table("note", "").replace(A, B)},
    ],
)
def test_tables_of_two_days_are_asked_about(
    read_file: Reader, tmp_path: Path, members: dict[str, str]
) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    [reason] = told(read_file(path))
    named = shlex.split(reason.partition("--columns ")[2])[0].removeprefix("ignore=")
    assert not told(read_file(path, columns={"ignore": named}))


def test_a_part_of_a_table_gives_the_same_rows_whatever_was_read_before(
    registry: Registry, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    header, line = "date,coin,network,address,amount\n", "{},ETH,ethereum,0x{:040x},1\n"
    half = 40_000
    path.write_text(
        header + "".join(line.format(OLD if n < half else NEW, n) for n in range(2 * half))
    )
    with open_list(path, registry) as file:
        blocks = list(file.blocks())
    assert len(blocks) > 2
    forward = [list(block.parse(registry)) for block in blocks]
    backward = [list(block.parse(registry)) for block in reversed(blocks)][::-1]
    assert forward == backward
    assert forward[-1] == parse_block(blocks[-1])
    assert any(getattr(r, "kind", "") == FindingKind.ROWS_DOUBTED for r in forward[-1])


def test_many_parts_ask_once(read_bytes: Reader) -> None:
    header, line = "date,coin,network,address,amount\n", "{},ETH,ethereum,0x{:040x},1\n"
    every = (OLD, NEW, "2026-03-31")
    text = header + "".join(line.format(every[n % 3], n) for n in range(60_000))
    assert len(told(read_bytes(text))) == 1


def test_addresses_above_rows_are_no_days(read_bytes: Reader) -> None:
    keys = ["0.0.202512", "0.0.202606"], [f"{year}{'ab' * 29}" for year in ("202512", "202606")]
    for places, network in zip(keys, ("hedera", "near"), strict=True):
        coin = network if network == "near" else "HBAR"
        document = {
            p: {"coin": coin, "network": network, "balance": {"amount": "5"}} for p in places
        }
        assert not told(read_bytes(json.dumps(document), "list.json"))


def test_long_cells_are_not_kept(registry: Registry, tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(table("date", OLD + " " * 50_000, NEW + "x" * 50_000))
    with open_list(path, registry) as file:
        [block] = file.blocks()
    assert len(pickle.dumps(block.layout)) < 2_000  # type: ignore[attr-defined]
    assert any(getattr(r, "kind", "") == FindingKind.ROWS_DOUBTED for r in block.parse(registry))


@pytest.mark.parametrize(
    ("first", "second", "far"),
    [
        ("31.12.2025", "30.06.2026", True),
        ("2025-12-31T23:59:59Z", "2026-01-01 08:00", False),
        ("01/02/2026", "02/01/2026", True),
        ("31/12/2025", "12/31/2025", True),
        ("1767139200", "1782777600", True),
        ("1767139200", "1767139200000", False),
        ("December 31, 2025", "31 Dec 2025", False),
        ("Dec 2025", "2026-Q2", True),
        ("20251231", "2025_12_31", False),
        ("Q4 2025", "2025 Q4", False),
        ("2025-12-31", "n/a", False),
        ("2025", "2026", True),
        ("99999999", "2025-13-45", False),
    ],
)
def test_days_in_their_usual_spellings(first: str, second: str, far: bool) -> None:
    assert days.apart(first, second) is far
    assert days.apart(second, first) is far


BARE = f"coin,network,address,amount\nETH,ethereum,{A},5\n"


@pytest.mark.parametrize(
    ("text", "name", "day"),
    [
        (table("date", OLD, OLD), "list.csv", OLD),
        (table("date", "12/31/2025"), "list.csv", OLD),
        (table("date", "01/02/2026"), "list.csv", "2026-02-01 or 2026-01-02"),
        (json.dumps({"asof": OLD, "wallets": [row(A)]}), "list.json", OLD),
        (json.dumps({OLD: [row(A)]}), "list.json", OLD),
        (f"Reserves as of 31 December 2025\n{BARE}", "list.csv", OLD),
        (f"Reserves of Q4 2025\n{BARE}", "list.csv", "2025-10-01 to 2025-12-31"),
        (BARE, "por-2025-12-31.csv", OLD),
        (f"Reserves as of 31 December 2025\n{BARE}", "uploaded-20260630.csv", OLD),
    ],
)
def test_the_day_of_rows_that_name_no_block_is_told(
    read_bytes: Reader, text: str, name: str, day: str
) -> None:
    [found] = read_bytes(text, name).findings
    assert found.kind is FindingKind.LIST_DATED
    assert found.reason.startswith(f"the list is of {day} and its rows name no block")


@pytest.mark.parametrize("text", [table("date", OLD, height="5"), BARE, f"Reserves\n{BARE}"])
def test_rows_of_a_block_or_of_no_day_need_none(read_bytes: Reader, text: str) -> None:
    assert not read_bytes(text).findings
