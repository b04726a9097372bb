"""A node whose index of block filters lags: its scan says `completed` and leaves blocks out."""

from __future__ import annotations

import time

import pytest
from support.missing import cannot

from scanner.chains.bitcoin.core_filters import CoreFilters
from scanner.demo.nodes import Bitcoind
from scanner.errors import NodeMissingError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
ADDRESS = "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"  # BIP-173
SCRIPT = "raw(0014751e76e8199196d454941c45d1b3a323f1433bd6)"
BLOCKS, PAID = 3_000, 100


def test_blocks_without_a_filter_yet_are_no_zero(tmp_path):
    try:
        with Bitcoind(tmp_path, ("-blockfilterindex=0",)) as node:
            node.rpc("generatetodescriptor", PAID, SCRIPT)
            for _ in range(BLOCKS // 1_000):
                node.rpc("generatetodescriptor", 1_000, "raw(51)")
            held = 100 * 50 * 10**8
    except NodeMissingError as e:
        cannot(str(e))
    query = BalanceQuery(decode_address(BITCOIN, ADDRESS), REGISTRY.holding("BTC", "bitcoin"))
    with Bitcoind(tmp_path, ("-blockfilterindex=1",)) as node:
        source = CoreFilters(BITCOIN, node.endpoint("mine"))
        at = source.pin(PAID + BLOCKS)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                (balance,) = source.fetch_balances([query], at)
            except SourceUnavailableError as e:
                assert "wait for its index" in str(e)
                time.sleep(0.05)
                continue
            assert (balance.amount, balance.evidence) == (held, Evidence.PROVEN)
            break
        else:
            pytest.fail("the node never had its filters")
        source.close()
