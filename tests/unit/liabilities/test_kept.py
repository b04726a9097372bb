"""A kept proof is held to the pin and to the key that are kept beside it, not to one of them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.okx_proofs import V2, pin

from scanner.liabilities.interface import ProofStatus
from scanner.liabilities.kept import keep, recheck
from scanner.liabilities.okx_v2.pins import shipped

TOY = V2 / "toy" / "sum_proof_data.json.gz"
OTHER_KEY = shipped()[0].data


def kept(key):
    _, proof = keep(TOY, key, "1")
    assert proof is not None
    return proof


def test_what_is_kept_holds():
    assert recheck(kept(pin("toy"))) == ""
    assert recheck(kept("")) == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"pin": "ab" * 32},
        {"pin": pin("toy").upper()},
        {"pin": shipped()[0].sha256},
        {"pin": ""},
        {"key_data": b""},
        {"key_data": OTHER_KEY},
        {"pin": shipped()[0].sha256, "key_data": OTHER_KEY},
        {"pin": "", "key_data": b""},
    ],
    ids=lambda changes: " ".join(f"{n} {v[:4]!r}" for n, v in changes.items()),
)
def test_another_pin_or_key_beside_an_accepted_proof_is_told(changes):
    proof = kept(pin("toy"))
    assert proof.status is ProofStatus.ACCEPTED
    assert recheck(replace(proof, **changes)) != ""


@pytest.mark.parametrize("changes", [{"pin": pin("toy")}, {"key_data": OTHER_KEY}])
def test_a_proof_under_its_own_key_is_no_pinned_one(changes):
    assert recheck(replace(kept(""), **changes)) != ""
