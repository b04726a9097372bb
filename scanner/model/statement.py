"""Whose claim a signed text is: the fourth answer, beside control, binding and balance.

A key that signs some text shows that somebody holds the key. That the text is a claim of *these*
reserves by *this* publisher is another question: votes, log-ins and other exchanges' proofs lie
open for anybody to copy into a list.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Statement(StrEnum):
    """Is what was signed a claim of these reserves by this publisher?"""

    STATED = "stated"
    NOT_STATED = "not_stated"  # something was signed, and nothing shows that it is such a claim
    NONE = "none"  # nothing was signed, or nobody has judged it yet
    NOT_ASKED = "not_asked"  # stored by a program that did not ask; never given by this one


class StatedBy(StrEnum):
    """What shows that a text is the publisher's claim, the strongest first."""

    CHALLENGE = "challenge"  # the exact message that was issued
    RULE = "rule"  # a text or pattern that the user demands (--statement)
    TABLE = "table"  # a text that config/publishers.toml knows of this publisher
    NAMED = "named"  # weaker: the list's only text claims in the publisher's name
    NOTHING = ""


@dataclass(frozen=True, slots=True)
class StatementRule:
    """What counts as a claim by a publisher; stored with a snapshot and judged by alone.

    publisher: its name, as the table or the user gives it. challenge: the exact message that must
    have been signed, "" for none; then nothing else counts. wanted: the user's texts and patterns
    (`scanner.ownership.statement.matches`); where there are any, no other text counts. known: texts
    of the table of publishers. named: the one template of the whole list that names the publisher,
    "" if there is none. names: what the publisher is called in such texts; each row must have one.
    guessed: whether the name is only the list's file's, and so nobody's word. places: domains that
    are the publisher's by the table, for what is signed together with one.
    """

    publisher: str
    challenge: str = ""
    wanted: tuple[str, ...] = ()
    known: tuple[str, ...] = ()
    named: str = ""
    names: tuple[str, ...] = ()
    guessed: bool = False
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignedText:
    """One text of a list, or a template that stands for texts that differ in numbers and hashes.

    text: as the first row signs it. rows: how many rows sign it. first: that row's line.
    """

    text: str
    rows: int
    first: int


@dataclass(frozen=True, slots=True)
class ListTexts:
    """What a list signs. rows: signed ones. more: further templates; uncounted: rows of others."""

    texts: tuple[SignedText, ...]
    rows: int
    more: int
    uncounted: int
