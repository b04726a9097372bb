"""Any request is answered: never a fault of the program, on both databases."""

from __future__ import annotations

import asyncio
from urllib.parse import quote

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.databases import empty_database  # noqa: F401 - a fixture
from support.web_data import make_database

from scanner.model.finding import FindingKind
from scanner.web.app import WebSettings, make_app

pytestmark = pytest.mark.node

EXPECTED = {200, 400, 404, 409, 414, 431}

text = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        ["", "latest", "1", "2", "-1", "0", "9" * 30, "ETH", "ethereum", "\x00", "../", "%", "1e3"]
    ),
    st.sampled_from([kind.value for kind in FindingKind]),
    st.integers().map(str),
    st.tuples(st.integers(0, 9), st.integers(0, 99), st.sampled_from(["", "surplus", "x"])).map(
        lambda parts: "-".join(map(str, parts))
    ),
)
part = st.one_of(st.integers(0, 7).map(str), text)
names = st.sampled_from(
    [
        "after",
        "before",
        "limit",
        "kind",
        "asset",
        "network",
        "old",
        "new",
        "change",
        "q",
        "publisher",
        "x",
    ]
)
shape = st.sampled_from(
    [
        "/",
        "/snapshots",
        "/snapshots/{}",
        "/snapshots/{}/rows",
        "/snapshots/{}/rows/{}",
        "/snapshots/{}/findings",
        "/snapshots/{}/shared",
        "/snapshots/{}/totals",
        "/publishers",
        "/publishers/{}",
        "/publishers/{}/assets/{}",
        "/differences",
        "/search",
        "/addresses",
        "/{}/{}",
    ]
)


def plain(value):
    """What a client can send: lone surrogates have no bytes."""
    return value.encode("utf-8", "replace").decode()


@st.composite
def targets(draw):
    parts = (quote(plain(draw(part)), safe="") for _ in range(2))
    path = draw(st.sampled_from(["", "/api/v1"])) + draw(shape).format(*parts)
    return path, draw(st.lists(st.tuples(names, text), max_size=4))


@pytest.fixture
def ask(empty_database):  # noqa: F811
    """A function that asks the application, started for real, over its own protocol."""
    make_database(empty_database)
    app = make_app(WebSettings(empty_database))
    with asyncio.Runner() as runner:
        life = app.app.router.lifespan_context(app.app)
        runner.run(life.__aenter__())
        transport = httpx.ASGITransport(app, raise_app_exceptions=True)
        client = httpx.AsyncClient(transport=transport, base_url="http://localhost")
        yield lambda url, query: runner.run(client.get(url, params=query))
        runner.run(client.aclose())
        runner.run(life.__aexit__(None, None, None))


@settings(
    max_examples=250,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(target=targets())
def test_any_address_is_answered(ask, target):
    path, query = target
    answer = ask("http://localhost" + path, [(k, plain(v)) for k, v in query])
    assert answer.status_code in EXPECTED, (path, query, answer.text)
    if answer.headers["content-type"] == "application/json":
        answer.json()
    else:
        assert "\u202e" not in answer.text
