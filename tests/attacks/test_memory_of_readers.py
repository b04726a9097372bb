"""What one answer may cost in memory, measured at every reader: a few times its own size.

A server's answer ends at 64 MiB (`net/http.py`, `electrum_rpc.py`), which other tests look at. Here
each reader gets an answer of KILOBYTES in place of a good one: a long text, a long list, many
objects, each where the good answer has a value. What it keeps and makes of it at its peak is FACTOR
times that at most, whether it reads the answer or refuses it.
"""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace

import pytest
from support.every_reader import CONTRACTS, contract_class
from support.replay import Trap
from support.wire import at_path, places_in

KILOBYTES = 256
FACTOR = 18
"""An object of two short fields takes sixteen times its bytes in Python, a text twice."""
SIZE = KILOBYTES << 10
FAT = {
    "a text": "x" * SIZE,
    "a list of texts": ["y" * 60] * (SIZE // 64),
    "a list of objects": [{"amount": "1", "a name of a field": 5}] * (SIZE // 48),
}
REPLIES = 6
"""Of each reader, the first ones: later ones are of the same kinds."""


def fattened(fat):
    """A change of an answer: its largest list, else its first text, becomes this."""

    def change(reply):
        try:
            value = json.loads(reply.body)
        except ValueError:
            return replace(reply, body=b"z" * SIZE)
        places = list(places_in(value))
        lists = [p for p in places if isinstance(at_path(value, p), list)]
        texts = [p for p in places if isinstance(at_path(value, p), str)]
        path = (lists or texts or places or [()])[0]
        if not path:
            return replace(reply, body=json.dumps(fat).encode())
        at_path(value, path[:-1])[path[-1]] = fat
        return replace(reply, body=json.dumps(value).encode())

    return change


@pytest.mark.parametrize("protocol", CONTRACTS)
def test_a_fat_answer_costs_a_few_times_its_size(protocol, monkeypatch):
    contract = contract_class(protocol)()
    with contract.wired(monkeypatch, Trap.NONE) as (wire, steps):
        wire.run(steps, -1, None)
        kinds = {}
        for number, (kind, _) in enumerate(wire.kept):
            kinds.setdefault(kind, number)
        costs = {}
        for kind, number in list(kinds.items())[:REPLIES]:
            for what, fat in FAT.items():
                costs[kind, what] = _peak(wire, steps, number, fattened(fat))
    worst = max(costs, key=costs.__getitem__)
    assert costs[worst] < FACTOR * SIZE, (worst, costs[worst] >> 10)


def _peak(wire, steps, number, change):
    """Bytes at the peak, above what was there before; the answer itself is among them."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        tracemalloc.reset_peak()
        wire.run(steps, number, change)
        return tracemalloc.get_traced_memory()[1] - before
    finally:
        tracemalloc.stop()
