"""Code that we know over storage that others wrote: what stands there is nobody's signature.

Whoever sets a Safe up may write all of its storage (setup's DELEGATECALL); whoever creates a
wallet may do so with creation code of their own, and leave the well-known code behind.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import pytest
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
from support.real_wallets import FIRST, Wallets, asked, created, in_both, in_mapping, raw
from support.signed_rows import claim

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.primitives.envelopes import eip191_hash
from scanner.settings.tables import load_registry
from scanner.snapshots.view import View

pytestmark = pytest.mark.node

REGISTRY = load_registry()
A, B, Y = key(1), key(2), key(3)
DIGEST = eip191_hash(MESSAGE.encode())
PROOF = pytest.mark.parametrize("proof", [(), ("--proof",)], ids=["plain", "proof"])


def slot(number: int) -> bytes:
    return number.to_bytes(32)


def taken(scanner, tmp_path, node, rows, *options):
    """The one asset's total, the exit status and the verdicts of a list of these rows."""
    node.rpc("anvil_mine", "0x3")
    at = {"coin": "ETH", "network": "ETH", "height": int(node.rpc("eth_blockNumber"), 16)}
    write_rows(tmp_path / "list.csv", [at | row for row in rows])
    write_table(tmp_path / "ends.toml", evm_endpoint(node))
    more = ("--endpoints", "ends.toml", "--statement", MESSAGE, "--json", *options)
    done = scanner("snapshot", "list.csv", *more)
    told = scanner("export", "ownership", "latest", "--format", "jsonl", "-o", "-").objects
    assert len(done.object["assets"]) == 1, done.err
    return done.object["assets"][0], done.status, told


def approved_by(account: str) -> str:
    """A Safe's signature by an owner that approved the hash on the chain beforehand."""
    return "0x" + (raw(account).rjust(32, b"\0") + bytes(32) + b"\1").hex()


def joined(wallets: Wallets, safe: str, signer) -> str:
    """The signature of a Safe's one owner, made for that Safe."""
    made = signer.sign_recoverable(wallets.message_hash(safe, DIGEST), hasher=None)
    return "0x" + (made[:64] + bytes([made[64] + 27])).hex()


@PROOF
def test_an_approval_in_a_wallets_storage_is_not_its_owners_act(
    scanner, tmp_path, anvil_factory, proof
):
    """Setup's DELEGATECALL wrote it in a stranger's place, whose key never signed anything."""
    node = anvil_factory()
    wallets = Wallets(node)
    stranger = account_of(Y)
    rows = []
    for signature in ("0x", approved_by(stranger)):
        safe = wallets.proxy()
        hashed = wallets.message_hash(safe, DIGEST)
        whole = in_mapping(hashed, 7)  # signedMessages
        by_owner = in_both(raw(stranger), hashed, 8)  # approvedHashes
        where = whole if signature == "0x" else by_owner
        wallets.safe([stranger], written={where: 1}, at=safe)
        wallets.give(safe, 1_000)
        rows.append({"address": safe, "amount": "1000", "signature1": signature})
    assert int(node.rpc("eth_getTransactionCount", stranger, "latest"), 16) == 0
    total, status, told = taken(scanner, tmp_path, node, rows, *proof)
    assert (total["verified"], status) == ("0", 3)
    assert total["unverified"] == str(2_000 * WEI)
    for row in told:
        assert row["binding"] == "asserted"
        assert "approval" in row["reason"], "the reader learns what it rests on"
        assert "sign with the owners' keys" in row["reason"], "and what to do"


def test_an_approval_one_wallet_deeper_and_the_owners_own_signature(
    scanner, tmp_path, anvil_factory
):
    """A Safe asks the Safe that owns it, and that one finds the approval in its storage."""
    node = anvil_factory()
    wallets = Wallets(node)
    inner = wallets.proxy()
    outer = wallets.safe([inner])
    data = asked("encodeMessageDataForSafe(address,bytes)", outer, DIGEST)
    answer = raw(wallets.ask(wallets.handler, data))
    encoded = answer[64 : 64 + int.from_bytes(answer[32:64])]
    hashed = wallets.message_hash(inner, encoded)
    wallets.safe([account_of(Y)], written={in_mapping(hashed, 7): 1}, at=inner)
    by_inner = "0x" + (raw(inner).rjust(32, b"\0") + slot(65) + b"\0" + slot(0)).hex()
    plain = wallets.safe([account_of(Y)])
    rows = []
    for safe, signature in ((outer, by_inner), (plain, joined(wallets, plain, Y))):
        wallets.give(safe, 1_000)
        rows.append({"address": safe, "amount": "1000", "signature1": signature})
    total, _, told = taken(scanner, tmp_path, node, rows)
    assert [row["binding"] for row in told] == ["asserted", "on_chain"], told
    assert total["verified"] == str(1_000 * WEI)


@PROOF
def test_a_list_of_owners_that_setup_wrote(scanner, tmp_path, anvil_factory, proof):
    """The list begins with a Safe of the signer's, which the map of owners does not know."""
    node = anvil_factory()
    wallets = Wallets(node)
    inner = wallets.safe([account_of(A)])
    outer = wallets.safe([account_of(Y)], written={in_mapping(FIRST, 2): int(inner, 16)})
    wallets.give(outer, 1_000)
    row = {"address": outer, "amount": "1000", "signature1": sign_evm(A), "owner1": account_of(A)}
    total, status, told = taken(scanner, tmp_path, node, [row], *proof)
    assert (total["verified"], status) == ("0", 3), told
    assert not wallets.moves_safe(outer, (inner, A))
    assert wallets.moves_safe(outer, Y), "it is the stranger's"


class Case(NamedTuple):
    """A wallet, those who sign as its owners, and whether these can send a coin of it."""

    wallet: str
    signers: tuple
    moves: Callable[[], bool]


Written = Mapping[bytes, int]
GUARD, SINGLETON, COUNT, THRESHOLD = (
    keccak256(b"guard_manager.guard.address"),
    *map(slot, (0, 3, 4)),
)
ARRAY = int.from_bytes(keccak256(slot(3)))
ONE, TWO = raw(account_of(A)), raw(account_of(B))


def of_safe(wallets: Wallets, written: Written) -> Case:
    """Two keys own it."""
    made = wallets.safe([account_of(A), account_of(B)], 2)
    for where, value in written.items():
        wallets.write(made, where, value)
    return Case(made, (A, B), lambda: wallets.moves_safe(made, A, B))


def of_nested_safe(wallets: Wallets, written: Written) -> Case:
    """A key owns it, and a Safe of another key. What is to be written at 0 is the Safe's entry."""
    inner = wallets.safe([account_of(A)])
    made = wallets.safe([account_of(B), inner], 2)
    for where, value in written.items():
        wallets.write(made, where or in_mapping(raw(inner), 2), value)
    return Case(made, (A, B), lambda: wallets.moves_safe(made, B, (inner, A)))


def of_multisig(wallets: Wallets, written: Written) -> Case:
    """Two keys own it; its storage was made by other creation code."""
    code = wallets.code(wallets.multisig([account_of(Y)], 1))
    storage = {in_mapping(ONE, 2): 1, in_mapping(TWO, 2): 1, COUNT: 2, THRESHOLD: 2}
    storage |= {slot(ARRAY): int.from_bytes(ONE), slot(ARRAY + 1): int.from_bytes(TWO)}
    made = created(wallets.node, code, storage | dict(written))
    return Case(made, (A, B), lambda: wallets.moves_multisig(made, A, B))


def of_coinbase(wallets: Wallets, written: Written) -> Case:
    """A key owns it."""
    made = wallets.coinbase([account_of(A)])
    for where, value in written.items():
        wallets.write(made, where, value)
    return Case(made, (A,), lambda: wallets.moves_alone(made, A))


MULTI_OWNABLE = 0x97E2C6AAD4CE5D562EBFAA00DB6B9E0FB66EA5D8162ED5B243F51A2E03086F00
BEHIND = bytes.fromhex("360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc")
IS_OWNER = keccak256(bytes(12) + ONE + slot(MULTI_OWNABLE + 3))
CASES: dict[str, tuple[Callable[[Wallets, Written], Case], Written]] = {
    "safe": (of_safe, {}),
    "safe, no owner in the map": (of_safe, {in_mapping(ONE, 2): 0}),
    "safe, the map goes in a circle": (of_safe, {in_mapping(ONE, 2): int.from_bytes(ONE)}),
    "safe, three must sign": (of_safe, {THRESHOLD: 3}),
    "safe, nobody must sign": (of_safe, {THRESHOLD: 0}),
    "safe, a count that is none": (of_safe, {COUNT: 0}),
    "safe, a list that is none": (of_safe, {in_mapping(FIRST, 2): 0}),
    "safe, a guard that has no code": (of_safe, {GUARD: 0xDEAD}),
    "safe, nothing behind the proxy": (of_safe, {SINGLETON: 0xDEAD}),
    "nested": (of_nested_safe, {}),
    "nested, not in the map": (of_nested_safe, {b"": 0}),
    "multisig": (of_multisig, {}),
    "multisig, not in the map": (of_multisig, {in_mapping(ONE, 2): 0}),
    "multisig, a truth that is none": (of_multisig, {in_mapping(ONE, 2): 1 << 8}),
    "multisig, not in the list": (of_multisig, {slot(ARRAY): int(account_of(Y), 16)}),
    "multisig, a list cut off": (of_multisig, {COUNT: 1}),
    "multisig, an empty list": (of_multisig, {COUNT: 0}),
    "multisig, a list without end": (
        of_multisig,
        {COUNT: 1 << 40, slot(ARRAY): 0, slot(ARRAY + (1 << 40) - 1): int.from_bytes(ONE)},
    ),
    "multisig, three must confirm": (of_multisig, {THRESHOLD: 3}),
    "multisig, all have confirmed what is next": (
        of_multisig,
        {in_both(slot(0), ONE, 1): 1, in_both(slot(0), TWO, 1): 1},
    ),
    "multisig, no room for what is next": (
        of_multisig,
        {slot(int.from_bytes(in_mapping(slot(0), 0)) + 2): (1 << 100) + 1},
    ),
    "multisig, what is next is far off and confirmed": (
        of_multisig,
        {slot(5): 77, in_both(slot(77), ONE, 1): 1, in_both(slot(77), TWO, 1): 1},
    ),
    "coinbase": (of_coinbase, {}),
    "coinbase, not in the map": (of_coinbase, {IS_OWNER: 0}),
    "coinbase, a truth that is none": (of_coinbase, {IS_OWNER: 1 << 8}),
    "coinbase, nothing behind the proxy": (of_coinbase, {BEHIND: 0xDEAD}),
    "coinbase, numbers that are none": (
        of_coinbase,
        {slot(MULTI_OWNABLE): 0, slot(MULTI_OWNABLE + 1): 9},
    ),
}
SOUND = ("safe", "nested", "multisig", "coinbase")


@pytest.fixture(scope="module")
def wallets(anvil) -> Wallets:
    return Wallets(anvil)


def verdict(wallets: Wallets, case: Case) -> ControlResult:
    """What a snapshot at this moment says of the row."""
    wallets.give(case.wallet, 100)
    wallets.node.rpc("anvil_mine", "0x1")
    network = REGISTRY.network("ethereum")
    endpoint = wallets.node.endpoint()
    source = make_source("ethereum_rpc", network, [endpoint], REGISTRY, ReadPolicy())
    try:
        view = View(source, source.pin(int(wallets.node.rpc("eth_blockNumber"), 16)))
        signed, owners = map(sign_evm, case.signers), tuple(map(account_of, case.signers))
        row = claim("ethereum", case.wallet, *signed, owners=owners, message=MESSAGE)
        return judge(row, REGISTRY, view)
    finally:
        source.close()


@pytest.mark.parametrize("name", CASES)
def test_who_is_said_to_spend_from_a_known_wallet_can(wallets: Wallets, name: str) -> None:
    """The chain itself decides: those who signed try to send a coin."""
    make, written = CASES[name]
    case = make(wallets, written)
    found = verdict(wallets, case)
    shown = found.binding is Binding.ON_CHAIN
    moved = case.moves()
    assert moved or not shown, found.reason
    assert (shown and moved) or name not in SOUND, found
