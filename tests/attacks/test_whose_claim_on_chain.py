"""Attacks on a real node: coins of strangers who signed something else, and old results."""

from __future__ import annotations

import csv

import pytest
from support.eth_list import write_endpoints
from support.other_texts import SIWE, VOTE, signed

from scanner.demo.chains import ethereum_genesis
from scanner.demo.nodes import Anvil

pytestmark = pytest.mark.node

HELD = 250_000 * 10**18


@pytest.fixture
def strangers(node_programs, tmp_path):
    """A list of "Fake Exchange" of two strangers' coins, and the chain that holds them."""
    rows = [signed(VOTE, 1), signed(SIWE, 2)]
    path = tmp_path / "fake exchange.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(["asset", "network", "height", "wallet", "qty", "text", "sig"])
        for row in rows:
            writer.writerow(
                ["ETH", "ethereum", 2, row.address, 250_000, row.message, row.signatures[0]]
            )
    genesis = ethereum_genesis({row.address: HELD for row in rows}, {})
    with Anvil(tmp_path / "anvil", genesis=genesis, chain_id=1) as node:
        node.rpc("anvil_mine", "0x4")
        yield path.name, write_endpoints(tmp_path / "endpoints.toml", node.url)


OPTIONS = (
    "--columns", "asset=asset,network=network,height=height,address=wallet,amount=qty",
    "--columns", "message=text,signature1=sig",
)  # fmt: skip


def test_coins_of_strangers_who_voted_or_logged_in(scanner, strangers):
    name, endpoints = strangers
    done = scanner("snapshot", name, "--endpoints", endpoints, *OPTIONS, "--json")
    assert done.status == 3, done.err
    (eth,) = done.object["assets"]
    assert (eth["verified"], eth["unverified"]) == ("0", str(2 * HELD))
    assert "every claim verified" not in done.err
    told = scanner("show", "latest", "--jsonl").objects
    kinds = [t["kind"] for t in told]
    assert kinds.count("not_stated") == 2
    assert kinds.count("statement_unchecked") == 2
    assert any("Vote of snapshot" in t["reason"] for t in told)
    rows = scanner("export", "ownership", "latest", "--format", "jsonl", "-o", "-").objects
    assert [(row["verified"], row["statement"]) for row in rows] == [(False, "not_stated")] * 2
