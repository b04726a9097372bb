"""Applies the rules to snapshots that ended, once each, and delivers until it is done.

Whatever dies in between: a snapshot that was not looked at is looked at next time, an event is
stored once, and a delivery is tried again by whoever comes next. A process that dies after a
receiver took an event and before that is noted delivers it a second time, with the same `event`.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from scanner.alerts.channels import Message, deliver
from scanner.alerts.config import AlertConfig
from scanner.alerts.rules import events
from scanner.errors import ScannerError, SourceUnavailableError
from scanner.model.registry import Registry
from scanner.store.database.engine import Store
from scanner.store.reading import queries
from scanner.store.reading.heads import SnapshotHead
from scanner.store.writing import alert_log
from scanner.store.writing.alert_log import Delivery, DeliveryState

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)
"""How long a delivery belongs to the process that tries it; longer than any time-out."""
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
MOST_TRIES = 30
"""About a day."""
LOOK_BACK = timedelta(days=1)
"""Snapshots that ended longer ago are not told when alerts are first set up."""
LONGEST_ABSENCE = timedelta(days=30)
"""Snapshots that ended longer ago are not told by a worker that was away meanwhile."""


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Delivered:
    """How deliveries went: done, to be tried again, given up."""

    done: int = 0
    waiting: int = 0
    given_up: int = 0


@dataclass(frozen=True, slots=True)
class Alerts:
    """Rules and channels over one database. Safe to use from several processes."""

    store: Store
    registry: Registry
    config: AlertConfig
    now: Callable[[], datetime] = _utc_now

    def after_snapshot(self, snapshot_id: int) -> int:
        """Apply the rules to a snapshot that has ended. Returns how many events are new.

        Doing it again changes nothing, unless a resume has completed the snapshot, or something was
        stored beside it. Nothing happens while it is running. Raises StoreError.
        """
        # Before the rules: what comes while they are applied is looked at next time.
        stand = alert_log.stand(self.store, snapshot_id)
        if queries.head(self.store, snapshot_id).state.value not in alert_log.ENDED:
            return 0
        found = events(self.store, self.registry, snapshot_id, self.config.rules)
        return alert_log.record(self.store, snapshot_id, stand, found, self.now())

    def look(self) -> Delivered:
        """Apply the rules to every snapshot that ended lately, and deliver what is due.

        For workers, every minute or so. Never raises ScannerError: it is told in the log.
        """
        try:
            for snapshot_id in alert_log.unchecked(self.store, self._since()):
                self._apply(snapshot_id)
            return self.deliver_due()
        except ScannerError as e:
            log.error("alerts: %s", e)  # noqa: TRY400 - expected, and its message says it all
            return Delivered()

    def _since(self) -> datetime:
        """From when on snapshots are told: since alerts were set up, whoever was away meanwhile."""
        now, first = self.now(), alert_log.first_check(self.store)
        set_up = now if first is None else min(first, now)
        return max(set_up - LOOK_BACK, now - LONGEST_ABSENCE)

    def _apply(self, snapshot_id: int) -> None:
        """Apply the rules to one snapshot; what goes wrong with it keeps no other from its turn."""
        about = {"snapshot": snapshot_id}
        try:
            new = self.after_snapshot(snapshot_id)
        except ScannerError as e:
            log.error("alerts: %s", e, extra=about)  # noqa: TRY400 - its message says it all
            return
        except Exception:
            # A bug of ours in one rule must not keep what other snapshots have to say.
            log.exception("alerts", extra=about)
            return
        if new:
            log.warning("%s new alerts", new, extra=about)

    def deliver_due(self) -> Delivered:
        """Try every delivery that is due, each once. Raises StoreError.

        A channel that gave no answer is not asked again in this round.
        """
        began = self.now()
        counts = dict.fromkeys(DeliveryState, 0)
        channels = set(self.config.channels)
        while True:
            latest = began + LONGEST_WAIT + LEASE
            taken = alert_log.claim_due(self.store, channels, began, self.now() + LEASE, latest)
            if taken is None:
                break
            state = self._try(taken)
            counts[state] += 1
            if state is not DeliveryState.DELIVERED:
                channels.discard(taken.channel)
        return Delivered(
            counts[DeliveryState.DELIVERED],
            counts[DeliveryState.WAITING],
            counts[DeliveryState.GIVEN_UP],
        )

    def _try(self, delivery: Delivery) -> DeliveryState:
        event, tried = delivery.event, delivery.attempts + 1
        head = queries.head(self.store, event.snapshot_id)
        try:
            with _in_our_words(delivery.channel):
                deliver(self.config.channels[delivery.channel], message_of(delivery, head))
        except ScannerError as e:
            last = tried >= MOST_TRIES
            state = DeliveryState.GIVEN_UP if last else DeliveryState.WAITING
            log.log(
                logging.ERROR if last else logging.WARNING,
                "alert %s was not delivered (try %s of %s): %s", event.key, tried, MOST_TRIES, e,
                extra={"snapshot": event.snapshot_id, "channel": delivery.channel},
            )  # fmt: skip
            again = self.now() + wait_after(tried)
            alert_log.settle(self.store, delivery, state, again, str(e))
            return state
        alert_log.settle(self.store, delivery, DeliveryState.DELIVERED, self.now())
        about = {"snapshot": event.snapshot_id, "publisher": head.publisher, "rule": event.rule}
        log.info("alert %s delivered to %s", event.key, delivery.channel, extra=about)
        return DeliveryState.DELIVERED


@contextmanager
def _in_our_words(channel: str) -> Iterator[None]:
    """A bug of ours in one delivery is a try that failed: the others go on."""
    try:
        yield
    except ScannerError:
        raise
    except Exception as e:
        log.exception("alerts", extra={"channel": channel})
        what = f"an error in the program ({type(e).__name__})"
        raise SourceUnavailableError(channel, what) from None


def wait_after(tried: int) -> timedelta:
    """How long to wait after so many tries: twice as long each time, an hour at most."""
    doubled: timedelta = FIRST_WAIT * 2 ** min(tried - 1, 10)
    return min(doubled, LONGEST_WAIT)


def message_of(delivery: Delivery, head: SnapshotHead) -> Message:
    """An event as its receivers get it."""
    event = delivery.event
    title = f"[scanner] {head.publisher}: {event.reason}"
    body = {
        "version": 1,
        "event": event.key,
        "rule": event.rule,
        "kind": event.kind,
        "publisher": head.publisher,
        "list": head.list_name,
        "snapshot": head.id,
        "state": head.state.value,
        "subject": event.subject,
        "reason": event.reason,
        "facts": dict(event.facts),
        "created": event.created.isoformat(),
    }
    return Message(event.key, title, body, event.created)


def trial_message() -> Message:
    """A message for `scanner alerts test`: another one each time."""
    now = _utc_now()
    key = secrets.token_hex(16)
    reason = "this is a test: nothing has happened"
    body = {
        "version": 1,
        "event": key,
        "rule": "test",
        "kind": "test",
        "publisher": "",
        "list": "",
        "snapshot": None,
        "state": "",
        "subject": "",
        "reason": reason,
        "facts": {},
        "created": now.isoformat(),
    }
    return Message(key, f"[scanner] {reason}", body, now)
