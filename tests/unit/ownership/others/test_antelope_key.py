"""Antelope rows: key and signature texts, one key and two."""

from __future__ import annotations

import json

import pytest
from coincurve import PrivateKey
from coincurve._libsecp256k1 import ffi
from support.signed_rows import antelope_key, antelope_sign, antelope_text, claim, key

from scanner.model.addresses import base58
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, single
from scanner.ownership.judge import judge
from scanner.ownership.others.antelope_key import read_keys
from scanner.ownership.primitives.hashes import ripemd160
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
A, B = key(1), key(2)
OF_WALLETS = (
    (
        "These are the reserves of Example Exchange",
        "EOS7kaiswGDgcNvcsyh4z71zbskDBBDKzsaT71YKgkYwPufNBpFZv",
        "SIG_K1_KcXGyjKS7tTkrTbgZLENGMmmGfk3bjc6XJuWTitzWZkwRxPjE3cYaVnyEWvutU67wjQbx4y3syaPgopMG69q8XhkLdH2bs",
    ),
    (
        "Ünïcode ✓",
        "EOS7KoEBHgSzmhLdH1UpMMzPiCHkcTMb21fs1vcvuEfmYJWGRw2uH",
        "SIG_K1_KkmGAe4LMnbSXTFM3y6ghDqewzVXKSfG7LY92rkbjSBzcNf2PFjygLLF95Vo9ipZTodv7YhFW2JYya3j94NsBps8dEQXjA",
    ),
)
"""Text, key and signature of the text alone, made by eosjs-ecc 4.0.7 (`sign`, `privateToPublic`)."""


def judged(*signatures: str, script: str, account: str = "okbwallet1tr") -> ControlResult:
    return judge(claim("vaulta", account, *signatures, script=script), REGISTRY)


def both(*keys: str) -> str:
    return json.dumps({f"publicKey{n}": k for n, k in enumerate(keys, 1)})


def new_form(number: int) -> str:
    data = key(number).public_key.format()
    return "PUB_K1_" + base58.encode(data + ripemd160(data + b"K1")[:4])


def test_the_account_is_never_bound() -> None:
    for account in ("okbwallet1tr", "eosio"):
        result = judged(antelope_sign(A), script=antelope_key(A), account=account)
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
        assert "compare them with its permissions" in result.reason


def test_both_spellings_of_a_key() -> None:
    assert read_keys(antelope_key(A)) == read_keys(new_form(1)) == (A.public_key.format(),)
    assert judged(antelope_sign(A), script=new_form(1)).control is Control.CONTROLS


def test_two_keys_need_two_signatures_in_any_order() -> None:
    script = both(antelope_key(A), antelope_key(B))
    for signatures in ((antelope_sign(A), antelope_sign(B)), (antelope_sign(B), antelope_sign(A))):
        result = judged(*signatures, script=script)
        assert (result.control, result.required, len(result.signed_by)) == (Control.CONTROLS, 2, 2)
    fewer = judged(antelope_sign(A), script=script)
    assert fewer.control is Control.UNSUPPORTED, "one of two may be enough"
    assert "1 of the 2 published keys" in fewer.reason
    again = judged(antelope_sign(A), antelope_sign(A), script=script)
    assert again.control is Control.MISMATCH
    twice = both(antelope_key(A), new_form(1))
    assert judged(antelope_sign(A), antelope_sign(A), script=twice).control is Control.MISMATCH


@pytest.mark.parametrize(
    "script",
    [
        "",
        "EOS",
        "EOS" + "1" * 50,
        antelope_key(A)[:-1],
        antelope_key(A).lower(),
        new_form(1).replace("PUB_K1_", "PUB_R1_"),
        A.public_key.format().hex()[2:],
        "{}",
        "{",
        "[" * 10_000,
        '{"publicKey1": 1}',
        both(antelope_key(A), "x"),
        "EOS" + base58.encode(b"\2" * 33 + ripemd160(b"\2" * 33)[:4])[:-1],
    ],
)
def test_a_key_column_that_holds_no_key(script: str) -> None:
    result = judged(antelope_sign(A), script=script)
    assert result.control in (Control.MALFORMED, Control.UNSUPPORTED)


def test_signature_texts_are_read_strictly() -> None:
    good = antelope_sign(A)
    for text in (good[7:], good.lower(), good[:-1], good + "1", "SIG_R1_" + good[7:], "SIG_K1_"):
        assert judged(text, script=antelope_key(A)).control is Control.MALFORMED, text


@pytest.mark.parametrize(("text", "public", "signature"), OF_WALLETS)
def test_what_wallets_sign_is_the_text_alone(text: str, public: str, signature: str) -> None:
    row = claim("vaulta", "okbwallet1tr", signature, message=text, script=public)
    assert judge(row, REGISTRY).control is Control.CONTROLS
    for other in (row._replace(message=text + "."), row._replace(script=antelope_key(A))):
        assert judge(other, REGISTRY).control is not Control.CONTROLS
    held = KeyPolicy((way(public),), 7)
    assert judge(row, REGISTRY, keys=lambda _: held).binding is Binding.ON_CHAIN
    unnamed = judge(row._replace(script=""), REGISTRY, keys=lambda _: held)
    assert unnamed.binding is Binding.ON_CHAIN
    theirs = KeyPolicy((way(antelope_key(A)),), 7)
    assert judge(row, REGISTRY, keys=lambda _: theirs).control is Control.MISMATCH


@pytest.mark.parametrize("text", ["reserves\0", "\x1b[2J reserves", "a" * 65_537])
def test_bytes_that_may_be_something_else_are_no_text_alone(text: str) -> None:
    for made, is_read in ((alone(A, text), False), (antelope_sign(A, text), True)):
        row = claim("vaulta", "x", made, message=text, script=antelope_key(A))
        assert (judge(row, REGISTRY).control is Control.CONTROLS) is is_read


def alone(signer: PrivateKey, text: str) -> str:
    """A signature of the text without an envelope."""
    for extra in range(256):
        nonce = ffi.NULL, ffi.new("unsigned char[32]", bytes((extra,)) * 32)
        made = signer.sign_recoverable(text.encode(), custom_nonce=nonce)
        if not (made[0] | made[32]) & 0x80:
            return antelope_text(bytes((made[64] + 31,)) + made[:64])
    raise AssertionError("256 signatures and none is canonical")


def test_each_key_may_sign_in_its_own_form() -> None:
    text, public, signature = OF_WALLETS[0]
    mixed = (signature, antelope_sign(A, text))
    row = claim("vaulta", "x", *mixed, message=text, script=both(public, antelope_key(A)))
    found = judge(row, REGISTRY)
    assert (found.control, len(found.signed_by)) == (Control.CONTROLS, 2)
    twice = both(public, antelope_key(B))
    again = claim("vaulta", "x", signature, signature, message=text, script=twice)
    assert judge(again, REGISTRY).control is Control.MISMATCH


def way(public: str) -> Way:
    (data,) = read_keys(public) or ()
    return single("active", PolicyKey(KeyKind.SECP256K1, data))


HELD = "EOS7P1gRhxzYSGyFujaJTDEkSY1jAh7dkURxidbrJUAMPLpUc1wtv"
OF_OTHER_FORMS = (
    "SIG_K1_K3f5APMMND5PkmWX4AzVgYhqUZpHMsppS5ehvaDa5u3eeGYe7q7hFAi2v5HE5bHD7cfpWqNokTmiJH85UMhUnWR2ois3dQ",
    "Acme\u00a0Ltd\u200b",
    "SIG_K1_K2Y54QJEQRcFWyo5vitz8UfrooXht9FS6mzHFc7kAivaV7Rx2GQGkVA7fGVW9fVEeEW7Sw9kxzXFPuhTySvxEsArCw8xcP",
)
"""By this key: a signature over the hash of the hash in hex (Scatter's isHash), as eosjs-ecc 4.0.7
makes it; a text with characters that no screen shows, and @wharfkit/antelope 1.2.0's signature of it.
"""


def test_a_form_that_is_not_read_is_not_false_once_the_account_is_asked() -> None:
    held, theirs = KeyPolicy((way(HELD),), 7), KeyPolicy((way(antelope_key(A)),), 7)
    row = claim("vaulta", "acmeexchange", OF_OTHER_FORMS[0], script=HELD)
    for one in (row, row._replace(script="")):
        for policy in (held, theirs):
            found = judge(one, REGISTRY, keys=lambda _, p=policy: p)
            assert found.control is Control.UNSUPPORTED
            assert "no form that is read (OKX's envelope, the text alone)" in found.reason
    _, text, made = OF_OTHER_FORMS
    unseen = claim("vaulta", "acmeexchange", made, message=text, script=HELD)
    assert judge(unseen, REGISTRY, keys=lambda _: held).binding is Binding.ON_CHAIN
    assert judge(unseen, REGISTRY, keys=lambda _: theirs).control is Control.MISMATCH
