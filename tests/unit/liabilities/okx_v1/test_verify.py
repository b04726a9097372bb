"""OKX's first zk-STARK: whole publications and users' files; consistent at best, never proven."""

from __future__ import annotations

import json
import shutil
import warnings
import zipfile
from pathlib import Path

import pytest
from support.okx_first import V1, load, publication

from scanner.errors import ListFormatError
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.okx_v1.folder import recognises
from scanner.liabilities.okx_v1.verify import NOT_A_PROOF, check_folder, verify_user


def change(path: Path, **values) -> None:
    found = json.loads(path.read_text())
    found.update(values)
    path.write_text(json.dumps(found))


def test_a_publication_is_consistent_and_called_no_proof() -> None:
    found = check_folder(V1 / "toy")
    assert (found.status, found.grade) == (
        ProofStatus.CONSISTENT,
        LiabilityEvidence.TRANSCRIPT_ONLY,
    )
    assert found.net == 3975877910
    assert found.stated["BTC"] == "155225288"
    assert found.gaps[0] == NOT_A_PROOF
    assert not found.totals


def test_false_totals_pass_and_are_called_no_proof_all_the_same() -> None:
    """All totals are 1; the users hold 90,360,324 in BTC alone."""
    found = check_folder(V1 / "false_totals")
    assert found.status is ProofStatus.CONSISTENT
    assert found.grade is LiabilityEvidence.TRANSCRIPT_ONLY
    assert found.stated["BTC"] == "1"
    assert found.gaps[0] == NOT_A_PROOF
    users = load("toy/users_a0.json")
    assert "90360324" not in json.dumps(found.stated)
    assert users


@pytest.mark.parametrize("packed", [False, True])
def test_folder_and_zip_are_the_same(tmp_path: Path, packed: bool) -> None:
    path = publication(tmp_path)
    if packed:
        path = Path(shutil.make_archive(str(tmp_path / "all"), "zip", tmp_path / "toy"))
    assert recognises(path)
    assert check_folder(path) == check_folder(V1 / "toy")


@pytest.mark.parametrize(
    ("file", "values", "place", "reason"),
    [
        ("batches/a0/sum_values.json", {"BTC": 90360325}, "sum_values.json", "do not add up"),
        ("batches/a0/sum_values.json", {"BTC": -1}, "sum_values.json", "do not add up"),
        ("batches/a0/sum_values.json", {"BTC": 90360325, "ETH": 93927729}, "mtree_entries_data",
         "does not end at its claim"),
        ("batches/a0/sum_proof.json", {"uts": 128}, "/uts", "range check means nothing"),
        ("batches/b0/sum_proof.json", {"pow_nonce": "00" * 32}, "/pow_nonce", "the work"),
        ("trunk/sum_proof.json", {"l_mtree_root": "00" * 32}, "/low_degree_proof/0/2", "lead to"),
    ],
)  # fmt: skip
def test_what_is_changed_is_refused_with_its_place(tmp_path, file, values, place, reason) -> None:
    folder = publication(tmp_path)
    change(folder / file, **values)
    found = check_folder(folder)
    assert found.status is ProofStatus.REFUSED
    assert place in found.place
    assert file.split("/")[-2] in found.place
    assert reason in found.reason


def test_batches_that_are_not_the_trunks_are_told(tmp_path: Path) -> None:
    folder = publication(tmp_path)
    shutil.copytree(folder / "batches" / "b0", folder / "batches" / "b1")
    found = check_folder(folder)
    assert (found.status, found.place) == (ProofStatus.REFUSED, "trunk/sum_values.json")
    assert "the batches' BTC add up to 220090252, the trunk says 155225288" in found.reason


def test_a_batch_that_was_not_fetched_makes_nobody_a_liar(tmp_path: Path) -> None:
    """2.5 GB in 3,000 folders: what one did not download was not read."""
    folder = publication(tmp_path)
    shutil.rmtree(folder / "batches" / "b0")
    with pytest.raises(ListFormatError, match="are some of them missing"):
        check_folder(folder)


@pytest.mark.parametrize("uts", [8, 24])
def test_fewer_rows_a_user_are_not_known_and_not_false(tmp_path: Path, uts: int) -> None:
    """Only from 128 on the range check means nothing."""
    folder = publication(tmp_path)
    change(folder / "batches/a0/sum_proof.json", uts=uts)
    with pytest.raises(ListFormatError, match=f"{uts} rows a user: only"):
        check_folder(folder)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda f: (f / "config.json").unlink(), "no config.json"),
        (lambda f: shutil.rmtree(f / "batches"), "no batches"),
        (lambda f: shutil.rmtree(f / "trunk"), "trunk/sum_values.json: not there"),
        (lambda f: (f / "trunk/sum_proof.json").write_text("[" * 9000), "not JSON"),
        (lambda f: (f / "trunk/sum_proof.json").write_text("[]"), "not a JSON object"),
        (lambda f: (f / "trunk/sum_proof.json").write_text("{}"), "no steps in it"),
        (lambda f: (f / "config.json").write_text('{"main_coins_num":1,"coins":["A","A"]}'),
         "different names"),
        (lambda f: (f / "trunk/sum_proof.json").write_bytes(b" " * 9_000_000), "larger than"),
    ],
)  # fmt: skip
def test_what_is_no_publication_is_not_read(tmp_path: Path, damage, words: str) -> None:
    folder = publication(tmp_path)
    damage(folder)
    with pytest.raises(ListFormatError, match=words):
        check_folder(folder)


def test_other_zips_are_not_taken_for_one(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        archive.writestr("list.csv", "a,b\n")
    assert not recognises(tmp_path / "a.zip")
    (tmp_path / "b.zip").write_bytes(b"PK\x03\x04 and nothing")
    assert not recognises(tmp_path / "b.zip")
    assert not recognises(tmp_path / "none")
    with pytest.raises(ListFormatError, match="not a readable zip"):
        check_folder(tmp_path / "b.zip")


USERS = sorted((V1 / "toy" / "inclusion").glob("*.gz"))


@pytest.mark.parametrize("user", USERS, ids=lambda path: path.name.split("_incl")[0])
def test_users_lead_to_the_roots_of_the_publication(user: Path) -> None:
    found = verify_user(V1 / "toy", user)
    assert found.included, found.reason
    assert found.root == check_folder(V1 / "toy").root
    assert found.unproven
    assert found.gaps[0] == NOT_A_PROOF


def test_a_negative_amount_of_one_coin_is_shown() -> None:
    found = verify_user(V1 / "toy", V1 / "toy/inclusion/a0_user_3_inclusion_proof.json.gz")
    assert (found.amounts["USDT"], found.amounts["total_value"]) == (-12345, 147681521)


@pytest.mark.parametrize(
    ("part", "values", "reason"),
    [
        ("batch", {"BTC": "5876580"}, "not what the coins add up to"),
        ("batch", {"BTC": "5876580", "ETH": "7966160"}, "not the leaf of these amounts"),
        ("batch", {"user_index": 4}, "does not lead to the root"),
        ("batch", {"uts": 32}, "16 rows a user"),
        ("batch", {"batch_mtree_root": "ab" * 32}, "no batch here has this root"),
        ("trunk", {"trunk_mtree_root": "ab" * 32}, "not the root of the trunk"),
        ("trunk", {"batch_id": "ab" * 32}, "not the batch"),
        ("trunk", {"random_number": "ab" * 32}, "not the leaf"),
    ],
)
def test_a_changed_users_file_is_not_included(tmp_path, part, values, reason) -> None:
    user = load("toy/inclusion/a0_user_3_inclusion_proof.json")
    user[f"{part}_inclusion_proof"].update(values)
    (tmp_path / "user.json").write_text(json.dumps(user))
    found = verify_user(V1 / "toy", tmp_path / "user.json")
    assert not found.included
    assert reason in found.reason


def test_a_user_whose_batch_was_not_fetched_is_not_left_out(tmp_path: Path) -> None:
    folder = publication(tmp_path)
    shutil.rmtree(folder / "batches" / "b0")
    user = V1 / "toy/inclusion/b0_user_5_inclusion_proof.json.gz"
    with pytest.raises(ListFormatError, match="its files are not here"):
        verify_user(folder, user)
    assert verify_user(folder, USERS[0]).included


def test_a_user_of_another_publication_is_not_included() -> None:
    user = V1 / "toy/inclusion/b0_user_5_inclusion_proof.json.gz"
    found = verify_user(V1 / "false_totals", user)
    assert not found.included
    assert "no batch here has this root" in found.reason


@pytest.mark.parametrize(
    "values", [{"BTC": "05876579"}, {"BTC": "-0"}, {"BTC": 1}, {"user_index": 15}, {"more": 1}]
)
def test_a_users_file_of_another_form_is_not_read(tmp_path: Path, values) -> None:
    user = load("toy/inclusion/a0_user_3_inclusion_proof.json")
    user["batch_inclusion_proof"].update(values)
    (tmp_path / "user.json").write_text(json.dumps(user))
    with pytest.raises(ListFormatError, match=r"user\.json: /batch_inclusion_proof"):
        verify_user(V1 / "toy", tmp_path / "user.json")


def test_a_zip_of_packed_files_is_read_and_one_of_two_files_of_a_name_is_not(
    tmp_path: Path,
) -> None:
    """Which of two is read is each program's choice: a customer may be shown the other."""
    files = {p.relative_to(V1 / "toy").as_posix(): p for p in (V1 / "toy").rglob("*.json.gz")}
    with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
        for name, path in files.items():
            archive.write(path, name)
    assert check_folder(tmp_path / "packed.zip") == check_folder(V1 / "toy")
    values = "sum_proof_data/trunk/sum_values.json.gz"
    with zipfile.ZipFile(tmp_path / "packed.zip", "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.write(files[values], values)
    with pytest.raises(ListFormatError, match="stands twice"):
        check_folder(tmp_path / "packed.zip")
    with zipfile.ZipFile(tmp_path / "cut.zip", "w") as archive:
        for name, path in files.items():
            archive.writestr(name, path.read_bytes()[: -20 if name == values else None])
    with pytest.raises(ListFormatError, match="cannot be read"):
        check_folder(tmp_path / "cut.zip")


def test_no_coin_is_called_like_what_stands_beside_it(tmp_path: Path) -> None:
    folder = publication(tmp_path)
    config = json.loads((folder / "config.json").read_text())
    change(folder / "config.json", coins=[*config["coins"][:-1], "total_value"])
    with pytest.raises(ListFormatError, match="'total_value' is no coin's name"):
        check_folder(folder)
