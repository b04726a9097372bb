"""Balance sources made when they are first needed, and kept: for processes that live long."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from threading import Lock

from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.chains.table import source_of
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry


class SourcePool:
    """Sources by network and read policy, made from an endpoint table. Safe for threads.

    endpoints: by network, in the order in which they are tried.
    """

    def __init__(self, endpoints: Mapping[str, Sequence[Endpoint]], registry: Registry) -> None:
        self._endpoints, self._registry = endpoints, registry
        self._made: dict[tuple[str, ReadPolicy], BalanceSource | None] = {}
        self._lock = Lock()

    def get(self, network: str, policy: ReadPolicy) -> BalanceSource | None:
        """The source of a network, None where no endpoint is configured. Raises ConfigError."""
        with self._lock:
            key = network, policy
            if key not in self._made:
                self._made[key] = self._make(network, policy)
            return self._made[key]

    def close(self) -> None:
        """Close every source."""
        with self._lock:
            for source in self._made.values():
                if source is not None:
                    source.close()
            self._made.clear()

    def _make(self, name: str, policy: ReadPolicy) -> BalanceSource | None:
        return source_of(self._registry.network(name), self._endpoints, self._registry, policy)
