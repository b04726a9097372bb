"""Makes the balance sources a command needs, from the endpoint table."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.table import source_of
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.settings.endpoints import load_endpoints
from scanner.store.database.engine import Store
from scanner.store.writing.rate_budgets import with_budgets

_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{32,64}")
_SPREAD = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)


@contextmanager
def open_sources(
    names: Collection[str],
    file: Path | None,
    registry: Registry,
    policy: ReadPolicy,
    store: Store | None = None,
) -> Iterator[dict[str, BalanceSource]]:
    """Open a source for every named network that has endpoints; close them all at the end.

    file: endpoint table of the user, None for the default. store: endpoints keep their rates
    together with all who use it. Raises ConfigError.
    """
    endpoints: Mapping[str, Sequence[Endpoint]] = load_endpoints(file, registry)
    if store is not None:
        endpoints = with_budgets(store, endpoints)
    with ExitStack() as stack:
        sources: dict[str, BalanceSource] = {}
        for name in sorted(names):
            source = source_of(registry.network(name), endpoints, registry, policy)
            if source is not None:
                sources[name] = source
                stack.callback(source.close)
        yield sources


def parse_heights(texts: Sequence[str], registry: Registry) -> dict[str, int | None]:
    """Read `--at NETWORK=HEIGHT` options; `latest` in place of a height is the newest block.

    Raises ConfigError naming the option that is wrong.
    """
    heights: dict[str, int | None] = {}
    for text in texts:
        label, equals, height = text.partition("=")
        height, colon, block_hash = height.partition(":")
        if colon and (height == "latest" or not _HASH.fullmatch(block_hash)):
            raise ConfigError(f"--at wants NETWORK=HEIGHT:HASH with the block's hash, not {text!r}")
        if not equals or not (height == "latest" or (height.isascii() and height.isdigit())):
            raise ConfigError(f"--at wants NETWORK=HEIGHT or NETWORK=latest, not {text!r}")
        name = registry.network(label).name
        if name in heights:
            raise ConfigError(f"--at is given twice for {name}")
        heights[name] = None if height == "latest" else _height(text, height)
    return heights


def parse_hashes(texts: Sequence[str], registry: Registry) -> dict[str, str]:
    """The hashes of `--at NETWORK=HEIGHT:HASH` options, in lower case, after `parse_heights`."""
    named = (text.partition("=") for text in texts)
    parts = ((label, block.partition(":")[2]) for label, _, block in named)
    return {registry.network(label).name: hash_.lower() for label, hash_ in parts if hash_}


def parse_spread(text: str) -> int:
    """Read `--spread`: seconds, or a number with m, h or d behind it. Raises ConfigError."""
    found = _SPREAD.fullmatch(text)
    if found is None:
        raise ConfigError(f"--spread wants seconds, or a number with m, h or d, not {text!r}")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}[found[2]]


def _height(option: str, text: str) -> int:
    if len(text) > 18:  # no chain is that long, and databases hold 64 bits
        raise ConfigError(f"--at {option!r}: the height has too many digits")
    return int(text)


def parse_networks(text: str, registry: Registry) -> frozenset[str] | None:
    """Read `--networks NAME[,NAME...]`; None means every network."""
    if not text:
        return None
    return frozenset(registry.network(name).name for name in text.split(","))
