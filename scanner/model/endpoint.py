"""A node or provider that a source asks. Its URL is a secret; its name is not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol


class Budget(Protocol):
    """Says when the next request to an endpoint may go out. Safe to use from several threads."""

    def take(self) -> None:
        """Return when a request may go out now. Raises SourceUnavailableError if that is never."""
        ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One configured endpoint.

    name: what may appear in results, logs and messages. url: may hold a key: never shown.
    protocol: "bitcoin_core", "ethereum_rpc", "esplora", ...
    operator: who runs it; endpoints of one operator do not count as independent.
    chain: the chain id or chain name it must be on, if not the network's own (a regtest node
        standing in for bitcoin in the demo); "" means the network's own.
    own: the user's own node, whose full scans count as `proven` where checked.
    timeout: seconds for one request. rate: requests a second at most, 0 for no limit.
    budget: keeps that rate together with others; None: each user of the endpoint keeps its own.
    """

    name: str
    network: str
    protocol: str
    url: str = field(repr=False)
    operator: str = ""
    chain: str = ""
    own: bool = False
    timeout: float = 30.0
    rate: float = 0.0
    budget: Budget | None = field(default=None, repr=False, compare=False)
