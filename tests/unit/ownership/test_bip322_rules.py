"""Each rule of BIP-322 by a proof that keeps it and one that breaks it, in every variant."""

from __future__ import annotations

import base64

import pytest
from support.bip322_rules import Case, cases
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    full,
    proof,
    proof_of_funds,
    psbt,
    simple,
    to_sign,
)

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Control, ControlResult
from scanner.ownership.bitcoin.bip322 import Bip322

KEY = Key("owner")


def judge(address: str, text: str) -> ControlResult:
    return Bip322().verify(proof(BITCOIN, address, [text]))


@pytest.mark.parametrize("case", list(cases()), ids=lambda c: c.name)
def test_rule(case: Case) -> None:
    texts = [full(case.tx), proof_of_funds(case.tx, [Spend("", b"", ())])]
    if case.address.startswith("bc1"):
        texts.append(simple(case.tx))
    for text in texts:
        result = judge(case.address, text)
        assert result.control == case.expected, (text[:3], result)


def one_key() -> tuple[str, Spend]:
    address = address_of(BITCOIN, "p2wpkh", KEY.public)
    output = script_pubkey(decode_address(BITCOIN, address))
    return address, Spend("p2wpkh", output, (KEY,))


def encode(prefix: str, data: bytes) -> str:
    return prefix + base64.b64encode(data).decode()


def test_a_transaction_has_one_serialization() -> None:
    address = address_of(BITCOIN, "p2pkh", KEY.public)
    output = script_pubkey(decode_address(BITCOIN, address))
    data = to_sign(MESSAGE, [Spend("p2pkh", output, (KEY,))]).serialize(include_witness=True)
    assert judge(address, encode("ful", data)).control is Control.CONTROLS
    empty_witness = data[:4] + b"\0\1" + data[4:-4] + b"\0" + data[-4:]
    long_count = data[:4] + b"\xfd\1\0" + data[5:]
    for wrong in (empty_witness, long_count, data + b"\0", data[:-1]):
        assert judge(address, encode("ful", wrong)).control is Control.MALFORMED


def psbt_fields() -> tuple[str, list[dict[bytes, bytes]]]:
    """A good PSBT taken apart: global map, the input's map, the output's map."""
    address, spend = one_key()
    tx = to_sign(MESSAGE, [spend])
    unsigned = tx.serialize(include_witness=False)
    witness = tx.vin[0].script_witness.serialize()
    return address, [{b"\x00": unsigned}, {b"\x08": witness}, {}]


def test_psbt_forms() -> None:
    address, good = psbt_fields()
    unsigned, witness = good[0][b"\x00"], good[1][b"\x08"]
    assert judge(address, encode("pof", psbt(good))).control is Control.CONTROLS
    told = [{**good[0], b"\xfb": bytes(4)}, {**good[1], b"\xfcother": b"ignored"}, {}]
    assert judge(address, encode("pof", psbt(told))).control is Control.CONTROLS
    signed = unsigned[:41] + b"\x01\x51" + unsigned[42:]
    wrong = {
        "version 2": [{**good[0], b"\xfb": b"\2\0\0\0"}, *good[1:]],
        "no transaction": [{}, *good[1:]],
        "not finalized": [good[0], {}, {}],
        "signed inside": [{b"\x00": signed}, *good[1:]],
        "no map for the output": good[:2],
        "one map too many": [*good, {}],
        "witness with a tail": [good[0], {b"\x08": witness + b"\0"}, {}],
        "witness cut": [good[0], {b"\x08": witness[:-1]}, {}],
    }
    for why, fields in wrong.items():
        assert judge(address, encode("pof", psbt(fields))).control in (
            Control.MALFORMED,
            Control.MISMATCH,
        ), why
    raw = psbt(good)
    entry = b"\x01\x08" + bytes((len(witness),)) + witness
    assert raw.count(entry) == 1
    twice = raw.replace(entry, entry + entry)
    assert judge(address, encode("pof", twice)).control is Control.MALFORMED
    assert judge(address, encode("pof", raw[:-1])).control is Control.MALFORMED
    assert judge(address, encode("pof", raw + b"\1")).control is Control.MALFORMED
