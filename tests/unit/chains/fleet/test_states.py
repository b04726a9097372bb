"""Which newest state a balance is of, where several operators say it: never one's word alone."""

from __future__ import annotations

import json

import pytest

from scanner.chains.fleet.ballot import Ballot
from scanner.chains.fleet.interface import Reading, State
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.parts import Part

PIN = BlockRef("near", "main", 90, "h90", 9_000)


def of(states, quorum=2, to_height=None):
    """The balance where each operator, in turn, names one of the states. to_height: of the last."""
    ballot = Ballot()
    for n, state in enumerate(states):
        moved = to_height is not None and n == len(states) - 1
        detail = {"to_height": to_height} if moved else {}
        ballot.add(f"n{n}", f"o{n}", Reading({Part.LIQUID: 5}, state, detail=detail))
    return ballot.balance(quorum, Evidence.LATEST_ONLY, [], PIN)


def test_a_state_is_the_pinned_one_where_all_say_so():
    pinned = State(90, "h90", 9_000)
    assert of([pinned, pinned]).evidence is Evidence.AGREED
    assert of([pinned, State(90)]).evidence is Evidence.AGREED
    assert of([pinned], quorum=1).evidence is Evidence.REPORTED


@pytest.mark.parametrize("other", [State(100, "h100"), State(90, "e90"), State(101)])
def test_one_operator_makes_no_newest_state_the_pinned_one(other):
    pinned = State(90, "h90", 9_000)
    for states in ([pinned, other], [other, pinned], [pinned, pinned, other]):
        found = of(states)
        assert found.evidence is Evidence.LATEST_ONLY
        read_at = json.loads(found.detail)["read_at"]
        assert read_at["height"] == max(90, other.height)


def test_what_moved_on_at_one_of_them_is_not_the_pinned_state():
    pinned = State(90, "h90")
    found = of([pinned, pinned], to_height="97")
    assert found.evidence is Evidence.LATEST_ONLY
    assert json.loads(found.detail)["to_height"] == "97"


def test_the_newest_state_is_told_with_the_latest_time():
    def told(*states):
        return json.loads(of(states).detail)["read_at"]

    old, new = State(95, "h95", 9_500), State(97, "h97", 9_700)
    assert told(old, new) == told(new, old) == {"height": 97, "hash": "h97", "time": 9_700}
    early = State(98, "h98", 1_000)
    assert told(new, early) == {"height": 98, "hash": "h98", "time": 9_700}
    assert told(new, State(98, "h98")) == {"height": 98, "hash": "h98"}, "of about now, then"
