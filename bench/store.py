"""Benchmarks of the database: one JSON object a line, on SQLite and on PostgreSQL.

store.import: a list's import, its claims ready-made (reading files is lists.*). store.insert:
verdicts, balances and sums of 1,000,000 claims, stored chunk by chunk as a snapshot does; against
the bare driver (executemany, COPY) in turn with it, in transactions of as many rows: its balances
alone, and in store.insert.rows all that is stored of a claim, its verdict in the balance's row.
store.totals: seconds for the totals of that snapshot; against adding up its rows in Python and
hashing them again, which is what `scanner db check` does. store.seal: claims a second sealed.

    python bench/store.py [CLAIMS]
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Self

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

if TYPE_CHECKING:
    from scanner.model.claim import Claim
    from scanner.snapshots.interface import Chunk, RowResult
    from scanner.store.database.engine import Store

CLAIMS = 1_000_000
CHUNK = 1_000
TURN = 20
"""Chunks stored before the bare driver has its turn."""
BARE = 4
"""Chunks that the bare driver writes then; its rate hardly depends on how many there are."""


class Rows:
    """A list of claims. making: seconds that making them took, which are not the import's."""

    def __init__(self, count: int) -> None:
        self.count, self.making = count, 0.0

    def __iter__(self) -> Iterator:
        made = self._made()
        while True:
            start = time.perf_counter()
            batch = list(islice(made, CHUNK))
            self.making += time.perf_counter() - start
            if not batch:
                return
            yield from batch

    def _made(self, first: int = 0) -> Iterator:
        from support.snapshot_stub import evm_address

        from scanner.model.claim import Claim

        for n in range(first, self.count):
            address = evm_address(n)
            asset, decimals = (("ETH", 18), ("USDT", 6), ("USDC", 6))[n % 3]
            yield Claim(
                row=n + 2,
                coin=asset,
                asset=asset,
                network="ethereum",
                address=address,
                address_key=address,
                decimals=decimals,
                amount=n * 10**15,
                height=20_000_000,
                message="I am the owner",
                signatures=("0x" + "ab" * 65,),
            )

    def summary(self):
        from scanner.model.claim import ListSummary

        return ListSummary("bench", "", "00" * 32, 0, self.count, self.count, 0)


@contextmanager
def databases() -> Iterator[list[tuple[str, str]]]:
    """A SQLite file and a database on a private PostgreSQL, if its server is installed."""
    from support.postgres import Postgres, PostgresMissingError

    with tempfile.TemporaryDirectory() as folder:
        found = [("sqlite", f"sqlite:///{folder}/scanner.db")]
        try:
            cluster = Postgres()
        except PostgresMissingError as e:
            print(e, file=sys.stderr)
            yield found
            return
        with cluster:
            yield [*found, ("postgresql", cluster.create_database())]


def imported(store: Store, count: int) -> tuple[int, float]:
    """A stored list of `count` claims, and the seconds that it took."""
    from scanner.lists.reconcile import ListAudit
    from scanner.settings.tables import load_registry
    from scanner.store.writing.lists_in import import_list

    rows, audit = Rows(count), ListAudit(load_registry())
    start = time.perf_counter()
    kept = import_list(store, rows, audit, publisher="bench", name="bench")
    return kept.list_id, time.perf_counter() - start - rows.making


def planned(store: Store, list_id: int) -> int:
    """A snapshot of a stored list."""
    from scanner.snapshots.interface import SnapshotPolicy
    from scanner.store.writing.runs import create_snapshot

    return create_snapshot(store, list_id, SnapshotPolicy(chunk_sizes={"ethereum": CHUNK}))


def results_of(store: Store, chunk: Chunk) -> list[RowResult]:
    """What a source and a judge would have said about a chunk: every claim by its own signer."""
    from support.snapshot_stub import CONTROLS

    from scanner.model.balance import Balance, Evidence
    from scanner.snapshots.interface import RowResult
    from scanner.store.writing.sink import StoreSink

    return [
        RowResult(
            claim,
            CONTROLS._replace(signed_by=(claim.claim.address,)),
            Balance(claim.claim.amount, Evidence.REPORTED, ("node-a", "node-b")),
        )
        for claim in StoreSink(store).claims(chunk)
    ]


def insert(store: Store, snapshot: int) -> tuple[float, float, float]:
    """Claims a second through `finish_chunk`, and of the bare driver: balances, and all rows.

    They take turns, so that what else the machine does slows all. Reading the claims back is not
    counted.
    """
    from scanner.store.writing.sink import StoreSink

    sink = StoreSink(store)
    sink.start(snapshot)
    seconds, count = 0.0, 0
    with Bare(store, verdicts=False) as balances, Bare(store, verdicts=True) as rows:
        for chunk in sink.chunks(snapshot):
            if chunk.no % TURN == 1:
                balances.write()
                rows.write()
            results = results_of(store, chunk)
            start = time.perf_counter()
            sink.finish_chunk(chunk, results)
            seconds += time.perf_counter() - start
            count += len(results)
        return count / seconds, balances.rate, rows.rate


class Bare:
    """The driver alone, into a table with no more than a key. verdicts: beside the balances."""

    def __init__(self, store: Store, *, verdicts: bool) -> None:
        self._sqlite, self._verdicts = store.dialect == "sqlite", verdicts
        self._raw = store.engine.raw_connection()
        self._cursor = self._raw.cursor()
        self._written, self._seconds = 0, 0.0
        self._table = f"bare_{verdicts:d}"
        amount = "text" if self._sqlite else "numeric(78,0)"
        columns = (
            f"s integer, n integer, c integer, amount {amount}, e text, who text, r text, d text"
        )
        if verdicts:
            columns += (
                ", control text, b text, f text, scheme text, required integer, signed text, "
                "why text, shown text, statement text, by text"
            )
        how = "WITHOUT ROWID" if self._sqlite and verdicts else ""  # as the table it stands for
        self._cursor.execute(f"CREATE TABLE {self._table} ({columns}, PRIMARY KEY (s, n)) {how}")
        self._raw.commit()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._cursor.execute(f"DROP TABLE {self._table}")
        self._raw.commit()
        self._raw.close()

    @property
    def rate(self) -> float:
        """Claims a second."""
        return self._written / self._seconds

    def write(self) -> None:
        """Write BARE chunks."""
        for _ in range(BARE):
            batch = list(Rows(self._written + CHUNK)._made(self._written))
            start = time.perf_counter()
            if self._sqlite:
                self._cursor.execute("BEGIN IMMEDIATE")
            self._add(map(self._balance, batch))
            self._raw.commit()
            self._seconds += time.perf_counter() - start
            self._written += len(batch)

    def _add(self, rows: Iterator[tuple]) -> None:
        if self._sqlite:
            marks = ", ".join("?" * (18 if self._verdicts else 8))
            self._cursor.executemany(f"INSERT INTO {self._table} VALUES ({marks})", rows)
            return
        with self._cursor.copy(f"COPY {self._table} FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)

    def _balance(self, claim: Claim) -> tuple:
        amount = str(claim.amount).zfill(78) if self._sqlite else claim.amount
        held = (1, claim.row, 1, amount, "reported", '["node-a", "node-b"]', "", "")
        if not self._verdicts:
            return held
        words = ("controls", "derived", "static", "evm_message", 1, f'["{claim.address}"]')
        return (*held, *words, "", "proven", "stated", "table")


def recounted(store: Store, snapshot: int) -> None:
    """Add everything up again, row by row, and hash it."""
    from scanner.store.reading import queries
    from scanner.store.reading.check import wrong

    head = queries.head(store, snapshot).chain_head
    with store.read() as connection:
        assert list(wrong(connection, snapshot, head)) == []


def timed(work, *arguments) -> float:
    """Seconds of one call."""
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def show(name: str, value: float, unit: str, against: str = "", base: float = 0) -> None:
    """Print one result."""
    ratio = round(value / base, 5) if base else None
    fields = {"name": name, "value": round(value, 4), "unit": unit}
    print(json.dumps({**fields, "against": against or None, "ratio": ratio}), flush=True)


def main() -> None:
    """Measure both databases."""
    from scanner.cli.main import collect_rarely
    from scanner.store.database.engine import open_store
    from scanner.store.database.migrate import upgrade
    from scanner.store.reading import queries
    from scanner.store.writing.sink import StoreSink

    collect_rarely()  # as every command does
    count = int(sys.argv[1]) if len(sys.argv) > 1 else CLAIMS
    with databases() as urls:
        for kind, url in urls:
            upgrade(url)
            with open_store(url) as store:
                list_id, took = imported(store, count)
                show(f"store.import.{kind}", count / took, "claims/s")
                start = time.perf_counter()
                snapshot = planned(store, list_id)
                show(f"store.plan.{kind}", count / (time.perf_counter() - start), "claims/s")
                rate, balances, rows = insert(store, snapshot)
                show(f"store.insert.{kind}", rate, "claims/s", "driver alone, balances", balances)
                show(f"store.insert.rows.{kind}", rate, "claims/s", "driver alone, all rows", rows)
                took = timed(StoreSink(store).end, snapshot)
                show(f"store.seal.{kind}", count / took, "claims/s")
                took = timed(queries.totals, store, snapshot)
                counting = timed(recounted, store, snapshot)
                show(f"store.totals.{kind}", took, "s", "adding up the rows", counting)
                assert queries.totals(store, snapshot).complete


if __name__ == "__main__":
    main()
