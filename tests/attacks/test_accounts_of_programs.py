"""A Solana account that belongs to a program: its own key signs, and moves nothing of it."""

from __future__ import annotations

import base64
import hashlib

import pytest
from nacl.signing import SigningKey
from support.attack_lab import MESSAGE, write_rows, write_table
from support.recorded import World, recorded
from support.solana_stub import SolanaServer

from scanner.chains.solana.accounts import STAKE_PROGRAM, SYSTEM_PROGRAM
from scanner.model.addresses import base58
from scanner.settings.tables import load_registry

SOL = 10**9
WALLET, STAKE, THEIRS, NONCE, CUSTOMER = (
    SigningKey(hashlib.sha256(name).digest()) for name in (b"w", b"s", b"s2", b"n", b"customer")
)


def address(signer: SigningKey) -> str:
    return base58.encode(signer.verify_key.encode())


def stake_of(withdrawer: SigningKey) -> tuple[str, bytes]:
    item = recorded("solana", "get_program_accounts_stake")["result"][0]["account"]
    data = bytearray(base64.b64decode(item["data"][0]))
    data[44:76] = withdrawer.verify_key.encode()
    return STAKE_PROGRAM, bytes(data)


def row(holder: SigningKey, amount: int, signer: SigningKey | None = None) -> dict[str, object]:
    by = signer or holder
    signed = {"signature1": by.sign(MESSAGE.encode()).signature.hex()}
    if signer is not None:
        signed["script"] = by.verify_key.encode().hex()
    place = {"coin": "SOL", "network": "SOL", "height": 500, "address": address(holder)}
    return place | {"amount": str(amount)} | signed


@pytest.fixture
def node():
    """A wallet with stake, a stake account of it, one of a customer's, a nonce account of it."""
    server = SolanaServer(World(), {})
    for canary in load_registry().canaries("solana"):
        server.world.put(canary.address, 10**12)
    server.world.put(address(WALLET), 5 * SOL)
    server.stakes[address(WALLET)] = [(1_000 * SOL, "active")]
    server.accounts[address(STAKE)] = stake_of(WALLET)
    server.accounts[address(THEIRS)] = stake_of(CUSTOMER)
    authority = WALLET.verify_key.encode()
    nonce = b"\x01\0\0\0\x01\0\0\0" + authority + bytes(40)
    server.accounts[address(NONCE)] = (SYSTEM_PROGRAM, nonce)
    for holder in (STAKE, THEIRS, NONCE):
        server.world.put(address(holder), 1_000 * SOL)
    yield server
    server.close()


def taken(scanner, tmp_path, node, *rows):
    write_rows(tmp_path / "list.csv", rows)
    ends = {"name": "s", "network": "solana", "protocol": "solana_rpc"}
    write_table(tmp_path / "ends.toml", ends | {"url": node.endpoint("s").url})
    done = scanner(
        *("snapshot", "list.csv", "--endpoints", "ends.toml", "--json"), *("--statement", MESSAGE)
    )
    said = scanner("export", "ownership", "latest", "--format", "jsonl", "-o", "-").objects
    return done.object["assets"][0], {found["address"]: found for found in said}


def test_stake_counts_once_and_for_who_can_take_it(scanner, tmp_path, node):
    rows = [row(WALLET, 1_005), row(STAKE, 1_000), row(THEIRS, 1_000)]
    total, said = taken(scanner, tmp_path, node, *rows)
    assert total["verified"] == str(1_005 * SOL)
    assert said[address(WALLET)]["binding"] == "on_chain"
    assert {said[address(s)]["control"] for s in (STAKE, THEIRS)} == {"mismatch"}
    assert "withdrawer of the stake account" in said[address(THEIRS)]["reason"]


def test_the_withdrawers_signature_does_not_count_stake_again(scanner, tmp_path, node):
    rows = [row(WALLET, 1_005), row(STAKE, 1_000, WALLET), row(THEIRS, 1_000, WALLET)]
    total, said = taken(scanner, tmp_path, node, *rows)
    assert total["verified"] == str(1_005 * SOL)
    assert said[address(STAKE)]["binding"] == "on_chain"
    assert said[address(THEIRS)]["control"] == "mismatch"


def test_a_nonce_account_is_its_authoritys(scanner, tmp_path, node):
    total, said = taken(scanner, tmp_path, node, row(NONCE, 1_000))
    assert (total["verified"], said[address(NONCE)]["control"]) == ("0", "mismatch")
    total, said = taken(scanner, tmp_path, node, row(NONCE, 1_000, WALLET))
    assert total["verified"] == str(1_000 * SOL)
    assert "authority of the nonce account" in said[address(NONCE)]["reason"]


def test_offline_nobody_says_whose_it_is(scanner, tmp_path):
    write_rows(tmp_path / "list.csv", [row(STAKE, 1_000)])
    done = scanner("verify", "list.csv", "--statement", MESSAGE)
    assert "current keys were not checked" in done.text
