"""Secrets that go in come out nowhere: endpoint keys, database password, webhook, mail password.

Every secret holds the word CANARY. A whole life of a database is led with them, with nodes that
answer and nodes that do not; then everything written is searched: output, logs, files, tables,
jobs, pages, metrics.
"""

import json
import re
import signal
import time
import urllib.request
from urllib.parse import urljoin

import pytest
from support.command import start_scanner
from support.eth_list import BLOCKS, HELD, start_eth_chain
from support.scripted_http import Said, serving
from support.smtp_receiver import receiving

from scanner.demo.nodes import free_port

pytestmark = pytest.mark.node

WORD = "CANARY"
ANSWERS, DEAD, HOOK, SIGNING, MAIL, PASSWORD = (f"{WORD}{n}d41d8cd98f00b204" for n in "abcdef")
LIST = "network,asset,address,amount,height\n" + "".join(
    f"ethereum,ETH,{address},0.01,3\n" for address in HELD
)
BITCOIN_ROW = "bitcoin,BTC,1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa,1,3\n"


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """URL of a database; on PostgreSQL of a user whose password is a canary."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'scanner.db'}"
    import psycopg

    url = request.getfixturevalue("postgres_database")
    owner = url.replace("+psycopg", "")
    user = f"user_{owner.rpartition('/')[2]}"
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {user} SUPERUSER LOGIN PASSWORD '{PASSWORD}'")
    return re.sub(r"//[^@]+@", f"//{user}:{PASSWORD}@", url)


@pytest.fixture
def chain(node_programs, tmp_path_factory):
    with start_eth_chain(tmp_path_factory.mktemp("chain")) as node:
        node.rpc("anvil_mine", hex(BLOCKS))
        yield node


@pytest.fixture
def hooks():
    """A webhook that fails at first, repeating what it was asked, and what it was asked."""
    asked = []

    def answer(request):
        asked.append(request)
        if len(asked) <= 2:
            return Said(500, f"no such {request.path}".encode())
        return Said()

    with serving(answer) as place, receiving() as mails:
        yield place, mails.port, asked


ENDPOINTS = """
[[endpoint]]
name = "node-dead"
network = "ethereum"
protocol = "ethereum_rpc"
chain = "1:dev"
url = "http://user:{dead}@127.0.0.1:{port}/{dead}"
timeout = 2
[[endpoint]]
name = "node-refuses"
network = "ethereum"
protocol = "ethereum_rpc"
chain = "1:dev"
url = "{chain}/v2/{answers}"
[[endpoint]]
name = "node"
network = "ethereum"
protocol = "ethereum_rpc"
chain = "1:dev"
url = "{chain}/?key={answers}"
rate = 500
[[endpoint]]
name = "core"
network = "bitcoin"
protocol = "bitcoin_core"
url = "http://rpc:{dead}@127.0.0.1:{port}/"
timeout = 2
[[endpoint]]
name = "unknown-host"
network = "litecoin"
protocol = "bitcoin_core"
url = "http://{dead}.invalid/"
timeout = 2
"""
ALERTS = """
[[channel]]
name = "ops"
kind = "webhook"
url = "http://me:{hook}@{place}/services/{hook}?token={hook}"
key_env = "SIGNING"
[[channel]]
name = "dead"
kind = "webhook"
url = "http://127.0.0.1:{port}/{hook}"
timeout = 2
[[channel]]
name = "mail"
kind = "email"
host = "127.0.0.1"
port = {mail_port}
security = "none"
user = "me"
password_env = "MAIL"
from = "scanner@example.com"
to = ["ops@example.com"]
[[rule]]
name = "incomplete"
kind = "incomplete"
[[rule]]
name = "gone"
kind = "addresses_gone"
"""


@pytest.fixture
def world(tmp_path, chain, hooks, scanner, database):
    """Run commands with every secret there is. Everything said is kept."""
    place, mail_port, asked = hooks
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    values = {
        "dead": DEAD, "answers": ANSWERS, "hook": HOOK, "port": free_port(), "chain": chain.url,
        "place": place, "mail_port": mail_port,
    }  # fmt: skip
    (secrets / "endpoints.toml").write_text(ENDPOINTS.format(**values))
    (secrets / "alerts.toml").write_text(ALERTS.format(**values))
    (tmp_path / "list.csv").write_text(LIST + BITCOIN_ROW)
    (tmp_path / "eth.csv").write_text(LIST)
    return World(scanner, tmp_path, database, asked)


class World:
    def __init__(self, scanner, folder, database, asked):
        self.scanner, self.folder, self.database = scanner, folder, database
        self.asked = asked
        self.said: list[tuple[str, str]] = []
        self.env = {
            "SCANNER_DEBUG": "1",
            "SCANNER_DATABASE": database,
            "SCANNER_ENDPOINTS": str(folder / "secrets" / "endpoints.toml"),
            "SCANNER_ALERTS": str(folder / "secrets" / "alerts.toml"),
            "SIGNING": SIGNING,
            "MAIL": MAIL,
        }

    def run(self, *arguments):
        done = self.scanner(*arguments, env=self.env)
        self.said.append((" ".join(map(str, arguments)), done.out.decode() + done.err))
        return done

    def start(self, *arguments):
        log = (self.folder / f"{arguments[0]}.log").open("wb")
        own = {"SCANNER_DATA": str(self.folder / "data"), **self.env}
        with log:
            return start_scanner(arguments, folder=self.folder, env=own, stdout=log, stderr=log)

    def log(self, name):
        return (self.folder / f"{name}.log").read_text()


def test_no_secret_is_ever_seen(world):
    assert world.run("db", "upgrade").status == 0
    take_snapshots(world)
    let_a_worker_work(world)
    read_results(world)
    browse(world)
    assert any(HOOK in request.path for request in world.asked), "the canary was there to be seen"
    for command, words in world.said:
        assert WORD not in words, command
    files = [p for p in world.folder.rglob("*") if p.is_file() and p.parent.name != "secrets"]
    assert len(files) >= 10
    for path in files:
        assert WORD.encode() not in path.read_bytes(), path
    for table, content in tables(world):
        assert WORD.encode() not in content, table


def take_snapshots(world):
    assert world.run("snapshot", "list.csv", "--publisher", "x").status == 3
    assert world.run("snapshot", "eth.csv", "--publisher", "x").status in (1, 3)
    assert world.run("endpoints", "check").status in (2, 3)
    assert world.run("challenge", "list.csv", "--network", "litecoin").status == 2
    assert world.run("alerts", "test").status == 3
    first = world.run("alerts", "run", "1")
    assert (first.status, "incomplete" in first.err) == (3, True), first.err
    assert world.run("alerts", "run", "2", "--json").status in (0, 3)


def let_a_worker_work(world):
    add = ("schedule", "add", "x", "--list", "list.csv", "--cron", "0 6 * * *")
    assert world.run(*add).status == 0
    assert world.run("schedule", "run-now", "x").status == 0
    port = free_port()
    worker = world.start("worker", "--log-format", "json", "--health-port", str(port))
    try:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            going = json.loads(world.run("status", "--json").out)["going"]
            if any(s["snapshot"] == 3 and s["done"] >= 1 for s in going):
                break
            time.sleep(1)
        else:
            pytest.fail(f"the worker did nothing: {world.log('worker')}")
        for page in ("healthz", "readyz", "metrics"):
            world.said.append((f"the worker's {page}", fetch(f"http://127.0.0.1:{port}/{page}")))
        assert 'endpoint="' in world.said[-1][1]
        time.sleep(3)  # for the chunk whose node is dead to fail, and to be told
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(70) == 0
    finally:
        worker.kill()
        worker.wait()
    lines = [json.loads(line) for line in world.log("worker").splitlines()]
    assert {"working on", "stopped"} <= {
        line["event"].split(" sq")[0].split(" po")[0] for line in lines
    }
    assert all({"timestamp", "level", "logger", "event"} <= set(line) for line in lines)
    if world.database.startswith("sqlite"):  # the queue looks once a minute
        assert any("delivered to ops" in line["event"] for line in lines)


def read_results(world):
    for command in (
        *(["totals"], ["totals", "1", "--json"], ["show", "1", "--jsonl"], ["status"]),
        *(["report", "1"], ["report", "1", "--json", "-o", "report.json"], ["db", "check"]),
        *(["diff", "1", "2", "--jsonl"], ["schedule", "list"], ["resume", "1"]),
    ):
        assert world.run(*command).status in (0, 1, 3), command
    for table in ("totals", "balances", "ownership", "claims", "findings"):
        assert world.run("export", table, "1", "-o", f"{table}.csv").status in (0, 1, 3)


def browse(world):
    """Every page within reach of the first, the API, metrics."""
    port = free_port()
    server = world.start("serve", "--port", str(port), "--log-format", "json")
    base = f"http://127.0.0.1:{port}/"
    try:
        wait_for(base + "readyz", server)
        todo, seen = [base, base + "metrics", base + "openapi.json", base + "none"], {}
        while todo and len(seen) < 80:
            url = todo.pop(0)
            if url in seen:
                continue
            seen[url] = fetch(url)
            found = re.findall(r'href="([^"#]+)"', seen[url].replace("&amp;", "&"))
            todo += [u for u in (urljoin(url, h) for h in found) if u.startswith(base)]
        assert len(seen) > 15
        assert "scanner_last_complete_snapshot_age_seconds" in seen[base + "metrics"]
        world.said += [(f"GET {url}", page) for url, page in seen.items()]
    finally:
        server.terminate()
        server.wait(30)


def wait_for(url, process):
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=2).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server did not come up")


def fetch(url):
    try:
        with urllib.request.urlopen(url, timeout=20) as answer:
            return str(answer.headers) + answer.read().decode("utf-8", "replace")
    except urllib.error.HTTPError as e:
        with e:
            return str(e.headers) + e.read().decode("utf-8", "replace")


def tables(world):
    """What PostgreSQL holds, table by table, the queue's included; SQLite is a file above."""
    if world.database.startswith("sqlite"):
        return
    import psycopg

    names = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    with psycopg.connect(world.database.replace("+psycopg", "")) as connection:
        found = [name for (name,) in connection.execute(names).fetchall()]
        assert {"snapshot", "alert_delivery", "procrastinate_jobs"} <= set(found)
        for name in found:
            with connection.cursor().copy(f"COPY {name} TO STDOUT") as copy:
                yield name, b"".join(bytes(part) for part in copy)
