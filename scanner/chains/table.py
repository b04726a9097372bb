"""The one place that knows every balance source; networks name theirs in config/networks.csv."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Protocol, cast

from scanner.chains.fleet.interface import Reader, ReaderAbility
from scanner.chains.fleet.quorum import operators_of
from scanner.chains.interface import BalanceSource, ReadPolicy
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry

SourceFactory = Callable[[Network, Sequence[Endpoint], Registry, ReadPolicy], BalanceSource]
"""Makes a source of one network from its endpoints of one protocol, best first.

A source that has quorums and finds too few operators configured refuses by ConfigError.
"""


def _lazy(path: str, *, policies: bool = False) -> SourceFactory:
    """Import "module:function" only when a source is made, so that `--help` stays quick.

    policies: whether the function takes a ReadPolicy as its fourth argument. One that does not
    reads its plain way whatever was asked for; the evidence of its answers says what they are.
    """

    def make(
        network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
    ) -> BalanceSource:
        factory = cast(Callable[..., BalanceSource], _named(path))
        more = (policy,) if policies else ()
        return factory(network, endpoints, registry, *more)

    return make


def _fleet(path: str) -> SourceFactory:
    """A fleet of one family's readers. path: "module:class", made of an endpoint and a network."""

    def make(
        network: Network, endpoints: Sequence[Endpoint], registry: Registry, policy: ReadPolicy
    ) -> BalanceSource:
        fleet = cast(
            Callable[..., BalanceSource], _named("scanner.chains.fleet.source:FleetSource")
        )
        reader = reader_class(path)
        return fleet(network, [reader(e, network) for e in endpoints], policy, registry)

    return make


class ReaderClass(Protocol):
    """A family's class of readers: makes one of an endpoint."""

    ability: ReaderAbility

    def __call__(self, endpoint: Endpoint, network: Network) -> Reader:
        """Make the reader of one endpoint."""
        ...


def reader_class(path: str) -> ReaderClass:
    """The class of one family's readers. path: "module:class"."""
    return cast(ReaderClass, _named(path))


def _named(path: str) -> object:
    """Import "module:name" when it is needed, so that `--help` stays quick."""
    module, _, name = path.partition(":")
    return getattr(import_module(module), name)


READERS: Mapping[str, str] = {
    "xrpl_rpc": "scanner.chains.xrpl.reader:XrplReader",
    "tron_http": "scanner.chains.tron.reader:TronReader",
    "solana_rpc": "scanner.chains.solana.reader:SolanaReader",
    "ton_http": "scanner.chains.ton.reader:TonReader",
    "aptos_rest": "scanner.chains.aptos.reader:AptosReader",
    "substrate_rpc": "scanner.chains.substrate.reader:SubstrateReader",
    "antelope_rpc": "scanner.chains.antelope.reader:AntelopeReader",
    "sui_graphql": "scanner.chains.sui.reader:SuiReader",
    "starknet_rpc": "scanner.chains.starknet.reader:StarknetReader",
    "cosmos_rest": "scanner.chains.cosmos.reader:CosmosReader",
    "stellar_horizon": "scanner.chains.stellar.reader:StellarReader",
    "near_rpc": "scanner.chains.near.reader:NearReader",
    "cardano_koios": "scanner.chains.cardano.reader:CardanoReader",
    "algorand_rest": "scanner.chains.algorand.reader:AlgorandReader",
    "hedera_mirror": "scanner.chains.hedera.reader:HederaReader",
}
"""Protocol name -> the class of its family's readers (scanner.chains.fleet.interface.Reader)."""


SOURCES: Mapping[str, SourceFactory] = {
    **{protocol: _fleet(path) for protocol, path in READERS.items()},
    "substrate_rpc": _lazy("scanner.chains.substrate.hub:make_source", policies=True),
    "starknet_rpc": _lazy("scanner.chains.starknet.source:make_source", policies=True),
    "beacon": _lazy("scanner.chains.evm.beacon:make_source", policies=True),
    "aelf_http": _lazy("scanner.chains.aelf.reader:make_source", policies=True),
    "aelf_side_http": _lazy("scanner.chains.aelf.reader:make_source", policies=True),
    "filecoin_rpc": _lazy("scanner.chains.evm.filecoin:make_source", policies=True),
    "utxo_snapshot": _lazy("scanner.chains.bitcoin.utxo_source:make_source", policies=True),
    "bitcoin_core": _lazy("scanner.chains.bitcoin.core_scan:make_source", policies=True),
    "bitcoin_filters": _lazy("scanner.chains.bitcoin.core_filters:make_source", policies=True),
    "electrum": _lazy("scanner.chains.bitcoin.indexes:make_source", policies=True),
    "esplora": _lazy("scanner.chains.bitcoin.indexes:make_source", policies=True),
    "blockbook": _lazy("scanner.chains.bitcoin.indexes:make_source", policies=True),
    "ethereum_rpc": _lazy("scanner.chains.evm.source:make_source", policies=True),
}
"""Protocol name (endpoint's `protocol`, networks.csv `sources`) -> factory."""


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
    return SOURCES[protocol](network, endpoints, registry, policy or ReadPolicy())
