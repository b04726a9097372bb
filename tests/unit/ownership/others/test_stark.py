"""The STARK curve and Starknet rows."""

from __future__ import annotations

import random

import pytest
from support.signed_rows import MESSAGE, claim, refused, stark_public, stark_sign

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.others.stark import message_hash
from scanner.ownership.primitives import stark_curve
from scanner.ownership.primitives.stark_curve import ORDER, P, is_signed, pedersen, y_of
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ACCOUNT = 0x3B7F0B02B63683ECA1639FB2D5DFA1021628D4EE728B03BC0AC2BE66EDC32F1
CHAIN = "0x534e5f4d41494e"
SECRET = 424242
KEY = stark_public(SECRET)


def judged(signature: str, **more: object) -> ControlResult:
    given = {"script": f"{KEY:#x}", **more}
    return judge(claim("starknet", f"{ACCOUNT:#x}", signature, **given), REGISTRY)


def test_the_constant_points_are_on_the_curve() -> None:
    for x, y in (*stark_curve.PEDERSEN_POINTS, stark_curve.GENERATOR):
        assert (y * y - x**3 - x - stark_curve.BETA) % P == 0


def test_pedersen_of_known_values() -> None:
    """From StarkWare's published test data."""
    first = 0x3D937C035C878245CAF64531A5756109C53068DA139362728FEB561405371CB
    second = 0x208A0A10250E382E1E4BBE2880906C2791BF6275695E02FBBC6AEFF9CD8B31A
    assert (
        pedersen(first, second) == 0x30E480BED5FE53FA909CC0F8C4D99B8F9F2C016BE4C41E13A4848797979C662
    )
    assert pedersen(0, 0) == 0x49EE3EBA8C1600700EE1B87EB599F16716B0B1022947733551FDE4050CA6804
    for bad in (-1, P):
        with pytest.raises(ValueError, match="field"):
            pedersen(bad, 0)


def test_square_roots() -> None:
    draw = random.Random(1)
    for _ in range(20):
        x = draw.randrange(P)
        y = y_of(x)
        assert y is None or (y * y - x**3 - x - stark_curve.BETA) % P == 0
    assert y_of(stark_curve.GENERATOR[0]) in (
        stark_curve.GENERATOR[1],
        P - stark_curve.GENERATOR[1],
    )


def test_a_good_row_is_asserted_and_bound_to_its_account_in_the_hash() -> None:
    signature = stark_sign(SECRET, message_hash(MESSAGE, ACCOUNT, CHAIN))
    result = judged(signature)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    other = claim("starknet", f"{ACCOUNT + 1:#x}", signature, script=f"{KEY:#x}")
    assert refused(judge(other, REGISTRY))
    assert judged("0x" + signature).control is Control.CONTROLS


def test_numbers_out_of_range_are_no_signature() -> None:
    digest = message_hash(MESSAGE, ACCOUNT, CHAIN)
    good = stark_sign(SECRET, digest)
    r, s = int(good[:64], 16), int(good[64:], 16)
    assert is_signed(KEY, digest, r, s)
    assert is_signed(KEY, digest, r, ORDER - s)  # the curve's own rule sets no low s
    for bad_r, bad_s in ((0, s), (r, 0), (r + ORDER, s), (r, s + ORDER), (2**251, s), (r, ORDER)):
        assert not is_signed(KEY, digest, bad_r, bad_s)
    for key in (0, P, P + KEY, KEY + 1, 2**256 - 1):
        assert not is_signed(key, digest, r, s)


@pytest.mark.parametrize("message", ["", "x" * 32, "é", "x" * 10_000])
def test_a_message_that_does_not_fit_one_element_is_not_read(message: str) -> None:
    signature = stark_sign(SECRET, message_hash(MESSAGE, ACCOUNT, CHAIN))
    found = judged(signature, message=message)
    assert found.control is Control.UNSUPPORTED
    assert ("31 ASCII" in found.reason) == (message != "")


@pytest.mark.parametrize("script", ["0x", "x", "0x" + "1" * 65, "null", "é", " 0x12"])
def test_a_key_that_is_no_number_is_malformed(script: str) -> None:
    assert judged("11" * 64, script=script).control is Control.MALFORMED


def test_without_a_key_the_row_is_undecided() -> None:
    assert judged("11" * 64, script="").control is Control.UNSUPPORTED
