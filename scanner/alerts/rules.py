"""What each kind of rule looks for in a snapshot that has ended. Reads the store, nothing else."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import islice

from scanner.alerts import results
from scanner.alerts.config import Rule
from scanner.alerts.look import Found, Look
from scanner.alerts.news import State, news
from scanner.errors import clip
from scanner.model.amount import counted
from scanner.model.finding import FindingKind
from scanner.model.publisher import name_key
from scanner.model.registry import Registry
from scanner.reports.figures.amounts import counted_rows, reading_coins
from scanner.reports.figures.difference import AssetChange, compare_totals
from scanner.reports.tables.text import redacted
from scanner.settings.publishers import load_publishers
from scanner.snapshots.tally import AssetTotal, amount_text
from scanner.store.database.engine import Store
from scanner.store.reading import alert_questions, queries, series
from scanner.store.reading.across import Taken
from scanner.store.reading.alert_questions import EXAMPLES, Named
from scanner.store.reading.heads import SnapshotHead
from scanner.store.reading.queries import SnapshotTotals
from scanner.store.writing.alert_log import NewEvent
from scanner.store.writing.publishers import publisher_names


def events(
    store: Store, registry: Registry, snapshot_id: int, rules: Sequence[Rule]
) -> list[NewEvent]:
    """Everything that the rules find in a snapshot.

    Of one that ended incomplete only `incomplete` and `sources_disagree` can be told: its totals
    are lower bounds. The other rules are applied when a resume has completed it.
    """
    head = queries.head(store, snapshot_id)
    past = series.earlier_in_series(store, head.id, with_pruned=True)
    look = Look(store, registry, head, series.before(store, head, past), tuple(past))
    found = []
    for written in rules:
        rule = named(registry, written)
        check, early = KINDS[rule.kind]
        if rule.publishers and not _is_one_of(head.publisher, rule.publishers):
            continue
        if head.complete or early:
            found += [
                NewEvent(rule.name, rule.kind, f.subject, f.reason, f.facts, rule.channels)
                for f in check(look, rule)
            ]
    return found


def _is_one_of(publisher: str, names: Sequence[str]) -> bool:
    """Whether a publisher is meant by one of the names: case, punctuation and aliases aside."""
    table = load_publishers()
    return name_key(publisher) in {name_key(table.known(name).name) for name in names}


def named(registry: Registry, rule: Rule) -> Rule:
    """A rule with its assets by our names: "eth" and "Ethereum" are ETH."""
    assets = tuple(registry.asset_named(name) or name for name in rule.assets)
    return replace(rule, assets=assets)


def match_nothing(store: Store, registry: Registry, rules: Sequence[Rule]) -> list[str]:
    """What rules name that there is not, a sentence each: such a rule never fires."""
    known = publisher_names(store)
    said = [] if rules else ["the alert file has no [[rule]]: it never alerts"]
    for rule in rules:
        said += [
            f"rule {rule.name!r} names the asset {clip(name)!r}, which no table knows"
            for name in rule.assets
            if not registry.asset_named(name)
        ]
        said += [
            f"rule {rule.name!r} names the publisher {clip(name)!r}, which has no list in this "
            "database"
            for name in rule.publishers
            if not any(_is_one_of(publisher, (name,)) for publisher in known)
        ]
        if rule.kind == "list_overdue":
            said += _without_rhythm(rule, known)
    return said


def _without_rhythm(rule: Rule, known: Sequence[str]) -> list[str]:
    """Publishers of whom no table says how often they publish: their lists are never overdue."""
    table = load_publishers()
    meant = [p for p in known if not rule.publishers or _is_one_of(p, rule.publishers)]
    return [
        f"rule {rule.name!r}: no table says how often {clip(name)!r} publishes; "
        "give 'every' in the file that SCANNER_PUBLISHERS names"
        for name in meant
        if table.known(name).period is None
    ]


def _wanted(rule: Rule, asset: str) -> bool:
    return not rule.assets or asset in rule.assets


def _reserve_ratio(look: Look, rule: Rule) -> Iterator[Found]:
    """Verified reserves / liabilities below the threshold, or unknown where it must be known."""
    totals = {t.asset: t for t in queries.asset_totals(look.store, look.head.id)}
    for asset in sorted({*totals, *rule.assets}):
        if not _wanted(rule, asset):
            continue
        total = totals.get(asset)
        ratio = total.reserve_ratio if total else None
        owed = total.liabilities if total and not total.owed_unit else None
        facts: dict[str, object] = {"ratio": ratio, "under": str(rule.threshold)}
        if total is not None:
            facts["verified"], facts["decimals"] = amount_text(total.verified), total.decimals
            facts["liabilities"] = None if owed is None else str(owed)
        if ratio is not None:
            if Decimal(ratio) < rule.threshold:
                limits = f" ({total.ratio_limits})" if total and total.ratio_limits else ""
                reason = f"the reserve ratio of {asset} is {ratio}, under {rule.threshold}{limits}"
                yield Found(asset, reason, facts)
        elif asset in rule.assets or owed or (total and total.owed_unit):
            yield Found(asset, f"the reserve ratio of {asset} is not known", facts)


def _verified_fell(look: Look, rule: Rule) -> Iterator[Found]:
    """An asset's verified total fell by so many percent since the complete snapshot before.

    Where rows have no answer now, what is missing may be theirs: it is told, and not as a fall.
    Where they had none before, it fell since the last one in which they had.
    """
    if look.before is None:
        return
    new = queries.totals(look.store, look.head.id)
    unread = {total.asset for total in new.assets if total.unavailable_rows}
    old, against = _last_known(look, look.before, unread)
    for change in compare_totals(old, new):
        was, now = change.verified_old, change.verified_new
        if not _wanted(rule, change.asset) or not was:
            continue
        now = now if change.in_new else 0  # of what the list has not, nothing is verified
        fell = Fraction(100 * (was - (now or 0)), was)
        if fell < Fraction(rule.threshold):
            continue
        percent = None if change.unread else _one_decimal(fell)
        yield Found(
            change.asset,
            _fall_words(change, was, now, percent),
            {
                "verified_before": str(was),
                "verified": amount_text(now),
                "decimals": change.decimals,
                "fell_percent": percent,
                "rows_without_answer": change.unread,
                "percent": str(rule.threshold),
                "compared_with": against.get(change.asset, look.before.id),
            },
        )


def _last_known(
    look: Look, before: SnapshotHead, unread: Collection[str]
) -> tuple[SnapshotTotals, dict[str, int]]:
    """Totals of the snapshot before, and of which earlier one those are that are taken from there.

    An asset some of whose rows had no answer then is taken from the last one in which all had;
    after an outage it would else be held against what little was read in it. unread: assets of
    which rows have no answer now: that is told against the one before, and told once.
    """
    totals = queries.totals(look.store, before.id)
    open_now = {a.asset for a in totals.assets if a.unavailable_rows and a.asset not in unread}
    known: dict[str, AssetTotal] = {}
    against: dict[str, int] = {}
    past = [each for each in look.earlier if each != before.id] if open_now else []
    for earlier in series.alike(look.store, look.head, past):
        found = {total.asset: total for total in queries.asset_totals(look.store, earlier)}
        for asset in sorted(open_now):
            total = found.get(asset)
            if total is not None and not total.unavailable_rows:
                known[asset], against[asset] = total, earlier
        open_now -= known.keys() | (open_now - found.keys())
        if not open_now:
            break
    return replace(totals, assets=tuple(known.get(a.asset, a) for a in totals.assets)), against


def _fall_words(change: AssetChange, was: int, now: int | None, percent: str | None) -> str:
    """What is to be said of less that is verified; no fall where rows have no answer."""
    before = reading_coins(was, change.decimals, change.asset)
    if now is None:
        return (
            f"verified {change.asset} is not known: no source returned a balance; "
            f"{before} were verified before"
        )
    after = reading_coins(now, change.decimals, change.asset)
    if percent is None:
        return (
            f"verified {change.asset} is at least {after}: of {counted_rows(change.unread)} no "
            f"balance was read; {before} were verified before"
        )
    return f"verified {change.asset} fell by {percent} %, from {before} to {after}"


def _one_decimal(number: Fraction) -> str:
    tenths = int(number * 10)
    return f"{tenths // 10}.{tenths % 10}"


def _unsigned_new(look: Look, rule: Rule) -> Iterator[Found]:
    """Addresses without a signature that had one, or were not in the list, before."""
    if look.before is not None:
        old = Taken(look.before.id, look.before.list_id)
        named = alert_questions.newly_unsigned(look.store, old, look.taken)
        yield from _addresses(look, named, "without a signature {} new")


def _addresses_gone(look: Look, rule: Rule) -> Iterator[Found]:
    """Addresses that the list before held."""
    if look.before is not None:
        old = Taken(look.before.id, look.before.list_id)
        named = alert_questions.gone(look.store, old, look.taken)
        yield from _addresses(look, named, "{} gone from the list")


def _addresses(look: Look, named: Named, what: str) -> Iterator[Found]:
    if named.count:
        compared = look.before.id if look.before else None
        facts = {**_facts(named), "compared_with": compared}
        number = counted(named.count, "address", "addresses")
        words = what.format("is" if named.count == 1 else "are")
        yield Found("", f"{number} {words}", facts)


def _claimed_twice(look: Look, rule: Rule) -> Iterator[Found]:
    """Addresses that another publisher claims, too; told again only when they are others."""
    yield from news(look, rule, _shared)


def _shared(look: Look) -> Iterator[State]:
    families = _families(look.registry)
    for shared in alert_questions.shared_with(look.store, look.taken, families):
        number = counted(shared.named.count, "address is", "addresses are")
        facts = {**_facts(shared.named), "fingerprint": shared.fingerprint}
        words = f"{number} claimed by {shared.publisher}, too"
        yield State(Found(shared.publisher, words, facts), shared.fingerprint)


def _families(registry: Registry) -> list[list[str]]:
    """Networks of one kind: equal keys on them are one holder."""
    kinds: dict[str, list[str]] = {}
    for network in registry.networks.values():
        kinds.setdefault(network.kind, []).append(network.name)
    return [names for names in kinds.values() if len(names) > 1]


def _facts(named: Named) -> dict[str, object]:
    return {
        "count": named.count,
        "examples": [{"network": n, "address": clip(a, 200)} for n, a in named.examples],
    }


_DISAGREEMENTS = {
    FindingKind.SOURCES_DISAGREE: "sources gave different balances",
    FindingKind.BALANCE_CHANGED: "a balance that was read twice at one block changed",
}


def _sources_disagree(look: Look, rule: Rule) -> Iterator[Found]:
    """Sources that contradict each other, or themselves."""
    counts = queries.finding_counts(look.store, look.head.id)
    for kind, words in _DISAGREEMENTS.items():
        if not counts.get(kind):
            continue
        rows = queries.findings(look.store, look.head.id, kinds=[kind], limit=EXAMPLES)
        examples = [
            {
                "row": found.finding.row,
                "network": found.finding.network,
                "address": clip(found.finding.address, 200),
                "reason": redacted(clip(found.finding.reason, 300)),
            }
            for found in rows
        ]
        facts = {"count": counts[kind], "examples": examples}
        yield Found(kind.value, f"{words}: {counted(counts[kind], 'row')}", facts)


def _incomplete(look: Look, rule: Rule) -> Iterator[Found]:
    """A snapshot that ended with chunks that could not be read."""
    if look.head.complete:
        return
    failed = queries.findings(look.store, look.head.id, kinds=[FindingKind.CHUNK_FAILED])
    reasons = [redacted(clip(f.finding.reason, 300)) for f in islice(failed, 5)]
    yield Found(
        "",
        f"snapshot {look.head.id} is incomplete: {look.head.chunks_failed:,} of "
        f"{counted(look.head.chunks, 'part')} could not be read",
        {"chunks": look.head.chunks, "failed": look.head.chunks_failed, "examples": reasons},
    )


Check = Callable[[Look, Rule], Iterator[Found]]

KINDS: Mapping[str, tuple[Check, bool]] = {
    "reserve_ratio": (_reserve_ratio, False),
    "verified_fell": (_verified_fell, False),
    "unsigned_new": (_unsigned_new, False),
    "addresses_gone": (_addresses_gone, False),
    "claimed_twice": (_claimed_twice, False),
    "sources_disagree": (_sources_disagree, True),
    "incomplete": (_incomplete, True),
    "found_false": (results.found_false, False),
    "reserves_below_liabilities": (results.reserves_below, False),
    "result_changed": (results.result_changed, False),
    "list_unchanged": (results.list_unchanged, False),
    "list_overdue": (results.list_overdue, False),
    "balances_older_than": (results.balances_older_than, False),
}
"""Kind -> what it looks for, and whether it says something about an incomplete snapshot, too."""
