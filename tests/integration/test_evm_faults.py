"""Providers fail in every way they know; what comes out is right to the last wei, or says it is not."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace

import pytest
from support import fault_proxy
from support.fault_proxy import FAULTS, FaultProxy
from support.faulty_providers import (
    ADDRESSES,
    HOLDINGS,
    MANY,
    REGISTRY,
    amount,
    start_held_chain,
)

from scanner.chains.evm import ladder
from scanner.chains.evm.multicall import CANONICAL
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import SourceUnavailableError
from scanner.model.balance import BalanceQuery, Evidence

pytestmark = pytest.mark.node

ETHEREUM = REGISTRY.network("ethereum")
SLEEP = time.sleep


@pytest.fixture(scope="module")
def anvil(tmp_path_factory):
    from support.missing import cannot

    from scanner.errors import NodeMissingError

    try:
        with start_held_chain(tmp_path_factory.mktemp("faults")) as node:
            node.rpc("anvil_mine", "0x3")
            yield node
    except NodeMissingError as e:
        cannot(str(e))


def questions(count: int):
    return [BalanceQuery(a, h) for a in ADDRESSES[:count] for h in HOLDINGS]


def wanted(count: int):
    return [amount(k, n) for n in range(count) for k in range(len(HOLDINGS))]


def open_source(stack: ExitStack, anvil, proxies, quorum=1, timeout=0.4):
    endpoints = [
        replace(anvil.endpoint(f"p{n}"), url=proxy.url, operator=f"operator {n}", timeout=timeout)
        for n, proxy in enumerate(proxies)
    ]
    source = make_source("ethereum_rpc", ETHEREUM, endpoints, REGISTRY, ReadPolicy(quorum))
    stack.callback(source.close)
    return source


def every_item(call: dict) -> str:
    """Nothing is refused: sheets."""
    return ""


def no_programs(call: dict) -> str:
    """A gateway without overrides and contract creation: sheets do not work."""
    params = call.get("params", [])
    if call["method"] == "eth_call" and (len(params) > 2 or "to" not in params[0]):
        return "too many arguments, want at most 2"
    return ""


def batches_only(call: dict) -> str:
    params = call.get("params", [])
    if call["method"] == "eth_call" and params[0].get("to") == "0x" + CANONICAL.hex():
        return "calls to this contract are not allowed"
    return no_programs(call)


def singles_only(call: dict) -> str:
    return "batches are not supported" if call["method"] == "batch" else batches_only(call)


@pytest.mark.parametrize(
    ("refuse", "count"),
    [(every_item, MANY), (no_programs, MANY), (batches_only, 4_000)],
    ids=["sheets", "multicall", "batches"],
)
def test_faults_on_a_fifth_of_the_requests(anvil, refuse, count):
    """20,000 addresses x 4 assets, a quorum of two of three operators, lies among the faults."""
    with ExitStack() as stack:
        proxies = [
            stack.enter_context(FaultProxy(anvil.url, FAULTS, 0.2, seed, refuse))
            for seed in (1, 2, 3)
        ]
        source = open_source(stack, anvil, proxies, quorum=2, timeout=0.5)
        at, size = source.pin(3), source.ability.chunk_size
        asked = questions(count)
        chunks = [asked[n : n + size] for n in range(0, len(asked), size)]
        with ThreadPoolExecutor(source.ability.parallel) as threads:  # as a snapshot takes them
            parts = list(threads.map(lambda chunk: source.fetch_balances(chunk, at), chunks))
        found = [b for part in parts for b in part]
        assert [b.amount for b in found] == wanted(count)
        assert {b.evidence for b in found} == {Evidence.AGREED}
        assert all(len(b.sources) >= 2 for b in found)
        assert sum(sum(p.counts.values()) for p in proxies) > 5


IN_BATCHES = ("left_out", "reordered", "wrong_ids", "doubled", "lying", "limited_in_body")
CASES = [(fault, every_item) for fault in FAULTS]
CASES += [(fault, batches_only) for fault in FAULTS if fault.__name__ in IN_BATCHES]


@pytest.mark.parametrize(("fault", "refuse"), CASES, ids=lambda f: f.__name__)
def test_one_endpoint_that_always_fails_this_way(anvil, fault, refuse):
    """Two good operators beside a bad one: the answers are right and agreed on."""
    with ExitStack() as stack:
        bad = stack.enter_context(FaultProxy(anvil.url, [fault], 1.0, 5, refuse))
        good = [stack.enter_context(FaultProxy(anvil.url, [], 0.0)) for _ in range(2)]
        source = open_source(stack, anvil, [bad, *good], quorum=2)
        found = source.fetch_balances(questions(100), source.pin(3))
        assert [b.amount for b in found] == wanted(100)
        assert {b.evidence for b in found} == {Evidence.AGREED}


HONEST = [f for f in FAULTS if f is not fault_proxy.lying]


@pytest.mark.parametrize("seed", [11, 12])
def test_one_single_endpoint_that_fails_half_the_time_but_does_not_lie(anvil, seed, monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda seconds: SLEEP(min(seconds, 0.6)))
    with ExitStack() as stack:
        proxy = stack.enter_context(FaultProxy(anvil.url, HONEST, 0.4, seed))
        source = open_source(stack, anvil, [proxy])
        found = source.fetch_balances(questions(3000), source.pin(3))
        assert [b.amount for b in found] == wanted(3000)


def test_a_lie_that_nobody_can_settle_is_no_balance(anvil):
    """Two operators, one lies about one item: both answers are kept, and the item has no amount."""
    with ExitStack() as stack:
        liar = stack.enter_context(FaultProxy(anvil.url, [fault_proxy.lying], 0.0))
        honest = stack.enter_context(FaultProxy(anvil.url, [], 0.0))
        source = open_source(stack, anvil, [liar, honest], quorum=2)
        at = source.pin(3)
        source.fetch_balances(questions(1), at)  # the ladder is climbed in peace
        liar.share = 1.0
        found = source.fetch_balances(questions(50), at)
        odd = [n for n, b in enumerate(found) if b.amount is None]
        assert len(odd) == 1
        (b,) = (found[n] for n in odd)
        assert '"disagree"' in b.detail
        assert {f"p0 says {wanted(50)[odd[0]] ^ 1}", f"p1 says {wanted(50)[odd[0]]}"} <= {
            part.split(" (")[0]
            for part in b.reason.removeprefix("the endpoints disagree: ").split("; ")
        }
        assert all(x.evidence is Evidence.AGREED for n, x in enumerate(found) if n not in odd)


def test_a_third_operator_settles_a_lie_and_the_liar_is_named(anvil):
    with ExitStack() as stack:
        proxies = [stack.enter_context(FaultProxy(anvil.url, [fault_proxy.lying], 0.0))]
        proxies += [stack.enter_context(FaultProxy(anvil.url, [], 0.0)) for _ in range(2)]
        source = open_source(stack, anvil, proxies, quorum=3)
        at = source.pin(3)
        source.fetch_balances(questions(1), at)
        proxies[0].share = 1.0
        strict = source.fetch_balances(questions(50), at)
        assert sum(b.amount is None for b in strict) == 1  # three were asked for, two agree
        relaxed = open_source(stack, anvil, proxies, quorum=2)  # asks in this order at first
        found = relaxed.fetch_balances(questions(50), at)
        assert [b.amount for b in found] == wanted(50)
        outvoted = [b for b in found if b.detail]
        assert outvoted
        assert all('"outvoted": {"p0"' in b.detail and "p0" not in b.sources for b in outvoted)


@pytest.mark.parametrize(
    ("refuse", "way"),
    [
        (lambda call: "", "override sheet"),
        (lambda call: "unsupported" if len(call.get("params", [])) > 2 else "", "revert sheet"),
        (no_programs, "multicall3"),
        (batches_only, "batch"),
        (singles_only, "single"),
    ],
    ids=["all", "no override", "no programs", "batches only", "singles only"],
)
def test_the_ladder_is_climbed_down_to_what_an_endpoint_has(anvil, refuse, way):
    with ExitStack() as stack:
        proxy = stack.enter_context(FaultProxy(anvil.url, [], 0.0, 0, refuse))
        source = open_source(stack, anvil, [proxy])
        found = source.fetch_balances(questions(8), source.pin(3))
        assert [b.amount for b in found] == wanted(8)
        (node,) = source.pool.nodes
        assert node.skill("rung", lambda: None).way.name == way


def test_every_endpoint_dead_is_an_error_not_a_zero(anvil, monkeypatch):
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)
    with ExitStack() as stack:
        proxies = [stack.enter_context(FaultProxy(anvil.url, [], 0.0)) for _ in range(2)]
        source = open_source(stack, anvil, proxies)
        at = source.pin(3)
        for proxy in proxies:
            proxy._faults, proxy.share = [fault_proxy.html_error], 1.0
        with pytest.raises(SourceUnavailableError):
            source.fetch_balances(questions(5), at)


def test_a_way_that_failed_for_want_of_an_answer_is_tried_again_later(anvil, monkeypatch):
    def drops_overrides(request, answer):
        overridden = isinstance(request, dict) and len(request["params"]) > 2
        return fault_proxy.dropped(request, answer) if overridden else answer

    now = [1000.0]
    monkeypatch.setattr(ladder, "monotonic", lambda: now[0])
    with ExitStack() as stack:
        proxy = stack.enter_context(FaultProxy(anvil.url, [drops_overrides], 1.0))
        source = open_source(stack, anvil, [proxy])
        (node,) = source.pool.nodes
        at = source.pin(3)
        for seconds, way in ((0, "revert sheet"), (59, "revert sheet"), (2, "override sheet")):
            if way == "override sheet":
                proxy.share = 0.0
            now[0] += seconds
            found = source.fetch_balances(questions(10), at)
            assert [b.amount for b in found] == wanted(10)
            assert node.skill("rung", lambda: None).way.name == way
