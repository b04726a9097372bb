"""Coins of a test chain cost nothing: every command and page that shows a result names the chain.

Each command and page is of one of two kinds here; a new one fails a test until it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from support.attack_lab import (
    MESSAGE,
    WEI,
    account_of,
    bitcoin_endpoint,
    evm_endpoint,
    key,
    sign_evm,
    write_rows,
    write_table,
)
from support.command import Scanner, scanner_in
from support.missing import cannot
from support.okx_proofs import pin
from support.web_data import served

from scanner.alerts import channels
from scanner.alerts.config import Webhook
from scanner.alerts.telling import message_of
from scanner.cli.table import ENTRIES
from scanner.demo.nodes import Anvil, Bitcoind
from scanner.errors import NodeMissingError
from scanner.model.control import Freshness
from scanner.model.named import named
from scanner.ownership.challenge import parse_challenge
from scanner.ownership.freshness import grade
from scanner.reports.figures.other_chains import WORTHLESS
from scanner.store.database.engine import open_store
from scanner.store.reading import queries
from scanner.store.writing import alert_log
from scanner.web import api, checking, downloads, feeds, pages, render, scanning, uploading
from scanner.web.objects import head_object

pytestmark = pytest.mark.node

NOTICE = "NOT THE REAL ethereum: read on the chain '31337'"
PAGE = "ethereum: read on the chain “31337”"
CHAINS = [{"network": "ethereum", "chain": "31337"}]
TOY = Path(__file__).parents[1] / "vectors/liabilities/okx_v2/toy/sum_proof_data.json.gz"
WHO, OTHER = account_of(key(1)), account_of(key(2))
TAKE = ("--publisher", "Example", "--endpoints", "ends.toml", "--statement", MESSAGE)
SIGNED = (WHO, MESSAGE, sign_evm(key(1)))
ALERTS = """
[[channel]]
name = "nobody"
kind = "webhook"
url = "http://127.0.0.1:9/"
timeout = 1
[[rule]]
name = "ratio"
kind = "reserve_ratio"
under = 2
assets = ["ETH"]
"""

TABLES = ("totals", "balances", "ownership", "verified", "ratios", "findings", "claims")
TEXTS = {
    "snapshot": ["snapshot list.csv {take}"],
    "resume": ["resume 3 --endpoints ends.toml"],
    "totals": ["totals 3", "totals 3 --exact", "totals 3 --groups"],
    "value": ["value 3", "value 3 --exact"],
    "show": ["show 3", "show 3 --only shortfall", "show 3 --jsonl -"],
    "diff": ["diff 2 3", "diff 2 3 --exact", "diff 2 3 --jsonl -"],
    "report": ["report 3 -o r.html", "report 3 --json -o r.json"],
    "report verify": ["report verify r.json"],
    "export": [f"export {table} 3" for table in TABLES],
    "liabilities ratio": ["liabilities ratio 3"],
    "challenge": ["challenge list.csv --network ethereum {ends}"],
    "verify-message": ["verify-message {signed} --network ethereum --at ethereum-node {ends}"],
    "verify-transactions": ["verify-transactions said.csv {ends}"],
    "pruned": ["pruned 1"],
    "status": ["status"],
    "alerts run": ["alerts run 3 --alerts alerts.toml"],
}
"""Command -> ways to call it that write for people."""
DATA = {
    "snapshot": ["snapshot list.csv {take} --json"],
    "totals": ["totals 3 --json", "totals 3 --format csv"],
    "value": ["value 3 --json", "value 3 --format csv"],
    "show": ["show 3 --json"],
    "diff": ["diff 2 3 --json"],
    "report": ["report 3 --json -o -", "report 3 -o -"],
    "report verify": ["report verify r.json --json"],
    "export": [f"export {t} 3 --format {f}" for t in TABLES[:-1] for f in ("csv", "json")],
    "liabilities ratio": ["liabilities ratio 3 --json"],
    "challenge": ["challenge list.csv --network ethereum {ends}"],
    "verify-message": [
        "verify-message {signed} --network ethereum --at ethereum-node --json {ends}"
    ],
    "verify-transactions": ["verify-transactions said.csv {ends} --jsonl -"],
    "pruned": ["pruned 1 --json"],
    "status": ["status --json"],
    "alerts run": ["alerts run 3 --alerts alerts.toml --json"],
}
"""Command -> ways to call it that write for programs, which keep stdout alone."""
WITHOUT = {
    "init", "lists", "verify", "doctor", "serve", "prices", "validators", "proofs", "endpoints",
    "db", "prune", "worker", "schedule", "publishers", "demo", "alerts test",
    "liabilities verify", "liabilities verify-inclusion",
    "liabilities import", "liabilities recheck",
}  # fmt: skip
"""Commands that show no result of a snapshot, and read no chain for one."""

SHOWING = {
    "/": "",
    "/snapshots": "",
    "/snapshots/{snapshot}": "3",
    "/snapshots/{snapshot}/rows": "3",
    "/snapshots/{snapshot}/rows/{no}": "3 1",
    "/snapshots/{snapshot}/findings": "3",
    "/snapshots/{snapshot}/report.html": "3",
    "/snapshots/{snapshot}/totals.csv": "3",
    "/publishers/{publisher}": "1",
    "/publishers/{publisher}/assets/{asset}": "1 ETH",
    "/publishers/{publisher}/feed": "1",
    "/feed": "",
    "/differences": "?old=2&new=3",
    "/api/v1/snapshots": "",
    "/api/v1/snapshots/{snapshot}": "3",
    "/api/v1/snapshots/{snapshot}/totals": "3",
    "/api/v1/snapshots/{snapshot}/value": "3",
    "/api/v1/snapshots/{snapshot}/ratios": "3",
    "/api/v1/snapshots/{snapshot}/rows": "3",
    "/api/v1/snapshots/{snapshot}/rows/{no}": "3 1",
    "/api/v1/snapshots/{snapshot}/findings": "3",
    "/api/v1/publishers/{publisher}/assets/{asset}": "1 ETH",
    "/api/v1/differences": "?old=2&new=3",
}
"""Address -> what it is asked for with."""
SILENT = {
    "/static/web.css", "/static/icon.svg", "/robots.txt", "/favicon.ico", "/api", "/search",
    "/shared", "/snapshots/{snapshot}/shared", "/check", "/verify", "/scans/sign-in",
    "/api/v1/publishers", "/api/v1/addresses", "/api/v1/snapshots/{snapshot}/shared",
}  # fmt: skip
"""Addresses that show no result of a snapshot: what lists claim, forms, what is no data."""
STARTED = {"/scans": "scans.html.j2", "/scans/{job}": "scan.html.j2"}
"""Pages of snapshots that a server started."""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, bitcoind: Bitcoind) -> Iterator[Path]:
    """A folder with two complete snapshots of test chains and one pruned."""
    folder = tmp_path_factory.mktemp("apart")
    with ExitStack() as stack:
        try:
            node = stack.enter_context(Anvil(folder / "anvil", chain_id=31337))
        except NodeMissingError as e:
            cannot(str(e))
        _prepare(folder, node, bitcoind)
        yield folder


def _prepare(folder: Path, node: Anvil, bitcoind: Bitcoind) -> None:
    scanner = scanner_in(folder)
    node.rpc("anvil_setBalance", WHO, hex(5 * WEI))
    node.rpc("anvil_mine", "0x9")
    write_table(folder / "ends.toml", evm_endpoint(node, chain="31337"), bitcoin_endpoint(bitcoind))
    row = {"coin": "ETH", "network": "ETH", "height": 5, "address": WHO, "amount": "5"}
    row["signature1"] = sign_evm(key(1))
    write_rows(folder / "first.csv", [row])
    write_rows(folder / "list.csv", [{**row, "amount": "4", "height": 6}])
    for name in ("first.csv", "first.csv", "list.csv"):
        done = scanner("snapshot", name, *TAKE)
        assert (done.status, NOTICE in done.err) == (0, True), done
    assert scanner("prune", "1", "--yes").status == 0
    at = scanner("value", "--json").object["at"]
    (folder / "p.csv").write_text(f"asset,price_usd,at,source\nETH,2500,{at},Kraken\n")
    assert scanner("prices", "import", "p.csv").status == 0
    assert scanner("liabilities", "import", TOY, "--key", pin("toy")).status == 0
    (folder / "owed.csv").write_text("asset,amount,as_of\nETH,3,2026-01-01\n")
    owed = scanner("liabilities", "import", "owed.csv")
    assert owed.status in (0, 3), owed
    (folder / "said.csv").write_text(
        "network,address,kind,txid,amount,nonce_block,nonce_digits,nonce_divisor,digest,after,until"
        f",document\nbitcoin,bcrt1qnotanaddress,send_to_self,,1,,,,,5,,\n"
        f"bitcoin,raw(51),send_to_self,{'ab' * 32},1,,,,,5,,\n"
    )
    (folder / "alerts.toml").write_text(ALERTS)
    scanner("report", "--json", "-o", "r.json")


@pytest.fixture
def run(place: Path) -> Scanner:
    scanner = scanner_in(place)

    def call(line: str) -> Any:
        words: list[str] = []
        for word in line.split():
            words += {
                "{take}": TAKE, "{signed}": SIGNED, "{ends}": ("--endpoints", "ends.toml"),
            }.get(word, (word,))  # fmt: skip
        return scanner(*words)

    return call


def test_every_command_is_of_one_kind() -> None:
    known = set()
    for entry in ENTRIES:
        found = named(f"cli.{entry.place}")
        inner = found.registered_commands if isinstance(found, typer.Typer) else []
        of_it = {f"{entry.name} {c.name or c.callback.__name__.replace('_', '-')}" for c in inner}
        known |= {entry.name} if entry.name in WITHOUT or not of_it else of_it
    assert known == TEXTS.keys() | WITHOUT
    assert not TEXTS.keys() & WITHOUT
    assert DATA.keys() <= TEXTS.keys()


@pytest.mark.parametrize("line", [line for lines in TEXTS.values() for line in lines])
def test_people_are_told(run: Any, line: str) -> None:
    done = run(line)
    other = "bitcoin: read on the chain 'regtest'" if "transactions" in line else NOTICE
    assert other in done.text + done.err, done
    if line.startswith(("value", "liabilities ratio")):
        assert f"{NOTICE}\n" in done.text
        assert f"{WORTHLESS}\n" in done.text


@pytest.mark.parametrize("line", [line for lines in DATA.values() for line in lines])
def test_programs_are_told(run: Any, line: str) -> None:
    done = run(line)
    assert ("regtest" if "transactions" in line else "31337") in done.text, done
    if line.endswith("--json") and "verify-message" not in line:
        assert CHAINS[0] in list(_chains(done.object))


def _chains(found: Any) -> Iterator[Any]:
    """Everything that stands under `other_chains` anywhere."""
    for each in found if isinstance(found, list) else [found]:
        for name, value in each.items() if isinstance(each, dict) else ():
            sides = value.values() if isinstance(value, dict) else [value]
            yield from (c for side in sides for c in side) if name == "other_chains" else ()
            yield from _chains(value)


def test_rows_name_the_chain(run: Any) -> None:
    for table in ("verified", "ownership", "balances"):
        (row,) = run(f"export {table} 3 --format json").object
        assert row["chain"] == "31337"
    every = run("export ratios 3 --format json").object
    assert {row["over"]: row["other_chains"] for row in every} == {
        "asset": "ethereum 31337", "all_coins": "ethereum 31337",
    }  # fmt: skip


def test_a_challenge_of_such_a_block_shows_no_time(run: Any) -> None:
    done = run("challenge list.csv --network ethereum {ends}")
    made = parse_challenge(done.text.strip())
    assert made is not None
    assert (done.status, made.network, made.chain) == (0, "ethereum", "31337")
    assert "does not show when it was signed" in done.err
    assert grade(done.text.strip()) is not Freshness.BLOCK_STAMPED


def test_an_announcement_that_is_not_there_names_the_chain(run: Any) -> None:
    done = run("verify-transactions said.csv {ends} --jsonl -")
    assert [row["chain"] for row in done.objects] == ["", "regtest"]
    assert [row["control"] for row in done.objects][1] != "controls"


@pytest.fixture(scope="module")
def site(place: Path) -> Iterator[httpx.Client]:
    with served(f"sqlite:///{next((place / 'data').glob('*.db'))}") as client:
        yield client


def test_every_page_is_of_one_kind() -> None:
    rooms = (api, checking, downloads, feeds, pages, scanning, uploading)
    paths = {route.path for room in rooms for route in room.router.routes}
    assert paths == SHOWING.keys() | SILENT | STARTED.keys()
    assert not SHOWING.keys() & SILENT


@pytest.mark.parametrize("path", SHOWING)
def test_pages_and_answers_tell(site: httpx.Client, path: str) -> None:
    words = SHOWING[path].split()
    for name in re.findall(r"\{\w+\}", path):
        path = path.replace(name, words.pop(0))
    answer = site.get(path + "".join(words))
    assert answer.status_code == 200, answer.text
    if path.startswith("/api"):
        found = answer.json()
        assert CHAINS[0] in list(_chains(found)) or found["block"]["chain"] == "31337"
    elif path.endswith((".csv", "feed")):
        assert "31337" in answer.text
    else:
        assert PAGE in answer.text


def test_dollars_are_not_of_such_coins(site: httpx.Client) -> None:
    for path in (
        "/",
        "/publishers/1",
        "/publishers/1/assets/ETH",
        "/snapshots/3",
        "/differences?old=2&new=3",
    ):
        assert WORTHLESS in site.get(path).text, path
    assert WORTHLESS in site.get("/snapshots/3/report.html").text


def test_the_metrics_tell(site: httpx.Client) -> None:
    line = 'scanner_other_chain{chain="31337",network="ethereum",publisher="Example"} 1.0'
    assert line in site.get("/metrics").text


@pytest.mark.parametrize("template", STARTED.values())
def test_snapshots_that_a_server_started_tell(place: Path, template: str) -> None:
    with _opened(place) as store:
        head = head_object(queries.head(store, 3))
    job = {
        "id": "1", "name": "list.csv", "started": "2026-11-01T00:00:00", "running": False,
        "lost": False, "failed": False, "status": "verified", "lines": [], "snapshot": head,
    }  # fmt: skip
    values = {"job": job, "jobs": [job], "still": False, "session": "s", "trouble": ""}
    page = render.page(template, {**values, "word": "", "most": 1, "networks": []})
    assert PAGE in page.decode()


def test_alerts_tell(run: Any, place: Path) -> None:
    run("alerts run 3 --alerts alerts.toml")
    with _opened(place) as store:
        (event,) = alert_log.events_of(store, 3)
        delivery = alert_log.Delivery(event, "nobody", 0)
        message = message_of(delivery, queries.head(store, 3))
    assert message.title.startswith("[scanner] Example, test chain: ")
    assert message.body["other_chains"] == CHAINS
    channel = Webhook("nobody", "http://127.0.0.1:9/")
    assert NOTICE in channels._text(channel, message)["text"]
    assert NOTICE in channels._lines(message.body)


def _opened(place: Path) -> Any:
    return open_store(f"sqlite:///{next((place / 'data').glob('*.db'))}")
