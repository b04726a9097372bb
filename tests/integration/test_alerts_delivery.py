"""Alerts reach a real HTTP server and a real SMTP server: once, after failures, after kill -9."""

import hashlib
import hmac
import json
import logging
import os
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from integration.test_alerts import signed, snapshot
from support.alert_sender import many_rules
from support.scripted_http import Said, serving
from support.smtp_receiver import make_certificate, receiving
from support.snapshot_stub import evm_address
from support.warm import warm

from scanner.alerts.channels import deliver
from scanner.alerts.config import AlertConfig, Email, Rule, Webhook
from scanner.alerts.telling import MOST_TRIES, Alerts, trial_message, wait_after
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.settings.tables import load_registry
from scanner.store.writing import alert_log
from scanner.store.writing.alert_log import DeliveryState

KEY = "CANARYe3b0c44298fc1c14"
RULES = (Rule("gone", "addresses_gone", channels=("ops",)),)


class Clock:
    def __init__(self):
        self.now = datetime.now(UTC)

    def __call__(self):
        return self.now


def alerts(store, *channels, clock=None, rules=RULES):
    config = AlertConfig(rules, {c.name: c for c in channels})
    return Alerts(store, load_registry(), config, clock or Clock())


def gone(store):
    """A snapshot from whose list an address is gone."""
    snapshot(store, signed(0, 1))
    return snapshot(store, signed(0))


def test_a_webhook_that_fails_first_gets_the_event_once(store, caplog):
    caplog.set_level(logging.DEBUG)
    seen, statuses = [], [500, 503, 204]

    def answer(request):
        seen.append(request)
        return Said(statuses[len(seen) - 1])

    clock = Clock()
    with serving(answer) as place:
        url = f"http://user:{KEY}@{place}/hooks/{KEY}?token={KEY}"
        telling = alerts(store, Webhook("ops", url, KEY, 5), clock=clock)
        now = gone(store)
        for expected in (1, 1, 2, 2, 3, 3, 3):
            telling.look()
            if len(seen) == expected and expected != 3:
                telling.look()  # not due yet
            clock.now += wait_after(len(seen)) / 2
            assert len(seen) <= expected
    assert len(seen) == 3
    assert alert_log.delivery_counts(store) == {("ops", DeliveryState.DELIVERED): 1}
    assert len({r.body for r in seen}) == 1
    body = json.loads(seen[-1].body)
    assert body["publisher"] == "okx"
    assert (body["rule"], body["kind"], body["snapshot"]) == ("gone", "addresses_gone", now)
    assert body["facts"]["examples"] == [{"network": "ethereum", "address": evm_address(1)}]
    assert seen[-1].headers["x-scanner-event"] == body["event"]
    mac = hmac.new(KEY.encode(), seen[-1].body, hashlib.sha256).hexdigest()
    assert seen[-1].headers["x-scanner-signature"] == f"sha256={mac}"
    assert KEY not in caplog.text
    assert "try 1 of" in caplog.text


def test_no_key_no_signature(store):
    seen = []
    with serving(lambda request: seen.append(request) or Said()) as place:
        deliver(Webhook("ops", f"http://{place}/"), trial_message())
    assert "x-scanner-signature" not in seen[0].headers


def test_after_a_day_of_failures_it_is_given_up_and_said(store, caplog):
    clock, tried = Clock(), []
    with serving(lambda r: tried.append(r) or Said(404)) as place:
        telling = alerts(store, Webhook("ops", f"http://{place}/{KEY}"), clock=clock)
        gone(store)
        began = clock.now
        for _ in range(MOST_TRIES + 3):
            telling.look()
            clock.now += timedelta(hours=1)
    assert len(tried) == MOST_TRIES
    assert clock.now - began > timedelta(days=1)
    assert alert_log.delivery_counts(store) == {("ops", DeliveryState.GIVEN_UP): 1}
    assert KEY not in caplog.text


def test_one_dead_channel_keeps_no_other_from_being_told(store):
    seen, asked = [], []
    with (
        serving(lambda r: seen.append(r) or Said()) as place,
        serving(lambda r: asked.append(r) or Said(500)) as dead,
    ):
        rules = tuple(
            Rule(name, "addresses_gone", channels=("dead", "ops")) for name in ("a", "b", "c")
        )
        channels = Webhook("dead", f"http://{dead}/"), Webhook("ops", f"http://{place}/")
        gone(store)
        done = alerts(store, *channels, rules=rules).look()
    assert (done.done, done.waiting) == (3, 1)
    assert len(seen) == 3
    assert len(asked) == 1


def test_two_processes_at_once_deliver_each_event_once(store):
    seen = []

    def answer(request):
        seen.append(json.loads(request.body)["event"])
        time.sleep(0.02)
        return Said()

    rules = many_rules(12)
    with serving(answer) as place:
        hook = Webhook("ops", f"http://{place}/")
        gone(store)
        many = [threading.Thread(target=alerts(store, hook, rules=rules).look) for _ in range(4)]
        for thread in many:
            thread.start()
        for thread in many:
            thread.join()
    assert sorted(seen) == sorted(set(seen))
    assert len(seen) == 12


def start_telling(store, place, rules):
    database = store.engine.url.render_as_string(hide_password=False)
    words = (database, f"http://{place}/", str(rules))
    return warm().start(
        words, module="support.alert_sender", cwd=Path.cwd(), env=os.environ, stderr=sys.__stderr__
    )


def test_killed_again_and_again_every_event_is_told_and_none_is_made_twice(store):
    """Killed at any moment: before the rules, while events are stored, between two deliveries."""
    seen, events, kills = [], 24, 8

    def answer(request):
        seen.append(json.loads(request.body))
        time.sleep(0.01)
        return Said()

    clock = Clock()
    with serving(answer) as place:
        now = gone(store)
        for n in range(kills):
            with start_telling(store, place, events) as sender:
                assert sender.stdout.readline() == "begins\n"
                time.sleep(0.03 * n)
                sender.kill()
        hook = Webhook("ops", f"http://{place}/")
        clock.now = datetime.now(UTC) + timedelta(minutes=6)
        alerts(store, hook, clock=clock, rules=many_rules(events)).look()
    assert len(alert_log.events_of(store, now)) == events
    assert {body["rule"] for body in seen} == {rule.name for rule in many_rules(events)}
    assert len({body["event"] for body in seen}) == events
    assert len(seen) - events <= kills  # at most one delivery each was repeated, and can be told
    assert alert_log.delivery_counts(store) == {("ops", DeliveryState.DELIVERED): events}


def test_a_process_killed_in_the_middle_of_a_delivery(store):
    """The receiver has the request and the sender dies before the answer: the same event again."""
    seen, release = [], threading.Event()

    def answer(request):
        seen.append(json.loads(request.body)["event"])
        if len(seen) == 1:
            release.wait(20)
        return Said()

    clock = Clock()
    with serving(answer) as place:
        gone(store)
        sender = start_telling(store, place, 1)
        deadline = time.monotonic() + 30
        while not seen and time.monotonic() < deadline:
            time.sleep(0.02)
        sender.kill()
        sender.communicate()
        release.set()
        hook = Webhook("ops", f"http://{place}/")
        telling = alerts(store, hook, clock=clock, rules=many_rules(1))
        clock.now = datetime.now(UTC)
        assert telling.look().done == 0  # its lease still holds
        clock.now += timedelta(minutes=6)
        assert telling.look().done == 1
        clock.now += timedelta(hours=6)
        assert telling.look().done == 0
    assert len(seen) == 2
    assert len(set(seen)) == 1  # a receiver that keeps keys has it once
    assert alert_log.delivery_counts(store) == {("ops", DeliveryState.DELIVERED): 1}


def test_mail_by_starttls_with_a_password(tmp_path):
    certificate = make_certificate(tmp_path)
    with receiving(certificate) as receiver:
        receiver.password = KEY
        channel = mail(receiver, password=KEY, ca_file=str(certificate[0]))
        message = trial_message()
        deliver(channel, message)
        with pytest.raises(SourceRejectedError, match="rejected the password") as refused:
            deliver(mail(receiver, password="wrong" + KEY, ca_file=str(certificate[0])), message)
    (got,) = receiver.mails
    assert got.encrypted
    assert got.login == ("me", KEY)
    assert got.mail["message-id"] == f"<{message.key}@example.com>"
    assert got.mail["to"] == "ops@example.com"
    assert "nothing has happened" in got.mail.get_content()
    assert KEY not in str(refused.value)


def test_mail_by_tls_from_the_first_byte(tmp_path):
    certificate = make_certificate(tmp_path)
    with receiving(certificate, at_once=True) as receiver:
        receiver.password = KEY
        deliver(
            mail(receiver, password=KEY, ca_file=str(certificate[0]), security="tls"),
            trial_message(),
        )
        with pytest.raises(SourceUnavailableError, match="no encrypted connection"):
            deliver(mail(receiver, password=KEY, security="tls"), trial_message())
    (got,) = receiver.mails
    assert got.encrypted


@pytest.mark.parametrize("odd", [{"host": "a..b"}, {"host": "x" * 300}, {"password": "p\xe4ss"}])
def test_what_no_mail_server_can_be_told_is_said_without_it(tmp_path, odd):
    certificate = make_certificate(tmp_path)
    with receiving(certificate) as receiver:
        receiver.password = KEY
        channel = mail(receiver, **{"password": KEY, "ca_file": str(certificate[0]), **odd})
        with pytest.raises(SourceRejectedError, match="cannot be told") as caught:
            deliver(channel, trial_message())
    assert "p\xe4ss" not in str(caught.value)


def test_a_mail_server_that_nobody_vouches_for_gets_no_password(tmp_path):
    with receiving(make_certificate(tmp_path)) as receiver:
        receiver.password = KEY
        with pytest.raises(SourceUnavailableError, match="no encrypted connection") as caught:
            deliver(mail(receiver, password=KEY), trial_message())
    assert receiver.mails == []
    assert KEY not in str(caught.value)


def test_a_mail_server_without_starttls_gets_nothing():
    with receiving() as receiver, pytest.raises(SourceUnavailableError, match="no connection"):
        deliver(mail(receiver), trial_message())
    assert receiver.mails == []


def mail(receiver, *, security="starttls", password="", ca_file="", host="127.0.0.1"):
    return Email(
        "mail", host, receiver.port, security, "scanner@example.com",
        ("ops@example.com",), "me" if password else "", password, ca_file, 5.0,
    )  # fmt: skip


def test_a_mail_server_that_is_busy_first_gets_the_event_once(store):
    clock, answers = Clock(), ["451 later", "250 taken"]
    with receiving() as receiver:
        receiver.answer = lambda: answers.pop(0)
        rules = (Rule("gone", "addresses_gone", channels=("mail",)),)
        telling = alerts(store, mail(receiver, security="none"), clock=clock, rules=rules)
        snapshot(store, signed(0, 1), "Böse\r\nBcc: x@y\x1b[2J")
        snapshot(store, signed(0), "Böse\r\nBcc: x@y\x1b[2J")
        for _ in range(4):
            telling.look()
            clock.now += timedelta(minutes=2)
    (got,) = receiver.mails
    # smtplib of 3.13 writes the verb in lower case; it may be in any (RFC 5321, section 2.4).
    assert [to.lower() for to in got.to] == ["to:<ops@example.com>"]
    assert got.mail["bcc"] is None
    text = got.mail.get_content()
    assert "1 address is gone from the list" in text
    assert evm_address(1) in text
    assert "\x1b" not in text
    assert alert_log.delivery_counts(store) == {("mail", DeliveryState.DELIVERED): 1}


@pytest.mark.node
def test_workers_of_the_queue_tell(postgres_database):
    import asyncio

    from support.snapshot_stub import good_judge

    from scanner.store.database.engine import open_store
    from scanner.store.database.migrate import upgrade
    from scanner.worker.jobs import Jobs
    from scanner.worker.queue import Timing, set_up
    from scanner.worker.service import _work

    upgrade(postgres_database)

    async def work(store):
        stopping, loop, calls = asyncio.Event(), asyncio.get_running_loop(), []

        def tell():
            calls.append(telling.look())
            loop.call_soon_threadsafe(stopping.set)

        jobs = Jobs(
            store, lambda *_: None, good_judge, load_registry(), 4, threading.Event(), tell
        )  # fmt: skip
        timing = Timing(ticks="* * * * * *", rescue="* * * * * *")
        await asyncio.wait_for(_work(jobs, timing, 2, stopping), 40)
        return calls

    seen = []
    with (
        open_store(postgres_database) as store,
        serving(lambda r: seen.append(r) or Said()) as place,
    ):
        set_up(store)
        gone(store)
        telling = alerts(store, Webhook("ops", f"http://{place}/"))
        calls = asyncio.run(work(store))
    assert calls[0].done == 1
    assert len(seen) == 1
