"""The texts that a list gives as signed, for people: each with its rows and what it counts as.

Whether keys signed them is each row's own verdict: a text beside a bad signature is counted, too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from shlex import quote
from typing import Any

from scanner.errors import clip
from scanner.model.statement import ListTexts, SignedText, StatedBy, Statement, StatementRule
from scanner.ownership.native.parts import said_in
from scanner.ownership.signed_texts import SignedTexts
from scanner.ownership.statement import judge_listed, literal
from scanner.reports.figures.words import STATED_BY, STATEMENT
from scanner.settings.publishers import load_publishers

FEW = 5
"""Texts that are shown; the most signed first."""
LONGEST = 120
"""Characters of a text that are shown."""


def text_lines(texts: SignedTexts, rule: StatementRule | None = None) -> list[str]:
    """Lines about the texts of a list. rule: None where only what is signed is told."""
    found = texts.most_signed
    lines = [f"text: {text_line(text, rule)}" for text in found[:FEW]]
    if len(found) > FEW or texts.uncounted:
        rows = texts.rows - sum(text.rows for text in found[:FEW])
        lines.append(f"text: {rows:,} more rows give other texts")
    unstated = unstated_texts(found, rule) if rule is not None else []
    return [*lines, *_known_lines(unstated), *option_line(unstated)]


def _known_lines(texts: list[SignedText]) -> list[str]:
    """Say whose texts these are by the table of publishers: the list may be that one's."""
    signed = {text.text for text in texts}
    known = [p.name for p in load_publishers().all.values() if signed.intersection(p.texts)]
    return (
        [f"these are known texts of {' and '.join(known)}: --publisher {known[0]}"] if known else []
    )


def text_line(text: SignedText, rule: StatementRule | None = None) -> str:
    """One text with its rows, and what it counts as."""
    rows = "1 row" if text.rows == 1 else f"{text.rows:,} rows"
    shown = (
        f"{rows} give{'s' if text.rows == 1 else ''} {clip(said_in(text.text).shown, LONGEST)!r}"
    )
    if rule is None:
        return shown
    statement, stated_by, _ = judge_listed(text.text, rule)
    if statement is Statement.STATED:
        return f"{shown}: stated ({stated_by.value})"
    return f"{shown}: not stated"


def unstated_texts(texts: Iterable[SignedText], rule: StatementRule) -> list[SignedText]:
    """Those that do not count as the publisher's claim."""
    return [t for t in texts if judge_listed(t.text, rule)[0] is not Statement.STATED]


def option_line(texts: list[SignedText]) -> list[str]:
    """Say which option accepts the most signed one.

    One, and not all in one command: what few rows sign may be a vote or a log-in, and whoever
    pastes a command accepts all that it names.
    """
    said = [said_in(text.text).shown for text in texts]
    short = [text for text in said if len(text) <= LONGEST]
    if not short:
        return []
    option = f"--statement {quote(literal(short[0]))}"
    return [f"if that is the publisher's own claim, add ('*' stands for what differs): {option}"]


def text_objects(rule: StatementRule | None, texts: ListTexts | None) -> list[dict[str, object]]:
    """The most signed texts of a snapshot's list, and what each counts as.

    rule, texts: of the snapshot; where they were not kept, there is nothing to tell.
    """
    if texts is None:
        return []
    return [_text_object(text, rule) for text in texts.texts]


def _text_object(text: SignedText, rule: StatementRule | None) -> dict[str, object]:
    statement, stated_by = Statement.NOT_ASKED, StatedBy.NOTHING
    if rule is not None:
        statement, stated_by, _ = judge_listed(text.text, rule)
    return {
        "text": text.text,
        "rows": text.rows,
        "first_row": text.first,
        "statement": statement.value,
        "stated_by": stated_by.value,
    }


def text_view(text: Mapping[str, Any]) -> dict[str, Any]:
    """One of `text_objects` with what it counts as, in words."""
    meaning = STATEMENT[Statement(text["statement"])]
    by = STATED_BY[StatedBy(text["stated_by"])]
    return {**text, "meaning": f"{meaning}: {by}" if by else meaning}
