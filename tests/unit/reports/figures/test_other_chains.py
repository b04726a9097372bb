"""Which networks were read on another chain, of what assets, and the words for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.snapshot_stub import StubSource, eth_claim
from support.taking import planned, take

from scanner.model.block import BlockRef
from scanner.reports.documents.exports import TABLES
from scanner.reports.figures.other_chains import (
    WORTHLESS,
    apart,
    chain_cell,
    chain_lines,
    chain_objects,
    chains_of_assets,
    dollar_lines,
    other_chains,
)
from scanner.store.database.engine import Store, open_store
from scanner.store.reading import queries

REGTEST = ("bitcoin", "regtest")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with open_store(f"sqlite:///{tmp_path / 'x.db'}", create=True) as opened:
        yield opened


class Private(StubSource):
    """A source on another chain than its network's."""

    def pin(self, height: int | None) -> BlockRef:
        real = super().pin(height)
        return BlockRef(real.network, "31337", real.height, real.hash, real.time)


def test_only_what_is_not_the_networks_own() -> None:
    read = [("ethereum", "1"), ("ethereum", "31337"), REGTEST, REGTEST, ("bitcoin", "main")]
    assert apart(read) == [REGTEST, ("ethereum", "31337")]
    assert apart([("gone", "1")]) == [("gone", "1")], "of a network no more known: it may not pass"
    assert apart([("ethereum", "1:dev")]) == [("ethereum", "1:dev")]


def test_the_words_are_the_same_in_every_form() -> None:
    found = [REGTEST, ("ethereum", "31337")]
    line = "NOT THE REAL bitcoin: read on the chain 'regtest'"
    assert chain_lines(found)[0] == line
    assert chain_lines([REGTEST], "snapshot 3") == [f"snapshot 3: {line}"]
    many = [("near", "a"), ("sui", "b"), *found]
    assert chain_lines(many) == ["NOT THE REAL near, sui, bitcoin, ethereum: read on other chains"]
    assert chain_objects([REGTEST]) == [{"network": "bitcoin", "chain": "regtest"}]
    assert chain_cell(found) == "bitcoin regtest, ethereum 31337"
    assert dollar_lines([REGTEST]) == [line, WORTHLESS]
    assert dollar_lines([], ["of another"]) == ["of another", WORTHLESS]
    assert (chain_lines([]), chain_objects([]), chain_cell([]), dollar_lines([])) == (
        [], [], None, [],
    )  # fmt: skip


@pytest.mark.parametrize("source", [StubSource, Private])
def test_of_a_stored_snapshot(store: Store, source: type[StubSource]) -> None:
    rows = [
        eth_claim(1, signatures=("s",)),
        eth_claim(2, asset="TRX", network="tron", address="TJRabPrwbZy45sbavfcjinPJC18kjpRTv8"),
    ]
    snapshot = planned(store, rows)
    take(store, snapshot, source(), _Tron("tron"))
    head = queries.head(store, snapshot)
    private = source is Private
    expected = [("ethereum", "31337")] if private else []
    assert other_chains(head) == expected
    assert chains_of_assets(store, head) == ({"ETH": expected} if private else {})
    cells = {r["asset"]: r["other_chains"] for r in TABLES["totals"].records(store, snapshot)}
    assert cells == {"ETH": "ethereum 31337" if private else None, "TRX": None}


class _Tron(StubSource):
    def pin(self, height: int | None) -> BlockRef:
        real = super().pin(height)
        own = "728126428"
        return BlockRef(real.network, own, real.height, real.hash, real.time)
