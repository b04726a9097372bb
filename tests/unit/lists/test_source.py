"""The bytes of a list: plain, gzip, zip; hashed as given; limits kept."""

from __future__ import annotations

import gzip
import hashlib
import os
import zipfile
from pathlib import Path

import pytest

from scanner.errors import InputError, ListFormatError
from scanner.lists.source import Source

TEXT = b"coin,address\n" + b"BTC,x\n" * 50_000


def everything(source: Source) -> bytes:
    parts = []
    while part := source.read(100_000):
        parts.append(part)
    return b"".join(parts)


def packed(tmp_path: Path, kind: str, data: bytes = TEXT) -> Path:
    path = tmp_path / f"list.{kind}"
    if kind == "gz":
        path.write_bytes(gzip.compress(data))
    elif kind == "zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("por.csv", data)
            archive.writestr("__MACOSX/._por.csv", b"x")
    else:
        path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["csv", "gz", "zip"])
def test_gives_the_unpacked_bytes_and_the_hash_of_the_file(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind)
    source = Source(path)
    assert source.head == TEXT[:65_536]
    done, whole = source.progress()
    assert 0 < done <= whole == path.stat().st_size
    assert everything(source) == TEXT
    assert source.finish() == (hashlib.sha256(path.read_bytes()).hexdigest(), whole)
    assert source.progress() == (whole, whole)
    source.close()
    source.close()


@pytest.mark.parametrize("kind", ["csv", "gz", "zip"])
def test_the_hash_covers_what_nobody_read(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind)
    source = Source(path)
    source.read(10)
    assert source.finish()[0] == hashlib.sha256(path.read_bytes()).hexdigest()
    source.close()


def test_bytes_behind_a_gzip_stream_are_hashed_too(tmp_path: Path) -> None:
    path = tmp_path / "two.gz"
    path.write_bytes(gzip.compress(TEXT) + gzip.compress(b"more\n"))
    source = Source(path)
    assert everything(source) == TEXT + b"more\n"
    assert source.finish()[0] == hashlib.sha256(path.read_bytes()).hexdigest()
    source.close()


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_bomb_is_stopped_at_the_limit(tmp_path: Path, kind: str) -> None:
    source = Source(packed(tmp_path, kind, bytes(5_000_000)), max_unpacked=1_000_000)
    with pytest.raises(ListFormatError, match="unpacks to more than 1000000"):
        everything(source)
    source.close()


def test_a_plain_file_has_no_such_limit(tmp_path: Path) -> None:
    source = Source(packed(tmp_path, "csv"), max_unpacked=10)
    assert everything(source) == TEXT
    source.close()


@pytest.mark.parametrize("kind", ["gz", "zip"])
def test_a_damaged_archive_is_an_error_and_no_short_list(tmp_path: Path, kind: str) -> None:
    path = packed(tmp_path, kind, os.urandom(200_000))
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    source = Source(path)
    with pytest.raises(ListFormatError, match="damaged"):
        everything(source)
    source.close()


def test_a_gzip_cut_short_is_an_error(tmp_path: Path) -> None:
    path = packed(tmp_path, "gz", os.urandom(200_000))
    path.write_bytes(path.read_bytes()[:-5_000])
    source = Source(path)
    with pytest.raises(ListFormatError, match="cut off"):
        everything(source)
    source.close()


@pytest.mark.parametrize("members", [[], ["a.csv", "b.csv"]])
def test_a_zip_must_hold_just_one_file(tmp_path: Path, members: list[str]) -> None:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.mkdir("folder")
        for member in members:
            archive.writestr(member, b"x")
    with pytest.raises(ListFormatError, match=f"a zip of {len(members)} files"):
        Source(path)


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
