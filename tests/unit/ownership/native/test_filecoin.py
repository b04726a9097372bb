"""Filecoin's wallets: the ciphersuite, what must not pass, and keys of several kinds for an actor."""

from __future__ import annotations

import base64
from hashlib import blake2b

import pytest
from support.native_rows import bls_basic, filecoin_envelope, native_rows
from support.signed_rows import MESSAGE, claim, key, okx_sign, refused, sign

from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted
from scanner.ownership.judge import judge
from scanner.ownership.primitives import bls12381
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
CODEC = FilecoinCodec("filecoin", "")
ROWS = {f"{r.scheme} {r.label}": r.claim for r in native_rows(1) if "filecoin" in r.scheme}
F2 = CODEC.encode(2, bytes(range(20)))
TEXT = MESSAGE.encode()
WEB3SIGNER = (
    "f3sjhgtrk5fdio52k5lzanh7yy4mj4rqbiowd6odddzprrxejgbjbl2irr3gmpbf7epigf45oy7asljj3v3lva",
    "qqsXe9+kDAGOh8uKmI6+oGN90ydJ0jRELvxvf2VwAd+g3WRKT/bi65RlhiGTrzzCFP4gY0BiAMe3+ghInVFLs1CXBcYG"
    "ol+RiPoFUew7UZ6ON1zq5Tjhs5F2vWFj1qt8",
)
"""An f3 address and its signature over no bytes: tests/vectors/native_forms/SOURCE.md."""


def test_the_ciphersuite_is_the_one_of_another_project() -> None:
    signer = decode_address(REGISTRY.network("filecoin"), WEB3SIGNER[0]).payload
    signature = base64.b64decode(WEB3SIGNER[1])
    assert bls12381.is_signed(signer, b"", signature, bls12381.BASIC)
    assert not bls12381.is_signed(signer, b"", signature, bls12381.PROOF_OF_POSSESSION)
    assert not bls12381.is_signed(signer, b"\0", signature, bls12381.BASIC)


def test_an_empty_text_says_nothing_whoever_signed_it() -> None:
    row = claim("filecoin", WEB3SIGNER[0], WEB3SIGNER[1], message="")
    assert judge(row, REGISTRY).control is Control.UNSUPPORTED


@pytest.mark.parametrize("name", sorted(ROWS))
def test_what_must_not_pass(name: str) -> None:
    row = ROWS[name]
    other = {f"{r.scheme} {r.label}": r.claim for r in native_rows(2) if "filecoin" in r.scheme}
    assert refused(judge(row._replace(message=MESSAGE + "."), REGISTRY))
    assert refused(judge(row._replace(address=other[name].address), REGISTRY))
    for address in (F2, "f01234", "f410f" + "a" * 39):
        assert not judge(row._replace(address=address), REGISTRY).shows_control
    (text,) = row.signatures
    data = bytes.fromhex(text)[1:] if "FRC" in name else base64.b64decode(text)
    for spoiled in (data[:-1], data + b"\0", data * 2, b"\1" + data, b"\2" + data, b"\3" + data):
        result = judge(row._replace(signatures=(spoiled.hex(),)), REGISTRY)
        if result.control is Control.CONTROLS:  # Lotus' byte before a bare signature
            assert spoiled[1:] == data
            assert len(data) in (65, 96)
            assert spoiled[0] == (1 if len(data) == 65 else 2)
        else:
            assert result.control is Control.MALFORMED


def test_the_type_says_which_curve_signed() -> None:
    lotus = ROWS["filecoin_bls FRC-0102"].signatures[0]
    row = ROWS["filecoin_bls FRC-0102"]._replace(signatures=("01" + lotus[2:],))
    assert judge(row, REGISTRY).control is Control.MALFORMED


def test_the_negated_signature_and_infinity_are_refused() -> None:
    row = ROWS["filecoin_bls FRC-0102"]
    data = bytearray.fromhex(row.signatures[0][2:])
    data[0] ^= 0x20  # the other y
    infinity = b"\xc0" + bytes(95)
    for signature in (bytes(data), infinity, bytes(96), b"\xe0" + bytes(95)):
        assert refused(judge(row._replace(signatures=(signature.hex(),)), REGISTRY))
    nobody = CODEC.encode(3, b"\xc0" + bytes(47))
    assert refused(judge(row._replace(address=nobody, signatures=(infinity.hex(),)), REGISTRY))


def test_a_point_has_one_spelling() -> None:
    """A key that is spelled as infinity with other bits set would be a second address of it."""
    _, signature = bls_basic(1, TEXT)
    for start in (0xC0, 0xE0):
        for end in (0, 1):
            odd = bytes((start,)) + bytes(46) + bytes((end,))
            assert not bls12381.is_signed(odd, TEXT, signature, bls12381.BASIC)


def test_a_signature_of_another_form_is_not_false() -> None:
    """Neither is one that Ethereum's ciphersuite made, by the same key."""
    from py_arkworks_bls12381 import G2Point, Scalar

    public, _ = bls_basic(1, TEXT)
    row = ROWS["filecoin_bls bare"]
    assert decode_address(REGISTRY.network("filecoin"), row.address).payload == public
    made = G2Point.hash_to_curve(TEXT, bls12381.PROOF_OF_POSSESSION) * Scalar(5)
    result = judge(row._replace(signatures=(made.to_compressed_bytes().hex(),)), REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "tried: FRC-0102, the text itself" in result.reason
    short = judge(ROWS["filecoin_text bare"]._replace(signatures=(okx_sign(key(9)),)), REGISTRY)
    assert "tried: OKX's envelope, FRC-0102, the text itself" in short.reason


def test_many_signatures_by_one_key_are_not_checked_one_by_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A check takes milliseconds, and one key has one signature over a text."""
    row, asked = ROWS["filecoin_bls bare"], []
    many = tuple(bls_basic(n, TEXT)[1].hex() for n in range(1, 4))
    monkeypatch.setattr(bls12381, "is_signed", lambda *_: asked.append(1))
    result = judge(row._replace(signatures=many), REGISTRY)
    assert (result.control, asked) == (Control.UNSUPPORTED, [])
    assert "the row has 3: publish the one" in result.reason


def secp(number: int, data: bytes) -> str:
    return sign(key(number), blake2b(data, digest_size=32).digest(), base=0)


def member(number: int) -> Weighted:
    point = key(number).public_key.format(compressed=False)
    return Weighted(PolicyKey(KeyKind.ACCOUNT, blake2b(point, digest_size=20).digest()))


def by_actor(*signatures: str, script: str = "", threshold: int = 2) -> ControlResult:
    bls = Weighted(PolicyKey(KeyKind.ACCOUNT, bls_basic(3, b"")[0]))
    policy = KeyPolicy((Way("multisig", (member(1), member(2), bls), threshold),), 7)
    row = claim("filecoin", F2, *signatures, script=script)
    return judge(row, REGISTRY, keys=lambda _: policy)


@pytest.mark.parametrize("wrap", [filecoin_envelope, bytes])
def test_signers_of_an_actor_in_each_form(wrap: object) -> None:
    assert callable(wrap)
    data = wrap(TEXT)
    both = by_actor(secp(1, data), secp(2, data))
    assert (both.control, both.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert by_actor(secp(1, data), secp(1, data)).control is Control.MISMATCH
    public, made = bls_basic(3, data)
    for script in (public.hex(), CODEC.encode(3, public)):
        mixed = by_actor("01" + secp(1, data)[2:], "02" + made.hex(), script=script)
        assert (mixed.control, len(mixed.signed_by)) == (Control.CONTROLS, 2)
    assert by_actor(made.hex(), made.hex(), script=f"{public.hex()} {public.hex()}").signed_by == ()
    assert not by_actor(secp(1, data), made.hex()).shows_control  # by which key, nobody says
    stranger, by_stranger = bls_basic(4, data)
    assert not by_actor(secp(1, data), by_stranger.hex(), script=stranger.hex()).shows_control


def test_every_signature_is_in_the_same_form() -> None:
    mixed = by_actor(secp(1, TEXT), secp(2, filecoin_envelope(TEXT)))
    assert not mixed.shows_control


def test_the_form_that_okx_uses_is_read_as_before() -> None:
    assert by_actor(okx_sign(key(1)), okx_sign(key(2))).binding is Binding.ON_CHAIN
