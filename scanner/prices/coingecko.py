"""Reads current prices from CoinGecko's public API: one provider's word, at the time it names.

Source: CoinGecko API v3, `GET /simple/price?ids=..&vs_currencies=usd&include_last_updated_at=true
&precision=full`, which answers {"bitcoin": {"usd": 67187.33, "last_updated_at": 1711356300}}; ids
that it does not know are left out of the answer.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal

from scanner.errors import AmountFormatError, ConfigError, SourceUnavailableError, why
from scanner.model.registry import Registry
from scanner.prices.interface import NoPrice, Price, asset_names, make_price, moment
from scanner.settings.paths import shipped

NAME = "coingecko"
URL = "https://api.coingecko.com/api/v3"
PREFIX = f"{NAME}: "
MAX_ANSWER = 1_000_000
"""Bytes of the largest answer read."""
SKEW = timedelta(minutes=5)
"""How much the provider's clock may be ahead of ours."""

_ID = re.compile(r"[a-z0-9-]{1,100}", re.ASCII)
_DIGITS = 60  # a number further from 1 than so many digits is none that anybody paid

Get = Callable[[str], object]
"""get(path): the decoded JSON answer to a GET of the API's root with `path` added."""


def load_ids(registry: Registry) -> Mapping[str, str]:
    """Asset -> the service's own name of it, from config/coingecko_ids.csv. Raises ConfigError."""
    path = shipped("config") / "coingecko_ids.csv"
    names = asset_names(registry)
    found: dict[str, str] = {}
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            for row in csv.DictReader(stream, strict=True):
                asset, name = row.get("asset") or "", row.get("id") or ""
                if asset not in names.values() or not _ID.fullmatch(name) or asset in found:
                    raise ConfigError(f"{path.name}: not a row of a known asset and its id: {row}")
                found[asset] = name
    except (OSError, csv.Error, UnicodeDecodeError) as e:
        raise ConfigError(f"cannot read the table {path.name}: {why(e)}") from e
    return found


def fetch_prices(
    get: Get, ids: Mapping[str, str], now: datetime, max_age: timedelta
) -> list[Price | NoPrice]:
    """Ask for the current prices of assets: one result each, in order, with one request.

    ids: asset -> the service's name. now: answers from after it (and SKEW) or more than max_age
    before it give no price. Raises what `get` raises; SourceUnavailableError for another answer
    than the documented one.
    """
    if not ids:
        return []
    names = ",".join(sorted(set(ids.values())))
    options = "vs_currencies=usd&include_last_updated_at=true&precision=full"
    answer = get(f"simple/price?ids={names}&{options}")
    if not isinstance(answer, dict):
        raise SourceUnavailableError(NAME, "answered with something that is not a list of prices")
    return [_price(asset, name, answer.get(name), now, max_age) for asset, name in ids.items()]


def _price(
    asset: str, name: str, said: object, now: datetime, max_age: timedelta
) -> Price | NoPrice:
    if not isinstance(said, dict):
        return NoPrice(asset, f"{NAME} knows no {name!r}")
    seconds, number = said.get("last_updated_at"), said.get("usd")
    if type(seconds) is not int or not 0 < seconds < 1 << 40:
        return NoPrice(asset, f"{NAME} gives no time for {name!r}")
    try:
        at = moment(seconds)
    except ValueError:
        return NoPrice(asset, f"{NAME} gives no time for {name!r}")
    if at > now + SKEW:
        return NoPrice(asset, f"{NAME} prices {name!r} in the future: {at.isoformat()}", at)
    if now - at > max_age:
        return NoPrice(asset, f"{NAME}: stale: {name!r} last updated {at.isoformat()}", at)
    try:
        return make_price(asset, at, f"{PREFIX}{name}", _plain(number))
    except AmountFormatError as e:
        return NoPrice(asset, f"{NAME} gives no price of {name!r}: {e}", at)


def _plain(number: object) -> str:
    """A JSON number as plain decimal text, exactly. Raises AmountFormatError for anything else."""
    if type(number) is int:
        number = Decimal(number)
    if not isinstance(number, Decimal):
        raise AmountFormatError(str(number)[:20], "not a number")
    if abs(number.adjusted()) > _DIGITS:
        raise AmountFormatError(str(number)[:20], "too large or too small for a price")
    return format(number, "f")
