"""The source of all servers with an address index that a network has, whatever each of them speaks.

With a quorum an Electrum server and an Esplora server are two operators like any other two: they
answer the same question, at the same block.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Final

from scanner.chains.bitcoin import blockbook, electrum, esplora
from scanner.chains.bitcoin.coins import why_not_asked
from scanner.chains.bitcoin.index_source import IndexReader, IndexServer
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry

_Make = Callable[[Endpoint, Network, ReadPolicy], IndexServer]

_SERVERS: Final[Mapping[str, tuple[_Make, int]]] = {
    "blockbook": (lambda e, n, _: blockbook.BlockbookServer(e, n), blockbook.CHUNK),
    "electrum": (lambda e, n, p: electrum.ElectrumServer(e, n, p.proof), electrum.CHUNK),
    "esplora": (lambda e, *_: esplora.EsploraServer(e), esplora.CHUNK),
}
"""Protocol -> how one server is opened, and how many queries are a minute's work for it."""


def make_source(
    network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
) -> FleetSource:
    """Make the source from all endpoints, best first; each speaks its own protocol.

    Raises ConfigError if they do not have operators enough.
    """
    chunk = min(_SERVERS[e.protocol][1] for e in endpoints)
    servers = [_SERVERS[e.protocol][0](e, network, policy) for e in endpoints]
    readers = [IndexReader(server, network, chunk) for server in servers]
    why_not = partial(why_not_asked, network=network.name)
    return FleetSource(network, readers, policy, registry, why_not)
