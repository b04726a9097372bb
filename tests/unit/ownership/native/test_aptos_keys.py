"""Aptos accounts of keys of every kind and of several, as the chain's own library writes them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.signed_rows import claim

from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "aptos_keys" / "vectors.json"
VECTORS: dict[str, dict[str, Any]] = {v["kind"]: v for v in json.loads(FILE.read_text())}
GOOD = {  # kind -> how many signed, how many must
    "ed25519": (1, 1),
    "single ed25519": (1, 1),
    "single secp256k1": (1, 1),
    "single secp256k1, fullMessage": (1, 1),
    "multi ed25519, 2 of 3": (2, 2),
    "multi key, first and second": (2, 2),
    "multi key, second and third": (2, 2),
    "multi key, all": (3, 2),
    "multi key, ten": (2, 2),
    "multi key, keyless not signing": (1, 1),
}
SIGNED = {**GOOD, "multi key, too few": (0, 0), "multi key, one key twice": (0, 0)}
OTHER = "0x" + "ab" * 32
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def judged(vector: dict[str, Any], *signatures: str, script: str, **more: Any) -> ControlResult:
    given = {"address": vector["address"], "message": vector["message"]} | more
    address = given.pop("address")
    keys = given.pop("keys", None)
    row = claim("aptos", address, *signatures, script=script, **given)
    return judge(row, REGISTRY, None, keys)


def as_base64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text[2:])).decode()


def spellings(vector: dict[str, Any]) -> list[tuple[str, str]]:
    """Every pair of a signature and a key column that the library's user may publish."""
    keys = {vector["public_key"], vector["public_key_bcs"], vector["public_key"][2:]}
    made = {vector["signature"], vector["signature_bcs"]}
    pairs = [(s, k) for s in made for k in keys]
    pairs += [(as_base64(s), as_base64(k)) for s, k in pairs if k.startswith("0x")]
    whole = vector["authenticator"]
    return [*pairs, (whole, ""), (as_base64(whole), ""), (whole, vector["public_key"])]


def test_every_vector_is_expected() -> None:
    refused = [kind for kind, v in VECTORS.items() if "refused" in v]
    assert refused == ["multi key, too few", "multi key, all"]
    assert {kind for kind, v in VECTORS.items() if "refused" in v or kind in GOOD} <= set(SIGNED)


@pytest.mark.parametrize("kind", GOOD)
def test_what_the_library_signed(kind: str) -> None:
    vector = VECTORS[kind]
    signed, needed = GOOD[kind]
    for signature, key in spellings(vector):
        result = judged(vector, signature, script=key)
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED), result
        assert (len(result.signed_by), result.required) == (signed, needed)
        assert result.scheme == "aptos_text"


@pytest.mark.parametrize("kind", SIGNED)
def test_another_text_and_another_address(kind: str) -> None:
    vector = VECTORS[kind]
    for signature, key in spellings(vector):
        other_text = judged(vector, signature, script=key, message="another text")
        assert other_text.control is Control.UNSUPPORTED
        assert "fits no known form" in other_text.reason
        there = judged(vector, signature, script=key, address=OTHER)
        assert there.control is not Control.CONTROLS


@pytest.mark.parametrize("kind", SIGNED)
def test_any_changed_byte(kind: str) -> None:
    vector = VECTORS[kind]
    step = 1 if len(vector["authenticator"]) < 700 else 7
    whole = bytes.fromhex(vector["authenticator"][2:])
    for place in range(0, len(whole), step):
        for bit in (1, 0x80):
            spoilt = whole[:place] + bytes((whole[place] ^ bit,)) + whole[place + 1 :]
            assert not judged(vector, spoilt.hex(), script="").shows_control, place
    signature, key = vector["signature"], vector["public_key"]
    for text, of in ((signature, 0), (key, 1)):
        data = bytes.fromhex(text[2:])
        for place in range(0, len(data), step):
            spoilt = data[:place] + bytes((data[place] ^ 1,)) + data[place + 1 :]
            given = [signature, key]
            given[of] = spoilt.hex()
            assert not judged(vector, given[0], script=given[1]).shows_control, (of, place)


@pytest.mark.parametrize("kind", SIGNED)
def test_cut_and_lengthened(kind: str) -> None:
    vector = VECTORS[kind]
    signature, key, whole = (vector[n] for n in ("signature", "public_key", "authenticator"))
    for text in (
        signature + "00",
        signature[:-2],
        "0x00" + signature[2:],
        signature + signature[2:],
    ):
        assert judged(vector, text, script=key).control is not Control.CONTROLS
    for text in (whole + "00", whole[:-2], whole + whole[2:]):
        assert judged(vector, text, script="").control is not Control.CONTROLS
    for column in (key + "00", key[:-2], f"{key} {key}"):
        if kind.startswith("multi") or column != f"{key} {key}":  # one key twice is one key
            assert not judged(vector, signature, script=column).shows_control


def test_one_key_and_its_signature_as_they_stand() -> None:
    vector = VECTORS["single secp256k1"]
    key, made = vector["inner_key"], vector["inner_signature"]
    short = ("0x03" if int(key[-1], 16) % 2 else "0x02") + key[4:68]
    for column in (key, short, "secp256k1-pub-" + key, as_base64(key), vector["public_key"]):
        for signature in (made, made[2:], as_base64(made), vector["signature"]):
            result = judged(vector, signature, script=column)
            assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)
            assert result.signed_by == (short[2:],)
    data = bytes.fromhex(made[2:])
    high = data[:32] + (ORDER - int.from_bytes(data[32:])).to_bytes(32)
    assert judged(vector, high.hex(), script=key).control is Control.UNSUPPORTED
    ed = VECTORS["single ed25519"]
    assert judged(ed, ed["signature"], script=ed["public_key"][6:]).shows_control
    assert judged(ed, ed["signature"][6:], script=ed["public_key"]).shows_control
    marked = "0x01" + ed["signature"][4:]  # as if a secp256k1 key had made it
    assert judged(ed, marked, script=ed["public_key"]).control is Control.UNSUPPORTED


@pytest.mark.parametrize("kind", [k for k in GOOD if k.startswith("multi")])
def test_signatures_of_members_each_in_its_column(kind: str) -> None:
    """As they collect them by mail: the keys one by one or together, the signatures plain."""
    vector = VECTORS[kind]
    made = _members(vector)
    signed, needed = GOOD[kind]
    for signatures in (made, made[::-1]):
        result = judged(vector, *signatures, script=vector["public_key"])
        assert (result.control, len(result.signed_by)) == (Control.CONTROLS, signed), result
    one = judged(vector, made[0], script=vector["public_key"])
    assert one.control is (Control.CONTROLS if needed == 1 else Control.MISMATCH)
    twice = judged(vector, made[0], made[0], script=vector["public_key"])
    assert twice.control is one.control
    if needed > 1:
        assert "1 signed" in one.reason


def _members(vector: dict[str, Any]) -> list[str]:
    """The signatures inside one of several keys: 64 bytes each."""
    data = bytes.fromhex(vector["signature"][2:])
    if vector["kind"].startswith("multi ed25519"):
        return [data[n : n + 64].hex() for n in range(0, len(data) - 4, 64)]
    return [data[n + 2 : n + 66].hex() for n in range(1, len(data) - 5, 66)]


def _ed25519_column(vector: dict[str, Any]) -> str:
    """The keys one by one, where all are Ed25519's."""
    data = bytes.fromhex(vector["public_key"][2:])
    is_old = vector["kind"].startswith("multi ed25519")
    return " ".join(data[n : n + 32].hex() for n in range(0, len(data) - 1, 32)) if is_old else ""


def test_keys_one_by_one_in_the_accounts_order() -> None:
    vector = VECTORS["multi key, first and second"]
    data = bytes.fromhex(vector["public_key"][2:])
    keys = [data[1:35].hex(), data[35:102].hex(), data[102:136].hex()]
    for column in (" ".join(keys), ",".join((keys[0][4:], keys[1][4:], keys[2][4:]))):
        for signatures in ([vector["signature"]], _members(vector)):
            result = judged(vector, *signatures, script=column)
            assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED), result
            assert (len(result.signed_by), result.required) == (2, 2)
    for wrong in ([keys[1], keys[0], keys[2]], keys[:2], keys[:1], [*keys, keys[0]]):
        result = judged(vector, *_members(vector), script=" ".join(wrong))
        assert result.control is not Control.CONTROLS
    turned = judged(vector, *_members(vector), script=" ".join((keys[2], keys[1], keys[0])))
    assert turned.control is Control.UNSUPPORTED
    assert "only the chain can say" in turned.reason


def test_too_few_and_one_key_in_two_places() -> None:
    few = VECTORS["multi key, too few"]
    for signature, key in spellings(few):
        result = judged(few, signature, script=key)
        assert (result.control, result.required) == (Control.MISMATCH, 2)
        assert "1 signed" in result.reason
    twice = VECTORS["multi key, one key twice"]
    for signature, key in spellings(twice):
        result = judged(twice, signature, script=key)
        assert result.control is Control.UNSUPPORTED
        assert "counts here once" in result.reason


def test_one_that_fits_shows_that_another_is_false() -> None:
    vector = VECTORS["multi key, first and second"]
    data = bytearray.fromhex(vector["signature"][2:])
    data[80] ^= 1
    result = judged(vector, data.hex(), script=vector["public_key"])
    assert result.control is Control.MISMATCH
    assert "signature of key 2 is not by this key" in result.reason
    apart = judged(vector, _members(vector)[0], "11" * 64, script=vector["public_key"])
    assert apart.control is Control.MISMATCH
    assert "signature 2 is not by" in apart.reason


@pytest.mark.parametrize("kind", ["key: keyless", "key: federated keyless", "key: secp256r1"])
def test_keys_that_are_not_read_are_named(kind: str) -> None:
    vector = VECTORS[kind]
    result = judged(vector, "11" * 64, script=vector["public_key"])
    assert result.control is Control.UNSUPPORTED
    assert ("secp256r1 (WebAuthn)" if "r1" in kind else "keyless") in result.reason
    assert "move to an account of" in result.reason


def test_signatures_that_are_not_read_are_named() -> None:
    vector = VECTORS["WebAuthn"]
    for signature, key in spellings(vector):
        result = judged(vector, signature, script=key)
        assert result.control is Control.UNSUPPORTED
        assert "WebAuthn" in result.reason
    keyless = "0x030000" + "11" * 300
    result = judged(vector, keyless, script=VECTORS["key: keyless"]["public_key"])
    assert result.control is Control.UNSUPPORTED
    assert "keyless" in result.reason


def test_a_full_message_names_its_account_and_chain() -> None:
    vector = VECTORS["single secp256k1, fullMessage"]
    message = vector["message"].replace("chainId: 1", "chainId: 2")
    result = judged(vector, vector["signature"], script=vector["public_key"], message=message)
    assert (result.control, "another chain" in result.reason) == (Control.MISMATCH, True)
    result = judged(vector, vector["signature"], script=vector["public_key"], address=OTHER)
    assert (result.control, "not the row's" in result.reason) == (Control.MISMATCH, True)


def test_a_text_that_may_be_a_transaction() -> None:
    vector = VECTORS["single secp256k1"]
    for message in ("\0" * 32, "\x01\x02", "a\0b"):
        result = judged(vector, vector["signature"], script=vector["public_key"], message=message)
        assert result.control is Control.UNSUPPORTED


def test_whole_signatures_are_judged_one_by_one() -> None:
    multi, other = VECTORS["multi key, first and second"], VECTORS["multi key, second and third"]
    few, one = VECTORS["multi key, too few"], VECTORS["single secp256k1"]
    wholes = (multi["signature"], multi["authenticator"], other["authenticator"])
    for first in wholes:
        for second in wholes:
            both = judged(multi, first, second, script=multi["public_key"])
            assert (both.control, both.binding) == (Control.CONTROLS, Binding.DERIVED)
    for more, expected in (
        (few["authenticator"], Control.CONTROLS),  # of one member, whose signature is good
        (one["authenticator"], Control.MISMATCH),  # another account's
        (VECTORS["WebAuthn"]["authenticator"], Control.UNSUPPORTED),
        ("0x" + "11" * 70, Control.MALFORMED),
        (multi["authenticator"][:-2] + "07", Control.MALFORMED),
    ):
        for row in ((multi["authenticator"], more), (more, multi["authenticator"])):
            assert judged(multi, *row, script=multi["public_key"]).control is expected, more
    first, second = _members(multi)
    beside = judged(multi, multi["signature"], first, script=multi["public_key"])
    assert beside.control is Control.CONTROLS
    by_two = judged(few, few["signature"], first, script=few["public_key"])
    assert (by_two.control, len(by_two.signed_by)) == (Control.CONTROLS, 2)
    again = judged(few, few["signature"], second, script=few["public_key"])  # the same member's
    assert again.control is Control.MISMATCH
    many = [VECTORS[kind]["authenticator"] for kind in GOOD]
    result = judged(multi, *many, script="")
    assert result.control is Control.UNSUPPORTED
    assert "publish the account's one signature" in result.reason
    nobody = judged(multi, *wholes[:2], script=multi["public_key"], message="another text")
    assert nobody.control is Control.UNSUPPORTED
    assert nobody.reason.startswith("signature 1 fits no known form")


def test_whole_signatures_take_their_keys_from_themselves_or_from_the_column() -> None:
    multi = VECTORS["multi key, first and second"]
    alone = judged(multi, multi["signature"], script="")
    assert alone.control is Control.UNSUPPORTED
    assert "publish it in the key column" in alone.reason
    few = judged(multi, multi["signature"], script="11" * 32)
    assert few.control is Control.MALFORMED
    # An authenticator's own keys count, and not another's in the column.
    other = VECTORS["single secp256k1"]
    assert judged(other, multi["authenticator"], script=other["public_key"]).binding is Binding.NONE


def by_chain(vector: dict[str, Any], key: bytes, signature: str, script: str) -> ControlResult:
    way = single("authentication key", PolicyKey(KeyKind.ACCOUNT, key), hides=True)
    policy = KeyPolicy((way,), 7)
    return judged(vector, signature, script=script, address=OTHER, keys=lambda _: policy)


@pytest.mark.parametrize("kind", [k for k in SIGNED if "fullMessage" not in k])
def test_the_chain_names_the_account_of_these_keys(kind: str) -> None:
    """The account of another key was given these: what the chain says at the block counts."""
    vector = VECTORS[kind]
    key = decode_address(REGISTRY.network("aptos"), vector["address"]).payload
    for signature, script in spellings(vector):
        result = by_chain(vector, key, signature, script)
        if kind in GOOD:
            assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN), result
            assert len(result.signed_by) == GOOD[kind][1]  # as many as must
        else:
            expected = Control.UNSUPPORTED if "twice" in kind else Control.MISMATCH
            assert result.control is expected
        other = by_chain(vector, b"\x11" * 32, signature, script)
        assert other.control is Control.UNSUPPORTED
        assert "publish all keys" in other.reason


def test_the_chain_is_told_of_everybody_who_signed_whole() -> None:
    multi, other = VECTORS["multi key, first and second"], VECTORS["multi key, second and third"]
    key = decode_address(REGISTRY.network("aptos"), multi["address"]).payload
    way = single("authentication key", PolicyKey(KeyKind.ACCOUNT, key), hides=True)
    policy = KeyPolicy((way,), 7)
    given = {"script": "", "address": OTHER, "keys": lambda _: policy}
    both = judged(multi, multi["authenticator"], other["authenticator"], **given)
    assert (both.control, both.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    stranger = VECTORS["single secp256k1"]["authenticator"]  # of a member, over the same text
    assert judged(multi, multi["authenticator"], stranger, **given).shows_control
    spoilt = multi["authenticator"][:-20] + "00" * 5 + multi["authenticator"][-10:]
    assert not judged(multi, multi["authenticator"], spoilt, **given).shows_control


def test_the_chain_took_the_account_from_its_key() -> None:
    vector = VECTORS["single secp256k1"]
    rotated = PolicyKey(KeyKind.ACCOUNT, b"\x22" * 32)
    policy = KeyPolicy((single("authentication key", rotated),), 7)
    result = judged(vector, vector["signature"], script=vector["public_key"], keys=lambda _: policy)
    assert result.control is Control.MISMATCH


def test_an_authentication_key_that_the_row_names() -> None:
    vector = VECTORS["single secp256k1"]
    given = {"script": vector["public_key"], "address": OTHER}
    result = judged(vector, vector["signature"], owners=(vector["address"],), **given)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    other = judged(vector, vector["signature"], owners=("0x" + "cd" * 32,), **given)
    assert other.control is Control.MISMATCH
    for kind in ("multi ed25519, 2 of 3", "multi key, all", "multi key, too few"):
        vector = VECTORS[kind]
        given = {"script": vector["public_key"], "address": OTHER, "owners": (vector["address"],)}
        plain = judged(vector, *_members(vector), **given)
        for result in (judged(vector, vector["signature"], **given), plain):
            assert result.binding is (Binding.ASSERTED if kind in GOOD else Binding.NONE)
            assert (result.control is Control.MISMATCH) is (kind not in GOOD)
        old = _ed25519_column(vector)
        if old:
            assert judged(vector, *_members(vector), **(given | {"script": old})) == plain


def test_bare_keys_and_signatures_in_bcs() -> None:
    """`bcsToHex` of a bare key or signature: its length stands before it."""
    for kind in ("ed25519", "single secp256k1"):
        vector = VECTORS[kind]
        key, made = (vector[name][2:] for name in ("public_key", "signature"))
        key, made = key[-64:] if kind == "ed25519" else key[-130:], made[-128:]
        before = f"{len(key) // 2:02x}"
        for script in (key, before + key):
            for signature in (made, "40" + made):
                assert judged(vector, signature, script=script).shows_control
                assert not judged(vector, signature[:-2] + "00", script=script).shows_control
        for bad in ("41" + made, "3f" + made, "40" + made + "00", "4040" + made):
            assert judged(vector, bad, script=key).control is Control.MALFORMED
        for bad in (f"{len(key) // 2 + 1:02x}" + key, before + key[:-2], before + key + "00"):
            assert not judged(vector, made, script=bad).shows_control


def test_a_signature_in_json_of_another_form_is_not_nothing() -> None:
    vector = VECTORS["single secp256k1"]
    for text in ('{"signature": {"data": {"data": [1]}}}', '{"data": [1, 2]}', "[" * 9_000):
        result = judged(vector, text, script=vector["public_key"])
        assert result.control is Control.UNSUPPORTED
        assert "publish it in hex" in result.reason
