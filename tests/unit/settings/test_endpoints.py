from pathlib import Path

import pytest

from scanner.errors import ConfigError
from scanner.settings.endpoints import load_endpoints
from scanner.settings.tables import load_registry

KEY = "canary-5eC2et"
GOOD = """
[[endpoint]]
name = "a"
network = "ethereum"
protocol = "ethereum_rpc"
url = "https://host/${THE_KEY}"
"""


def load(tmp_path: Path, text: str, **env: str):
    file = tmp_path / "mine.toml"
    file.write_text(text)
    return load_endpoints(file, load_registry(), {"THE_KEY": KEY, **env})


ONE_KNOWN = {"aelf", "algorand", "cardano", "ethereum-pow", "hedera", "pi", "sui"}
"""Networks with public endpoints of one operator only: no other keyless one is named anywhere."""


def test_shipped_endpoints_are_readable_and_name_several_operators():
    found = load_endpoints(None, load_registry(), {})
    for network in (
        "ethereum",
        "arbitrum",
        "optimism",
        "base",
        "linea",
        "polygon",
        "bsc",
        "bitcoin",
    ):
        assert len({e.operator for e in found[network]}) >= 2, network
    alone = {name for name, group in found.items() if len({e.operator for e in group}) < 2}
    assert alone == ONE_KNOWN, "name a second operator's endpoint, or the network in ONE_KNOWN"
    assert all(e.url.startswith(("https://", "ssl://")) for group in found.values() for e in group)
    hasty = [e.name for group in found.values() for e in group if not e.rate > 0]
    assert not hasty, f"config/endpoints.toml: a rate for {', '.join(hasty)}"


def test_every_evm_network_of_the_table_has_an_endpoint():
    registry = load_registry()
    found = load_endpoints(None, registry, {})
    evm = [n.name for n in registry.networks.values() if "ethereum_rpc" in n.sources]
    assert [n for n in evm if n not in found] == []


def test_environment_fills_the_url_and_the_secret_is_not_in_repr(tmp_path):
    (endpoint,) = load(tmp_path, GOOD)["ethereum"]
    assert endpoint.url == f"https://host/{KEY}"
    assert KEY not in repr(endpoint)
    assert endpoint.operator == ""


def test_url_env_names_a_variable_with_the_whole_url(tmp_path):
    text = GOOD.replace('url = "https://host/${THE_KEY}"', 'url_env = "MY_NODE"')
    (endpoint,) = load(tmp_path, text, MY_NODE="http://127.0.0.1:8545")["ethereum"]
    assert endpoint.url == "http://127.0.0.1:8545"


def test_a_users_file_stands_alone_unless_it_asks_for_defaults(tmp_path):
    assert set(load(tmp_path, GOOD)) == {"ethereum"}
    with_defaults = load(tmp_path, "defaults = true\n" + GOOD)
    assert [e.name for e in with_defaults["ethereum"]] == ["a"]
    assert "bitcoin" in with_defaults


def test_environment_variable_names_the_file(tmp_path):
    file = tmp_path / "f.toml"
    file.write_text(GOOD)
    env = {"SCANNER_ENDPOINTS": str(file), "THE_KEY": KEY}
    assert set(load_endpoints(None, load_registry(), env)) == {"ethereum"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (GOOD + 'apikey = "x"\n', "mine.toml:2: endpoint 1: unknown key 'apikey'"),
        (GOOD + GOOD, "mine.toml:8: endpoint 2: the name 'a' is given twice"),
        (GOOD + GOOD.replace('"a"', '"A"'), "given twice"),
        (GOOD.replace('"ethereum"', '"nowhere"'), "unknown network 'nowhere'"),
        (GOOD.replace("ethereum_rpc", "esplora"), "has no protocol 'esplora'"),
        (GOOD.replace("THE_KEY", "OTHER"), "'OTHER' is not set"),
        (GOOD.replace("https://", f"ftp://{KEY}"), "its URL must be"),
        (GOOD.replace("host/", "host:99999999/"), "its URL must be"),
        (GOOD + 'url_env = "X"\n', "either url or url_env"),
        (GOOD.replace('name = "a"', 'name = ""'), "name must be"),
        (GOOD.replace('name = "a"', 'name = "http://x/y"'), "name must be"),
        (GOOD.replace('name = "a"', "name = 1"), "name must be text"),
        (GOOD + "timeout = 0\n", "timeout must be a number"),
        (GOOD + "timeout = nan\n", "timeout must be a number"),
        (GOOD + "rate = -1\n", "rate must be"),
        (GOOD + "rate = true\n", "rate must be"),
        (GOOD + 'own = "yes"\n', "own must be"),
        ("surprise = 1\n" + GOOD, "unknown key 'surprise'"),
        ("endpoints = 1\n", "mine.toml: unknown key 'endpoints'; did you mean 'endpoint'?"),
        (GOOD + 'operater = "me"\n', "'operater'; did you mean 'operator' or"),
        (GOOD.replace('"ethereum"', '"etherium"'), "'etherium'; did you mean 'ethereum'"),
        ("defaults = 1\n" + GOOD, "defaults must be"),
        ("[endpoint]\nname = 'a'\n", "as an [[endpoint]] table"),
        ("[[endpoint]\n", "not valid TOML"),
    ],
)
def test_mistakes_are_named_with_their_place_and_without_the_secret(tmp_path, text, says):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert says in str(caught.value)
    assert KEY not in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("raw", [b"\xff\xfe\x00", b"\x00" * 2_000_000])
def test_a_file_that_is_no_text_or_too_large(tmp_path, raw):
    file = tmp_path / "mine.toml"
    file.write_bytes(raw)
    with pytest.raises(ConfigError, match=r"mine\.toml"):
        load_endpoints(file, load_registry(), {})


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the endpoints file"):
        load_endpoints(tmp_path / "none.toml", load_registry(), {})


def test_an_operator_is_what_the_file_says_also_of_its_host(tmp_path):
    second = GOOD.replace('"a"', '"b"').replace("host/", "HOST:8443/v2/")
    other = GOOD.replace('"a"', '"c"').replace("host/", "elsewhere/")
    stated = GOOD.replace('"a"', '"d"') + 'operator = "them"\n'
    found = load(tmp_path, GOOD + second + other)["ethereum"]
    assert [e.operator for e in found] == ["", "", ""]
    found = load(tmp_path, GOOD + second + other + stated)["ethereum"]
    assert [e.operator for e in found] == ["them", "them", "", "them"]


@pytest.mark.parametrize(
    "url",
    [
        "https://host/${THE_KEY}",
        "https://HOST:443/${THE_KEY}/",
        "https://me:secret@host/${THE_KEY}",
        "HTTPS://host/${THE_KEY}#x",
    ],
)
def test_one_server_has_one_operator(tmp_path, url):
    first = GOOD + 'operator = "Ann"\n'
    second = first.replace('"a"', '"b"').replace("https://host/${THE_KEY}", url)
    for other in (second, second.replace("Ann", " ann ")):
        assert len(load(tmp_path, first + other)["ethereum"]) == 2
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, first + second.replace("Ann", "Bob"))
    assert str(caught.value) == (
        "mine.toml:9: endpoint 2 (b): has the URL of 'a' and another operator: a server has one, and "
        "would agree with itself"
    )


@pytest.mark.parametrize("url", ["https://host/other", "https://host:8443/k", "http://host/k"])
def test_two_servers_of_one_host_may_have_two(tmp_path, url):
    first = GOOD.replace("${THE_KEY}", "k") + 'operator = "Ann"\n'
    second = first.replace('"a"', '"b"').replace("https://host/k", url).replace("Ann", "Bob")
    assert [e.operator for e in load(tmp_path, first + second)["ethereum"]] == ["Ann", "Bob"]
