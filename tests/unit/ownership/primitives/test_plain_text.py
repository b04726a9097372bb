"""Texts without an envelope: every text that can be no transaction, and why another is not read."""

from __future__ import annotations

from hashlib import blake2b, sha3_256, sha256, sha512

import pytest
import sr25519
from support.signed_rows import antelope_key, antelope_text, claim, ed_key, key, sign

from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import RippleCodec, Ss58Codec
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.claim import Claim
from scanner.model.control import Control
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.ownership.judge import judge
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.ownership.primitives.plain_text import LONGEST_TEXT, plain_text, why_not_plain
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ED, SECP = ed_key(1), key(1)
PUBLIC = ED.verify_key.encode()
UNSEEN = {
    "no-break space": "Acme\u00a0Ltd owns this address",
    "narrow no-break space": "12\u202f000 coins of Acme",
    "ideographic space": "我们拥有\u3000这个地址",
    "joiner": "Acme \U0001f468\u200d\U0001f469\u200d\U0001f467",
    "emoji of Unicode 15": "Acme owns this \U0001fae8",
    "order mark": "\ufeffAcme owns this address",
    "line separator": "Acme\u2028owns this address",
}
CONTROL = "Acme\x07 is the owner of this address"


@pytest.mark.parametrize("text", UNSEEN.values(), ids=UNSEEN)
def test_what_no_screen_shows_is_text(text: str) -> None:
    assert plain_text(text) == text.encode()
    for row in rows(text):
        assert judge(row, REGISTRY).control is Control.CONTROLS, row.network


@pytest.mark.parametrize("text", ["\nAcme owns this address", "\r\nAcme", "\tAcme"])
def test_a_line_end_before_the_text(text: str) -> None:
    """Solana's transactions begin with a count, which may be one: nobody else's."""
    for row in rows(text):
        found = judge(row, REGISTRY)
        if row.network == "solana":
            assert found.control is Control.UNSUPPORTED
            assert "the text itself was not tried: a text that begins with a tab" in found.reason
        else:
            assert found.control is Control.CONTROLS, row.network


@pytest.mark.parametrize("network", ["solana", "polkadot", "aptos", "xrpl", "vaulta", "filecoin"])
@pytest.mark.parametrize(
    ("text", "why"),
    [
        (CONTROL, "a text with control characters, signed without an envelope, may be"),
        ("a" * (LONGEST_TEXT + 1), "is read up to 65,536 characters: sign a shorter one"),
        ("", "an empty text, signed without an envelope, says nothing"),
    ],
)
def test_the_reason_why_a_text_is_not_read_reaches_the_reader(
    network: str, text: str, why: str
) -> None:
    for row in rows(text):
        if row.network == network:
            found = judge(row, REGISTRY)
            assert found.control is Control.UNSUPPORTED
            assert why in found.reason
            alone = network == "xrpl" and not row.script.startswith("ED")
            assert ("was not tried: " in found.reason) is not alone
            assert "shorter" not in found.reason or len(text) > LONGEST_TEXT


def test_and_in_a_snapshot() -> None:
    policy = KeyPolicy((single("active", PolicyKey(KeyKind.ED25519, b"\1" * 32)),), 5)
    (row,) = (r for r in rows(CONTROL) if r.network == "vaulta")
    found = judge(row, REGISTRY, None, lambda _: policy)
    assert found.control is Control.UNSUPPORTED
    assert "no form that is read (OKX's envelope) gives a key" in found.reason
    assert "the text alone was not tried: a text with control characters" in found.reason


TRANSACTIONS = {  # network -> how what is signed for a transaction begins
    "aptos": sha3_256(b"APTOS::RawTransaction").digest(),
    "aptos, of several": sha3_256(b"APTOS::RawTransactionWithData").digest(),
    "filecoin": bytes.fromhex("0171a0e40220"),
    "polkadot's block 0": bytes.fromhex(
        "91b171bb158e2d3848fa23a9f1c25182fb8e20313b2c1eb49219da7a70ce90c3"
    ),
    "asset hub's block 0": bytes.fromhex(
        "68d56f15f85d3136970ec16946040bc1752654e906147f7e43e9d539d7c3de2f"
    ),
    "vaulta": bytes.fromhex("aca376f206b8fc25a6ed44dbdc66547c36c6c33e3a119ffbeaef943642f0e906"),
    "vaulta, the end": bytes(32),
    "xrpl": b"STX\0",
    "xrpl, of several": b"SMT\0",
    "xrpl, a channel": b"CLM\0",
}


@pytest.mark.parametrize("data", TRANSACTIONS.values(), ids=TRANSACTIONS)
def test_what_is_signed_for_a_transaction_is_no_text(data: bytes) -> None:
    try:
        text = (data + b"aaa").decode()
    except UnicodeDecodeError:
        return
    with pytest.raises(NotProvenError):
        plain_text(text)


@pytest.mark.parametrize("character", ["\0", "\x1b", "\x7f", "\x85", "\ud800"])
def test_controls_are_no_text(character: str) -> None:
    assert "control characters" in why_not_plain(f"a{character}b")


def test_an_envelope_holds_any_text() -> None:
    """<Bytes> and "APTOS" are what no transaction begins with: what follows may be anything."""
    for text in (*UNSEEN.values(), CONTROL, "\nAcme", ""):
        assert judge(polkadot(text, b"<Bytes>", b"</Bytes>"), REGISTRY).shows_control
        bare = judge(polkadot(text), REGISTRY)
        assert bare.shows_control is (not why_not_plain(text))
        assert judge(aptos(f"APTOS\nmessage: {text}\nnonce: 1"), REGISTRY).control is (
            Control.CONTROLS
        )
    wrapped = f"<Bytes>{CONTROL}</Bytes>"
    assert judge(polkadot(wrapped), REGISTRY).shows_control
    for text in (wrapped[1:], wrapped[:-1], "<Bytes/Bytes>\0"):
        assert not judge(polkadot(text), REGISTRY).shows_control


def rows(text: str) -> list[Claim]:
    """Rows of wallets that sign the text as it stands."""
    data, named = text.encode(), SECP.public_key.format()
    point = SECP.public_key.format(compressed=False)
    f1 = FilecoinCodec("filecoin", "").encode(1, blake2b(point, digest_size=20).digest())
    digest = blake2b(data, digest_size=32).digest()
    ecdsa = SECP.sign(sha512(data).digest()[:32], hasher=None).hex()
    ripple = RippleCodec("xrpl", "")
    return [
        claim("solana", base58.encode(PUBLIC), ED.sign(data).signature.hex(), message=text),
        polkadot(text),
        aptos(text),
        claim(
            "xrpl",
            ripple.encode(hash160(b"\xed" + PUBLIC)),
            ED.sign(data).signature.hex(),
            message=text,
            script="ED" + PUBLIC.hex(),
        ),
        claim("xrpl", ripple.encode(hash160(named)), ecdsa, message=text, script=named.hex()),
        claim("vaulta", "acmeexchange", antelope(data), message=text, script=antelope_key(SECP)),
        claim("filecoin", f1, sign(SECP, digest, base=0), message=text),
    ]


def polkadot(text: str, *tags: bytes) -> Claim:
    before, after = tags or (b"", b"")
    pair = sr25519.pair_from_seed(sha256(b"plain text").digest())
    made = bytes(sr25519.sign(pair, before + text.encode() + after)).hex()
    address = Ss58Codec("polkadot", "0").encode(bytes(pair[0]))
    return claim("polkadot", address, "0x" + made, message=text)


def aptos(text: str) -> Claim:
    address = "0x" + sha3_256(PUBLIC + b"\0").hexdigest()
    made = ED.sign(text.encode()).signature.hex()
    return claim("aptos", address, made, message=text, script=PUBLIC.hex())


def antelope(data: bytes) -> str:
    from coincurve._libsecp256k1 import ffi

    for extra in range(256):
        nonce = ffi.NULL, ffi.new("unsigned char[32]", bytes((extra,)) * 32)
        made = SECP.sign_recoverable(data, custom_nonce=nonce)
        if not (made[0] | made[32]) & 0x80:
            return antelope_text(bytes((made[64] + 31,)) + made[:64])
    raise AssertionError("256 signatures and none is canonical")
