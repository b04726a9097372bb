"""Several tables in one file, headers behind titles: all of it accounted for."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from support.lists import Read, Reader, asked

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind
from scanner.model.understood import Role

A = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
BTC = "asset,network,address,amount\nBTC,bitcoin,1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw,1\n"
ETH = f'[{{"asset": "ETH", "address": "{A}", "amount": "2", "strange": 7}}]'


def zipped(tmp_path: Path, members: dict[str, str]) -> Path:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, text in members.items():
            archive.writestr(name, text)
    return path


def roles(read: Read) -> dict[str, Role]:
    return {account.part: account.role for account in read.summary.accounts}


def test_tables_of_different_forms_are_one_list(read_file: Reader, tmp_path: Path) -> None:
    members = {
        "README.txt": "hello",
        "a/btc.csv": BTC,
        "b.json": ETH,
        "c.csv": "\n",
        "d.txt": "who knows",
    }
    path = zipped(tmp_path, members)
    read = read_file(path)
    assert [(c.asset, c.amount) for c in read.claims] == [("BTC", 10**8), ("ETH", 2 * 10**18)]
    assert read.claims[0].row < read.claims[1].row
    assert read.summary.format == "csv+json"
    assert roles(read)["table 'README.txt'"] is Role.NEEDLESS
    assert roles(read)["table 'c.csv'"] is Role.NEEDLESS
    assert roles(read)["table 'd.txt'"] is Role.UNKNOWN
    assert {f.kind for f in read.findings} == {FindingKind.NOT_UNDERSTOOD}
    assert [f.reason.partition(",")[0] for f in read.findings] == [
        "key '[].strange' of b.json",
        "table 'd.txt'",
    ]
    alone = read_file(f"{path}:a/btc.csv")
    assert ([c.asset for c in alone.claims], alone.findings) == (["BTC"], [])


def test_a_zip_without_a_list_is_refused(read_file: Reader, tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="none of its 2 tables is a list"):
        read_file(zipped(tmp_path, {"a.txt": "x", "b.txt": "y"}))


def test_the_same_row_in_two_tables_is_a_duplicate(read_file: Reader, tmp_path: Path) -> None:
    read = read_file(zipped(tmp_path, {"a.csv": BTC, "b.csv": BTC}))
    assert [f.kind for f in read.findings] == [FindingKind.DUPLICATE]


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("Proof of reserves", True), ("2026-11-01", True), ("All amounts in satoshi", False),
        ("Block height 840000", False), ("in thousands", False), ("a,b", False),
    ],
)  # fmt: skip
def test_titles_that_may_speak_of_the_rows_are_not_passed_over(
    read_bytes: Reader, title: str, known: bool
) -> None:
    read = read_bytes(f"{title}\n\n{BTC}")
    assert [c.amount for c in read.claims] == [10**8]
    assert asked(read) == ([] if known else [FindingKind.NOT_UNDERSTOOD])
    if not known and "," not in title:
        assert read_bytes(f"{title}\n\n{BTC}", columns={"ignore": title}).findings == []


def test_a_signature_without_its_text_is_not_judged(read_bytes: Reader) -> None:
    text = f"coin,network,address,Statement,signature\nETH,ethereum,{A},hello,0x{'ab' * 65}\n"
    read = read_bytes(text)
    assert read.claims[0].signatures == ()
    assert [f.kind for f in read.findings] == [FindingKind.NOT_UNDERSTOOD] * 2
    said = read_bytes(text, columns={"message": "Statement"})
    assert (said.claims[0].message, len(said.claims[0].signatures), said.findings) == (
        "hello",
        1,
        [],
    )


@pytest.mark.parametrize("ditto", ["", '""""', "ditto", "\u3003"])
def test_a_coin_is_never_taken_from_the_row_above(read_bytes: Reader, ditto: str) -> None:
    b = A.replace("0c", "1c")
    read = read_bytes(f"coin,network,address,amount\nUSDT,ethereum,{A},1\n{ditto},ethereum,{b},2\n")
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_COIN]


def test_a_token_of_several_networks_needs_its_network(read_bytes: Reader) -> None:
    read = read_bytes(f"coin,address,amount\nUSDT,{A},1\n")
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_NETWORK]
    assert "--network" in read.unreadable[0].reason
    assert read_bytes(f"coin,address,amount\nUSDT,{A},1\n", network="ethereum").findings == []


def test_a_contract_nobody_knows_is_never_the_networks_coin(read_bytes: Reader) -> None:
    token = "0x" + "77" * 20
    read = read_bytes(f"network,token address,address,amount\nethereum,{token},{A},1\n")
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_COIN]
    assert token in read.unreadable[0].reason


@pytest.mark.parametrize(
    ("comment", "ignore", "role"),
    [
        ("All amounts in thousands", "", Role.UNKNOWN),
        ("this one was closed", "", Role.UNKNOWN),
        ("All amounts in thousands", "comment", Role.NEEDLESS),
        ("checked by Anna", "", None),
    ],
)
@pytest.mark.parametrize("pages", [1, 2])
def test_a_comment_on_a_cell_that_says_a_unit_is_asked_about(
    read_file: Reader, tmp_path: Path, comment: str, ignore: str, role: Role | None, pages: int
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book = openpyxl.Workbook()
    for _ in range(pages - 1):
        book.create_sheet()
    for page in book.worksheets:
        for line in (("asset", "network", "address", "amount"), ("ETH", "ethereum", A, 1.5)):
            page.append(line)
    book.worksheets[-1]["D1"].comment = openpyxl.comments.Comment(comment, "author")
    book.save(tmp_path / "list.xlsx")
    said = {"columns": {"ignore": ignore}} if ignore else {}
    read = read_file(tmp_path / "list.xlsx", **said)
    assert roles(read).get("a comment on a cell") == role
    asked = [f for f in read.findings if f.kind is FindingKind.NOT_UNDERSTOOD]
    assert len(asked) == (role is Role.UNKNOWN)
