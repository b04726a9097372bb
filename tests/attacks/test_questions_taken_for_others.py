"""Answers are kept for who asks the same: no question may be made to look like another one."""

from __future__ import annotations

import socket

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct
from support.web_data import make_database, served

from scanner.errors import SnapshotNotFoundError
from scanner.settings.tables import load_registry
from scanner.store.database.engine import open_store
from scanner.web.site import Site


@pytest.fixture(scope="module")
def url(tmp_path_factory):
    found = f"sqlite:///{tmp_path_factory.mktemp('web') / 'scanner.db'}"
    make_database(found)
    return found


@pytest.fixture
def client(url):
    with served(url) as found:
        yield found


def ask(client, target):
    """Ask as no browser does: with the part that a browser keeps to itself."""
    host, port = client.base_url.host, client.base_url.port
    head = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    with socket.create_connection((host, port)) as asking:
        asking.sendall(head.encode())
        answer = b""
        while part := asking.recv(65_536):
            answer += part
    return answer.decode()


def test_a_bad_signature_has_no_page_of_a_good_one(client):
    key = Account.create()
    good = key.sign_message(encode_defunct(text="true text")).signature.hex()
    link = f"/check?address={key.address}&message=I+owe+you+everything&signature=0xdead"
    other = ask(client, f"{link}#&message=true+text&signature=0x{good.removeprefix('0x')}")
    assert "Good signature" in other
    assert "Good signature" not in client.get(link).text


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("/search?q=rival#", "/search?q=rival"),
        ("/search?q=#&q=rival", "/search?q="),
        ("/publishers/1/assets/ETH%23?before=1", "/publishers/1/assets/ETH"),
        ("/publishers/1/assets/ETH%3Fbefore=1?before=1", "/publishers/1/assets/ETH?before=1"),
    ],
)
def test_every_question_has_its_own_answer(url, first, second):
    with served(url) as client:
        own = ask(client, second).partition("\r\n\r\n")[2]
    with served(url) as client:
        ask(client, first)
        assert ask(client, second).partition("\r\n\r\n")[2] == own


def test_no_name_is_the_name_of_a_snapshot_that_is_pruned(url):
    with open_store(url, read_only=True) as store:
        site = Site(store, load_registry())
        assert site.head("1", pruned=True).id == 1
        for name in ("pruned or 1", "(1, True)"):
            with pytest.raises(SnapshotNotFoundError):
                site.head(name)
        site.version.close()
