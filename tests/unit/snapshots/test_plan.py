from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from scanner.snapshots.interface import ChunkPlan
from scanner.snapshots.plan import DEFAULT_CHUNK, PlanRow, effective_height, plan_chunks


def rows(*places):
    return [PlanRow(no, network, height) for no, (network, height) in enumerate(places, 1)]


def test_a_chunk_is_one_network_and_one_height():
    planned = list(
        plan_chunks(rows(("bitcoin", 5), ("ethereum", 7), ("bitcoin", 6), ("bitcoin", 5)), {}, {})
    )
    assert planned == [
        ChunkPlan("bitcoin", 5, 1, 4, 2),
        ChunkPlan("bitcoin", 6, 3, 3, 1),
        ChunkPlan("ethereum", 7, 2, 2, 1),
    ]


def test_full_chunks_are_cut_at_the_size_of_their_network():
    planned = list(plan_chunks(rows(*[("bitcoin", 5)] * 7), {}, {"bitcoin": 3}))
    assert [(c.first, c.last, c.claims) for c in planned] == [(1, 3, 3), (4, 6, 3), (7, 7, 1)]


def test_a_network_without_a_size_has_the_default():
    planned = list(plan_chunks(rows(*[("bitcoin", 5)] * (DEFAULT_CHUNK + 1)), {}, {"ethereum": 2}))
    assert [c.claims for c in planned] == [DEFAULT_CHUNK, 1]


def test_the_users_height_replaces_every_stated_one_of_that_network_only():
    planned = list(
        plan_chunks(rows(("bitcoin", 5), ("bitcoin", None), ("ethereum", 7)), {"bitcoin": 9}, {})
    )
    assert planned == [ChunkPlan("bitcoin", 9, 1, 2, 2), ChunkPlan("ethereum", 7, 3, 3, 1)]


def test_newest_may_be_asked_for_in_place_of_a_stated_height():
    assert effective_height("bitcoin", 5, {"bitcoin": None}) is None
    assert effective_height("bitcoin", 5, {}) == 5
    assert effective_height("bitcoin", None, {}) is None


def test_height_zero_is_a_height_and_not_the_newest():
    planned = list(plan_chunks(rows(("bitcoin", 0), ("bitcoin", None)), {}, {}))
    assert [c.height for c in planned] == [None, 0]


PLACES = st.lists(
    st.tuples(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 2))), max_size=60
)


@given(
    PLACES,
    st.dictionaries(st.sampled_from("abc"), st.one_of(st.none(), st.integers(0, 9))),
    st.dictionaries(st.sampled_from("abc"), st.integers(1, 7)),
)
def test_every_claim_is_in_exactly_one_chunk(places, at, sizes):
    planned = list(plan_chunks(rows(*places), at, sizes))
    held = Counter()
    for chunk in planned:
        inside = [
            row.no
            for row in rows(*places)
            if chunk.first <= row.no <= chunk.last
            and row.network == chunk.network
            and effective_height(row.network, row.height, at) == chunk.height
        ]
        assert len(inside) == chunk.claims <= sizes.get(chunk.network, DEFAULT_CHUNK)
        assert (inside[0], inside[-1]) == (chunk.first, chunk.last)
        held.update(inside)
    assert held == Counter(range(1, len(places) + 1))
    assert planned == list(plan_chunks(rows(*places), at, sizes))
