"""The form that checks one signed message: verdict in words, nothing asked, nothing kept."""

from html import unescape

import pytest
from support.signed_rows import MESSAGE, evm_address, evm_sign, key
from support.web_data import served

from scanner.store.database.engine import open_store


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    """A server over a database without a snapshot: the form needs none."""
    url = f"sqlite:///{tmp_path_factory.mktemp('check') / 'scanner.db'}"
    open_store(url, create=True).close()
    with served(url) as found:
        yield found


@pytest.fixture(scope="module")
def signed():
    """What a key signed."""
    signer = key(7001)
    return {"address": evm_address(signer), "message": MESSAGE, "signature": evm_sign(signer)}


def test_the_form_alone_says_nothing(client):
    page = client.get("/check").text
    assert '<form class="check"' in page
    assert "answer" not in page.split("<form")[1]


def test_a_good_signature(client, signed):
    page = unescape(client.get("/check", params=signed).text)
    assert "Good signature" in page
    assert "the address is computed from the key" in page
    assert signed["address"] in page


def test_another_text_is_false(client, signed):
    page = client.get("/check", params={**signed, "message": "another text"}).text
    assert 'class="answer false"' in page


def test_lines_of_a_form_come_with_cr_lf(client, signed):
    lines = "first line\nsecond line"
    given = {**signed, "message": lines, "signature": evm_sign(key(7001), lines)}
    assert "Good signature" in client.get("/check", params=given).text
    given["message"] = "first line\r\nsecond line"
    assert "Good signature" in client.get("/check", params=given).text


def test_half_a_question_is_told(client, signed):
    page = client.get("/check", params={"address": signed["address"]}).text
    assert "An address and a signature are needed." in page


def test_an_unknown_network_gets_the_nearest(client, signed):
    page = unescape(client.get("/check", params={**signed, "network": "etherium"}).text)
    assert "did you mean 'ethereum'" in page


@pytest.mark.parametrize("name", ["address", "message", "signature", "key", "network"])
def test_hostile_text_is_only_shown(client, signed, name):
    page = client.get("/check", params={**signed, name: "<script>alert(1)</script>"})
    assert page.status_code == 200
    assert "<script>" not in page.text


def test_a_text_too_long_is_refused(client, signed):
    assert client.get("/check", params={**signed, "message": "x" * 2_001}).status_code == 400
