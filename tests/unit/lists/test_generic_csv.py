"""A CSV of anybody's, by usual names or by a column map."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from support.lists import Reader

from scanner.errors import InputError, ListFormatError
from scanner.model.finding import FindingKind
from scanner.model.understood import Role

BTC = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"
EVM = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"


def test_usual_names_need_no_map(read_bytes: Reader) -> None:
    read = read_bytes(f"Asset,Chain,Wallet Address,Balance,Note\nUSDT,Ethereum,{EVM},1.5,hot\n")
    (claim,) = read.claims
    assert (claim.asset, claim.network, claim.amount) == ("USDT", "ethereum", 1500000)
    assert read.summary.format == "csv"
    roles = {account.part: account.role for account in read.summary.accounts}
    assert roles.pop("column 'Note'") is Role.NEEDLESS
    assert set(roles.values()) == {Role.USED}


def test_a_column_map_decides(read_bytes: Reader) -> None:
    read = read_bytes(
        f"addr,qty,what,amount\n{BTC},2,BTC,99\n",
        columns={"address": "addr", "amount": "qty", "coin": "what"},
    )
    assert read.claims[0].amount == 2 * 10**8
    assert [f.reason[:44] for f in read.findings] == [
        "column 'amount', such as '99', was not under"
    ]


def test_fields_go_by_their_usual_names_too(read_bytes: Reader) -> None:
    text = f"where,what,how much\n{BTC},BTC,2\n"
    read = read_bytes(text, columns={"Address": "where", "asset": "what", "balance": "how much"})
    assert (read.claims[0].coin, read.claims[0].amount) == ("BTC", 2 * 10**8)


def test_a_column_of_base_units(read_bytes: Reader) -> None:
    text = f"coin,address,satoshi\nBTC,{BTC},17\nBTC,{BTC},1.5\n"
    read = read_bytes(text, columns={"base_units": "satoshi"})
    assert [claim.amount for claim in read.claims] == [17, None]
    assert [(row, kind) for row, kind, _ in read.told] == [(3, FindingKind.BAD_AMOUNT)]


def test_a_map_reads_an_okx_like_file_of_unknown_layout(read_bytes: Reader) -> None:
    text = f"coin,address,amount,message,signature1,remark\nBTC,{BTC},1,m,H1,x\n"
    read = read_bytes(text, columns={"amount": "amount"})
    assert (read.summary.format, read.claims[0].signatures) == ("csv", ("H1",))


def test_network_and_asset_for_rows_that_name_none(read_bytes: Reader) -> None:
    text = f"address,balance\n{EVM},1\n"
    assert read_bytes(text, network="Arbitrum").claims[0].asset == "ETH"
    usdt = read_bytes(text, network="arbitrum", asset="USDT").claims[0]
    assert (usdt.asset, usdt.network, usdt.amount) == ("USDT.arbitrum", "arbitrum", 10**6)


def test_an_empty_coin_is_not_guessed(read_bytes: Reader) -> None:
    read = read_bytes(f"coin,network,address\n,ETH,{EVM}\nETH,,{EVM}\n")
    kinds = [FindingKind.UNKNOWN_COIN, FindingKind.UNKNOWN_NETWORK]
    assert [u.kind for u in read.unreadable] == kinds  # ETH is on many networks


@pytest.mark.parametrize(
    ("text", "options", "words"),
    [
        ("address\nx\n", {}, "no known list format"),
        ("name,email\nx,y\n", {}, "no known list format"),
        ("a,b\nx,y\n", {"columns": {"address": "c"}}, "no column 'c'; the columns are: a, b"),
        ("a;b\nx;y\n", {"columns": {"address": "c"}}, "no column 'c'; the columns are: a, b"),
        ("a,b\nx,y\n", {"columns": {"ignore": "a"}}, "no known list format"),
        ("only words\nx\n", {"columns": {"address": "c"}}, "no known list format"),
        ("address,b\nx,y\n", {"columns": {"amount": "c", "coin": "b"}}, "no column 'c'"),
        ("address,b\nx,y\n", {"columns": {"amount": "b"}}, "no coin and no network"),
        ("address,coin,a,b\nx,BTC,1,1\n", {"columns": {"amount": "a", "base_units": "b"}}, "both"),
        ("a,b\nx,y\n", {"columns": {"adress": "a"}}, "no field 'adress'"),
        ("a,b\nx,y\n", {"columns": {"coin": "a", "asset": "b"}}, "'coin' is mapped twice"),
        ("a,b\nx,y\n", {"format": "csv"}, "names an address column"),
        ("\n\n", {"format": "csv"}, "empty"),
        ("address,addr,coin\nx,y,BTC\n", {}, "two columns mean 'address'"),
        ("a,b\n", {"format": "xml"}, "no list format 'xml'; there are: okx_csv"),
        ("a,b\n", {"network": "mars"}, "unknown network 'mars'"),
    ],
)
def test_what_is_not_clear_is_refused(
    read_bytes: Reader, text: str, options: dict[str, object], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        read_bytes(text, **options)


@pytest.mark.parametrize("folder", ["wallets", "wallets_2022"])
def test_every_published_wallet_list_is_accounted_for(
    read_file: Reader, vectors: Path, folder: str
) -> None:
    files = sorted((vectors / folder).glob("*.csv"))
    assert len(files) >= 8
    for path in files:
        read = read_file(path)
        lines = len(path.read_text().splitlines()) - 1
        assert read.summary.data_rows == lines == len(read.claims) + len(read.unreadable), path
        assert {u.kind for u in read.unreadable} <= {FindingKind.UNKNOWN_NETWORK}, path
        assert all(claim.amount is None for claim in read.claims)


def test_the_published_wallets_of_okx(read_file: Reader, vectors: Path) -> None:
    read = read_file(vectors / "wallets/okx.csv")
    assert read.summary.claims > 850
    bitcoin = [claim for claim in read.claims if claim.network == "bitcoin"]
    assert len(bitcoin) == 257
    assert not [claim for claim in bitcoin if claim.address_key.startswith("?")]
    assert {claim.coin for claim in bitcoin} == {"BTC"}


def test_case_does_not_hide_duplicates_in_published_lists(read_file: Reader, vectors: Path) -> None:
    found = [
        finding
        for path in sorted((vectors / "wallets").glob("*.csv"))
        for finding in read_file(path).findings
        if finding.kind is FindingKind.DUPLICATE
    ]
    assert len(found) >= 4  # the lists hold four EVM addresses twice, in different case


def test_a_refusal_names_the_line_of_the_header(read_bytes: Reader) -> None:
    with pytest.raises(ListFormatError) as caught:
        read_bytes("\n\naddress,addr,coin\n")
    assert (caught.value.line, caught.value.column) == (3, 2)


def test_the_text_as_signed_in_a_column_of_hex(read_bytes: Reader) -> None:
    signed = "I own this\r\n "
    rows = [("shown", "0x" + signed.encode().hex()), ("shown", ""), ("shown", "ff"), ("shown", "5")]
    lines = [f"ETH,{EVM},1,{text},{spelled},0x12" for text, spelled in rows]
    header = "coin,address,amount,message,Message Hex,signature"
    read = read_bytes("\n".join((header, *lines)) + "\n")
    assert [claim.message for claim in read.claims] == [signed, "shown"]
    assert [kind for _, kind, _ in read.told] == [FindingKind.BAD_ROW] * 2


def test_the_text_as_signed_is_enough(read_bytes: Reader) -> None:
    """A publisher who is told to publish the hex may publish nothing else."""
    signed = "I own this\r\n "
    spelled = signed.encode().hex()
    rows = f"ETH,{EVM},1,0x{spelled},0x12\nETH,{EVM[:-1]}0,1,,0x12\n"
    read = read_bytes("coin,address,amount,message_hex,signature\n" + rows)
    assert [claim.message for claim in read.claims] == [signed, ""]
    assert [claim.signatures for claim in read.claims] == [("0x12",)] * 2
    assert not read.told
    row = {"coin": "ETH", "address": EVM, "amount": "1", "message_hex": spelled}
    whole = read_bytes(json.dumps([{**row, "signature": "0x12"}]), name="list.json")
    assert [claim.message for claim in whole.claims] == [signed]
    assert [claim.signatures for claim in whole.claims] == [("0x12",)]
