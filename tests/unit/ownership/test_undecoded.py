"""Which part of a row could not be decoded is told by a type, whatever the words of the reason."""

from __future__ import annotations

import json
import pickle

import pytest
from support.native_rows import native_rows
from support.signed_rows import Signed, altered, signed_rows

from scanner.model.control import Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.begun import begin
from scanner.ownership.interface import Proof
from scanner.ownership.judge import judge
from scanner.ownership.other_forms import Doubted, doubted
from scanner.ownership.primitives.undecoded import NoKey, NoSignature
from scanner.ownership.table import verifiers_of
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = [*signed_rows(), *native_rows(1)]
DER = "30440220" + "11" * 32 + "0220" + "22" * 32
PEM = "-----BEGIN PUBLIC KEY-----\nMCow"


def named(row: Signed) -> str:
    return f"{row.scheme}: {row.label}"


def proof_of(row: Signed, **changes: object) -> Proof:
    begun = begin(altered(row, **changes), REGISTRY)
    assert not isinstance(begun, ControlResult)
    return begun[1]


def of_schemes(proof: Proof, name: str = "") -> list[ControlResult]:
    """What schemes make of a row that they cannot decode. name: of the only one that is asked."""
    schemes = [v for v in verifiers_of(proof.network) if name in ("", v.name) and v.handles(proof)]
    found = [scheme.verify(proof) for scheme in schemes]
    return [result for result in found if result.control is Control.MALFORMED]


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_every_scheme_says_which_signature_it_cannot_decode(row: Signed) -> None:
    for bad in ("not a signature", "é", PEM):
        for before in ((), row.claim.signatures[:1]):
            proof = proof_of(row, signatures=(*before, bad))
            for result in of_schemes(proof, row.scheme):
                assert isinstance(result.reason, NoSignature), result
                assert result.reason.number == len(before) + 1
                assert f"signature {result.reason.number}" in result.reason


@pytest.mark.parametrize("row", [r for r in ROWS if r.claim.script], ids=named)
def test_every_scheme_says_that_it_cannot_decode_the_key(row: Signed) -> None:
    for bad in ("not a key", "é", PEM, "[1]"):
        for result in of_schemes(proof_of(row, script=bad)):
            assert not isinstance(result.reason, NoSignature) or "r, s, v" in result.reason
            assert isinstance(result.reason, NoKey | NoSignature), result


@pytest.mark.parametrize("row", ROWS, ids=named)
def test_plain_text_leaves_the_judge(row: Signed) -> None:
    for changes in ({"signatures": ("é",)}, {"signatures": (DER,)}, {"script": PEM}):
        result = judge(altered(row, **changes), REGISTRY)
        assert type(result.reason) is str
        assert type(result) in (ControlResult, Doubted)


def test_the_part_is_looked_at_that_the_type_names() -> None:
    row = next(r for r in ROWS if r.claim.network == "solana" and r.claim.script)
    proof = proof_of(row, signatures=("é", DER), script=PEM)
    every = "signature 1, the public key and the key column"
    for reason, words in (
        (NoKey(every), "the key column holds a key in PEM"),
        (NoKey("signature 2"), "the key column holds a key in PEM"),
        (NoSignature(every, 2), "signature 2 is an ECDSA signature in DER"),
        (every, "signature 2 is an ECDSA signature in DER"),  # no part: each signature
    ):
        found = doubted(proof, verdicts.malformed("sol", reason))
        assert type(found) is Doubted
        assert (found.control, words in found.reason) == (Control.UNSUPPORTED, True), found
    found = doubted(proof, verdicts.malformed("sol", NoSignature(every, 1)))
    assert (found.control, found.reason, type(found.reason)) == (Control.MALFORMED, every, str)


def test_the_part_goes_with_the_reason() -> None:
    for reason in (NoKey("words"), NoSignature("words", 3)):
        result = verdicts.malformed("x", reason)
        for kept in (result._replace(required=2), pickle.loads(pickle.dumps(result))):
            assert type(kept.reason) is type(reason)
            assert getattr(kept.reason, "number", 0) == getattr(reason, "number", 0)
            assert json.dumps(kept.reason) == '"words"'


def test_a_message_with_another_key_in_it_does_not_make_a_good_key_doubtful() -> None:
    """The words name a key, and the row's own is read: what they say is that two differ."""
    row = next(r for r in ROWS if r.scheme == "ton_connect" and "ton_proof" in r.label)
    message = json.dumps({**json.loads(row.claim.message), "publicKey": "11" * 32})
    result = judge(altered(row, message=message), REGISTRY)
    assert "another public key" in result.reason
    assert (result.control, "the key column holds" in result.reason) == (Control.MALFORMED, False)


def test_a_reason_that_asks_for_a_key_is_of_the_signature() -> None:
    row = next(r for r in ROWS if r.claim.network == "xrpl")
    wallet = '{"signature": "abc"}'
    result = judge(altered(row, signatures=(wallet,), script=""), REGISTRY)
    assert (result.control, "signature 1 is JSON" in result.reason) == (Control.UNSUPPORTED, True)
