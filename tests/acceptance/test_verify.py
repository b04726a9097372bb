"""`scanner verify` on real published rows, and on lists spoiled in one way each."""

from __future__ import annotations

import subprocess

import pytest
from support.command import COMMAND
from support.published_lists import AUDITOR, SAMPLE, STAKING, changed, make_list, signed_rows

KEYS = [
    "row", "asset", "network", "coin", "address", "control", "binding", "freshness", "statement",
    "stated_by", "scheme", "required", "signed_by", "reason",
]  # fmt: skip


def verdicts(done):
    return [(o["row"], o["asset"], o["network"], o["control"], o["binding"]) for o in done.objects]


def test_publishers_sample(scanner):
    done = scanner("verify", SAMPLE, "--jsonl", "-")
    assert verdicts(done) == [
        (16, "ETH", "ethereum", "controls", "derived"),
        (17, "ETH", "ethereum", "controls", "derived"),
        (18, "ETH", "ethereum", "controls", "asserted"),
        (19, "USDT", "ton", "controls", "derived"),
        (20, "APT", "aptos", "controls", "asserted"),
    ]
    assert all(list(o) == KEYS for o in done.objects)
    assert all(o["freshness"] == "static" for o in done.objects)
    assert done.objects[0]["signed_by"] == ["0x0CDcDB19a857C2Ac24818CA4Fdfe38CcE071483e"]
    assert done.objects[2]["required"] == 2
    assert all(o["reason"] for o in done.objects if o["binding"] == "asserted")
    assert done.status == 3
    assert done.lines[-1] == "5 rows: 3 verified, 0 false, 2 not verified."


def test_auditors_layout_verifies_every_scheme_it_holds(scanner):
    done = scanner("verify", AUDITOR, "--jsonl", "-")
    assert len(done.objects) == 9
    assert {o["control"] for o in done.objects} == {"controls"}
    assert sum(o["binding"] == "derived" for o in done.objects) == 7
    assert done.status == 3


def test_the_summary_as_one_object(scanner, tmp_path):
    out = tmp_path / "rows.jsonl"
    done = scanner("verify", SAMPLE, "--json", "--jsonl", out)
    found = done.object
    assert (found["rows"], found["verified"], found["false"], found["not_verified"]) == (5, 3, 0, 2)
    assert found["publisher"] == "okx"
    assert sum(h["rows"] for h in found["holdings"]) == 5
    assert found["problems"][0]["first"][0]["row"] == 18
    assert len(out.read_text().splitlines()) == 5
    assert scanner("verify", SAMPLE, "--json", "--jsonl", "-").status == 2


def test_made_up_validator_keys_of_the_staking_sample(scanner):
    done = scanner("verify", STAKING, "--jsonl", "-")
    assert [o["control"] for o in done.objects] == ["controls", "controls", "malformed"]
    assert [o["binding"] for o in done.objects] == ["derived", "asserted", "none"]
    assert done.status == 3  # what cannot be decoded is not read; it is no lie


def test_all_verified_is_0(scanner, tmp_path):
    (tmp_path / "good.csv").write_text(make_list(signed_rows()))
    done = scanner("verify", "good.csv")
    assert done.status == 0
    assert done.text.splitlines()[-1] == "All 3 rows verified: the keys behind each address signed."
    assert "not checked here: duplicates, totals" in done.text
    assert "not checked here: what any address holds, and who owns a contract" in done.text
    said = scanner("verify", "good.csv", "--json").object
    told = [*said["not_checked"], *said["cautions"]]
    assert [line for line in told if line not in done.text] == []


def test_one_flipped_signature_digit_is_1(scanner, tmp_path):
    rows = signed_rows()
    rows[1] = rows[1].replace("0xf6e6", "0xf6e7")
    (tmp_path / "bad.csv").write_text(make_list(rows))
    done = scanner("verify", "bad.csv", "--jsonl", "-")
    assert [o["control"] for o in done.objects] == ["controls", "mismatch", "controls"]
    assert done.status == 1
    assert "line 5: ETH on ethereum, 0x16f01" in done.err


def test_jsonl_file_is_whole_or_absent(scanner, tmp_path):
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    (tmp_path / "empty.csv").write_bytes(b"")
    assert scanner("verify", "empty.csv", "--jsonl", out).status == 2
    assert out.read_text() == "old"
    assert scanner("verify", SAMPLE, "--jsonl", out).status == 3
    assert out.read_text().count("\n") == 5
    assert sorted(p.name for p in tmp_path.iterdir()) == ["empty.csv", "out.jsonl"]


@pytest.mark.parametrize("start", ["\ufeff", ""])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_bom_and_crlf_change_nothing(scanner, tmp_path, start, end):
    (tmp_path / "list.csv").write_bytes((start + make_list(signed_rows(), end)).encode())
    done = scanner("verify", "list.csv", "--jsonl", "-")
    assert done.status == 0
    assert [o["row"] for o in done.objects] == [4, 5, 6]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "the file is empty"),
        (b"\xef\xbb\xbf\r\n \n", "the file is empty"),
        (bytes(range(256)) * 40, "binary"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "a picture, not a table"),
        (b"once upon a time\nthere was a list\n", "no known list format"),
        (b"PK\x03\x04 not really a zip", "zip"),
        (b"\x1f\x8b\x08\x00 not really gzip", "cannot be read"),
    ],
)
def test_file_that_is_no_list_is_one_line_and_2(scanner, tmp_path, content, words):
    (tmp_path / "x.csv").write_bytes(content)
    for command in (["verify", "x.csv", "--jsonl", "-"], ["lists", "inspect", "x.csv"]):
        done = scanner(*command)
        assert (done.status, done.out) == (2, b"")
        assert len(done.lines) == 1
        assert done.lines[0].startswith("scanner: x.csv")
        assert words in done.lines[0]


def test_list_saved_as_utf16_is_read(scanner, tmp_path):
    (tmp_path / "list.csv").write_bytes(make_list(signed_rows()).encode("utf-16"))
    assert scanner("verify", "list.csv").status == 0


def test_list_is_not_replaced_by_its_verdicts(scanner, tmp_path):
    (tmp_path / "list.csv").write_text(make_list(signed_rows()))
    done = scanner("verify", "list.csv", "--jsonl", tmp_path / "list.csv")
    assert (done.status, len(done.lines)) == (2, 1)
    assert (tmp_path / "list.csv").read_text() == make_list(signed_rows())


def test_missing_file_and_folder_are_2(scanner, tmp_path):
    for name in ("missing.csv", tmp_path):
        done = scanner("verify", name)
        assert done.status == 2
        assert len(done.lines) == 1
        assert str(name) in done.err


GOOD = signed_rows()[0]
BTC_ADDRESS = "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"


@pytest.mark.parametrize(
    ("row", "status", "kind"),
    [
        (changed(GOOD, amount="-1"), 1, "negative_amount"),
        (changed(GOOD, coin="NOSUCHCOIN"), 3, "unknown_coin"),
        (changed(GOOD, network="NOSUCHNET"), 3, "unknown_network"),
        ("ETH,ETH", 3, "bad_row"),
        ("x" * 10_000_000, 3, "bad_row"),
        (changed(GOOD, address=BTC_ADDRESS), 3, ""),
        (changed(GOOD, address=""), 3, "bad_row"),
        (changed(GOOD, address="0x\x00" + "a" * 39), 3, "bad_row"),
        (changed(GOOD, message="\x1b[2J\u202eevil"), 1, ""),
        (changed(GOOD, signature1="\x1b[31m"), 3, ""),
        (changed(GOOD, signature1="f" * 100_000), 3, ""),
    ],
    ids=lambda value: str(value)[:40] if isinstance(value, str) else None,
)
def test_bad_row_is_accounted_for_and_its_neighbours_are_verified(
    scanner, tmp_path, row, status, kind
):
    first, _, last = signed_rows()
    (tmp_path / "list.csv").write_bytes(make_list([first, row, last]).encode("utf-8"))
    done = scanner("verify", "list.csv", "--jsonl", "-")
    objects = done.objects
    assert [o["row"] for o in objects] == [4, 5, 6]
    assert [o["control"] for o in (objects[0], objects[2])] == ["controls", "controls"]
    assert objects[1]["control"] in ("malformed", "mismatch", "unsupported")
    assert objects[1]["reason"].startswith(kind)
    assert objects[1]["reason"]
    assert list(objects[1]) == KEYS
    assert done.status == status
    assert not set(done.err.encode()) & {0x1B, 0x00, 0x07}
    assert "\u202e" not in done.err
    assert done.out.isascii()


@pytest.mark.parametrize(
    ("row", "kind"),
    [
        (changed(GOOD, amount="1e400"), "bad_amount"),
        (changed(GOOD, amount="0.1234567890123456789"), "bad_amount"),
        (changed(GOOD, amount="NaN"), "bad_amount"),
        (changed(GOOD, height="soon"), "bad_height"),
        (changed(GOOD, height="99999999999999999999999"), "bad_height"),
    ],
)
def test_a_cell_that_cannot_be_read_is_told_beside_the_verdict(scanner, tmp_path, row, kind):
    first, _, last = signed_rows()
    (tmp_path / "list.csv").write_text(make_list([first, row, last]))
    done = scanner("verify", "list.csv", "--jsonl", "-")
    told = [o for o in done.objects if "finding" in o]
    assert [(o["row"], o["finding"], o["weight"]) for o in told] == [(5, kind, "unshown")]
    rows = [o for o in done.objects if "control" in o]
    assert [(o["row"], o["control"]) for o in rows] == [(n, "controls") for n in (4, 5, 6)]
    assert done.status == 3
    assert kind in done.err


def test_units_that_only_the_whole_file_makes_doubtful_are_told(scanner, tmp_path):
    address = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483"
    rows = "".join(f"USDT,ETH,{address}{n},1234567{n}\n" for n in range(9))
    (tmp_path / "list.csv").write_text(f"coin,network,address,amount\n{rows}")
    done = scanner("verify", "list.csv", "--jsonl", "out.jsonl")
    assert "not verified: unit_doubted, 1" in done.out.decode()
    assert '"finding":"unit_doubted"' in (tmp_path / "out.jsonl").read_text().split("\n")[-2]
    said = scanner("verify", "list.csv", "--unit", "coin")
    assert b"unit_doubted" not in said.out


def test_wrong_encoding_in_one_row_loses_only_that_row(scanner, tmp_path):
    first, middle, last = signed_rows()
    spoiled = changed(middle, message="I am an OKX addr\udcfcss")
    data = make_list([first, spoiled, last]).encode("utf-8", "surrogateescape")
    (tmp_path / "list.csv").write_bytes(data)
    done = scanner("verify", "list.csv", "--jsonl", "-")
    assert [o["row"] for o in done.objects] == [4, 5, 6]
    assert [o["control"] == "controls" for o in done.objects] == [True, False, True]
    assert done.status in (1, 3)


def test_quotes_and_commas_in_fields(scanner, tmp_path):
    row = changed(signed_rows()[0], message='"I am, ""an"" OKX address"')
    (tmp_path / "list.csv").write_text(make_list([row, signed_rows()[1]]))
    done = scanner("verify", "list.csv", "--jsonl", "-")
    assert [o["control"] for o in done.objects] == ["mismatch", "controls"]


def test_challenge_must_be_the_very_message(scanner, tmp_path):
    (tmp_path / "list.csv").write_text(make_list(signed_rows()))
    same = scanner("verify", "list.csv", "--challenge", "I am an OKX address")
    assert same.status == 0
    other = scanner("verify", "list.csv", "--challenge", "something fresh", "--jsonl", "-")
    assert other.status == 3
    assert {(o["control"], o["statement"]) for o in other.objects} == {("controls", "not_stated")}
    assert all("not the challenge that was issued" in o["reason"] for o in other.objects)
    assert "0 verified" in other.lines[-1]


def test_reader_of_stdout_may_leave(scanner, tmp_path):
    rows = [signed_rows()[0]] * 3000
    (tmp_path / "list.csv").write_text(make_list(rows))
    pipe = subprocess.run(
        ["/bin/sh", "-c", '"$@" verify list.csv --jsonl - | head -n 1', "sh", *COMMAND],
        cwd=tmp_path,
        capture_output=True,
        timeout=120,
        check=True,
    )
    assert pipe.stdout.count(b"\n") == 1
    assert b"Traceback" not in pipe.stderr
    assert b"Broken pipe" not in pipe.stderr
