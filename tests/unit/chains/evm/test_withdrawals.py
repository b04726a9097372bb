"""Every validator is looked at, or it is an error: pages, ends, holes, and operators that differ."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.beacon_stub import BeaconStub, StubTransport, failed
from support.scripted_http import Said, Seen

from scanner.chains.evm.beacon_api import INDEXES_A_GET, BeaconNode
from scanner.chains.evm.withdrawals import KEPT, Search
from scanner.chains.fleet.pool import TRIES, Pool
from scanner.errors import HeightPrunedError, ReorgError, SourceError, SourceUnavailableError
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint

SLOT = 10
MINE, OTHER = "0x01" + "00" * 11 + "ab" * 20, "0x01" + "00" * 11 + "cd" * 20
KEYS = ["0xa" + f"{n:095x}" for n in range(3_000)]


def state(count, mine=lambda n: n % 3 == 0):
    return {
        KEYS[n]: (32 * 10**9 + n, "active_ongoing", MINE if mine(n) else OTHER)
        for n in range(count)
    }


def chain(count, **more) -> BeaconStub:
    return BeaconStub({0: {}, SLOT: state(count), SLOT + 1: {}}, finalized=SLOT, **more)


def nodes(*stubs):
    return [
        BeaconNode(Endpoint(f"b{n}", "ethereum-beacon", "beacon", "http://x", f"op{n}"), "1", t)
        for n, t in enumerate(map(StubTransport, stubs))
    ]


def search(*stubs, quorum=1, page=8, progress=None, wanted=lambda v: v.credentials == MINE):
    at = BlockRef("ethereum-beacon", "1", SLOT, stubs[0].root(SLOT))
    pool = Pool(nodes(*stubs), lambda _: None)
    return Search(pool, lambda _: at, wanted, quorum, page).run(progress)


def indexes(found):
    return [v.index for v in found.validators]


def mine(count):
    return list(range(0, count, 3))


@pytest.mark.parametrize("takes_posts", [True, False])
@pytest.mark.parametrize("count", [1, 2, 7, 8, 9, 15, 16, 17, 24])
def test_pages_that_end_anywhere(count, takes_posts):
    stub = chain(count, takes_posts=takes_posts)
    found = search(stub)
    assert (indexes(found), found.total) == (mine(count), count)
    assert (found.evidence, found.sources) == (Evidence.REPORTED, ("b0",))
    for validator in found.validators:
        told = (validator.balance, validator.status, validator.credentials)
        assert told == state(count)[KEYS[validator.index]]
        assert validator.key == KEYS[validator.index]
    singles = [p.rpartition("/")[2] for p in stub.asked if "/validators/" in p]
    assert singles == [str(count - 1), str(count)], "the end is confirmed from both sides, once"


def test_a_state_without_validators_is_no_state():
    with pytest.raises(SourceUnavailableError, match="empty list of validators"):
        search(chain(0))


def test_none_found_is_a_result():
    found = search(chain(20), wanted=lambda v: False)
    assert (found.validators, found.total, found.unsettled) == ((), 20, 0)


def test_gets_are_no_longer_than_the_api_allows():
    stub = chain(200, takes_posts=False)
    assert indexes(search(stub, page=150)) == mine(200)
    gets = [p.partition("?id=")[2].split(",") for p in stub.asked if "?id=" in p]
    assert max(map(len, gets)) == INDEXES_A_GET
    assert sum("POST" in p for p in stub.asked) == 1


# What lists may have wrong with them

SPOILED = {
    "a hole": lambda entries: [e for e in entries if e["index"] != "3"],
    "the first is missing": lambda entries: [e for e in entries if e["index"] != "0"],
    "the end is missing": lambda entries: [e for e in entries if int(e["index"]) < 5],
    "empty": lambda entries: [],
    "doubled": lambda entries: [*entries, entries[0]],
    "one in place of another": lambda entries: [*entries[1:], entries[-1]],
    "foreign": lambda entries: [*entries, {**entries[0], "index": "500"}],
    "another index": lambda entries: [{**entries[0], "index": "500"}, *entries[1:]],
    "no index": lambda entries: [{k: v for k, v in e.items() if k != "index"} for e in entries],
    "an index that is none": lambda entries: [{**e, "index": "-1"} for e in entries],
    "index as a number": lambda entries: [{**e, "index": int(e["index"])} for e in entries],
    "half a key": lambda entries: [
        {**e, "validator": {**e["validator"], "pubkey": "0xab"}} for e in entries
    ],
    "credentials cut": lambda entries: [
        {**e, "validator": {**e["validator"], "withdrawal_credentials": MINE[:-2]}} for e in entries
    ],
    "one for all": lambda entries: [{**entries[0], "index": e["index"]} for e in entries],
}


@pytest.mark.parametrize("what", SPOILED)
def test_a_spoiled_list_is_asked_for_again_and_never_believed(what):
    with pytest.raises(SourceUnavailableError):
        search(chain(12, spoil=SPOILED[what]))
    turns = itertools.count()
    stub = chain(12, spoil=lambda e: SPOILED[what](e) if next(turns) == 0 else e)
    assert indexes(search(stub)) == mine(12)


@pytest.mark.parametrize(
    ("what", "says"),
    [
        ("a hole", "left out validator 3"),
        ("the first is missing", "left out validator 0"),
        ("the end is missing", "left out validator 5"),
        ("empty", "empty list"),
        ("doubled", "not asked for"),
        ("foreign", "not asked for"),
        ("one for all", "one validator at two indexes"),
    ],
)
def test_the_error_says_what_is_wrong(what, says):
    with pytest.raises(SourceUnavailableError, match=says):
        search(chain(7, spoil=SPOILED[what]))


@pytest.mark.parametrize("what", SPOILED)
def test_another_endpoint_answers_where_one_gives_spoiled_lists(what):
    found = search(chain(12, spoil=SPOILED[what]), chain(12))
    assert (indexes(found), found.sources, found.total) == (mine(12), ("b1",), 12)


def test_a_server_that_knows_nobody_alone_does_not_end_the_list():
    def alone(seen):
        return failed(404, "no such path") if "/validators/" in seen.path else None

    with pytest.raises(SourceUnavailableError, match="does not give validator 4 alone"):
        search(chain(12, fault=alone, spoil=SPOILED["the end is missing"]))
    with pytest.raises(SourceUnavailableError, match="does not give validator 11 alone"):
        search(chain(12, fault=alone))


def test_a_validator_asked_for_alone_must_be_that_one():
    stub = chain(12)
    path = f"/eth/v1/beacon/states/0x{stub.state_root(SLOT).hex()}/validators/"
    first = stub.answer(Seen("GET", path + "0", {}, b""))
    stub.fault = lambda seen: first if seen.path == path + "11" else None
    with pytest.raises(SourceUnavailableError, match="another validator than it was asked for"):
        search(stub)


def test_a_state_that_is_gone_or_another_chain_is_no_end():
    with pytest.raises(HeightPrunedError):
        search(chain(12, kept={0}))
    stub = chain(12)
    root = stub.root(SLOT)
    stub.fork = b"\1" * 32
    at = BlockRef("ethereum-beacon", "1", SLOT, root)
    with pytest.raises(ReorgError):
        Search(Pool(nodes(stub), lambda _: None), lambda _: at, bool, 1).run()


FAULTS = {
    "slow down": lambda seen: Said(429, b"", {"retry-after": "0"}),
    "broken": lambda seen: Said(500, b"oops"),
    "no POST": lambda seen: failed(405, "") if seen.method == "POST" else None,
    "large": lambda seen: failed(413, "") if seen.method == "POST" else None,
    "a page of words": lambda seen: Said(200, b"<html>"),
    "not verified": lambda seen: Said(200, b'{"execution_optimistic":true,"data":[]}'),
}


@given(
    count=st.integers(1, 40),
    page=st.integers(1, 17),
    wrong=st.lists(st.sampled_from([None, None, None, *SPOILED, *FAULTS]), max_size=60),
    stubs=st.integers(1, 2),
)
@settings(max_examples=150, deadline=None)
def test_whatever_goes_wrong_the_answer_is_right_or_an_error(count, page, wrong, stubs):
    """Lists and requests are spoiled in any order; nothing is ever left out or told twice."""
    lists, requests = iter(wrong), iter(wrong[::-1])

    def spoil(entries):
        what = next(lists, None)
        return SPOILED[what](entries) if what in SPOILED and entries else entries

    def fault(seen):
        what = next(requests, None)
        return FAULTS[what](seen) if what in FAULTS else None

    shares: list[tuple[float, int]] = []
    made = [chain(count, spoil=spoil, fault=fault) for _ in range(stubs)]
    try:
        found = search(*made, page=page, progress=lambda *p: shares.append(p))
    except SourceError:
        assert any(wrong)
        return
    assert (indexes(found), found.total) == (mine(count), count)
    assert shares == sorted(shares)
    assert shares[-1] == (1.0, count)


@pytest.mark.parametrize("count", [1, 2, 3, 64, 65, 1000, 1023, 1025, 2999])
def test_the_estimate_is_near_and_never_too_much(count):
    stub = chain(count)
    (node,) = nodes(stub)
    about = node.estimate(BlockRef("ethereum-beacon", "1", SLOT, stub.root(SLOT)))
    assert count - max(1, count // 32) <= about <= count
    assert sum(p.endswith("/validators") for p in stub.asked) <= 4


def test_a_dead_endpoint_is_given_up():
    stub = chain(12, fault=lambda seen: Said(500, b""))
    with pytest.raises(SourceUnavailableError):
        search(stub)
    assert len(stub.asked) <= TRIES


# Operators that differ


def test_two_operators_that_agree():
    found = search(chain(20), chain(20), quorum=2)
    assert (indexes(found), found.evidence) == (mine(20), Evidence.AGREED)
    assert (found.sources, found.differences) == (("b0", "b1"), ())


def changed(count, index, **fields):
    """A chain on which one validator is another one's."""
    stub = chain(count)
    balance, status, credentials = stub.blocks[SLOT][KEYS[index]]
    told = {"balance": balance, "status": status, "credentials": credentials} | fields
    stub.blocks[SLOT][KEYS[index]] = told["balance"], told["status"], told["credentials"]
    return stub


@pytest.mark.parametrize(
    ("index", "fields"),
    [
        (3, {"balance": 1}),
        (3, {"status": "exited_slashed"}),
        (3, {"credentials": OTHER}),
        (4, {"credentials": MINE}),
        (18, {"credentials": OTHER}),
    ],
)
def test_where_two_differ_both_answers_are_named(index, fields):
    found = search(chain(20), changed(20, index, **fields), quorum=2)
    assert indexes(found) == [n for n in mine(20) if n != index]
    (difference,) = found.differences
    assert (difference.index, difference.settled, found.unsettled) == (index, False, 1)
    one, two = difference.said["b0"], difference.said["b1"]
    assert one != two
    assert two.key == KEYS[index]
    assert all(getattr(two, name) == value for name, value in fields.items())


@pytest.mark.parametrize("fields", [{"balance": 1}, {"credentials": OTHER}])
def test_a_third_operator_outvotes_one(fields):
    found = search(changed(20, 3, **fields), chain(20), chain(20), quorum=2)
    assert (indexes(found), found.unsettled) == (mine(20), 0)
    assert [v.balance for v in found.validators] == [32 * 10**9 + n for n in mine(20)]
    (difference,) = found.differences
    assert (difference.index, difference.settled) == (3, True)
    assert difference.said["b1"] == difference.said["b2"] != difference.said["b0"]


def test_two_against_two_is_no_answer():
    """The fourth operator, asked because of one validator, turns two to one into a tie on another."""
    four = [chain(20), changed(20, 3, balance=1), chain(20), changed(20, 3, balance=1)]
    for stub, balance in zip(four, (5, 6, 7, 5), strict=True):
        stub.blocks[SLOT][KEYS[6]] = (balance, "active_ongoing", MINE)
    found = search(*four, quorum=2)
    assert indexes(found) == [n for n in mine(20) if n != 3]
    assert [(d.index, d.settled) for d in found.differences] == [(3, False), (6, True)]
    assert [v.balance for v in found.validators if v.index == 6] == [5]


@pytest.mark.parametrize(("less", "more"), [(19, 20), (16, 17), (16, 20), (8, 30), (1, 2)])
def test_operators_that_end_at_different_places(less, more):
    found = search(chain(less), chain(more), quorum=2)
    assert indexes(found) == mine(less)
    assert found.unsettled >= 1
    first = found.differences[0]
    assert (first.index, first.said["b0"]) == (less, None)
    assert first.said["b1"].key == KEYS[less]
    found = search(chain(less), chain(more), chain(more), quorum=2)
    assert (indexes(found), found.total, found.unsettled) == (mine(more), more, 0)
    found = search(chain(more), chain(less), chain(less), quorum=2)
    assert (indexes(found), found.total, found.unsettled) == (mine(less), less, 0)


def test_fewer_operators_than_the_quorum_are_an_error():
    with pytest.raises(SourceUnavailableError):
        search(chain(20), chain(20, fault=lambda seen: Said(500, b"")), quorum=2)


def test_a_liar_about_everybody_is_counted_and_not_hoarded():
    liar, count = chain(2_000, lie=1), 2_000
    found = search(chain(count), liar, quorum=2, page=512, wanted=lambda v: True)
    assert (found.validators, found.unsettled, len(found.differences)) == ((), count, KEPT)


def test_a_key_on_two_pages_counts_for_none():
    def twice(entries):
        return [
            {**e, "validator": {**e["validator"], "pubkey": KEYS[0]}} if e["index"] == "9" else e
            for e in entries
        ]

    with pytest.raises(SourceError, match="at two indexes"):
        search(chain(10, spoil=twice))
