"""The demonstration's list says what it means to say."""

import csv
import io
from collections import Counter
from dataclasses import replace

import pytest

from scanner.demo.faults import COLUMN, plant
from scanner.demo.publication import EXAMPLE, HEADER, honest_rows, write_addresses, write_list
from scanner.demo.replay.table import SERVERS
from scanner.model.addresses.table import decode_address
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
HEIGHTS = dict.fromkeys(SERVERS, 7) | {"bitcoin": 149, "ethereum": 96, "conflux-core": 9}
OFF = {FindingKind.SHORTFALL, FindingKind.SURPLUS, FindingKind.DIFFERS_NOW, FindingKind.BAD_AMOUNT}


@pytest.fixture(scope="module")
def plan():
    return plant(honest_rows(REGISTRY), REGISTRY)


@pytest.fixture
def published(plan, tmp_path):
    path = tmp_path / "list.csv"
    return write_list(path, plan.rows, HEIGHTS, plan.declared, COLUMN), path.read_text()


def test_every_fault_has_a_kind_or_a_way_of_its_own_and_a_short_sentence(plan):
    kinds = Counter(fault.kind for fault in plan.faults)
    twice = {FindingKind.BAD_SIGNATURE, FindingKind.BALANCE_UNAVAILABLE}
    assert {kind for kind, number in kinds.items() if number > 1} == twice
    assert len({fault.story for fault in plan.faults}) == len(plan.faults)
    assert max(len(fault.story) for fault in plan.faults) <= 74
    places = [fault.row for fault in plan.faults if fault.row is not None]
    assert len(places) == len(set(places))
    assert {plan.rows[at].fault for at in places} <= set(kinds)
    assert [row.signers for row in plan.rows if row.signers] == [(1, 2)]


def test_claims_and_chains_differ_only_where_a_fault_says_so(plan):
    for row in plan.rows:
        differs = row.held is not None and row.held != row.claimed
        assert differs == (row.fault in OFF), row
        assert row.claimed > 0 or row.amount


def test_every_honest_address_is_one_of_its_network_and_counts_once(plan):
    seen = Counter(
        (row.holding.asset, decode_address(REGISTRY.network(row.holding.network), row.address).key)
        for row in plan.rows
        if row.fault is None
    )
    assert len(seen) > 380
    assert seen.most_common(1)[0][1] == 1


def test_it_is_the_same_list_each_time(plan):
    """But for sr25519, whose signatures draw on chance, as its library makes them."""
    again = plant(honest_rows(REGISTRY), REGISTRY)
    for row, other in zip(plan.rows, again.rows, strict=True):
        drawn = row.coin.name == "DOT" and row.signatures != other.signatures
        assert (replace(other, signatures=row.signatures) if drawn else other) == row
    differ = [r for r, o in zip(plan.rows, again.rows, strict=True) if r != o]
    assert 0 < len(differ) < 6


def test_lines_returned_are_the_lines_in_the_file(plan, published):
    lines, text = published
    written = list(csv.reader(io.StringIO(text)))
    for line, row in zip(lines, plan.rows, strict=True):
        assert row.address in written[line - 1]


def test_layout_is_okx_with_one_more_column_and_totals_that_fit(plan, published):
    _, text = published
    totals, detail = (list(csv.reader(io.StringIO(part))) for part in text.split("\n\n"))
    assert detail[0] == [*HEADER, COLUMN]
    for coin, _, amount in totals[1:]:
        more = 5_000 if coin == "USDC" else 0
        rows = [row for row in detail[1:] if row[0] == coin]
        assert _units(amount) == sum(_units(row[5]) for row in rows) + more * 10**18


def test_the_small_example_is_published_addresses_and_nothing_else(tmp_path):
    number = write_addresses(tmp_path / "addresses.csv")
    text = (tmp_path / "addresses.csv").read_text()
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == number > 20
    assert {tuple(row) for row in rows} == {("network", "address")}


def test_the_publishers_own_example_is_there_unchanged():
    text = EXAMPLE.read_text()
    assert text.startswith("coin,snapshot height,amount\nETH(ALL),-,6\n")
    assert "0x57e2dcd253527a0f70c6a3de3556f6e6e163f19c" in text


def _units(text):
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(18, "0"))
