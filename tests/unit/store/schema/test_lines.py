"""Canonical lines: what is hashed of a row is the same bytes wherever it is made."""

import json
from datetime import UTC, datetime, timedelta, timezone
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.store.schema import lines
from scanner.store.schema import tables as t

CLAIM = (
    *(7, 1, 2, "ETH", "ETH", "ethereum", "0xAb", "0xab", 18, 2**255, None, "Grüße, 世界"),
    *(("a", "b"), "", (), "", False),
)


def test_a_row_is_an_object_by_name_in_utf8_without_what_is_null() -> None:
    made = lines.line(t.claim, CLAIM, without="list_id")
    names = [str(column.name) for column in t.claim.columns]
    told = dict(zip(names, CLAIM, strict=True))
    del told["list_id"], told["height"]
    told["amount"], told["signatures"], told["owners"] = str(2**255), ["a", "b"], []
    wanted = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert made == wanted.encode() + b"\n"
    assert b"list_id" in lines.line(t.claim, CLAIM)


def test_it_takes_the_quick_road(monkeypatch) -> None:
    monkeypatch.setattr(lines.json, "dumps", None)
    assert lines.line(t.claim, CLAIM)


def test_text_that_utf8_cannot_say_is_escaped() -> None:
    odd = (*CLAIM[:11], "é\ud800", *CLAIM[12:])
    assert rb'"message":"\u00e9\ud800"' in lines.line(t.claim, odd)


def test_what_says_what_its_default_says_is_left_out() -> None:
    verdict = (1, 2, "proven", "derived", "static", "bip322", 1, ("a",), "", "", "not_asked", "")
    made = json.loads(lines.line(t.control_result, verdict))
    assert made.keys() & {"evidence", "statement", "stated_by"} == set()
    made = json.loads(lines.line(t.control_result, (*verdict[:10], "accepted", "text")))
    assert (made["statement"], made["stated_by"]) == ("accepted", "text")


def test_times_are_utc_and_bytes_are_their_hash() -> None:
    at = datetime(2026, 1, 2, 3, 0, tzinfo=timezone(timedelta(hours=2)))
    made = json.loads(lines.line(t.price, ("BTC", "USD", at, "x", "1")))
    assert made["at"] == datetime(2026, 1, 2, 1, tzinfo=UTC).isoformat(timespec="microseconds")
    proof = (1, "s", "f", "n", "ok", "e", 5, "", "r", "", b"key", memoryview(b"document"), "")
    made = json.loads(lines.line(t.liability_proof, proof))
    assert (made["key_data"], made["document"]) == (
        sha256(b"key").hexdigest(),
        sha256(b"document").hexdigest(),
    )
    assert made["net"] == "5"


VERDICT = (1, 2, "proven", "derived", "static", "bip322", 1, ("a",), "", "", "not_asked", "")
ODD = (
    (t.claim, CLAIM),
    (t.claim, (*CLAIM[:9], None, 2**63, "\ud800", *CLAIM[12:])),
    (t.claim, (7, 2**70, *CLAIM[2:9], 0, 5, *CLAIM[11:])),
    (t.claim, (7, 3, 4, *["\u2028\0\x7f"] * 5, 18, None, None, "", (), "", ("\ud83d\ude00",), "", True)),
    (t.control_result, VERDICT),
    (t.control_result, (*VERDICT[:9], "proven", "accepted", "text")),
    (t.price, ("BTC", "USD", datetime(2026, 1, 2, tzinfo=timezone(timedelta(hours=2))), "x", "1")),
    (t.liability_proof, (1, "s", "f", "n", "ok", "e", 5, "", "r", "", b"key", b"document", "")),
    (t.liability_proof, (2, "s", "f", "n", "ok", "e", 0, "", "r", "", b"", b"x", "1.5")),
)  # fmt: skip


@given(st.lists(st.sampled_from(ODD)), st.sampled_from(["", "list_id"]))
def test_rows_by_column_are_the_same_lines(rows, without) -> None:
    for table in {table for table, _ in rows}:
        mine = [values for of, values in rows if of is table]
        made = lines.hashed(sha256(b"first"), table, list(zip(*mine, strict=True)), without)
        wanted = b"first" + b"".join(lines.line(table, values, without) for values in mine)
        assert made.hexdigest() == sha256(wanted).hexdigest()


def test_columns_take_the_quick_road(monkeypatch) -> None:
    monkeypatch.setattr(lines, "dumps", None)
    other = (*CLAIM[:9], None, 5, *CLAIM[11:])
    assert lines.hashed(sha256(), t.claim, list(zip(CLAIM, other, strict=True)))


def test_columns_of_another_number_or_length_are_refused() -> None:
    columns = [[value] for value in CLAIM]
    for wrong in (columns[:-1], [*columns, [1]], [*columns[:-1], [True, False]]):
        with pytest.raises(ValueError):
            lines.hashed(sha256(), t.claim, wrong)


def test_a_row_of_another_width_is_refused() -> None:
    with pytest.raises(ValueError, match="a row of price has 5 values, not 4"):
        lines.line(t.price, ("BTC", "USD", None, "x"))
