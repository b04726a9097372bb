"""Six tables in four formats: the same rows, fixed columns, nothing lost, nothing executed."""

from __future__ import annotations

import csv
import io
import json
import re
import tracemalloc
from pathlib import Path
from types import SimpleNamespace

import pyarrow.parquet
import pytest
from support.mixed_snapshot import EVIL, HELD
from support.snapshot_stub import eth_claim

from scanner.errors import ConfigError
from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.lists.open import open_list
from scanner.model.claim import Claim
from scanner.reports.documents.exports import TABLES, claim_record, table_named
from scanner.reports.tables import writers
from scanner.reports.tables.text import printable, refuse
from scanner.reports.tables.writers import WRITERS, whole_file, writer_named
from scanner.settings.tables import load_registry
from scanner.store.reading import queries
from scanner.store.writing.runs import set_liabilities

DOCS = Path(__file__).resolve().parents[4] / "docs" / "exports.md"


def written(form, name, taken) -> bytes:
    out, table = io.BytesIO(), TABLES[name]
    count = WRITERS[form](out, table.columns, table.records(taken.store, taken.id))
    assert count == len(list(table.records(taken.store, taken.id)))
    return out.getvalue()


def read_csv(data: bytes):
    return list(csv.DictReader(io.StringIO(data.decode("utf-8"), newline="")))


def as_cell(value):
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else printable(str(value))


@pytest.mark.parametrize("name", TABLES)
def test_all_formats_say_the_same(taken, name):
    owed = Liability("TRX", 10, 6, LiabilityEvidence.PUBLISHED, "=owed.csv")
    set_liabilities(taken.store, taken.id, [owed])
    expected = list(TABLES[name].records(taken.store, taken.id))
    assert expected
    assert all(list(r) == list(TABLES[name].columns) for r in expected)
    assert TABLES[name].count(taken.store, taken.id) == len(expected)
    assert json.loads(written("json", name, taken)) == expected
    assert [json.loads(x) for x in written("jsonl", name, taken).splitlines()] == expected
    rows = read_csv(written("csv", name, taken))
    assert [{k: refuse(v) for k, v in r.items()} for r in rows] == [
        {k: as_cell(v) for k, v in r.items()} for r in expected
    ]
    table = pyarrow.parquet.read_table(io.BytesIO(written("parquet", name, taken)))
    assert table.column_names == list(TABLES[name].columns)
    assert table.to_pylist() == [{k: writers._plain(v) for k, v in r.items()} for r in expected]


@pytest.mark.parametrize("name", TABLES)
def test_columns_are_documented_in_order(name):
    section = DOCS.read_text("utf-8").split(f"\n## {name}\n")[1].split("\n## ")[0]
    documented = re.findall(r"^\| `([a-z0-9_]+)` \| ([a-z]+) \|", section, re.M)
    assert documented == list(TABLES[name].columns.items())


def test_amounts_are_exact_and_unknown_is_not_zero(taken):
    rows = list(TABLES["balances"].records(taken.store, taken.id))
    assert [r["found"] for r in rows[:4]] == [str(n) for n in HELD]
    assert [r["difference"] for r in rows[:4]] == ["0", "-5", "7", "0"]
    assert (rows[5]["found"], rows[5]["difference"]) == (None, None)
    assert rows[5]["evidence"] == "unavailable"
    assert rows[4]["duplicate"] is True


def test_who_adds_up_verified_balances_has_the_verified_total(taken):
    rows = list(TABLES["balances"].records(taken.store, taken.id))
    totals = list(TABLES["totals"].records(taken.store, taken.id))
    for total in totals:
        held = [r for r in rows if r["verified"] and r["asset"] == total["asset"]]
        places = {total["asset"]: total["decimals"]}
        assert {r["asset"]: r["decimals"] for r in held} in ({}, places)
        assert sum(int(r["found"]) for r in held) == int(total["verified"] or 0)
    verified = [r["row"] for r in TABLES["verified"].records(taken.store, taken.id)]
    assert [r["row"] for r in rows if r["verified"]] == verified
    reasons = {r["row"]: r["why_not_verified"] for r in rows if not r["verified"]}
    assert all(reasons.values())
    assert {r["why_not_verified"] for r in rows if r["verified"]} == {""}
    told = {reason.partition(":")[0] for reason in reasons.values()}
    assert told == {"duplicate", "balance_unavailable", "unsigned"}


def test_rows_not_read_yet_are_exported_as_such(planned):
    rows = list(TABLES["balances"].records(planned.store, planned.id))
    assert {r["evidence"] for r in rows} == {None}
    assert {r["reason"] for r in rows} == {"not read yet"}
    assert {(r["verified"], r["duplicate"]) for r in rows} == {(False, False), (False, True)}
    assert all(r["why_not_verified"] for r in rows)
    rows = list(TABLES["ownership"].records(planned.store, planned.id))
    assert {r["control"] for r in rows} == {None}
    assert {r["verified"] for r in rows} == {False}


def test_no_cell_is_a_formula_or_steers_a_terminal(taken):
    for name in TABLES:
        data = written("csv", name, taken)
        assert b"\x1b" not in data
        for row in csv.reader(io.StringIO(data.decode("utf-8"), newline="")):
            for cell in row:
                assert not cell.startswith(("=", "+", "@", "|", "%"))
                assert not cell.startswith("-") or re.fullmatch(r"-\d+", cell)
    assert "'=cmd|" in written("csv", "claims", taken).decode()


def test_claims_are_read_back_as_a_list(taken, tmp_path):
    original = [v.claim for v in queries.rows(taken.store, taken.id)]
    for form in ("csv", "json", "jsonl"):
        file = tmp_path / f"claims.{form}"
        file.write_bytes(written(form, "claims", taken))
        columns = {"address": "address"} if form == "csv" else None
        with open_list(file, load_registry(), columns=columns) as opened:
            again = [row for row in opened if isinstance(row, Claim)]
        assert [c.address for c in again] == [c.address for c in original]
        assert [c.amount for c in again] == [c.amount for c in original]
        assert [(c.asset, c.network) for c in again] == [(c.asset, c.network) for c in original]
        assert [c.signatures for c in again] == [c.signatures for c in original]


HOSTILE = [
    "@Acme holds this address\nfor its users, 2026-11-01",
    "=HYPERLINK()",
    "'=1",
    "- I am Acme",
    " spaces around ",
    "tab\tand\r\nline ends\r",
    "caf\u00e9\u200b \u202e\x1b[2J",
    "cafe\u0301",
    "\ufeffa mark in front",
    r"\n is no line end",
    '"quoted", with a comma; and 0x41',
    "12345",
    "1e5",
    "\U0001f600",
]


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_what_was_signed_survives_the_way_out_and_back(form, tmp_path):
    texts = [*HOSTILE, "+/8=" * 22]  # signatures in Base64 may begin as formulas do
    claims = [eth_claim(n, message=t, signatures=("+/8=" * 22,)) for n, t in enumerate(texts)]
    records = [claim_record(SimpleNamespace(claim=c, duplicate=False)) for c in claims]
    file = tmp_path / f"claims.{form}"
    with file.open("wb") as stream:
        WRITERS[form](stream, TABLES["claims"].columns, records)
    with open_list(file, load_registry()) as opened:
        again = [row for row in opened if isinstance(row, Claim)]
    assert [c.message for c in again] == texts
    assert [c.signatures for c in again] == [c.signatures for c in claims]


def test_a_text_that_nobody_can_sign_has_no_hex():
    record = claim_record(SimpleNamespace(claim=eth_claim(0, message="\ud800"), duplicate=False))
    assert (record["message"], record["message_hex"]) == ("\ud800", "")


def test_unknown_table_and_format():
    with pytest.raises(ConfigError, match="totals, balances"):
        table_named("prices")
    with pytest.raises(ConfigError, match="csv, json"):
        writer_named("xlsx")


def test_file_appears_whole_or_not_at_all(tmp_path):
    target = tmp_path / "x.csv"
    target.write_text("old")

    def fail():
        with whole_file(str(target)) as stream:
            stream.write(b"half")
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert target.read_text() == "old"
    with whole_file(str(target)) as stream:
        stream.write(b"new")
    assert target.read_text() == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["x.csv"]


def test_folder_that_is_missing_is_named(tmp_path):
    with pytest.raises(OSError, match="nowhere"), whole_file(str(tmp_path / "nowhere" / "x")):
        pass


def test_device_is_written_to_and_not_replaced():
    with whole_file("/dev/null") as stream:
        stream.write(b"gone")
    assert not Path("/dev/null").is_file()


def test_parquet_without_its_extra_says_what_to_install(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ConfigError, match="parquet"):
        writers.write_parquet(io.BytesIO(), {"a": "text"}, [])


@pytest.mark.parametrize("form", WRITERS)
def test_memory_does_not_grow_with_the_rows(form, tmp_path, monkeypatch):
    monkeypatch.setattr(writers, "BATCH", 500)
    columns = {"row": "int", "text": "text"}

    def peak(rows):
        records = ({"row": n, "text": EVIL} for n in range(rows))
        with (tmp_path / "out").open("wb") as out:
            tracemalloc.start()
            WRITERS[form](out, columns, records)
            top = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return top

    few = peak(writers.BATCH)
    assert peak(writers.BATCH * 6) < few * 2
