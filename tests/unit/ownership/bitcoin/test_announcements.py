"""Files of announced transactions: what is read, and that nothing unreadable gets lost."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import ListFormatError
from scanner.model.control import Control
from scanner.ownership.bitcoin.announcements import (
    COLUMNS,
    MAX_FILE,
    Announced,
    UnreadableAnnouncement,
    read_announcements,
)
from scanner.ownership.bitcoin.by_transaction import Announcement, Kind, NonceRule, judge_absence
from scanner.ownership.primitives.hashes import hash160
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
GENESIS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"
TXID = "Ab" * 32
HEADER = "network,address,kind,txid,amount,nonce_block,digest,after,until"


def _read(tmp_path: Path, *rows: str, header: str = HEADER) -> list[Announced]:
    file = tmp_path / "said.csv"
    file.write_text("\n".join((header, *rows)) + "\n", encoding="utf-8")
    return read_announcements(file, REGISTRY)


def _one(tmp_path: Path, row: str, header: str = HEADER) -> Announced:
    (found,) = _read(tmp_path, row, header=header)
    return found


def _good(found: Announced) -> Announcement:
    assert isinstance(found, Announcement), found
    return found


def test_both_kinds(tmp_path: Path) -> None:
    first, second, third = map(
        _good,
        _read(
            tmp_path,
            f"bitcoin,{GENESIS},send_to_self,{TXID},0.000208,,,766000,766100",
            "",
            f"BTC,{GENESIS},commitment,,,,{'0x' + 'cd' * 32},700000,",
            f'bitcoin,"{GENESIS}",send_to_self,,,766000,,,',
        ),
    )
    assert (first.row, first.txid, first.amount) == (2, TXID.lower(), 20_800)
    assert (first.kind, first.after, first.until) == (Kind.SEND_TO_SELF, 766_000, 766_100)
    assert first.address.text == GENESIS
    assert (second.row, second.kind, second.digest) == (4, Kind.COMMITMENT, b"\xcd" * 32)
    assert (second.after, second.until, second.txid) == (700_000, None, "")
    assert third.amount == NonceRule(766_000, 3, 100)
    assert third.after == 766_000, "nobody knew the amount before"


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    page = Path(__file__).parents[4] / "docs" / "how-to" / "transactions.md"
    (tmp_path / "report.pdf").write_bytes(b"the report of this month")
    header, *rows = page.read_text("utf-8").split("```csv\n")[1].split("```")[0].splitlines()
    assert len([_good(row) for row in _read(tmp_path, *rows, header=header)]) == 3
    for name in COLUMNS:
        assert f"`{name}`" in page.read_text("utf-8"), name


def test_other_nonce_rules_and_networks(tmp_path: Path) -> None:
    header = "network,address,kind,nonce_block,nonce_digits,nonce_divisor,after"
    said = _good(
        _one(tmp_path, "litecoin,ltc1qw508d6qejxtdg4y5r3zarvary0c5xw7kgmn4n9,send_to_self,"
             "766000,5,100000000,2400000", header)
    )  # fmt: skip
    assert (said.network, said.amount, said.after) == (
        "litecoin",
        NonceRule(766_000, 5, 1),
        2_400_000,
    )


@pytest.mark.parametrize(
    ("row", "control", "words"),
    [
        (f"nowhere,{GENESIS},send_to_self,,1,,,5,", Control.UNSUPPORTED, "unknown network"),
        (
            f"bitcoin,{GENESIS}x,send_to_self,,1,,,5,",
            Control.MALFORMED,
            "not an address of bitcoin",
        ),
        ("bitcoin,,send_to_self,,1,,,5,", Control.MALFORMED, "not an address of bitcoin"),
        (
            "ethereum,0x00000000219ab540356cBB839Cbe05303d7705Fa,send_to_self,,1,,,5,",
            Control.UNSUPPORTED,
            "no outputs and scripts",
        ),
        (f"bitcoin,{GENESIS},other,,1,,,5,", Control.UNSUPPORTED, "other"),
        (f"bitcoin,{GENESIS},send_to_self,,,,,5,", Control.UNSUPPORTED, "amount or a nonce_block"),
        (f"bitcoin,{GENESIS},send_to_self,,1,7,,5,", Control.UNSUPPORTED, "amount or a nonce"),
        (f"bitcoin,{GENESIS},send_to_self,,1,,{'cd' * 32},5,", Control.UNSUPPORTED, "no digest"),
        (f"bitcoin,{GENESIS},send_to_self,,0,,,5,", Control.UNSUPPORTED, "amount is 0"),
        (f"bitcoin,{GENESIS},send_to_self,,-1,,,5,", Control.UNSUPPORTED, "not an amount"),
        (f"bitcoin,{GENESIS},send_to_self,,1e9,,,5,", Control.UNSUPPORTED, "not an amount"),
        (f"bitcoin,{GENESIS},send_to_self,,0.000000001,,,5,", Control.UNSUPPORTED, "rounded"),
        (
            f"bitcoin,{GENESIS},send_to_self,,1,,,,",
            Control.UNSUPPORTED,
            "the block it was announced in",
        ),
        (
            f"bitcoin,{GENESIS},send_to_self,,1,,,5,5",
            Control.UNSUPPORTED,
            "there is no block after",
        ),
        (f"bitcoin,{GENESIS},send_to_self,,1,,,x,", Control.UNSUPPORTED, "after is not a whole"),
        (f"bitcoin,{GENESIS},send_to_self,,1,,,5,1e9", Control.UNSUPPORTED, "until is not a whole"),
        (f"bitcoin,{GENESIS},send_to_self,,1,,,5,٣", Control.UNSUPPORTED, "until is not a whole"),
        (
            f"bitcoin,{GENESIS},send_to_self,zz,1,,,5,",
            Control.UNSUPPORTED,
            "is not a transaction id",
        ),
        (f"bitcoin,{GENESIS},commitment,,,,,,", Control.UNSUPPORTED, "20 to 75 bytes"),
        (f"bitcoin,{GENESIS},commitment,,,,{'cd' * 19},,", Control.UNSUPPORTED, "20 to 75 bytes"),
        (f"bitcoin,{GENESIS},commitment,,,,{'cd' * 76},,", Control.UNSUPPORTED, "20 to 75 bytes"),
        (f"bitcoin,{GENESIS},commitment,,,,xyz,,", Control.UNSUPPORTED, "not hex"),
        (f"bitcoin,{GENESIS},commitment,,1,,{'cd' * 32},,", Control.UNSUPPORTED, "no amount"),
        # What a payment of tokens has in such an output: 20 bytes, and nobody's report.
        (
            f"bitcoin,{GENESIS},commitment,,,,6f6d6e69000000000000001f0000000005f5e100,,",
            Control.UNSUPPORTED,
            "the file that the digest is of",
        ),
    ],
)
def test_rows_that_announce_nothing_readable(
    tmp_path: Path, row: str, control: Control, words: str
) -> None:
    found = _one(tmp_path, row)
    assert isinstance(found, UnreadableAnnouncement)
    assert (found.row, found.control) == (2, control)
    assert words in found.reason


def test_a_digest_is_of_the_document_that_is_named(tmp_path: Path) -> None:
    report = b"the report of this month"
    (tmp_path / "report.pdf").write_bytes(report)
    header = "network,address,kind,digest,document"
    row = f"bitcoin,{GENESIS},commitment,"
    for digest in (
        hashlib.sha256(report).hexdigest(),
        hashlib.sha384(report).hexdigest(),
        hashlib.sha512(report).hexdigest(),
        hash160(report).hex(),
    ):
        said = _good(_one(tmp_path, f"{row}{digest},report.pdf", header))
        assert (said.digest.hex(), said.after) == (digest, 0)
    other = hashlib.sha256(report + b".").hexdigest()
    for cells, words in (
        (f"{other},report.pdf", "is not the document's"),
        (f"{other[:-2]},report.pdf", "SHA-256"),
        (f"{other},elsewhere.pdf", "cannot be read"),
        (f"{other},.", "cannot be read"),
    ):
        found = _one(tmp_path, row + cells, header)
        assert isinstance(found, UnreadableAnnouncement)
        assert words in found.reason
    amount = _one(
        tmp_path,
        f"bitcoin,{GENESIS},send_to_self,1,5,report.pdf",
        "network,address,kind,amount,after,document",
    )
    assert isinstance(amount, UnreadableAnnouncement)


@pytest.mark.parametrize(
    ("header", "row"),
    [
        ("nonce_digits", "0"),
        ("nonce_digits", "11"),
        ("nonce_divisor", "3"),
        ("nonce_divisor", "1000000000"),
    ],
)
def test_nonce_rules_that_make_no_amount(tmp_path: Path, header: str, row: str) -> None:
    found = _one(
        tmp_path, f"bitcoin,{GENESIS},send_to_self,5,{row}",
        f"network,address,kind,nonce_block,{header}",
    )  # fmt: skip
    assert isinstance(found, UnreadableAnnouncement)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"a\n", "unknown or repeated column 'a'"),
        (b"network,address\n", "no column kind"),
        (b"network,address,kind,until_block\n", "unknown or repeated column 'until_block'"),
        (b"network,address,kind,kind\n", "unknown or repeated column"),
        (b"network,address,kind\nbitcoin,x\n", ":2: 2 fields where the header has 3"),
        (b"network,address,kind\nbitcoin,x,y,z\n", "4 fields"),
        (b'network,address,kind\nbitcoin,"x\n', "not CSV"),
        (b'network,address,kind\nbitcoin,"x"y,z\n', "not CSV"),
        (b"network,address,kind\nbitcoin,\xff,z\n", "not UTF-8"),
        (b"network,address,kind\n" + b"x" * 200_000, "not CSV"),
        (b"network,address,kind\n" + b"\n" * MAX_FILE, "larger than"),
    ],
)
def test_files_that_are_no_such_table(tmp_path: Path, content: bytes, words: str) -> None:
    file = tmp_path / "said.csv"
    file.write_bytes(content)
    with pytest.raises(ListFormatError) as caught:
        read_announcements(file, REGISTRY)
    assert words in str(caught.value)


def test_the_line_of_a_row_after_one_with_line_ends_in_it(tmp_path: Path) -> None:
    first, second = _read(tmp_path, '"bit\ncoin",x,y,,,,,,', f"bitcoin,{GENESIS},z,,,,,,")
    assert (first.row, second.row) == (2, 4)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.text(max_size=40), min_size=len(COLUMNS), max_size=len(COLUMNS)))
def test_any_cells_give_a_row(tmp_path_factory: pytest.TempPathFactory, cells: list[str]) -> None:
    import csv

    file = tmp_path_factory.mktemp("any") / "said.csv"
    with file.open("w", newline="", encoding="utf-8", errors="replace") as out:
        writer = csv.writer(out)
        writer.writerow(COLUMNS)
        writer.writerow(["bitcoin", GENESIS, *cells[2:]])
    try:
        (found,) = read_announcements(file, REGISTRY)
    except ListFormatError:
        return
    assert found.row == 2


def test_absence_is_false_only_once_its_time_is_over(tmp_path: Path) -> None:
    said = _good(_one(tmp_path, f"bitcoin,{GENESIS},send_to_self,{TXID},1,,,5,10"))
    assert judge_absence(said, 9).control is Control.UNSIGNED
    late = judge_absence(said, 10)
    assert late.control is Control.MISMATCH
    assert TXID.lower() in late.reason
    endless = _good(_one(tmp_path, f"bitcoin,{GENESIS},send_to_self,,1,,,5,"))
    assert judge_absence(endless, 10**6).control is Control.UNSIGNED
