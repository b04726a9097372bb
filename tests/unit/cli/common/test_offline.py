"""Being offline is said after a moment, once, and only where no name can be found."""

import time

import pytest

from scanner.cli.common.offline import named_hosts, watching
from scanner.model.endpoint import Endpoint


def endpoint(url):
    return Endpoint("n", "ethereum", "ethereum_rpc", url)


NAMED = [endpoint("https://a.example/x"), endpoint("https://b.example/y")]


def nothing(host):
    raise OSError("no such host")


def only_b(host):
    if host != "b.example":
        raise OSError("no such host")


@pytest.mark.parametrize(
    ("endpoints", "look", "said"),
    [(NAMED, nothing, True), (NAMED, only_b, False), ([], nothing, False)],
)
def test_it_is_said_where_no_name_is_found(capsys, endpoints, look, said):
    with watching(endpoints, "do something else", look, 0.01):
        time.sleep(0.3)
    assert ("seems to be offline; do something else" in capsys.readouterr().err) == said


def test_nothing_is_looked_up_where_the_work_is_done_before(capsys):
    with watching(NAMED, "", nothing, 5.0):
        pass
    assert capsys.readouterr().err == ""


def test_addresses_and_this_machine_are_no_sign():
    urls = ["http://127.0.0.1:1", "http://[::1]:2", "http://localhost:3", "https://a.example"]
    assert named_hosts([*map(endpoint, urls), NAMED[0]]) == ["a.example"]
