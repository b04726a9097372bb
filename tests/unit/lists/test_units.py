"""Units that nothing in a file says are doubted; totals, column names or the user settle them."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.errors import InputError
from scanner.lists.sums import Sums
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

A = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
B = "1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw"
SEVEN = "coin,address,amount,message,signature1,signature2,redeem script\n"


def kinds(read: object) -> list[FindingKind]:
    return [finding.kind for finding in read.findings]  # type: ignore[attr-defined]


def test_the_old_layouts_base_units_need_totals_that_agree(read_bytes: Reader) -> None:
    row = f"ETH,{A},1000,m,0xab,,\n"
    alone = read_bytes(SEVEN + row)
    assert (alone.claims[0].amount, kinds(alone)) == (1000, [FindingKind.UNIT_DOUBTED])
    assert "--unit base or --unit coin" in alone.findings[0].reason
    confirmed = read_bytes(f"coin,amount\nETH,0.000000000000001\n\n{SEVEN}{row}")
    assert kinds(confirmed) == []
    other = read_bytes(f"coin,amount\nETH,1000\n\n{SEVEN}{row}")
    assert set(kinds(other)) == {FindingKind.UNIT_DOUBTED}  # no total_differs: it is our unit
    assert "use --unit coin" in other.findings[0].reason
    said = read_bytes(
        f"coin,amount\nETH,1000\n\n{SEVEN}{row}", columns={"unit": "coin"}, format="okx_csv"
    )
    assert (said.claims[0].amount, kinds(said)) == (1000 * 10**18, [])


def test_totals_that_agree_in_base_units_doubt_whole_coins(read_bytes: Reader) -> None:
    header = (
        "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script\n"
    )
    row = f"BTC,BTC,5,{B},150000,m,H1,,\n"
    read = read_bytes(f"coin,amount\nBTC,0.0015\n\n{header}{row}")
    assert set(kinds(read)) == {FindingKind.UNIT_DOUBTED}


@pytest.mark.parametrize(
    ("name", "text", "amount"),
    [
        ("amount_sat", "150000000", 150000000), ("Balance (BTC)", "1.5", 150000000),
        ("value (satoshi)", "17", 17), ("satoshis", "17", 17), ("BTC balance", "2", 200000000),
        ("balanceBtc", "2", 200000000), ("amount in BTC", "2", 200000000), ("raw balance", "9", 9),
    ],
)  # fmt: skip
def test_a_columns_name_says_the_unit(
    read_bytes: Reader, name: str, text: str, amount: int
) -> None:
    read = read_bytes(f"coin,address,{name}\nBTC,{B},{text}\n")
    assert ([c.amount for c in read.claims], read.findings) == ([amount], [])


@pytest.mark.parametrize(
    ("header", "row", "kind"),
    [
        ("coin,network,address,amount_sat", f"ETH,ethereum,{A},5", FindingKind.UNIT_DOUBTED),
        ("coin,network,address,Balance (BTC)", f"ETH,ethereum,{A},5", FindingKind.NOT_UNDERSTOOD),
        (
            "coin,network,address,balance,decimals",
            f"ETH,ethereum,{A},5,6",
            FindingKind.UNIT_DOUBTED,
        ),
        ("coin,network,address,claim", f"ETH,ethereum,{A},5", FindingKind.NOT_UNDERSTOOD),
        ("coin,network,address,value", f"ETH,ethereum,{A},5", FindingKind.NOT_UNDERSTOOD),
        (
            "coin,network,address,amount (thousands)",
            f"ETH,ethereum,{A},5",
            FindingKind.NOT_UNDERSTOOD,
        ),
    ],
)
def test_a_unit_that_does_not_fit_is_no_amount(
    read_bytes: Reader, header: str, row: str, kind: FindingKind
) -> None:
    read = read_bytes(f"{header}\n{row}\n")
    # "(thousands)" may be the unit of other amounts, too.
    told = kinds(read)[:1] if "thousands" in header else kinds(read)
    assert ([c.amount for c in read.claims], told) == ([None], [kind])


def test_decimals_beside_a_fraction_are_for_people(read_bytes: Reader) -> None:
    read = read_bytes(f"coin,network,address,balance,decimals\nUSDT,ethereum,{A},1.5,6\n")
    assert (read.claims[0].amount, read.findings) == (1500000, [])


def test_fractions_among_whole_numbers_beside_decimals_are_doubted(read_bytes: Reader) -> None:
    header = "coin,network,address,balance,decimals\n"
    rows = [f"USDT,ethereum,{A},1000000,6\n", f"USDT,ethereum,0x{1:040x},1.5,6\n"]
    for order in (rows, rows[::-1]):
        read = read_bytes(header + "".join(order))
        assert sorted(c.amount or 0 for c in read.claims) == [1_000_000, 1_500_000]
        assert kinds(read) == [FindingKind.UNIT_DOUBTED]
    said = read_bytes(header + "".join(rows), columns={"unit": "coin"})
    assert [c.amount for c in said.claims] == [10**12, 1_500_000]
    assert said.findings == []


@pytest.mark.parametrize(
    ("text", "mark", "amount"),
    [
        ("1000000", "", 10**6), ('"1,000,000"', "", 10**6), ("1 000 000", "", 10**6),
        ("1.000.000", "", 10**6), ("1.000.000", "comma", 10**6), ("+1000000", "", 10**6),
        ("1E6", "", 10**6), ("1.5E6", "", 15 * 10**5), ("1E+6", "dot", 10**6),
        ("1.000", "comma", 1000), ('"1,000"', "dot", 1000), ('"1,000"', "", None),
        ("1000000.00", "", 10**12), ('"1,000,000.00"', "", 10**12), ("15E-1", "", 15 * 10**5),
        ("1.000", "", 10**6), ('"1,000"', "comma", 10**6), ("1,5E6", "", None),
    ],
)  # fmt: skip
def test_how_a_number_is_spelled_does_not_change_its_unit(
    read_bytes: Reader, text: str, mark: str, amount: int | None
) -> None:
    header = "coin,network,address,balance,decimals\n"
    said = {"columns": {"decimal": mark}} if mark else {}
    read = read_bytes(f"{header}USDT,ethereum,{A},{text},6\n", **said)
    if text == "1,5E6":  # unquoted: one cell more than the header has
        assert len(read.unreadable) == 1
        return
    assert [claim.amount for claim in read.claims] == [amount]
    assert kinds(read) == ([] if amount is not None else [FindingKind.BAD_AMOUNT])


def test_grouped_whole_numbers_are_no_fractions(read_bytes: Reader) -> None:
    header = "coin,network,address,balance,decimals\n"
    rows = [f'USDT,ethereum,{A},"1,000,000",6\n', f"USDT,ethereum,0x{1:040x},2000000,6\n"]
    assert kinds(read_bytes(header + "".join(rows))) == []
    rows.append(f"USDT,ethereum,0x{2:040x},1.5,6\n")
    assert kinds(read_bytes(header + "".join(rows))) == [FindingKind.UNIT_DOUBTED]


def test_mixed_units_are_doubted_in_every_file_of_a_process(read_bytes: Reader) -> None:
    row = '{{"coin":"USDT","network":"ethereum","address":"{}","balance":"{}","decimals":6}}\n'
    text = row.format(A, "1000000") + row.format("0x" + "1" * 40, "1.5")
    for _ in range(3):  # what another file had is nothing of this one
        assert kinds(read_bytes(text, "list.jsonl")) == [FindingKind.UNIT_DOUBTED]
        assert kinds(read_bytes(row.format(A, "1.5"), "list.jsonl")) == []


def test_many_whole_numbers_are_doubted_and_round_ones_are_not(read_bytes: Reader) -> None:
    def of(amounts: list[int]) -> list[FindingKind]:
        rows = [f"USDT,ethereum,0x{n:040x},{amount}\n" for n, amount in enumerate(amounts, 1)]
        return kinds(read_bytes("coin,network,address,amount\n" + "".join(rows)))

    assert of([1234567 + 13 * n for n in range(9)]) == [FindingKind.UNIT_DOUBTED]
    assert of([1000000 * n for n in range(1, 10)]) == []
    assert of([1234567 + 13 * n for n in range(5)]) == []


def test_a_unit_is_one_of_two(read_bytes: Reader) -> None:
    text = f"coin,address,Balance (BTC)\nBTC,{B},1\n"
    with pytest.raises(InputError, match="unit is coin or base, not 'wei'"):
        read_bytes(text, columns={"unit": "wei"})
    with pytest.raises(InputError, match="the column's name says coin"):
        read_bytes(text, columns={"unit": "base"})


def test_sums_of_parts_doubt_what_the_sums_of_the_whole_doubt(
    read_bytes: Reader, registry: Registry
) -> None:
    rows = "".join(f"USDT,ETH,{A[:-1]}{n},1234567{n}\n" for n in range(9))
    read = read_bytes(f"coin,network,address,amount\n{rows}")
    assert kinds(read) == [FindingKind.UNIT_DOUBTED]
    parts = [Sums(), Sums(), Sums()]
    for at, claim in enumerate(read.claims):
        parts[at % 3].add(claim)
    for part in parts[1:]:
        parts[0].merge(part)
    found = parts[0].findings(registry, read.summary.unit)
    assert [f.kind for f in found] == [FindingKind.UNIT_DOUBTED]
    assert parts[0].findings(registry, "") == []
