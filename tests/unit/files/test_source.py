"""The bytes of a list: plain, gzip, zip; hashed as given; limits kept."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import zipfile
from pathlib import Path

import pytest

from scanner.errors import InputError, ListFormatError
from scanner.files.source import Source, split_place

PACK = {"gz": gzip.compress, "xz": lzma.compress, "bz2": bz2.compress}
KINDS = [*PACK, "zst", "zip"]
TEXT = b"coin,address\n" + b"BTC,x\n" * 50_000


def everything(source: Source) -> bytes:
    parts = []
    table = source.only()
    while part := table.read(100_000):
        parts.append(part)
    return b"".join(parts)


def packed(tmp_path: Path, kind: str, data: bytes = TEXT) -> Path:
    path = tmp_path / f"list.{kind}"
    if kind == "zst":
        zstd = pytest.importorskip("backports.zstd")
        path.write_bytes(zstd.compress(data, options={zstd.CompressionParameter.checksum_flag: 1}))
    elif kind in PACK:
        path.write_bytes(PACK[kind](data))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("por.csv", data)
            archive.writestr("__MACOSX/._por.csv", b"\0\x05\x16\x07")
    else:
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["csv", *KINDS])
def test_gives_the_unpacked_bytes_and_the_hash_of_the_file(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind)
    source = Source(path)
    assert source.only().head == TEXT[:65_536]
    done, whole = source.progress()
    assert 0 < done <= whole == path.stat().st_size
    assert everything(source) == TEXT
    assert source.finish() == (hashlib.sha256(path.read_bytes()).hexdigest(), whole)
    assert source.progress() == (whole, whole)
    source.close()
    source.close()


@pytest.mark.parametrize("kind", ["csv", *KINDS])
def test_the_hash_covers_what_nobody_read(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind)
    source = Source(path)
    source.only().read(10)
    assert source.finish()[0] == hashlib.sha256(path.read_bytes()).hexdigest()
    source.close()


@pytest.mark.parametrize("kind", [*PACK, "zst"])
def test_several_streams_in_a_row_are_one_text(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind)
    data = path.read_bytes()
    path.write_bytes(data + packed(tmp_path, kind, b"more\n").read_bytes())
    source = Source(path)
    assert everything(source) == TEXT + b"more\n"
    assert source.finish()[0] == hashlib.sha256(path.read_bytes()).hexdigest()
    source.close()


@pytest.mark.parametrize("zeros", [4, 70_000, 1_000_000])
def test_padding_between_streams_hides_none(tmp_path: Path, zeros: int) -> None:
    path = packed(tmp_path, "xz")
    second = packed(tmp_path, "xz", b"more\n").read_bytes()
    path.write_bytes(packed(tmp_path, "xz").read_bytes() + bytes(zeros) + second + bytes(zeros))
    source = Source(path)
    assert everything(source) == TEXT + b"more\n"
    source.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_bomb_is_stopped_at_the_limit(tmp_path: Path, kind: str) -> None:
    source = Source(packed(tmp_path, kind, bytes(5_000_000)), max_unpacked=1_000_000)
    with pytest.raises(ListFormatError, match="unpacks to more than 1000000"):
        everything(source)
    source.close()


def test_a_plain_file_has_no_such_limit(tmp_path: Path) -> None:
    source = Source(packed(tmp_path, "csv"), max_unpacked=10)
    assert everything(source) == TEXT
    source.close()


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_archive_is_an_error_and_no_short_list(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind, os.urandom(200_000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    source = Source(path)
    with pytest.raises(ListFormatError, match="damaged"):
        everything(source)
    source.close()


@pytest.mark.parametrize("kind", [*PACK, "zst"])
def test_a_stream_cut_short_is_an_error(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind, os.urandom(200_000))
    path.write_bytes(path.read_bytes()[:-5_000])
    source = Source(path)
    with pytest.raises(ListFormatError, match="cut off"):
        everything(source)
    source.close()


def zipped(path: Path, members: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        for member, data in members.items():
            archive.writestr(member, data)
    return path


def test_a_zip_without_a_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="no file in it"):
        Source(
            zipped(
                tmp_path / "list.zip", {"__MACOSX/._a": b"", "folder/.DS_Store": b"\0\0\0\x01Bud1"}
            )
        )


def test_a_zip_of_several_files_gives_them_all_or_the_one_that_is_named(tmp_path: Path) -> None:
    path = zipped(
        tmp_path / "list.zip", {"a.csv": b"one", "b.csv": b"two", "x/._b.csv": b"\0\5\x16\7"}
    )
    source = Source(path)
    assert [(t.name, t.read(10)) for t in source.tables()] == [("a.csv", b"one"), ("b.csv", b"two")]
    assert source.finish()[0] == hashlib.sha256(path.read_bytes()).hexdigest()
    with pytest.raises(
        ListFormatError, match=r"it has 2 tables; choose one of a.csv, b.csv as .*:a"
    ):
        source.only()
    source.close()
    chosen = Source(*split_place(f"{path}:b.csv"))
    assert everything(chosen) == b"two"
    chosen.close()
    with pytest.raises(InputError, match=r"no such part; its parts are: a.csv, b.csv"):
        Source(path, "c.csv")


def test_tables_of_a_zip_share_one_limit(tmp_path: Path) -> None:
    path = zipped(tmp_path / "list.zip", {"a.csv": bytes(600_000), "b.csv": bytes(600_000)})
    source = Source(path, max_unpacked=1_000_000)
    with pytest.raises(ListFormatError, match="unpacks to more than 1000000"):
        sum(len(table.read(10**6)) + len(table.read(10**6)) for table in source.tables())
    source.close()


def test_a_place_with_a_colon_may_be_a_file_of_that_name(tmp_path: Path) -> None:
    path = tmp_path / "a.zip:b"
    path.write_bytes(b"\0\x05\x16\x07")
    assert split_place(str(path)) == (path, "")
    assert split_place(str(tmp_path / "none:b")) == (tmp_path / "none:b", "")


def test_half_a_zip_is_an_error(tmp_path: Path) -> None:
    path = packed(tmp_path, "zip")
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(ListFormatError, match="not a readable zip"):
        Source(path)


def test_a_file_that_changes_meanwhile_is_refused(tmp_path: Path) -> None:
    path = packed(tmp_path, "csv")
    source = Source(path)
    with path.open("ab") as more:
        more.write(b"BTC,y\n")
    with pytest.raises(ListFormatError, match="changed while it was read"):
        source.finish()
    source.close()


def test_what_is_no_file_is_an_input_error(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    for path, words in (
        (tmp_path, "a folder"),
        (fifo, "not a regular file"),
        (tmp_path / "none", "No such file"),
    ):
        with pytest.raises(InputError, match=words):
            Source(path)


def test_a_stream_may_not_ask_for_all_memory(tmp_path: Path) -> None:
    greedy = [{"id": lzma.FILTER_LZMA2, "preset": 0, "dict_size": 2**29}]
    path = tmp_path / "list.xz"
    path.write_bytes(lzma.compress(TEXT, filters=greedy))
    with pytest.raises(ListFormatError, match="cannot be read"):
        Source(path).only()
    zstd = pytest.importorskip("backports.zstd")
    options = {
        zstd.CompressionParameter.window_log: 29,
        zstd.CompressionParameter.enable_long_distance_matching: 1,
    }
    with zstd.ZstdFile(path, "wb", options=options) as out:
        out.write(TEXT)
    with pytest.raises(ListFormatError, match="cannot be read"):
        Source(path).only()


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-16", "utf-8-sig", "utf-32"])
def test_text_of_other_encodings_comes_as_utf8(tmp_path: Path, encoding: str) -> None:
    text = "coin,address,note\n" + "BTC,x,Kältespeicher\n" * 20_000
    for mark in ("", "\ufeff"):
        path = packed(
            tmp_path,
            "gz",
            (mark + text if encoding[-2:] in ("le", "be") else text).encode(encoding),
        )
        source = Source(path)
        assert everything(source).decode() == text
        source.close()


def test_half_a_character_of_utf16_is_not_silently_dropped(tmp_path: Path) -> None:
    source = Source(packed(tmp_path, "csv", "coin,address\nBTC,x".encode("utf-16") + b"y"))
    assert everything(source).decode() == "coin,address\nBTC,x\ufffd"
    source.close()
