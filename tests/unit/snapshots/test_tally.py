from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.snapshot_stub import STATED

from scanner.liabilities.interface import Liability, LiabilityEvidence
from scanner.model.balance import Balance, Evidence, unavailable
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.snapshots.columns import result_columns
from scanner.snapshots.interface import NumberedClaim, RowResult
from scanner.snapshots.tally import SHOWN_EVIDENCE, Tally, reserve_ratio

PROOF = ControlResult(Control.CONTROLS, Binding.DERIVED, **STATED)
ON_CHAIN = ControlResult(Control.CONTROLS, Binding.ON_CHAIN, **STATED)
ASSERTED = ControlResult(Control.CONTROLS, Binding.ASSERTED, **STATED)
UNSIGNED = ControlResult(Control.UNSIGNED)
BIG = 2**256 - 1


def claim(no=1, amount=None, asset="ETH", decimals=18, *, duplicate=False):
    return NumberedClaim(
        no, Claim(no, asset, asset, "ethereum", "0x", "0x", decimals, amount), duplicate
    )


def found(amount, evidence=Evidence.REPORTED):
    return Balance(amount, evidence, ("node",))


def owed(amount, asset="ETH", decimals=18):
    return Liability(asset, amount, decimals, LiabilityEvidence.PUBLISHED, "file")


def one(*rows, liabilities=(), complete=True):
    tally = Tally()
    for row in rows:
        tally.add(*row, Evidence.PROVEN)
    (total,) = tally.totals(liabilities, complete=complete)
    return total


def test_only_what_is_proven_counts_as_verified():
    total = one(
        (claim(1, 5), PROOF, found(5)),
        (claim(2, 7), ASSERTED, found(7)),
        (claim(3, 11), UNSIGNED, found(11)),
        (claim(4, 13), ON_CHAIN, found(13, Evidence.PROVEN)),
        (claim(5, 17), None, found(17)),
    )
    assert (total.claimed, total.verified, total.unverified) == (53, 18, 35)
    assert total.by_evidence == {
        Evidence.PROVEN: 13, Evidence.AGREED: 0, Evidence.REPORTED: 5, Evidence.LATEST_ONLY: 0,
    }  # fmt: skip


def test_failed_is_not_zero():
    total = one(
        (claim(1, 5), PROOF, unavailable("no answer")), (claim(2, 5), PROOF, None),
        (claim(3, 5), PROOF, found(0)),
    )  # fmt: skip
    assert (total.unavailable_rows, total.shortfall, total.verified) == (2, 5, 0)


def test_a_surplus_in_one_row_does_not_fill_a_shortfall_in_another():
    total = one((claim(1, 10), PROOF, found(4)), (claim(2, 10), PROOF, found(19)))
    assert (total.shortfall, total.surplus) == (6, 9)


def test_a_row_that_states_no_amount_is_held_and_not_compared():
    total = one((claim(1), PROOF, found(4)))
    assert (total.claimed, total.verified, total.shortfall, total.surplus) == (None, 4, 0, 0)


def test_duplicates_are_counted_once():
    total = one((claim(1, 10), PROOF, found(10)), (claim(2, 10, duplicate=True), PROOF, found(10)))
    assert (total.claimed, total.verified) == (10, 10)


def test_holdings_of_fewer_decimals_are_rescaled_exactly():
    total = one(
        (claim(1, 3, "USDT", 6), PROOF, found(3)), (claim(2, BIG, "USDT", 18), PROOF, found(BIG))
    )
    assert total.decimals == 18
    assert total.claimed == total.verified == 3 * 10**12 + BIG


def test_the_ratio_is_rounded_down():
    assert reserve_ratio(2, 3) == "0.666666"
    assert reserve_ratio(10**30 - 1, 10**30) == "0.999999"
    assert reserve_ratio(3, 2) == "1.500000"
    assert reserve_ratio(0, 5) == "0.000000"


@pytest.mark.parametrize("liabilities", [None, 0])
def test_no_liabilities_no_ratio(liabilities):
    assert reserve_ratio(5, liabilities) is None


def test_no_ratio_from_half_a_snapshot():
    row = claim(1, 5), PROOF, found(5)
    assert one(row, liabilities=[owed(5)]).reserve_ratio == "1.000000"
    assert one(row, liabilities=[owed(5)], complete=False).reserve_ratio is None


def test_a_missing_balance_lowers_the_ratio_and_only_missing_ones_leave_none():
    row, missing = (claim(1, 5), PROOF, found(5)), (claim(2, 9), PROOF, unavailable("down"))
    assert one(row, missing, liabilities=[owed(10)]).reserve_ratio == "0.500000"
    assert one(missing, liabilities=[owed(10)]).reserve_ratio is None


def test_what_is_owed_in_an_asset_without_rows_has_no_ratio():
    tally = Tally()
    tally.add(claim(1, 5), PROOF, found(5), Evidence.PROVEN)
    btc, eth = tally.totals([owed(7, "BTC", 8)])
    assert (btc.asset, btc.liabilities, btc.verified, btc.reserve_ratio) == ("BTC", 7, 0, None)
    assert (eth.asset, eth.liabilities, eth.reserve_ratio) == ("ETH", None, None)


def test_liabilities_in_a_finer_unit_keep_every_base_unit():
    row = claim(1, 5, "USDT", 6), PROOF, found(5)
    even = one(row, liabilities=[owed(5 * 10**12, "USDT", 18)])
    assert (even.decimals, even.liabilities, even.verified) == (6, 5, 5)
    odd = one(row, liabilities=[owed(5 * 10**12 + 1, "USDT", 18)])
    assert (odd.decimals, odd.liabilities, odd.verified) == (18, 5 * 10**12 + 1, 5 * 10**12)
    assert odd.reserve_ratio == "0.999999"


def test_json_has_amounts_as_text_and_the_agreed_keys():
    shown = one((claim(1, BIG), PROOF, found(BIG))).to_json()
    assert list(shown) == [
        "asset", "decimals", "claimed", "verified", "by_evidence", "unverified",
        "unavailable_rows", "unanswered", "shortfall", "surplus", "liabilities", "reserve_ratio",
        "ratio_limits",
    ]  # fmt: skip
    assert shown["claimed"] == shown["verified"] == str(BIG)
    assert list(shown["by_evidence"]) == [e.value for e in SHOWN_EVIDENCE]


AMOUNTS = st.one_of(st.integers(0, 3), st.integers(0, BIG))
BALANCES = st.one_of(
    st.none(), st.just(unavailable("x")), st.builds(found, AMOUNTS, st.sampled_from(SHOWN_EVIDENCE))
)
ROWS = st.lists(
    st.tuples(
        st.builds(
            claim,
            st.just(1),
            st.one_of(st.none(), AMOUNTS),
            st.sampled_from(["ETH", "USDT"]),
            st.sampled_from([0, 6, 18]),
            duplicate=st.booleans(),
        ),
        st.sampled_from([None, PROOF, ON_CHAIN, ASSERTED, UNSIGNED]),
        BALANCES,
    ),
    max_size=12,
)


def naive(rows, asset):
    """The definition, row by row, in exact fractions of whole coins."""
    mine = [r for r in rows if r[0].claim.asset == asset and not r[0].duplicate]

    def coins(amount, row):
        return Fraction(amount, 10 ** row[0].claim.decimals)

    def is_proof(row):
        return row[1] in (PROOF, ON_CHAIN)

    read = [r for r in mine if r[2] is not None and r[2].amount is not None]
    stated = [
        (coins(r[0].claim.amount, r), coins(r[2].amount, r))
        for r in read
        if r[0].claim.amount is not None and r[2].evidence is not Evidence.LATEST_ONLY
    ]
    return {
        "claimed": sum(coins(r[0].claim.amount or 0, r) for r in mine),
        "verified": sum(coins(r[2].amount, r) for r in read if is_proof(r)),
        "unverified": sum(coins(r[2].amount, r) for r in read if not is_proof(r)),
        "shortfall": sum(c - f for c, f in stated if f < c),
        "surplus": sum(f - c for c, f in stated if f > c),
        "unavailable_rows": len(mine) - len(read),
        "by_evidence": {
            e: sum(coins(r[2].amount, r) for r in read if is_proof(r) and r[2].evidence is e)
            for e in SHOWN_EVIDENCE
        },
    }  # fmt: skip


@given(ROWS, st.integers(0, 12), st.randoms())
def test_totals_are_the_definition_in_any_order_and_grouping(rows, cut, random):
    shuffled = random.sample(rows, len(rows))
    left, right, merged = Tally(), Tally(), Tally()
    for row in shuffled[:cut]:
        left.add(*row, Evidence.PROVEN)
    for row in shuffled[cut:]:
        right.add(*row, Evidence.PROVEN)
    for part in (left, right):
        for key, sums in part.parts.items():
            merged.add_part(key, sums)
    whole = Tally()
    for row in rows:
        whole.add(*row, Evidence.PROVEN)
    totals = merged.totals()
    assert totals == whole.totals()
    assert {t.asset for t in totals} == {r[0].claim.asset for r in rows if not r[0].duplicate}
    for total in totals:
        unit = 10**total.decimals
        expected = naive(rows, total.asset)
        names = ("verified", "unverified", "shortfall", "surplus")
        assert Fraction(total.claimed or 0, unit) == expected["claimed"]
        assert total.unavailable_rows == expected["unavailable_rows"]
        if not total.is_answered:
            assert total.unavailable_rows
            assert {getattr(total, name) for name in names} == {None}
            assert set(total.by_evidence.values()) == {None}
            assert not any(expected[name] for name in names)
            continue
        for name in names:
            assert Fraction(getattr(total, name), unit) == expected[name], name
        assert {e: Fraction(a, unit) for e, a in total.by_evidence.items()} == expected[
            "by_evidence"
        ]
        assert sum(total.by_evidence.values()) == total.verified


def test_rows_that_hold_nothing_and_rows_without_an_answer_are_no_zero_and_no_ratio():
    """Of one row that holds 0 and one that nobody answered, nothing is known to be held."""
    rows = (claim(1, 0), PROOF, found(0)), (claim(2, 7), PROOF, unavailable("down"))
    total = one(*rows, liabilities=[owed(10)])
    assert (total.verified, total.reserve_ratio, total.liabilities) == (None, None, 10)
    shown = total.to_json()
    assert (shown["verified"], shown["shortfall"], shown["reserve_ratio"]) == (None, None, None)
    alone = one(rows[0], liabilities=[owed(10)])
    assert (alone.verified, alone.reserve_ratio) == (0, "0.000000")


@given(ROWS, st.sampled_from([None, *Evidence]))
def test_rows_counted_together_are_rows_counted_one_by_one(rows, pin):
    whole = [row for row in rows if None not in row[1:]]
    single, together = Tally(), Tally()
    for row in whole:
        single.add(*row, pin)
    together.add_all(result_columns([RowResult(*row) for row in whole]), pin)
    assert together.parts == single.parts


@given(ROWS, st.integers(0, 5))
def test_what_is_not_answered_has_no_ratio_and_a_finer_unit_changes_nothing(rows, due):
    tally = Tally()
    for row in rows:
        tally.add(*row, Evidence.PROVEN)
    for total in tally.totals([owed(due)]):
        assert total.is_answered or total.reserve_ratio is None
        finer = total.rescaled(total.decimals + 3)
        assert (finer.is_answered, finer.is_stated) == (total.is_answered, total.is_stated)
        assert (finer.verified or 0) == (total.verified or 0) * 1000


@pytest.mark.parametrize("pin", [e for e in Evidence if e is not Evidence.UNAVAILABLE])
@pytest.mark.parametrize("control", [Evidence.PROVEN, Evidence.AGREED, Evidence.REPORTED])
@pytest.mark.parametrize("balance", [e for e in Evidence if e is not Evidence.UNAVAILABLE])
def test_a_total_is_of_the_class_of_its_weakest_link(pin, control, balance):
    tally = Tally()
    tally.add(claim(1, 5), ON_CHAIN._replace(evidence=control), found(5, balance), pin)
    (total,) = tally.totals()
    order = list(Evidence)
    weakest = order[max(map(order.index, (pin, control, balance)))]
    assert total.by_evidence == {e: 5 * (e is weakest) for e in SHOWN_EVIDENCE}


def test_rows_whose_pin_was_not_recorded_are_of_their_balances_class():
    tally = Tally()
    reported = ON_CHAIN._replace(evidence=Evidence.REPORTED)
    tally.add(claim(1, 5), reported, found(5, Evidence.PROVEN), None)
    assert tally.totals()[0].by_evidence[Evidence.PROVEN] == 5


def test_what_differs_now_is_not_unstated():
    """Claimed 10, found 7 at the newest state: nothing was found that nobody states."""
    total = one((claim(1, 10), PROOF, found(7, Evidence.LATEST_ONLY)))
    assert (total.claimed, total.verified, total.shortfall) == (10, 7, 0)
    assert (total.unstated, total.differs_now) == (0, -3)
    total = one((claim(1), PROOF, found(4)), (claim(2, 5), PROOF, found(9, Evidence.LATEST_ONLY)))
    assert (total.unstated, total.differs_now) == (4, 4)


@given(ROWS)
def test_what_is_claimed_is_accounted_for(rows):
    """The invariant of the docstring, and what each side of it is, row by row."""
    tally = Tally()
    for row in rows:
        tally.add(*row, Evidence.PROVEN)
    for total in tally.totals():
        names = ("verified", "unverified", "shortfall", "surplus", "unanswered", "unstated")
        held = {name: getattr(total, name) or 0 for name in names}
        assert (total.claimed or 0) == (
            held["verified"] + held["unverified"] + held["shortfall"] - held["surplus"]
            + held["unanswered"] - held["unstated"] - total.differs_now
        )  # fmt: skip
        unit, unstated, differs = 10**total.decimals, Fraction(0), Fraction(0)
        for row, _, balance in rows:
            read = balance is not None and balance.amount is not None
            if row.claim.asset != total.asset or row.duplicate or not read:
                continue
            coins = Fraction(1, 10**row.claim.decimals)
            if balance.evidence is Evidence.LATEST_ONLY:
                differs += (balance.amount - (row.claim.amount or 0)) * coins
            elif row.claim.amount is None:
                unstated += balance.amount * coins
        assert Fraction(total.unstated, unit) == unstated
        assert Fraction(total.differs_now, unit) == differs
