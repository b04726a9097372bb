"""What follows from the words of several endpoints: who is believed, and when it is enough."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from scanner.chains.bitcoin.payment_fleet import Word
from scanner.errors import SourceRejectedError
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.control import Control, ControlResult
from scanner.model.spend import MinedTransaction
from scanner.snapshots.announced_words import Bench, Heard, Said

YES, NO, UNSURE = Control.CONTROLS, Control.MISMATCH, Control.UNSUPPORTED
NOT_YET = Control.UNSIGNED


def _shown(block: str = "aa", txid: str = "11") -> MinedTransaction:
    return MinedTransaction(txid, BlockRef("bitcoin", "main", 5, block), (), ())


def _word(
    name: str,
    control: Control,
    shown: MinedTransaction | None = None,
    *,
    own: bool = False,
    certain: bool = False,
) -> Word[Said]:
    """What `name` says; its operator is the first letter."""
    evidence = Evidence.PROVEN if own else Evidence.REPORTED
    source = SimpleNamespace(evidence=evidence)
    seat: Any = SimpleNamespace(name=name, operator=name[0], own=own, source=source)
    result = ControlResult(control, scheme="x", reason=f"{control} by {name}")
    return Word(Said(result, shown, certain), seat)


def _heard(
    *words: Word[Said],
    quorum: int = 1,
    surely: bool = True,
    has: Callable[[str], bool] = lambda _: False,
) -> Heard:
    failed = (SourceRejectedError("dead", "is dead"),)
    bench = Bench(quorum, surely, lambda word, _: has(word.seat.name), failed)
    return bench.judge(words)


def _verdict(heard: Heard) -> tuple[Control, Evidence, str]:
    return heard.result.control, heard.evidence, heard.source


AGREED, REPORTED = Evidence.AGREED, Evidence.REPORTED
A_NO, B_NO, C_NO = _word("a", NO), _word("b", NO), _word("c", NO)
A_YES, B_YES = _word("a", YES, _shown()), _word("b", YES, _shown())
A_PROVEN, B_PROVEN = (Word(replace(w.said, is_proven=True), w.seat) for w in (A_YES, B_YES))


@pytest.mark.parametrize(
    ("words", "quorum", "verdict"),
    [
        ([A_NO], 1, (UNSURE, REPORTED, "a")),
        ([A_NO, _word("a2", NO)], 1, (UNSURE, REPORTED, "a, a2")),
        ([A_NO, B_NO], 1, (NO, AGREED, "a, b")),
        ([A_NO, B_NO], 2, (NO, AGREED, "a, b")),
        ([A_NO, B_NO], 3, (UNSURE, REPORTED, "a, b")),
        ([A_NO, B_NO, C_NO], 3, (NO, AGREED, "a, b, c")),
        ([A_NO, _word("b", NOT_YET)], 1, (NOT_YET, REPORTED, "b")),
        ([A_NO, _word("b", UNSURE, _shown())], 1, (UNSURE, REPORTED, "b")),
        ([_word("a", NOT_YET), _word("b", UNSURE, _shown())], 1, (UNSURE, REPORTED, "b")),
        ([A_NO, _word("b", NO, _shown())], 1, (NO, AGREED, "a, b")),
        ([A_NO, B_NO, _word("o", NO, own=True)], 3, (NO, Evidence.PROVEN, "o")),
        ([A_NO, _word("o", YES, _shown(), own=True)], 2, (YES, Evidence.PROVEN, "o")),
        ([_word("a", NO, _shown(), certain=True)], 3, (NO, REPORTED, "a")),
        ([A_YES], 1, (YES, REPORTED, "a")),
        ([A_NO, B_YES], 1, (UNSURE, REPORTED, "b")),  # one server's word against another's
        ([A_NO, B_PROVEN], 1, (YES, REPORTED, "b")),
        ([A_NO, B_NO, _word("c", YES, _shown())], 1, (UNSURE, REPORTED, "c")),
        ([A_NO, C_NO, B_PROVEN], 1, (YES, REPORTED, "b")),
        ([A_NO, B_YES, _word("c", YES, _shown())], 1, (YES, AGREED, "b, c")),
        ([_word("a", UNSURE, _shown()), B_YES], 1, (YES, REPORTED, "b")),
        ([_word("a", NO, _shown()), B_YES], 1, (UNSURE, REPORTED, "b")),
        ([_word("a", UNSURE, _shown("bb")), B_YES], 1, (UNSURE, REPORTED, "b")),
        ([A_NO, B_YES], 2, (UNSURE, REPORTED, "b")),
        ([A_YES], 2, (UNSURE, REPORTED, "a")),
        ([A_YES, _word("a2", YES, _shown())], 2, (UNSURE, REPORTED, "a, a2")),
        ([A_YES, B_YES], 2, (YES, AGREED, "a, b")),
        ([A_YES, _word("b", YES, _shown("bb"))], 2, (UNSURE, REPORTED, "a")),
        ([A_YES, _word("b", YES, _shown(txid="22"))], 2, (UNSURE, REPORTED, "a")),
        ([A_NO, _word("b", YES, _shown("bb")), A_YES, _word("c", YES, _shown())], 2,
         (YES, AGREED, "a, c")),
    ],
)  # fmt: skip
def test_verdicts(
    words: list[Word[Said]], quorum: int, verdict: tuple[Control, Evidence, str]
) -> None:
    assert _verdict(_heard(*words, quorum=quorum)) == verdict


def test_who_hides_what_is_in_a_block_of_his_is_no_obstacle_to_a_quorum() -> None:
    proven = B_PROVEN
    heard = _heard(A_NO, proven, quorum=2, has=lambda name: name == "a")
    assert _verdict(heard) == (YES, REPORTED, "b")
    assert "a says: mismatch by a" in heard.result.reason
    three = _heard(A_NO, proven, quorum=3, has=lambda name: name == "a")
    assert _verdict(three) == (UNSURE, REPORTED, "b")
    for quiet, shown in (
        (A_NO, B_YES),  # that the block holds it is b's word only
        (_word("a", UNSURE, _shown()), proven),  # shows the same, and reads something else in it
        (_word("a", NO, _shown()), proven),
    ):
        assert _heard(quiet, shown, quorum=2, has=lambda _: True).result.control is UNSURE


def test_an_amount_that_one_operator_told_makes_nothing_false() -> None:
    certain = _word("a", NO, _shown(), certain=True)
    for words in ([A_NO, B_NO], [certain], [certain, B_NO]):
        heard = _heard(*words, surely=False)
        assert heard.result.control is UNSURE
    assert "the amount must be" in _heard(A_NO, B_NO, surely=False).result.reason
    assert _heard(A_YES, surely=False).result.control is YES


def test_the_reason_says_who_was_passed_over_and_what_to_do() -> None:
    reason = _heard(A_NO).result.reason
    assert reason == (
        "mismatch by a; 1 operator says so, and it takes 2 to call it false: add your own node, or an "
        "endpoint of another operator and ask with --quorum 2 (dead was passed over: is dead)"
    )
    reason = _heard(A_NO, _word("a2", NO), quorum=2).result.reason
    assert "of another operator; name the operators of your endpoints (dead" in reason
    assert "1 operator shows it, and it takes 2" in _heard(A_YES, quorum=2).result.reason


@pytest.mark.parametrize(
    ("words", "enough_for"),
    [
        ([A_PROVEN], 1),
        ([A_YES], 0),  # another one may prove it, or not show it
        ([A_NO, B_YES], 0),
        ([A_NO, B_PROVEN], 1),
        ([A_YES, B_YES], 2),
        ([A_YES, B_NO], 0),
        ([A_PROVEN, B_NO], 1),
        ([A_NO], 0),
        ([A_NO, _word("a2", NO)], 0),
        ([A_NO, B_NO, C_NO], 0),  # false only when everybody was asked
        ([_word("a", NOT_YET)], 0),
        ([A_NO, _word("b", NOT_YET)], 0),
        ([_word("a", UNSURE, _shown())], 1),
        ([_word("a", NO, _shown())], 0),
        ([_word("a", NO, _shown(), certain=True)], 9),
    ],
)
def test_when_it_is_enough(words: list[Word[Said]], enough_for: int) -> None:
    """enough_for: the highest quorum that these words settle; 0 if none."""
    for quorum in range(1, 10):
        bench = Bench(quorum, True, lambda *_: False)
        assert bench.enough(words) is (quorum <= enough_for), quorum
    assert not Bench(9, False, lambda *_: False).enough(words)
