"""Verified rows that rest on the key of an address alone are counted apart, where keys change."""

from __future__ import annotations

import pytest
from support.signed_rows import key, tron_address
from support.snapshot_stub import CONTROLS, OKX_RULE, StubSource, eth_claim, stored

from scanner.model.control import Binding
from scanner.reports.figures.totals_records import unasked_words
from scanner.settings.tables import load_registry
from scanner.snapshots.interface import SnapshotPolicy
from scanner.snapshots.take import take_snapshot
from scanner.store.database.engine import Store, open_store
from scanner.store.reading import queries
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink


def taken(store: Store, asked: int, *, sources: tuple[str, ...] = ("ethereum", "tron")) -> int:
    """Three Tron rows and one of Ethereum; of the first `asked` rows the keys were asked."""
    addresses = [tron_address(key(n)) for n in range(3)]
    rows = [
        eth_claim(n, network="tron", asset="TRX", address=a, signatures=("0xaa",))
        for n, a in enumerate(addresses)
    ]
    rows.append(eth_claim(5, signatures=("0xaa",)))
    on_chain = CONTROLS._replace(binding=Binding.ON_CHAIN)

    def judge(claims, call, keys=None):
        known = addresses[:asked]
        return [on_chain if c.address in known else CONTROLS for c in claims]

    list_id = stored(store, rows).list_id
    snapshot_id = create_snapshot(store, list_id, SnapshotPolicy(statement=OKX_RULE))
    made = {name: StubSource(name) if name != "ethereum" else StubSource() for name in sources}
    take_snapshot(StoreSink(store), snapshot_id, made, judge, load_registry())
    return snapshot_id


@pytest.mark.parametrize(("asked", "left"), [(0, 3), (2, 1), (3, 0)])
def test_rows_whose_keys_were_not_asked(tmp_path, asked, left):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        found = queries.totals(store, taken(store, asked))
    assert found.keys_not_asked == left
    assert found.to_json()["keys_not_asked"] == left


def test_what_nobody_read_is_not_verified_and_not_counted(tmp_path):
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as store:
        found = queries.totals(store, taken(store, 0, sources=("ethereum",)))
    assert found.keys_not_asked == 0


def test_the_words_are_of_one_row_or_many():
    assert unasked_words(1).startswith("1 verified row is of accounts whose current keys")
    assert unasked_words(1200).startswith("1,200 verified rows are")
