"""The one place that knows every balance source; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import cast

from scanner.chains.interface import BalanceSource
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry

SourceFactory = Callable[[Network, Sequence[Endpoint], Registry], BalanceSource]
"""Makes a source of one network from its endpoints of one protocol, best first."""


def _lazy(path: str) -> SourceFactory:
    """Import "module:function" only when a source is made, so that `--help` stays quick."""

    def make(network: Network, endpoints: Sequence[Endpoint], registry: Registry) -> BalanceSource:
        module, _, function = path.partition(":")
        factory = cast(SourceFactory, getattr(import_module(module), function))
        return factory(network, endpoints, registry)

    return make


SOURCES: Mapping[str, SourceFactory] = {
    "bitcoin_core": _lazy("scanner.chains.bitcoin.core_scan:make_source"),
}
"""Protocol name (endpoint's `protocol`, networks.csv `sources`) -> factory."""


def make_source(
    protocol: str, network: Network, endpoints: Sequence[Endpoint], registry: Registry
) -> BalanceSource:
    """Make the source that speaks `protocol` on `network`.

    endpoints: of this network and protocol, best first; at least one.
    Raises ConfigError when no such source exists or no endpoint is given.
    """
    if protocol not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ConfigError(f"no balance source speaks {protocol!r}; known: {known}")
    if not endpoints:
        raise ConfigError(f"no {protocol} endpoint is configured for {network.name}")
    return SOURCES[protocol](network, endpoints, registry)
