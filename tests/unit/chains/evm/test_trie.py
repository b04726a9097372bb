"""The proof verifier: real mainnet proofs hold, and no changed proof does."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.mutations import share
from support.state_trie import Trie, account_value

from scanner.chains.evm import rlp, trie
from scanner.chains.evm.header import read_header
from scanner.model.addresses.keccak import keccak256

VECTORS = json.loads(
    (Path(__file__).parents[3] / "vectors/evm/eth_getproof_mainnet.json").read_text()
)["records"]


def raw(texts):
    return [bytes.fromhex(text[2:]) for text in texts]


def root_of(record):
    return read_header(bytes.fromhex(record["block"]["headerRlp"][2:])).state_root


def cases():
    """Every proof of the vectors and of tries made here: (kind, root, key, nodes, value)."""
    found = []
    for record in VECTORS:
        proof = record["proof"]
        address = bytes.fromhex(proof["address"][2:])
        root = root_of(record)
        account = trie.prove_account(root, address, raw(proof["accountProof"]), {})
        found.append((trie.prove_account, root, address, raw(proof["accountProof"]), account))
        for slot in proof["storageProof"]:
            key = int(slot["key"], 16).to_bytes(32)
            value = int(slot["value"], 16)
            found.append((trie.prove_storage, account.storage_root, key, raw(slot["proof"]), value))
    for size in (1, 2, 3, 20, 300):
        keys = [n.to_bytes(20) for n in range(size)]
        accounts = Trie({k: account_value(n + 1, n) for n, k in enumerate(keys)})
        slots = Trie({k.rjust(32): rlp.encode(rlp.number_bytes(n + 1)) for n, k in enumerate(keys)})
        for n in (0, size - 1, size + 7):
            key = n.to_bytes(20)
            account = trie.Account(n, n + 1) if n < size else trie.Account()
            found.append((trie.prove_account, accounts.root, key, accounts.proof(key), account))
            key = key.rjust(32)
            value = n + 1 if n < size else 0
            found.append((trie.prove_storage, slots.root, key, slots.proof(key), value))
    return found


CASES = cases()


@pytest.mark.parametrize("record", VECTORS, ids=lambda r: r["label"])
def test_real_proofs_hold(record):
    proof = record["proof"]
    known: dict[bytes, bytes] = {}
    address = bytes.fromhex(proof["address"][2:])
    account = trie.prove_account(root_of(record), address, raw(proof["accountProof"]), known)
    assert account.balance == int(proof["balance"], 16)
    assert account.nonce == int(proof["nonce"], 16)
    assert account.code_hash.hex() == proof["codeHash"][2:]
    assert account.storage_root.hex() == proof["storageHash"][2:]
    for slot in proof["storageProof"]:
        key = int(slot["key"], 16).to_bytes(32)
        value = trie.prove_storage(account.storage_root, key, raw(slot["proof"]), known)
        assert value == int(slot["value"], 16)
    assert all(keccak256(node) == name for name, node in known.items())
    # and once more from the archive, where nodes are found by their hash alone
    archive = trie.Archive(known)
    assert trie.account(root_of(record), address, archive) == account


def test_the_weth_balance_of_a_real_holder():
    """A true ERC-20 balance: WETH keeps balances at slot 3, Solidity's mapping layout."""
    record = next(r for r in VECTORS if "nimbus" in r["source"])
    (slot,) = record["proof"]["storageProof"]
    holder = bytes.fromhex("de5ae63a348c4d63343c8e20fb6286909418c8a4")
    assert int(slot["key"], 16).to_bytes(32) == keccak256(
        holder.rjust(32, b"\0") + (3).to_bytes(32)
    )
    assert int(slot["value"], 16) == 2_921_291_143_473_600_000


def test_made_proofs_hold_for_presence_and_absence():
    for prove, root, key, nodes, value in CASES:
        assert prove(root, key, nodes, {}) == value


def test_an_empty_trie_proves_absence_with_no_node_or_the_empty_one():
    for nodes in ([], [b"\x80"]):
        assert trie.prove_storage(trie.EMPTY_ROOT, bytes(32), nodes, {}) == 0
    for nodes in ([b"\x80", b"\x80"], [b"\x81"], [b""]):
        with pytest.raises(trie.ProofError):
            trie.prove_storage(trie.EMPTY_ROOT, bytes(32), nodes, {})


def mutations(rng: random.Random, nodes: list[bytes], others: list[bytes]):
    """One changed copy of a proof; always different from the original."""
    changed = list(nodes)
    at = rng.randrange(len(nodes))
    node = bytearray(nodes[at])
    kind = rng.randrange(10)
    if kind <= 3:
        node[rng.randrange(len(node))] ^= 1 << rng.randrange(8)
        changed[at] = bytes(node)
    elif kind == 4:
        del changed[at]
    elif kind == 5:
        changed.insert(rng.randrange(len(nodes) + 1), changed[at])
    elif kind == 6:
        changed.insert(rng.randrange(len(nodes) + 1), rng.choice(others))
    elif kind == 7:
        place = rng.randrange(len(node))
        changed[at] = bytes(node[:place] + node[place + 1 :])
    elif kind == 8:
        other = rng.randrange(len(nodes))
        changed[at], changed[other] = changed[other], changed[at]
    else:
        changed[at] = rng.choice(others)
    return changed


def test_no_changed_proof_is_accepted():
    """A hundred thousand of them, a quarter in every run."""
    rng = random.Random(20251)
    others = [node for _, _, _, nodes, _ in CASES for node in nodes] + [b"", b"\x80", b"\xc0"]
    tried = 0
    # Nodes that were checked before must not make a wrong proof right: half share one cache.
    known: dict[bytes, bytes] = {}
    proofs = [case for case in CASES if case[3]]
    while tried < share(100_000, 25_000):
        prove, root, key, nodes, _ = rng.choice(proofs)
        changed = mutations(rng, nodes, others)
        if changed == nodes:
            continue
        tried += 1
        with pytest.raises(trie.ProofError):
            prove(root, key, changed, known if tried % 2 else {})


def test_a_proof_for_one_key_is_none_for_another():
    for prove, root, key, nodes, value in CASES:
        other = keccak256(key)[: len(key)]
        if not nodes:
            continue
        try:
            found = prove(root, other, nodes, {})
        except trie.ProofError:
            continue
        # The nodes may happen to show that the other key is absent, never that it has the value.
        assert found in (0, trie.Account())
        assert found != value or value in (0, trie.Account())


def _root(node):
    raw_node = rlp.encode(node)
    return keccak256(raw_node), raw_node


def _leaf(path: str, value: bytes):
    return [bytes.fromhex(("3" if len(path) % 2 else "20") + path), value]


KEY = bytes(32)
PATH = keccak256(KEY).hex()
VALUE = rlp.encode(b"\x05")


@pytest.mark.parametrize(
    ("node", "why"),
    [
        (_leaf(PATH[:-1], VALUE), "leaf"),
        (_leaf(PATH + "0", VALUE), "leaf"),
        (_leaf(PATH, b""), "leaf"),
        ([bytes.fromhex("40" + PATH), VALUE], "flag"),
        ([bytes.fromhex("21" + PATH), VALUE], "flag"),
        ([b"", VALUE], "path"),
        ([b"\x00", b"\x01" * 32], "extension"),
        ([b"\x16", b"\x01" * 31], "child"),
        ([b""] * 16 + [VALUE], "branch with a value"),
        ([b"\x01" * 32] + [b""] * 16, "fewer than two"),
        ([b"\x01" * 32] * 18, "must be a branch"),
        ([], "must be a branch"),
        (b"text", "no list"),
        (_leaf(PATH, rlp.encode(b"\x00")), "value"),
        (_leaf(PATH, rlp.encode(b"\x00\x05")), "value"),
        (_leaf(PATH, b"\x81\x05"), "value"),
        (_leaf(PATH, rlp.encode([b"\x05"])), "value"),
        (_leaf(PATH, rlp.encode(b"")), "zero"),
    ],
)
def test_malformed_nodes_are_refused_even_under_their_own_hash(node, why):
    """A root made of a wrong node: the hash holds, the meaning does not."""
    root, raw_node = _root(node)
    with pytest.raises(trie.ProofError, match=why):
        trie.prove_storage(root, KEY, [raw_node], {})


def test_an_extension_must_lead_to_a_branch():
    leaf = _leaf(PATH[2:], VALUE)
    root, raw_node = _root([bytes.fromhex("00" + PATH[:2]), keccak256(rlp.encode(leaf))])
    with pytest.raises(trie.ProofError, match="must be a branch"):
        trie.prove_storage(root, KEY, [raw_node, rlp.encode(leaf)], {})


def test_nodes_of_32_bytes_and_more_are_not_written_inside_their_parent():
    children = [b""] * 17
    children[int(PATH[0], 16)] = _leaf(PATH[1:], VALUE)
    children[int(PATH[0], 16) ^ 1] = b"\x01" * 32
    root, raw_node = _root(children)
    with pytest.raises(trie.ProofError, match="too long"):
        trie.prove_storage(root, KEY, [raw_node], {})


@pytest.mark.parametrize("count", [3, 5])
def test_accounts_have_four_fields(count):
    value = rlp.encode([b"\x01"] * count)
    root, raw_node = _root(_leaf(keccak256(bytes(20)).hex(), value))
    with pytest.raises(trie.ProofError, match="four fields"):
        trie.prove_account(root, bytes(20), [raw_node], {})


@settings(max_examples=60)
@given(
    st.dictionaries(st.binary(min_size=32, max_size=32), st.integers(1, 2**256 - 1), max_size=40)
)
def test_any_trie_proves_all_its_slots_and_what_it_lacks(content):
    made = Trie({k: rlp.encode(rlp.number_bytes(v)) for k, v in content.items()})
    known: dict[bytes, bytes] = {}
    for key, value in content.items():
        assert trie.prove_storage(made.root, key, made.proof(key), known) == value
    missing = keccak256(b"missing")
    assert trie.prove_storage(made.root, missing, made.proof(missing), known) == content.get(
        missing, 0
    )


@given(st.lists(st.binary(max_size=60), max_size=4), st.binary(min_size=32, max_size=32))
def test_noise_never_proves_anything_and_never_breaks_out(nodes, root):
    with pytest.raises(trie.ProofError):
        trie.prove_storage(root, KEY, nodes, {})
