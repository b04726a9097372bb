"""Being offline is said after a moment, once, and only where no name can be found."""

import time
from functools import partial

import pytest

from scanner.chains.interface import ReadPolicy
from scanner.cli.common.offline import named_hosts, watching
from scanner.cli.common.sources import open_sources
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry


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


def test_whoever_opens_sources_says_it(capsys, tmp_path, monkeypatch):
    """Also `challenge`, `validators` and times: they said only that one name is not known."""
    quick = partial(watching, look=nothing, wait=0.01)
    monkeypatch.setattr("scanner.cli.common.sources.watching", quick)
    table = tmp_path / "endpoints.toml"
    table.write_text(
        '[[endpoint]]\nname = "n"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\n'
        'url = "https://a.example"\n'
    )
    registry = load_registry()
    with open_sources(["ethereum"], table, registry, ReadPolicy()):
        time.sleep(0.3)
    assert "seems to be offline; connect it, or name an endpoint" in capsys.readouterr().err
