"""Makes the balance sources a command needs, from the endpoint table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.table import source_of
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.settings.endpoints import load_endpoints

Shared = Callable[[Mapping[str, Sequence[Endpoint]]], Mapping[str, Sequence[Endpoint]]]
"""Gives endpoints the budgets that they share with others."""


@contextmanager
def open_sources(
    names: Collection[str],
    file: Path | None,
    registry: Registry,
    policy: ReadPolicy,
    shared: Shared | None = None,
) -> Iterator[dict[str, BalanceSource]]:
    """Open a source for every named network that has endpoints; close them all at the end.

    file: endpoint table of the user, None for the default. shared: gives them budgets that all
    who use one database keep together. Raises ConfigError.
    """
    endpoints: Mapping[str, Sequence[Endpoint]] = load_endpoints(file, registry)
    if shared is not None:
        endpoints = shared(endpoints)
    with ExitStack() as stack:
        sources: dict[str, BalanceSource] = {}
        for name in sorted(names):
            source = source_of(registry.network(name), endpoints, registry, policy)
            if source is not None:
                sources[name] = source
                stack.callback(source.close)
        yield sources
