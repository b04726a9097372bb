"""What an alert tells: a fault that is new, is another than was told, or was gone in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

from scanner.alerts.config import Rule
from scanner.alerts.look import Found, Look
from scanner.store.reading import queries
from scanner.store.writing import alert_log
from scanner.store.writing.alert_log import StoredEvent


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
    for found, same in states(look):
        last = _last_told(look, rule.name, found.subject)
        told = None if last is None else last.facts.get("fingerprint", last.reason)
        if not told == before.get(found.subject) == same:
            yield found


def _last_told(look: Look, rule: str, subject: str) -> StoredEvent | None:
    """What was told last of this or an earlier snapshot that read the same networks.

    What others read, or what was found later, says nothing of what is news here: two schedules of
    one publisher would each take the other's faults for a change, and be told for ever.
    """
    series = {look.head.id, *look.earlier}
    for event in alert_log.events_about(look.store, rule, subject, look.head.publisher):
        if event.snapshot_id in series:
            networks = queries.head(look.store, event.snapshot_id).policy.networks
            if networks == look.head.policy.networks:
                return event
    return None
