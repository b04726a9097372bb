"""Writes records to a file as CSV, JSON, JSONL or Parquet: streamed, whole or not at all."""

from __future__ import annotations

import csv
import os
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from scanner.errors import ConfigError, MissingExtraError, clip
from scanner.reports.tables.jsontext import compact
from scanner.reports.tables.text import defuse

Record = Mapping[str, object]
Writer = Callable[[BinaryIO, Mapping[str, str], Iterable[Record]], int]
"""write(stream, columns, records) -> how many records; columns: name -> "text", "int", "bool"."""

STDOUT = "-"
_PART = ".scanner-part-"
_MOST_LINKS = 40
BATCH = 5_000
"""Records in one Parquet row group, and between two flushes."""


def write_csv(stream: BinaryIO, columns: Mapping[str, str], records: Iterable[Record]) -> int:
    """RFC 4180 with LF line ends, UTF-8, a header line; cells are defused (see `text.defuse`)."""
    writer = csv.writer(_Encoded(stream), lineterminator="\n")
    writer.writerow(columns)
    cells = [(name, _CELLS[kind]) for name, kind in columns.items()]
    count = 0
    for record in records:
        writer.writerow(["" if (v := record[n]) is None else cell(v) for n, cell in cells])
        count += 1
    return count


class _Encoded:
    """Text for a stream of bytes. An `io.TextIOWrapper` would close it after a failed write."""

    def __init__(self, stream: BinaryIO) -> None:
        self._write = stream.write

    def write(self, text: str) -> int:
        return self._write(text.encode())


def _text_cell(value: object) -> str:
    return defuse(str(value))


def _bool_cell(value: object) -> str:
    return "true" if value else "false"


_CELLS: Mapping[str, Callable[[object], str]] = {
    "text": _text_cell,
    "int": str,
    "bool": _bool_cell,
}


def write_jsonl(stream: BinaryIO, columns: Mapping[str, str], records: Iterable[Record]) -> int:
    """One object a line, keys in column order."""
    count = 0
    for record in records:
        stream.write(compact({name: record[name] for name in columns}))
        count += 1
    return count


def write_json(stream: BinaryIO, columns: Mapping[str, str], records: Iterable[Record]) -> int:
    """One array of objects, an object a line."""
    count = 0
    stream.write(b"[")
    for record in records:
        stream.write(b",\n" if count else b"\n")
        stream.write(compact({name: record[name] for name in columns}).rstrip(b"\n"))
        count += 1
    stream.write(b"\n]\n" if count else b"]\n")
    return count


def write_parquet(stream: BinaryIO, columns: Mapping[str, str], records: Iterable[Record]) -> int:
    """Parquet with one row group for every BATCH records. Raises ConfigError without pyarrow."""
    try:
        import pyarrow  # noqa: PLC0415 - an extra
        import pyarrow.parquet  # noqa: PLC0415 - an extra
    except ImportError:
        raise MissingExtraError("Parquet needs one more package", "parquet") from None
    kinds = {"text": pyarrow.string(), "int": pyarrow.int64(), "bool": pyarrow.bool_()}
    schema = pyarrow.schema([(name, kinds[kind]) for name, kind in columns.items()])
    count = 0
    with pyarrow.parquet.ParquetWriter(stream, schema, compression="zstd") as writer:
        for batch in _batches(records):
            arrays = [
                pyarrow.array([_plain(r[name]) for r in batch], kinds[columns[name]])
                for name in columns
            ]
            writer.write_batch(pyarrow.record_batch(arrays, schema=schema))
            count += len(batch)
    return count


def _plain(value: object) -> object:
    """Parquet text must be valid UTF-8; a lone surrogate of a hostile file is not."""
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    return value


def _batches(records: Iterable[Record]) -> Iterator[Sequence[Record]]:
    iterator = iter(records)
    while batch := list(islice(iterator, BATCH)):
        yield batch


WRITERS: Mapping[str, Writer] = {
    "csv": write_csv,
    "json": write_json,
    "jsonl": write_jsonl,
    "parquet": write_parquet,
}
"""Format name -> writer."""


def writer_named(name: str) -> Writer:
    """Find a writer by its format's name. Raises ConfigError naming those there are."""
    if name not in WRITERS:
        raise ConfigError(f"no format {clip(name)!r}; there are: {', '.join(WRITERS)}")
    return WRITERS[name]


def place(target: str) -> str:
    """Where `whole_file` writes, in words."""
    return "stdout" if target == STDOUT else target


@contextmanager
def whole_file(target: str) -> Iterator[BinaryIO]:
    """Open `target` for writing; it appears only when everything was written. "-" is stdout.

    A link stays a link, a file that is there keeps its mode, and on an error its content. Raises
    OSError with the file's name.
    """
    if target == STDOUT:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with _naming(target):
        if _is_open_elsewhere(Path(target)):
            with Path(target).open("ab") as stream:  # written to, never replaced
                yield stream
            return
        path = Path(os.path.realpath(target))
        with _part_of(path) as (part, stream):
            with stream:
                yield stream
            part.chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~_umask())
            part.replace(path)


@contextmanager
def _naming(target: str) -> Iterator[None]:
    """Errors of the file, and of the part that becomes it, name what the user named."""
    try:
        yield
    except OSError as e:
        named = Path(os.fsdecode(e.filename)).name if isinstance(e.filename, str | bytes) else ""
        if e.filename is None or named.startswith(_PART):
            raise OSError(e.errno, e.strerror, target) from None
        raise


@contextmanager
def _part_of(path: Path) -> Iterator[tuple[Path, BinaryIO]]:
    """A new file beside `path`, gone afterwards if nobody renamed it."""
    handle, name = tempfile.mkstemp(prefix=_PART, dir=path.parent)
    part = Path(name)
    try:
        yield part, os.fdopen(handle, "wb")
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _is_open_elsewhere(path: Path) -> bool:
    """Whether it is a device or a pipe, or names one of our own streams, such as /dev/stdout."""
    if path.exists() and not path.is_file():
        return True
    for _ in range(_MOST_LINKS):
        if not path.is_symlink():
            return False
        if Path(os.path.realpath(path.parent)).is_relative_to("/proc"):
            return True
        path = path.parent / path.readlink()
    return False


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
