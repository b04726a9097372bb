"""What a list wants, and how long it would take."""

from dataclasses import replace

import pytest
from support.snapshot_stub import StubSource, eth_claim

from scanner.chains.interface import Reach
from scanner.errors import SourceRejectedError
from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.claim import Claim
from scanner.reports.commands.forecasts import duration
from scanner.settings.tables import load_registry
from scanner.snapshots.forecast import SAMPLE, chosen_blocks, forecast, looked_up, needs_of

BLOCK = BlockRef("ethereum", "1", 7, "0x" + "ab" * 32)


def claims(*amounts: int, height: int | None = 7) -> list[Claim]:
    return [eth_claim(n, amount=a, height=height) for n, a in enumerate(amounts)]


def test_needs_keep_the_largest_claims_of_each_height() -> None:
    wanted = [*claims(*range(1, 20)), *claims(5, height=9)]
    first, second = needs_of(wanted, {})
    assert (first.network, first.height, first.rows) == ("ethereum", 7, 19)
    assert sorted(amount for amount, *_ in first.largest) == list(range(20 - SAMPLE, 20))
    assert (second.height, second.rows) == (9, 1)
    (only,) = needs_of(wanted, {"ethereum": 3})
    assert (only.height, only.rows) == (3, 20)


def test_nobody_to_ask_is_said_and_not_raised() -> None:
    (need,) = needs_of(claims(1), {})
    told = forecast(need, None, load_registry(), None)
    assert not told.good
    assert "no source" in told.problem


def test_a_source_is_tried_with_the_largest() -> None:
    (need,) = needs_of(claims(*range(1, 20)), {})
    source = StubSource()
    sources = {"ethereum": source}
    (block,) = chosen_blocks([need], looked_up([need], sources), sources, None)
    told = forecast(need, source, load_registry(), block)
    assert (told.tried, told.rows) == (SAMPLE, 19)
    assert told.seconds is not None


def test_the_endpoint_shown_is_the_one_that_the_problem_is_about() -> None:
    """Several were asked: the first one's name beside the last one's error misleads."""
    (need,) = needs_of(claims(1), {})
    source = StubSource()
    refused = SourceRejectedError("third", "no such state")
    told = forecast(need, source, load_registry(), refused)
    assert (told.source, told.problem) == ("third", "third: no such state")

    def refuse(*_: object) -> list[Balance]:
        raise refused

    source.fetch_balances = refuse  # type: ignore[method-assign]
    assert forecast(need, source, load_registry(), BLOCK).source == "third"
    held = [Balance(5, Evidence.AGREED, ("second", "third"))]
    source.fetch_balances = lambda *_: held  # type: ignore[method-assign]
    assert forecast(need, source, load_registry(), BLOCK).source == "second, third"


@pytest.mark.parametrize("evidence", [Evidence.LATEST_ONLY, Evidence.REPORTED])
def test_only_a_newest_state_is_no_answer_at_the_height(evidence: Evidence) -> None:
    (need,) = needs_of(claims(1), {})
    source = StubSource()
    source.ability = replace(source.ability, reach=Reach.TIP)  # as of a node that was stopped, too
    held = Balance(5, evidence, ("node",))
    source.fetch_balances = lambda queries, *_: [held] * len(queries)  # type: ignore[method-assign]
    sources = {"ethereum": source}
    (block,) = chosen_blocks([need], looked_up([need], sources), sources, None)
    told = forecast(need, source, load_registry(), block)
    newest = evidence is Evidence.LATEST_ONLY
    assert told.advice.startswith("it tells its newest state only") == newest
    assert ("your own node" in told.advice) == newest


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(None, "-"), (0.2, "under 1 s"), (40, "40 s"), (719, "12 min"), (18_000, "5 h")],
)
def test_durations(seconds: float | None, words: str) -> None:
    assert duration(seconds) == words
