"""Chains loaded for the demonstration hold what they were given, as the nodes themselves say."""

from decimal import Decimal

import pytest
from support.contracts import mined

from scanner.demo.chains import (
    ethereum_genesis,
    load_bitcoin,
    mine_ethereum,
    script_pubkey,
)
from scanner.errors import NodeFailedError

pytestmark = pytest.mark.node

# One published address for each script type, and its script by the definition of that type.
P2PKH = "1DcT5Wij5tfb3oVViF8mA8p4WrG98ahZPT"
P2SH = "3Fs7C97NmvhWUZ2pSjth9YbTxMv4sk9nHi"
P2WSH = "bc1qpypsu8sytw959yu53dk48eaq9saxumwegzwd4anava9qe40k6gfqyrsxaq"
# BIP-350's test vector for a taproot output
P2TR = "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"

WEI = "0x52b311c52436789f3754bd199bf3886b8ccbab4c"
OTHER = "0x8c3cb9665833fd9f79eb14cba16d82bbab6f22d8"
USDT = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


def test_bitcoin_holds_each_amount_to_the_satoshi(bitcoind_factory):
    node = bitcoind_factory()
    paid = [(P2PKH, 1), (P2SH, 123_456_789_012), (P2WSH, 20 * 10**8), (P2TR, 546), (P2SH, 7)]
    height = load_bitcoin(node, [*paid, (P2WSH, 0)])
    assert height == node.rpc("getblockcount")
    for address in (P2PKH, P2SH, P2WSH, P2TR):
        found = node.rpc("scantxoutset", "start", [f"raw({script_pubkey(address).hex()})"])
        assert found["total_amount"] * 10**8 == sum(sat for a, sat in paid if a == address)
    everything = node.rpc("gettxoutsetinfo")["total_amount"]
    assert everything == Decimal(50) * height  # nothing was lost on the way: no fee, no dust


def test_scripts_are_those_the_mainnet_node_decodes(bitcoind_main):
    for address in (P2PKH, P2SH, P2WSH, P2TR):
        said = bitcoind_main.rpc("validateaddress", address)["scriptPubKey"]
        assert script_pubkey(address).hex() == said


def test_more_than_regtest_can_hold_is_refused(bitcoind_factory):
    with pytest.raises(NodeFailedError, match="cannot hold"):
        load_bitcoin(bitcoind_factory(), [(P2SH, 21_000_000 * 10**8)])


def test_ethereum_holds_wei_and_tokens_at_a_final_block(anvil_factory):
    tokens = {
        "DemoUsdt": (USDT, {WEI: 5, OTHER: 2**128}),
        "DemoUsdc": (USDC, {OTHER: 10**15 + 1}),
    }
    genesis = ethereum_genesis({WEI: 10**24 + 7, OTHER: 0}, tokens, [OTHER], blocks=70)
    node = anvil_factory(genesis, chain_id=31337)
    height = mine_ethereum(node, 70)
    assert height == 6
    assert int(node.rpc("eth_getBlockByNumber", "finalized", False)["number"], 16) == height
    at = hex(height)
    assert int(node.rpc("eth_getBalance", WEI, at), 16) == 10**24 + 7
    assert node.rpc("eth_getCode", OTHER, at) == "0x00"
    assert _call(node, USDT, "70a08231", WEI, at) == 5
    assert _call(node, USDT, "70a08231", OTHER, at) == 2**128
    assert _call(node, USDC, "70a08231", OTHER, at) == 10**15 + 1
    assert _call(node, USDC, "70a08231", WEI, at) == 0
    assert _call(node, USDT, "18160ddd", "", at) == 2**128 + 5
    assert _call(node, USDC, "313ce567", "", at) == 6


def test_tokens_keep_balances_where_the_real_ones_do(anvil_factory):
    """Slots 2 and 9, as a state proof of the real contracts would show."""
    from eth_utils import keccak

    tokens = {"DemoUsdt": (USDT, {WEI: 5}), "DemoUsdc": (USDC, {WEI: 6})}
    node = anvil_factory(ethereum_genesis({}, tokens))
    mine_ethereum(node, 1)
    for token, slot, amount in ((USDT, 2, 5), (USDC, 9, 6)):
        key = keccak(bytes.fromhex(WEI[2:]).rjust(32, b"\0") + slot.to_bytes(32, "big"))
        assert int(node.rpc("eth_getStorageAt", token, "0x" + key.hex(), "latest"), 16) == amount


def test_a_token_can_be_moved_so_that_history_differs(anvil_factory):
    genesis = ethereum_genesis({WEI: 10**18}, {"DemoUsdt": (USDT, {WEI: 100})})
    node = anvil_factory(genesis, arguments=["--auto-impersonate"])
    mine_ethereum(node, 1)
    data = "0xa9059cbb" + OTHER[2:].rjust(64, "0") + hex(30)[2:].rjust(64, "0")
    mined(node, node.rpc("eth_sendTransaction", {"from": WEI, "to": USDT, "data": data}))
    assert [_call(node, USDT, "70a08231", WEI, at) for at in ("0x1", "0x2")] == [100, 70]
    assert _call(node, USDT, "70a08231", OTHER, "0x2") == 30


def _call(node, token, selector, holder, at):
    data = "0x" + selector + (holder[2:].rjust(64, "0") if holder else "")
    return int(node.rpc("eth_call", {"to": token, "data": data}, at), 16)
