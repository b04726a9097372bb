"""`scanner prices`: keep prices from a file, from Chainlink feeds, or from a public service."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from scanner.chains import interface as chains
from scanner.cli.common.console import emit, finish, say
from scanner.cli.common.options import AsJson, Database, Endpoints, Snapshot, database_url
from scanner.cli.common.reading import PriceQuorum
from scanner.cli.common.sources import open_sources
from scanner.cli.results.value import DEFAULT_HOURS, MaxAge
from scanner.errors import ConfigError
from scanner.model.amount import counted
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.finding import Weight
from scanner.model.registry import Registry
from scanner.net import http
from scanner.prices import chainlink as chainlink_feeds
from scanner.prices import coingecko, csv_file, interface
from scanner.prices import feeds as feed_table
from scanner.reports.tables import grid, jsontext
from scanner.settings import tables
from scanner.store.database import engine
from scanner.store.reading import prices as stored
from scanner.store.reading import queries

app = typer.Typer(
    help="Save prices in US dollars, with time and source.",
    no_args_is_help=True,
    rich_markup_mode=None,
)

File = Annotated[Path, typer.Argument(metavar="FILE", help="CSV of asset,price_usd,at,source.")]
FeedFile = Annotated[
    Path | None,
    typer.Option("--feeds", metavar="FILE", help="Feed table to use instead of the shipped one."),
]


@app.command("import")
def import_(context: typer.Context, file: File, database: Database = None) -> None:
    """Save the prices of a CSV file: asset,price_usd,at,source.

    One bad row, and nothing is saved: a price of 0 or less, a time without an offset or in the
    future, an unknown asset. Stored prices are never changed.
    """
    prices = csv_file.read_prices(file, tables.load_registry(), datetime.now(UTC))
    with engine.open_store(database_url(context, database), create=True) as store:
        new = stored.add_prices(store, prices)
    say(f"{counted(len(prices), 'price')} read, {new:,} of them new")


@app.command()
def chainlink(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    endpoints: Endpoints = None,
    feeds: FeedFile = None,
    quorum: PriceQuorum = 1,
    max_age: MaxAge = DEFAULT_HOURS,
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Read Chainlink feeds at the block a snapshot is pinned to, and save the prices.

    A snapshot without a block of the feeds' network uses that network's last block before the
    snapshot's time. Anybody who asks the same contracts at that block gets the same prices.
    Exit status 3 if an asset of the snapshot has no price.
    """
    registry = tables.load_registry()
    table = feed_table.load_feeds(registry, feeds)
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        head = queries.head(store, snapshot_id)
        time = int(stored.taken(store, snapshot_id).at.timestamp())
        assets = [total.asset for total in queries.asset_totals(store, snapshot_id)]
        wanted = [feed for feed in table if feed.asset in assets]
        reading = _Reading(head, time, registry, timedelta(hours=max_age))
        found = reading.read(wanted, endpoints, chains.ReadPolicy(quorum=quorum))
        priced = {result.asset for result in found if isinstance(result, interface.Price)}
        known = {result.asset for result in found}
        found += [
            interface.NoPrice(asset, "no feed in the table")
            for asset in assets
            if asset not in known
        ]
        stored.add_prices(
            store, [result for result in found if isinstance(result, interface.Price)]
        )
    _show(head.id, reading.blocks, found, as_json)
    finish({Weight.UNSHOWN} if set(assets) - priced else set())


@app.command()
def fetch(
    context: typer.Context,
    snapshot: Snapshot = "latest",
    max_age: MaxAge = DEFAULT_HOURS,
    as_json: AsJson = False,
    database: Database = None,
) -> None:
    """Ask CoinGecko's public API for today's prices of a snapshot's assets, and save them.

    These are one provider's prices of now, so use them only for a snapshot just taken.
    CoinGecko learns the assets' names and nothing else. SCANNER_COINGECKO_KEY is the key of a
    paid plan, SCANNER_COINGECKO_URL another root of the API. Exit status 3 if an asset of the
    snapshot has no price.
    """
    known = coingecko.load_ids(tables.load_registry())
    with engine.open_store(database_url(context, database)) as store:
        snapshot_id = queries.resolve(store, snapshot)
        assets = [total.asset for total in queries.asset_totals(store, snapshot_id)]
        ids = {asset: known[asset] for asset in assets if asset in known}
        found = coingecko.fetch_prices(_get_json, ids, datetime.now(UTC), timedelta(hours=max_age))
        found += [
            interface.NoPrice(a, "the name that the service uses for it is unknown")
            for a in assets
            if a not in ids
        ]
        stored.add_prices(
            store, [result for result in found if isinstance(result, interface.Price)]
        )
    _show(snapshot_id, [], found, as_json)
    finish({Weight.UNSHOWN} if any(isinstance(f, interface.NoPrice) for f in found) else set())


def _get_json(path: str) -> object:
    """GET from the price service. Raises SourceError, ConfigError; neither names the URL."""
    url = os.environ.get("SCANNER_COINGECKO_URL") or coingecko.URL
    key = os.environ.get("SCANNER_COINGECKO_KEY", "")
    plan = "pro" if "//pro-" in url else "demo"
    service = Endpoint(coingecko.NAME, "", coingecko.NAME, url, coingecko.NAME)
    transport = http.Transport(service, {f"x-cg-{plan}-api-key": key} if key else None)
    try:
        reply = transport.get(path, limit=coingecko.MAX_ANSWER)
        reply.raise_for_status()
        return reply.json()
    finally:
        transport.close()


class _Reading:
    """Reads the feeds of each network at one block. blocks: those that were used.

    time: of the snapshot, in seconds since 1970.
    """

    def __init__(
        self, head: queries.SnapshotHead, time: int, registry: Registry, max_age: timedelta
    ) -> None:
        self._head, self._time, self._registry = head, time, registry
        self._max_age = max_age
        self.blocks: list[BlockRef] = []

    def read(
        self,
        feeds: Sequence[chainlink_feeds.Feed],
        endpoints: Path | None,
        policy: chains.ReadPolicy,
    ) -> list[interface.Price | interface.NoPrice]:
        """Read every feed. Raises ConfigError, SourceError."""
        names = sorted({feed.network for feed in feeds})
        found: list[interface.Price | interface.NoPrice] = []
        with open_sources(names, endpoints, self._registry, policy) as sources:
            for name in names:
                if name not in sources:
                    raise ConfigError(f"{name} has no endpoint: its feeds cannot be read")
                here = [feed for feed in feeds if feed.network == name]
                found += self._at_one_block(sources[name], here)
        return found

    def _at_one_block(
        self, source: chains.BalanceSource, feeds: Sequence[chainlink_feeds.Feed]
    ) -> list[interface.Price | interface.NoPrice]:
        if not isinstance(source, chains.ContractCaller):
            raise ConfigError(f"{source.name} cannot call contracts: no feeds on {source.network}")
        caller = source
        at = self._block(source)
        self.blocks.append(at)
        here = [feed for feed in feeds if feed.chain == at.chain]
        away = [
            interface.NoPrice(
                f.asset, f"the feed is on chain {f.chain}, the block on chain {at.chain}"
            )
            for f in feeds
            if f.chain != at.chain
        ]
        time = interface.moment(self._time if at.time is None else at.time)
        read = chainlink_feeds.read_feeds(
            lambda to, data: caller.call(to, data, at), here, time, self._max_age
        )
        return [*read, *away]

    def _block(self, source: chains.BalanceSource) -> BlockRef:
        """The snapshot's newest block of the network, or its last one before the snapshot."""
        pinned = [p.block for p in self._head.blocks if p.network == source.network]
        if pinned:
            return max(pinned, key=lambda block: block.height)
        if not isinstance(source, chains.TimeFinder):
            raise ConfigError(f"{source.name} cannot find the newest block at a given time")
        return source.pin(source.height_at(self._time))


def _show(
    snapshot_id: int,
    blocks: Sequence[BlockRef],
    found: Sequence[interface.Price | interface.NoPrice],
    as_json: bool,
) -> None:
    prices = sorted((p for p in found if isinstance(p, interface.Price)), key=lambda p: p.asset)
    missing = sorted(
        (p for p in found if not isinstance(p, interface.Price)), key=lambda p: p.asset
    )
    if as_json:
        emit(
            jsontext.pretty(
                {
                    "snapshot": snapshot_id,
                    "blocks": [
                        {"network": b.network, "chain": b.chain, "height": b.height, "hash": b.hash}
                        for b in blocks
                    ],
                    "prices": [
                        {
                            "asset": p.asset,
                            "price_usd": p.text,
                            "at": p.at.isoformat(),
                            "source": p.source,
                        }
                        for p in prices
                    ],
                    "missing": [{"asset": p.asset, "reason": p.reason} for p in missing],
                }
            )
        )
    else:
        columns = [
            grid.Column("asset"),
            grid.Column("price $", right=True),
            grid.Column("at"),
            grid.Column("source"),
        ]
        rows = [[p.asset, p.text, p.at.isoformat(), p.source] for p in prices]
        title = ", ".join(f"{b.network} block {b.height} {b.hash}" for b in blocks)
        grid.print_grid(columns, rows, title=title or "Prices", stream=sys.stdout)
    say(*(f"no price of {p.asset}: {p.reason}" for p in missing))
