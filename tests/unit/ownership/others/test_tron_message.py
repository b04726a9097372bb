"""Tron rows in both forms."""

from __future__ import annotations

import pytest
from support.signed_rows import MESSAGE, claim, evm_sign, high_s, key, refused, tron_address

from scanner.model.addresses.tron import TronCodec
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted
from scanner.ownership.judge import judge
from scanner.ownership.key_policy import NOT_ASKED
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.recovery import recover_account
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER = key(1)
FORMS = (envelopes.tip191_hash, envelopes.tip191_text)


def judged(*signatures: str, address: str = "", **more: object) -> ControlResult:
    return judge(claim("tron", address or tron_address(SIGNER), *signatures, **more), REGISTRY)


@pytest.mark.parametrize("form", FORMS)
def test_both_forms(form: object) -> None:
    result = judged(evm_sign(SIGNER, MESSAGE, form))  # type: ignore[arg-type]
    assert result.shows_control
    assert result.signed_by == (tron_address(SIGNER),)
    assert result.reason == NOT_ASKED


def test_the_length_counts_bytes_and_not_letters() -> None:
    message = "Grüße €"
    data = message.encode()
    assert envelopes.tip191_text(data) == envelopes.keccak256(
        b"\x19TRON Signed Message:\n" + str(len(data)).encode() + data
    )
    assert judged(evm_sign(SIGNER, message, envelopes.tip191_text), message=message).shows_control


def test_other_networks_forms_and_other_spellings() -> None:
    for form in (envelopes.eip191_hash, envelopes.eip191_text, envelopes.okx_keccak):
        result = judged(evm_sign(SIGNER, MESSAGE, form))
        assert refused(result)
        assert tron_address(SIGNER) not in result.reason
    good = evm_sign(SIGNER, MESSAGE, envelopes.tip191_hash)
    assert judged(good[:-2]).control is Control.MALFORMED  # EIP-2098 is Ethereum's
    assert judged(good[2:]).shows_control
    assert "upper half" in judged(high_s(good)).reason


def test_an_address_in_another_case_is_another_text_and_malformed() -> None:
    good = evm_sign(SIGNER, MESSAGE, envelopes.tip191_hash)
    for text in (tron_address(SIGNER).lower(), tron_address(SIGNER).swapcase()):
        assert judged(good, address=text).control is Control.MALFORMED


def test_owners_of_tron_accounts_sign_for_nobody() -> None:
    result = judged(
        evm_sign(key(2), MESSAGE, envelopes.tip191_hash), owners=(tron_address(key(2)),)
    )
    assert refused(result)
    assert "owners" in result.reason


def allowed(threshold: int, *accounts: bytes) -> KeyPolicy:
    members = tuple(Weighted(PolicyKey(KeyKind.ACCOUNT, a)) for a in accounts)
    return KeyPolicy((Way("owner permission", members, threshold),), 70)


def account(number: int) -> bytes:
    return TronCodec("tron", "").decode(tron_address(key(number))).payload


def in_snapshot(of: KeyPolicy, *signatures: str) -> ControlResult:
    row = claim("tron", tron_address(key(9)), *signatures)
    return judge(row, REGISTRY, keys=lambda _: of)


def test_one_signature_is_one_signer_in_whatever_form_it_is_read() -> None:
    """The other form's key is nobody's: a permission that names it is no permission of two."""
    signed = evm_sign(SIGNER, MESSAGE, envelopes.tip191_text)
    data = bytes.fromhex(signed.removeprefix("0x"))
    digest = envelopes.tip191_hash(MESSAGE.encode())
    nobody = recover_account(digest, data[:64], data[64] - 27)
    assert nobody is not None
    result = in_snapshot(allowed(2, account(1), nobody), signed)
    assert (result.control, result.signed_by) == (Control.MISMATCH, ())
    assert in_snapshot(allowed(1, account(1)), signed).binding is Binding.ON_CHAIN


def test_every_signature_of_a_row_is_the_accounts_or_none_counts() -> None:
    mine, others = (
        evm_sign(key(1), MESSAGE, envelopes.tip191_text),
        evm_sign(key(2), "another text", envelopes.tip191_text),
    )
    assert in_snapshot(allowed(1, account(1)), mine).binding is Binding.ON_CHAIN
    assert refused(in_snapshot(allowed(1, account(1)), mine, others))
    both = [evm_sign(key(n), MESSAGE, envelopes.tip191_hash) for n in (1, 2)]
    assert in_snapshot(allowed(2, account(1), account(2)), *both).binding is Binding.ON_CHAIN
    mixed = mine, evm_sign(key(2), MESSAGE, envelopes.tip191_hash)
    assert in_snapshot(allowed(2, account(1), account(2)), *mixed).binding is Binding.ON_CHAIN


def test_six_signers_of_one_form_are_read_in_that_form() -> None:
    """There are more readings than are tried; those of one form throughout are the first."""
    message = "0x" + b"proof of reserves".hex()
    signed = [evm_sign(key(n), message, envelopes.tip191_text) for n in range(1, 7)]
    row = claim("tron", tron_address(key(9)), *signed, message=message)
    of = allowed(6, *(account(n) for n in range(1, 7)))
    assert judge(row, REGISTRY, keys=lambda _: of).binding is Binding.ON_CHAIN


def test_the_first_sign_message_of_wallets() -> None:
    """`Trx.signString` of tronweb 6: the text in hex, behind the length 32 whatever its length."""
    address = "TWYSVbUy6eTu6ZrFWRUimgDy9SinkggVKL"
    text = "I am an exchange address, block 900000"
    made = (
        "0x2985508548bca559485dcd69609139a66bd5d294e5d366e14cde7cf8cb8eff6c"
        "34d291f996327b356041b7f5c88ad0685220e6387cd19692464aa4bc67d4c4551c"
    )
    result = judged(made, address=address, message=text)
    assert result.shows_control
    assert "first signMessage" in result.reason
    assert not judged(made, address=address, message=text + "x").shows_control
    first = evm_sign(SIGNER, MESSAGE, envelopes.tip191_first)
    assert in_snapshot(allowed(1, account(1)), first).binding is Binding.ON_CHAIN
    assert in_snapshot(allowed(1, account(2)), first).control is Control.UNSUPPORTED


def test_digits_of_a_length_are_no_digits_of_a_text() -> None:
    """A text of 3,215 bytes that was signed with its length is not the same text behind "15"."""
    text = "y" * 3_215
    made = evm_sign(SIGNER, text, envelopes.tip191_text)
    assert judged(made, message=text).shows_control
    assert envelopes.tip191_first(b"15" + text.encode()) == envelopes.tip191_text(text.encode())
    assert not judged(made, message="15" + text).shows_control


OF_TRONWEB = (
    (
        "12345 coins",
        "0x6811b29afc841d862e11a2b50fe6ff53385dbf2aaa149f8bab28008c27556c6c"
        "062a4393f7352234569e6428d419232b43f2772cb5eac94bfdf2f809029328001b",
        "the first signMessage was not tried: the text begins with a digit",
    ),
    (
        '{"types":{"EIP712Domain":[{"name":"name","type":"string"},{"name":"version","type":"string"},'
        '{"name":"chainId","type":"uint256"}],"Claim":[{"name":"exchange","type":"string"},'
        '{"name":"wallet","type":"address"}]},"primaryType":"Claim","domain":{"name":"Acme",'
        '"version":"1","chainId":728126428},"message":{"exchange":"Acme",'
        '"wallet":"TKv9S6YDojBDDAJxdjXj5mqjeNVLPXxyMd"}}',
        "0xd68e6ab71a77db654d9e20c2af61faac5afa01423a9f5e8affea4e61515aa6ab"
        "0788cb1429bbe15b716130acbbe825091a3f1a6503dee6a75cc92015a61180dc1c",
        "typed data (TIP-712) is not read: sign a text with signMessageV2",
    ),
    (
        "deadbeef",
        "0xa882d0a53d083fb96f466fce9b172aa72c499a91df917ed2dc94a74d9b649da3"
        "41707f6c45475e48f24a92cd8647511e3df4c089677887d727d0b0c364e51a241b",
        "TIP-191",
    ),
    (
        "I am an exchange address",
        "0x96ce3b1507bc7e6ddd4f922a3661f63f35a83243153d3fe0c3b76d01fd7f664b"
        "3e0b899c7153945b02d08d7a6c4ec155c5cc2fbdcc30557fa9722a653744bffc1b",
        "in another form",
    ),
)
"""Text, signature and what is said of it, all by one account. Made by tronweb 6.5.1: trx.sign of the
text in hex, _signTypedData, signMessageV2 of the bytes that a text spells, and Ethereum's header."""
HOLDER = "TKv9S6YDojBDDAJxdjXj5mqjeNVLPXxyMd"


@pytest.mark.parametrize(("text", "made", "says"), OF_TRONWEB)
def test_forms_that_are_not_read_are_not_false_once_the_account_is_asked(
    text: str, made: str, says: str
) -> None:
    row = claim("tron", HOLDER, made, message=text)
    offline = judge(row, REGISTRY)
    assert offline.control is Control.UNSUPPORTED
    assert says in offline.reason
    assert " is by T" not in offline.reason
    held = allowed(1, TronCodec("tron", "").decode(HOLDER).payload)
    asked = judge(row, REGISTRY, keys=lambda _: held)
    assert asked.control is Control.UNSUPPORTED
    assert "in another form" in says or says in asked.reason
    assert "gives a key which the account allows at block 70 (owner permission:" in asked.reason
