"""A real node as the other opinion: what it signs we verify, what we call valid it accepts."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from support.bip322_rules import Case, cases
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    full,
    keys,
    multisig,
    proof,
    simple,
    to_sign,
)

from scanner.demo.nodes import Bitcoind
from scanner.errors import AddressFormatError, NodeFailedError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.ownership.interface import Proof
from scanner.ownership.table import verifiers_of

pytestmark = pytest.mark.node
REGTEST = replace(BITCOIN, address_codec="base58check:p2pkh=6f,p2sh=c4|segwit:bcrt")
PREFIXES = ("smp", "ful", "pof")
VECTORS = Path(__file__).parents[1] / "vectors" / "bitcoin_message" / "vectors.json"
MESSAGES = ["", MESSAGE, "multi\nline é 中", " spaces ", "x" * 1000]


def judge(given: Proof) -> ControlResult:
    scheme = next(v for v in verifiers_of(given.network) if v.handles(given))
    return scheme.verify(given)


@pytest.mark.parametrize("kind", ["legacy", "p2sh-segwit", "bech32", "bech32m"])
def test_what_the_node_signs_we_verify(
    kind: str, bitcoind_factory: Callable[..., Bitcoind]
) -> None:
    node = bitcoind_factory()
    node.rpc("createwallet", "owner")
    for message in MESSAGES:
        address, other = (node.rpc("getnewaddress", "", kind) for _ in range(2))
        signature = node.rpc("signmessage", address, message)
        given = proof(REGTEST, address, [signature], message)
        assert judge(given).control is Control.CONTROLS, judge(given)
        assert judge(given._replace(message=message + ".")).control is Control.MISMATCH
        elsewhere = given._replace(address=decode_address(REGTEST, other))
        assert judge(elsewhere).control is Control.MISMATCH


def accepts(node: Bitcoind, address: str, text: str, message: str) -> bool:
    """Whether the node accepts; it does not know the prefixes of BIP-322 version 2.0."""
    try:
        return bool(
            node.rpc("verifymessage", address, text[3:] if text[:3] in PREFIXES else text, message)
        )
    except NodeFailedError:
        return False


def test_what_we_call_valid_the_node_accepts(bitcoind_main: Bitcoind) -> None:
    owner, members = Key("owner"), keys(3, "member")
    script = multisig(2, [k.public for k in members])
    tweaked = owner.tweaked(b"").x_only
    rows = [("p2pkh", owner.public, [owner.message(BITCOIN, MESSAGE, 31)])]
    rows += [("p2pkh", owner.uncompressed, [owner.message(BITCOIN, MESSAGE, 27)])]
    rows += [("p2pkh", owner.public, [owner.message(BITCOIN, MESSAGE, 31, high_s=True)])]
    for kind, data in (
        ("p2pkh", owner.public),
        ("p2wpkh", owner.public),
        ("p2sh_p2wpkh", owner.public),
        ("p2tr", tweaked),
        ("p2sh", script),
        ("p2wsh", script),
        ("p2sh_p2wsh", script),
    ):
        output = script_pubkey(decode_address(BITCOIN, address_of(BITCOIN, kind, data)))
        if data is script:
            spend = Spend(kind, output, tuple(members[:2]), script, before=(b"",))
        else:
            spend = Spend(kind, output, (owner,), hash_type=0 if kind == "p2tr" else 1)
        tx = to_sign(MESSAGE, [spend])
        rows.append((kind, data, [full(tx)]))
        if kind in ("p2wpkh", "p2wsh", "p2tr"):
            rows.append((kind, data, [simple(tx)]))
    for kind, data, texts in rows:
        address = address_of(BITCOIN, kind, data)
        assert judge(proof(BITCOIN, address, texts)).control is Control.CONTROLS, kind
        assert accepts(bitcoind_main, address, texts[0], MESSAGE), kind
        assert not accepts(bitcoind_main, address, texts[0], MESSAGE + ".")


@pytest.mark.parametrize("case", list(cases()), ids=lambda c: c.name)
def test_the_node_agrees_on_every_rule(case: Case, bitcoind_main: Bitcoind) -> None:
    said = accepts(bitcoind_main, case.address, full(case.tx), MESSAGE)
    assert said == (case.valid if case.node is None else case.node)
    assert judge(proof(BITCOIN, case.address, [full(case.tx)])).control == case.expected


def test_the_node_agrees_on_the_published_vectors(bitcoind_main: Bitcoind) -> None:
    """Where we and the node differ, the reason is a known one."""
    compared = 0
    for vector in json.loads(VECTORS.read_text())["vectors"]:
        if vector["network"] != "mainnet" or vector["scheme"] in ("bip322-hashes", "bip322-pof"):
            continue
        ours = judge(proof(BITCOIN, vector["address"], [vector["signature"]], vector["message"]))
        theirs = accepts(bitcoind_main, vector["address"], vector["signature"], vector["message"])
        if (ours.control is Control.CONTROLS) != theirs:
            # It has no BIP-137 for segwit addresses, nor bare stacks for P2SH; we say which it is.
            assert ours.control is Control.CONTROLS, vector
            assert not vector["address"].startswith("1")
            assert vector["scheme"] == "bip137" or "P2SH" in ours.reason, vector
        compared += 1
    assert compared > 90


def test_the_node_accepts_nothing_of_mutated_signatures_that_we_refuse(
    bitcoind_main: Bitcoind,
) -> None:
    rng = random.Random(10)
    owner = Key("owner")
    address = address_of(BITCOIN, "p2pkh", owner.public)
    native = address_of(BITCOIN, "p2wpkh", owner.public)
    output = script_pubkey(decode_address(BITCOIN, native))
    spend = Spend("p2wpkh", output, (owner,))
    rows = [
        (address, owner.message(BITCOIN, MESSAGE, 31)),
        (native, simple(to_sign(MESSAGE, [spend]))[3:]),
        (native, full(to_sign(MESSAGE, [spend]))[3:]),
    ]
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="
    accepted = 0
    for _ in range(600):
        where, text = rng.choice(rows)
        at = rng.randrange(len(text))
        mutated = text[:at] + rng.choice(letters) + text[at + 1 :]
        ours = judge(proof(BITCOIN, where, [mutated])).control is Control.CONTROLS
        assert ours == accepts(bitcoind_main, where, mutated, MESSAGE), (where, mutated)
        accepted += ours
    assert accepted < 60, "only letters replaced by themselves"


def test_the_node_agrees_on_addresses(bitcoind_main: Bitcoind) -> None:
    rng = random.Random(3)
    texts = [
        address_of(BITCOIN, kind, data)
        for kind, data in (
            ("p2pkh", b"a"),
            ("p2sh", b"b"),
            ("p2wpkh", b"c"),
            ("p2wsh", b"d"),
            ("p2tr", bytes(range(32))),
        )
    ]
    texts += ["bc1pfeessrawgf", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "BC1SW50QGDZ25J"]
    wrong = []
    for text in texts:
        for _ in range(40):
            at = rng.randrange(len(text))
            wrong.append(text[:at] + rng.choice("qpzry9x8QPZRY1bBoO0") + text[at + 1 :])
    for text in (*texts, *wrong, *(t.upper() for t in texts), *(t.swapcase() for t in texts)):
        said = bitcoind_main.rpc("validateaddress", text)
        try:
            script = script_pubkey(decode_address(BITCOIN, text)).hex()
        except AddressFormatError:
            assert not said["isvalid"], text
        else:
            assert said["isvalid"], text
            assert said["scriptPubKey"] == script
