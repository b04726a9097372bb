"""Snapshots from the browser: for who knows the token, from our own pages, one at a time."""

from __future__ import annotations

import re
import tempfile
import time
from contextlib import contextmanager
from html import unescape
from pathlib import Path

import httpx
import pytest
from support.web_data import served

from scanner.cli.operations.serve import TOKEN
from scanner.store.database.engine import open_store

SECRET = "a-token-that-nobody-guesses"
LIST = (
    b"asset,network,address,amount\n"
    b"CFX,conflux-core,cfx:aak2rra2njvd77ezwjvx04kkds9fzagfe6ku8scz91,5\n"
)
"""Nothing here reads that network: the snapshot asks nobody."""


@contextmanager
def allowed(folder):
    """A server of two processes that lets who knows the token in, and a client of it."""
    url = f"sqlite:///{folder / 'scanner.db'}"
    open_store(url, create=True).close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(TOKEN, SECRET)
        with served(url, "--workers", "2", "--allow-scans") as found:
            found.headers["origin"] = str(found.base_url).rstrip("/")
            yield found


@pytest.fixture
def own(tmp_path):
    """For a test that leaves something behind."""
    with allowed(tmp_path) as client:
        yield client


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    with allowed(tmp_path_factory.mktemp("scans")) as client:
        yield client


@pytest.fixture(scope="module")
def signed_in(shared):
    """It may be done five times a minute."""
    with httpx.Client(base_url=shared.base_url, headers=shared.headers, timeout=30) as visitor:
        assert sign_in(visitor).status_code == 303
        yield visitor


@pytest.fixture
def client(shared):
    """A new visitor of the server of those that change nothing."""
    with httpx.Client(base_url=shared.base_url, headers=shared.headers, timeout=30) as visitor:
        yield visitor


def word(client):
    return re.search(r'name="word" value="([^"]+)"', client.get("/scans").text)[1]


def sign_in(client, token=SECRET):
    # Of a form: a file without a name of its own is a field.
    parts = {"word": (None, word(client)), "token": (None, token)}
    return client.post("/scans/sign-in", files=parts)


def send(client, mark=None, **fields):
    parts = {"word": (None, mark or word(client)), "list": ("northbank.csv", LIST)}
    parts |= {name: (None, text) for name, text in fields.items()}
    return client.post("/scans", files=parts)


def test_who_knows_the_token_takes_a_snapshot_and_watches_it(own):
    client = own
    answer = sign_in(client)
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "samesite=strict" in cookie.lower()
    place = send(client, publisher="North Bank").headers["location"]
    page = ""
    for _ in range(120):
        answer = client.get(place)
        page = unescape(answer.text)
        if "Running" not in page:
            break
        assert answer.headers["refresh"] == "3"
        assert "refresh" not in client.get(f"{place}?still=1").headers
        time.sleep(0.5)
    assert "Nothing is false, but something is not verified." in page
    assert '<a href="/snapshots/1">Snapshot 1</a>' in page
    assert "North Bank" in client.get("/snapshots/1").text
    assert not [p for p in Path(tempfile.gettempdir()).glob("scanner-*/*/list/*")]


def test_nobody_else_does(client):
    assert send(client).status_code == 403
    assert sign_in(client, "a-token-that-somebody-guesses").status_code == 403
    assert send(client).status_code == 403
    assert client.get("/scans/20260101000000-00000000", follow_redirects=False).status_code == 303


def test_a_session_that_we_did_not_give_is_none(client):
    client.cookies.set("scanner_session", "99999999999-" + "0" * 64)
    assert send(client).status_code == 403


def test_the_token_cannot_be_tried_out(own):
    codes = [sign_in(own, f"guess number {n} of many").status_code for n in range(14)]
    assert 429 in codes  # each of two processes counts for itself


def test_a_form_of_another_site_starts_nothing(client):
    sign_in(client)
    mark = word(client)
    client.headers["origin"] = "https://evil.example"
    assert send(client, mark).status_code == 403
    client.headers["origin"] = str(client.base_url).rstrip("/")
    assert send(client, "99999999999-" + "0" * 64).status_code == 403


@pytest.mark.parametrize("name", ["../../etc", "x" * 32, "20260101000000-00000000", "%2e%2e"])
def test_a_job_that_is_none(signed_in, name):
    assert signed_in.get(f"/scans/{name}").status_code == 404


def test_a_server_that_does_not_allow_it_starts_none(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url) as client:
        assert client.get("/scans").status_code == 404
        origin = str(client.base_url).rstrip("/")
        assert client.post("/scans", headers={"origin": origin}).status_code == 405
