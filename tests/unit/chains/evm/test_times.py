"""The time of a block that was stored without one: a quorum's word, and no single endpoint's."""

from types import SimpleNamespace

import pytest

from scanner.chains.evm.node import Node
from scanner.chains.evm.source import EthereumRpcSource
from scanner.chains.interface import ReadPolicy
from scanner.errors import SourceRejectedError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ETHEREUM = REGISTRY.network("ethereum")
HASH = "0x" + "ab" * 32
AT = BlockRef("ethereum", "1", 7, HASH, None, Evidence.PROVEN)


class Rpc:
    name = "told"

    def __init__(self, time):
        self.time = time

    def ask(self, method, which, *_):
        assert (method, which) == ("eth_getBlockByHash", HASH)
        return {"number": "0x7", "hash": HASH, "timestamp": hex(self.time)}


class Told(Node):
    def __init__(self, name, time):
        endpoint = Endpoint(name, "ethereum", "ethereum_rpc", "http://127.0.0.1:1", name)
        super().__init__(endpoint, "1", Rpc(time))

    def check(self):
        pass


class Validators:
    def __init__(self):
        self.times = []

    def balances(self, queries, at):
        self.times.append(at.time)
        return [SimpleNamespace(amount=1)] * len(queries)

    def credentials(self, _keys, at):
        self.times.append(at.time)
        return b""


def source(*times, quorum=2):
    nodes = [Told(f"n{n}", time) for n, time in enumerate(times)]
    return EthereumRpcSource(ETHEREUM, nodes, ReadPolicy(quorum), validators=Validators())


@pytest.mark.parametrize("times", [(9, 9), (9, 5, 9), (5, 9, 9)])
def test_a_stored_block_without_a_time_has_the_one_that_a_quorum_says(times):
    asked = source(*times)
    asked.call(bytes(48), b"", AT)
    assert asked._validators.times == [9]


def test_where_they_differ_validators_are_unavailable_and_nothing_else():
    asked = source(9, 5)
    key = decode_address(ETHEREUM, "0x" + "8" + "1" * 95)
    (found,) = asked.fetch_balances([BalanceQuery(key, REGISTRY.holding("ETH", "ethereum"))], AT)
    assert found.amount is None
    assert "the time of block 7: n0, n1 disagree" in found.reason
    with pytest.raises(SourceRejectedError, match="disagree"):
        asked.call(bytes(48), b"", AT)
