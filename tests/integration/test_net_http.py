"""The HTTP transport against a real server: limits, statuses, and a canary key in the URL."""

from __future__ import annotations

import base64
import gc
import gzip
import logging
import threading
import time
from decimal import Decimal
from email.utils import formatdate

import httpx
import pytest
from support.scripted_http import Said, serving

from scanner.errors import (
    ConfigError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport

CANARY = "canary-4f1c9e7a2b"


def _endpoint(url: str, **more: object) -> Endpoint:
    return Endpoint("node-a", "bitcoin", "esplora", url, **more)  # type: ignore[arg-type]


def test_path_query_credentials_and_body_reach_the_server() -> None:
    seen = []
    with serving(lambda r: seen.append(r) or Said(body=b"{}")) as host:
        http = Transport(
            _endpoint(f"http://u%40x:p%2Fw@{host}/v3/{CANARY}/?key={CANARY}"), {"x-k": "1"}
        )
        http.post_json({"a": 1}, "address/x?after=2")
        http.get()
        http.close()
    assert seen[0].path == f"/v3/{CANARY}/address/x?key={CANARY}&after=2"
    assert seen[0].body == b'{"a": 1}'
    assert seen[0].headers["content-type"] == "application/json"
    assert base64.b64decode(seen[0].headers["authorization"].split()[1]) == b"u@x:p/w"
    assert seen[0].headers["x-k"] == "1"
    assert seen[1].path == f"/v3/{CANARY}/?key={CANARY}"
    assert seen[1].method == "GET"


def test_fractions_are_decimal_and_garbage_is_unavailable() -> None:
    bodies = [
        b'{"a": 0.1}',
        b"<html>",
        b'{"a": NaN}',
        b"[" * 100_000,
        b'{"a": 1' + b"0" * 5000 + b"}",
    ]
    with serving(lambda r: Said(body=bodies[int(r.path[1:])])) as host:
        http = Transport(_endpoint(f"http://{host}"))
        assert http.get("0").json() == {"a": Decimal("0.1")}
        for n in range(1, len(bodies)):
            with pytest.raises(SourceUnavailableError, match="not JSON"):
                http.get(str(n)).json()
        http.close()


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (301, SourceRejectedError),
        (400, SourceRejectedError),
        (401, SourceRejectedError),
        (403, SourceRejectedError),
        (404, SourceRejectedError),
        (413, SourceRejectedError),
        (429, SourceUnavailableError),
        (500, SourceUnavailableError),
        (502, SourceUnavailableError),
        (503, SourceUnavailableError),
    ],
)
def test_every_status_is_an_error_of_the_tree(status: int, error: type[SourceError]) -> None:
    with serving(
        lambda r: Said(status, b"secret page", {"location": "/elsewhere", "retry-after": "7"})
    ) as host:
        http = Transport(_endpoint(f"http://{host}/{CANARY}"))
        reply = http.get()
        with pytest.raises(error) as caught:
            reply.raise_for_status()
        http.close()
    assert CANARY not in str(caught.value)
    if isinstance(caught.value, SourceUnavailableError):
        assert caught.value.retry_after == 7


@pytest.mark.parametrize("said", ["\ud800", "\xff", "?next=\udfff"])
def test_what_a_server_said_may_be_no_address(said: str) -> None:
    """A next page or an id of its answers becomes part of a URL: it fails, and nothing else does."""
    with serving(lambda _: Said(body=b"{}")) as host:
        http = Transport(_endpoint(f"http://{host}"))
        try:
            http.get(f"tx/{said}")
        except SourceUnavailableError as e:
            assert "cannot be written" in e.what
        assert http.get("tx/1").status == 200
        http.close()


def test_retry_after_as_a_date() -> None:
    with serving(
        lambda r: Said(429, b"", {"retry-after": formatdate(time.time() + 60, usegmt=True)})
    ) as host:
        http = Transport(_endpoint(f"http://{host}"))
        wait = http.get().retry_after
        http.close()
    assert wait is not None
    assert 50 < wait <= 60


def test_an_answer_over_the_limit_is_refused_even_when_it_came_compressed() -> None:
    bomb = gzip.compress(b"0" * 5_000_000)
    with serving(lambda r: Said(200, bomb, {"content-encoding": "gzip"})) as host:
        http = Transport(_endpoint(f"http://{host}"))
        with pytest.raises(SourceRejectedError, match="larger than 1,000,000"):
            http.get(limit=1_000_000)
        http.close()


def test_a_slow_server_and_a_dead_one_are_unavailable() -> None:
    release = threading.Event()
    with serving(lambda r: (release.wait(5) and Said()) or Said(500)) as host:
        http = Transport(_endpoint(f"http://{host}", timeout=0.1))
        with pytest.raises(SourceUnavailableError, match=r"no complete answer within 0.1 s"):
            http.get()
        release.set()
        http.close()
    http = Transport(_endpoint(f"http://user:{CANARY}@{host}/{CANARY}"))
    with pytest.raises(SourceUnavailableError, match="node-a: no connection") as caught:
        http.get(CANARY)
    http.close()
    assert CANARY not in str(caught.value)
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_no_library_logs_the_url(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG), serving(lambda r: Said(body=b"{}")) as host:
        http = Transport(_endpoint(f"http://{host}/{CANARY}?apikey={CANARY}"))
        http.get("x")
        http.close()
    assert CANARY not in caplog.text
    assert host not in caplog.text


def test_rate_is_kept_across_threads() -> None:
    times: list[float] = []
    with serving(lambda r: times.append(time.monotonic()) or Said(body=b"{}")) as host:
        http = Transport(_endpoint(f"http://{host}", rate=50))
        threads = [threading.Thread(target=http.get) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        http.close()
    assert max(times) - min(times) >= 5 / 50 * 0.8


@pytest.mark.parametrize(
    "url", ["ftp://host/", "http://", "nonsense", "http://[::1", "http://h:99999/"]
)
def test_a_url_that_cannot_be_used_is_a_config_error(url: str) -> None:
    with pytest.raises(ConfigError, match="node-a") as caught:
        Transport(_endpoint(url + CANARY if url != "http://" else url))
    assert CANARY not in str(caught.value)


def test_redact_hides_every_form_of_a_secret() -> None:
    http = Transport(
        _endpoint(
            "https://k%2Fey-secret:pass-secret@a1b2c3d4e5f6a7b8c9d0.example.org/v1/tok-secret?k=q-secret"
        ),
        {"auth": "head-secret"},
    )
    text = http.redact(
        "k/ey-secret k%2Fey-secret pass-secret tok-secret q-secret head-secret a1b2c3d4e5f6a7b8c9d0 fine"
    )
    http.close()
    assert "secret" not in text
    assert "a1b2" not in text
    assert text.endswith("fine")


def test_nothing_of_a_request_waits_for_the_garbage_collector() -> None:
    """A command collects rarely: a circle through each request would keep every body for long."""
    with serving(lambda r: Said(body=b"{}")) as host:
        http = Transport(_endpoint(f"http://{host}"))
        http.post_json({"warm": "up"})
        gc.collect()
        gc.disable()
        try:
            for _ in range(3):
                http.post_json({"a": "b" * 100_000})
            kinds = (httpx.Request, httpx.Response)
            assert not [kept for kept in gc.get_objects() if type(kept) in kinds]
        finally:
            gc.enable()
            http.close()
