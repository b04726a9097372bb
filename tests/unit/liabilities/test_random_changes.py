"""20,000 random changes of each remaining form: none passes that says another thing.

What no hash binds (a label, an audit id, a block height beside a tree) may change; amounts, roots and
places may not. Forms with a proof of their own are changed in their own folders.
"""

from __future__ import annotations

import gzip
import json
import random
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.mutations import mutations, share
from support.okx_first import V1, load
from support.okx_proofs import V2, document

from scanner.errors import InputError
from scanner.liabilities import bitmex_tree, okx_merkle
from scanner.liabilities.gate import batches as gate
from scanner.liabilities.interface import Inclusion, ProofStatus, TreeCheck
from scanner.liabilities.okx_v1 import verify as okx_v1
from scanner.liabilities.okx_v1.folder import opened_folder
from scanner.liabilities.okx_v2.inclusion import Shape, climb
from scanner.liabilities.refusal import RefusedError, ShapeError

VECTORS = Path(__file__).resolve().parents[2] / "vectors" / "liabilities"
OKX = VECTORS / "okx"


def flipped(seed: str, data: bytes, count: int):
    """`count` copies of the bytes, one bit changed in each."""
    chance = random.Random(seed)
    for _ in range(count):
        at = chance.randrange(len(data))
        yield data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]


def tree_figures(check: TreeCheck) -> Any:
    return check.root, check.nodes, check.leaves, [(t.asset, t.amount) for t in check.totals]


@pytest.mark.parametrize(
    ("reader", "file"),
    [
        (bitmex_tree, "bitmex/liabilities_100.csv"),
        (bitmex_tree, "bitmex/river_420.csv"),
        (okx_merkle, "okx/full-liabilities-merkle-tree.txt"),
    ],
    ids=["bitmex", "river", "okx"],
)
def test_bytes_of_a_whole_tree(tmp_path, reader, file):
    data = (VECTORS / file).read_bytes()
    expected = tree_figures(reader.check_tree(VECTORS / file))
    path = tmp_path / "tree"
    accepted = 0
    for changed in flipped(file, data, share(20_000, 300)):
        path.write_bytes(changed)
        try:
            check = reader.check_tree(path)
        except InputError:
            continue
        if check.holds:
            accepted += 1
            assert tree_figures(check) == expected
    assert accepted < share(20_000, 300) // 20  # the height beside it, and a blank at the end


def user_figures(found: Inclusion) -> Any:
    return (
        found.root,
        found.amounts,
        sorted(found.leaves),
        [(t.asset, t.amount) for t in found.totals],
    )


def _tree_user(path: Path) -> Inclusion:
    return okx_merkle.verify_in_tree(OKX / "full-liabilities-merkle-tree.txt", path)


@pytest.mark.parametrize(
    ("file", "verify"),
    [("user_info_file.json", _tree_user), ("merkle_proof_file.json", okx_merkle.verify_path)],
)
def test_users_files_of_okxs_trees(
    tmp_path: Path, file: str, verify: Callable[[Path], Inclusion]
) -> None:
    original = json.loads((OKX / file).read_text())
    expected = user_figures(verify(OKX / file))
    path = tmp_path / "user.json"
    for changed in mutations(file, original, share(20_000, 150)):
        path.write_text(json.dumps(changed))
        try:
            found = verify(path)
        except InputError:
            continue
        if found.included:
            assert user_figures(found) == expected


@pytest.mark.parametrize(
    ("name", "user", "shape"),
    [
        ("toy", "user_5", Shape(4, 3, (4, 4))),
        ("three_levels", "user_4191234", Shape(1024, 220, (64, 64, 64))),
    ],
)
def test_users_files_of_the_second_stark(name: str, user: str, shape: Shape) -> None:
    """Amounts moved between coins make the same leaf: the sums of the account are what is bound."""
    original = json.loads((V2 / name / "inclusion" / f"{user}_inclusion_proof.json").read_text())
    root = tuple(document(name)["proof"]["public_inputs"][2:])
    expected = climb(original, shape)
    assert expected.root == root
    for changed in mutations(name, original, share(10_000, 150)):
        try:
            found = climb(changed, shape)
        except ShapeError:
            continue
        if found.root == root:
            assert found == expected


def test_users_files_of_the_first_stark(monkeypatch) -> None:
    """The publication is checked once: no change touches it."""
    original = load("toy/inclusion/a0_user_3_inclusion_proof.json")
    with opened_folder(V1 / "toy") as folder:
        coins = folder.coins()
        whole, checked = folder.proof, okx_v1._holds
        proof = cache(lambda batch: whole(batch, coins))
        holds = cache(lambda batch: checked(folder, batch, coins))
        expected = okx_v1._user(original, folder, coins)
        monkeypatch.setattr(okx_v1, "_holds", lambda _folder, batch, _coins: holds(batch))
        monkeypatch.setattr(folder, "proof", lambda batch, _coins: proof(batch))
        for changed in mutations("user of the first", original, share(20_000, 300)):
            try:
                found = okx_v1._user(changed, folder, coins)
            except (RefusedError, ShapeError):
                continue
            assert found == expected


def test_totals_and_list_of_coins_of_the_first_stark(tmp_path) -> None:
    """What stands beside the batches' proofs: a batch's totals, and what the columns are."""
    shutil.copytree(V1 / "toy/sum_proof_data", tmp_path / "data")
    tried = 0
    for name in ("batches/a0/sum_values.json", "trunk/sum_values.json", "config.json"):
        place = tmp_path / "data" / f"{name}.gz"
        kept, original = place.read_bytes(), load(f"toy/sum_proof_data/{name}")
        for changed in mutations(name, original, share(400, 8)):
            place.write_bytes(gzip.compress(json.dumps(changed).encode(), 1))
            tried += 1
            try:
                found = okx_v1.check_folder(tmp_path / "data")
            except InputError:
                continue
            # The names of coins are bound by nothing but that all files have the same ones.
            assert found.status is ProofStatus.REFUSED, changed
        place.write_bytes(kept)
    assert tried == 3 * share(400, 8)


@pytest.fixture
def gates(tmp_path, monkeypatch):
    """Gate's publication in a folder; commitments to the same assets are computed once."""
    kept = cache(gate.commit_assets)
    monkeypatch.setattr(gate, "commit_assets", lambda assets, size: kept(tuple(assets), size))
    for name in ("cex_config.json", "proof.csv"):
        shutil.copy(VECTORS / "gate" / name, tmp_path / name)
    return tmp_path / "cex_config.json"


def test_totals_of_gates_batches(gates, monkeypatch) -> None:
    """Held against the size that its list has; names are in no commitment."""
    monkeypatch.setattr(gate, "SIZES", gate.SIZES[-1:])
    original = json.loads(gates.read_text())
    expected = gate.check_chain(original, gates)
    assert expected.status is ProofStatus.CONSISTENT
    names = {asset["Symbol"] for asset in original["CexAssetsInfo"]}
    for changed in mutations("gate", original, share(20_000, 60)):
        try:
            found = gate.check_chain(changed, gates)
        except InputError:
            continue
        if found.status is ProofStatus.CONSISTENT:
            assert found.root == expected.root
            said, known = (
                {n: t for n, t in f.stated.items() if n in names} for f in (found, expected)
            )
            assert said.items() <= known.items()


def test_bytes_of_gates_table(gates) -> None:
    document_ = json.loads(gates.read_text())
    expected = gate.check_chain(document_, gates)
    table = gates.with_name("proof.csv")
    for changed in flipped("gate", table.read_bytes(), share(20_000, 150)):
        table.write_bytes(changed)
        try:
            found = gate.check_chain(document_, gates)
        except InputError:
            continue
        if found.status is ProofStatus.CONSISTENT:
            assert (found.root, found.stated) == (expected.root, expected.stated)
