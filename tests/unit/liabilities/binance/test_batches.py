"""Binance's batches, made with its published circuit: chain, totals, and proofs."""

from __future__ import annotations

import base64
import json
import random
import tracemalloc
from functools import cache

import pytest
from support.binance_proofs import FOLDER, KEYS, PIN, config, copied, rows
from support.mutations import mutations, places_of, same, share

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.binance import batches, user, words
from scanner.liabilities.binance.batches import check_batches
from scanner.liabilities.gate import table
from scanner.liabilities.gate.packing import DEBTS
from scanner.liabilities.gate.table import rows_in_order
from scanner.liabilities.interface import LiabilityEvidence, ProofStatus
from scanner.liabilities.kept import is_proof
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.reports.commands.liabilities import proof_lines, proof_object

ROOT = "21954f4a16c6e6d8847b8123a9597fafce91bf2bf5cd12708bbdac9523d0744a"


def checked(path, document=None, pin=""):
    return check_batches(config() if document is None else document, path, pin)


def test_every_proof_holds_under_the_pinned_keys():
    found = checked(FOLDER / "config.json", pin=PIN.upper())
    assert (found.status, found.grade) == (ProofStatus.ACCEPTED, LiabilityEvidence.SNARK_PER_COIN)
    assert (found.root, found.key, found.key_from) == (ROOT, PIN, "the pin given")
    owed = {t.asset: (t.amount, t.evidence.value, t.comparable) for t in found.totals}
    assert owed["BTC"] == (170_005_000, "snark_per_coin", False)
    assert owed["USDT"] == (12_345_679_001 - 5_000_000_077, "snark_per_coin", False)
    assert found.stated == {"batches": "3", "accounts": "5"}
    assert words.SETUP in found.gaps
    assert words.NAMES in found.gaps
    assert not is_proof(FOLDER / "config.json")


def test_what_users_owe_is_taken_off_in_plain_sight(tmp_path):
    """An account of the publisher's own may owe any coin, against another at its own price."""
    found = checked(copied(tmp_path))
    assert DEBTS in found.gaps
    lines = proof_lines(found)
    (usdt,) = [line for line in lines if line.startswith("claimed: USDT 7345678924 ")]
    assert usdt.endswith("(published; users hold 12345679001 and owe 5000000077)")
    (btc,) = [line for line in lines if line.startswith("claimed: BTC ")]
    assert btc.endswith("(published)")
    said = {total["asset"]: total for total in proof_object(found)["totals"]}
    assert (said["USDT"]["equity"], said["USDT"]["debt"]) == ("12345679001", "5000000077")


def test_two_places_of_one_name_are_not_two_smaller_sums(tmp_path):
    document = config()
    document["CexAssetsInfo"][1]["Symbol"] = "btc"
    with pytest.raises(ListFormatError, match="two assets are called"):
        checked(copied(tmp_path), document)


def test_keys_that_nobody_vouches_for_make_it_no_more_than_consistent(monkeypatch):
    proven = []
    monkeypatch.setattr(batches, "_prove", lambda rows, keys, file: proven.append(len(rows)))
    found = checked(FOLDER / "config.json")
    assert (found.status, found.grade) == (ProofStatus.CONSISTENT, LiabilityEvidence.PUBLISHED)
    assert (found.key, found.gaps[0], proven) == (PIN, words.OWN_KEYS, [3])
    other = checked(FOLDER / "config.json", pin="0" * 64)
    assert (other.status, other.place) == (ProofStatus.REFUSED, "/ZkKeyName")


def test_without_keys_nothing_is_proven(tmp_path):
    path = copied(tmp_path)
    found = checked(path)
    assert (found.status, found.gaps[0], found.root) == ("consistent", words.NO_KEYS, ROOT)
    with pytest.raises(InputError, match="must be next to"):
        checked(path, pin=PIN)
    with pytest.raises(InputError, match="SHA-256"):
        checked(path, pin="pin")


def test_a_proof_of_another_batch_is_found(tmp_path):
    """Proofs of two batches of one key, changed round: the chain is right, the pairings are not."""

    def swap(table):
        one, other = table[0]["proof_info"], table[1]["proof_info"]
        table[0]["proof_info"], table[1]["proof_info"] = other, one

    found = checked(copied(tmp_path, swap, keys=True), pin=PIN)
    assert (found.status, found.place) == (ProofStatus.REFUSED, "proof.csv, batch 0")
    assert "is not valid under the key" in found.reason


def test_a_key_of_another_size_is_another_pin(tmp_path, monkeypatch):
    monkeypatch.setattr(batches, "_prove", lambda *_: None)
    path = copied(tmp_path, keys=True)
    (tmp_path / KEYS[2]).write_bytes((FOLDER / KEYS[4]).read_bytes())
    assert checked(path, pin=PIN).place == "/ZkKeyName"


def test_rows_may_stand_in_any_order(tmp_path, monkeypatch):
    """The publisher's own program puts them in order; an export need not."""
    expected = checked(copied(tmp_path))
    assert checked(copied(tmp_path, lambda t: t.reverse())) == expected
    monkeypatch.setattr(table, "MAX_WAITING", 100)
    with pytest.raises(ListFormatError, match="batch 0 is missing among the first"):
        checked(copied(tmp_path, lambda t: t.reverse()))


def _other(row, name):
    return lambda table: table[row].update({name: table[2 - row][name]})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t.pop(), "does not end at the published totals"),
        (lambda t: t[1].update(min_account_index="3"), "accounts 3 to 3, not from 2 on"),
        (lambda t: t[1].update(max_account_index="1"), "accounts 2 to 1, not from 2 on"),
        (lambda t: t[2].update(max_account_index="5"), "its commitment does not match"),
        (lambda t: t[0].update(min_account_index="1"), "accounts 1 to 1, not from 0 on"),
        (_other(0, "batch_commitment"), "its commitment does not match"),
        (_other(0, "cex_asset_list_commitments"), "its commitment does not match"),
        (lambda t: t[2].update(cex_asset_list_commitments=t[1]["cex_asset_list_commitments"]),
         "does not continue from the totals"),
        (lambda t: t[2].update(account_tree_roots=f'["{t[0]["batch_commitment"]}"]'),
         "another account tree"),
        (lambda t: t[1].update(assets_count="3"), "there is no key for 3 assets"),
    ],
)  # fmt: skip
def test_a_broken_chain_is_refused_before_any_pairing(tmp_path, change, words):
    found = checked(copied(tmp_path, change))
    assert (found.status, words in found.reason) == (ProofStatus.REFUSED, True), found.reason


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t: t[1].update(batch_number="2"), "batch 2 stands twice"),
        (lambda t: t[2].update(batch_number="3"), "batch 2 is missing"),
        (lambda t: t[2].update(batch_number="02"), "batch_number is not a number below"),
        (lambda t: t[2].update(batch_number="200000"), "batch_number is not a number below"),
        (lambda t: t[1].update(max_account_index="03"), "not a number from 0"),
        (lambda t: t[1].update(max_account_index="268435456"), "not a number from 0"),
        (lambda t: t[1].update(proof_info="AA"), "not canonical base64"),
        (lambda t: t[1].update(proof_info="AAAA" * 400), "larger than any such proof"),
        (lambda t: t[1].update(account_tree_roots="[]"), "0 entries, there must be 1"),
        (lambda t: t[1].update(batch_commitment="AA=="), "not a field element"),
        (lambda t: t.clear(), "no batch in it"),
    ],
)
def test_what_is_not_of_the_form_is_not_read(tmp_path, change, words):
    with pytest.raises(ListFormatError, match=words):
        checked(copied(tmp_path, change))


@pytest.fixture
def remembered(monkeypatch):
    """Commitments are computed once for the same assets: most changes leave them as they are."""
    kept = cache(batches.commit)
    monkeypatch.setattr(batches, "commit", lambda assets, size: kept(tuple(assets), size))


@pytest.mark.usefixtures("remembered")
def test_random_changes_of_the_totals_are_refused(tmp_path, monkeypatch):
    """Names, and what is worked out from the tiers, are bound by nothing: so it is said of names.

    Held against the example's 10 places alone: against 500 they would be hashed fifty times as
    long, and a false sum is no truer there.
    """
    monkeypatch.setattr(batches, "SIZES", batches.SIZES[:1])
    path, original = copied(tmp_path), config()
    free = ("/Symbol", "/PrecomputedValue", "/ZkKeyName", "/ProofTable")
    places = [p for p in places_of(original) if not any(part in p[0] for part in free)]
    for changed in mutations("totals", original, share(20_000, 100), places):
        try:
            found = checked(path, changed)
        except ListFormatError:
            continue
        if found.status is not ProofStatus.REFUSED:
            of = [{**a, "PrecomputedValue": 0} for a in changed["CexAssetsInfo"]]
            assert same(sorted(map(_bound, of)), sorted(map(_bound, original["CexAssetsInfo"])))


def _bound(asset):
    """What a commitment binds of an asset, as text."""
    tiers = {name: [(t["BoundaryValue"], t["Ratio"]) for t in asset[name]] for name in asset
             if name.endswith("Ratios")}  # fmt: skip
    return json.dumps({**asset, **tiers, "Symbol": "", "PrecomputedValue": 0}, sort_keys=True)


@pytest.mark.usefixtures("remembered")
def test_random_bytes_of_the_table_are_refused(tmp_path):
    """Without keys: what passes differs in nothing but the proofs, which are no points then."""
    from scanner.liabilities.groth16.key import read_proof

    path = copied(tmp_path)
    data = (tmp_path / "proof.csv").read_bytes()
    expected = checked(path)
    proofs = {row["proof_info"] for row in rows()}
    chance = random.Random("table")
    for _ in range(share(20_000, 100)):
        at = chance.randrange(len(data))
        flipped = data[:at] + bytes([data[at] ^ 1 << chance.randrange(8)]) + data[at + 1 :]
        (tmp_path / "proof.csv").write_bytes(flipped)
        try:
            found = checked(path)
        except ListFormatError:
            continue
        if found.status is ProofStatus.REFUSED:
            continue
        assert (found.root, found.totals) == (expected.root, expected.totals)
        for row in rows_in_order(tmp_path / "proof.csv", 3):
            if row["proof_info"] not in proofs:
                with pytest.raises((RefusedError, ShapeError)):
                    read_proof(base64.b64decode(row["proof_info"]), "proof")


def test_rows_that_wait_for_an_earlier_one_cost_no_more_than_they_say(tmp_path):
    """A short line under a long header would be a thousand empty fields, kept for each."""
    path = tmp_path / "proof.csv"
    columns = ["batch_number", *(f"x{number}" for number in range(2_000))]
    lines = "".join(f"{number}\n" for number in range(1, 2_000))
    path.write_text(",".join(columns) + "\n" + lines)
    with pytest.raises(ListFormatError, match="more than 64 columns"):
        list(rows_in_order(path, 200_000))
    path.write_text(",".join(columns[:60]) + "\n0,1\n1" + ",y" * 9_000 + "\n")
    assert [len(row) for row in rows_in_order(path, 3)] == [2, 60]
    path.write_text("batch_number\n" + "".join(f"{number}\n" for number in range(1, 199_999)))
    tracemalloc.start()
    with pytest.raises(ListFormatError, match="batch 0 is missing"):
        list(rows_in_order(path, 200_000))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 150_000_000


ACCOUNT = json.loads((FOLDER / "user_config_1.json").read_text())


@pytest.mark.parametrize("number", [1, 4])
def test_a_user_leads_to_the_root_of_the_batches(number):
    document = json.loads((FOLDER / f"user_config_{number}.json").read_text())
    found = user.climb(document, (2, 4))
    assert found.root == ROOT
    assert found.amounts["asset 2, debt"] == (5_000_000_000 if number == 1 else 77)
    with pytest.raises(RefusedError, match="does not lead to this root"):
        user.climb(document, (10,))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        (lambda d: d.update(TotalDebt=d["TotalCollateral"] + 1), RefusedError, "owes more"),
        (
            lambda d: d["Assets"][0].update(Loan=d["Assets"][0]["Equity"] + 1),
            RefusedError,
            "collateral",
        ),
        (lambda d: d["Assets"].reverse(), ShapeError, "not in ascending order"),
        (lambda d: d["Proof"].pop(), ShapeError, "27 entries"),
        (lambda d: d.update(AccountIndex=2**28), ShapeError, "not an integer"),
        (lambda d: d["Assets"][0].update(Equity=-1), ShapeError, "not an integer"),
    ],
)
def test_what_is_changed_in_a_users_file_is_named(change, error, words):
    document = json.loads(json.dumps(ACCOUNT))
    change(document)
    with pytest.raises(error, match=words):
        user.climb(document, (2,))


def test_random_changes_of_a_users_file_are_refused():
    for changed in mutations("user of batches", ACCOUNT, share(20_000, 60)):
        with pytest.raises((RefusedError, ShapeError)):
            user.climb(changed, (2,))
