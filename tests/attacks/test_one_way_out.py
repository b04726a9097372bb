"""Attackers on the wire: a list's server, a node, a name server. Nobody else chooses whom we ask."""

import ast
import base64
import gzip
import ipaddress
import logging
import socket
import subprocess
import sys
import zlib
from dataclasses import replace
from functools import cache
from pathlib import Path
from urllib.parse import quote

import httpcore
import pytest
from support.scripted_http import Said, serving

import scanner
from scanner.chains.bitcoin.core_rpc import CoreRpc
from scanner.chains.bitcoin.electrum_rpc import ElectrumRpc
from scanner.chains.fleet.rpc import Rpc
from scanner.errors import ScannerError, SourceRejectedError, SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net import reach
from scanner.net.fetching import fetched
from scanner.net.http import Transport

SECRET = "db_password=hunter2-the-internal-one"
INSIDE = [
    "127.0.0.1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fd00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "2001:db8::1",
    "fec0::1",  # site-local, given up in 2004: the interpreter's tables call some of these global
    *("3fff::1", "5f00::1", "100::1", "4000::1", "64:ff9b:1::1", "2001:2::1", "2001:20::1"),
    *("::127.0.0.1", "::ffff:0:127.0.0.1", "192.0.0.9", "192.88.99.1", "198.18.0.1"),
]


@pytest.mark.parametrize("address", INSIDE)
def test_addresses_that_are_not_of_the_public_internet(address):
    assert reach.is_inside(address)


@pytest.mark.parametrize(
    "address",
    [
        *("1.1.1.1", "8.8.8.8", "2606:4700:4700::1111", "2001:4860:4860::8888", "64:ff9b::808:808"),
        *("::ffff:8.8.8.8", "2002:808:808::1", "11.0.0.1", "172.32.0.1", "100.128.0.1"),
        *("2001:200::1", "3ffe::1", "3fff:1000::1", "223.255.255.255"),
    ],
)
def test_addresses_of_the_public_internet(address):
    assert not reach.is_inside(address)


@pytest.mark.parametrize("host", ["localhost", "bitcoind", "a.local", "[::1]", "x.home.arpa"])
def test_hosts_that_say_themselves_that_they_stand_inside(host):
    assert reach.is_written_inside(host, {})


def test_a_name_with_dots_is_outside_unless_the_operator_says_otherwise():
    assert not reach.is_written_inside("lists.example.com", {})
    assert reach.is_written_inside("Lists.Example.com.", {reach.VARIABLE: "a, lists.example.com"})


def _resolving(monkeypatch, *addresses):
    def lookup(host, port, *_, **__):
        if host.endswith(".example"):
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in addresses]
        return real(host, port, *_, **__)

    real = socket.getaddrinfo
    monkeypatch.setattr(socket, "getaddrinfo", lookup)


def test_a_public_name_that_leads_inside_is_refused(monkeypatch):
    _resolving(monkeypatch, "127.0.0.1")
    asked = []
    with serving(lambda r: asked.append(r) or Said(200, SECRET.encode())) as host:
        url = f"http://lists.example:{host.split(':')[1]}/list.csv"
        with pytest.raises(SourceRejectedError, match="inside this network"), fetched(url, "okx"):
            pass
        http = Transport(Endpoint("n", "bitcoin", "esplora", url))
        with pytest.raises(SourceRejectedError, match="inside this network"):
            http.get()
        http.close()
        assert not asked
        monkeypatch.setenv(reach.VARIABLE, "lists.example")
        with fetched(url, "okx") as got:
            assert got.file.read_text() == SECRET
        assert len(asked) == 1


def test_an_electrum_servers_name_that_leads_inside_is_refused(monkeypatch):
    """It speaks no HTTP, and goes the same way out."""
    _resolving(monkeypatch, "127.0.0.1")
    with socket.create_server(("127.0.0.1", 0)) as inside:
        port = inside.getsockname()[1]
        theirs = Endpoint("n", "bitcoin", "electrum", f"tcp://electrum.example:{port}", timeout=2)
        with pytest.raises(SourceRejectedError, match="inside this network"):
            ElectrumRpc(theirs).call("server.banner")
        inside.settimeout(0.2)
        with pytest.raises(TimeoutError):
            inside.accept()
        with pytest.raises(SourceUnavailableError, match="no complete answer"):
            ElectrumRpc(replace(theirs, own=True, timeout=0.5)).call("server.banner")


SPEAKS = {
    "socket": {
        "alerts.channels": "hangs up on a mail server; `smtplib` connects",
        "net.reach": "connects to addresses that were looked at",
        "chains.bitcoin.electrum_rpc": "names its errors; `net.reach` connects",
        "cli.common.offline": "asks this machine's resolver for names the operator wrote",
        "demo.nodes": "free ports of 127.0.0.1",
        "web.server": "listens",
        "worker.health": "listens",
        "worker.service": "this machine's name",
    },
    "smtplib": {"alerts.channels": "mail, to the operator's own server"},
    "httpx": {"net.client": "", "net.http": "", "net.download": ""},
    "httpcore": {"net.client": "", "net.deadline": "", "net.reach": ""},
    "urllib.request": {"net.client": "reads the environment's proxies"},
    "http.server": {"worker.health": "listens", "demo.replay.server": "listens"},
}
"""Module -> who may import it, and for what."""
OTHERS = {"http.client", "requests", "aiohttp", "urllib3", "websockets", "ftplib", "telnetlib",
          "poplib", "imaplib", "nntplib", "xmlrpc", "xmlrpc.client"}  # fmt: skip


def test_nothing_else_speaks_to_others():
    """One way out: who opens a connection stands in the table above, and nowhere else."""
    root = Path(scanner.__file__).parent
    found: dict[str, set[str]] = {}
    for path in root.rglob("*.py"):
        place = ".".join(path.relative_to(root).with_suffix("").parts)
        for node in ast.walk(ast.parse(path.read_text())):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [node.module or "", *(f"{node.module}.{a.name}" for a in node.names)]
            for name in set(names) & (set(SPEAKS) | OTHERS):
                found.setdefault(name, set()).add(place)
    assert found == {name: set(places) for name, places in SPEAKS.items()}


def test_nobody_but_the_way_out_connects_sockets():
    """Who may name the module (for its errors, to listen) may still not connect."""
    root = Path(scanner.__file__).parent
    connects = {"create_connection", "open_connection", "open_unix_connection", "connect_ex"}
    found = {
        (".".join(path.relative_to(root).with_suffix("").parts), node.attr)
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in connects
    }
    assert found == {("net.reach", "create_connection")}


def test_the_address_that_was_looked_at_is_the_one_connected_to(monkeypatch):
    """A name server that says a public address first and ours a moment later (rebinding)."""
    answers, connected = iter([["8.8.8.8"], ["127.0.0.1"]]), []
    monkeypatch.setattr(
        socket,
        "getaddrinfo",
        lambda host, port, *_, **__: [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", (a, port)) for a in next(answers)
        ],
    )

    class Plain:
        def connect_tcp(self, host, *_):
            connected.append(host)
            raise httpcore.ConnectError("tried")

    backend = reach.CheckedBackend("n", inside=False)
    backend._plain = Plain()
    with pytest.raises(httpcore.ConnectError, match="tried"):
        backend.connect_tcp("rebinding.example.com", 80)
    assert connected == ["8.8.8.8"]


def test_of_several_addresses_those_inside_are_left_out(monkeypatch):
    _resolving(monkeypatch, "10.0.0.1", "8.8.8.8", "::1")
    assert reach.checked_addresses("n", "a.example", 80, False) == ["8.8.8.8"]


@pytest.mark.parametrize(
    "there",
    [
        "http://127.0.0.1:{port}/secret",
        "http://localhost:{port}/secret",
        "http://169.254.169.254/latest/meta-data",
        "https://127.0.0.1:{port}/secret",
        "https://internal-host/secret",
        "http://example.com/plain",
        "file:///etc/passwd",
        "gopher://example.com/",
        "https://user:pw@example.com/",
        "http://[::1]:{port}/",
        "",
    ],
)
def test_a_redirect_does_not_reach_inside(there):
    inner = []
    with serving(lambda r: inner.append(r) or Said(200, SECRET.encode())) as inside:
        location = there.format(port=inside.split(":")[1])
        with (
            serving(lambda r: Said(302, b"", {"location": location})) as outside,
            pytest.raises(ScannerError) as caught,
            fetched(f"http://{outside}/l", "okx"),
        ):
            pass
    assert not inner
    assert isinstance(caught.value, SourceRejectedError | SourceUnavailableError)
    assert "secret" not in str(caught.value)


def test_a_redirect_within_the_server_is_followed():
    pages = {"/a": Said(301, b"", {"location": "b"}), "/b": Said(200, b"the list")}
    with serving(lambda r: pages[r.path]) as host, fetched(f"http://{host}/a", "okx") as got:
        assert got.file.read_text() == "the list"


def test_endpoints_are_never_redirected():
    inner = []
    with serving(lambda r: inner.append(r) or Said()) as inside:
        moved = Said(307, b"", {"location": f"http://{inside}/"})
        with serving(lambda r: moved) as outside:
            http = Transport(Endpoint("n", "bitcoin", "esplora", f"http://{outside}/"))
            assert http.get().status == 307
            http.close()
    assert not inner


@cache
def _bomb(megabytes):
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    inner = b"".join(packer.compress(b" " * 2**20) for _ in range(megabytes)) + packer.flush()
    return inner, gzip.compress(inner, 9)


PROGRAM = """
import resource, sys
from pathlib import Path
from scanner.errors import ScannerError
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport
from scanner.net.fetching import fetched
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    if sys.argv[1] == "node":
        Transport(Endpoint("n", "ethereum", "ethereum_rpc", sys.argv[2])).post_json({})
    else:
        with fetched(sys.argv[2], "okx", limit=50_000_000):
            pass
except ScannerError as e:
    print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024, e)
"""


@pytest.mark.parametrize("reader", ["node", "list"])
@pytest.mark.parametrize("packed", ["once", "twice"])
def test_a_body_that_grows_when_it_is_unpacked(reader, packed):
    """The reader may take its limit (64 MiB and what holds it), not what the sender says."""
    once, twice = _bomb(600)
    body, encoding = (once, "gzip") if packed == "once" else (twice, "gzip, gzip")
    with serving(lambda r: Said(200, body, {"content-encoding": encoding})) as host:
        command = [sys.executable, "-c", PROGRAM, reader, f"http://{host}/"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    megabytes, _, words = done.stdout.partition(" ")
    assert ("larger than" if packed == "once" else "encoding") in words, done.stderr
    assert int(megabytes) < (150 if packed == "once" else 20)


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, identity, gzip", "compress"])
def test_an_encoding_that_was_not_asked_for_is_refused(encoding):
    with serving(lambda r: Said(200, b"x", {"content-encoding": encoding})) as host:
        http = Transport(Endpoint("n", "bitcoin", "esplora", f"http://{host}/"))
        with pytest.raises(SourceUnavailableError, match="encoding"):
            http.get()
        http.close()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        gzip.compress(b"ab", mtime=0) + gzip.compress(b"cd", mtime=0),
        gzip.compress(b"x" * 3_000_000, mtime=0),
    ],
)
def test_gzip_as_it_should_be(body):
    with serving(lambda r: Said(200, body, {"content-encoding": "gzip"})) as host:
        http = Transport(Endpoint("n", "bitcoin", "esplora", f"http://{host}/"))
        assert http.get().body == (gzip.decompress(body) if body else b"")
        http.close()


@pytest.mark.parametrize("body", [b"no gzip", gzip.compress(b"x" * 1000, mtime=0)[:-9]])
def test_gzip_that_is_broken_or_cut(body):
    with serving(lambda r: Said(200, body, {"content-encoding": "gzip"})) as host:
        http = Transport(Endpoint("n", "bitcoin", "esplora", f"http://{host}/"))
        with pytest.raises(SourceUnavailableError):
            http.get()
        http.close()


USER, PASSWORD, TOKEN, PATH = "alice", "pa55/w0rd+Z", "t0k3n=42", "path-CANARY-77"


def _spellings(text):
    raw = text.encode()
    return {
        text,
        text.upper(),
        text[::-1],
        quote(text, safe=""),
        quote(quote(text, safe=""), safe=""),
        quote(text, safe="").lower(),
        raw.hex(),
        base64.b64encode(raw).decode(),
        base64.urlsafe_b64encode(raw).decode(),
        base64.b32encode(raw).decode(),
        text[:5] + " " + text[5:],
        "".join(f"&#{c};" for c in raw),
        "".join(f"\\u{c:04x}" for c in raw),
    }


SECRETS = sorted({s for t in (PASSWORD, TOKEN, PATH, f"{USER}:{PASSWORD}") for s in _spellings(t)})


@pytest.mark.parametrize("secret", SECRETS)
def test_no_spelling_of_a_credential_is_in_an_error(secret, monkeypatch, caplog):
    """Nodes that repeat what they were sent, in an error's words, code, data, status line."""
    words = f"unauthorized: {secret}"
    error = {"jsonrpc": "2.0", "id": 1, "error": {"code": -32000, "message": words, "data": words}}
    import json

    answers = [
        Said(200, json.dumps(error).encode()),
        Said(500, words.encode()),
        Said(400, words.encode()),
        Said(200, json.dumps({**error, "error": words}).encode()),
        Said(200, json.dumps({"id": words, "result": words}).encode()),
    ]
    url = f"{quote(USER)}:{quote(PASSWORD, safe='')}@"
    monkeypatch.delenv("SCANNER_DEBUG", raising=False)
    with caplog.at_level(logging.DEBUG):
        for said in answers:
            with serving(lambda r, said=said: said) as host:
                place = f"http://{url}{host}/{PATH}?token={quote(TOKEN)}"
                rpc = Rpc(Endpoint("n", "ethereum", "ethereum_rpc", place))
                core = CoreRpc(Endpoint("n", "bitcoin", "bitcoin_core", place))
                for ask in (rpc.ask, core.call):
                    with pytest.raises(ScannerError) as caught:
                        ask("m")
                    assert secret not in str(caught.value)
                rpc.close()
                core._http.close()
    assert secret not in caplog.text


def test_the_debug_log_has_the_words_without_the_known_spellings(monkeypatch, caplog):
    monkeypatch.setenv("SCANNER_DEBUG", "1")
    basic = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    body = f"told you: {basic} {quote(TOKEN)} {TOKEN.upper()} {quote(quote(PASSWORD, safe=''))}"
    url = f"{USER}:{quote(PASSWORD, safe='')}@"
    with serving(lambda r: Said(400, body.encode())) as host:
        http = Transport(Endpoint("n", "b", "esplora", f"http://{url}{host}/?token={quote(TOKEN)}"))
        assert http.heard(http.get().text()) == f"a text of {len(body)} characters"
        http.close()
    assert "told you: *** *** *** ***" in caplog.text


def test_every_address_family_is_judged():
    """No special-purpose block of either family is reachable by another spelling of it."""
    for block in ("10.0.0.0/8", "127.0.0.0/8", "169.254.0.0/16", "192.168.0.0/16"):
        first = ipaddress.ip_network(block)[5]
        assert reach.is_inside(f"::ffff:{first}")
        assert reach.is_inside(f"64:ff9b::{first}")
