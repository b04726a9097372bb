"""A key, a name or a yes that does not move the coins: nobody who signed could spend them."""

from __future__ import annotations

import pytest
from milagro_bls_binding import Sign, SkToPk
from support.attack_lab import (
    MESSAGE,
    WEI,
    account_of,
    evm_endpoint,
    key,
    sign_evm,
    write_rows,
    write_table,
)
from support.beacon_stub import GENESIS, BeaconStub
from support.scripted_http import serving

from scanner.chains.assembly import assemble
from scanner.ownership.primitives.envelopes import eip191_hash

pytestmark = pytest.mark.node

ANYBODYS_WALLET = assemble(f"""
    4 CALLDATALOAD 0 MSTORE                         ; the digest
    184 CALLDATALOAD {1 << 248} SWAP1 DIV 32 MSTORE ; v, r and s, behind the account that is named
    120 CALLDATALOAD 64 MSTORE
    152 CALLDATALOAD 96 MSTORE
    32 128 128 0 1 GAS STATICCALL POP
    128 MLOAD 100 CALLDATALOAD {1 << 96} SWAP1 DIV EQ @yes JUMPI
    0 0 REVERT
    yes: {0x1626BA7E << 224} 0 MSTORE 32 0 RETURN
""")


def taken(scanner, tmp_path, rows, *endpoints, proof=False):
    """The one asset's total, the exit status and the reasons of a list of these rows."""
    write_rows(tmp_path / "list.csv", rows)
    write_table(tmp_path / "ends.toml", *endpoints)
    more = ("--statement", MESSAGE, *(("--proof",) if proof else ()))
    done = scanner("snapshot", "list.csv", "--endpoints", "ends.toml", "--json", *more)
    reasons = scanner("export", "ownership", "latest", "--format", "jsonl", "-o", "-").objects
    assert len(done.object["assets"]) == 1, done.err
    return done.object["assets"][0], done.status, [row["reason"] for row in reasons]


@pytest.mark.parametrize("proof", [False, True])
def test_code_that_names_an_owner_and_has_no_way_to_send(scanner, tmp_path, anvil_factory, proof):
    owner, sink = account_of(key(1)), "0x" + "b1" * 20
    node = anvil_factory()
    names_owner = "73" + owner[2:].lower() + "60005260206000f3"  # PUSH20, MSTORE, RETURN
    node.rpc("anvil_setCode", sink, "0x" + names_owner)
    node.rpc("anvil_setBalance", sink, hex(1_000_000 * WEI))
    node.rpc("anvil_mine", "0x3")
    row = {"coin": "ETH", "network": "ETH", "height": 2, "address": sink, "amount": "1000000"}
    row |= {"signature1": sign_evm(key(1)), "owner1": owner}
    total, status, reasons = taken(scanner, tmp_path, [row], evm_endpoint(node), proof=proof)
    assert (total["verified"], status) == ("0", 3)
    assert total["unverified"] == str(1_000_000 * WEI)
    assert "owner()" in reasons[0], "the reader learns what was asked"


def test_a_wallet_that_takes_whoever_the_signature_names(scanner, tmp_path, anvil_factory):
    """isValidSignature recovers a signer from the bytes it is given and says yes to anybody."""
    node = anvil_factory()
    wallet = "0x" + "a1" * 20
    node.rpc("anvil_setCode", wallet, "0x" + ANYBODYS_WALLET.hex())
    node.rpc("anvil_setBalance", wallet, hex(5_000 * WEI))
    node.rpc("anvil_mine", "0x1")
    height = int(node.rpc("eth_blockNumber"), 16)
    row = {"coin": "ETH", "network": "ETH", "height": height, "address": wallet, "amount": "5000"}
    for stranger in (key(2), key(3)):
        named = account_of(stranger)[2:].lower() + sign_evm(stranger)[2:]
        for owner in ({}, {"owner1": account_of(stranger)}):  # judged by two schemes
            signed = row | owner | {"signature1": "0x" + named}
            total, status, reasons = taken(scanner, tmp_path, [signed], evm_endpoint(node))
            assert (total["verified"], status) == ("0", 3)
            assert "EIP-1271" in reasons[0]


def test_the_key_that_validates_is_not_the_account_that_is_paid(scanner, tmp_path, anvil_factory):
    secret = (7).to_bytes(32)
    public = SkToPk(secret)
    signature = "0x" + Sign(secret, eip191_hash(MESSAGE.encode())).hex()
    credentials = "0x01" + "00" * 11 + "cc" * 20  # a customer's account
    node = anvil_factory(arguments=["--timestamp", str(GENESIS)])
    for n in range(1, 6):
        node.rpc("evm_setNextBlockTimestamp", GENESIS + 12 * n)
        node.rpc("anvil_mine", "0x1")
    blocks = [node.rpc("eth_getBlockByNumber", hex(n), False) for n in range(6)]
    validator = {"0x" + public.hex(): (32 * 10**9, "active_ongoing", credentials)}
    stub = BeaconStub(
        dict.fromkeys(range(6), validator),
        finalized=5,
        genesis=GENESIS,
        execution={n: b["hash"] for n, b in enumerate(blocks)},
    )
    with serving(stub.answer) as host:
        beacon = {"name": "beacon", "network": "ethereum-beacon", "protocol": "beacon"}
        beacon |= {"url": f"http://{host}", "operator": "b"}
        for coin, network in (("ETH", "ETH"), ("BETH", "BETH")):
            row = {"coin": coin, "network": network, "height": 3, "address": "0x" + public.hex()}
            row |= {"amount": "32", "signature1": signature}
            total, status, reasons = taken(scanner, tmp_path, [row], evm_endpoint(node), beacon)
            assert (total["verified"], status) == ("0", 3)
            assert "withdrawal credentials" in reasons[0]
