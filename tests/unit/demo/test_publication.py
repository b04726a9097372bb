"""The demonstration's list says what it means to say."""

import csv
import io
from collections import Counter

import pytest

from scanner.demo.publication import EXAMPLE, make_rows, write_list
from scanner.model.addresses.table import decode_address
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry

HEIGHTS = {"bitcoin": 149, "ethereum": 96}


@pytest.fixture(scope="module")
def rows():
    return make_rows(load_registry())


@pytest.fixture
def published(rows, tmp_path):
    path = tmp_path / "list.csv"
    return write_list(path, rows, HEIGHTS), path.read_text()


def test_the_faults_are_the_seven(rows):
    faults = Counter(row.fault for row in rows if row.fault)
    assert faults == {
        FindingKind.SHORTFALL: 1,
        FindingKind.SURPLUS: 1,
        FindingKind.BAD_SIGNATURE: 2,
        FindingKind.OWNER_UNPROVEN: 1,
        FindingKind.NOT_STATED: 2,
    }
    assert [row.signers for row in rows if row.signers] == [(1, 2)]
    assert [row.fault for row in rows if row.contract] == [FindingKind.OWNER_UNPROVEN]


def test_claims_and_chains_differ_only_where_a_fault_says_so(rows):
    for row in rows:
        differs = row.held is not None and row.held != row.claimed
        assert differs == (row.fault in (FindingKind.SHORTFALL, FindingKind.SURPLUS)), row
        assert row.claimed >= 0


def test_every_address_is_one_of_its_network_and_counts_once(rows):
    registry = load_registry()
    seen = Counter(
        (row.holding.asset, decode_address(registry.network(row.holding.network), row.address).key)
        for row in rows
    )
    assert len(rows) > 600
    assert seen.most_common(1)[0][1] == 1


def test_it_is_the_same_list_each_time(rows):
    assert make_rows(load_registry()) == rows


def test_lines_returned_are_the_lines_in_the_file(rows, published):
    lines, text = published
    written = text.split("\n")
    for line, row in zip(lines, rows, strict=True):
        assert row.address in written[line - 1].split(",")


def test_layout_is_okx_with_twelve_columns_and_totals_that_fit(rows, published):
    _, text = published
    totals, detail = (list(csv.reader(io.StringIO(part))) for part in text.split("\n\n"))
    assert detail[0][1].lower() == "type"
    assert {len(row) for row in detail} == {12}
    assert {(row[0], row[3]) for row in detail[1:] if row[2] in ("BTC", "ETH")} == {
        ("BTC", "149"), ("ETH", "96"), ("USDT-ERC20", "96"), ("USDC", "96"),
    }  # fmt: skip
    for coin, height, amount in totals[1:]:
        names = {"ETH(ALL)": {"ETH"}, "USDT(ALL)": {"USDT-ERC20", "USDT-TON", "USDT-TRC20"}}.get(
            coin, {coin}
        )
        assert _units(amount) == sum(_units(row[5]) for row in detail[1:] if row[0] in names)
        assert (height == "-") == coin.endswith("(ALL)")


def test_the_publishers_own_example_is_there_unchanged():
    text = EXAMPLE.read_text()
    assert text.startswith("coin,snapshot height,amount\nETH(ALL),-,6\n")
    assert "0x57e2dcd253527a0f70c6a3de3556f6e6e163f19c" in text


def _units(text):
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(18, "0"))
