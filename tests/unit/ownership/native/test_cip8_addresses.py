"""CIP-8 names an address in what is signed; wallets often sign for one beside the row's own."""

from __future__ import annotations

from hashlib import blake2b

import pytest
from nacl.signing import SigningKey
from support.signed_rows import MESSAGE, claim, ed_key

from scanner.model.addresses.cardano import CardanoCodec
from scanner.model.control import Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

PAYMENT, STAKE = ed_key(1), ed_key(2)


def _hash(signer: SigningKey) -> bytes:
    return blake2b(signer.verify_key.encode(), digest_size=28).digest()


BASE = b"\x01" + _hash(PAYMENT) + _hash(STAKE)
ENTERPRISE = b"\x61" + _hash(PAYMENT)
REWARD = b"\xe1" + _hash(STAKE)


def _bytes(data: bytes) -> bytes:
    return (bytes((0x40 | len(data),)) if len(data) < 24 else bytes((0x58, len(data)))) + data


def judged(row: bytes, named: bytes, signer: SigningKey, text: str = MESSAGE) -> ControlResult:
    protected = b"\xa2\x01\x27\x67address" + _bytes(named)
    body = _bytes(text.encode())
    made = signer.sign(b"\x84\x6aSignature1" + _bytes(protected) + b"\x40" + body).signature
    cose = b"\x84" + _bytes(protected) + b"\xa1\x66hashed\xf4" + body + _bytes(made)
    address = CardanoCodec("cardano", "").encode(row)
    given = claim("cardano", address, cose.hex(), script=signer.verify_key.encode().hex())
    return judge(given, load_registry())


@pytest.mark.parametrize(
    ("row", "named", "signer"),
    [(BASE, ENTERPRISE, PAYMENT), (ENTERPRISE, BASE, PAYMENT), (BASE, REWARD, STAKE)],
)
def test_for_an_address_beside_the_rows_is_not_good_and_not_false(
    row: bytes, named: bytes, signer: SigningKey
) -> None:
    result = judged(row, named, signer)
    assert result.control is Control.UNSUPPORTED
    assert "sign again for the row's address" in result.reason
    assert judged(row, named, ed_key(3)).control is Control.MISMATCH
    assert judged(row, named, signer, "another text").control is Control.MISMATCH


def test_for_a_strangers_address_is_false_still() -> None:
    other = b"\x01" + _hash(ed_key(3)) + _hash(STAKE)
    assert judged(BASE, other, PAYMENT).control is Control.MISMATCH
    assert judged(ENTERPRISE, REWARD, STAKE).control is Control.MISMATCH
    assert judged(BASE, b"\x00" + BASE[1:], PAYMENT).control is Control.MISMATCH, "a test network"
    assert judged(BASE, BASE, PAYMENT).shows_control
