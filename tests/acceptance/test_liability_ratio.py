"""A proof of one total, kept beside a snapshot: the one ratio it allows, and verified again."""

from __future__ import annotations

import json
import sqlite3
import zlib
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support.okx_proofs import pin

V2 = Path(__file__).resolve().parents[1] / "vectors" / "liabilities" / "okx_v2"
TOY = V2 / "toy" / "sum_proof_data.json.gz"

pytestmark = pytest.mark.node

HELD = 58_959_708_849_230_328 + 148_960_774_325_814_037
NET = 2903308513 - 78218643


def price_at_the_snapshot(scanner, tmp_path, usd: str) -> None:
    at = scanner("value", "--json").object["at"]
    (tmp_path / "p.csv").write_text(f"asset,price_usd,at,source\nETH,{usd},{at},Kraken\n")
    done = scanner("prices", "import", "p.csv")
    assert done.status == 0, done.err


def test_the_aggregate_ratio_stands_alone_with_its_prices(scanner, taken, tmp_path):
    none = scanner("liabilities", "ratio")
    assert (none.status, "has no saved proof of liabilities" in none.err) == (3, True)
    kept = scanner("liabilities", "import", TOY, "--key", pin("toy"), "--unit-usd", "0.0000001")
    assert kept.status == 0, kept.err
    assert "proof of one total (snark_aggregate) saved with snapshot" in kept.err
    assert "the published circuit does not stop a dishonest prover" in kept.err
    again = scanner("liabilities", "import", TOY, "--key", pin("toy"))
    assert (again.status, "is saved already" in again.err) == (0, True)
    bare = scanner("liabilities", "ratio", "--json")
    (found,) = bare.object
    assert (bare.status, found["aggregate_ratio"]) == (3, None)
    assert "no verified asset has a price" in found["why_absent"]

    price_at_the_snapshot(scanner, tmp_path, "2500.25")
    done = scanner("liabilities", "ratio", "--published", "1.05", "--json")
    (found,) = done.object
    assert done.status == 0, done.err
    reserves = HELD * 250025 // 10**18
    owed = -(-NET * 100 // 10**7)
    expected = reserves * 10**6 // owed
    assert found["aggregate_ratio"] == f"{expected // 10**6}.{expected % 10**6:06d}"
    assert (found["grade"], found["published_ratio"]) == ("snark_aggregate", "1.05")
    assert found["net"] == str(NET)
    assert [price["asset"] for price in found["prices"]] == ["ETH"]
    assert found["gap"]
    # Nothing of it is a ratio of a coin.
    (eth,) = scanner("totals", "--json").object["assets"]
    assert (eth["liabilities"], eth["reserve_ratio"]) == (None, None)
    shown = scanner("totals", "--exact").out.decode()
    assert f"aggregate ratio: {found['aggregate_ratio']} (of an unknown day)\n" in shown
    assert "price: ETH 2,500.25 at " in shown
    said = scanner("liabilities", "ratio", "--published", "1.05").out.decode()
    assert "published ratio: 1.05 (stated by the publisher)" in said
    assert "accepted by the published verifier under a pinned key" in said


def test_less_than_is_owed_is_not_shown_and_a_key_of_its_own_neither(scanner, taken, tmp_path):
    assert scanner("liabilities", "import", TOY, "--unit-usd", "1").status == 0
    price_at_the_snapshot(scanner, tmp_path, "2500.25")
    done = scanner("liabilities", "ratio", "--json")
    (found,) = done.object
    assert (done.status, found["grade"]) == (3, "published")
    assert found["aggregate_ratio"] == "0.000000"


def test_what_is_kept_is_verified_again_without_the_publisher(scanner, taken, tmp_path):
    assert scanner("liabilities", "import", TOY, "--key", pin("toy")).status == 0
    done = scanner("liabilities", "recheck")
    assert done.status == 0, done.err
    assert "valid, with the saved figures" in done.err
    database = next((tmp_path / "data").rglob("*.db"))
    with sqlite3.connect(database) as connection:
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("UPDATE liability_proof SET net = '1'")
        connection.execute("DROP TRIGGER liability_proof_no_update")
        connection.execute("UPDATE liability_proof SET net = ?", (str(1).zfill(120),))
    connection.close()
    done = scanner("liabilities", "recheck")
    assert (done.status, "not the saved figures" in done.err) == (1, True)
    with sqlite3.connect(database) as connection:
        ((document,),) = connection.execute("SELECT document FROM liability_proof")
        other = zlib.compress(zlib.decompress(document).replace(b"2903308513", b"2903308514"))
        connection.execute("UPDATE liability_proof SET document = ?", (other,))
    connection.close()
    done = scanner("liabilities", "recheck")
    assert (done.status, "does not match the saved hash" in done.err) == (1, True)


def test_where_no_proof_is_kept_nothing_is_checked(scanner, taken):
    """That none of 0 proofs is false is no result: it had the status of one."""
    done = scanner("liabilities", "recheck")
    assert done.status == 3
    assert "snapshot 1 has no saved proof of liabilities: there is nothing to check" in done.err


def test_a_refused_proof_is_not_kept(scanner, taken):
    done = scanner("liabilities", "import", TOY, "--key", pin("production_shape"))
    assert (done.status, "nothing was saved" in done.err) == (1, True)
    assert scanner("liabilities", "ratio").status == 3
    wrong = scanner("liabilities", "import", TOY, "--unit-usd", "-1")
    assert (wrong.status, len(wrong.lines)) == (2, 1)
    wrong = scanner("liabilities", "import", TOY, "--unit-usd", "1.000")
    assert (wrong.status, "write 1000 or 1.0000" in wrong.err) == (2, True)


def test_the_publishers_ratios_stand_beside_ours_everywhere(scanner, taken, tmp_path):
    kept = scanner(
        *("liabilities", "import", TOY, "--key", pin("toy"), "--unit-usd", "0.0000001"),
        *("--published", "1.03"),
    )
    assert kept.status == 0, kept.err
    (tmp_path / "owed.csv").write_text("asset,amount,ratio\nETH,0.1,104.5 %\n")
    assert scanner("liabilities", "import", "owed.csv").status == 0
    absent = scanner("totals").out.decode()
    assert "Ratio over all coins: absent: no verified asset has a price" in absent
    assert all(len(line) <= 80 for line in absent.splitlines())
    price_at_the_snapshot(scanner, tmp_path, "2500.25")
    (found,) = scanner("liabilities", "ratio", "--json").object
    assert found["published_ratio"] == "1.03"
    totals = scanner("totals", "--json").object
    assert found.pop("other_chains") == totals["other_chains"] != []
    assert totals["aggregate_ratios"] == [found]
    assert found["ratio_limits"] == "of an unknown day"
    line = (
        f"Ratio over all coins: {found['aggregate_ratio']} (of an unknown day); the "
        "publisher states 1.03 "
    )
    assert line in " ".join(scanner("totals").out.decode().split()) + " "
    exact = scanner("totals", "--exact").out.decode()
    assert "published ratio: 1.03 (stated by the publisher)" in exact
    assert "published ratio: ETH 1.045 (stated by the publisher; ours is " in exact
    made = scanner("report", "-o", "r.html")
    assert made.status == 0, made.err
    page = (tmp_path / "r.html").read_text()
    assert "the publisher states 1.03" in page
    assert "the publisher states 1.045" in page
    assert found["aggregate_ratio"] in page
    assert "does not stop a dishonest prover" in page
    scanner("report", "--json", "-o", "r.json")
    twin = json.loads((tmp_path / "r.json").read_text())
    assert twin["aggregate_ratios"] == [found]
    assert [r["published_ratio"] for r in twin["ratios"]] == ["1.045"]
    _flat(scanner, tmp_path, found)
    scanner("report", "--schema", "-o", "s.json")
    Draft202012Validator(json.loads((tmp_path / "s.json").read_text())).validate(twin)
    wrong = scanner("liabilities", "import", TOY, "--published", "104 %")
    assert (wrong.status, "a ratio such as 1.05" in wrong.err) == (2, True)
    wrong = scanner("liabilities", "import", "owed.csv", "--published", "1.04")
    assert (wrong.status, "a column published_ratio" in wrong.err) == (2, True)


def _flat(scanner, tmp_path, found):
    """The same in the flat exports: an asset's ratio, and the one over all coins."""
    assert scanner("export", "ratios", "--format", "jsonl", "-o", "ratios.jsonl").status == 0
    lines = (tmp_path / "ratios.jsonl").read_text().splitlines()
    asset, over = (json.loads(line) for line in lines)
    assert (asset["over"], asset["asset"], asset["published_ratio"]) == ("asset", "ETH", "1.045")
    assert (asset["liabilities"], asset["proven_per_coin"]) == (str(10**17), False)
    assert int(asset["reserves"]) * 10**6 // 10**17 == round(float(asset["ratio"]) * 10**6)
    assert (over["over"], over["asset"], over["unit"], over["decimals"]) == (
        "all_coins", None, "USD", 2,
    )  # fmt: skip
    assert (over["ratio"], over["published_ratio"]) == (found["aggregate_ratio"], "1.03")
    assert over["liabilities"] == found["owed_usd"].replace(".", "").lstrip("0")
    assert over["reserves"] == found["reserves_usd"].replace(".", "")
    assert over["prices"].startswith("ETH 2500.25 at ")
    assert over["gap"] == found["gap"]
    for form in ("csv", "parquet"):
        assert scanner("export", "ratios", "--format", form, "-o", "r").status == 0
    assert scanner("export", "ratios").out.startswith(b"snapshot,complete,over,asset,unit,")


def test_a_net_without_a_price_is_in_the_publishers_unit_alone(scanner, taken):
    assert scanner("liabilities", "import", TOY, "--key", pin("toy")).status == 0
    (row,) = map(json.loads, scanner("export", "ratios", "--format", "jsonl").out.splitlines())
    assert (row["unit"], row["liabilities"]) == ("publisher's unit", str(NET))
    assert (row["reserves"], row["ratio"]) == (None, None)
    assert "--unit-usd" in row["why_absent"]


def test_coins_of_the_publishers_own_are_no_reserves(scanner, taken, tmp_path, monkeypatch):
    """What is worth what the publisher is worth covers nothing, at whatever price."""
    kept = scanner("liabilities", "import", TOY, "--key", pin("toy"), "--unit-usd", "0.0000001")
    assert kept.status == 0, kept.err
    price_at_the_snapshot(scanner, tmp_path, "2500.25")
    table = '[[publisher]]\nname = "list"\ntexts = ["hello world"]\ntokens = ["ETH"]\n'
    (tmp_path / "own.toml").write_text(table)
    monkeypatch.setenv("SCANNER_PUBLISHERS", str(tmp_path / "own.toml"))
    (found,) = scanner("liabilities", "ratio", "--json").object
    assert (found["aggregate_ratio"], found["left_out"]) == (None, ["ETH"])
    assert (found["reserves_usd"], found["prices"]) == ("0.00", [])
    assert "without its own ETH" in scanner("totals").text
    assert "left out, because the publisher issues it: ETH" in scanner("totals", "--exact").text


def test_a_ratio_over_some_users_says_so_wherever_it_stands(scanner, taken, tmp_path):
    """And that it is unproven: over a part of what is owed, every ratio is better."""
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,0.1\n")
    assert scanner("liabilities", "import", "owed.csv", "--of", "US users").status == 0
    totals = scanner("totals").out.decode()
    assert "(unproven, of an unknown day, only of US users)" in " ".join(totals.split())
    exact = scanner("totals", "--exact").out.decode()
    assert "unproven, of an unknown day, only of US users" in exact
    (ratio,) = scanner("totals", "--json").object["ratios"]
    assert (ratio["scope"], ratio["proven_per_coin"]) == ("US users", False)
    assert scanner("export", "ratios", "--format", "jsonl", "-o", "ratios.jsonl").status == 0
    flat = json.loads((tmp_path / "ratios.jsonl").read_text())
    assert list(flat)[-3:] == ["scope", "dated", "other_chains"]
    assert (flat["scope"], flat["ratio"]) == ("US users", ratio["reserve_ratio"])
    assert flat["dated"] is ratio["dated"] is False
    assert scanner("report", "-o", "r.html").status == 0
    assert "only of US users</span>" in (tmp_path / "r.html").read_text()
    scanner("report", "--json", "-o", "r.json")
    twin = json.loads((tmp_path / "r.json").read_text())
    assert twin["ratios"] == [ratio]
    scanner("report", "--schema", "-o", "s.json")
    Draft202012Validator(json.loads((tmp_path / "s.json").read_text())).validate(twin)
