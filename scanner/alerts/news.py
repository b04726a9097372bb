"""What is news: told again only when it is something else, or was gone in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from scanner.alerts.config import Rule
from scanner.alerts.look import Found, Look
from scanner.store.writing import alert_log


class State(NamedTuple):
    """Something that holds of a snapshot. same: equal where it is the same thing again."""

    found: Found
    same: str


def news(look: Look, rule: Rule, states: Callable[[Look], Iterator[State]]) -> Iterator[Found]:
    """The states of a snapshot that nobody was told, or that its predecessor did not have.

    A fault that was mended and came back is told again, though it was told when it came first.
    """
    before: dict[str, str] = {}
    if look.before is not None:
        earlier = replace(look, head=look.before, before=None)
        before = {found.subject: same for found, same in states(earlier)}
    publisher = look.head.publisher
    for found, same in states(look):
        last = alert_log.last_event(look.store, rule.name, found.subject, publisher)
        told = None if last is None else last.facts.get("fingerprint", last.reason)
        if not told == before.get(found.subject) == same:
            yield found
