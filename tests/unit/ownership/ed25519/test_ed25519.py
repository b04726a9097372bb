"""Ed25519 rows: keys that sign for everybody, signatures that are not reduced, unbound accounts."""

from __future__ import annotations

import pytest
from support.signed_rows import MESSAGE, claim, ed_key, ed_sign, refused

from scanner.model.addresses import base58
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.ed25519.ed25519_keys import ADDRESS_IS_KEY, KEY_FIXES_ADDRESS, NAMED
from scanner.ownership.ed25519.signing import is_signed
from scanner.ownership.judge import judge
from scanner.ownership.primitives.envelopes import okx_bytes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER = ed_key(1)
PUBLIC = SIGNER.verify_key.encode()
ORDER = 2**252 + 27742317777372353535851937790883648493
FIELD = 2**255 - 19

# Every point of order 1, 2, 4 or 8, canonical and not (RFC 8032 arithmetic; the list libsodium has).
SMALL_ORDER = [
    bytes(32),
    b"\1" + bytes(31),
    (FIELD - 1).to_bytes(32, "little"),
    FIELD.to_bytes(32, "little"),
    (FIELD + 1).to_bytes(32, "little"),
    bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
]
SMALL_ORDER += [key[:31] + bytes((key[31] | 0x80,)) for key in SMALL_ORDER]


def judged(network: str, address: str, *signatures: str, **more: object) -> ControlResult:
    return judge(claim(network, address, *signatures, **more), REGISTRY)


@pytest.mark.parametrize("public", SMALL_ORDER, ids=lambda k: k.hex()[:8])
def test_keys_that_verify_for_everybody_are_refused(public: bytes) -> None:
    """With A of small order and s = 0, R = any small-order point satisfies the equation often."""
    for point in SMALL_ORDER:
        for s in (0, 1):
            signature = point + s.to_bytes(32, "little")
            for message in (b"", b"anything at all", okx_bytes(MESSAGE.encode())):
                assert not is_signed(public, message, signature)
    forged = "0x" + (b"\1" + bytes(63)).hex()
    result = judged("solana", base58.encode(public), forged, script=public.hex())
    assert refused(result)


def test_s_must_be_reduced() -> None:
    """s + order is the same number to the curve: a second signature nobody made."""
    signature = bytes.fromhex(ed_sign(SIGNER)[2:])
    message = okx_bytes(MESSAGE.encode())
    assert is_signed(PUBLIC, message, signature)
    s = int.from_bytes(signature[32:], "little")
    for more in range(1, 15):
        other = signature[:32] + (s + more * ORDER).to_bytes(33, "little")[:32]
        assert not is_signed(PUBLIC, message, other)


@pytest.mark.parametrize("length", [0, 31, 33, 63, 65, 128])
def test_lengths_are_exact(length: int) -> None:
    assert not is_signed(PUBLIC, b"", bytes(length))
    assert not is_signed(bytes(length), b"", bytes(64))
    row = judged("solana", base58.encode(PUBLIC), "0x" + "11" * length)
    assert row.control in (Control.MALFORMED, Control.MISMATCH)


def test_the_signature_is_over_the_envelope_and_not_the_bare_text() -> None:
    """Except where wallets sign it bare: then the scheme is another."""
    bare = "0x" + SIGNER.sign(MESSAGE.encode()).signature.hex()
    assert judged("solana", base58.encode(PUBLIC), bare).scheme == "solana_text"
    assert refused(judged("near", PUBLIC.hex(), bare))


def test_the_key_column_is_needed_only_where_the_address_does_not_hold_the_key() -> None:
    good = ed_sign(SIGNER)
    assert judged("solana", base58.encode(PUBLIC), good).shows_control
    assert judged("near", PUBLIC.hex(), good).shows_control
    for network, address in (("sui", "0x" + "12" * 32), ("near", "a.near"), ("hedera", "0.0.98")):
        result = judged(network, address, good)
        assert result.control is Control.UNSUPPORTED
        assert "public key" in result.reason


def test_a_published_key_that_is_not_the_addresss_shows_nothing_by_itself() -> None:
    """It may be the withdrawer of a stake account: for the chain to say."""
    other = ed_key(2)
    result = judged(
        "solana", base58.encode(PUBLIC), ed_sign(other), script=other.verify_key.encode().hex()
    )
    assert refused(result)
    assert "only the chain can say" in result.reason


@pytest.mark.parametrize(
    "script", ["é", "0x", "00", "11" * 31, "11" * 33, "null", "0x" + "zz" * 32]
)
def test_a_key_column_that_is_no_key_is_malformed(script: str) -> None:
    result = judged("solana", base58.encode(PUBLIC), ed_sign(SIGNER), script=script)
    assert result.control is Control.MALFORMED


def test_owners_sign_for_nobody_but_on_aptos() -> None:
    """The owner column names a key of the publisher's; the address is anybody's."""
    other = ed_key(2).verify_key.encode()
    for network, victim in (
        ("solana", base58.encode(other)),
        ("near", other.hex()),
        ("sui", "0x" + "12" * 32),
    ):
        result = judged(network, victim, ed_sign(SIGNER), script=PUBLIC.hex(), owners=(victim,))
        assert refused(result), result


def test_an_aptos_authentication_key_is_asserted_and_must_be_the_keys() -> None:
    from hashlib import sha3_256

    own = "0x" + sha3_256(PUBLIC + b"\0").hexdigest()
    account = "0x" + "de" * 32
    good = judged("aptos", account, ed_sign(SIGNER), script=PUBLIC.hex(), owners=(own,))
    assert (good.control, good.binding) == (Control.CONTROLS, Binding.ASSERTED)
    for owners in (("0x" + "aa" * 32,), (own, own)):
        bad = judged("aptos", account, ed_sign(SIGNER), script=PUBLIC.hex(), owners=owners)
        assert refused(bad)
    broken = judged("aptos", account, ed_sign(SIGNER), script=PUBLIC.hex(), owners=("x",))
    assert broken.control is Control.MISMATCH
    assert broken.reason.startswith("owner 1: ")


def test_every_format_is_in_one_table_only() -> None:
    assert not NAMED & set(KEY_FIXES_ADDRESS)
    assert set(KEY_FIXES_ADDRESS) >= ADDRESS_IS_KEY
