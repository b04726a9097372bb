"""JSON documents and JSON Lines: exact digits, any nesting, hostile shapes."""

from __future__ import annotations

import json

import pytest
from support.lists import Reader

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind

A = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"
OTHER = "1NDyJtNTjmwk5xPNhjgAMu4HDHigtobu1s"
E1 = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"


def test_an_array_of_objects(read_bytes: Reader) -> None:
    text = f'[{{"coin":"BTC","address":"{A}","amount":0.00000001,"label":null}}]'
    read = read_bytes(text)
    assert (read.summary.format, read.summary.variant) == ("json", "objects in []")
    assert (read.claims[0].amount, read.claims[0].row) == (1, 1)


def test_a_document_like_binances(read_bytes: Reader) -> None:
    document = {
        "code": "000000",
        "data": [
            {"network": "BTC", "address": A, "tag": None},
            {"network": "BEP20", "address": E1},
            {"network": "TRX", "address": "TSBg5SM1TXVXneSivmzpZa9hpccLNeYcWq"},
            {"network": "XYZ", "address": "x"},
        ],
        "success": True,
    }
    read = read_bytes(json.dumps(document))
    assert [(c.asset, c.network) for c in read.claims] == [
        ("BTC", "bitcoin"),
        ("BNB", "bsc"),
        ("TRX", "tron"),
    ]
    assert [u.kind for u in read.unreadable] == [FindingKind.UNKNOWN_NETWORK]
    assert read.summary.notes["success"] == "true"


def test_a_document_like_cbbtcs(read_bytes: Reader) -> None:
    document = {
        "schema": "1",
        "reservesTotal": {"amount": "3.5", "currency": "BTC"},
        "reserveAddresses": [
            {"address": A, "balance": {"amount": "1.5", "currency": "BTC", "network": "bitcoin"}},
            {"address": "x", "balance": {"amount": "2", "currency": "BTC", "network": "bitcoin"}},
        ],
        "wrappedAssetsByNetwork": [{"network": "base", "amount": "3.5"}],
    }
    read = read_bytes(json.dumps(document))
    assert [c.amount for c in read.claims] == [150000000, 200000000]
    assert read.totals[0].amount == 350000000
    (told,) = read.findings
    assert told.kind is FindingKind.NOT_UNDERSTOOD
    assert told.reason.startswith("objects in wrappedAssetsByNetwork, such as")
    known = read_bytes(json.dumps(document), columns={"ignore": "wrappedAssetsByNetwork"})
    assert known.findings == []


def test_a_column_map_reaches_into_objects(read_bytes: Reader) -> None:
    row = {"where": A, "a": {"amount": "1"}, "b": {"amount": "2"}, "coin": "BTC"}
    read = read_bytes(json.dumps([row]), columns={"address": "where", "amount": "b.amount"})
    assert read.claims[0].amount == 2 * 10**8
    read = read_bytes(json.dumps([{"address": A, **row}]))
    assert "two columns mean 'amount'" in read.unreadable[0].reason


def test_a_mapped_key_that_is_missing_is_not_replaced(read_bytes: Reader) -> None:
    rows = [{"address": A, "qty": 1, "coin": "BTC"}, {"address": A, "amount": 9, "coin": "BTC"}]
    read = read_bytes(json.dumps(rows), columns={"amount": "qty"})
    assert [c.amount for c in read.claims] == [10**8, None]


def test_objects_of_the_same_array_without_address_are_findings(read_bytes: Reader) -> None:
    read = read_bytes(json.dumps({"data": [{"coin": "BTC", "address": A}, {"coin": "BTC"}]}))
    assert [(u.row, u.kind) for u in read.unreadable] == [(2, FindingKind.BAD_ROW)]


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("1e400", "larger"),
        ("1e999999999", "not plain"),
        ("0.000000001", "decimals"),
        ('"1,500"', "comma"),
        ("true", "not plain"),
        ("null", "empty"),
    ],
)
@pytest.mark.parametrize("lines", [True, False])
def test_numbers_that_are_no_amounts(
    read_bytes: Reader, amount: str, words: str, lines: bool
) -> None:
    good = f'{{"coin":"BTC","address":"{A}","amount":1}}'
    bad = f'{{"coin":"BTC","address":"{A}","amount":{amount}}}'
    text = f"{good}\n{bad}\n" if lines else f"[{good},{bad}]"
    read = read_bytes(text)
    assert read.summary.format == ("jsonl" if lines else "json")
    assert [claim.amount for claim in read.claims] == [10**8, None]
    ((row, kind, reason),) = read.told
    assert (row, kind) == (2, FindingKind.BAD_AMOUNT)
    assert words in reason


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "not JSON"),
        ('[{"address": "x"}', "not JSON"),
        ('[{"address": "x", "coin": }]', "not JSON"),
        ("[1, 2]", "no object in it has an address"),
        ("{}", "no object in it has an address"),
        ('{"address": "x"}  ]', "not JSON"),
        ('[{"address": "' + "x" * 9_000_000 + '"}]', "single value is longer"),
        ("[" * 100_000, "nested deeper than 32"),
        ('{"a":' * 100_000, "nested deeper than 32"),
        ('[{"address":"x","coin":"BTC","amount":' + "9" * 5000 + "}]", "not JSON"),
        ('[{"address":"x"},\x00]', "not JSON"),
    ],
)
def test_a_document_that_cannot_be_read_on(read_bytes: Reader, text: str, words: str) -> None:
    with pytest.raises(ListFormatError, match=words):
        read_bytes(text)


@pytest.mark.parametrize(
    "document",
    [
        '{"wallets": [%s], "wallets": [%s]}',
        '{"note": {"x": ""}, "wallets": [%s], "note": {"x": ""}, "data": [%s]}',
        '{"wallets": [%s], "data": {"hot": [%s], "hot": ""}}',
    ],
)
def test_a_key_of_objects_given_twice_is_a_finding(read_bytes: Reader, document: str) -> None:
    """Other programs take the first or the last of them, and nobody can say which is meant."""
    rows = [json.dumps({"coin": "BTC", "address": x, "amount": "1"}) for x in (A, OTHER)]
    read = read_bytes(document.replace("%s", rows[0], 1).replace("%s", rows[1]))
    assert len(read.claims) == 2
    assert any("given twice, and other programs" in f.reason for f in read.findings)
    once = read_bytes(
        f'{{"wallets": [{rows[0]}], "data": [{{"hot": [{rows[1]}]}}, {{"hot": []}}]}}'
    )
    assert not any("twice" in f.reason for f in once.findings)


def test_a_key_given_twice_is_a_finding(read_bytes: Reader) -> None:
    read = read_bytes(f'[{{"coin":"BTC","address":"{A}","amount":1,"amount":2}}]')
    assert "twice" in read.unreadable[0].reason


def test_an_object_of_too_many_keys(read_bytes: Reader) -> None:
    big = {"address": A, "coin": "BTC", **{f"k{n}": n for n in range(100_000)}}
    read = read_bytes(json.dumps([big]))
    assert "keys" in read.unreadable[0].reason


def test_json_lines_keep_line_numbers_and_survive_bad_lines(read_bytes: Reader) -> None:
    good = f'{{"coin":"BTC","address":"{A}","amount":"1"}}'
    lines = [good, "", "[1]", '{"coin":', "\x00", "[" * 50_000, "x" * 1_000_001, '{"a":1}', good]
    read = read_bytes("\ufeff" + "\r\n".join(lines))
    assert [c.row for c in read.claims] == [1, 9]
    assert [u.row for u in read.unreadable] == [3, 4, 5, 6, 7, 8]
    assert [f.kind for f in read.findings] == [
        FindingKind.DUPLICATE,
        FindingKind.NOT_UNDERSTOOD,  # the object without address
    ]


def test_one_line_of_json_lines(read_bytes: Reader) -> None:
    read = read_bytes(f'{{"coin":"BTC","address":"{A}","amount":"1"}}\n')
    assert (read.summary.format, read.summary.claims) == ("jsonl", 1)


def test_bytes_that_are_not_utf8(read_bytes: Reader) -> None:
    good = f'{{"coin":"BTC","address":"{A}"}}\n'.encode()
    read = read_bytes(good + b'{"coin":"BTC","address":"\xe9"}\n')
    assert [u.row for u in read.unreadable] == [2]
    with pytest.raises(ListFormatError):
        read_bytes(b'[{"coin":"BTC","address":"\xe9"}]')


def test_a_key_that_no_object_has_is_named(read_bytes: Reader) -> None:
    with pytest.raises(ListFormatError, match="no object in it has the key 'nosuch'"):
        read_bytes('[{"address": "x", "coin": "BTC"}]', columns={"address": "nosuch"})


@pytest.mark.parametrize(("text", "amount"), [("1.23457e5", 123457), ("12.3457E+2", "1234.57")])
def test_a_number_of_a_document_is_not_shortened_by_its_exponent(
    read_bytes: Reader, text: str, amount: object
) -> None:
    row = f'{{"coin":"ETH","network":"ethereum","address":"0x{"a1" * 20}","amount":{text}}}'
    read = read_bytes(f"[{row}]")
    assert [claim.amount for claim in read.claims] == [int(float(str(amount)) * 100) * 10**16]
