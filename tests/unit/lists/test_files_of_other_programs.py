"""Files that are no lists, or stand beside one: each is named, with what to do about it."""

from __future__ import annotations

import gzip
import io
import tarfile
import zipfile
from pathlib import Path

import pytest
from support.lists import Read, Reader

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind

B = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s"
TABLE = f"network,coin,address,amount\nbitcoin,BTC,{B},1.5\n".encode()
OF_BLOCKS = f"network,coin,address,amount,height\nbitcoin,BTC,{B},1.5,840000\n".encode()


def zipped(**files: bytes) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name.replace("__", "/").replace("_", "."), content)
    return data.getvalue()


def tarred(data: bytes) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as archive:
        info = tarfile.TarInfo("list.csv")
        info.size = len(data)
        archive.addfile(info, io.BytesIO(data))
    return file.getvalue()


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (tarred(TABLE), "a tar archive, not a table: unpack it"),
        (gzip.compress(tarred(TABLE)), "a tar archive, not a table: unpack it"),
        (gzip.compress(gzip.compress(TABLE)), "a file packed with gzip, not a table: unpack it"),
        (gzip.compress(zipped(a_csv=TABLE)), "a zip file or workbook, not a table: unpack it"),
        (zipped(a_zip=zipped(a_csv=TABLE)), "a zip file or workbook, not a table: unpack it"),
        (b"PAR1" + bytes(50), "a Parquet file: save it as CSV"),
        (b"ARROW1" + bytes(50), "a Feather or Arrow file: save it as CSV"),
        (b"\xd0\xcf\x11\xe0" + bytes(600) + "EncryptedPackage".encode("utf-16-le"), "with a password: save it"),
        (b"\xd0\xcf\x11\xe0" + bytes(50), r"an old Excel workbook \(.xls\): save it"),
        (b'{\n  "format": "reserve-report",\n  "version": 1}', "'scanner report verify' checks it"),
        (b'{"row":2,"address":"x","control":"controls","binding":"derived"}', "'scanner verify' says of"),
        (b'[\n{"row":2,"control":"mismatch","binding":""}]', "'scanner verify' says of a list"),
        (b"row,asset,network,verified,control,binding,freshness\n", "'scanner verify' says of a list"),
        (b"\n <!DOCTYPE HTML><table></table>", "a web page, not a table: ask"),
        ("\ufeff<html lang=x>".encode("utf-16"), "a web page, not a table: ask"),
        (b"<?xml version='1.0'?><rows/>", "an XML document: save it"),
        (b"{\\rtf1\\ansi}", "a text document"),
        (zipped(word__document_xml=b"<w/>"), "a Word document, not a table: save"),
        (zipped(xl__workbook_bin=b"x"), r"a binary Excel workbook \(.xlsb\): save"),
        ("网络,币种,地址,数量\n".encode("gbk"), "its first line is not UTF-8 text.*Save it"),
        (f"- address: {B}\n  amount: 1\n".encode(), "YAML is read as BitMEX publishes it: convert"),
        (b"wallets:\n  - a\n", "YAML is read as BitMEX publishes it: convert"),
    ],
)  # fmt: skip
def test_the_error_says_what_it_is_and_what_to_do(
    read_bytes: Reader, data: bytes, what: str
) -> None:
    with pytest.raises(ListFormatError, match=what):
        read_bytes(data)


def asked(read: Read) -> list[str]:
    return [f.reason for f in read.findings if f.kind == FindingKind.NOT_UNDERSTOOD]


def test_what_is_packed_in_an_archive_is_to_be_unpacked(read_bytes: Reader) -> None:
    read = read_bytes(zipped(a_csv=TABLE, b_csv_gz=gzip.compress(TABLE)))
    assert "unpack it, and read it as a file of its own" in asked(read)[0]
    assert "\x00" not in asked(read)[0]


@pytest.mark.parametrize(
    "text",
    [
        "Read me\n\nAll amounts in satoshi.", "unit: thousands", "金额单位：聪", "balances are base units (wei)",
        "Balances at block 840000", "Суммы в тысячах",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["README", "README_txt", "docs__about_md"])
def test_words_beside_the_tables_may_give_a_unit_or_a_block(
    read_bytes: Reader, name: str, text: str
) -> None:
    archive = zipped(a_csv=TABLE, **{name: text.encode()})
    read = read_bytes(archive)
    assert (len(read.claims), len(asked(read))) == (1, 1)
    assert text.splitlines()[-1] in asked(read)[0]
    member = name.replace("__", "/").replace("_", ".")
    assert not asked(read_bytes(archive, columns={"ignore": member}))


@pytest.mark.parametrize(
    "text", ["100 % reserves of millions of users", "in USD", "See a.csv. Blocks are public.", ""]
)
def test_other_words_beside_the_tables_say_nothing(read_bytes: Reader, text: str) -> None:
    assert not asked(read_bytes(zipped(README_md=text.encode(), a_csv=TABLE)))


def test_a_block_beside_rows_that_state_theirs_says_nothing(read_bytes: Reader) -> None:
    words = b"Balances at block 840000\n"
    assert not asked(read_bytes(zipped(README_md=words, a_csv=OF_BLOCKS)))
    assert asked(read_bytes(zipped(README_md=words + b"in satoshi", a_csv=OF_BLOCKS)))


def test_a_licence_is_not_looked_through(read_file: Reader, tmp_path: Path) -> None:
    path = tmp_path / "list.zip"
    path.write_bytes(zipped(a_csv=TABLE, LICENSE=b"in satoshi"))
    assert not asked(read_file(path))
