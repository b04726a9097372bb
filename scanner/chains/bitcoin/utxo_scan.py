"""One pass over a snapshot file: every coin of the wanted scripts, in flat memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from os import SEEK_END
from pathlib import Path
from typing import BinaryIO

from scanner.chains.bitcoin.coins import Coin
from scanner.chains.bitcoin.utxo_format import (
    HEADER_SIZE,
    Header,
    MalformedError,
    TruncatedError,
    read_group,
    read_header,
)
from scanner.chains.bitcoin.utxo_hash import SetHash
from scanner.chains.bitcoin.utxo_match import Engine, Found, PureEngine
from scanner.errors import SourceRejectedError

BUFFER = 4 * 1024 * 1024
MAX_GROUP = 64 * 1024 * 1024
"""Bytes of one group at most: a block of 4 MB cannot create more than this."""

EngineFactory = Callable[[Collection[bytes]], Engine]


@dataclass(slots=True)
class Scan:
    """What a pass found. coins: compressed script -> its coins, in file order."""

    header: Header
    coins: dict[bytes, list[Coin]] = field(default_factory=dict)


class SnapshotFile:
    """One snapshot file. `name` is its endpoint's, for messages.

    Raises SourceRejectedError whenever the file is not what the format says, with the byte.
    """

    def __init__(self, name: str, path: Path) -> None:
        self.name, self.path = name, path

    def header(self) -> Header:
        """Read the header."""
        with self._open() as file:
            return self._header(file)

    def scan(
        self,
        wanted: Collection[bytes],
        engine: EngineFactory = PureEngine,
        progress: Callable[[float], None] | None = None,
        check: SetHash | None = None,
    ) -> Scan:
        """Find all coins of the wanted scripts.

        wanted: compressed scripts. check: is given every coin in the same pass.
        Every coin of the file is walked over, whatever is wanted: a file that is cut short, too
        long, out of order or malformed is an error and not an answer.
        """
        with self._open() as file:
            found = Scan(self._header(file))
            chosen = frozenset(wanted)
            walker = engine(chosen)
            last = b""
            for at, data, part in self._walk(file, found.header, walker, progress):
                for start in part.groups:
                    last = self._take(at, data, start, last, chosen, found)
                if check is not None:
                    self._check(at, data, part.end, check)
            return found

    def _check(self, at: int, data: bytes, end: int, check: SetHash) -> None:
        try:
            check.update(data, end)
        except (MalformedError, TruncatedError) as e:
            place = e.at if isinstance(e, MalformedError) else end
            raise self._broken(at + place, str(e)) from None

    def _take(
        self, at: int, data: bytes, start: int, last: bytes, wanted: Collection[bytes], found: Scan
    ) -> bytes:
        """Decode one group strictly and keep its wanted coins. Returns its transaction id."""
        try:
            txid, coins, _ = read_group(data, start)
        except MalformedError as e:
            raise self._broken(at + e.at, e.what) from None
        if txid <= last:
            raise self._broken(at + start, "a transaction out of order, or twice")
        shown = txid[::-1].hex()
        for c in coins:
            if c.script in wanted:
                coin = Coin(shown, c.vout, c.amount, c.height, c.coinbase)
                found.coins.setdefault(c.script, []).append(coin)
        return txid

    def _walk(
        self,
        file: BinaryIO,
        header: Header,
        engine: Engine,
        progress: Callable[[float], None] | None,
    ) -> Iterator[tuple[int, bytes, Found]]:
        size = file.seek(0, SEEK_END)
        file.seek(HEADER_SIZE)
        data, at, left, last = b"", HEADER_SIZE, header.coins, b""
        wanted_size = BUFFER
        while True:
            more = file.read(wanted_size)
            data += more
            if not data:
                break
            try:
                found = engine.walk(data, last)
            except MalformedError as e:
                raise self._broken(at + e.at, e.what) from None
            if found.coins > left:
                raise self._broken(at, f"more than the {header.coins:,} coins of its header")
            yield at, data, found
            left -= found.coins
            last = found.last_txid
            data = data[found.end :]
            at += found.end
            if not more and data:
                raise self._broken(at, "it ends in the middle of a transaction")
            # A transaction larger than the buffer: read on, in growing steps.
            wanted_size = BUFFER if found.end else max(BUFFER, len(data))
            if len(data) > MAX_GROUP:
                raise self._broken(at, "a transaction larger than a block can hold")
            if progress is not None:
                progress(min(1.0, at / size))
        if left:
            raise self._broken(at, f"it ends {left:,} coins before the number in its header")

    def _open(self) -> BinaryIO:
        try:
            return self.path.open("rb", buffering=0)
        except OSError as e:
            raise SourceRejectedError(
                self.name, f"its snapshot file cannot be read ({e.strerror})"
            ) from None

    def _header(self, file: BinaryIO) -> Header:
        try:
            return read_header(file.read(HEADER_SIZE))
        except MalformedError as e:
            raise self._broken(e.at, e.what) from None
        except TruncatedError as e:
            raise self._broken(0, str(e)) from None

    def _broken(self, at: int, what: str) -> SourceRejectedError:
        return SourceRejectedError(
            self.name, f"its snapshot file is broken at byte {at:,}: {what}; make it again"
        )
