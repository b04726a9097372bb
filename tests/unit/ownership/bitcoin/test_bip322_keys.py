"""The fast checks and the script interpreter must say the same, whatever the witness."""

from __future__ import annotations

import base64
import random

import pytest
from btclib.script.witness import Witness
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    keys,
    multisig,
    simple,
    to_sign,
)
from support.mutations import share

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control
from scanner.ownership.bitcoin import bip322_full, bip322_keys
from scanner.ownership.bitcoin import bip322_transactions as virtual
from scanner.ownership.bitcoin.bip322 import Bip322
from scanner.ownership.bitcoin.bip322_reading import Shown
from scanner.ownership.interface import Proof
from scanner.ownership.primitives.not_proven import NotProvenError

ROUNDS = share(500, 150)
KEY, MEMBERS = Key("owner"), keys(4, "member")
MIXED = [MEMBERS[0].public, MEMBERS[1].uncompressed, MEMBERS[2].public]
NOT_A_POINT = b"\x02" + b"\xff" * 32
ROWS = {
    "p2wpkh": ("p2wpkh", b"", [KEY]),
    "p2tr": ("p2tr", b"", [KEY]),
    "p2tr, hash type ALL": ("p2tr", b"", [KEY]),
    "2 of 3": ("p2wsh", multisig(2, [k.public for k in MEMBERS[:3]]), MEMBERS[1:3]),
    "3 of 3": ("p2wsh", multisig(3, [k.public for k in MEMBERS[:3]]), MEMBERS[:3]),
    "1 of 4": ("p2wsh", multisig(1, [k.public for k in MEMBERS]), MEMBERS[3:]),
    "uncompressed": ("p2wsh", multisig(2, MIXED), MEMBERS[:2]),
    "not a point": ("p2wsh", multisig(1, [NOT_A_POINT, KEY.public]), [KEY]),
}


def spend_of(name: str) -> tuple[str, Spend]:
    kind, script, signers = ROWS[name]
    data = script or (KEY.tweaked(b"").x_only if kind == "p2tr" else KEY.public)
    address = address_of(BITCOIN, kind, data)
    output = script_pubkey(decode_address(BITCOIN, address))
    hash_type = 0 if name == "p2tr" else 1
    before = (b"",) if script else ()
    return address, Spend(kind, output, tuple(signers), script, before=before, hash_type=hash_type)


def mutate(rng: random.Random, stack: list[bytes]) -> list[bytes]:
    """Change one or two things in a witness stack."""
    stack = list(stack)
    for _ in range(rng.choice((1, 1, 2))):
        at = rng.randrange(len(stack)) if stack else 0
        what = rng.randrange(9)
        if not stack or what == 0:
            stack.insert(at, rng.choice([b"", b"\0", b"\1", b"\x50annex", bytes(64)]))
        elif what == 1:
            del stack[at]
        elif what == 2:
            rng.shuffle(stack)
        elif what == 3:
            stack[at] = stack[at] + rng.choice([b"\0", b"\1", b"\x81"])
        elif what == 4:
            stack[at] = stack[at][:-1] + bytes((rng.choice([0, 1, 2, 3, 0x81]),))
        elif what == 5:
            stack.append(rng.choice(stack))
        elif stack[at]:
            data = bytearray(stack[at])
            data[rng.randrange(min(len(data), 8) if what == 6 else len(data))] ^= (
                1 << rng.randrange(8)
            )
            stack[at] = bytes(data)
    return stack


@pytest.mark.parametrize("name", ROWS)
def test_fast_and_interpreted_agree(name: str) -> None:
    address_text, spend = spend_of(name)
    address = decode_address(BITCOIN, address_text)
    txid = virtual.to_spend_txid(MESSAGE, spend.script_pubkey)
    before, after = virtual.to_sign_body(txid)
    tx = to_sign(MESSAGE, [spend])
    good = list(tx.vin[0].script_witness.stack)
    rng = random.Random(name)
    agreed = {True: 0, False: 0}
    for n in range(ROUNDS):
        stack = good if n == 0 else mutate(rng, good)
        if not stack:
            continue
        tx.vin[0].script_witness = Witness(stack)
        given = Proof(BITCOIN, address, MESSAGE, (simple(tx),))
        fast = Bip322().verify(given).control is Control.CONTROLS
        data = before + Witness(stack).serialize() + after
        try:
            slow = bool(bip322_full.check_to_sign(data, [(0, spend.script_pubkey)]))
        except NotProvenError:
            slow = False
        assert fast == slow, stack
        agreed[fast] += 1
    assert agreed[False] > ROUNDS // 2
    assert agreed[True] >= 1


@pytest.mark.parametrize("name", [n for n in ROWS if n != "p2tr, hash type ALL"])
def test_the_interpreter_is_not_needed_for_them(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*arguments: object) -> Shown:
        raise AssertionError("interpreted")

    monkeypatch.setattr(bip322_full, "check_to_sign", never)
    address_text, spend = spend_of(name)
    address = decode_address(BITCOIN, address_text)
    given = Proof(BITCOIN, address, MESSAGE, (simple(to_sign(MESSAGE, [spend])),))
    assert Bip322().verify(given).control is Control.CONTROLS


def test_other_witness_scripts_are_left_to_the_interpreter() -> None:
    script = b"\x51"
    address = decode_address(BITCOIN, address_of(BITCOIN, "p2wsh", script))
    assert bip322_keys.check_multisig((script,), bytes(32), address) is None


def test_p2pkh_without_an_interpreter_accepts_what_the_interpreter_accepts() -> None:
    """Every byte of a good full signature changed: the quick way never accepts more."""
    from support.bitcoin_signing import full

    from scanner.model.addresses.scripts import script_pubkey
    from scanner.model.addresses.table import decode_address
    from scanner.ownership.bitcoin import bip322_transactions as virtual
    from scanner.ownership.bitcoin.bip322_full import check_full
    from scanner.ownership.bitcoin.bip322_keys import check_p2pkh
    from scanner.ownership.primitives.not_proven import NotProvenError

    signer = Key("owner")
    address = decode_address(BITCOIN, address_of(BITCOIN, "p2pkh", signer.public))
    output = script_pubkey(address)
    text = full(to_sign(MESSAGE, [Spend("p2pkh", output, (signer,))]))
    data = base64.b64decode(text.removeprefix("ful"))
    txid = virtual.to_spend_txid(MESSAGE, output)
    quick = check_p2pkh(data, txid, address.payload)
    assert quick is not None
    assert quick == check_full(data, txid, output)
    for place in range(len(data)):
        for bit in (0, 3, 7):
            other = data[:place] + bytes((data[place] ^ 1 << bit,)) + data[place + 1 :]
            found = check_p2pkh(other, txid, address.payload)
            if found is not None:  # version 0 and 2 are both good
                assert found == check_full(other, txid, output)
    for wrong in (b"", data[:-1], data + b"\0", data[:41]):
        assert check_p2pkh(wrong, txid, address.payload) is None
    with pytest.raises(NotProvenError):
        check_full(data, txid[::-1], output)
    assert check_p2pkh(data, txid[::-1], address.payload) is None
