"""Places where a claim, a coin or a unit could hide in a file that looks wholly read."""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from typing import Any

import pytest
from support.lists import Read, Reader, asked, undated

from scanner.errors import ListFormatError
from scanner.model.finding import WEIGHTS, FindingKind, exit_status

A = "0x28C6c06298d514Db089934071355E5743bf21d60"
B = "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
BTC = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"
USDT = "0xdAC17F958D2ee523a2206206994597C13D831ec7"
ROW = f"network,address,amount\nethereum,{A},1000\n"
LIST = f"asset,network,address,amount\nBTC,bitcoin,{BTC},1.5\n"
OTHER = f"asset,network,address,amount\nETH,ethereum,{A},500\n"
APPLE = b"\0\x05\x16\x07" + bytes(80)


def packed(*parts: tuple[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, data in parts:
            archive.writestr(name, data)
    return made.getvalue()


def status(read: Read) -> int:
    kinds = {FindingKind(row.kind) for row in read.unreadable} | {f.kind for f in read.findings}
    weights = {f.weight for f in read.findings}
    return exit_status(weights | {WEIGHTS[kind] for kind in kinds}) if kinds else 0


def assets(read: Read) -> list[str]:
    return [claim.asset for claim in read.claims]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("Type", "USDT"), ("Status", "USDT"), ("Issuer", "Tether"), ("Label", "USDT cold 3"),
        ("Note", "USDT"), ("Remark", "our USDT"), ("Tags", "usdt"), ("Exchange", "Tether"),
    ],
)  # fmt: skip
def test_no_other_column_may_name_another_coin(read_bytes: Reader, column: str, value: str) -> None:
    header = f"network,{column},address,amount\n"
    blank = f"ethereum,,{B},1\n" * 6  # so that no example of the first rows shows it
    for read in (
        read_bytes(f"{header}{blank}ethereum,{value},{A},1000\n"),
        read_bytes(json.dumps([{"network": "ethereum", column: value, "address": A, "amount": 1}])),
    ):
        assert A not in [claim.address for claim in read.claims]
        assert status(read) >= 1
    named = read_bytes(f"coin,{header}ETH,ethereum,{value},{A},1000\n")
    assert (assets(named), named.findings) == (["ETH"], [])


def test_words_beside_the_native_coin_that_name_none_are_needless(read_bytes: Reader) -> None:
    read = read_bytes(f"network,note,address,amount\nethereum,Hot wallet 3,{A},1\n")
    assert (assets(read), read.findings) == (["ETH"], [])


@pytest.mark.parametrize(
    "title",
    [
        "Figures in 000s", "Amounts in gwei", "Blockhöhe 840000", "Beträge in Mio", "in USD",
        "#840000", "All values in 1e8", "区块 840000", "Amounts in €",
    ],
)  # fmt: skip
def test_a_title_that_may_say_a_unit_or_block_is_not_needless(
    read_bytes: Reader, title: str
) -> None:
    read = read_bytes(f"{title}\n{LIST}")
    assert asked(read) == [FindingKind.NOT_UNDERSTOOD]
    said = read_bytes(f"{title}\n{LIST}", columns={"ignore": title})
    assert (assets(said), said.findings) == (["BTC"], [])


@pytest.mark.parametrize(
    "title", ["Example exchange: proof of reserves 2026-11-01", "1 November 2026, 12:30:45", "Q3"]
)
def test_a_title_with_a_date_is_one(read_bytes: Reader, title: str) -> None:
    assert undated(read_bytes(f'"{title}"\n{LIST}')) == []


@pytest.mark.parametrize(
    ("document", "claims"),
    [
        ({"ethereum": {"owners": [A], "tokens": [USDT]}}, 1),
        ({"ethereum": [[USDT, A]]}, 2),
        ({"note": "all amounts are in satoshi", "wallets": [{"coin": "BTC", "address": BTC}]}, 1),
        ({"notes": ["in thousands"], "wallets": [{"coin": "BTC", "address": BTC}]}, 1),
    ],
)
def test_lists_of_coins_and_notes_in_json_are_told(
    read_bytes: Reader, document: Any, claims: int
) -> None:
    read = read_bytes(json.dumps(document))
    assert len(read.claims) == claims
    assert set(asked(read)) == {FindingKind.NOT_UNDERSTOOD}


def test_comments_of_bare_addresses_are_accounted_for(read_bytes: Reader) -> None:
    text = f"# USDT wallets\n{A}\n# {B}\n# in thousands\n# hot ones\n"
    read = read_bytes(text, network="ethereum")
    assert len(read.claims) == 1
    assert asked(read) == [FindingKind.NOT_UNDERSTOOD] * 3
    said = read_bytes(f"# USDT wallets\n{A}\n", network="ethereum", asset="USDT")
    assert (assets(said), said.findings) == (["USDT"], [])


def test_a_part_of_an_archive_is_needless_by_what_it_holds(read_bytes: Reader) -> None:
    rows = [("a.csv", LIST), ("readme.csv", OTHER), ("._b.csv", OTHER.replace(A, B))]
    rows += [("d.csv/", f"asset,network,address,amount\nETH,base,{A},1\n")]
    read = read_bytes(packed(*rows), "list.zip")
    assert (assets(read), read.findings) == (["BTC", "ETH", "ETH", "ETH"], [])
    extras = [("README.md", "# Ours\nsee a.csv\n"), ("sha256sums", "ab" * 32 + "  a.csv\n")]
    extras += [("__MACOSX/._a.csv", APPLE), ("x/.DS_Store", b"\0\0\0\x01Bud1"), ("dir/", b"")]
    for more in ({}, {"network": "bitcoin"}):
        read = read_bytes(packed(("a.csv", LIST), *extras), "list.zip", **more)
        assert (assets(read), read.findings) == (["BTC"], [])
    bare = [
        ("a.csv", LIST),
        ("readme.txt", "bc1qxmaqqg9az39uj8pxf6qckqhu2awquhlg24zg4897mv6wnj8aw97svxgu3r"),
    ]
    assert len(read_bytes(packed(*bare), "list.zip", network="bitcoin").claims) == 2


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(read_bytes: Reader) -> None:
    with pytest.raises(ListFormatError, match="the same name"):
        read_bytes(packed(("a.csv", LIST), ("a.csv", OTHER)), "list.zip")


def test_the_one_file_of_an_archive_may_name_the_coin(read_bytes: Reader) -> None:
    read = read_bytes(packed(("usdt.csv", ROW)), "list.zip")
    assert "names USDT" in read.unreadable[0].reason


WHOLE = f"address,network\n{A},ethereum\n"


@pytest.mark.parametrize("text", [WHOLE, json.dumps([{"address": A, "network": "ethereum"}])])
@pytest.mark.parametrize(
    "around", ["usdt", "/tokens/USDT?format=csv", " coin=Tether&x=1", "a/USDC b"]
)
def test_a_folder_or_an_address_may_name_the_coin(
    read_bytes: Reader, text: str, around: str
) -> None:
    read = read_bytes(text, around=around)
    assert (read.claims, [row.kind for row in read.unreadable]) == ([], ["unknown_coin"])
    assert "the file's name, folder or address names USD" in read.unreadable[0].reason
    assert "x=1" not in read.unreadable[0].reason
    said = read_bytes(text, around=around, asset="ETH")
    assert (assets(said), said.findings) == (["ETH"], [])


@pytest.mark.parametrize("around", ["", "eth", "/lists/ethereum?v=1", "x" * 100_000, "reserves"])
def test_a_folder_that_names_no_other_coin_says_nothing(read_bytes: Reader, around: str) -> None:
    assert assets(read_bytes(WHOLE, around=around)) == ["ETH"]
    bare = read_bytes(f"{A}\n", network="ethereum", around=around)
    assert assets(bare) == ["ETH"]


@pytest.mark.parametrize("name", ["usdt_eth.csv", "eth-and-usdt.csv"])
def test_a_name_of_two_coins_settles_neither(read_bytes: Reader, name: str) -> None:
    (row,) = read_bytes(WHOLE, name).unreadable
    assert "names ETH or USDT" in row.reason


def test_a_sheets_name_may_name_the_coin_and_a_formula_is_no_blank(
    read_bytes: Reader,
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    book, made = openpyxl.Workbook(), io.BytesIO()
    book.active.title = "USDT"
    book.active.append(["network", "address", "amount"])
    book.active.append(["ethereum", A, "=500+500"])
    book.save(made)
    read = read_bytes(made.getvalue(), "list.xlsx")
    assert "names USDT" in read.unreadable[0].reason
    said = read_bytes(made.getvalue(), "list.xlsx", asset="ETH")
    assert (said.claims[0].amount, [f.kind for f in said.findings]) == (
        None,
        [FindingKind.BAD_AMOUNT],
    )


def test_what_else_stands_in_a_signed_block_is_told(read_bytes: Reader) -> None:
    block = (
        "-----BEGIN BITCOIN SIGNED MESSAGE-----\nhello\n-----BEGIN SIGNATURE-----\n"
        f"Version: X\nAddress: {BTC}\nAmount: 5000\nAddress: bc1qother\n\nHx==\n"
        "-----END BITCOIN SIGNED MESSAGE-----\n"
    )
    read = read_bytes(block)
    assert read.claims[0].address == BTC
    assert [f.kind for f in read.findings] == [FindingKind.NOT_UNDERSTOOD] * 2


def test_rows_in_a_fact_of_a_yaml_file_are_told(read_bytes: Reader) -> None:
    row = f"  - {{addr_type: p2pkh, addr: {BTC}, script: '', balance: 5}}\n"
    head = "height: 800000\nchain: main\nclaim: {m: 3, n: 4}\ntotal: 5\n"
    read = read_bytes(f"{head}keys:\n{row}address:\n{row}")
    assert [f.kind for f in read.findings] == [FindingKind.NOT_UNDERSTOOD]
    assert read_bytes(f"{head}keys:\n  - 02ab\n  - 03cd\naddress:\n{row}").findings == []


def test_more_in_a_line_of_totals_than_its_header_names_is_told(read_bytes: Reader) -> None:
    header = "coin,network,snapshot height,address,amount,message,signature1,signature2,script\n"
    text = f"coin,amount\nBTC,5,and 7 more\n\n{header}BTC,BTC,1,{BTC},5,m,s,,\n"
    assert [f.kind for f in read_bytes(text).findings] == [FindingKind.TOTAL_UNREADABLE]


@pytest.mark.parametrize(
    ("header", "amount", "kinds"),
    [
        ("amount ($)", None, []),
        ("Balance €", None, []),
        ("Balance %", None, ["not_understood"]),
        ("Balance (%)", None, ["not_understood"]),
        ("Balance Δ", None, ["not_understood"]),
        ("Balance (₿)", None, ["not_understood"]),
        ("Balance (Ξ)", 1000 * 10**18, []),
    ],
)
def test_a_sign_in_a_header_says_what_its_numbers_are(
    read_bytes: Reader, header: str, amount: int | None, kinds: list[str]
) -> None:
    for data in (
        f"asset,network,address,{header}\nETH,ethereum,{A},1000\n",
        json.dumps([{"asset": "ETH", "network": "ethereum", "address": A, header: "1000"}]),
    ):
        read = read_bytes(data)
        assert [claim.amount for claim in read.claims] == [amount]
        assert sorted({f.kind for f in read.findings}) == kinds
    both = read_bytes(f"asset,network,address,amount,amount ($)\nETH,ethereum,{A},1,1000\n")
    assert (both.claims[0].amount, both.findings) == (10**18, [])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("note", "amount in satoshi"), ("Comment", "in thousands"), ("remark", "as sats"),
        ("description", "we own 50 % of this"), ("date", "block 19,000,000".replace(",", "")),
        ("label", "Block height: 840000"), ("Status", "closed"), ("type", "liability"),
        ("type", "Loan to a third party"),
    ],
)  # fmt: skip
def test_words_beside_a_row_that_may_change_it_are_asked_about(
    read_bytes: Reader, column: str, text: str
) -> None:
    row = {"asset": "BTC", "network": "bitcoin", "address": BTC, "amount": "1.5", column: text}
    table = f"{','.join(row)}\n{','.join(row.values())}\n"
    for data in (table, json.dumps([row])):
        read = read_bytes(data)
        assert (len(read.claims), {f.kind for f in read.findings}) == (1, {"not_understood"})
        assert text in read.findings[0].reason
    said = read_bytes(table, columns={"ignore": column})
    assert (len(said.claims), said.findings) == (1, [])


@pytest.mark.parametrize(
    ("column", "text"),
    [
        ("note", "Satoshi's first wallet"), ("label", "Hot wallet 3"), ("date", "2026-11-01"),
        ("label", "Block 5 custody"), ("type", "Native ETH Staking"), ("status", "active"),
        ("name", "Thousand Oaks office"), ("remark", "moved on 2026-10-03 12:30"),
    ],
)  # fmt: skip
def test_other_words_beside_a_row_are_needless(read_bytes: Reader, column: str, text: str) -> None:
    read = read_bytes(f"asset,network,address,amount,{column}\nBTC,bitcoin,{BTC},1.5,{text}\n")
    assert (assets(read), undated(read)) == (["BTC"], [])


@pytest.mark.parametrize(
    ("name", "word", "option"),
    [
        ("balances_in_satoshi.csv", "satoshi", "--unit"),
        ("reserves (in thousands).csv", "thousands", "--unit"),
        ("reserves_block_840000.csv", "block_840000", "--at NETWORK=840000"),
        ("Height 840000.csv", "Height 840000", "--at NETWORK=840000"),
    ],
)
def test_a_files_name_that_may_say_a_unit_or_block_is_asked_about(
    read_bytes: Reader, name: str, word: str, option: str
) -> None:
    read = read_bytes(LIST, name)
    assert asked(read) == [FindingKind.NOT_UNDERSTOOD]
    assert option in read.findings[0].reason
    assert read_bytes(LIST, name, columns={"ignore": word}).findings == []
    part = read_bytes(packed((name, LIST), ("b.csv", OTHER)), "list.zip")
    assert asked(part) == [FindingKind.NOT_UNDERSTOOD]


def test_a_files_name_that_the_file_itself_settles_is_no_doubt(read_bytes: Reader) -> None:
    said = f"asset,network,address,amount_sat\nBTC,bitcoin,{BTC},150\n"
    assert read_bytes(said, "balances_in_satoshi.csv").findings == []
    high = f"asset,network,address,amount,height\nBTC,bitcoin,{BTC},1.5,840000\n"
    assert read_bytes(high, "reserves_block_840000.csv").findings == []
    assert read_bytes(LIST, "balances_in_satoshi.csv", columns={"unit": "coin"}).findings == []
    for name in ("satoshis-vault.io.csv", "raw.csv", "blocks.csv", "por_20261101.csv"):
        told = undated(read_bytes(LIST, name))
        assert told == [] or name.startswith("satoshi"), name


def test_the_name_that_a_gzip_stream_keeps_may_name_the_coin(read_bytes: Reader) -> None:
    made = io.BytesIO()
    with gzip.GzipFile("usdt_wallets.csv", "wb", fileobj=made) as stream:
        stream.write(ROW.encode())
    assert "names USDT" in read_bytes(made.getvalue(), "list.gz").unreadable[0].reason
    assert assets(read_bytes(gzip.compress(ROW.encode()), "list.gz")) == ["ETH"]
    assert len(read_bytes(made.getvalue(), "list.gz", asset="USDT").claims) == 1


def test_points_in_a_file_of_tabs_may_part_thousands(read_bytes: Reader) -> None:
    text = f"asset\tnetwork\taddress\tamount\nETH\tethereum\t{A}\t1.500\n"
    read = read_bytes(text, "list.tsv")
    assert [f.kind for f in read.findings] == [FindingKind.BAD_AMOUNT]
    assert read_bytes(text, "list.tsv", columns={"decimal": "dot"}).claims[0].amount == 15 * 10**17


def test_a_table_in_markdown_is_read(read_bytes: Reader) -> None:
    text = (
        "| Asset | Network | Address | Amount |\n|:---|---|---|---:|\n"
        f"| BTC | bitcoin | {BTC} | 1.5 |\n| --- | --- | {A} | 5 |\n"
    )
    read = read_bytes(text, "list.md")
    assert (assets(read), len(read.unreadable)) == (["BTC"], 1)


@pytest.mark.parametrize(
    "spelling",
    [f"https://etherscan.io/address/{A}", f"https://x.io/eth/address/{A}/", f"<{A}>", f"`{A}`"],
)
def test_links_and_marks_around_an_address_are_read_and_told(
    read_bytes: Reader, spelling: str
) -> None:
    read = read_bytes(f"asset,network,address\nETH,ethereum,{spelling}\n")
    assert [claim.address for claim in read.claims] == [A]
    assert {f.kind for f in read.findings} == {FindingKind.RESPELLED}
    other = read_bytes(f"asset,network,address\nETH,ethereum,https://etherscan.io/tx/{A}\n")
    assert other.claims[0].address_key.startswith("?")


@pytest.mark.parametrize(
    ("cells", "amount"),
    [
        ("1,500", None), ("1,500.25", None), ("0,8999", None), ("1,5", None), ("12,034,", None),
        ("1.0,500", 10**18), ("1,cold 500", 10**18), ("1,", 10**18), ('"1,500.5",x', 1500_5 * 10**17),
    ],
)  # fmt: skip
def test_a_label_of_digits_behind_an_amount_may_be_the_rest_of_it(
    read_bytes: Reader, cells: str, amount: int | None
) -> None:
    """A comma without quotes makes two cells of a number, and a free column takes the second."""
    text = f"network,coin,address,amount,note\nethereum,ETH,{A},{cells}\n"
    read = read_bytes(text)
    assert [claim.amount for claim in read.claims] == [amount]
    assert [f.kind for f in read.findings] == [FindingKind.BAD_AMOUNT] * (amount is None)
    if amount is None:
        assert read_bytes(text, columns={"ignore": "note"}).findings == []
    for width in (f"{cells},x,y", "1,x,y"):
        wide = read_bytes(f"network,coin,address,amount,note\nethereum,ETH,{A},{width}\n")
        assert [row.kind for row in wide.unreadable] == [FindingKind.BAD_ROW]


@pytest.mark.parametrize(
    "header", ["value BTC", "volume BTC", "BTC value", "Size (BTC)", "BTC volume"]
)
def test_a_value_or_volume_of_a_coin_is_no_holding(read_bytes: Reader, header: str) -> None:
    read = read_bytes(f"network,coin,address,{header}\nbitcoin,BTC,{BTC},1.5\n")
    assert [claim.amount for claim in read.claims] == [None]
    assert [f.kind for f in read.findings] == [FindingKind.NOT_UNDERSTOOD]
    assert header.split("(", maxsplit=1)[0].strip() in read.findings[0].reason


@pytest.mark.parametrize("header", ["value (sat)", "Balance (BTC)", "Total BTC", "BTC funds"])
def test_amounts_with_their_unit_are_read(read_bytes: Reader, header: str) -> None:
    read = read_bytes(f"network,coin,address,{header}\nbitcoin,BTC,{BTC},15\n")
    assert [claim.amount for claim in read.claims] == [15 if "sat" in header else 15 * 10**8]
