"""`scanner lists inspect` on real published lists of every format there is."""

from __future__ import annotations

import hashlib

import pytest
from support.published_lists import AUDITOR, SAMPLE, VECTORS, changed, make_list, signed_rows


def problems(done):
    return {p["kind"]: p["count"] for p in done.object["problems"]}


def test_publishers_sample_disagrees_with_its_own_totals(scanner):
    done = scanner("lists", "inspect", SAMPLE, "--json")
    found = done.object
    assert done.status == 1
    assert found["sha256"] == hashlib.sha256(SAMPLE.read_bytes()).hexdigest()
    assert (found["format"], found["variant"]) == ("okx_csv", "11 columns")
    assert (found["data_rows"], found["claims"], found["unreadable"]) == (5, 5, 0)
    assert [(h["asset"], h["network"], h["rows"], h["claimed"]) for h in found["holdings"]] == [
        ("APT", "aptos", 1, "150000000"),
        ("ETH", "ethereum", 3, "356881257500858402"),
        ("USDT", "ton", 1, "170479995"),
    ]
    assert found["declared_lines"] == len(found["declared_totals"]) == 12
    group = found["declared_totals"][0]
    assert (group["coin"], group["group"], group["amount"]) == ("ETH(ALL)", True, str(6 * 10**18))
    assert problems(done) == {"total_differs": 8}


def test_amounts_that_nobody_stated_are_not_zero(scanner):
    done = scanner("lists", "inspect", AUDITOR, "--json")
    assert done.status == 0
    assert {h["claimed"] for h in done.object["holdings"]} == {None}
    assert b"not stated" in scanner("lists", "inspect", AUDITOR).out


@pytest.mark.parametrize(
    ("file", "form", "claims"),
    [
        ("okx/por_7_columns.csv", "okx_csv", None),
        ("wallets/okx.csv", None, 867),
        ("wallets/binance.csv", None, None),
        ("wallets_2022/bybit.csv", None, None),
        ("bitmex/reserve_entry_example.yaml", "bitmex_yaml", None),
    ],
)
def test_every_row_of_other_formats_is_accounted_for(scanner, file, form, claims):
    done = scanner("lists", "inspect", VECTORS / file, "--json")
    found = done.object
    assert done.status in (0, 1, 3)
    assert found["data_rows"] == found["claims"] + found["unreadable"] > 0
    assert sum(h["rows"] for h in found["holdings"]) == found["claims"]
    assert form in (None, found["format"])
    assert claims in (None, found["claims"])


def test_compressed_list_of_336_208_addresses(scanner):
    file = VECTORS / "bitmex" / "bitmex_reserve_addresses_2022-11-15.txt.gz"
    done = scanner("lists", "inspect", file, "--network", "bitcoin", "--json")
    assert done.object["claims"] == 336_208
    (holding,) = done.object["holdings"]
    assert (holding["asset"], holding["network"]) == ("BTC", "bitcoin")


def test_problems_are_counted_and_placed(scanner, tmp_path):
    row = signed_rows()[0]
    rows = [
        row,
        row.replace(
            "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e",
            "0x0CDCDB19A857C2AC24818CA4FDFE38CCE071483E",
        ),
        changed(row, coin="NOSUCH\x1b[2J"),
        changed(row, amount="1e400"),
        changed(signed_rows()[1], height="7"),
    ]
    (tmp_path / "list.csv").write_text(make_list(rows))
    done = scanner("lists", "inspect", "list.csv", "--json")
    assert done.status == 1
    assert problems(done) == {
        "unknown_coin": 1,
        "bad_amount": 1,
        "duplicate": 2,  # one of them states an amount that cannot be read
        "mixed_heights": 1,
    }
    assert [p["first"][0]["row"] for p in done.object["problems"] if p["kind"] == "bad_amount"] == [
        7
    ]
    text = scanner("lists", "inspect", "list.csv")
    assert b"\x1b" not in text.out
    assert b"line 6: " in text.out
    assert b"NOSUCH\\x1b[2J" in text.out


def test_columns_are_named_by_the_user(scanner, tmp_path):
    (tmp_path / "own.csv").write_text("wo,wieviel\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1.5\n")
    arguments = ["lists", "inspect", "own.csv", "--network", "bitcoin", "--json"]
    named = scanner(*arguments, "--columns", "address=wo,amount=wieviel")
    assert [h["claimed"] for h in named.object["holdings"]] == ["150000000"]
    wrong = scanner(*arguments, "--columns", "address=nowhere")
    assert wrong.status == 2
    assert "there is no column 'nowhere'; the columns are: wo, wieviel" in wrong.lines[-1]


HEAD = "coin,network,address,amount\n"


def test_a_reason_that_many_rows_have_is_told_once_with_its_rows(scanner, tmp_path):
    rows = [
        f"BTC,{'net0' if n % 3 else 'net1'},1BoatSLRHtKNngkdXEeobR76b53LETtpyT,1" for n in range(99)
    ]
    (tmp_path / "x.csv").write_text(HEAD + "\n".join(rows) + "\n")
    said = scanner("lists", "inspect", "x.csv").text
    assert "  66 rows, first in line 3: unknown network 'net0'\n" in said
    assert "  33 rows, first in line 2: unknown network 'net1'\n" in said
    assert said.count("unknown network") == 2


def test_rows_that_all_differ_are_told_by_their_lines(scanner, tmp_path):
    rows = [f"BTC,net{n},1BoatSLRHtKNngkdXEeobR76b53LETtpyT,1" for n in range(2_000)]
    (tmp_path / "x.csv").write_text(HEAD + "\n".join(rows) + "\n")
    said = scanner("lists", "inspect", "x.csv").text
    assert "line 2: field 2: unknown network 'net0'" in said
    assert "and 1,995 more" in said


def test_a_number_in_place_of_a_network_asks_about_the_header(scanner, tmp_path):
    (tmp_path / "x.csv").write_text(HEAD + "BTC,863761,1BoatSLRHtKNngkdXEeobR76b53LETtpyT,1\n")
    said = scanner("lists", "inspect", "x.csv").text
    assert "unknown network '863761': do the columns match the header?" in said


def test_every_total_that_differs_is_told(scanner):
    said = scanner("lists", "inspect", SAMPLE).text
    assert "line 13: the list says BTC is 449.514, its rows add up to 0: 449.514 more" in said
    assert " more (" not in said
