"""Validator rows: exact lengths, points outside the subgroup, infinity."""

from __future__ import annotations

import pytest
from support.signed_rows import MESSAGE, bls_key, bls_sign, claim, refused

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.evm.bls import is_signed
from scanner.ownership.judge import judge
from scanner.ownership.primitives.envelopes import eip191_hash
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SECRET, PUBLIC = bls_key(1)
GOOD = bls_sign(SECRET)
DIGEST = eip191_hash(MESSAGE.encode())
FIELD = 0x1A0111EA397FE69A4B1BA7B6434BACD764774B84F38512BF6730D2A0F6B0F6241EABFFFEB153FFFFB9FEFFFFFFFFAAAB


def judged(signature: str, address: str = "0x" + PUBLIC.hex()) -> ControlResult:
    return judge(claim("ethereum-beacon", address, signature), REGISTRY)


def test_a_good_row_says_what_it_does_not_show() -> None:
    result = judged(GOOD)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "withdrawal credentials" in result.reason


@pytest.mark.parametrize("extra", ["00", "01", "ff" * 48])
def test_lengths_are_exact(extra: str) -> None:
    """Cut to length, one validator could be listed under many names."""
    assert judged(GOOD + extra).control is Control.MALFORMED
    assert judged(GOOD, "0x" + PUBLIC.hex() + extra).control is Control.MALFORMED
    assert judged(GOOD[:-2]).control is Control.MALFORMED
    assert not is_signed(PUBLIC + b"\0", DIGEST, bytes.fromhex(GOOD[2:]))


def _point_on_the_curve_outside_the_subgroup() -> bytes:
    """The smallest x with a point on y^2 = x^3 + 4 whose order is not the subgroup's.

    Nearly every point of the curve is outside: the cofactor is about 2^126.
    """
    x = 4
    while pow(x**3 + 4, (FIELD - 1) // 2, FIELD) != 1:
        x += 1
    data = bytearray(x.to_bytes(48, "big"))
    data[0] |= 0x80
    return bytes(data)


def test_keys_that_are_no_keys_sign_nothing() -> None:
    infinity_key, infinity = b"\xc0" + bytes(47), b"\xc0" + bytes(95)
    outside = _point_on_the_curve_outside_the_subgroup()
    off_curve = b"\x80" + bytes(46) + b"\1"
    for key in (infinity_key, outside, off_curve, b"\xff" * 48, bytes(48)):
        for signature in (infinity, bytes.fromhex(GOOD[2:]), bytes(96), b"\xff" * 96):
            assert not is_signed(key, DIGEST, signature)
    assert not is_signed(PUBLIC, DIGEST, infinity)


def test_a_signature_of_another_validator() -> None:
    other, _ = bls_key(2)
    assert refused(judged(bls_sign(other)))


def test_a_validator_on_ethereum_may_sign_with_its_own_key() -> None:
    row = judge(claim("ethereum", "0x" + PUBLIC.hex(), GOOD), REGISTRY)
    assert (row.control, row.scheme) == (Control.CONTROLS, "bls")


def test_a_signature_moved_out_of_the_subgroup_is_refused() -> None:
    """Signature + a point of cofactor order: the pairing cannot tell, only the subgroup check."""
    from py_ecc.bls.point_compression import (
        compress_G2,
        decompress_G2,
        modular_squareroot_in_FQ2,
    )
    from py_ecc.optimized_bls12_381 import FQ2, add, b2, curve_order, is_inf, is_on_curve, multiply

    number, torsion = 1, None
    while torsion is None or is_inf(torsion):
        number += 1
        y = modular_squareroot_in_FQ2(FQ2((number, 0)) ** 3 + b2)
        if y is not None:
            torsion = multiply((FQ2((number, 0)), y, FQ2.one()), curve_order)
    data = bytes.fromhex(GOOD[2:])
    signature = decompress_G2((int.from_bytes(data[:48], "big"), int.from_bytes(data[48:], "big")))
    moved = add(signature, torsion)
    assert is_on_curve(moved, b2)
    high, low = compress_G2(moved)
    forged = high.to_bytes(48, "big") + low.to_bytes(48, "big")
    assert is_signed(PUBLIC, DIGEST, data)
    assert not is_signed(PUBLIC, DIGEST, forged)
