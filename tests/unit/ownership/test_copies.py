"""One signature in several spellings, and beside its copy with the other s: good, and never false.

Whoever has a signature of secp256k1 can write the one with the other s: the key made both. Networks
that take low s only do not read the other; that it stands there contradicts nothing.
"""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pytest
from support.bitcoin_signing import _der_integer
from support.native_rows import native_rows
from support.signed_rows import Signed, altered, claim, key, signed_rows

from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.ownership.judge import judge
from scanner.ownership.primitives.der import der_to_compact
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.secp256k1 import ORDER
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = {f"{r.scheme} {r.label}": r for r in [*signed_rows(), *native_rows(1)]}
LOW_ONLY = ("adr36 terra", "hedera_text ECDSA")
FILE = Path(__file__).parents[2] / "vectors" / "sui_multisig" / "vectors.json"
SUI: dict[str, dict[str, Any]] = {v["kind"]: v for v in json.loads(FILE.read_text())}


def judged(row: Claim, *signatures: str) -> ControlResult:
    return judge(row._replace(signatures=signatures), REGISTRY)


def numbers(text: str) -> bytes:
    """r and s of a plain signature, or of one in a map of Hedera's (its last 64 bytes)."""
    data = decode_hex(text)
    return (base64.b64decode(text) if data is None else data)[-64:]


def other_s(compact: bytes) -> bytes:
    return compact[:32] + (ORDER - int.from_bytes(compact[32:])).to_bytes(32)


@pytest.mark.parametrize("name", LOW_ONLY)
def test_a_copy_with_the_other_s_is_not_false(name: str) -> None:
    row = ROWS[name].claim
    low = numbers(row.signatures[0])
    high = other_s(low)
    for copy in (high.hex(), "0x" + high.hex(), base64.b64encode(high).decode()):
        for signatures in ((low.hex(), copy), (copy, low.hex()), (copy,), (copy, copy)):
            result = judged(row, *signatures)
            assert result.control is Control.UNSUPPORTED, signatures
            number = 1 + signatures.index(copy)
            assert f"signature {number} " in result.reason
            assert "upper half" in result.reason
            assert "sign again" in result.reason


@pytest.mark.parametrize("name", LOW_ONLY)
def test_what_is_false_stays_false_beside_such_a_copy(name: str) -> None:
    row = ROWS[name].claim
    low = numbers(row.signatures[0])
    high = other_s(low)
    wrong = low[:31] + bytes((low[31] ^ 1,)) + low[32:]
    for bad in (wrong, other_s(wrong), low[:32] + b"\xff" * 32, low[:32] + ORDER.to_bytes(32)):
        for signatures in ((low, bad), (high, bad), (bad, high), (low, high, bad)):
            result = judged(row, *(s.hex() for s in signatures))
            assert result.control is Control.MISMATCH, signatures
        assert judged(row, bad.hex()).control is Control.UNSUPPORTED


def test_a_copy_of_the_ledgers_signature_with_the_other_s() -> None:
    row = ROWS["xrpl_text secp256k1"].claim
    compact = der_to_compact(bytes.fromhex(row.signatures[0]))
    assert compact is not None
    low, high = row.signatures[0], der(other_s(compact))
    stranger = der(other_s(compact[:31] + bytes((compact[31] ^ 1,)) + compact[32:]))
    for signatures in ((low, high), (high, low), (high,)):
        result = judged(row, *signatures)
        assert result.control is Control.UNSUPPORTED
        assert (
            f"signature {1 + signatures.index(high)} has its s in the upper half" in result.reason
        )
    for signatures in ((low, stranger), (high, stranger), (low, high, stranger)):
        assert judged(row, *signatures).control is Control.MISMATCH
    assert judged(row, stranger).control is Control.UNSUPPORTED


def der(compact: bytes) -> str:
    body = b"".join(_der_integer(compact[at : at + 32]) for at in (0, 32))
    return (b"\x30" + bytes((len(body),)) + body).hex()


def test_no_chain_makes_the_other_s_good() -> None:
    row = ROWS["hedera_text ECDSA"].claim
    policy = KeyPolicy((single("key", PolicyKey(KeyKind.SECP256K1, bytes.fromhex(row.script))),), 9)
    low = numbers(row.signatures[0])
    assert judge(row, REGISTRY, keys=lambda _: policy).shows_control
    for signatures in ((other_s(low),), (low, other_s(low))):
        given = row._replace(signatures=tuple(s.hex() for s in signatures))
        assert judge(given, REGISTRY, keys=lambda _: policy).control is Control.UNSUPPORTED


SEVERAL = [
    *LOW_ONLY,
    *("xrpl_text Ed25519", "hedera_text alone", "sep53 stellar", "algorand_mx MX"),
    *("nep413 implicit", "ton_connect ton_proof", "polkadot_text Ed25519", "sui_personal apart"),
]


@pytest.mark.parametrize("name", SEVERAL)
def test_one_signature_again_in_hex_and_in_base64(name: str) -> None:
    row = ROWS[name].claim
    data = numbers(row.signatures[0])
    spelled = (data.hex(), "0x" + data.hex().upper(), base64.b64encode(data).decode())
    assert judged(row, *spelled, *spelled).control is Control.CONTROLS
    assert judged(row, *spelled).signed_by == judged(row, spelled[0]).signed_by


def test_a_member_of_a_sui_multisig_with_the_other_s() -> None:
    vector = SUI["secp256k1"]
    data = base64.b64decode(vector["signature"])
    turned = data[:1] + other_s(data[1:65]) + data[65:]
    row = claim("sui", vector["address"], "", message=vector["message"])
    result = judged(row, base64.b64encode(turned).decode())
    assert result.control is Control.UNSUPPORTED
    assert "upper half" in result.reason
    vector = SUI["2 of 3"]
    data = base64.b64decode(vector["signature"])
    kinds = {data[2 + 65 * n]: 3 + 65 * n for n in range(data[1])}
    at, first = kinds[1], kinds[0]
    turned = data[:at] + other_s(data[at : at + 64]) + data[at + 64 :]
    row = claim("sui", vector["address"], "", message=vector["message"])
    result = judged(row, base64.b64encode(turned).decode())
    assert result.control is Control.UNSUPPORTED
    assert "upper half" in result.reason
    both = turned[:first] + bytes((turned[first] ^ 1,)) + turned[first + 1 :]
    assert judged(row, base64.b64encode(both).decode()).control is Control.MISMATCH


OWNERS = ("contract_owner two owners", "contract_owner validator", "okx_contract_owner okc owner")


@pytest.mark.parametrize("name", OWNERS)
def test_an_owners_signature_again_where_all_owners_signed(name: str) -> None:
    signed: Signed = ROWS[name]
    good = judge(signed.claim, REGISTRY)
    data = decode_hex(signed.claim.signatures[0])
    assert data is not None
    turned = other_s(data[:64]) + bytes((data[64] ^ 7,))  # 27 and 28
    for again in (data.hex(), "0x" + data.hex().upper(), "0x" + turned.hex()):
        for at in (0, len(signed.claim.signatures)):
            given = list(signed.claim.signatures)
            given.insert(at, again)
            result = judge(altered(signed, signatures=tuple(given)), REGISTRY)
            assert result.control is good.control, (again, result)
            assert set(result.signed_by) == set(good.signed_by)


def test_key_rows_are_made_with_low_s() -> None:
    """What the tests above stand on."""
    compact = key(1).sign_recoverable(b"\1" * 32, hasher=None)[:64]
    assert int.from_bytes(compact[32:]) <= ORDER // 2
    assert int.from_bytes(other_s(compact)[32:]) > ORDER // 2


RECOVERED = [
    name
    for name in ROWS
    if name.startswith(("okx_recover", "cip23", "filecoin_text")) and "owner" not in name
]


def with_another_byte(text: str) -> list[str]:
    """The other s with the recovery byte of the first, and the first with another byte."""
    data = decode_hex(text)
    data = base64.b64decode(text) if data is None else data
    data = data[-65:]
    last = data[64] - 27 if data[64] >= 27 else data[64]
    turned = other_s(data[:64]) + data[64:]
    return [turned.hex(), (data[:64] + bytes((last ^ 1,))).hex()]


@pytest.mark.parametrize("name", RECOVERED)
def test_r_and_s_of_the_key_with_another_recovery_byte_are_not_false(name: str) -> None:
    row = ROWS[name].claim
    (good,) = row.signatures
    for copy in with_another_byte(good):
        for signatures in ((good, copy), (copy, good), (copy,), (copy, copy)):
            result = judged(row, *signatures)
            assert result.control is Control.UNSUPPORTED, (signatures, result)
            assert f"signature {1 + signatures.index(copy)} " in result.reason
            assert "recovery byte" in result.reason
        stranger = ROWS[name].claim._replace(message=row.message + ".")
        assert "recovery byte" not in judged(stranger, copy).reason
        other = with_another_byte(good)[1][:40] + "00" + copy[42:]
        assert judged(row, good, copy, other).control is Control.MISMATCH


def test_no_chain_makes_another_recovery_byte_false() -> None:
    row = ROWS["okx_recover xrpl"].claim
    good = judge(row, REGISTRY)
    public = bytes.fromhex(good.signed_by[0])
    policy = KeyPolicy((single("key", PolicyKey(KeyKind.SECP256K1, public)),), 9)
    assert judge(row, REGISTRY, keys=lambda _: policy).shows_control
    for copy in with_another_byte(row.signatures[0]):
        for signatures in ((copy,), (row.signatures[0], copy)):
            given = row._replace(signatures=signatures)
            found = judge(given, REGISTRY, keys=lambda _: policy)
            assert found.control is Control.UNSUPPORTED, found
