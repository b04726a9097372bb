"""OKX's CSV in every layout, from the published files and from hostile ones."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from support.lists import Reader

from scanner.errors import ListFormatError
from scanner.model.finding import FindingKind

NINE = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script"
TWELVE = (
    "coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    "redeem script/ public key,EOA1,EOA2"
)
A = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
B = "0x16f01cfc16b0b8c3400fb8e5099b0974fcc9fc12"


def row(coin: str = "ETH", network: str = "ETH", address: str = A, amount: str = "1") -> str:
    return f"{coin},{network},20914735,{address},{amount},I am an OKX address,0xab,null,"


def test_the_published_eleven_columns(read_file: Reader, vectors: Path) -> None:
    path = vectors / "okx/okx_por_example.csv"
    read = read_file(path)
    assert (read.summary.format, read.summary.variant) == ("okx_csv", "11 columns")
    assert read.summary.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (read.summary.data_rows, read.summary.claims, read.summary.unreadable) == (5, 5, 0)
    assert len(read.totals) == 12
    first, _, owned, ton, aptos = read.claims
    assert (first.row, first.asset, first.network, first.amount) == (
        16, "ETH", "ethereum", 58959708849230328,
    )  # fmt: skip
    assert (first.height, first.message, first.script) == (20914735, "I am an OKX address", "")
    assert len(first.signatures) == 1
    assert first.owners == ()  # nine fields in a file of eleven columns
    assert (len(owned.signatures), owned.owners) == (2, (A, B))
    assert (ton.asset, ton.network, ton.amount, ton.decimals) == ("USDT", "ton", 170479995, 6)
    assert ton.script.startswith("6711ba8e")
    assert aptos.owners[0].startswith("0x5bb5d8")


def test_the_published_twelve_columns_keep_the_type(read_file: Reader, vectors: Path) -> None:
    read = read_file(vectors / "okx/okx_por_staking_example.csv")
    assert read.summary.variant == "12 columns"
    types = [claim.row_type for claim in read.claims]
    assert types == ["Non Staking", "Native ETH Staking", "Eigenlayer Staking"]
    assert [f.kind for f in read.findings] == [FindingKind.TOTAL_DIFFERS]  # says 64, has 64.058...


def test_the_published_seven_columns_are_base_units(read_file: Reader, vectors: Path) -> None:
    read = read_file(vectors / "okx/por_7_columns.csv")
    assert (read.summary.variant, read.summary.claims) == ("7 columns", 33)
    btc = [claim for claim in read.claims if claim.coin == "BTC"]
    assert sum(claim.amount or 0 for claim in btc) == 44951400581
    assert all(claim.height is None and claim.network == "bitcoin" for claim in btc)
    assert all(len(claim.signatures) == 2 for claim in btc)
    optimism = next(claim for claim in read.claims if claim.coin == "ETH-OPTIMISM")
    assert (optimism.network, len(optimism.signatures)) == ("optimism", 1)  # "null" is no signature
    kinds = {f.reason.split()[3]: f.kind for f in read.findings}
    assert kinds["BTC"] is FindingKind.TOTAL_ROUNDED
    assert kinds["ETH(ALL)"] is FindingKind.TOTAL_DIFFERS  # 6 for 6.9019...


def test_the_published_auditor_layout(read_file: Reader, vectors: Path) -> None:
    read = read_file(vectors / "okx/test.csv")
    assert (read.summary.variant, read.summary.claims) == ("auditor, 9 columns", 9)
    assert all(claim.amount is None and claim.height is None for claim in read.claims)
    assert [(c.asset, c.network) for c in read.claims[:2]] == [
        ("USDT", "ethereum"),
        ("ETH", "starknet"),
    ]
    etc = next(claim for claim in read.claims if claim.coin == "ETC")
    assert (etc.network, etc.script) == ("okc", "")  # published key "null"
    bitcoin = next(claim for claim in read.claims if claim.network == "bitcoin")
    assert len(bitcoin.signatures) == 2
    assert read.findings == []


def test_ten_columns_and_any_order(read_bytes: Reader) -> None:
    read = read_bytes(f"{NINE},EOA1\n{row()},{B}\n")
    assert (read.summary.variant, read.claims[0].owners) == ("10 columns", (B,))
    turned = ",".join(reversed(NINE.split(",")))
    read = read_bytes(turned + "\n" + ",".join(reversed(row().split(","))) + "\n")
    assert (read.claims[0].address, read.claims[0].amount) == (A, 10**18)


def test_a_type_column_put_last_shifts_nothing(read_bytes: Reader) -> None:
    read = read_bytes(f"{NINE},EOA1,EOA2,Type\n{row()},{B},,Non Staking\n")
    claim = read.claims[0]
    assert (claim.address, claim.owners, claim.row_type) == (A, (B,), "Non Staking")


def test_the_totals_block_in_both_shapes(read_bytes: Reader) -> None:
    read = read_bytes(f"coin,amount\nETH,1\nETH(ALL),1\n\n{NINE}\n{row()}\n")
    assert [(t.coin, t.amount, t.group, t.height) for t in read.totals] == [
        ("ETH", 10**18, False, None),
        ("ETH(ALL)", 10**18, True, None),
    ]
    assert read.findings == []
    read = read_bytes(f"coin,snapshot height,balance\nETH,-, 2\nX,5,1\n\n\n{NINE}\n{row()}\n")
    assert [f.kind for f in read.findings] == [
        FindingKind.TOTAL_DIFFERS,
        FindingKind.TOTAL_UNREADABLE,
    ]


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (NINE + ",Type,Type", "two columns mean 'row_type'.*--columns ignore="),
    ],
)
def test_a_header_that_says_one_thing_twice_is_refused_with_a_remedy(
    read_bytes: Reader, header: str, words: str
) -> None:
    with pytest.raises(ListFormatError, match=words) as caught:
        read_bytes(f"coin,amount\nETH,1\n\n{header}\n{row()}\n")
    assert (caught.value.file, caught.value.line) == ("list.csv", 4)


def test_a_column_too_many_is_not_understood_and_the_rows_are_read(read_bytes: Reader) -> None:
    read = read_bytes(f"coin,amount\nETH,1\n\n{NINE},surprise\n{row()},x\n")
    assert [c.amount for c in read.claims] == [10**18]
    assert [(f.kind, "'surprise', such as 'x'" in f.reason) for f in read.findings] == [
        (FindingKind.NOT_UNDERSTOOD, True)
    ]


@pytest.mark.parametrize(
    "header", ["coin,address,amount,message,signature1", NINE.replace("Network,", "")]
)
def test_known_names_in_an_unknown_layout_are_read(read_bytes: Reader, header: str) -> None:
    cells = {"coin": "ETH", "Snapshot Height": "5", "address": A, "amount": "1"}
    line = ",".join(cells.get(name, "") for name in header.split(","))
    read = read_bytes(f"coin,amount\nETH,1\n\n{header}\n{line}\n")
    assert [(c.asset, c.amount) for c in read.claims] == [("ETH", 10**18)]
    assert read.findings == []


@pytest.mark.parametrize(
    ("line", "kind", "column", "words"),
    [
        (row(amount="-5"), FindingKind.NEGATIVE_AMOUNT, 5, "negative"),
        (
            row(coin="DOGECOIN2"),
            FindingKind.UNKNOWN_COIN,
            1,
            "in no total until config/coin_names.csv",
        ),
        (row(coin="=cmd()"), FindingKind.UNKNOWN_COIN, 1, "=cmd()"),
        (row(coin=""), FindingKind.UNKNOWN_COIN, 1, "merged cell"),
        (row(network="MARS"), FindingKind.UNKNOWN_NETWORK, 2, "unknown network"),
        (row(coin="USDT-TRC20"), FindingKind.UNKNOWN_COIN, 1, "tron"),
        (row(address=""), FindingKind.BAD_ROW, 4, "no address"),
        ("ETH,ETH,20914735", FindingKind.BAD_ROW, 0, "3 fields"),
        (row() + ",x,y", FindingKind.BAD_ROW, 10, "11 fields"),
        (row() + "," * 500_000 + "x", FindingKind.BAD_ROW, 10, "fields"),
        (row() + ',"open', FindingKind.BAD_ROW, 10, "never closes"),
        (row(coin='"ETH"x'), FindingKind.BAD_ROW, 1, "after a closing quote"),
        (row().replace("I am", "I\0am"), FindingKind.BAD_ROW, 6, "NUL"),
        ("x" * 1_000_001, FindingKind.BAD_ROW, 0, "longer than 1000000 bytes"),
    ],
)
def test_a_bad_row_is_a_finding_with_its_place_and_the_rest_is_read(
    read_bytes: Reader, line: str, kind: FindingKind, column: int, words: str
) -> None:
    read = read_bytes(f"{NINE}\n{row()}\n{line}\n{row(address=B)}\n")
    assert [(u.row, u.column, u.kind) for u in read.unreadable] == [(3, column, kind)]
    assert words in read.unreadable[0].reason
    assert len(read.unreadable[0].text) <= 200
    assert [(c.row, c.address) for c in read.claims] == [(2, A), (4, B)]
    assert read.summary.data_rows == 3


@pytest.mark.parametrize(
    ("line", "kind", "words"),
    [
        (row(amount="1e400"), FindingKind.BAD_AMOUNT, "larger than"),
        (row(amount="0.0000000000000000001"), FindingKind.BAD_AMOUNT, "rounded"),
        (row(amount=""), FindingKind.BAD_AMOUNT, "empty"),
        (row(amount='"1,000"'), FindingKind.BAD_AMOUNT, "--columns decimal=comma"),
        (row(amount="NaN"), FindingKind.BAD_AMOUNT, "not plain digits"),
        (row(amount="9" * 79), FindingKind.BAD_AMOUNT, "larger than"),
        (row(amount="9" * 30), FindingKind.UNIT_DOUBTED, "more than can exist"),
        (row().replace("20914735", "2026-11-01"), FindingKind.BAD_HEIGHT, "give it with --at"),
        (row().replace("20914735", "-1"), FindingKind.BAD_HEIGHT, "block number"),
    ],
)
def test_a_cell_that_cannot_be_read_leaves_the_row_a_claim_without_it(
    read_bytes: Reader, line: str, kind: FindingKind, words: str
) -> None:
    read = read_bytes(f"{NINE}\n{row()}\n{line}\n{row(address=B)}\n")
    assert [c.row for c in read.claims] == [2, 3, 4]
    assert None in (read.claims[1].amount, read.claims[1].height)
    ((number, told, reason),) = read.told
    assert (number, told) == (3, kind)
    assert words in reason


def test_bytes_that_are_not_utf8_spoil_their_row_alone(read_bytes: Reader) -> None:
    bad = row(address=B).encode().replace(b"I am", b"\xe9 am")
    read = read_bytes(f"{NINE}\n{row()}\n".encode() + bad + b"\n")
    assert [(u.row, u.column, u.reason) for u in read.unreadable] == [(3, 6, "not UTF-8 text")]
    assert "\\xe9" in read.unreadable[0].text
    assert read.summary.claims == 1


def test_spreadsheet_marks_change_nothing(read_bytes: Reader) -> None:
    plain = f"coin,snapshot height,amount\nETH,-,1\n\n{NINE}\n{row()}\n"
    expected = read_bytes(plain).rows
    crlf = plain.replace("\n", "\r\n")
    padded = plain.replace("amount\n", "amount,,\n", 1).replace("1\n\n", "1,,\n,,\n")
    for text in ("\ufeff" + plain, crlf, "\ufeff" + crlf, padded, plain.rstrip("\n"),
                 crlf.rstrip("\n")):  # fmt: skip
        assert read_bytes(text).rows == expected


def test_quoted_fields_with_commas_and_line_ends(read_bytes: Reader) -> None:
    message = '"I am, truly,\nan ""OKX"" address"'
    line = row().replace("I am an OKX address", message)
    read = read_bytes(f"{NINE}\n{line}\n{row(address=B)}\n")
    assert read.claims[0].message == 'I am, truly,\nan "OKX" address'
    assert [c.row for c in read.claims] == [2, 4]


@pytest.mark.parametrize("quoted", [True, False])
def test_two_keys_as_json_in_the_key_column(read_bytes: Reader, quoted: bool) -> None:
    keys = '{"publicKey1":"EOS7n","publicKey2":"EOS8m"}'
    cell = '"' + keys.replace('"', '""') + '"' if quoted else keys
    line = f"EOS,Non Staking,EOS,1,okbwallet1tr,1,m,SIG_K1_a,SIG_K1_b,{cell},,"
    read = read_bytes(f"{TWELVE}\n{line}\n")
    assert (read.unreadable, read.claims[0].script) == ([], keys)


def test_an_unclosed_bracket_swallows_nothing(read_bytes: Reader) -> None:
    line = f"ETH,Non Staking,ETH,1,{A},1,m,0xab,,[,{B},"
    claim = read_bytes(f"{TWELVE}\n{line}\n").claims[0]
    assert (claim.script, claim.owners) == ("[", (B,))


def test_a_status_is_kept_and_skips_nothing(read_bytes: Reader) -> None:
    header = "digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,owner1,owner2,status"
    read = read_bytes(f"{header}\nETH,ETH,{A},0xab,null,m,,,,3\nETH,ETH,{B},0xab,null,m,,,,5\n")
    assert [c.row_type for c in read.claims] == ["status 3", "status 5"]
    assert read.summary.variant == "auditor, 10 columns"


def test_the_message_keeps_its_spaces(read_bytes: Reader) -> None:
    line = row().replace("I am an OKX address", " two  spaces ")
    assert read_bytes(f"{NINE}\n{line}\n").claims[0].message == " two  spaces "


def test_a_totals_block_without_rows_is_refused(read_bytes: Reader) -> None:
    with pytest.raises(ListFormatError, match="no known list format"):
        read_bytes("coin,snapshot height,amount\nETH,-,1\n")


def test_a_formula_in_an_address_stays_text(read_bytes: Reader) -> None:
    claim = read_bytes(f"{NINE}\n{row(address='=HYPERLINK(0)')}\n").claims[0]
    assert (claim.address, claim.address_key) == ("=HYPERLINK(0)", "?=HYPERLINK(0)")
