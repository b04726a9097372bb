"""Rules about what a snapshot came to, and about the age of what it rests on."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import islice

from scanner.alerts.config import Rule
from scanner.alerts.look import Found, Look
from scanner.alerts.news import State, news
from scanner.errors import clip
from scanner.model.amount import counted
from scanner.model.finding import WEIGHTS, FindingKind, Weight, exit_status
from scanner.reports.figures.outcome import outcome_weights
from scanner.reports.figures.words import MEANINGS
from scanner.reports.tables.text import redacted
from scanner.settings.publishers import load_publishers
from scanner.store.reading import queries
from scanner.store.reading.alert_questions import EXAMPLES, list_imported

FINGERPRINTED = 10_000
"""Findings of a kind that decide whether they are others than last time."""

_RESULT = {0: "verified", 1: "false", 3: "not fully verified"}


def found_false(look: Look, rule: Rule) -> Iterator[Found]:
    """Findings that are false, kind by kind; told again only when they are others, or new again."""
    yield from news(look, rule, _false)


def _false(look: Look) -> Iterator[State]:
    counts = queries.finding_counts(look.store, look.head.id)
    for kind, count in counts.items():
        if WEIGHTS[kind] is not Weight.FALSE:
            continue
        first = [
            found.finding
            for found in queries.findings(
                look.store, look.head.id, kinds=[kind], limit=FINGERPRINTED
            )
        ]
        names = "\n".join(f"{f.asset} {f.network} {f.address} {f.reason}" for f in first)
        fingerprint = sha256(f"{count}\n{names}".encode("utf-8", "surrogatepass")).hexdigest()
        examples = [
            {
                "row": f.row,
                "network": f.network,
                "address": clip(f.address, 200),
                "reason": redacted(clip(f.reason, 300)),
            }
            for f in islice(first, EXAMPLES)
        ]
        rows = f"{count:,} finding{'' if count == 1 else 's'}"
        facts = {"count": count, "examples": examples, "fingerprint": fingerprint}
        found = Found(kind.value, f"found false: {MEANINGS[kind]} ({rows})", facts)
        yield State(found, fingerprint)


def reserves_below(look: Look, rule: Rule) -> Iterator[Found]:
    """Less is verified than is owed, by asset; `proven` where nothing is left that could cover it.

    Told again only with other numbers, or when it was above in between.
    """

    def states(look: Look) -> Iterator[State]:
        below = FindingKind.RESERVES_BELOW_LIABILITIES
        kinds = (below, FindingKind.RESERVES_MAYBE_BELOW)
        for found in queries.findings(look.store, look.head.id, kinds=kinds):
            finding = found.finding
            if not rule.assets or finding.asset in rule.assets:
                facts = {"proven": finding.kind is below}
                yield State(Found(finding.asset, finding.reason, facts), finding.reason)

    yield from news(look, rule, states)


def result_changed(look: Look, rule: Rule) -> Iterator[Found]:
    """Another result than that of the complete snapshot before: also when it is good again."""
    del rule
    if look.before is None:
        return
    was = _RESULT[exit_status(outcome_weights(look.store, look.before.id))]
    now = _RESULT[exit_status(outcome_weights(look.store, look.head.id))]
    if was != now:
        facts = {"before": was, "now": now, "compared_with": look.before.id}
        yield Found("", f"the result is {now}; it was {was}", facts)


def list_unchanged(look: Look, rule: Rule) -> Iterator[Found]:
    """The publisher's list is the same as so many days ago: nobody publishes a new one."""
    since = list_imported(look.store, look.head.list_id)
    yield from _older(look, rule, since, f"the list {clip(look.head.list_name, 100)} is unchanged")


OVERDUE_AFTER = timedelta(days=7)
"""How much later than it says a publisher may be: months and work have their length."""


def list_overdue(look: Look, rule: Rule) -> Iterator[Found]:
    """No new list for longer than the publisher's own time between two of them, by the table."""
    del rule
    publisher = load_publishers().known(look.head.publisher)
    if publisher.period is None:
        return
    since = list_imported(look.store, look.head.list_id)
    age = (look.head.finished or look.head.created) - since
    if age <= publisher.period + OVERDUE_AFTER:
        return
    name = clip(publisher.name, 100)
    facts = {
        "since": since.replace(microsecond=0).isoformat(),
        "age_days": age.days,
        "every": publisher.every,
    }
    yield Found(
        "",
        f"{name} publishes a list every {publisher.every}, and its newest one here is of "
        f"{since:%Y-%m-%d}, {counted(age.days, 'day')} before the snapshot",
        facts,
    )


def balances_older_than(look: Look, rule: Rule) -> Iterator[Found]:
    """The oldest block that was read is older than so many days: a fresh scan of old balances."""
    times = [pinned.as_of for pinned in look.head.blocks if pinned.as_of]
    if times:
        oldest = datetime.fromtimestamp(min(times), UTC)
        yield from _older(look, rule, oldest, "the oldest balances are")


def _older(look: Look, rule: Rule, since: datetime, what: str) -> Iterator[Found]:
    age = (look.head.finished or look.head.created) - since
    if age < timedelta(seconds=int(rule.threshold * 86_400)):
        return
    words = "since" if what.endswith("unchanged") else "of"
    facts = {
        "since": since.replace(microsecond=0).isoformat(),
        "age_days": age.days,
        "days": str(rule.threshold),
    }
    days = counted(age.days, "day")
    yield Found("", f"{what} {words} {since:%Y-%m-%d}, {days} before the snapshot", facts)
