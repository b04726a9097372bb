"""The page that checks a list: verdict in the page, within limits, for this server's pages only."""

from __future__ import annotations

import gzip
import socket
import subprocess
import tempfile
import time
from contextlib import suppress
from html import unescape
from pathlib import Path

import pytest
from support.published_lists import SAMPLE
from support.signed_rows import MESSAGE, evm_address, evm_sign, key, tron_address
from support.web_data import served

from scanner.ownership.primitives import envelopes
from scanner.store.database.engine import open_store
from scanner.web import uploading
from scanner.web.guard import TAKEN_IN_SECONDS
from scanner.web.uploading import MOST_BYTES


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A server over a database without a snapshot: the page needs none."""
    url = f"sqlite:///{tmp_path_factory.mktemp('verify') / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url) as found:
        yield found


def word(client):
    return client.get("/verify").text.split('name="word" value="')[1].split('"')[0]


def origin(client):
    return {"origin": str(client.base_url).rstrip("/")}


def send(client, body, name="okx.csv", *, headers=None, mark=None, **fields):
    data = {"word": word(client) if mark is None else mark, **fields}
    return client.post(
        "/verify",
        files={"list": (name, body)},
        data=data,
        headers=origin(client) if headers is None else headers,
    )


def signed_list(*, other=False):
    signer, liar = key(7001), key(7002)
    lines = ["asset,network,address,amount,message,signature"]
    lines.append(
        f"ETH,ethereum,{evm_address(signer)},1.5,{MESSAGE},{evm_sign(liar if other else signer)}"
    )
    return ("\n".join(lines) + "\n").encode()


def test_a_list_is_read_and_verified_in_the_page(client):
    page = unescape(send(client, signed_list()).text)
    assert "control verified" in page.lower()
    assert "1.5000" in page
    assert MESSAGE in page


def test_what_was_not_checked_stands_beside_what_was(client):
    page = unescape(send(client, signed_list(), statement=MESSAGE).text)
    assert "All signed for" in page
    assert "What was not checked" in page
    assert "What any address held" in page
    assert "Whether another publisher’s list claims the same addresses" in page
    assert "Claimed, not checked" in page


def test_accounts_whose_keys_nobody_asked_about_are_told(client):
    row = f"TRX,tron,{tron_address(key(1))},5,{MESSAGE},"
    signature = evm_sign(key(1), MESSAGE, envelopes.tip191_text)
    body = f"asset,network,address,amount,message,signature\n{row}{signature}\n".encode()
    page = unescape(send(client, body, statement=MESSAGE).text)
    assert "1 of the verified rows: the account's current keys were not checked" in page


def test_what_repeats_other_rows_is_not_a_claim_of_0(client):
    address = "0x" + "6e" * 32
    body = f"asset,network,address,amount\nAPT,aptos,{address},5\nAPT-FA,aptos,{address},5\n"
    page = send(client, body.encode()).text
    assert ("5.0000" in page, "0.0000" in page) == (True, False)


def test_only_what_is_too_much_is_for_the_terminal(client):
    page = unescape(send(client, b"a,b\n1,2\n").text)
    assert "Not checked" in page
    assert "no limit" not in page
    assert "fields of the form below" in page


def test_what_is_false_is_said_first(client):
    page = unescape(send(client, signed_list(other=True)).text)
    assert "Found false" in page
    assert "signed by another key" in page.lower()


def test_a_page_about_it_is_not_kept(client):
    answer = send(client, gzip.compress(signed_list()), "../../etc/<b>x.csv.gz")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert "<b>" not in answer.text


def test_nothing_of_it_is_left_behind(tmp_path, monkeypatch):
    where, run = [], subprocess.run

    def watched(*arguments, cwd, **options):
        where.append(Path(cwd))
        return run(*arguments, cwd=cwd, **options)

    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(uploading.subprocess, "run", watched)
    options = {"name": "x.csv.gz", **dict.fromkeys(uploading._FIELDS, ""), "statement": MESSAGE}
    found = uploading.checked(options, gzip.compress(signed_list()))
    assert found["exit_status"] == 0
    assert [folder.parent for folder in where] == [tmp_path]
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", [b"", b"\x00\x01\x02", b"a,b\n1,2\n", b"PK\x03\x04broken"])
def test_what_is_no_list_is_said_in_a_sentence(client, body):
    answer = send(client, body)
    assert answer.status_code == 200
    assert "Not checked" in answer.text


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:1"},
    ],
)
def test_a_form_of_another_site_is_not_taken(client, headers):
    assert send(client, signed_list(), headers=headers).status_code == 403


def test_nor_one_that_a_browser_calls_foreign(client):
    headers = {**origin(client), "sec-fetch-site": "cross-site"}
    assert send(client, signed_list(), headers=headers).status_code == 403


@pytest.mark.parametrize("mark", ["", "1-00", "99999999999-" + "0" * 64, "x", "\u0661-a"])
def test_nor_one_without_our_word(client, mark):
    assert send(client, signed_list(), mark=mark).status_code == 403


def test_too_much_is_refused_unread(client):
    place = client.base_url.host, client.base_url.port
    head = f"POST /verify HTTP/1.1\r\nhost: {place[0]}:{place[1]}\r\n"
    with socket.create_connection(place, 10) as raw:
        raw.sendall(f"{head}content-length: {MOST_BYTES + 1}\r\n\r\n".encode())
        assert raw.recv(100).startswith(b"HTTP/1.1 413")
    headers = {**origin(client), "content-type": "multipart/form-data; boundary=x"}
    assert client.post("/verify", content=iter([b"x"]), headers=headers).status_code == 411


@pytest.mark.parametrize("megabytes", [17, 60])
def test_who_sends_too_much_hears_why(client, megabytes):
    """It is not read, and the connection is not reset on who still sends."""
    for _ in range(5):  # a reset comes now and then
        body = b"x" * (megabytes * 2**20)
        answer = client.post("/verify", files={"list": ("l.csv", body)}, headers=origin(client))
        assert answer.status_code == 413
        assert "at most 16,777,216 bytes" in answer.text
    answer = client.put("/verify", content=b"x" * 2**20)
    assert answer.status_code == 405


def test_who_asks_first_is_told_at_once(client):
    place = client.base_url.host, client.base_url.port
    head = f"POST /verify HTTP/1.1\r\nhost: {place[0]}:{place[1]}\r\n"
    head += f"content-length: {MOST_BYTES + 1}\r\nexpect: 100-continue\r\n\r\n"
    with socket.create_connection(place, 30) as raw:
        raw.sendall(head.encode())
        said = b""
        while part := raw.recv(65536):
            said += part
    assert said.startswith(b"HTTP/1.1 413")
    assert b"16,777,216" in said


def test_who_never_ends_is_not_waited_for(client):
    place = client.base_url.host, client.base_url.port
    head = f"POST /verify HTTP/1.1\r\nhost: {place[0]}:{place[1]}\r\n"
    began = time.monotonic()
    with socket.create_connection(place, 60) as raw:
        raw.sendall(f"{head}content-length: 999999999\r\n\r\n".encode())
        with suppress(OSError):
            while raw.recv(65536):
                raw.sendall(b"x")
    assert time.monotonic() - began < TAKEN_IN_SECONDS + 30


@pytest.mark.parametrize(
    "content",
    [b"", b"--x", b"--x--", b"--x\r\n\r\n--x--", b"--x\r\n" * 40 + b"--x--", b"nothing"],
)
def test_a_broken_form_is_an_answer_and_not_a_fault(client, content):
    headers = {**origin(client), "content-type": "multipart/form-data; boundary=x"}
    assert client.post("/verify", content=content, headers=headers).status_code in (400, 403)
    assert client.post("/verify", content=content, headers=origin(client)).status_code == 400


def test_so_many_a_minute(client):
    codes = [send(client, b"a,b\n").status_code for _ in range(12)]
    assert 429 in codes


def test_a_server_may_take_none(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url, "--no-uploads") as client:
        assert "accepts no lists" in client.get("/verify").text
        assert client.post("/verify", headers=origin(client)).status_code == 405


def test_the_text_that_counts_may_be_said(client_of_its_own):
    """The list names no publisher: nothing counts unless the reader says so."""
    doubted = send(client_of_its_own, signed_list(), "northbank.csv")
    assert "0 verified" in unescape(doubted.text)
    accepted = send(client_of_its_own, signed_list(), "northbank.csv", statement=MESSAGE)
    assert "1 of 1 row verified" in unescape(accepted.text)


@pytest.fixture
def client_of_its_own(tmp_path):
    url = f"sqlite:///{tmp_path / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url) as found:
        yield found


def test_a_list_that_contradicts_itself_is_no_good_list(client_of_its_own):
    """No row of the publisher's own sample is false, and its totals are not those of its rows."""
    page = unescape(send(client_of_its_own, SAMPLE.read_bytes(), "okx_por_example.csv").text)
    assert "Found false" in page
    assert "The list contradicts itself. 5 rows: 3 verified" in page
    assert "total differs" in page
