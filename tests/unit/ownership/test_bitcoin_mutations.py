"""Tens of thousands of valid Bitcoin rows, each spoilt a little: none may still show control.

Seeded, so that a failure can be run again. A row counts as spoilt only if what it says has
changed; the few changes that leave its meaning alone (one signature under another header byte of
the same key, hex in capitals) are left out by `meaning`, not by looking at the verdict.
"""

from __future__ import annotations

import base64
import random
from collections import Counter
from collections.abc import Callable

import pytest
from btclib.tx.out_point import OutPoint
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    NETWORKS,
    Key,
    Spend,
    address_of,
    full,
    keys,
    multisig,
    proof,
    proof_of_funds,
    simple,
    to_sign,
)
from support.mutations import share

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control
from scanner.ownership.bitcoin.bitcoin_message import has_segwit
from scanner.ownership.interface import Proof
from scanner.ownership.table import verifiers_of

COMPACT_ROWS, SCRIPT_ROWS = share(40_000, 10_000), share(6_000, 1_500)
BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="


def control(given: Proof) -> Control:
    for verifier in verifiers_of(given.network):
        if verifier.handles(given):
            return verifier.verify(given).control
    return Control.UNSUPPORTED


def compact_rows() -> list[Proof]:
    rows = []
    for name in ("bitcoin", "litecoin", "dogecoin", "dash", "bitcoin-cash", "zcash"):
        network = NETWORKS[name]
        kinds = {"p2pkh": 31, "p2wpkh": 39, "p2sh_p2wpkh": 35}
        for kind, header in kinds.items():
            if kind != "p2pkh" and not has_segwit(network):
                continue
            key = Key(f"{name} {kind}")
            address = address_of(network, kind, key.public)
            rows.append(proof(network, address, [key.message(network, MESSAGE, header)]))
            rows.append(proof(network, address, [key.okx(MESSAGE)]))
        for required, count in ((1, 1), (2, 3), (3, 5)):
            for kind in ("p2sh", "p2wsh", "p2sh_p2wsh"):
                if kind != "p2sh" and not has_segwit(network):
                    continue
                members = keys(count, f"{name} {kind} {count}")
                script = multisig(required, [k.public for k in members])
                signatures = [k.message(network, MESSAGE, 31) for k in members[:required]]
                address = address_of(network, kind, script)
                rows.append(proof(network, address, signatures, script=script.hex()))
    return rows


def script_rows() -> list[Proof]:
    def output(address: str) -> bytes:
        return script_pubkey(decode_address(BITCOIN, address))

    rows = []
    key, members = Key("mutated"), keys(3, "mutated member")
    script = multisig(2, [k.public for k in members])
    for kind in ("p2pkh", "p2wpkh", "p2sh_p2wpkh", "p2tr"):
        public = key.tweaked(b"").x_only if kind == "p2tr" else key.public
        address = address_of(BITCOIN, kind, public)
        spend = Spend(kind, output(address), (key,), hash_type=0 if kind == "p2tr" else 1)
        tx = to_sign(MESSAGE, [spend])
        funds = [
            spend,
            Spend("p2wpkh", output(address_of(BITCOIN, "p2wpkh", key.public)), (key,), value=9),
        ]
        funded = to_sign(MESSAGE, funds, 2, funds=[OutPoint(b"\x07" * 32, 3)])
        texts = [full(tx), proof_of_funds(funded, funds)]
        if kind != "p2pkh":
            texts += [simple(tx)] * 3
        rows += [proof(BITCOIN, address, [text]) for text in texts]
    for kind in ("p2sh", "p2wsh", "p2sh_p2wsh"):
        address = address_of(BITCOIN, kind, script)
        spend = Spend(kind, output(address), tuple(members[:2]), script, before=(b"",))
        rows.append(proof(BITCOIN, address, [full(to_sign(MESSAGE, [spend]))], script=script.hex()))
    return rows


def meaning(given: Proof) -> tuple[object, ...]:
    """What a row says, without the spelling."""
    return (
        given.network.name,
        given.address.key,
        given.message,
        tuple(sorted({_meaning_of_signature(s) for s in given.signatures}, key=repr)),
        given.script.lower().removeprefix("0x"),
    )


def _meaning_of_signature(text: str) -> object:
    try:
        if text[:2] in ("0x", "0X"):
            data = bytes.fromhex(text[2:])
            return (
                "okx",
                data[:64],
                data[64:] and (data[64] - 27 if data[64] > 26 else data[64]) & 3,
            )
        data = base64.b64decode(text, validate=True)
    except ValueError:
        return text
    canonical = base64.b64encode(data).decode() == text
    if len(data) == 65 and 27 <= data[0] <= 42 and canonical:
        return data[1:], (data[0] - 27) & 3
    return text


Mutation = Callable[[random.Random, Proof, list[Proof]], Proof]


def one_signature(change: Callable[[random.Random, str], str]) -> Mutation:
    def mutate(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
        signatures = list(given.signatures)
        at = rng.randrange(len(signatures))
        signatures[at] = change(rng, signatures[at])
        return given._replace(signatures=tuple(signatures))

    return mutate


def flip_bit(rng: random.Random, text: str) -> str:
    if text.startswith("0x"):
        data = bytearray.fromhex(text[2:])
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        return "0x" + data.hex()
    prefix = text[:3] if text[:3] in ("smp", "ful", "pof") else ""
    data = bytearray(base64.b64decode(text[len(prefix) :]))
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return prefix + base64.b64encode(data).decode()


def other_letter(rng: random.Random, text: str) -> str:
    at = rng.randrange(len(text))
    return text[:at] + rng.choice(BASE64) + text[at + 1 :]


def cut(rng: random.Random, text: str) -> str:
    start, end = sorted(rng.sample(range(len(text) + 1), 2))
    return text[:start] + text[end:]


def repeat(rng: random.Random, text: str) -> str:
    start, end = sorted(rng.sample(range(len(text) + 1), 2))
    return text[:end] + text[start:]


def nothing(rng: random.Random, text: str) -> str:
    return rng.choice(
        ["", "null", "\\N", "0x", "=", "smp", "ful", "pof", "AA==", text[3:] + text[:3]]
    )


def other_message(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
    text = given.message
    at = rng.randrange(len(text))
    changed = rng.choice([text[:at] + text[at + 1 :], text[:at] + "é" + text[at:], text + "\n", ""])
    return given._replace(message=changed)


def other_address(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
    return given._replace(
        address=rng.choice([r for r in rows if r.network == given.network]).address
    )


def other_network(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
    headers = {n.message_header: n for n in NETWORKS.values() if n.kind == "utxo"}
    network = rng.choice(list(headers.values()))
    same = network.message_header == given.network.message_header
    # 0x signatures are over OKX's one envelope for all networks: the address then tells them apart
    if same or any(s.startswith(("0x", "smp", "ful", "pof")) for s in given.signatures):
        return given
    return given._replace(network=network)


def borrowed_signature(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
    other = rng.choice([r for r in rows if r.address != given.address])
    signatures = [*given.signatures[:-1], other.signatures[0]]
    return given._replace(signatures=tuple(signatures))


def fewer_signers(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
    kept = given.signatures[1:]
    return given._replace(signatures=kept + rng.choice([(), kept, kept * 3]))


def other_script(rng: random.Random, given: Proof, rows: list[Proof]) -> Proof:
    if not given.script:
        return given._replace(script=rng.choice(["00", "zz", "51", "5121" + "02" * 33 + "51ae"]))
    data = bytearray.fromhex(given.script)
    data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
    return given._replace(script=rng.choice([data.hex(), given.script[2:], given.script[:-2]]))


MUTATIONS: list[Mutation] = [
    one_signature(flip_bit),
    one_signature(flip_bit),
    one_signature(other_letter),
    one_signature(cut),
    one_signature(repeat),
    one_signature(nothing),
    other_message,
    other_address,
    other_network,
    borrowed_signature,
    fewer_signers,
    other_script,
]


@pytest.mark.parametrize(
    ("make", "wanted", "seed"),
    [(compact_rows, COMPACT_ROWS, 65), (script_rows, SCRIPT_ROWS, 322)],
    ids=["65 bytes", "bip322"],
)
def test_no_mutated_row_controls(make: Callable[[], list[Proof]], wanted: int, seed: int) -> None:
    rng = random.Random(seed)
    rows = make()
    assert all(control(row) is Control.CONTROLS for row in rows)
    verdicts: Counter[Control] = Counter()
    while verdicts.total() < wanted:
        given = rng.choice(rows)
        mutate = rng.choice(MUTATIONS)
        mutated = mutate(rng, given, rows)
        if meaning(mutated) == meaning(given):
            continue
        verdict = control(mutated)
        verdicts[verdict] += 1
        assert verdict is not Control.CONTROLS, (mutate, given, mutated)
    # The run must reach the cryptography, not only be refused for its form.
    assert verdicts[Control.MISMATCH] > wanted // 3
    assert verdicts[Control.MALFORMED] > wanted // 10
