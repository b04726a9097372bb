"""Reads the tables of networks, assets, tokens, names, supplies, canaries into a Registry."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from scanner.errors import ConfigError
from scanner.model.canary import Canary
from scanner.model.network import Backing, Holding, Issuer, Network
from scanner.model.registry import Coin, Issued, Registry
from scanner.settings.paths import shipped


@cache
def load_registry(folder: Path | None = None) -> Registry:
    """Build the registry from `folder`, by default the shipped config folder.

    Raises ConfigError naming file and line when a table is not as it should be.
    """
    where = folder or shipped("config")
    marks = {r["network"]: (_whole(r, "height"), r["hash"]) for r in _marks(where)}
    networks = [_network(r, marks) for r in read_table(where / "networks.csv")]
    issued = {(r["asset"], r["network"]): r["name"] for r in read_table(where / "issued.csv")}
    coins = [
        Coin(r["coin"], _holding(r, issued), r["group"]) for r in read_table(where / "assets.csv")
    ]
    tokens = [_holding(r, issued) for r in read_table(where / "tokens.csv")]
    canaries = [_canary(r) for r in read_table(where / "canaries.csv")]
    names = {r["name"]: r["asset"] for r in read_table(where / "coin_names.csv")}
    supplies = {r["asset"]: _whole(r, "most") for r in read_table(where / "supplies.csv")}
    states = {
        (r["asset"], r["network"]): (r["is_asset"], r["is_network"])
        for r in read_table(where / "same_state.csv")
    }
    return Registry(
        networks,
        coins,
        tokens,
        canaries,
        names=names,
        supplies=supplies,
        states=states,
        issued=Issued(issued, _issuers(where), _standing_for(where)),
    )


def read_table(path: Path) -> Iterator[dict[str, str]]:
    """Rows of a shipped table, by its header's names. Raises ConfigError."""
    try:
        with path.open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file, strict=True):
                if None in row or None in row.values():
                    raise ConfigError(f"{path.name}: a row has the wrong number of columns: {row}")
                yield row
    except (OSError, csv.Error, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the table {path.name}: {e}") from e


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in text.split("|") if part)


def _marks(folder: Path) -> Iterator[dict[str, str]]:
    """Blocks that name a chain. A folder of other tables may have none."""
    path = folder / "genesis.csv"
    return read_table(path) if path.exists() else iter(())


def _standing_for(folder: Path) -> dict[str, str]:
    """Assets that are owed in a coin's name under a name of their own, where both are known."""
    own = folder / "issuers.csv"
    rows = read_table(own) if own.exists() else iter(())
    return {r["asset"]: r["of"] for r in rows if r["of"]}


def _issuers(folder: Path) -> dict[str, Issuer]:
    """Who owes each asset, by both tables. Raises ConfigError for an asset of two issuers."""
    issuers: dict[str, Issuer] = {}
    own = folder / "issuers.csv"
    rows = [(r["asset"], r["kind"], r["issuer"]) for r in read_table(own)] if own.exists() else []
    rows += [(r["name"], r["kind"], r["issuer"]) for r in read_table(folder / "issued.csv")]
    for asset, kind, name in rows:
        if kind not in set(Backing):
            raise ConfigError(f"{asset}: {kind!r} is none of {', '.join(Backing)}")
        issuer = Issuer(Backing(kind), name)
        if issuers.setdefault(asset, issuer) != issuer:
            two = f"{issuers[asset].name} and {name}"
            raise ConfigError(f"{asset} has two issuers in the tables: {two}")
    return issuers


def _network(row: dict[str, str], marks: Mapping[str, tuple[int, str]]) -> Network:
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


def _holding(row: dict[str, str], issued: Mapping[tuple[str, str], str]) -> Holding:
    """What a row holds, under the name of what it is: a claim on an issuer is not the coin."""
    asset, network = row["asset"], row["network"]
    return Holding(issued.get((asset, network), asset), network, row["contract"], _decimals(row))


def _decimals(row: dict[str, str]) -> int:
    text = row["decimals"]
    if not (text.isascii() and text.isdigit() and int(text) <= 36):
        raise ConfigError(f"decimals must be 0 to 36, not {text!r}: {row}")
    return int(text)


def _whole(row: dict[str, str], name: str) -> int:
    text = row[name]
    if not (text.isascii() and text.isdigit()):
        raise ConfigError(f"{name} must be a whole number, not {text!r}: {row}")
    return int(text)


def _canary(row: dict[str, str]) -> Canary:
    since = row["since"]
    if not (since.isascii() and since.isdigit()):
        raise ConfigError(f"canaries.csv: {row['address']}: {since!r} is no height")
    return Canary(row["network"], row["asset"], row["address"], int(since), row["why"])
