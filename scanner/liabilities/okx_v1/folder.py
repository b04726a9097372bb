"""The files of OKX's first zk-STARK: `sum_proof_data`, a folder or a zip of it, read one by one.

config.json, trunk/ and batches/NAME/, each with sum_proof.json and sum_values.json. A whole
publication has 2.5 GB in some 3,000 batches; one batch at a time is in memory.
"""

from __future__ import annotations

import gzip
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from scanner.errors import ListFormatError, clip
from scanner.liabilities import strict
from scanner.liabilities.okx_v1.batch import Coins, SumProof, read_proof
from scanner.liabilities.opening import MAX_DOCUMENT, read_whole
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import read_json
from scanner.model.word_set import word_set

MAX_FILES = 200_000
MAX_COINS = 1000
TRUNK = "trunk"

_CONFIG = re.compile(r"(?:(.*)/)?config\.json(?:\.gz)?")
_BATCH = re.compile(r"batches/([A-Za-z0-9_.-]{1,40})/sum_proof\.json(?:\.gz)?")
_DAMAGED = (
    *(OSError, EOFError, zlib.error, zipfile.BadZipFile),
    *(RuntimeError, NotImplementedError, KeyError, ValueError),
)
_NOT_COINS = word_set(
    "total_value user_id batch_id user_index batch_index uts random_number merkle_path "
    "batch_mtree_root trunk_mtree_root batches"
)
"""Names that stand beside the coins' in one object or in a result: one would hide the other."""


class Folder:
    """An open publication. Raises ListFormatError for what is not one."""

    def __init__(self, path: Path, archive: zipfile.ZipFile | None) -> None:
        self._path, self._archive, self._names = path, archive, _names(path, archive)
        configs = [match for name in self._names if (match := _CONFIG.fullmatch(name))]
        if not configs:
            raise ListFormatError(path.name, "it has no config.json: not OKX's sum_proof_data")
        starts = sorted((f"{match[1]}/" if match[1] else "" for match in configs), key=_depth)
        with_batches = [start for start in starts if self._batches(start)]
        if len(with_batches) > 1:
            names = " and ".join(clip(start or "./", 60) for start in with_batches[:2])
            what = f"it has {len(with_batches)} publications, {names}: give one of them"
            raise ListFormatError(path.name, what)
        self._start = (with_batches or starts)[0]

    def coins(self) -> Coins:
        """What config.json says of the columns. Raises ListFormatError."""
        name = "config.json"
        found = strict.fields(self._json(name), "", ("main_coins_num", "coins"))
        names = found["coins"]
        if not isinstance(names, list) or not 1 <= len(names) <= MAX_COINS:
            raise ListFormatError(self._shown(name), f"not 1 to {MAX_COINS} coins")
        if any(not isinstance(coin, str) for coin in names) or len(set(names)) != len(names):
            raise ListFormatError(self._shown(name), "coins must be different names")
        if taken := sorted(_NOT_COINS.intersection(names)):
            raise ListFormatError(self._shown(name), f"{taken[0]!r} is no coin's name")
        bound = strict.integer(found["main_coins_num"], "/main_coins_num", len(names) + 1)
        return Coins(tuple(names), bound)

    def batches(self) -> Sequence[str]:
        """Names of the batches, in order. Raises ListFormatError."""
        found = self._batches(self._start)
        if not found:
            raise ListFormatError(self._path.name, "no batches in it")
        return sorted(found)

    def _batches(self, start: str) -> set[str]:
        return {
            match[1]
            for name in self._names
            if name.startswith(start) and (match := _BATCH.fullmatch(name[len(start) :]))
        }

    def proof(self, batch: str, coins: Coins) -> tuple[SumProof, list[int]]:
        """One batch, or TRUNK: its proof, and its totals, coins in order and all last.

        Raises ListFormatError; RefusedError as `read_proof`.
        """
        folder = batch if batch == TRUNK else f"batches/{batch}"
        name = f"{folder}/sum_values.json"
        document = self._json(name)
        try:
            wanted = (*coins.names, "total_value")
            values = strict.fields(document, "", wanted)
            totals = [_number(values[coin], f"/{coin}") for coin in wanted]
            name = f"{folder}/sum_proof.json"
            return read_proof(self._json(name), coins), totals
        except ShapeError as e:
            raise ListFormatError(self._shown(name), str(e)) from None
        except RefusedError as e:
            raise RefusedError(f"{name}{e.place}", e.reason) from None

    def _shown(self, name: str) -> str:
        return f"{self._path.name}/{name}"

    def _json(self, name: str) -> Mapping[str, object]:
        try:
            value = read_json(self._bytes(name), unique_names=True)
        except ValueError as e:
            raise ListFormatError(self._shown(name), f"not JSON: {clip(str(e), 80)}") from None
        if not isinstance(value, dict):
            raise ListFormatError(self._shown(name), "not a JSON object")
        return value

    def _bytes(self, name: str) -> bytes:
        names = [n for n in (f"{self._start}{name}", f"{self._start}{name}.gz") if n in self._names]
        if not names:
            raise ListFormatError(self._shown(name), "not there")
        if self._archive is None:
            return read_whole(self._path / names[0])
        try:
            with self._archive.open(names[0]) as member:
                packed = names[0].endswith(".gz")
                stream = gzip.GzipFile(fileobj=member) if packed else member
                data = stream.read(MAX_DOCUMENT + 1)
        except _DAMAGED as e:
            raise ListFormatError(self._shown(name), f"cannot be read: {e}") from None
        if len(data) > MAX_DOCUMENT:
            raise ListFormatError(self._shown(name), "larger than any such file")
        return data


def _depth(start: str) -> tuple[int, str]:
    return start.count("/"), start


def _number(value: object, place: str) -> int:
    if type(value) is not int:
        raise ShapeError(place, "not an integer")
    return value


@contextmanager
def opened_folder(path: Path) -> Iterator[Folder]:
    """A folder, or a zip of one. Raises ListFormatError."""
    if path.is_dir():
        yield Folder(path, None)
        return
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGED as e:
        raise ListFormatError(path.name, f"not a readable zip file: {e}") from None
    with archive:
        yield Folder(path, archive)


def recognises(path: Path) -> bool:
    """Whether a path is a folder with such files, or a zip of them."""
    if path.is_dir():
        return any(_CONFIG.fullmatch(name) for name in _names(path, None))
    if not zipfile.is_zipfile(path):
        return False
    with opened_zip(path) as names:
        return any(_BATCH.search(name) for name in names)


@contextmanager
def opened_zip(path: Path) -> Iterator[Sequence[str]]:
    """The names in a zip; none where it is damaged."""
    try:
        with zipfile.ZipFile(path) as archive:
            yield archive.namelist()
    except _DAMAGED:
        yield ()


def _names(path: Path, archive: zipfile.ZipFile | None) -> frozenset[str]:
    if archive is not None:
        names = archive.namelist()
        found = set(names)
        if len(found) != len(names):
            raise ListFormatError(path.name, "one name stands twice in it, with two contents")
    else:
        found = set()
        for entry in path.rglob("*.json*"):
            found.add(entry.relative_to(path).as_posix())
            if len(found) > MAX_FILES:
                break
    if len(found) > MAX_FILES:
        raise ListFormatError(path.name, f"it has more than {MAX_FILES:,} files")
    return frozenset(found)
