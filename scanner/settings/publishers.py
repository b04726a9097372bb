"""Reads config/publishers.toml, and the user's own table of the same form beside it."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import fields, replace
from functools import cache
from pathlib import Path
from typing import Any

from scanner.errors import ConfigError, clip, unknown_key
from scanner.model.publisher import PERIODS, Publisher, Publishers, name_key
from scanner.settings.paths import shipped
from scanner.settings.texts import read_settings

ENVIRONMENT = "SCANNER_PUBLISHERS"
"""Environment variable naming a table of the user's own."""

_LISTS = ("aliases", "texts", "tokens")
_KEYS = {field.name for field in fields(Publisher)}


def load_publishers() -> Publishers:
    """The shipped table, with what the user's own adds. Raises ConfigError naming the file."""
    return _load(os.environ.get(ENVIRONMENT, ""))


@cache
def _load(own: str) -> Publishers:
    publishers = {name_key(p.name): p for p in _read(shipped("config") / "publishers.toml")}
    for more in _read(Path(own)) if own else ():
        key = name_key(more.name)
        known = publishers.get(key)
        publishers[key] = more if known is None else _added(known, more)
    return Publishers(publishers.values())


def _added(known: Publisher, more: Publisher) -> Publisher:
    """What both tables say; a page, an address, a rhythm or a layout of the user's wins."""
    said: dict[str, Any] = {k: (*getattr(known, k), *getattr(more, k)) for k in _LISTS}
    for key in ("page", "location", "every", "layout"):
        said[key] = getattr(more, key) or getattr(known, key)
    return replace(known, **said)


def _read(path: Path) -> list[Publisher]:
    try:
        tables = tomllib.loads(read_settings(path, "the table of publishers"))
    except tomllib.TOMLDecodeError as e:
        raise ConfigError(f"{path}: not valid TOML: {clip(str(e))}") from e
    rows = tables.pop("publisher", [])
    if tables or not isinstance(rows, list):
        raise ConfigError(f"{path}: only [[publisher]] tables are allowed here")
    return [_publisher(path, row) for row in rows]


def _publisher(path: Path, row: object) -> Publisher:
    if not isinstance(row, Mapping) or not isinstance(row.get("name"), str) or not row["name"]:
        raise ConfigError(f"{path}: every [[publisher]] needs a name")
    place = f"{path}: {clip(row['name'], 60)}"
    said: dict[str, Any] = {}
    for key, value in row.items():
        wanted = (
            key in _LISTS and isinstance(value, list) and all(isinstance(v, str) for v in value)
        )
        if key not in _KEYS:
            raise ConfigError(f"{place}: {unknown_key(key, _KEYS)}")
        if not (wanted or (key not in _LISTS and isinstance(value, str))):
            form = "a list of texts in quotes" if key in _LISTS else "text in quotes"
            raise ConfigError(f"{place}: {key} must be {form}")
        said[key] = tuple(value) if wanted else value
    every = said.get("every", "")
    if every and every not in PERIODS:
        raise ConfigError(f"{place}: every is one of {', '.join(PERIODS)}, not {clip(every, 60)!r}")
    return Publisher(**said)
