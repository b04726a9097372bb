"""BIP-322: every address type in every variant, and what must not pass."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import replace

import pytest
from btclib.tx.out_point import OutPoint
from btclib.tx.tx import Tx
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    full,
    hash160,
    keys,
    multisig,
    proof,
    proof_of_funds,
    simple,
    tagged,
    to_sign,
)

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, Control, since
from scanner.ownership.bitcoin.bip322 import Bip322
from scanner.ownership.bitcoin.bitcoin_message import BitcoinMessage

KEY, OTHER = Key("owner"), Key("somebody else")
MEMBERS = keys(3, "member")
SCRIPT = multisig(2, [k.public for k in MEMBERS])
verify = Bip322().verify


# --- made here: one spend per address type -------------------------------------------------


def output(address: str) -> bytes:
    return script_pubkey(decode_address(BITCOIN, address))


def spend(kind: str, key: Key = KEY, signers: Sequence[Key] = MEMBERS[:2], **changes) -> Spend:
    if kind.endswith("multisig"):
        base = kind.removesuffix("_multisig")
        address = address_of(BITCOIN, base, SCRIPT)
        made = Spend(base, output(address), tuple(signers), SCRIPT, before=(b"",))
    elif kind == "p2tr_leaf":
        made = leaf_spend(b"\x20" + key.x_only + b"\xac", (key,))
    elif kind == "p2tr":
        address = address_of(BITCOIN, "p2tr", key.tweaked(b"").x_only)
        made = Spend(kind, output(address), (key,), hash_type=0)
    else:
        made = Spend(kind, output(address_of(BITCOIN, kind, key.public)), (key,))
    return replace(made, **changes)


def leaf_spend(leaf: bytes, signers: Sequence[Key], after: tuple[bytes, ...] = ()) -> Spend:
    internal = Key("internal")
    root = tagged("TapLeaf", b"\xc0" + bytes((len(leaf),)) + leaf)
    tweaked = internal.tweaked(root)
    control = bytes((0xC0 | tweaked.public[0] & 1,)) + internal.x_only
    return Spend(
        "p2tr",
        b"\x51\x20" + tweaked.x_only,
        tuple(signers),
        leaf,
        control,
        after=after,
        hash_type=0,
    )


def address_text(made: Spend) -> str:
    from btclib.script.script_pub_key import ScriptPubKey

    return ScriptPubKey(made.script_pubkey).address


SIMPLE = ["p2wpkh", "p2tr", "p2wsh_multisig", "p2tr_leaf"]
NESTED = ["p2sh_p2wpkh", "p2sh_p2wsh_multisig"]
LEGACY = ["p2pkh", "p2sh_multisig"]
ALL = [*SIMPLE, *NESTED, *LEGACY]


def encoded(variant: str, tx: Tx, made: Spend) -> str:
    if variant == "simple":
        return simple(tx)
    return full(tx) if variant == "full" else proof_of_funds(tx, [made])


CASES = [
    *((k, "simple") for k in (*SIMPLE, *NESTED)),
    *((k, "full") for k in ALL),
    *((k, "pof") for k in ALL),
]


@pytest.mark.parametrize(("kind", "variant"), CASES)
def test_every_address_type_in_every_variant(kind: str, variant: str) -> None:
    made = spend(kind)
    address = address_text(made)
    text = encoded(variant, to_sign(MESSAGE, [made]), made)
    result = verify(proof(BITCOIN, address, [text]))
    assert (result.control, result.binding, result.scheme) == (
        Control.CONTROLS,
        Binding.DERIVED,
        "bip322",
    ), result
    assert ("P2SH" in result.reason) == (kind in NESTED and variant == "simple")
    if "multisig" in kind:
        assert result.required == 2
        assert result.signed_by == tuple(k.public.hex() for k in MEMBERS[:2])
    else:
        assert result.required == 1
        signer = made.script_pubkey[2:] if kind == "p2tr" else KEY.public
        assert result.signed_by == ((KEY.x_only if kind == "p2tr_leaf" else signer).hex(),)

    bare = verify(proof(BITCOIN, address, [text[3:]]))
    assert bare.control is Control.CONTROLS
    assert "no variant prefix" in bare.reason

    assert verify(proof(BITCOIN, address, [text], "other")).control is Control.MISMATCH
    elsewhere = spend("p2wpkh" if "multisig" in kind else kind, OTHER)
    assert verify(proof(BITCOIN, address_text(elsewhere), [text])).control is Control.MISMATCH
    assert verify(proof(BITCOIN, address, [text, text])).control is Control.CONTROLS
    for cut in (text[:-4], text[:3], text[:-1], text[4:], text + "AAAA"):
        assert verify(proof(BITCOIN, address, [cut])).control is not Control.CONTROLS, cut


@pytest.mark.parametrize(("kind", "variant"), CASES)
def test_a_wrong_signer_does_not_pass(kind: str, variant: str) -> None:
    made = spend(kind)
    signers = (MEMBERS[0], OTHER) if "multisig" in kind else (OTHER,)
    text = encoded(variant, to_sign(MESSAGE, [replace(made, signers=signers)]), made)
    assert verify(proof(BITCOIN, address_text(made), [text])).control is Control.MISMATCH


@pytest.mark.parametrize("kind", [k for k in ALL if "multisig" in k])
@pytest.mark.parametrize("signers", [[0], [0, 0], [1, 0], [0, 1, 2]], ids=str)
def test_multisig_threshold(kind: str, signers: list[int]) -> None:
    made = spend(kind, signers=[MEMBERS[n] for n in signers])
    text = full(to_sign(MESSAGE, [made]))
    assert verify(proof(BITCOIN, address_text(made), [text])).control is Control.MISMATCH


@pytest.mark.parametrize("kind", [k for k in ALL if "tr" not in k])
def test_high_s_is_forbidden_and_not_false(kind: str) -> None:
    """The key made it; consensus takes it, and the rule against it is one of policy."""
    made = spend(kind, high_s=True)
    forms = [full, simple] if kind in SIMPLE else [full]
    for write in forms:
        result = verify(proof(BITCOIN, address_text(made), [write(to_sign(MESSAGE, [made]))]))
        assert result.control is Control.UNSUPPORTED, result
        assert "upper half" in result.reason
        another = write(to_sign(MESSAGE + "!", [made]))
        result = verify(proof(BITCOIN, address_text(made), [another]))
        assert result.control is Control.MISMATCH, "the key signed something else"


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize("hash_type", [0, 1, 2, 3, 0x81, 0x82, 0x83, 0x41])
def test_only_signatures_over_everything(kind: str, hash_type: int) -> None:
    if "tr" in kind and hash_type == 0x41:
        return  # the signer cannot make it
    made = spend(kind, hash_type=hash_type)
    tx = to_sign(MESSAGE, [made])
    allowed = (0, 1) if "tr" in kind else (1,)
    texts = [full(tx), simple(tx)] if kind in SIMPLE else [full(tx)]
    for text in texts:
        control = verify(proof(BITCOIN, address_text(made), [text])).control
        assert (control is Control.CONTROLS) == (hash_type in allowed)


@pytest.mark.parametrize("kind", ["p2wsh", "p2sh"])
def test_one_key_twice_in_a_script_is_not_two_keys(kind: str) -> None:
    script = multisig(2, [KEY.public, KEY.public])
    address = address_of(BITCOIN, kind, script)
    made = Spend(kind, output(address), (KEY, KEY), script, before=(b"",))
    tx = to_sign(MESSAGE, [made])
    texts = [full(tx), simple(tx)] if kind == "p2wsh" else [full(tx)]
    for text in texts:
        result = verify(proof(BITCOIN, address, [text]))
        assert (result.control, "more than once" in result.reason) == (Control.UNSUPPORTED, True)


# --- scripts that anyone can satisfy, and rules of the BIP ----------------------------------


def p2wsh(script: bytes, signers: Sequence[Key] = (KEY,), **changes) -> tuple[str, Spend]:
    address = address_of(BITCOIN, "p2wsh", script)
    return address, Spend("p2wsh", output(address), tuple(signers), script, **changes)


def key_check(key: Key) -> bytes:
    return b"\x21" + key.public + b"\xac"


UNDECIDED = {
    "no signature at all": p2wsh(b"\x51", ()),
    "any key": p2wsh(b"\xac", after=(KEY.public,)),
    "NOP for upgrades": p2wsh(b"\xb0" + key_check(KEY)),
}


@pytest.mark.parametrize("why", UNDECIDED)
def test_never_control(why: str) -> None:
    address, made = UNDECIDED[why]
    text = simple(to_sign(MESSAGE, [made]))
    result = verify(proof(BITCOIN, address, [text]))
    assert result.control is Control.UNSUPPORTED, result


def test_a_preimage_alone_is_not_control() -> None:
    script = b"\xa8\x20" + hashlib.sha256(b"secret").digest() + b"\x87"
    address, made = p2wsh(script, (), before=(b"secret",))
    result = verify(proof(BITCOIN, address, [simple(to_sign(MESSAGE, [made]))]))
    assert (result.control, result.reason) == (
        Control.UNSUPPORTED,
        "the script asks for no signature: anyone can satisfy it",
    )


def test_codeseparator_is_forbidden() -> None:
    with_separator = b"\xab" + key_check(KEY)
    address, made = p2wsh(with_separator)
    result = verify(proof(BITCOIN, address, [simple(to_sign(MESSAGE, [made]))]))
    assert result.control is Control.MISMATCH
    never_run = b"\x00\x63\xab\x68" + key_check(KEY)  # 0 OP_IF OP_CODESEPARATOR OP_ENDIF ...
    address, made = p2wsh(never_run)
    result = verify(proof(BITCOIN, address, [simple(to_sign(MESSAGE, [made]))]))
    assert (result.control, "OP_CODESEPARATOR" in result.reason) == (Control.MISMATCH, True)
    in_data = b"\x01\xab\x75" + key_check(KEY)  # the byte as data is no operation
    address, made = p2wsh(in_data)
    result = verify(proof(BITCOIN, address, [simple(to_sign(MESSAGE, [made]))]))
    assert result.control is Control.CONTROLS


def test_a_taproot_leaf_without_a_key_of_its_own() -> None:
    made = leaf_spend(b"\xac", (KEY,), after=(KEY.x_only,))
    result = verify(proof(BITCOIN, address_text(made), [simple(to_sign(MESSAGE, [made]))]))
    assert (result.control, result.reason) == (
        Control.UNSUPPORTED,
        "the script can be satisfied without a signature by one of its keys: anyone can satisfy it",
    )


def test_taproot_upgrades_are_inconclusive() -> None:
    success = leaf_spend(b"\x50", ())  # OP_SUCCESS80
    unknown_key = leaf_spend(b"\x21" + b"\x02" * 33 + b"\xac", (KEY,))
    for made in (success, unknown_key):
        result = verify(proof(BITCOIN, address_text(made), [simple(to_sign(MESSAGE, [made]))]))
        assert result.control is Control.UNSUPPORTED
        assert "inconclusive" in result.reason
    leaf = leaf_spend(b"\x20" + KEY.x_only + b"\xac", (KEY,))
    other_version = replace(leaf, control=bytes((leaf.control[0] ^ 2,)) + leaf.control[1:])
    text = simple(to_sign(MESSAGE, [other_version]))
    assert verify(proof(BITCOIN, address_text(leaf), [text])).control is Control.MISMATCH


@pytest.mark.parametrize(
    "text", ["bc1pfeessrawgf", "BC1SW50QGDZ25J", "bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs"]
)
def test_witness_versions_without_rules_are_inconclusive(text: str) -> None:
    result = verify(proof(BITCOIN, text, ["smpAA=="]))
    assert result.control is Control.UNSUPPORTED
    assert "inconclusive" in result.reason


@pytest.mark.parametrize(
    ("version", "control"),
    [(0, "controls"), (2, "controls"), (1, "unsupported"), (3, "unsupported")],
)
def test_transaction_versions(version: int, control: str) -> None:
    made = spend("p2wpkh")
    text = full(to_sign(MESSAGE, [made], version=version))
    assert verify(proof(BITCOIN, address_text(made), [text])).control == control


LOCKED = b"\x02\xe8\x03\xb1\x75" + key_check(KEY)  # 1000 OP_CHECKLOCKTIMEVERIFY OP_DROP ...
AGED = b"\x02\xe8\x03\xb2\x75" + key_check(KEY)  # 1000 OP_CHECKSEQUENCEVERIFY OP_DROP ...


def test_time_locks() -> None:
    address, made = p2wsh(LOCKED)
    good = verify(proof(BITCOIN, address, [full(to_sign(MESSAGE, [made], 2, lock_time=1000))]))
    assert good.control is Control.CONTROLS
    assert "time 1000 and age 0" in good.reason
    assert (good.binding, good.lock) == (Binding.ASSERTED, 1000), "until a block shows it is over"
    assert since(good, 1000, None).binding is Binding.DERIVED
    early = since(good, 999, 2**40)
    assert (early.control, early.is_proof) == (Control.UNSUPPORTED, False)
    assert "cannot spend yet" in early.reason
    for lock_time in (0, 999):
        early = full(to_sign(MESSAGE, [made], 2, lock_time=lock_time))
        assert verify(proof(BITCOIN, address, [early])).control is Control.MISMATCH
    address, made = p2wsh(AGED)
    aged = verify(proof(BITCOIN, address, [full(to_sign(MESSAGE, [made], 2, sequence=1000))]))
    assert aged.control is Control.CONTROLS
    assert "age 1000" in aged.reason
    for version, sequence in ((2, 999), (2, 0), (0, 1000)):
        young = full(to_sign(MESSAGE, [made], version, sequence=sequence))
        assert verify(proof(BITCOIN, address, [young])).control is Control.MISMATCH


def test_shape_of_to_sign() -> None:
    made = spend("p2wpkh")
    address = address_text(made)
    for wrong in (b"\x6a\x00", b"\x51", b""):
        text = full(to_sign(MESSAGE, [made], output=wrong))
        assert verify(proof(BITCOIN, address, [text])).control is Control.MISMATCH
    more = to_sign(MESSAGE, [made, made], funds=[OutPoint(b"\x11" * 32, 0)])
    result = verify(proof(BITCOIN, address, [full(more)]))
    assert result.control is Control.UNSUPPORTED
    assert "inconclusive" in result.reason


def test_proof_of_funds() -> None:
    first = spend("p2wpkh")
    funds = [spend("p2pkh", OTHER, value=5), spend("p2tr", OTHER, value=6)]
    outpoints = [OutPoint(bytes((n,)) * 32, n) for n in (1, 2)]
    spends = [first, *funds]
    tx = to_sign(MESSAGE, spends, 2, funds=outpoints)
    address = address_text(first)
    result = verify(proof(BITCOIN, address, [proof_of_funds(tx, spends)]))
    assert result.control is Control.CONTROLS
    assert "2 more outputs" in result.reason
    assert result.signed_by == (KEY.public.hex(),)

    lied = [first, funds[0], replace(funds[1], value=7)]
    assert verify(proof(BITCOIN, address, [proof_of_funds(tx, lied)])).control is Control.MISMATCH
    unsigned = to_sign(
        MESSAGE, [first, replace(funds[0], signers=(KEY,)), funds[1]], 2, funds=outpoints
    )
    text = proof_of_funds(unsigned, spends)
    assert verify(proof(BITCOIN, address, [text])).control is Control.MISMATCH
    # the PSBT of somebody else's address does not become ours by adding it as funds
    stranger = address_text(funds[1])
    assert (
        verify(proof(BITCOIN, stranger, [proof_of_funds(tx, spends)])).control is Control.MISMATCH
    )


def test_key_in_the_script_column() -> None:
    made = spend("p2wpkh")
    text = simple(to_sign(MESSAGE, [made]))
    address = address_text(made)
    for fits in ("", KEY.public.hex(), made.script_pubkey.hex()):
        assert verify(proof(BITCOIN, address, [text], script=fits)).control is Control.CONTROLS
    for wrong in (OTHER.public.hex(), "00", hash160(KEY.public).hex()):
        assert verify(proof(BITCOIN, address, [text], script=wrong)).control is Control.MISMATCH
    assert verify(proof(BITCOIN, address, [text], script="xyz")).control is Control.MALFORMED
    made = spend("p2wsh_multisig")
    text = simple(to_sign(MESSAGE, [made]))
    given = proof(BITCOIN, address_text(made), [text], script=SCRIPT.hex())
    assert verify(given).control is Control.CONTROLS
    other = multisig(1, [OTHER.public]).hex()
    assert verify(given._replace(script=other)).control is Control.MISMATCH


@pytest.mark.parametrize(
    "text",
    ["", "smp", "ful", "pof", "null", "\\N", "0x", "smp!", "SMPAA==", "smpAA", "fulAA==", "pofAA==",
     "pof" + base64.b64encode(b"psbt\xff").decode(), "pof" + base64.b64encode(b"psbt\xff\0").decode(),
     "A" * 200_001, "smp" + base64.b64encode(b"\xff" * 9).decode(), "ful" + "A" * 1000, "\ud800", "smp\n"],
)  # fmt: skip
@pytest.mark.parametrize("kind", ["p2pkh", "p2wpkh", "p2tr", "p2wsh_multisig", "p2sh_multisig"])
def test_malformed_never_raises_nor_controls(kind: str, text: str) -> None:
    result = verify(proof(BITCOIN, address_text(spend(kind)), [text]))
    assert result.control in (Control.MALFORMED, Control.MISMATCH)
    assert 0 < len(result.reason) < 300


def test_text_without_utf8_form_is_malformed() -> None:
    made = spend("p2wpkh")
    text = simple(to_sign(MESSAGE, [made]))
    assert verify(proof(BITCOIN, address_text(made), [text], "\udfff")).control is Control.MALFORMED


def test_limits() -> None:
    made = spend("p2wpkh")
    text = simple(to_sign(MESSAGE, [made]))
    given = proof(BITCOIN, address_text(made), [text] * 21)
    assert verify(given).control is Control.MALFORMED
    given = proof(BITCOIN, address_text(made), [text], "x" * 65_537)
    assert verify(given).control is Control.MALFORMED
    assert verify(proof(BITCOIN, address_text(made), [])).control is Control.UNSIGNED


def test_65_bytes_go_to_bitcoin_message_first() -> None:
    made = spend("p2pkh")
    given = proof(BITCOIN, address_text(made), [KEY.message(BITCOIN, MESSAGE, 31)])
    assert BitcoinMessage().handles(given)
    assert Bip322().verify(given).control is not Control.CONTROLS
