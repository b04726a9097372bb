"""One BIP-322 proof per rule: what it is, and whether the rules call it valid."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from btclib.tx.tx import Tx

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from support.bitcoin_signing import (
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    keys,
    multisig,
    to_sign,
)

KEY, OTHER = Key("owner"), Key("somebody else")
MEMBERS = keys(3, "member")


@dataclass(frozen=True)
class Case:
    """valid: by the BIP. control: here, where it is stricter. node: what Bitcoin Knots 29.5 says
    where it differs from the BIP: it leaves out BIP-147's rule on the multisig dummy.
    """

    name: str
    address: str
    tx: Tx
    valid: bool
    control: str = ""
    node: bool | None = None

    @property
    def expected(self) -> str:
        return self.control or ("controls" if self.valid else "mismatch")


def key_check(key: Key) -> bytes:
    return b"\x21" + key.public + b"\xac"


def spend(kind: str, data: bytes, signers: tuple[Key, ...], **changes: object) -> tuple[str, Spend]:
    """An address of a key, or of a script for p2sh and p2wsh."""
    address = address_of(BITCOIN, kind, data)
    script = data if kind in ("p2sh", "p2wsh", "p2sh_p2wsh") else b""
    output = script_pubkey(decode_address(BITCOIN, address))
    return address, Spend(kind, output, signers, script, **changes)  # type: ignore[arg-type]


def shown_as(key: Key, form: bytes) -> Key:
    """The same private key with its public key written in another form."""
    made = Key("")
    made.private, made.public, made.uncompressed = key.private, form, key.uncompressed
    return made


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _keys()
    yield from _script_rules()
    yield from _pushes()
    yield from _multisigs()


def _case(name: str, made: tuple[str, Spend], valid: bool, control: str = "") -> Case:
    return Case(name, made[0], to_sign(MESSAGE, [made[1]]), valid, control)


def _keys() -> Iterator[Case]:
    plain = shown_as(KEY, KEY.uncompressed)
    hybrid = shown_as(KEY, bytes((6 | KEY.uncompressed[64] & 1,)) + KEY.uncompressed[1:])
    for kind in ("p2pkh", "p2wpkh", "p2sh_p2wpkh"):
        yield _case(f"{kind} uncompressed", spend(kind, plain.public, (plain,)), True)
        yield _case(f"{kind} hybrid", spend(kind, hybrid.public, (hybrid,)), False)


def _script_rules() -> Iterator[Case]:
    branch = b"\x63" + key_check(KEY) + b"\x67\x00\x68"
    for argument, valid in ((b"\1", True), (b"\2", False), (b"\1\0", False)):
        made = spend("p2wsh", branch, (KEY,), after=(argument,))
        yield _case(f"MINIMALIF {argument!r}", made, valid)
    refused = key_check(OTHER) + b"\x91\x69" + key_check(KEY)  # not OTHER, but KEY
    yield _case("NULLFAIL empty", spend("p2wsh", refused, (KEY,), after=(b"",)), True)
    yield _case("NULLFAIL not empty", spend("p2wsh", refused, (KEY, MEMBERS[0])), False)
    yield _case("no signature", spend("p2wsh", b"\x51", ()), True, "unsupported")
    legacy = b"\xab" + key_check(KEY)
    yield _case("OP_CODESEPARATOR in P2SH", spend("p2sh", legacy, (KEY,)), False)


def _pushes() -> Iterator[Case]:
    script = key_check(KEY)
    yield _case("P2SH clean", spend("p2sh", script, (KEY,)), True)
    yield _case("P2SH not clean", spend("p2sh", script, (KEY,), before=(b"\x07\x07",)), False)
    made = _case("P2SH push not minimal", spend("p2sh", script, (KEY,)), False)
    made.tx.vin[0].script_sig = b"\x4c" + made.tx.vin[0].script_sig
    yield made
    made = _case("P2SH with an operation", spend("p2sh", script, (KEY,)), False)
    made.tx.vin[0].script_sig = b"\x61" + made.tx.vin[0].script_sig
    yield made
    made = _case("witness on P2PKH", spend("p2pkh", KEY.public, (KEY,)), False)
    made.tx.vin[0].script_witness = type(made.tx.vin[0].script_witness)([b"\1"])
    yield made


def _multisigs() -> Iterator[Case]:
    script = multisig(2, [k.public for k in MEMBERS])
    for kind in ("p2sh", "p2wsh", "p2sh_p2wsh"):
        two, three = tuple(MEMBERS[:2]), tuple(MEMBERS)
        yield _case(f"{kind} 2 of 3", spend(kind, script, two, before=(b"",)), True)
        yield _case(f"{kind} swapped", spend(kind, script, two[::-1], before=(b"",)), False)
        yield _case(f"{kind} one more", spend(kind, script, three, before=(b"",)), False)
        yield _case(f"{kind} one less", spend(kind, script, two[:1], before=(b"",)), False)
        yield _case(f"{kind} one twice", spend(kind, script, two[:1] * 2, before=(b"",)), False)
        dummy = _case(f"{kind} dummy", spend(kind, script, two, before=(b"\1",)), False)
        yield dummy if kind == "p2sh" else replace(dummy, node=True)
        yield _case(f"{kind} no dummy", spend(kind, script, two), False)
        # somebody else's script and signatures shown for this address
        address, _ = spend(kind, script, two)
        foreign = multisig(1, [OTHER.public])
        mine, made = spend(kind, foreign, (OTHER,), before=(b"",))
        output = script_pubkey(decode_address(BITCOIN, address))
        forged = Spend(made.kind, output, made.signers, foreign, before=(b"",))
        yield Case(f"{kind} foreign script", address, to_sign(MESSAGE, [forged]), False)
        yield Case(f"{kind} of {mine[:3]}", mine, to_sign(MESSAGE, [made]), True)
