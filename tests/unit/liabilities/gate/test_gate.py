"""Gate's published sample: one user and one batch; and what is changed in them."""

from __future__ import annotations

import base64
import copy
import csv
import io
import json
import random
import shutil
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from support.mutations import mutations, share

from scanner.errors import ListFormatError
from scanner.liabilities.gate import batches, packing, poseidon, user
from scanner.liabilities.gate.packing import commit_assets
from scanner.liabilities.gate.poseidon import hash_words, permute
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.refusal import RefusedError, ShapeError

VECTORS = Path(__file__).resolve().parents[3] / "vectors" / "liabilities" / "gate"
USER = json.loads((VECTORS / "user_config.json").read_text())
CONFIG = json.loads((VECTORS / "cex_config.json").read_text())
ROOT = "2e7e01ad51d5c668e8d581be83fcfe806644b7c834876d540b188816a67778e6"


def test_the_permutation_is_the_published_one() -> None:
    """Word 0 after permuting (0, 1, 2): the value that all circomlib programs give."""
    known = 7853200120776062878684798364095072458815029376092732009249414926327459813530
    assert permute([0, 1, 2])[0] == known
    assert hash_words([1, 2]) == permute([0, 1, 2])[1]
    thirteen = list(range(13))
    first = permute([0, *thirteen[:12]])[0]
    assert hash_words(thirteen) == permute([first, 12])[1]


@pytest.mark.parametrize("width", range(2, 14))
def test_the_factored_rounds_are_the_plain_ones(width: int) -> None:
    """Every round as the paper has it: constants, fifth powers, and the whole matrix."""
    chance = random.Random(width)
    states = [[0] * width, [poseidon.R - 1] * width]
    states.append([chance.randrange(poseidon.R) for _ in range(width)])
    rounds, matrix = poseidon._plain_tables(width)
    half = poseidon.FULL // 2
    for state in states:
        words = state
        for number, constants in enumerate(rounds):
            words = [(word + c) % poseidon.R for word, c in zip(words, constants, strict=True)]
            boxes = 1 if half <= number < len(rounds) - half else width
            words = [pow(word, 5, poseidon.R) for word in words[:boxes]] + words[boxes:]
            words = [sum(m * w for m, w in zip(r, words, strict=True)) for r in matrix]
        assert permute(state) == [word % poseidon.R for word in words]


def test_the_published_user_leads_to_the_published_root() -> None:
    found = user.check(USER)
    assert (found.root, found.amounts) == (ROOT, {"asset 110": 29774})


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"TotalAssetEquity": 1}, ShapeError, "does not lead"),
        ({"TotalAssetDebt": 10**30}, RefusedError, "owes more than it holds"),
        ({"Arrangement": 1}, ShapeError, "does not lead"),
        ({"AssetDetails": [{"Index": 110, "Equity": 29775, "Debt": 0}]}, ShapeError, "not lead"),
        ({"AssetDetails": [{"Index": 110, "Equity": -1, "Debt": 0}]}, ShapeError, "an integer"),
        ({"AssetDetails": USER["AssetDetails"] * 2}, ShapeError, "asset 110 twice"),
        ({"MerkleProofEncode": USER["MerkleProofEncode"][:-1]}, ShapeError, "27 entries"),
        ({"more": 1}, ShapeError, "an unexpected name"),
        ({"UniqueIdentification": "ff" * 32}, ShapeError, "below the field's order"),
    ],
)
def test_what_is_changed_in_a_users_file_is_named(change, error, words) -> None:
    with pytest.raises(error, match=words):
        user.check({**USER, **change})


def test_random_mutations_of_a_users_file_are_refused(monkeypatch) -> None:
    """Most changes leave the assets as they are: what was hashed of them is kept."""
    kept = cache(user.commit)
    monkeypatch.setattr(user, "commit", lambda numbers: kept(tuple(numbers)))
    for changed in mutations("gate", USER, share(20_000, 40)):
        with pytest.raises((RefusedError, ShapeError)):
            user.check(changed)


def publication(tmp_path: Path, config: Any = None, rows: Any = None) -> Path:
    """The sample in a folder, with the totals or rows given."""
    shutil.copyfile(VECTORS / "proof.csv", tmp_path / "proof.csv")
    if rows is not None:
        (tmp_path / "proof.csv").write_text(rows)
    (tmp_path / "cex_config.json").write_text(json.dumps(config or CONFIG))
    return tmp_path / "cex_config.json"


def check(path: Path):
    return batches.check_chain(json.loads(path.read_text()), path)


def test_the_published_chain_ends_at_the_published_totals(tmp_path: Path) -> None:
    found = check(publication(tmp_path))
    assert (found.status, found.root) == (ProofStatus.CONSISTENT, ROOT)
    assert found.grade is LiabilityEvidence.PUBLISHED
    assert "is not checked" in found.gaps[0]
    assert found.stated["batches"] == "1"


def changed_row(**values: str) -> str:
    (row,) = csv.DictReader(io.StringIO((VECTORS / "proof.csv").read_text()))
    out = io.StringIO()
    writer = csv.DictWriter(out, [*row], quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerow({**row, **values})
    return out.getvalue()


def config(change) -> Any:
    found = copy.deepcopy(CONFIG)
    change(found["CexAssetsInfo"])
    return found


@pytest.mark.parametrize(
    ("changed", "rows", "words"),
    [
        (config(lambda a: a[0].update(TotalEquity=1)), None, "not end at the published totals"),
        (config(lambda a: a[0].update(TotalDebt=1)), None, "users owe more than they hold"),
        (None, changed_row(batch_commitment="AAAA" * 10 + "AAA="), "its commitment does not match"),
    ],
)  # fmt: skip
def test_what_contradicts_is_refused_with_its_place(tmp_path, changed, rows, words) -> None:
    found = check(publication(tmp_path, changed, rows))
    assert found.status is ProofStatus.REFUSED
    assert words in found.reason
    assert found.place


@pytest.mark.parametrize(
    ("changed", "rows", "words"),
    [
        (config(lambda a: a[0].update(BasePrice=1)), None,
         "in a list of 500 or 800 assets, and no other size is known"),
        (None, changed_row(account_tree_roots=json.dumps(["AAAA" * 10 + "AAA="] * 2)),
         "not begin with the empty tree of 28 levels, and no other is known"),
        (config(lambda a: a[0].update(Symbol="BTC\nroot: 00")), None, "Symbol: not a name"),
    ],
)  # fmt: skip
def test_what_may_be_of_a_later_form_is_not_called_false(tmp_path, changed, rows, words) -> None:
    with pytest.raises(ListFormatError, match=words):
        check(publication(tmp_path, changed, rows))


def other_list(folder: Path, size: int, held: int, claimed: int) -> Path:
    """A publication of one asset in a list of another size: `held` before, `claimed` after it."""
    asset = {"TotalEquity": claimed, "TotalDebt": 0, "BasePrice": 7, "Symbol": "BTC", "Index": 0}
    roots = [batches.EMPTY_TREE, 5]
    totals = [commit_assets([(amount, 0, 7)], size) for amount in (held, 9)]
    in_base64 = [base64.b64encode(n.to_bytes(32, "big")).decode() for n in (*roots, *totals)]
    commitment = base64.b64encode(hash_words([*roots, *totals]).to_bytes(32, "big")).decode()
    row = changed_row(
        account_tree_roots=json.dumps(in_base64[:2]),
        cex_asset_list_commitments=json.dumps(in_base64[2:]),
        batch_commitment=commitment,
    )
    return publication(folder, {**CONFIG, "CexAssetsInfo": [asset]}, row)


def test_a_list_that_grew_again_is_not_false(tmp_path: Path) -> None:
    """It was 350, then 500, then 800; one that fits at one end is of that size, and false."""
    with pytest.raises(ListFormatError, match="and no other size is known"):
        check(other_list(tmp_path, 1000, 0, 9))
    assert check(other_list(tmp_path, 800, 0, 9)).status is ProofStatus.CONSISTENT
    owing = check(other_list(tmp_path, 800, 1, 9))
    assert (owing.status, owing.reason) == (
        ProofStatus.REFUSED,
        "it does not start from zero in every asset",
    )
    less = check(other_list(tmp_path, 800, 0, 8))
    assert "does not end at the published totals" in less.reason


def test_two_coins_of_one_name_are_not_two_smaller_sums() -> None:
    level = LiabilityEvidence.PUBLISHED
    with pytest.raises(ShapeError, match="two assets are called btc"):
        packing.owed([("BTC", 5, 0), ("btc", 7, 0)], level, "f")
    assert len(packing.owed([("BTC", 5, 0), ("btc", 0, 0)], level, "f")) == 1


def test_each_total_is_there_with_what_was_taken_off(tmp_path: Path) -> None:
    (total, *_) = check(other_list(tmp_path, 800, 0, 9)).totals
    assert (total.asset, total.amount, total.detail["equity"]) == ("BTC", 9, "9")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (changed_row(batch_number="1"), "batch 0 is missing"),
        (changed_row(batch_commitment="x"), "not a field element"),
        (changed_row(account_tree_roots="[" * 9000), "not a list of two|longer than"),
        ("batch_number\n", "no batch"),
        ('batch_number\n"0', "unexpected end|not a list"),
        ("x" * 30_000, "too long"),
    ],
)
def test_other_tables_are_not_read(tmp_path: Path, rows: str, words: str) -> None:
    with pytest.raises(ListFormatError, match=words):
        check(publication(tmp_path, None, rows))


def test_the_table_must_stand_beside_and_nowhere_else(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    path = publication(tmp_path / "inner")
    (tmp_path / "inner" / "proof.csv").rename(tmp_path / "proof.csv")
    path.write_text(json.dumps({**CONFIG, "ProofCsv": "../proof.csv"}))
    with pytest.raises(ListFormatError, match=r"proof\.csv must be next to it"):
        check(path)
