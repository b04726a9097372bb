"""The one place that knows every balance source; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol, cast

from scanner.chains.fleet.interface import Reader, ReaderAbility
from scanner.chains.fleet.quorum import operators_of
from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint
from scanner.model.named import named
from scanner.model.network import Network
from scanner.model.registry import Registry


class ReaderClass(Protocol):
    """A family's class of readers: makes one of an endpoint."""

    ability: ReaderAbility

    def __call__(self, endpoint: Endpoint, network: Network) -> Reader:
        """Make the reader of one endpoint."""
        ...


def reader_class(place: str) -> ReaderClass:
    """The class of one family's readers. place: a value of `READERS`."""
    return cast(ReaderClass, named(f"chains.{place}"))


READERS: Mapping[str, str] = {
    "xrpl_rpc": "xrpl.reader:XrplReader",
    "tron_http": "tron.reader:TronReader",
    "solana_rpc": "solana.reader:SolanaReader",
    "ton_http": "ton.reader:TonReader",
    "aptos_rest": "aptos.reader:AptosReader",
    "substrate_rpc": "substrate.reader:SubstrateReader",
    "antelope_rpc": "antelope.reader:AntelopeReader",
    "sui_graphql": "sui.reader:SuiReader",
    "starknet_rpc": "starknet.reader:StarknetReader",
    "cosmos_rest": "cosmos.reader:CosmosReader",
    "stellar_horizon": "stellar.reader:StellarReader",
    "near_rpc": "near.reader:NearReader",
    "cardano_koios": "cardano.reader:CardanoReader",
    "algorand_rest": "algorand.reader:AlgorandReader",
    "hedera_mirror": "hedera.reader:HederaReader",
}
"""Protocol name -> "module:class" of its family's readers (`scanner.chains.fleet.interface`)."""


SOURCES: Mapping[str, str] = {
    **READERS,
    "substrate_rpc": "substrate.hub:make_source",
    "starknet_rpc": "starknet.source:make_source",
    "beacon": "evm.beacon:make_source",
    "aelf_http": "aelf.reader:make_source",
    "aelf_side_http": "aelf.reader:make_source",
    "filecoin_rpc": "evm.filecoin:make_source",
    "utxo_snapshot": "bitcoin.utxo_source:make_source",
    "bitcoin_core": "bitcoin.core_scan:make_source",
    "bitcoin_filters": "bitcoin.core_filters:make_source",
    "electrum": "bitcoin.indexes:make_source",
    "esplora": "bitcoin.indexes:make_source",
    "blockbook": "bitcoin.indexes:make_source",
    "ethereum_rpc": "evm.source:make_source",
}
"""Protocol name (endpoint's `protocol`, networks.csv `sources`) -> "module:maker" of its source.

Imported when a source is made. A maker takes the network, its endpoints of the protocol, best
first, the registry and the policy, and refuses by ConfigError where too few operators are
configured. A row of `READERS` is served by a fleet of that class.
"""


BESIDE: Mapping[str, str] = {"ethereum_rpc": "beacon", "aelf_http": "aelf_side_http"}
"""Protocol -> another one whose endpoints its source asks as well, where their network has the same
chain id: an Ethereum node knows no validators, the beacon chain under it does; addresses of aelf
hold coins on two chains."""


BESIDE_NETWORKS: Mapping[str, str] = {"polkadot-asset-hub": "polkadot"}
"""Network -> another one whose endpoints of the same protocol its source asks as well: what the
relay chain still holds of an account belongs to its row on Asset Hub."""


TOGETHER: frozenset[str] = frozenset({"electrum", "esplora", "blockbook"})
"""Protocols whose endpoints one source asks, where those of the best are too few for a quorum."""


def chosen_endpoints(
    network: Network, endpoints: Mapping[str, Sequence[Endpoint]], quorum: int = 1
) -> tuple[str, list[Endpoint]]:
    """The best protocol of a network that has endpoints, and those endpoints.

    Where its operators are too few for a quorum, those of protocols that go TOGETHER with it stand
    behind them. "" and none where nothing is configured that a source speaks: such a network's
    balances are unavailable.
    """
    configured = endpoints.get(network.name, ())
    best, found = "", list[Endpoint]()
    for protocol in network.sources:
        alike = [e for e in configured if e.protocol == protocol and protocol in SOURCES]
        if alike and not best:
            best, found = protocol, alike
        elif {best, protocol} <= TOGETHER and len(operators_of(found)) < quorum:
            found = [*found, *alike]
    return best, found


def source_of(
    network: Network,
    endpoints: Mapping[str, Sequence[Endpoint]],
    registry: Registry,
    policy: ReadPolicy | None = None,
) -> BalanceSource | None:
    """Make the best source of a network that an endpoint table has endpoints for, else None.

    endpoints: of all networks, by name. Raises ConfigError as `make_source` does.
    """
    protocol, chosen = chosen_endpoints(network, endpoints, (policy or ReadPolicy()).quorum)
    if not chosen:
        return None
    beside = [
        endpoint
        for name, group in endpoints.items()
        for endpoint in group
        if _stands_beside(endpoint, registry.network(name), protocol, network)
    ]
    return make_source(protocol, network, [*chosen, *beside], registry, policy)


def _stands_beside(endpoint: Endpoint, of: Network, protocol: str, network: Network) -> bool:
    if BESIDE_NETWORKS.get(network.name) == of.name:
        return endpoint.protocol == protocol
    return endpoint.protocol == BESIDE.get(protocol) and of.chain_id == network.chain_id


def make_source(
    protocol: str,
    network: Network,
    endpoints: Sequence[Endpoint],
    registry: Registry,
    policy: ReadPolicy | None = None,
) -> BalanceSource:
    """Make the source that speaks `protocol` on `network`.

    endpoints: of this network and protocol, best first; at least one; then those that stand
        BESIDE it. policy: None means one endpoint's word is enough.
    Raises ConfigError when no such source exists, no endpoint is given, or the source cannot
    keep the policy.
    """
    if protocol not in SOURCES:
        known = ", ".join(sorted(SOURCES))
        raise ConfigError(f"no balance source speaks {protocol!r}; known: {known}")
    if not endpoints:
        raise ConfigError(f"no {protocol} endpoint is configured for {network.name}")
    place, policy = SOURCES[protocol], policy or ReadPolicy()
    if place != READERS.get(protocol):
        return cast(BalanceSource, named(f"chains.{place}")(network, endpoints, registry, policy))
    reader = reader_class(place)
    readers = [reader(endpoint, network) for endpoint in endpoints]
    fleet = named("chains.fleet.source:FleetSource")
    return cast(BalanceSource, fleet(network, readers, policy, registry))
