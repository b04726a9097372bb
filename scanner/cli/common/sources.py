"""Makes the balance sources a command needs, from the endpoint table."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

from scanner.chains import interface as chains
from scanner.chains import table as chain_table
from scanner.cli.common.offline import watching
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.settings import endpoints as endpoint_table

Shared = Callable[[Mapping[str, Sequence[Endpoint]]], Mapping[str, Sequence[Endpoint]]]
"""Gives endpoints the budgets that they share with others."""


CONNECT = "connect it, or name an endpoint of your own network with --endpoints"
"""What can be done where no endpoint's name is found, and nothing else of use."""


@contextmanager
def open_sources(
    names: Collection[str],
    file: Path | None,
    registry: Registry,
    policy: chains.ReadPolicy,
    shared: Shared | None = None,
    meanwhile: str = CONNECT,
) -> Iterator[dict[str, chains.BalanceSource]]:
    """Open a source for every named network that has endpoints; close them all at the end.

    file: endpoint table of the user, None for the default. shared: gives them budgets that all
    who use one database keep together. meanwhile: what to do where no endpoint's name can be
    found, which is said while they are open. Raises ConfigError.
    """
    endpoints: Mapping[str, Sequence[Endpoint]] = endpoint_table.load_endpoints(file, registry)
    if shared is not None:
        endpoints = shared(endpoints)
    asked = [each for name in sorted(names) for each in endpoints.get(name, ())]
    with watching(asked, meanwhile), ExitStack() as stack:
        sources: dict[str, chains.BalanceSource] = {}
        for name in sorted(names):
            source = chain_table.source_of(registry.network(name), endpoints, registry, policy)
            if source is not None:
                sources[name] = source
                stack.callback(source.close)
        yield sources
