"""What lies beside a proof is named for what it is, and never taken for one."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.okx_v2.pins import shipped
from scanner.liabilities.others.beside import key_beside
from scanner.liabilities.proofs import check_proof

VECTORS = Path(__file__).resolve().parents[3] / "vectors" / "liabilities"
V1 = VECTORS / "okx_v1" / "toy"
V2 = VECTORS / "okx_v2" / "toy"
KEY = shipped()[0]


@pytest.mark.parametrize(
    ("file", "form"),
    [
        (V1 / "sum_proof_data" / "batches" / "a0" / "sum_values.json.gz", "okx_v1_values"),
        (V1 / "sum_proof_data" / "batches" / "a0" / "sum_proof.json.gz", "okx_v1_batch"),
        (V1 / "sum_proof_data" / "trunk" / "sum_values.json.gz", "okx_v1_values"),
        (V1 / "sum_proof_data" / "config.json.gz", "okx_v1_config"),
        (V2 / "users.json.gz", "okx_users"),
        (V2 / "pin.json", "okx_v2_pin"),
        (V2 / "intermediate_values.json.gz", "okx_v2_trace"),
    ],
    ids=lambda value: value if isinstance(value, str) else value.name,
)
def test_files_beside_proofs_are_named(file: Path, form: str) -> None:
    found = check_proof(file)
    assert (found.format, found.status) == (form, ProofStatus.UNCHECKED)
    assert (found.grade, found.totals, found.net) == (LiabilityEvidence.PUBLISHED, (), None)
    assert found.gaps[0].startswith("not checked: ")


@pytest.mark.parametrize(
    ("document", "form"),
    [
        ([{"id": "ab", "BTC": "5", "ETH": "-7"}], "okx_users"),
        ([{"id": "ab", "equity": ["1"], "debt": ["0"]}], "okx_users"),
        ({"general": {"round_num": 1}, "public_inputs": [1, 2]}, "okx_v2_public_inputs"),
    ],
)
def test_made_ones_too(tmp_path: Path, document: object, form: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(document))
    assert check_proof(path).format == form


def test_a_key_is_named_with_its_hash(tmp_path: Path) -> None:
    assert KEY.data is not None
    path = tmp_path / "key.hex"
    path.write_text(KEY.data.hex() + "\n")
    found = check_proof(path)
    assert (found.format, found.stated["sha256"]) == ("okx_v2_key", KEY.sha256)
    path.write_bytes(gzip.compress(KEY.data.hex().encode()))
    assert check_proof(path).format == "okx_v2_key"
    for other in (KEY.data[:-1], KEY.data + b"\0", b"\1" * 1333):
        path.write_text(other.hex())
        with pytest.raises(ListFormatError, match="no known proof"):
            check_proof(path)
    assert key_beside(b"a" * 401) is None


@pytest.mark.parametrize(
    "text",
    ["[]", "[1]", "[[", "[" * 100_000, '[{"id": 1}]', '[{"id": "a", "name": "x"}]', '{"a": 1}', ""],
)
def test_what_nothing_tells_is_no_known_proof(tmp_path: Path, text: str) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(InputError):
        check_proof(path)


def test_a_proof_inside_another_document_is_pointed_at(tmp_path: Path) -> None:
    user = next((V2 / "inclusion").glob("*.json*"))
    raw = user.read_bytes()
    inner = json.loads(gzip.decompress(raw) if user.suffix == ".gz" else raw)
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"proof": inner, "root": 1}))
    with pytest.raises(ListFormatError, match="is inside it, under 'proof'"):
        check_proof(path)


def test_folders_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(ListFormatError, match="a part of OKX's first zk-STARK"):
        check_proof(V1 / "sum_proof_data" / "batches")
    with pytest.raises(ListFormatError, match="a part of OKX's first zk-STARK"):
        check_proof(V1 / "sum_proof_data" / "trunk")
    with pytest.raises(ListFormatError, match="a folder: give the file"):
        check_proof(tmp_path)
