"""65-byte message signatures: vectors, every network and address type, and what must not pass."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path

import pytest
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    NETWORKS,
    Key,
    address_of,
    hash160,
    keys,
    multisig,
    proof,
)
from support.signed_rows import claim

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, Control
from scanner.ownership.bitcoin.bitcoin_message import DEFAULT_POLICIES, BitcoinMessage, has_segwit
from scanner.ownership.interface import Proof
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

VECTORS = Path(__file__).parents[3] / "vectors" / "bitcoin_message" / "vectors.json"
LEGACY = [
    v for v in json.loads(VECTORS.read_text())["vectors"] if v["scheme"] in ("legacy", "bip137")
]
TEST_NET = replace(BITCOIN, address_codec="base58check:p2pkh=6f,p2sh=c4|segwit:tb|segwit:bcrt")
UTXO = [n for n in NETWORKS.values() if n.kind == "utxo"]
KEY, OTHER = Key("owner"), Key("somebody else")
MEMBERS = keys(5, "member")
verify = BitcoinMessage().verify


def network_of(vector: dict[str, str]):
    return BITCOIN if vector["network"] == "mainnet" else TEST_NET


def proof_of(vector: dict[str, str]) -> Proof:
    network = network_of(vector)
    address = decode_address(network, vector["address"])
    return Proof(network, address, vector["message"], (vector["signature"],))


def test_all_vectors_are_here() -> None:
    assert (len(LEGACY), sum(v["expect"] == "valid" for v in LEGACY)) == (61, 28)


@pytest.mark.parametrize("vector", LEGACY, ids=lambda v: f"{v['address'][:12]}-{v['note'][:30]}")
def test_vector(vector: dict[str, str]) -> None:
    result = verify(proof_of(vector))
    if vector["expect"] == "policy":
        assert (result.control is Control.CONTROLS) == (POLICY_OF[vector["note"][:8]] == "electrum")
        assert "Electrum" in result.reason or result.control is not Control.CONTROLS
    else:
        assert (result.control is Control.CONTROLS) == (vector["expect"] == "valid"), result
    assert (result.binding is Binding.DERIVED) == (result.control is Control.CONTROLS)
    assert result.reason or result.control is Control.CONTROLS


# Which named policy accepts the `policy` vectors, by the beginning of their note.
POLICY_OF = {
    "p2sh-p2w": "electrum",
    "p2wpkh s": "electrum",
    "Electrum": "electrum",
    "NFKD mes": "nfc",
}


@pytest.mark.parametrize("vector", [v for v in LEGACY if v["expect"] == "policy"], ids=str)
def test_policy_vector_is_accepted_by_its_named_policy_only(vector: dict[str, str]) -> None:
    named = POLICY_OF[vector["note"][:8]]
    without = [p for p in (*DEFAULT_POLICIES, "nfc") if p != named]
    given = proof_of(vector)
    assert BitcoinMessage(["classic", named]).verify(given).control is Control.CONTROLS
    refused = Control.UNSUPPORTED if named == "electrum" else Control.MISMATCH
    assert BitcoinMessage(without).verify(given).control is refused


SINGLE = {  # kind -> first header byte of the form BIP-137 gives it
    "p2pkh": 31,
    "p2pkh-uncompressed": 27,
    "p2sh_p2wpkh": 35,
    "p2wpkh": 39,
}


def single(network, kind: str, key: Key = KEY) -> str:
    data = key.uncompressed if kind.endswith("-uncompressed") else key.public
    return address_of(network, kind.partition("-")[0], data)


@pytest.mark.parametrize("network", UTXO, ids=lambda n: n.name)
@pytest.mark.parametrize("kind", SINGLE)
def test_one_key_on_every_network(network, kind: str) -> None:
    if "p2wpkh" in kind and not has_segwit(network):
        return
    address = single(network, kind)
    good = KEY.message(network, MESSAGE, SINGLE[kind])
    result = verify(proof(network, address, [good]))
    assert (result.control, result.required, result.reason) == (Control.CONTROLS, 1, "")
    public = KEY.uncompressed if kind.endswith("-uncompressed") else KEY.public
    assert result.signed_by == (public.hex(),)
    assert verify(proof(network, address, [good, good])).control is Control.CONTROLS

    wrong = {
        "another text": proof(network, address, [good], MESSAGE + " "),
        "another key": proof(network, address, [OTHER.message(network, MESSAGE, SINGLE[kind])]),
        "another key beside": proof(
            network, address, [good, OTHER.message(network, MESSAGE, SINGLE[kind])]
        ),
        "another address": proof(network, single(network, kind, OTHER), [good]),
    }
    for why, given in wrong.items():
        assert verify(given).control is Control.MISMATCH, why


@pytest.mark.parametrize("network", UTXO, ids=lambda n: n.name)
def test_another_networks_message_header_does_not_pass(network) -> None:
    for other in UTXO:
        if other.message_header != network.message_header:
            given = KEY.message(other, MESSAGE, 31)
            result = verify(proof(network, single(network, "p2pkh"), [given]))
            assert result.control is Control.MISMATCH


def test_high_s_passes_as_in_bitcoind() -> None:
    given = KEY.message(BITCOIN, MESSAGE, 31, high_s=True)
    assert verify(proof(BITCOIN, single(BITCOIN, "p2pkh"), [given])).control is Control.CONTROLS


@pytest.mark.parametrize("kind", SINGLE)
@pytest.mark.parametrize("first", [27, 31, 35, 39])
def test_header_against_address_type(kind: str, first: int) -> None:
    given = proof(BITCOIN, single(BITCOIN, kind), [KEY.message(BITCOIN, MESSAGE, first)])
    result = verify(given)
    strict = BitcoinMessage(["classic", "bip137"]).verify(given)
    if first == SINGLE[kind]:
        assert result.control is strict.control is Control.CONTROLS
    elif first == 31 and "wpkh" in kind:
        assert (result.control, strict.control) == (Control.CONTROLS, Control.UNSUPPORTED)
        assert "Electrum" in result.reason
        assert f"the address is {kind}" in strict.reason
    else:
        assert result.control is strict.control is Control.UNSUPPORTED
    if first != SINGLE[kind]:
        assert "but the address's key signed this text" in strict.reason
        others = given._replace(address=decode_address(BITCOIN, single(BITCOIN, kind, OTHER)))
        assert BitcoinMessage(["classic", "bip137"]).verify(others).control is Control.MISMATCH


@pytest.mark.parametrize("kind", SINGLE)
def test_the_addresss_key_in_an_order_or_alphabet_that_is_not_read(kind: str) -> None:
    """Libraries write r, s, v, or hex with 0x, which is OKX's form: not good, and not false."""
    address = single(BITCOIN, kind)
    found = set()
    for number in range(40):  # the last byte of some is a v of OKX's form by chance
        text = f"{MESSAGE} {number}"
        data = base64.b64decode(KEY.message(BITCOIN, text, SINGLE[kind]))
        for written in ("0x" + data.hex(), "0x" + (data[1:] + data[:1]).hex(), data.hex()):
            given = proof(BITCOIN, address, [written])._replace(message=text)
            result = verify(given)
            found.add(result.control)
            other = verify(given._replace(message=text + "."))
            assert other.control in (Control.MISMATCH, Control.MALFORMED)
    assert found == {Control.UNSUPPORTED}
    web = base64.urlsafe_b64encode(data).decode()
    given = proof(BITCOIN, address, [web])._replace(message=text)
    assert verify(given).control is Control.CONTROLS, web


@pytest.mark.parametrize("kind", ["p2pkh", "p2wpkh", "p2sh_p2wpkh"])
def test_okx_envelope(kind: str) -> None:
    for first in (0, 27, 31):
        given = proof(BITCOIN, single(BITCOIN, kind), [KEY.okx(MESSAGE, first)])
        result = verify(given)
        assert result.control is Control.CONTROLS
        assert "OKX" in result.reason
        assert verify(given._replace(message="other")).control is Control.MISMATCH
    # an Ethereum-style signature over anything else is nobody's
    assert verify(proof(BITCOIN, single(BITCOIN, kind), [OTHER.okx(MESSAGE)])).control is (
        Control.MISMATCH
    )


SCRIPTS = {
    "2-of-3": multisig(2, [k.public for k in MEMBERS[:3]]),
    "1-of-1": multisig(1, [MEMBERS[0].public]),
    "3-of-5": multisig(3, [k.public for k in MEMBERS]),
}


def signatures(network, signers: list[Key], message: str = MESSAGE) -> list[str]:
    return [k.message(network, message, 31) for k in signers]


@pytest.mark.parametrize("network", UTXO, ids=lambda n: n.name)
@pytest.mark.parametrize("kind", ["p2sh", "p2wsh", "p2sh_p2wsh"])
@pytest.mark.parametrize("name", SCRIPTS)
def test_multisig_on_every_network(network, kind: str, name: str) -> None:
    script = SCRIPTS[name]
    required = int(name[0])
    if kind != "p2sh" and not has_segwit(network):
        return
    address = address_of(network, kind, script)

    def judge(signers: list[Key], **changes):
        given = proof(network, address, signatures(network, signers), script=script.hex())
        return verify(given._replace(**changes))

    enough = MEMBERS[:required]
    result = judge(enough)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)
    assert result.required == required
    assert result.signed_by == tuple(k.public.hex() for k in enough)
    assert judge(enough[::-1]).control is Control.CONTROLS, "columns in any order"
    assert judge([*enough, *enough]).required == required

    missing = judge(enough[:-1]) if required > 1 else judge([OTHER])
    assert (missing.control, missing.required) == (Control.MISMATCH, required)
    again = judge([*enough[:-1], *enough[:-1], *enough[:-1]])
    assert again.control is (Control.MISMATCH if required > 1 else Control.UNSIGNED)
    assert len(again.signed_by) == required - 1, "one key signing again is one key"
    outside = judge([*enough, OTHER])
    assert (outside.control, outside.required) == (Control.MISMATCH, required)
    assert judge(enough, message="other").control is Control.MISMATCH
    other_script = multisig(1, [OTHER.public])
    assert judge(enough, script=other_script.hex()).control is Control.MISMATCH
    assert judge([OTHER], script=other_script.hex()).control is Control.MISMATCH
    assert judge(enough, script="").control is not Control.CONTROLS
    assert judge(enough, script=script.hex()[:-2]).control is not Control.CONTROLS
    assert judge(enough, script="zz").control is Control.MALFORMED


def test_multisig_of_uncompressed_keys() -> None:
    script = multisig(2, [MEMBERS[0].uncompressed, MEMBERS[1].public])
    address = address_of(BITCOIN, "p2sh", script)
    good = [MEMBERS[0].message(BITCOIN, MESSAGE, 27), MEMBERS[1].message(BITCOIN, MESSAGE, 31)]
    assert verify(proof(BITCOIN, address, good, script=script.hex())).control is Control.CONTROLS
    wrong_form = [MEMBERS[0].message(BITCOIN, MESSAGE, 31), good[1]]
    assert verify(proof(BITCOIN, address, wrong_form, script=script.hex())).control is (
        Control.UNSUPPORTED
    )


def test_one_key_in_two_spellings_is_not_two_keys() -> None:
    script = multisig(2, [KEY.public, KEY.uncompressed])
    address = address_of(BITCOIN, "p2sh", script)
    both = [KEY.message(BITCOIN, MESSAGE, 31), KEY.message(BITCOIN, MESSAGE, 27)]
    result = verify(proof(BITCOIN, address, both, script=script.hex()))
    assert result.control is Control.UNSUPPORTED
    assert "more than once" in result.reason


@pytest.mark.parametrize("network", [n for n in UTXO if not has_segwit(n)], ids=lambda n: n.name)
def test_nested_witness_forms_are_anyones_money_without_segwit(network) -> None:
    one = verify(
        proof(
            network,
            address_of(network, "p2sh_p2wpkh", KEY.public),
            [KEY.message(network, MESSAGE, 35)],
        )
    )
    script = SCRIPTS["2-of-3"]
    many = verify(
        proof(
            network,
            address_of(network, "p2sh_p2wsh", script),
            signatures(network, MEMBERS[:2]),
            script=script.hex(),
        )
    )
    assert one.control is many.control is Control.UNSUPPORTED


def test_a_script_that_is_no_multisig_is_undecided() -> None:
    script = b"\x51"  # OP_TRUE
    given = proof(
        BITCOIN,
        address_of(BITCOIN, "p2wsh", script),
        signatures(BITCOIN, [KEY]),
        script=script.hex(),
    )
    assert verify(given).control is Control.UNSUPPORTED


@pytest.mark.parametrize("kind", ["p2pkh", "p2wpkh", "p2sh_p2wpkh"])
def test_script_column_of_a_one_key_row(kind: str) -> None:
    address = single(BITCOIN, kind)
    output = script_pubkey(decode_address(BITCOIN, address)).hex()
    good = KEY.message(BITCOIN, MESSAGE, SINGLE[kind])
    for fits in ("", output, "0x" + output, KEY.public.hex(), KEY.uncompressed.hex()):
        assert verify(proof(BITCOIN, address, [good], script=fits)).control is Control.CONTROLS, (
            fits
        )
    redeem = "0014" + hash160(KEY.public).hex()
    nested = verify(proof(BITCOIN, address, [good], script=redeem)).control
    assert nested is (Control.MISMATCH if kind == "p2pkh" else Control.CONTROLS)
    for wrong in (OTHER.public.hex(), output[:-4] + "88ad", "76a914" + "00" * 20 + "88ac", "00"):
        assert verify(proof(BITCOIN, address, [good], script=wrong)).control is Control.MISMATCH, (
            wrong
        )
    for broken in ("0", "zz", "76a9 14", output + "0"):
        assert verify(proof(BITCOIN, address, [good], script=broken)).control is Control.MALFORMED


GOOD = KEY.message(BITCOIN, MESSAGE, 31)
RAW = base64.b64decode(GOOD)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "\\N",
        "=",
        GOOD[:-1],
        GOOD[:-4],
        GOOD + "=",
        GOOD + "\n",
        " " + GOOD,
        GOOD[:40] + "\n" + GOOD[40:],
        GOOD[:-2] + chr(ord(GOOD[-2]) + 1) + "=",  # bits that base64 would throw away
        GOOD.replace(GOOD[5], "é"),
        base64.b64encode(RAW[:64]).decode(),
        base64.b64encode(RAW + b"\0").decode(),
        base64.b64encode(b"\x1a" + RAW[1:]).decode(),
        base64.b64encode(b"\x2b" + RAW[1:]).decode(),
        "0x",
        "0x" + RAW[1:].hex(),
        "0x" + RAW[1:].hex() + "1a",
        "0x" + RAW[1:].hex() + "23",
        "0x" + RAW[1:].hex() + "1b1b",
        "0x" + RAW[1:].hex()[:-1] + " 1b",
        "A" * 1_000_000,
        "0x" + "00" * 1_000_000,
    ],
)
def test_malformed_signatures(text: str) -> None:
    litecoin = NETWORKS["litecoin"]
    for network in (BITCOIN, litecoin):
        given = proof(network, single(network, "p2pkh"), [text])
        result = verify(given)
        assert result.control is Control.MALFORMED
        assert len(result.reason) < 200
        beside = proof(network, single(network, "p2pkh"), [KEY.message(network, MESSAGE, 31), text])
        assert verify(beside).control is Control.MALFORMED


def test_no_signature_is_unsigned() -> None:
    assert verify(proof(BITCOIN, single(BITCOIN, "p2pkh"), [])).control is Control.UNSIGNED


def test_too_many_signatures_and_too_long_messages_are_refused() -> None:
    address = single(BITCOIN, "p2pkh")
    assert verify(proof(BITCOIN, address, [GOOD] * 21)).control is Control.MALFORMED
    assert verify(proof(BITCOIN, address, [GOOD], "x" * 65_537)).control is Control.MALFORMED


def test_text_without_utf8_form_is_malformed() -> None:
    address = single(BITCOIN, "p2pkh")
    assert verify(proof(BITCOIN, address, [GOOD], "\ud800")).control is Control.MALFORMED
    okx = KEY.okx(MESSAGE)
    assert verify(proof(BITCOIN, address, [okx], "\ud800")).control is Control.MALFORMED


@pytest.mark.parametrize("text", ["bc1pfeessrawgf", "bc1p" + "x" * 0 + "0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0", "BC1SW50QGDZ25J"])  # fmt: skip
def test_address_types_without_this_signature(text: str) -> None:
    result = verify(proof(BITCOIN, text, [GOOD]))
    assert (result.control, result.scheme) == (Control.UNSUPPORTED, "bitcoin_message")


def test_which_rows_are_its_own() -> None:
    scheme = BitcoinMessage()
    p2pkh = single(BITCOIN, "p2pkh")
    assert scheme.handles(proof(BITCOIN, p2pkh, [GOOD]))
    assert scheme.handles(proof(BITCOIN, p2pkh, [KEY.okx(MESSAGE)]))
    assert not scheme.handles(proof(BITCOIN, p2pkh, ["smp" + GOOD]))
    assert not scheme.handles(proof(BITCOIN, p2pkh, ["null"])), "left to bip322"
    litecoin = NETWORKS["litecoin"]
    assert scheme.handles(proof(litecoin, single(litecoin, "p2pkh"), ["null"])), "nobody else's"
    assert not scheme.handles(proof(NETWORKS["tron"], "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", [GOOD]))


def test_the_reason_of_hex_that_is_no_signature_is_about_hex() -> None:
    for kind in SINGLE:
        address = single(BITCOIN, kind)
        given = claim("bitcoin", address, "0x" + "7f" * 65)
        result = judge(given, load_registry())
        assert result.control is Control.MALFORMED
        assert "v = 127" in result.reason
