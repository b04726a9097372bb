"""Taking one chunk, against a sink in memory."""

import threading
from dataclasses import replace

import pytest
from support.snapshot_stub import (
    CONTROLS,
    OKX_RULE,
    UNSIGNED,
    StubSource,
    balance_of,
    eth_claim,
    good_judge,
)

from scanner.errors import (
    HeightPrunedError,
    PinReplacedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
    StoreError,
)
from scanner.model.balance import Evidence
from scanner.model.finding import FindingKind
from scanner.settings.tables import load_registry
from scanner.snapshots import asking
from scanner.snapshots.asking import ChunkFailedError, StoppedError, Tools
from scanner.snapshots.chunks import MOST_PINS, record_failure, take_chunk
from scanner.snapshots.doubts import NONE
from scanner.snapshots.interface import Chunk, ChunkPlan, NumberedClaim


class MemorySink:
    """One chunk, and what became of it."""

    def __init__(self, claims):
        self._claims = [NumberedClaim(no, claim) for no, claim in enumerate(claims, 1)]
        self.pins, self.finished, self.failed = {}, [], []

    def claims(self, chunk):
        return self._claims

    def doubts(self, chunk):
        return NONE

    def pinned(self, snapshot_id, network, height):
        return self.pins.get((snapshot_id, network, height))

    def pin(self, snapshot_id, height, block, source):
        return self.pins.setdefault((snapshot_id, block.network, height), block)

    def repin(self, snapshot_id, height, gone, block, source):
        self.pins[snapshot_id, block.network, height] = block
        return block

    def finish_chunk(self, chunk, results, block=None):
        self.finished.append(results)
        return []

    def fail_chunk(self, chunk, error, results=()):
        self.failed.append((error, results))


CLAIMS = [eth_claim(n, signatures=("s",)) for n in range(3)]


def setting(claims=CLAIMS, judge=good_judge, attempts=3):
    sink = MemorySink(claims)
    stop = threading.Event()
    tools = Tools(sink, judge, load_registry(), attempts, stop, first_wait=0.0, rule=OKX_RULE)
    return sink, tools, Chunk(1, 1, ChunkPlan("ethereum", 100, 1, len(claims), len(claims)))


def take(source, claims=CLAIMS, judge=good_judge, attempts=3):
    sink, tools, chunk = setting(claims, judge, attempts)
    take_chunk(tools, chunk, source, source.pin(100) if source else None)
    return sink.finished[0]


def failing(*errors):
    """Raise the errors, one at each call, then nothing."""
    remaining = list(errors)

    def trouble(_queries):
        if remaining:
            raise remaining.pop(0)

    return trouble


DOWN = SourceUnavailableError("node", "timed out")


def test_each_claim_gets_its_verdict_and_its_own_balance():
    unsigned = eth_claim(9, amount=0)
    results = take(StubSource(), [*CLAIMS, unsigned])
    assert [r.control for r in results] == [CONTROLS] * 3 + [UNSIGNED]
    assert [r.balance.amount for r in results] == [
        balance_of(c.address, "ETH") for c in (*CLAIMS, unsigned)
    ]
    assert [[f.kind for f in r.findings] for r in results] == [
        [], [], [], [FindingKind.UNSIGNED, FindingKind.SURPLUS],
    ]  # fmt: skip


def test_without_a_source_claims_are_judged_and_their_balances_unavailable():
    calls = []

    def judge(claims, call, keys=None):
        calls.append(call)
        return good_judge(claims, call)

    results = take(None, judge=judge)
    assert calls == [None]
    assert all(r.control == CONTROLS for r in results)
    assert {r.balance.evidence for r in results} == {Evidence.UNAVAILABLE}
    assert "no source" in results[0].balance.reason


def test_an_address_that_cannot_be_asked_for_does_not_spoil_the_others():
    bad = eth_claim(5, address="0x123", amount=7)
    first, second, third = take(StubSource(), [CLAIMS[0], bad, CLAIMS[1]])
    assert second.balance.evidence is Evidence.UNAVAILABLE
    assert "0x123" in second.balance.reason
    assert first.balance.amount == CLAIMS[0].amount
    assert third.balance.amount == CLAIMS[1].amount


def test_no_answer_is_asked_for_again():
    source = StubSource(trouble=failing(DOWN, DOWN))
    assert [r.balance.amount for r in take(source)] == [c.amount for c in CLAIMS]


def test_after_the_last_attempt_the_chunk_fails_with_the_last_reason():
    source = StubSource(trouble=failing(DOWN, DOWN, SourceUnavailableError("node", "refused")))
    with pytest.raises(ChunkFailedError, match="node: refused") as caught:
        take(source, attempts=3)
    assert caught.value.retryable


@pytest.mark.parametrize(
    "error",
    [
        ReorgError("node", 100, "0xa", "0xb"),
        HeightPrunedError("node", 100, "pruned"),
        SourceRejectedError("node", "wrong chain"),
    ],
)
def test_what_asking_again_cannot_help_fails_at_once(error):
    with pytest.raises(ChunkFailedError, match=str(error)) as caught:
        take(StubSource(trouble=failing(error)))
    assert not caught.value.retryable


def test_a_bug_in_a_source_fails_the_chunk_and_tells_no_text_of_it():
    bug = RuntimeError("https://node/?key=secret")
    with pytest.raises(
        ChunkFailedError, match=r"internal error: RuntimeError in .*test_chunks"
    ) as e:
        take(StubSource(trouble=failing(bug)))
    assert "secret" not in str(e.value)


def test_the_databases_errors_are_not_the_chunks():
    sink, tools, chunk = setting()

    def refuse(_chunk, _results, _block):
        raise StoreError("disk full")

    sink.finish_chunk = refuse
    source = StubSource()
    with pytest.raises(StoreError, match="disk full"):
        take_chunk(tools, chunk, source, source.pin(100))


def gone(block):
    return ReorgError("stub", block.height, block.hash, "0xother")


def test_a_block_that_left_the_chain_is_pinned_again():
    sink, tools, chunk = setting()
    old = replace(StubSource().pin(100), hash="0xold")
    source = StubSource(trouble=failing(gone(old)))
    sink.pins[1, "ethereum", 100] = old
    take_chunk(tools, chunk, source, old)
    assert len(sink.finished) == 1
    assert sink.pins == {(1, "ethereum", 100): source.pin(100)}


def test_a_chain_that_never_settles_fails_the_chunk():
    sink, tools, chunk = setting()
    old = replace(StubSource().pin(100), hash="0xold")
    source = StubSource(trouble=failing(*[gone(old)] * MOST_PINS))
    sink.repin = lambda _id, _height, was, _block, _source: replace(was, hash=was.hash + "0")
    with pytest.raises(ChunkFailedError, match="0xother"):
        take_chunk(tools, chunk, source, old)
    assert sink.finished == []


def test_what_is_stored_of_a_block_that_is_gone_stays_alone():
    sink, tools, chunk = setting()
    old = StubSource().pin(100)
    sink.repin = lambda _id, _height, was, _block, _source: was
    source = StubSource(trouble=failing(gone(old), gone(old)))
    with pytest.raises(ChunkFailedError) as failed:
        take_chunk(tools, chunk, source, old)
    assert failed.value.reorged
    assert sink.finished == []


def test_results_of_a_replaced_block_are_read_again():
    sink, tools, chunk = setting()
    source = StubSource()
    old, new = replace(source.pin(100), hash="0xold"), source.pin(100)
    sink.pins[1, "ethereum", 100] = new
    kept = sink.finish_chunk

    def finish(chunk, results, block):
        if block != new:
            raise PinReplacedError("ethereum", 100)
        return kept(chunk, results)

    sink.finish_chunk = finish
    take_chunk(tools, chunk, source, old)
    assert len(sink.finished) == 1
    sink.pins.clear()
    sink.finish_chunk = lambda *_: (_ for _ in ()).throw(PinReplacedError("ethereum", 100))
    sink.pins[1, "ethereum", 100] = old
    with pytest.raises(ChunkFailedError, match="another block"):
        take_chunk(tools, chunk, source, old)


def test_too_few_answers_are_no_answers():
    source = StubSource()
    whole = source.fetch_balances
    source.fetch_balances = lambda queries, at, progress=None: whole(queries, at)[:-1]
    with pytest.raises(ChunkFailedError, match="2 answers to 3 questions"):
        take(source, attempts=1)


def test_too_few_verdicts_are_a_bug_and_no_result():
    with pytest.raises(ChunkFailedError, match="internal error"):
        take(StubSource(), judge=lambda claims, call, keys: good_judge(claims, call)[1:])


class Callable_(StubSource):
    def __init__(self, answer=b"\1", **more):
        super().__init__(**more)
        self.calls, self._answer = [], answer

    def call(self, to, data, at):
        self.calls.append(at)
        if isinstance(self._answer, Exception):
            raise self._answer
        return self._answer


def test_contracts_are_called_at_the_pinned_block():
    source = Callable_()
    take(source, [eth_claim(1, signatures=("ask",))])
    assert [at.height for at in source.calls] == [100]


def test_a_verdict_that_needs_a_dead_chain_fails_the_chunk_and_keeps_the_other_verdicts():
    claims = [CLAIMS[0], eth_claim(7, signatures=("ask",)), eth_claim(8)]
    sink, tools, chunk = setting(claims)
    with pytest.raises(ChunkFailedError) as caught:
        take_chunk(tools, chunk, Callable_(DOWN), StubSource().pin(100))
    record_failure(tools, chunk, caught.value)
    ((error, kept),) = sink.failed
    assert error == "node: timed out"
    assert [(r.claim.no, r.control, r.balance) for r in kept] == [
        (1, CONTROLS, None), (3, UNSIGNED, None),
    ]  # fmt: skip
    assert [f.kind for r in kept for f in r.findings] == [FindingKind.UNSIGNED]
    assert sink.finished == []


def test_a_stop_leaves_the_chunk_as_it_was():
    sink, tools, chunk = setting()
    tools.stop.set()
    with pytest.raises(StoppedError):
        take_chunk(tools, chunk, StubSource(), StubSource().pin(100))
    assert sink.finished == sink.failed == []


def test_a_stop_in_the_middle_of_a_long_request_ends_it():
    sink, tools, chunk = setting()
    source = StubSource(trouble=lambda _queries: tools.stop.set())
    with pytest.raises(StoppedError):
        take_chunk(tools, chunk, source, source.pin(100))
    assert sink.finished == []


def test_a_stop_among_rows_that_take_long_is_heeded_at_the_next_row():
    """A row may cost a second to judge: hundreds of them are not judged before a stop is seen."""
    judged = []

    def judge(claims, call, keys=None):
        for claim in claims:
            judged.append(claim)
            if len(judged) == 2:
                tools.stop.set()
        return good_judge(claims, call)

    sink, tools, chunk = setting([eth_claim(n) for n in range(50)], judge)
    with pytest.raises(StoppedError):
        take_chunk(tools, chunk, None, None)
    assert len(judged) == 2
    assert sink.finished == sink.failed == []


def test_a_server_that_asks_for_time_gets_it_up_to_a_limit(monkeypatch):
    _, tools, _ = setting()
    assert asking._wait(tools, 1, SourceUnavailableError("n", "429", retry_after=7)) == 7
    assert (
        asking._wait(tools, 1, SourceUnavailableError("n", "429", retry_after=1e9))
        == asking.LONGEST_WAIT
    )
