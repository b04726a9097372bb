"""The audit of a list against itself."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.lists.reconcile import MAX_DETAILED, ListAudit, duplicate_of
from scanner.lists.sums import Sums
from scanner.lists.unreadable import finding_of
from scanner.model.claim import Claim, DeclaredTotal, UnreadableRow
from scanner.model.finding import FindingKind, Weight
from scanner.model.registry import Registry


def claim(
    row: int,
    key: str = "k",
    amount: int | None = 100,
    asset: str = "BTC",
    network: str = "bitcoin",
    decimals: int = 8,
    height: int | None = None,
) -> Claim:
    return Claim(row, asset, asset, network, key, key, decimals, amount, height)


def total(
    amount: int | None,
    asset: str = "BTC",
    network: str = "bitcoin",
    decimals: int = 8,
    group: bool = False,
    places: int | None = None,
) -> DeclaredTotal:
    name = asset + ("(ALL)" if group else "")
    return DeclaredTotal(1, name, asset, network, decimals, amount, None, group, "why", places)


def test_the_first_row_wins_and_a_repeat_is_counted_once(registry: Registry) -> None:
    audit = ListAudit(registry)
    seen = [audit.observe(claim(n, key)) for n, key in enumerate("abab", 2)]
    assert seen == [False, False, True, True]
    assert audit.duplicates == 2
    assert [(f.kind, f.row) for f in audit.findings()] == [
        (FindingKind.DUPLICATE, 4),
        (FindingKind.DUPLICATE, 5),
    ]
    assert "line 2" in audit.findings()[0].reason


@pytest.mark.parametrize(
    "other",
    [claim(3, asset="OMNI"), claim(3, network="litecoin"), claim(3, key="K")],
    ids=["asset", "network", "key"],
)
def test_another_asset_network_or_holder_is_no_duplicate(registry: Registry, other: Claim) -> None:
    audit = ListAudit(registry)
    assert not audit.observe(claim(2))
    assert not audit.observe(other)


def test_a_key_cannot_be_forged_across_fields(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(claim(2, key="x", network="bitcoin"))
    assert not audit.observe(claim(3, key="bitcoin\0x", network=""))


def test_validator_keys_in_two_cases_are_one(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(claim(2, key="?0xAB"))
    assert audit.observe(claim(3, key="?0xab"))
    assert not audit.observe(claim(4, key="?Ab"))
    assert not audit.observe(claim(5, key="?ab"))


def test_words_in_place_of_addresses_are_not_the_same_state(read_bytes: Reader) -> None:
    """`duplicate` is false: two rows of an exchange that hides where it holds them are no lie."""
    for text, again in (
        ("undisclosed", False),
        ("see annex 3 of the report", False),
        ("914", False),
        ("0xdeadbeef", True),
        ("bc1qxmaqqg9az39uj8pxf6qckqhu2awquhlg24zg4897mv6wnj8aw97svxgu3x", True),
    ):
        rows = f"coin,network,address,amount\nBTC,bitcoin,{text},5\nBTC,bitcoin,{text},7\n"
        kinds = [f.kind for f in read_bytes(rows).findings]
        assert kinds == [FindingKind.DUPLICATE] * again, text


def test_two_spellings_of_one_address_are_one_holder(read_bytes: Reader) -> None:
    lower = "bc1qxmaqqg9az39uj8pxf6qckqhu2awquhlg24zg4897mv6wnj8aw97svxgu3r"
    evm = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
    text = "coin,address,amount\n"
    text += f"BTC,{lower},1\nBTC,{lower.upper()},1\nETH,{evm},1\nETH,0x{evm[2:].upper()},1\n"
    text += f"USDC,{evm},1\n"
    read = read_bytes(text)
    assert [(f.kind, f.row) for f in read.findings] == [
        (FindingKind.DUPLICATE, 3),
        (FindingKind.DUPLICATE, 5),
    ]


def test_endless_duplicates_stay_few_findings(registry: Registry) -> None:
    audit = ListAudit(registry)
    for row in range(1, MAX_DETAILED + 52):
        audit.observe(claim(row))
    found = audit.findings()
    assert len(found) == MAX_DETAILED + 1
    assert found[-1].reason == "50 more rows repeat earlier ones"


@pytest.mark.parametrize(
    ("declared", "places", "kind"),
    [
        (150, 8, None),
        (151, 8, FindingKind.TOTAL_DIFFERS),
        (149, 8, FindingKind.TOTAL_DIFFERS),
        (0, 0, FindingKind.TOTAL_DIFFERS),
        (None, None, FindingKind.TOTAL_UNREADABLE),
    ],
)
def test_a_total_is_compared_to_the_last_base_unit(
    registry: Registry, declared: int | None, places: int | None, kind: FindingKind | None
) -> None:
    audit = ListAudit(registry)
    audit.observe(total(declared, places=places))
    for row, amount in enumerate((100, 50), 2):
        audit.observe(claim(row, key=str(row), amount=amount))
    assert [f.kind for f in audit.findings()] == ([kind] if kind else [])


@pytest.mark.parametrize(
    ("declared", "places", "rounded"),
    [
        (449_51400000, 4, True),  # 449.5140
        (449_51410000, 4, False),  # 449.5141: more than there is, and not the nearest
        (449_51401000, 5, True),  # 449.51401: the nearest
        (449_51400600, 6, True),
        (449_51400500, 6, True),  # 449.514005: cut
        (449_51400700, 6, False),
        (449_51420000, 4, False),
        (449_51390000, 4, False),
        (449_00000000, 0, True),  # cut to whole coins, three digits
        (440_00000000, 0, False),
    ],
)
def test_a_total_right_as_far_as_printed_is_a_note(
    registry: Registry, declared: int, places: int, rounded: bool
) -> None:
    audit = ListAudit(registry)
    audit.observe(total(declared, places=places))
    audit.observe(claim(2, amount=449_51400581))
    (found,) = audit.findings()
    assert (found.kind is FindingKind.TOTAL_ROUNDED) is rounded
    assert found.weight is (Weight.NOTE if rounded else Weight.FALSE)


def test_six_for_six_and_a_half_is_no_rounding(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(total(6 * 10**8, places=0))
    audit.observe(claim(2, amount=65 * 10**7))
    assert [f.kind for f in audit.findings()] == [FindingKind.TOTAL_DIFFERS]


def test_a_group_adds_up_over_networks_and_units(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(total(4 * 10**18, "USDC", "", 18, group=True, places=0))
    audit.observe(claim(2, amount=10**6, asset="USDC", network="ethereum", decimals=6))
    audit.observe(claim(3, amount=10**6, asset="USDC.e", network="polygon", decimals=6))
    audit.observe(claim(4, amount=2 * 10**18, asset="USDC", network="okc", decimals=18))
    audit.observe(claim(5, amount=7, asset="USDT", network="tron", decimals=6))
    assert audit.findings() == []
    audit.observe(claim(6, key="z", amount=1, asset="USDC", network="okc", decimals=18))
    (found,) = audit.findings()
    assert found.kind is FindingKind.TOTAL_DIFFERS
    assert "0.000000000000000001 less than the rows" in found.reason


@pytest.mark.parametrize(
    ("amount", "kinds"), [("3", []), ("2", [FindingKind.TOTAL_DIFFERS])], ids=["right", "wrong"]
)
@pytest.mark.parametrize(
    "rows",
    [
        [("USDT", "ETH", "1"), ("USDT", "BSC", "2")],  # network told apart: one name, two networks
        [("USDT-ERC20", "ETH", "1"), ("USDT-TRC20", "TRX", "2")],  # an asset's total over coins
        [("USDT-ERC20", "ETH", "3")],
    ],
)
def test_a_total_of_an_asset_over_its_networks(
    read_bytes: Reader, rows: list[tuple[str, str, str]], amount: str, kinds: list[FindingKind]
) -> None:
    header = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,script"
    text = f"coin,amount\nUSDT,{amount}\n\n{header}\n"
    for coin, network, held in rows:
        text += f"{coin},{network},,0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e,{held},m,s,,\n"
    assert [f.kind for f in read_bytes(text).findings] == kinds


def test_a_coin_is_its_own_rows_where_it_has_any(read_bytes: Reader) -> None:
    """ETH's own total is not taken for the group's when the group happens to have another sum."""
    header = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,script"
    rows = "ETH,ETH,,0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e,1,m,s,,\n"
    rows += "ETH-ARBITRUM,ARBITRUM,,0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e,2,m,s,,\n"
    for eth, arbitrum, kinds in (
        ("1", "2", []),
        ("2", "2", [FindingKind.TOTAL_DIFFERS]),
        ("1", "1", [FindingKind.TOTAL_DIFFERS]),
    ):
        text = f"coin,amount\nETH,{eth}\nETH-ARBITRUM,{arbitrum}\nETH(ALL),3\n\n{header}\n{rows}"
        assert [f.kind for f in read_bytes(text).findings] == kinds


def test_says_when_duplicates_explain_the_difference(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(total(200, places=8))
    audit.observe(claim(2))
    audit.observe(claim(3))
    assert audit.findings()[0].reason.endswith("equal if its duplicates are counted again")


@pytest.mark.parametrize(
    ("says", "kind"), [(200, FindingKind.TOTAL_UNREADABLE), (99, FindingKind.TOTAL_DIFFERS)]
)
def test_says_when_rows_could_not_be_read(registry: Registry, says: int, kind: FindingKind) -> None:
    """They may be what a total has more than the others; nothing makes them less."""
    audit = ListAudit(registry)
    audit.observe(total(says, places=8))
    audit.observe(claim(2))
    audit.observe(UnreadableRow(9, 1, "unknown_coin", "unknown coin 'X'"))
    [found] = audit.findings()
    assert found.kind is kind
    assert found.reason.endswith("1 row of the list could not be read")


def test_rows_without_amounts_cannot_confirm_a_total(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(total(200, places=8))
    audit.observe(claim(2, "a", None))
    assert audit.findings() == []  # the list states amounts only as totals
    audit.observe(claim(3, "b", 200))
    assert [f.kind for f in audit.findings()] == [FindingKind.TOTAL_UNREADABLE]


def test_a_group_is_compared_with_its_lines_when_rows_state_nothing(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(total(3 * 10**18, "ETH", "", 18, group=True, places=0))
    audit.observe(total(10**18, "ETH", "ethereum", 18, places=0))
    audit.observe(total(10**18, "ETH", "optimism", 18, places=0))
    audit.observe(claim(2, "a", None, "ETH", "ethereum", 18))
    audit.observe(claim(3, "a", None, "ETH", "optimism", 18))
    assert [f.kind for f in audit.findings()] == [FindingKind.TOTAL_DIFFERS]


def test_one_height_for_an_asset_on_a_network(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(claim(2, "a", height=10))
    audit.observe(claim(3, "b", height=10))
    audit.observe(claim(4, "c", height=10))
    audit.observe(claim(5, "d", height=11, network="litecoin"))
    assert audit.findings() == []
    audit.observe(claim(6, "e", height=12))
    (found,) = audit.findings()
    assert (found.kind, found.row) == (FindingKind.MIXED_HEIGHTS, 6)
    assert "10 (line 2), 12 (line 6)" in found.reason


def test_a_height_a_row_stays_one_finding(registry: Registry) -> None:
    audit = ListAudit(registry)
    for row in range(1, 1001):
        audit.observe(claim(row, str(row), height=row))
    (found,) = audit.findings()
    assert "others in 992 rows" in found.reason


def at_height(height: int | None, asset: str = "BTC", network: str = "bitcoin") -> DeclaredTotal:
    return DeclaredTotal(1, asset, asset, network, 8, 100, height, places=8)


@pytest.mark.parametrize(
    ("declared", "rows", "words"),
    [
        ([200], [200], None), ([None], [200], None), ([200], [100], "of block 200, its rows of 100"),
        ([200], [None], "its rows state no block"), ([200], [100, 200], None),
        ([200, 300], [300], None), ([200, 300], [100], "of block 200, 300, its rows of 100"),
        ([200], [100, None], "its rows of 100"), ([200], [], None),
    ],
)  # fmt: skip
def test_a_total_is_of_the_block_of_its_rows(
    registry: Registry, declared: list[int | None], rows: list[int | None], words: str | None
) -> None:
    audit, parts = ListAudit(registry), [Sums(), Sums()]
    for number, height in enumerate(declared):
        line = at_height(height)
        audit.observe(line)
        parts[number % 2].declare(line)
    for number, height in enumerate(rows, 2):
        row = claim(number, str(number), height=height)
        audit.observe(row)
        audit.observe(claim(number, str(number), network="litecoin", asset="LTC", height=7))
        parts[number % 2].add(row)
    parts[0].merge(parts[1])
    for findings in (audit.findings(), parts[0].findings(registry)):
        told = [f.reason for f in findings if "total for 'BTC' is of block" in f.reason]
        kinds = {FindingKind.BAD_HEIGHT, FindingKind.TOTAL_DIFFERS}
        assert not {f.kind for f in findings if f.reason in told} - kinds
        assert len(told) == (words is not None)
        assert all((words or "") in reason and "--at bitcoin=" in reason for reason in told)


def test_a_height_of_a_total_that_is_none_is_told(read_bytes: Reader) -> None:
    header = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,script"
    row = "BTC,BTC,850000,1BoatSLRHtKNngkdXEeobR76b53LETtpyT,1,m,s,,"
    for height, kinds in (
        ("850000", []), ("-", []), ("", []), ("850.000", [FindingKind.BAD_HEIGHT]),
        ("2026-11-01", [FindingKind.BAD_HEIGHT]), ("840000", [FindingKind.BAD_HEIGHT]),
    ):  # fmt: skip
        read = read_bytes(f"coin,snapshot height,amount\nBTC,{height},1\n\n{header}\n{row}\n")
        assert [finding.kind for finding in read.findings] == kinds


def test_words_a_row_that_cannot_be_read() -> None:
    found = finding_of(UnreadableRow(7, 2, "unknown_network", "unknown network 'x'"))
    assert (found.kind, found.row) == (FindingKind.UNKNOWN_NETWORK, 7)
    assert found.reason == "field 2: unknown network 'x'"


def test_words_a_duplicate() -> None:
    found = duplicate_of(claim(9), 4)
    assert (found.row, found.address) == (9, "k")
    assert "line 4" in found.reason


def test_rows_without_a_height_are_read_at_another_one(registry: Registry) -> None:
    audit = ListAudit(registry)
    audit.observe(claim(2, "a", height=100))
    audit.observe(claim(3, "b", height=None))
    (found,) = audit.findings()
    assert (found.kind, found.row) == (FindingKind.MIXED_HEIGHTS, 3)
    assert "100 (line 2), none (line 3)" in found.reason


def test_a_list_without_rows_shows_nothing(registry: Registry) -> None:
    audit = ListAudit(registry)
    (found,) = audit.findings()
    assert (found.kind, found.weight) == (FindingKind.EMPTY_LIST, Weight.UNSHOWN)
    audit.observe(UnreadableRow(2, 0, FindingKind.BAD_ROW, "too short", "x"))
    assert audit.findings() == []  # the row speaks for itself
