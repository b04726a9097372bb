"""Rows whose signatures are good, each in its own form: not verified, and not called false."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha3_256, sha256

import pytest
from nacl.signing import SigningKey
from support.signed_rows import MESSAGE, claim, ed_key, key

from scanner.model.addresses import base58
from scanner.model.addresses.base32_keys import StrkeyCodec
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Control, ControlResult
from scanner.ownership.groups import multi_account
from scanner.ownership.judge import judge
from scanner.ownership.primitives.envelopes import okx_bytes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FIRST, SECOND, STRANGER = ed_key(1), ed_key(2), ed_key(3)
TEXT = MESSAGE.encode()
KEYS = [k.verify_key.encode() for k in (FIRST, SECOND)]
COLUMN = " ".join(key.hex() for key in KEYS)
OKX = okx_bytes(TEXT)
OFF_CHAIN = b"\xffsolana offchain\0\0" + len(TEXT).to_bytes(2, "little") + TEXT

ROWS = {  # network -> address, key column, and the two forms that its signers used
    "polkadot": (
        Ss58Codec("polkadot", "0").encode(multi_account(KEYS, 2)),
        COLUMN,
        (OKX, b"<Bytes>" + TEXT + b"</Bytes>"),
    ),
    "hedera": (
        "0.0.98",
        COLUMN,
        (OKX, b"\x19Hedera Signed Message:\n" + str(len(TEXT)).encode() + TEXT),
    ),
    "stellar": (
        StrkeyCodec("", "").encode(KEYS[0]),
        COLUMN,
        (OKX, sha256(b"Stellar Signed Message:\n" + TEXT).digest()),
    ),
    "aptos": ("0x" + sha3_256(b"".join(KEYS) + b"\2\1").hexdigest(), COLUMN, (OKX, TEXT)),
    "solana": (base58.encode(KEYS[0]), COLUMN, (TEXT, OFF_CHAIN)),
}


def judged(network: str, *made: tuple[SigningKey, bytes]) -> ControlResult:
    address, script, _ = ROWS[network]
    signatures = [key.sign(data).signature.hex() for key, data in made]
    return judge(claim(network, address, *signatures, script=script), REGISTRY)


@pytest.mark.parametrize("network", ROWS)
@pytest.mark.parametrize("turned", [False, True])
def test_two_good_signatures_in_two_forms_are_not_false(network: str, turned: bool) -> None:
    one, other = ROWS[network][2][:: -1 if turned else 1]
    found = judged(network, (FIRST, one), (SECOND, other))
    assert found.control is Control.UNSUPPORTED
    assert "in another form (" in found.reason
    assert found.reason.endswith("sign all in one form")
    assert not found.signed_by


Bad = Callable[[bytes], tuple[SigningKey, bytes]]


@pytest.mark.parametrize("network", ROWS)
@pytest.mark.parametrize(
    "bad",
    [lambda form: (STRANGER, form), lambda form: (SECOND, form + b"!")],
    ids=["by a stranger", "over another text"],
)
@pytest.mark.parametrize("which", [0, 1])
def test_one_that_is_good_in_no_form_is_false(network: str, bad: Bad, which: int) -> None:
    forms = ROWS[network][2]
    found = judged(network, (FIRST, forms[0]), bad(forms[which]))
    assert found.control is Control.MISMATCH
    assert found.reason.startswith("signature 2 is not by ")


def test_hederas_two_kinds_of_keys_in_two_forms_are_not_false() -> None:
    """An ECDSA key in its wallet's form beside an Ed25519 key in OKX's envelope."""
    signer = key(1)
    said = ROWS["hedera"][2][1]
    made = signer.sign_recoverable(keccak256(said), hasher=None)[:64].hex()
    column = f"{signer.public_key.format().hex()} {KEYS[0].hex()}"
    for enveloped, control in (
        (FIRST.sign(OKX).signature, Control.UNSUPPORTED),
        (SECOND.sign(OKX).signature, Control.MISMATCH),
        (FIRST.sign(OKX + b"!").signature, Control.MISMATCH),
    ):
        for signatures in ((made, enveloped.hex()), (enveloped.hex(), made)):
            row = claim("hedera", "0.0.98", *signatures, script=column)
            found = judge(row, REGISTRY)
            assert found.control is control, signatures
            number = 1 + signatures.index(enveloped.hex())
            assert f"signature {number} is " in found.reason
            assert ("in another form (" in found.reason) is (control is Control.UNSUPPORTED)
