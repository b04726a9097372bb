"""Every EVM network of the tables against a node that says it is that chain, and one that is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from scanner.chains.table import make_source
from scanner.errors import SourceRejectedError
from scanner.model.addresses.evm import evm_address
from scanner.model.balance import BalanceQuery
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
CHAINS = {
    "ethereum": (1, "ETH"),
    "optimism": (10, "ETH"),
    "bsc": (56, "BNB"),
    "ethereum-classic": (61, "ETC"),
    "okc": (66, "OKT"),
    "unichain": (130, "ETH"),
    "polygon": (137, "POL"),
    "xlayer": (196, "OKB"),
    "filecoin": (314, "FIL"),
    "zksync-era": (324, "ETH"),
    "base": (8453, "ETH"),
    "ethereum-pow": (10001, "ETHW"),
    "arbitrum": (42161, "ETH"),
    "avalanche-c": (43114, "AVAX"),
    "linea": (59144, "ETH"),
}
"""Chain ids as registered for EIP-155, and the coin that fees are paid in."""


@pytest.fixture
def node(anvil_factory):
    made = anvil_factory()
    made.rpc("anvil_mine", "0x2")
    return made


def test_these_are_all_the_networks_read_over_json_rpc():
    listed = {n.name for n in REGISTRY.networks.values() if "ethereum_rpc" in n.sources}
    assert listed == set(CHAINS)


def test_every_network_is_read_on_its_own_chain_and_refused_on_another(node):
    rich = bytes.fromhex(node.rpc("eth_accounts")[0][2:])
    held = int(node.rpc("eth_getBalance", "0x" + rich.hex(), "0x1"), 16)
    first = node.rpc("eth_getBlockByNumber", "0x0", False)["hash"]
    for name, (chain_id, coin) in CHAINS.items():
        network = REGISTRY.network(name)
        if network.mark is not None:
            network = replace(network, mark=(0, first))
        holding = REGISTRY.holding(coin, name)
        assert (holding.is_native, holding.decimals) == (True, 18)
        endpoint = replace(node.endpoint("one"), network=name, chain="")
        node.rpc("anvil_setChainId", chain_id)
        source = make_source("ethereum_rpc", network, [endpoint], REGISTRY)
        (found,) = source.fetch_balances(
            [BalanceQuery(evm_address(name, rich), holding)], source.pin(1)
        )
        assert (found.amount, source.pin(1).chain) == (held, str(chain_id))
        source.close()
        node.rpc("anvil_setChainId", chain_id + 1)
        source = make_source("ethereum_rpc", network, [endpoint], REGISTRY)
        with pytest.raises(
            SourceRejectedError,
            match=f"is on chain {chain_id + 1}, not {chain_id}: set the endpoint's url or chain",
        ):
            source.pin(1)
        source.close()
