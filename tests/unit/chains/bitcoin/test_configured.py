"""Every protocol of the UTXO networks can be configured and made, as docs/bitcoin.md writes it."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import SOURCES, make_source
from scanner.errors import ConfigError
from scanner.settings.endpoints import load_endpoints
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
URLS = {
    "utxo_snapshot": "http://u:secret-word@127.0.0.1:8332/?snapshots=/data/utxo",
    "bitcoin_core": "http://u:secret-word@127.0.0.1:8332",
    "bitcoin_filters": "http://u:secret-word@127.0.0.1:8332",
    "electrum": "ssl://host.invalid:50002?sha256=" + "ab" * 32,
    "esplora": "https://host.invalid/api",
    "blockbook": "https://host.invalid",
}
CASES = [
    (network.name, protocol)
    for network in REGISTRY.networks.values()
    if network.kind == "utxo"
    for protocol in network.sources
]


def _load(folder: Path, network: str, protocol: str, url: str) -> list[object]:
    file = folder / "endpoints.toml"
    file.write_text(
        f'[[endpoint]]\nname = "mine"\nnetwork = "{network}"\nprotocol = "{protocol}"\nurl = "{url}"\n'
    )
    return list(load_endpoints(file, REGISTRY, {})[network])


@pytest.mark.parametrize(("network", "protocol"), CASES)
def test_every_protocol_of_the_table(tmp_path: Path, network: str, protocol: str) -> None:
    assert protocol in SOURCES
    endpoints = _load(tmp_path, network, protocol, URLS[protocol])
    source = make_source(protocol, REGISTRY.network(network), endpoints, REGISTRY)  # type: ignore[arg-type]
    assert (source.name, source.network) == ("mine", network)
    assert source.ability.chunk_size > 0
    assert "secret-word" not in repr(endpoints)
    source.close()
    with pytest.raises(ConfigError, match="endpoint is configured"):
        make_source(protocol, REGISTRY.network(network), [], REGISTRY)
    with pytest.raises(ConfigError, match="quorum of 2"):
        make_source(protocol, REGISTRY.network(network), endpoints, REGISTRY, ReadPolicy(2))  # type: ignore[arg-type]


def test_a_snapshot_file(tmp_path: Path) -> None:
    endpoints = _load(tmp_path, "bitcoin", "utxo_snapshot", "file:///data/utxo.dat?height=840000")
    make_source("utxo_snapshot", REGISTRY.network("bitcoin"), endpoints, REGISTRY).close()  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="its URL must be"):
        _load(tmp_path, "bitcoin", "utxo_snapshot", "file://")


def test_unknown_protocols_are_named() -> None:
    with pytest.raises(ConfigError, match="no balance source speaks 'gopher'; known: "):
        make_source("gopher", REGISTRY.network("bitcoin"), [], REGISTRY)
