"""Reads the tables of networks, assets, tokens, names, supplies, canaries into a Registry."""

from __future__ import annotations

import csv
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from scanner.errors import ConfigError, clip, did_you_mean, why
from scanner.model.addresses.table import CODECS
from scanner.model.canary import Canary
from scanner.model.network import KINDS, Backing, Holding, Issuer, Network
from scanner.model.registry import Coin, Issued, Registry
from scanner.settings.paths import shipped

_TABLES: Mapping[str, tuple[str, str]] = {
    "networks.csv": (
        "network kind chain_id native decimals address_codec schemes message_header sources "
        "aliases",
        "network",
    ),
    "genesis.csv": ("network height hash", "network"),
    "issued.csv": ("asset network name kind issuer", "asset network"),
    "issuers.csv": ("asset kind issuer of", "asset"),
    "assets.csv": ("coin asset group network contract decimals", "coin"),
    "tokens.csv": ("asset network contract decimals", "asset network"),
    "canaries.csv": ("network asset address since why", "network asset address"),
    "coin_names.csv": ("name asset", "name"),
    "supplies.csv": ("asset most", "asset"),
    "same_state.csv": ("network asset is_network is_asset", "network asset"),
}
"""Table -> the columns that are read, and those that name a row, which two rows never share."""

_MAY_BE_ABSENT = frozenset({"genesis.csv", "issuers.csv"})
_BLOCK_HASH = re.compile(r"0x[0-9a-f]{64}", re.ASCII)
_LONGEST = 78
"""Digits of a whole number in a table: what 256 bits can have."""


class TableRow(dict[str, str]):
    """One row of a table by its header's names. place: file and line, which errors begin with."""

    place: str = ""

    def wrong(self, what: str) -> ConfigError:
        """The error to raise about this row."""
        return ConfigError(f"{self.place}: {what}")


@cache
def load_registry(folder: Path | None = None) -> Registry:
    """Build the registry from `folder`, by default the shipped config folder.

    Raises ConfigError naming file and line when a table is not as it should be.
    """
    where = folder or shipped("config")
    rows = {name: _rows(where, name) for name in _TABLES}
    _check_networks(rows)
    marks = {r["network"]: _mark(r) for r in rows["genesis.csv"]}
    networks = [_network(r, marks) for r in rows["networks.csv"]]
    issued = {(r["asset"], r["network"]): r["name"] for r in rows["issued.csv"]}
    coins = [Coin(r["coin"], _holding(r, issued), r["group"]) for r in rows["assets.csv"]]
    tokens = [_holding(r, issued) for r in rows["tokens.csv"]]
    holdings = [
        *(Holding(n.native, n.name, "", n.decimals) for n in networks),
        *(coin.holding for coin in coins),
        *tokens,
    ]
    _check_holdings([*rows["networks.csv"], *rows["assets.csv"], *rows["tokens.csv"]], holdings)
    _check_assets(rows, holdings, issued)
    return Registry(
        networks,
        coins,
        tokens,
        [_canary(r) for r in rows["canaries.csv"]],
        names={r["name"]: r["asset"] for r in rows["coin_names.csv"]},
        supplies={r["asset"]: _whole(r, "most") for r in rows["supplies.csv"]},
        states={
            (r["asset"], r["network"]): (r["is_asset"], r["is_network"])
            for r in rows["same_state.csv"]
        },
        issued=Issued(
            issued,
            _issuers([*rows["issuers.csv"], *rows["issued.csv"]]),
            {r["asset"]: r["of"] for r in rows["issuers.csv"] if r["of"]},
        ),
    )


def read_table(
    path: Path, columns: Sequence[str] = (), key: Sequence[str] = ()
) -> Iterator[TableRow]:
    """Rows of a shipped table, by its header's names.

    columns: that the header must have. key: of these, those that name a row: never empty, and no
    two rows have the same, whatever their case. Raises ConfigError with file and line.
    """
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            lines = csv.reader(file, strict=True)
            names = next(lines, [])
            _check_header(path.name, names, columns)
            seen: dict[tuple[str, ...], str] = {}
            for cells in lines:
                if cells:  # not a blank line
                    yield _row(f"{path.name}:{lines.line_num}", names, cells, key, seen)
    except (OSError, csv.Error, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the table {path.name}: {why(e)}") from e


def _check_header(file: str, names: Sequence[str], columns: Sequence[str]) -> None:
    if missing := [name for name in columns if name not in names]:
        raise ConfigError(f"{file}:1: no column {missing[0]!r}; it has: {clip(', '.join(names))}")
    if len({*names}) != len(names):
        raise ConfigError(f"{file}:1: a column is named twice: {clip(', '.join(names))}")


def _row(
    place: str,
    names: Sequence[str],
    cells: Sequence[str],
    key: Sequence[str],
    seen: dict[tuple[str, ...], str],
) -> TableRow:
    if len(cells) != len(names):
        raise ConfigError(f"{place}: {len(cells)} cells; the header names {len(names)} columns")
    row = TableRow(zip(names, cells, strict=True))
    row.place = place
    for name in key:
        if not row[name] or row[name] != row[name].strip():
            raise row.wrong(f"{name} must not be empty, or begin or end with a space")
    of = tuple(row[name].upper() for name in key)
    if key and seen.setdefault(of, place) != place:
        given = ", ".join(clip(row[name]) for name in key)
        raise row.wrong(f"{given}: already given in line {seen[of].rpartition(':')[2]}")
    return row


def _rows(folder: Path, name: str) -> list[TableRow]:
    path, (columns, key) = folder / name, _TABLES[name]
    if name in _MAY_BE_ABSENT and not path.exists():
        return []
    return list(read_table(path, columns.split(), key.split()))


def _check_networks(rows: Mapping[str, Iterable[TableRow]]) -> None:
    """Whether every table speaks of networks that there are, and these of codecs that there are."""
    aliases: dict[str, str] = {}
    for row in rows["networks.csv"]:
        name = row["network"]
        for alias in (name.upper(), *_split(row["aliases"])):
            if aliases.setdefault(alias, name) != name:
                raise row.wrong(f"network alias {alias!r} is given twice")
        for codec in _split(row["address_codec"]):
            _known(row, "address codec", codec.partition(":")[0], CODECS)
        _known(row, "kind of network", row["kind"], KINDS)
    names = {row["network"] for row in rows["networks.csv"]}
    for table in ("genesis", "issued", "assets", "tokens", "canaries", "same_state"):
        for row in rows[f"{table}.csv"]:
            for column in ("network", "is_network"):
                _known(row, "network", row.get(column, row["network"]), names)


def _check_holdings(rows: Iterable[TableRow], holdings: Iterable[Holding]) -> None:
    """Whether a holding is one thing in every row, and no two holdings are one thing."""
    things: dict[tuple[str, str], tuple[str, int]] = {}
    names: dict[tuple[str, str], str] = {}
    for row, held in zip(rows, holdings, strict=True):
        name, contract = held.asset.upper(), held.contract.lower()
        if things.setdefault((name, held.network), (contract, held.decimals)) != (
            contract,
            held.decimals,
        ):
            where = f"{held.asset} on {held.network}"
            raise row.wrong(f"{where} has two different contracts or decimals in the tables")
        if (known := names.setdefault((held.network, contract), name)) != name:
            raise row.wrong(f"{held.asset} on {held.network} is {known} in the tables already")


def _check_assets(
    rows: Mapping[str, Iterable[TableRow]],
    holdings: Iterable[Holding],
    issued: Mapping[tuple[str, str], str],
) -> None:
    """Whether every table speaks of assets that the others have, on their networks."""
    places = {(h.asset.upper(), h.network) for h in holdings}
    assets = {asset for asset, _ in places}
    named = [
        ("coin_names", "asset"),
        ("supplies", "asset"),
        ("issuers", "asset"),
        ("issuers", "of"),
    ]
    for table, column in (*named, ("issued", "name")):
        for row in rows[f"{table}.csv"]:
            if row[column] or column != "of":
                _known(row, "asset", row[column].upper(), assets)
    for table, asset, network in (
        ("canaries", "asset", "network"),
        ("same_state", "asset", "network"),
        ("same_state", "is_asset", "is_network"),
    ):
        for row in rows[f"{table}.csv"]:
            name = issued.get((row[asset], row[network]), row[asset])
            if (name.upper(), row[network]) not in places:
                what = f"{clip(name)!r} on {row[network]} is in no table (config/tokens.csv)"
                raise row.wrong(what)


def _known(row: TableRow, what: str, name: str, known: Collection[str]) -> None:
    if name not in known:
        raise row.wrong(f"no {what} is called {clip(name)!r}{did_you_mean(name, known)}")


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def _issuers(rows: Iterable[TableRow]) -> dict[str, Issuer]:
    """Who owes each asset, by both tables. Raises ConfigError for an asset of two issuers."""
    issuers: dict[str, Issuer] = {}
    for row in rows:
        asset, kind, name = row.get("name", row["asset"]), row["kind"], row["issuer"]
        if kind not in set(Backing):
            raise row.wrong(f"{asset}: {kind!r} is none of {', '.join(Backing)}")
        issuer = Issuer(Backing(kind), name)
        if issuers.setdefault(asset, issuer) != issuer:
            two = f"{issuers[asset].name} and {name}"
            raise row.wrong(f"{asset} has two issuers in the tables: {two}")
    return issuers


def _mark(row: TableRow) -> tuple[int, str]:
    """Height and hash of a block that names a chain."""
    if _BLOCK_HASH.fullmatch(row["hash"]) is None:
        raise row.wrong(f"{clip(row['hash'])!r} is no block hash: 0x and 64 digits of hex")
    return _whole(row, "height"), row["hash"]


def _network(row: TableRow, marks: Mapping[str, tuple[int, str]]) -> Network:
    return Network(
        name=row["network"],
        kind=row["kind"],
        chain_id=row["chain_id"],
        native=row["native"],
        decimals=_decimals(row),
        address_codec=row["address_codec"],
        schemes=_split(row["schemes"]),
        message_header=row["message_header"].replace("\\n", "\n"),
        sources=_split(row["sources"]),
        aliases=_split(row["aliases"]),
        mark=marks.get(row["network"]),
    )


def _holding(row: TableRow, issued: Mapping[tuple[str, str], str]) -> Holding:
    """What a row holds, under the name of what it is: a claim on an issuer is not the coin."""
    asset, network = row["asset"], row["network"]
    return Holding(issued.get((asset, network), asset), network, row["contract"], _decimals(row))


def _decimals(row: TableRow) -> int:
    decimals = _whole(row, "decimals")
    if decimals > 36:
        raise row.wrong(f"decimals must be 0 to 36, not {decimals}")
    return decimals


def _whole(row: TableRow, name: str) -> int:
    text = row[name]
    if not (text.isascii() and text.isdigit() and len(text) <= _LONGEST):
        raise row.wrong(f"{name} must be a whole number, not {clip(text)!r}")
    return int(text)


def _canary(row: TableRow) -> Canary:
    since = _whole(row, "since")
    return Canary(row["network"], row["asset"], row["address"], since, row["why"])
