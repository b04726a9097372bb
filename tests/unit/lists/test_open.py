"""Opening a list: recognised by content, read once, all accounted for, in flat memory."""

from __future__ import annotations

import gzip
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from support.lists import Reader

from scanner.errors import ListFormatError
from scanner.lists.interface import ListReader
from scanner.lists.open import open_list
from scanner.lists.table import READERS, reader_named
from scanner.model.registry import Registry

SAMPLES = {
    "okx/okx_por_example.csv": "okx_csv",
    "okx/okx_por_staking_example.csv": "okx_csv",
    "okx/por_7_columns.csv": "okx_csv",
    "okx/test.csv": "okx_csv",
    "bitmex/reserve_entry_example.yaml": "bitmex_yaml",
    "wallets/okx.csv": "csv",
    "wallets_2022/bybit.csv": "csv",
}


@pytest.mark.parametrize(("name", "format"), SAMPLES.items())
def test_content_decides_and_never_the_name(
    read_file: Reader, read_bytes: Reader, vectors: Path, name: str, format: str
) -> None:
    data = (vectors / name).read_bytes()
    expected = read_file(vectors / name)
    assert expected.summary.format == format
    assert read_bytes(data, "wrong.name").rows == expected.rows
    assert read_bytes(gzip.compress(data), "list.csv").rows == expected.rows


def test_a_zip_of_one_list(read_file: Reader, vectors: Path, tmp_path: Path) -> None:
    path = tmp_path / "por.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(vectors / "okx/por_7_columns.csv", "por.csv")
    assert read_file(path).rows == read_file(vectors / "okx/por_7_columns.csv").rows


@pytest.mark.parametrize(("name", "format"), SAMPLES.items())
def test_only_one_special_format_claims_a_file(
    vectors: Path, registry: Registry, name: str, format: str
) -> None:
    from scanner.lists.interface import ReadOptions

    head = (vectors / name).read_bytes()[:65536]
    options = ReadOptions(name, {})
    special: list[ListReader] = [_reader(n) for n in READERS if n not in ("csv", "text")]
    claimed = [reader.name for reader in special if reader.recognises(head, options, registry)]
    assert claimed == ([format] if format != "csv" else [])


def test_readers_bear_the_names_of_the_table() -> None:
    assert [_reader(name).name for name in READERS] == list(READERS)
    assert reader_named("none") is None


def _reader(name: str) -> ListReader:
    reader = reader_named(name)
    assert reader is not None
    return reader


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf \r\n\t\n", "the file is empty"),
        (b"\xff\xfec\x00o\x00i\x00n\x00", "no known list format; it starts 'coin'"),
        (bytes(range(256)) * 20, "a binary file"),
        (b"%PDF-1.7\nxx", "a PDF, not a table"),
        (b"\x00" * 5000, "a binary file"),
        (b"coin,address\rBTC,x\rBTC,y\r", "CR alone"),
        (b"<html><body>", "a web page, not a table"),
        (b"x" * 10_000_000, "no known list format"),
    ],
)
def test_what_is_no_list_is_refused_in_one_line(
    read_bytes: Reader, data: bytes, words: str
) -> None:
    with pytest.raises(ListFormatError, match=words) as caught:
        read_bytes(data)
    message = str(caught.value)
    assert message.startswith("list.csv")
    assert "\n" not in message
    assert len(message) < 400


def test_a_list_is_read_once_and_summed_up_at_its_end(vectors: Path, registry: Registry) -> None:
    with open_list(vectors / "okx/test.csv", registry) as file:
        with pytest.raises(RuntimeError, match="not been read"):
            file.summary()
        assert sum(1 for _ in file) == file.summary().data_rows == 9
        with pytest.raises(RuntimeError, match="read once"):
            list(file)


def test_a_format_may_be_forced(read_file: Reader, vectors: Path) -> None:
    read = read_file(vectors / "okx/okx_por_staking_example.csv", format="okx_csv")
    assert read.summary.claims == 3
    with pytest.raises(ListFormatError):
        read_file(vectors / "okx/okx_por_staking_example.csv", format="bitmex_yaml")


_MEMORY = """
import resource, sys
from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.settings.tables import load_registry
registry = load_registry()
audit = ListAudit(registry)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
with open_list(sys.argv[1], registry) as rows:
    for row in rows:
        audit.observe(row)
    print(rows.summary().claims, rows.summary().unreadable)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def test_memory_stays_flat(tmp_path: Path) -> None:
    path = tmp_path / "big.csv"
    header = (
        "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script"
    )
    with path.open("w") as out:
        out.write(header + "\n" + "x" * 10_000_000 + "\n")
        for n in range(60_000):
            out.write(
                f"ETH,ETH,1,0x{n:040x},1.5,I am an OKX address,0x{'ab' * 65},null,{'cd' * 60}\n"
            )
    assert path.stat().st_size > 30_000_000
    root = Path(__file__).resolve().parents[3]
    done = subprocess.run(
        [sys.executable, "-c", _MEMORY, str(path)],
        capture_output=True, text=True, check=True, cwd=root, timeout=120,
    )  # fmt: skip
    claims, unreadable, megabytes = map(int, done.stdout.split())
    assert (claims, unreadable) == (60_000, 1)
    assert megabytes < 60
