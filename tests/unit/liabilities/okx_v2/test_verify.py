"""What is said of a proof: accepted under a pin, consistent under its own key, or refused."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from typing import Any

import pytest
from support.okx_proofs import V2, document, pin, recorded

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.okx_v2 import words
from scanner.liabilities.okx_v2.key import sha256_of
from scanner.liabilities.okx_v2.pins import pin_of_key, read_pin, shipped
from scanner.liabilities.okx_v2.proof_file import read_header
from scanner.liabilities.okx_v2.verify import check_document, root_text

TOY_NET = 2903308513 - 78218643


def check(name: str, key: str = "", **more):
    return check_document(document(name), f"{name}.json", key, **more)


@pytest.mark.parametrize("name", ["toy", "production_shape"])
def test_without_a_pin_it_is_consistent_and_not_proven(name: str) -> None:
    found = check(name)
    assert (found.status, found.grade) == (ProofStatus.CONSISTENT, LiabilityEvidence.PUBLISHED)
    assert found.key == pin(name)
    assert found.key_from == "the file itself"
    assert found.gaps[0] == words.OWN_KEY


def test_under_a_pin_it_is_accepted_with_the_gap_named() -> None:
    found = check("toy", pin("toy"))
    assert (found.status, found.net) == (ProofStatus.ACCEPTED, TOY_NET)
    assert found.grade is LiabilityEvidence.SNARK_AGGREGATE
    assert found.gaps[0] == words.CIRCUIT
    assert words.HEADER in found.gaps
    expected = recorded("toy/inclusion_negatives")["root"]
    assert found.root == root_text(tuple(expected))
    assert not found.totals


def test_plain_python_accepts_the_same() -> None:
    assert check("production_shape", pin("production_shape"), plain=True) == check(
        "production_shape", pin("production_shape")
    )


def test_a_shipped_key_is_a_pin_by_itself_and_binds_the_header() -> None:
    found = check("three_levels")
    assert found.status is ProofStatus.ACCEPTED
    assert "1024 accounts, 220 tokens, 3 levels" in found.key_from
    assert words.HEADER not in found.gaps
    changed = document("three_levels")
    changed["general"]["token_num"] = 221
    found = check_document(changed, "f")
    assert (found.status, found.place) == (ProofStatus.REFUSED, "/general")
    assert "token_num 221" in found.reason


def test_an_earlier_proof_under_another_round_is_told() -> None:
    """Proofs of one shape have one key, and the round stands beside the proof: anybody may edit it."""
    changed = document("three_levels")
    changed["general"]["round_num"] = 20261101
    for found in (check_document(changed, "f"), check("three_levels")):
        assert found.status is ProofStatus.ACCEPTED
        assert words.ROUND in found.gaps
    assert any("round" in gap for gap in check("toy", pin("toy")).gaps)


def test_a_later_round_under_the_key_of_an_earlier_one_is_not_false() -> None:
    """A key depends on the numbers of accounts, tokens and levels alone."""
    (of_round,) = [key for key in shipped() if key.round_num is not None]
    header = read_header(document("three_levels"))
    other = replace(header, round_num=of_round.round_num + 1, branchout=64, levels=3)
    assert of_round.contradicted(other) == ""
    assert "levels 2" in of_round.contradicted(replace(other, levels=2))


def _with_queries(changed: dict[str, Any], queries: int) -> None:
    """The key, rewritten: both places that say how many queries there are."""
    info = changed["circuits_info"]
    key = bytearray.fromhex(info["root_verifier_data_hex"])
    for at in (170, 215):
        assert int.from_bytes(key[at : at + 8], "little") == 28
        key[at : at + 8] = queries.to_bytes(8, "little")
    info["root_verifier_data_hex"] = key.hex()


def _with_gate(changed: dict[str, Any]) -> None:
    info = changed["circuits_info"]
    key = bytearray.fromhex(info["root_verifier_data_hex"])
    assert key[-4:] == (13).to_bytes(4, "little")  # the Poseidon gate
    info["root_verifier_data_hex"] = (key[:-4] + (7).to_bytes(4, "little")).hex()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda d: _with_queries(d, 32), "FRI config"),
        (lambda d: _with_queries(d, 1), "FRI config"),
        (_with_gate, "gate 7 is of no published circuit"),
        (
            lambda d: d["circuits_info"]["batch_circuit_config"].update(security_bits=128),
            "no others are checked here",
        ),
    ],
)
def test_circuits_that_are_not_known_here_are_not_read_and_not_false(change, words) -> None:
    """A later form may ask more: the honest would be called liars, and their users left out."""
    changed = document("toy")
    change(changed)
    with pytest.raises(ListFormatError, match=words):
        check_document(changed, "f")


@pytest.mark.parametrize(
    ("name", "place", "reason"),
    [
        ("attack_own_key", None, ""),
        ("attack_borrowed_digest", "circuit digest", "not that of the key's own cap"),
        ("attack_rebuild_mode", "circuit digest", "not that of the key's own cap"),
        ("attack_changed_gates", "gates", "a gate stands twice"),
    ],
)
def test_forgeries_are_flagged_without_a_pin_and_refused_with_one(
    name: str, place: str | None, reason: str
) -> None:
    forged = document(f"forged/{name}")
    forged["general"]["round_num"] = 1
    found = check_document(forged, "f")
    if place is None:  # a valid proof of another circuit: only a pin can tell
        assert found.status is ProofStatus.CONSISTENT
        assert found.gaps[0] == words.OWN_KEY
    else:
        assert (found.status, found.place) == (ProofStatus.REFUSED, place)
        assert reason in found.reason
    found = check_document(forged, "f", pin("toy"))
    assert found.status is ProofStatus.REFUSED
    assert "is not that of the key given" in found.reason


def test_a_proof_that_names_a_known_round_needs_its_key() -> None:
    changed = document("toy")
    changed["general"]["round_num"] = 508787475
    found = check_document(changed, "f")
    assert found.status is ProofStatus.REFUSED
    assert "is not that of OKX's round 508787475" in found.reason


def test_the_gap_of_the_circuit_is_accepted_and_never_called_proven() -> None:
    """A false total under the genuine key: every correct verifier accepts it."""
    found = check("forged/gap_inner_circuit", pin("toy"))
    assert (found.status, found.net) == (ProofStatus.ACCEPTED, 1000)
    assert found.gaps[0] == words.CIRCUIT
    assert found.grade.proves_coin_totals is False
    assert found.root == check("toy", pin("toy")).root


def test_equity_below_debt_is_no_statement_of_liabilities() -> None:
    found = check("exponentiation", pin("exponentiation"))
    assert (found.status, found.place) == (ProofStatus.REFUSED, "/proof/public_inputs")


def test_a_file_without_a_key_takes_the_shipped_one_or_asks() -> None:
    bare = document("toy")
    del bare["circuits_info"]
    with pytest.raises(InputError, match="holds no key"):
        check_document(bare, "f")
    bare["general"].update(round_num=508787475, recursion_branchout_num=64)
    found = check_document(bare, "f")
    assert (found.status, found.place) == (ProofStatus.REFUSED, "/root_vd_digest")


def test_a_key_is_pinned_by_file_or_hash(tmp_path) -> None:
    text = document("toy")["circuits_info"]["root_verifier_data_hex"]
    (tmp_path / "key.hex").write_text(text + "\n")
    (tmp_path / "key.bin").write_bytes(bytes.fromhex(text))
    for name in ("key.hex", "key.bin"):
        given = read_pin(str(tmp_path / name))
        assert (given.sha256, given.name) == (pin("toy"), f"the key in {name}")
        assert check("toy", str(tmp_path / name)).status is ProofStatus.ACCEPTED
    bare = document("toy")
    del bare["circuits_info"]
    assert check_document(bare, "f", str(tmp_path / "key.hex")).status is ProofStatus.ACCEPTED
    assert read_pin(shipped()[1].sha256) is shipped()[1]
    for bad in (str(tmp_path / "none"), "", "ab", "x" * 5000, "\0"):
        with pytest.raises(InputError, match="--key"):
            read_pin(bad)
    (tmp_path / "large").write_bytes(b"0" * 300_000)
    with pytest.raises(InputError, match="is not a key"):
        read_pin(str(tmp_path / "large"))


def test_shipped_keys_are_what_their_hash_says() -> None:
    for shipped_pin in shipped():
        assert shipped_pin.data is not None
        assert sha256_of(shipped_pin.data) == shipped_pin.sha256
        assert pin_of_key(shipped_pin.sha256) is shipped_pin


def test_weaker_circuits_and_other_forms_are_not_read() -> None:
    weak = document("toy")
    weak["circuits_info"]["batch_circuit_config"]["fri_config"]["num_query_rounds"] = 1
    with pytest.raises(ListFormatError, match="/circuits_info/batch_circuit_config: not the"):
        check_document(weak, "f", pin("toy"))
    other = document("toy")
    other["proof"]["public_inputs"][0] += 2**64 - 2**32 + 1
    with pytest.raises(ListFormatError, match="/proof/public_inputs/0: not a word of the field"):
        check_document(other, "f", pin("toy"))


def test_expected_json_agrees() -> None:
    expected = json.loads((V2 / "forged" / "expected.json").read_text())
    for name, facts in expected.items():
        status = check(f"forged/{name}", pin("toy")).status
        assert (status is ProofStatus.ACCEPTED) == facts["expected"].startswith("accept"), name


def test_without_numpy_it_is_slower_and_the_same() -> None:
    """In a process of its own, in which numpy cannot be imported."""
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from scanner.liabilities.okx_v2 import merkle\n"
        "from scanner.liabilities.proofs import check_proof\n"
        "from pathlib import Path\n"
        "print(merkle._lanes(), check_proof(Path(sys.argv[1]), sys.argv[2]).status.value)\n"
    )
    path = V2 / "toy" / "sum_proof_data.json.gz"
    done = subprocess.run(
        [sys.executable, "-c", program, path, pin("toy")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == "None accepted\n", done.stderr
