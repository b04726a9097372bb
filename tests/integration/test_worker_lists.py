"""Lists of schedules, fetched from a server that is slow, down, hostile or unchanged."""

import threading
import time
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.scheduling import LIST, SIX, START, add, jobs_on, one_run
from support.snapshot_stub import evm_address

from scanner.errors import (
    InputError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.net import fetching
from scanner.net.fetching import fetched
from scanner.net.locations import check_location
from scanner.store.reading import queries
from scanner.store.writing import schedules
from scanner.store.writing.schedules import RunState
from scanner.worker import scheduling
from scanner.worker.alone import look
from scanner.worker.scheduling import TRIES, wait_after


class Server(BaseHTTPRequestHandler):
    """Serves one list with an ETag; counts how it is asked."""

    def do_GET(self):
        self.server.asked.append(self.headers.get("If-None-Match", ""))
        status = self.server.status
        if status == 200 and self.headers.get("If-None-Match") == self.server.etag:
            status = 304
        self.send_response(status)
        self.send_header("ETag", self.server.etag)
        if status == 302:
            self.send_header("Location", "/again")
        body = self.server.body if status == 200 else b""
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@contextmanager
def serving(body=LIST):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Server)
    server.asked, server.status, server.etag, server.body = [], 200, '"1"', body.encode()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server, f"http://127.0.0.1:{server.server_port}/lists/okx.csv?key=hunter2"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_an_unchanged_list_is_neither_sent_nor_stored_again(store):
    with serving() as (server, url):
        add(store, url)
        heads = [
            queries.head(store, look(jobs_on(store), SIX + timedelta(days=day))[0].snapshot_id)
            for day in range(3)
        ]
        assert server.asked == ["", '"1"', '"1"']
        assert len({h.list_id for h in heads}) == 1
        server.etag, server.body = '"2"', (LIST + f"ethereum,ETH,{evm_address(99)},2\n").encode()
        (taken,) = look(jobs_on(store), SIX + timedelta(days=3))
        assert queries.head(store, taken.snapshot_id).claims == 26
    assert heads[0].list_name == "okx.csv"


@pytest.mark.parametrize(
    ("changed", "asked_anew"),
    [
        ({"publisher": "North Bank"}, True),
        ({"columns": {"amount": "other"}}, True),
        ({"asset": "BTC"}, True),
        ({"network": "bitcoin"}, True),
        ({"format": "delimited"}, True),
        ({"cron": "0 7 * * *"}, False),
        ({"quorum": 1, "spread": 7}, False),
    ],
)
def test_a_list_that_is_to_be_read_in_another_way_is_sent_again(store, changed, asked_anew):
    with serving() as (server, url):
        add(store, url)
        look(jobs_on(store), SIX)
        before = schedules.schedule_named(store, "okx")
        own = {key: changed[key] for key in changed if key in {"publisher", "cron"}}
        options = {key: changed[key] for key in changed if key not in own}
        after = replace(before, options=replace(before.options, **options), **own)
        schedules.edit(store, "okx", lambda _: after)
        look(jobs_on(store), SIX + timedelta(days=1, hours=1))
        assert server.asked == (["", ""] if asked_anew else ["", '"1"'])
        if "publisher" in changed:
            assert queries.head(store, queries.resolve(store, "latest")).publisher == "North Bank"


def test_a_list_that_is_edited_while_it_is_read_is_sent_again(store):
    with serving() as (_, url):
        add(store, url)
        before = schedules.schedule_named(store, "okx")
        look(jobs_on(store), SIX)
        other = replace(before, options=replace(before.options, asset="BTC"))
        schedules.edit(store, "okx", lambda _: other)
        with store.write() as connection:
            schedules.remember_fetch(connection, before, '"1"', "")
        assert schedules.schedule_named(store, "okx").etag == ""


def test_a_list_that_another_program_read_is_sent_again(store, monkeypatch):
    """A later version may read more of it, or otherwise: the same bytes are another list then."""
    with serving() as (server, url):
        add(store, url)
        look(jobs_on(store), SIX)
        monkeypatch.setattr(scheduling, "__version__", "99")
        look(jobs_on(store), SIX + timedelta(days=1))
        assert server.asked == ["", ""]


def test_a_server_that_calls_unchanged_what_was_asked_for_whole_has_sent_no_list(store):
    with serving() as (server, url):
        server.etag = ""
        schedule = add(store, url)
        look(jobs_on(store), SIX)
        server.status = 304
        look(jobs_on(store), SIX + timedelta(days=1))
        last, first = schedules.runs(store, schedule)
        assert (first.state, last.state) == (RunState.STARTED, RunState.FAILED)
        assert "sent no list" in last.error


def test_a_clock_that_was_years_ahead_keeps_no_schedule_silent_and_brings_back_no_list(store):
    with serving() as (server, url):
        schedule = add(store, url)
        look(jobs_on(store), SIX + timedelta(days=1500))
        server.etag, server.body = '"2"', (LIST + f"ethereum,ETH,{evm_address(99)},2\n").encode()
        taken = [look(jobs_on(store), SIX + timedelta(days=day))[0] for day in (1, 2)]
        assert server.asked == ["", '"1"', '"2"']
        assert [queries.head(store, each.snapshot_id).claims for each in taken] == [26, 26]
        last = schedules.last_run(store, schedule, SIX + timedelta(days=2))
        assert last.tick == SIX + timedelta(days=2)
        assert look(jobs_on(store), SIX + timedelta(days=2, minutes=-30)) == []


def test_a_schedule_that_was_added_by_a_clock_years_ahead_runs_at_once(store):
    with serving() as (_, url):
        add(store, url)
        assert len(look(jobs_on(store), START - timedelta(days=1500))) == 1
        assert look(jobs_on(store), START - timedelta(days=1500)) == []


def test_what_no_header_can_say_is_not_sent_back(store):
    """Once such a list could never be fetched again."""
    with serving() as (server, url):
        schedule = add(store, url)
        for day, etag in enumerate(('"caf\u00e9"', '"' + "x" * 5_000 + '"', '"2"')):
            server.etag = etag
            assert len(look(jobs_on(store), SIX + timedelta(days=day))) == 1
        assert server.asked == ["", "", ""]
        assert schedules.schedule_by_id(store, schedule).etag == '"2"'


def test_a_server_that_is_down_is_asked_again_and_then_given_up(store):
    with serving() as (server, url):
        schedule = add(store, url)
        server.status, now = 503, SIX
        for count in range(1, TRIES + 1):
            assert look(jobs_on(store), now) == []
            assert look(jobs_on(store), now + timedelta(seconds=10)) == [], "not so soon again"
            assert one_run(store, schedule).attempts == count
            now += timedelta(seconds=wait_after(count))
        assert now - SIX > timedelta(minutes=20), "an outage of some minutes loses no day"
        run = one_run(store, schedule)
        assert (run.state, run.error) == (RunState.FAILED, "okx: the server says 503")
        assert look(jobs_on(store), now) == []
        assert len(server.asked) == TRIES


def test_a_clock_that_is_set_back_keeps_no_run_waiting(store):
    with serving() as (server, url):
        schedule = add(store, url)
        server.status = 503
        look(jobs_on(store), SIX)
        server.status = 200
        assert len(look(jobs_on(store), SIX - timedelta(hours=3))) == 1
        assert one_run(store, schedule).state is RunState.STARTED


@pytest.mark.parametrize(
    ("status", "error"),
    [(404, SourceRejectedError), (403, SourceRejectedError), (429, SourceUnavailableError),
     (500, SourceUnavailableError), (302, SourceUnavailableError)],
)  # fmt: skip
def test_answers_that_are_no_list(status, error):
    with serving() as (server, url):
        server.status = status
        with pytest.raises(error) as caught, fetched(url, "okx"):
            pass
    assert "hunter2" not in str(caught.value)


def test_a_list_that_is_too_large_is_refused():
    with (
        serving("x" * 5000) as (_, url),
        pytest.raises(SourceRejectedError, match="larger than 4999"),
        fetched(url, "okx", limit=4999),
    ):
        pass


def test_a_server_that_sends_a_little_for_ever_is_left(monkeypatch):
    class Slow(Server):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            with suppress(OSError):
                for _ in range(1000):
                    self.wfile.write(b"x" * 10)
                    time.sleep(0.01)

    monkeypatch.setattr(fetching, "MOST_SECONDS", 0.3)
    monkeypatch.setitem(globals(), "Server", Slow)
    with (
        serving() as (_, url),
        pytest.raises(SourceUnavailableError, match="okx: not complete after"),
        fetched(url, "okx"),
    ):
        pass


def test_a_server_that_is_not_there():
    with (
        pytest.raises(SourceUnavailableError, match="no answer"),
        fetched("http://127.0.0.1:9/x", "okx"),
    ):
        pass


@pytest.mark.parametrize("wrong", ["/no/such/file.csv", "http://", "https://u:p@h/x", "ftp://h/x"])
def test_locations_that_are_not_kept(wrong):
    with pytest.raises(InputError):
        check_location(wrong)
