"""`/metrics` for Prometheus: read from the database at each scrape, the same in every process."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily

from scanner import __version__
from scanner.model.finding import WEIGHTS, Weight, exit_status
from scanner.reports.figures.other_chains import apart
from scanner.reports.figures.words import WEIGHT_WORDS
from scanner.reports.tables.text import printable
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.status import STANDINGS, Status, standing_of, status
from scanner.store.writing import alert_log
from scanner.store.writing.schedules import RunState

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"

Values = Iterable[tuple[tuple[str, ...], float]]


def metrics_text(store: Store, now: datetime | None = None) -> bytes:
    """Everything worth watching, in Prometheus' text format. Raises StoreError."""
    families = list(_families(store, now or datetime.now(UTC)))

    class Read:
        def collect(self) -> Iterator[GaugeMetricFamily]:
            return iter(families)

    registry = CollectorRegistry(auto_describe=False)
    registry.register(Read())
    return generate_latest(registry)


def _families(store: Store, now: datetime) -> Iterator[GaugeMetricFamily]:
    seen = status(store)
    yield from _snapshots(store, seen, now)
    yield from _results(store, seen, now)
    yield from _schedules(seen)
    if seen.queue is not None:
        jobs = {(state,): float(count) for state, count in seen.queue.jobs.items()}
        yield _gauge("scanner_queue_jobs", "Jobs of the queue.", ("status",), jobs.items())
        workers = {(): float(seen.queue.workers)}
        yield _gauge("scanner_workers", "Workers with a recent sign of life.", (), workers.items())
    told = {
        (channel, state.value): float(count)
        for (channel, state), count in alert_log.delivery_counts(store).items()
    }
    words = "Alerts by channel and by state of delivery."
    yield _gauge("scanner_alert_deliveries", words, ("channel", "state"), told.items())
    yield _gauge("scanner_info", "The program.", ("version",), [((__version__,), 1.0)])


def _snapshots(store: Store, seen: Status, now: datetime) -> Iterator[GaugeMetricFamily]:
    ages: dict[tuple[str, ...], float] = {}
    for publisher in seen.publishers:
        age = math.inf  # never is not "just now": a threshold on the age must notice
        if publisher.finished is not None:
            age = max(0.0, (now - publisher.finished).total_seconds())
        ages[publisher.name,] = age
    yield _gauge(
        "scanner_last_complete_snapshot_age_seconds",
        "Seconds since the publisher's last complete snapshot ended; +Inf without any.",
        ("publisher",),
        ages.items(),
    )
    # As it is now: what is stored stays "running" when the process that takes it is killed.
    states = Counter(standing_of(store, head, seen.queue) for head in seen.going)
    chunks: Counter[str] = Counter()
    for head in seen.going:
        chunks["done"] += head.chunks_done
        chunks["failed"] += head.chunks_failed
        chunks["open"] += head.chunks - head.chunks_done - head.chunks_failed
    yield _gauge(
        "scanner_snapshots",
        "Snapshots that are not complete, by what they are doing now; stopped: nobody is at it.",
        ("state",),
        [((s,), float(states[s])) for s in STANDINGS],
    )
    yield _gauge(
        "scanner_chunks",
        "Chunks of snapshots that are not complete, by state.",
        ("state",),
        [((s,), float(chunks[s])) for s in ("open", "done", "failed")],
    )


def _results(store: Store, seen: Status, now: datetime) -> Iterator[GaugeMetricFamily]:
    """What the newest complete snapshot of each publisher came to."""
    results: dict[tuple[str, ...], float] = {}
    ages: dict[tuple[str, ...], float] = {}
    ratios: dict[tuple[str, ...], float] = {}
    verified: dict[tuple[str, ...], float] = {}
    unanswered: dict[tuple[str, ...], float] = {}
    findings: dict[tuple[str, ...], float] = {}
    chains: dict[tuple[str, ...], float] = {}
    for publisher in seen.publishers:
        if publisher.complete is None:
            continue
        head = queries.head(store, publisher.complete)
        results[publisher.name,] = float(exit_status(queries.weights_found(store, head.id)))
        for weight in Weight:
            findings[publisher.name, WEIGHT_WORDS[weight]] = 0.0
        for kind, count in queries.finding_counts(store, head.id).items():
            findings[publisher.name, WEIGHT_WORDS[WEIGHTS[kind]]] += count
        for network, chain in apart(publisher.chains):
            chains[publisher.name, network, chain] = 1.0
        times = [pinned.as_of for pinned in head.blocks if pinned.as_of]
        if times:
            ages[publisher.name,] = max(0.0, now.timestamp() - min(times))
        for total in queries.asset_totals(store, head.id):
            if total.verified is not None:
                coins = total.verified / 10**total.decimals
                verified[publisher.name, total.asset] = coins
            unanswered[publisher.name, total.asset] = float(total.unavailable_rows)
            if total.reserve_ratio is not None:
                ratios[publisher.name, total.asset] = float(total.reserve_ratio)
    words = "Newest complete snapshot: 0 all verified, 1 something false, 3 not fully verified."
    # Of two that look alike the worst is told: something false before all else.
    yield _gauge("scanner_result", words, ("publisher",), results.items(), _falser)
    words = "Findings of the newest complete snapshot by weight: false, not verified, note."
    yield _gauge("scanner_findings", words, ("publisher", "weight"), findings.items())
    words = "Age of the oldest block that the newest complete snapshot was read at."
    yield _gauge("scanner_balances_age_seconds", words, ("publisher",), ages.items())
    words = "Verified reserves by liabilities in the newest complete snapshot, rounded down."
    yield _gauge("scanner_reserve_ratio", words, ("publisher", "asset"), ratios.items(), min)
    words = "Verified whole coins in the newest complete snapshot; no figure without a balance."
    yield _gauge("scanner_verified_coins", words, ("publisher", "asset"), verified.items(), min)
    words = "Rows of the newest complete snapshot without a balance: they are in no verified total."
    yield _gauge("scanner_unanswered_rows", words, ("publisher", "asset"), unanswered.items(), max)
    words = "1 for each network that the newest complete snapshot read on a chain not its own."
    yield _gauge("scanner_other_chain", words, ("publisher", "network", "chain"), chains.items())


def _schedules(seen: Status) -> Iterator[GaugeMetricFamily]:
    ran = [(s.schedule.name, s.run) for s in seen.schedules if s.run is not None]
    yield _gauge(
        "scanner_schedule_last_run_timestamp_seconds",
        "The moment that the schedule's last run stands for.",
        ("schedule",),
        [((name,), run.tick.timestamp()) for name, run in ran],
    )
    yield _gauge(
        "scanner_schedule_failed",
        "1 if the schedule's last run could not start a snapshot.",
        ("schedule",),
        [((name,), float(run.state is RunState.FAILED)) for name, run in ran],
    )


def _falser(one: float, other: float) -> float:
    """The worse of two exit statuses: 1 (something is false), 3, 0."""
    return max(one, other, key=(0.0, 3.0, 1.0).index)


def _gauge(
    name: str,
    words: str,
    labels: tuple[str, ...],
    values: Values,
    worse: Callable[[float, float], float] = max,
) -> GaugeMetricFamily:
    """worse: which of two values is told where names cannot be told apart."""
    family = GaugeMetricFamily(name, words, labels=labels)
    # Names come from hostile files; two that look alike once harmless must not be one series twice.
    shown: dict[tuple[str, ...], float] = {}
    for key, value in values:
        made = tuple(printable(part) for part in key)
        shown[made] = worse(value, shown[made]) if made in shown else value
    for made, value in sorted(shown.items()):
        family.add_metric(list(made), value)
    return family
