"""`scanner prices` and `scanner value`, on a snapshot of a real node that also holds feeds."""

from __future__ import annotations

import csv
import io
import os
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from support.command import COMMAND
from support.eth_list import TOTAL, start_eth_chain, write_endpoints, write_eth_list
from support.price_feed import Told, set_feed
from support.scripted_http import Said, Seen, serving

from scanner.demo.nodes import free_port
from scanner.prices.feeds import load_feeds
from scanner.settings.paths import shipped
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

FEED = {feed.asset: feed.name for feed in load_feeds(load_registry())}["ETH"]
NOW = datetime.now(UTC).replace(microsecond=0)
HEAD = "asset,price_usd,at,source\n"


@pytest.fixture(scope="module")
def taken(node_programs, tmp_path_factory):
    """A snapshot at height 3, at which a feed answers 3000.5, and later 4000. Its folder."""
    folder = tmp_path_factory.mktemp("prices")
    with start_eth_chain(folder / "chain") as node:
        stamp = int(node.rpc("eth_getBlockByNumber", "latest", False)["timestamp"], 16)
        set_feed(node, FEED, Told(300_050_000_000, stamp))
        node.rpc("anvil_mine", "0x1")
        set_feed(node, FEED, Told(400_000_000_000, stamp, round=(6 << 64) | 1235))
        write_endpoints(folder / "endpoints.toml", node.url)
        subprocess.run(
            [*COMMAND, "snapshot", write_eth_list(folder / "list.csv")],
            env={
                **os.environ,
                "SCANNER_DATA": str(folder / "data"),
                "SCANNER_ENDPOINTS": str(folder / "endpoints.toml"),
            },
            check=True,
            capture_output=True,
            timeout=120,
        )
        yield folder


@pytest.fixture
def pinned(taken, tmp_path):
    """That snapshot in this test's own database. The endpoint table."""
    (tmp_path / "data").mkdir()
    with (
        closing(sqlite3.connect(taken / "data" / "scanner.db")) as old,
        closing(sqlite3.connect(tmp_path / "data" / "scanner.db")) as own,
    ):
        old.backup(own)
    return taken / "endpoints.toml"


def feeds(endpoints):
    """Options: the shipped feeds, on the development chain, and its endpoints."""
    table = (shipped("config") / "price_feeds.csv").read_text().replace(",1,", ",1:dev,")
    (endpoints.parent / "shipped_feeds.csv").write_text(table)
    return "--feeds", endpoints.parent / "shipped_feeds.csv", "--endpoints", endpoints


def cents(price: str) -> str:
    whole, fraction = price.split(".")
    value = TOTAL * int(whole + fraction) * 100 // 10 ** (18 + len(fraction))
    return f"{value // 100}.{value % 100:02d}"


def put(path, at, price="2500.25", source="Kraken", asset="ETH"):
    path.write_text(HEAD + f"{asset},{price},{at.isoformat()},{source}\n")
    return path


def test_chainlink_reads_the_block_of_the_snapshot_again_and_again(scanner, pinned):
    first = scanner("prices", "chainlink", *feeds(pinned), "--json")
    assert first.status == 0, first.err
    assert first.object["blocks"][0]["height"] == 3
    (price,) = first.object["prices"]
    assert (price["asset"], price["price_usd"]) == ("ETH", "3000.5")
    assert price["source"] == f"chainlink: ethereum {FEED} round {(6 << 64) | 1234}"
    assert scanner("prices", "chainlink", "1", *feeds(pinned), "--json").out == first.out
    done = scanner("value", "--json")
    assert done.status == 0, done.err
    (asset,) = done.object["assets"]
    assert asset["verified"] == str(TOTAL)
    assert asset["verified_usd"] == done.object["verified_usd"] == cents("3000.5")
    assert (asset["price_at"], asset["price_state"]) == (price["at"], "used")
    assert (asset["share_percent"], done.object["priced"]) == ("100.00", True)
    assert done.object["against"] == {"month": None, "year": None}
    assert asset["change"] == {"month": None, "year": None}


def test_values_do_not_touch_the_totals(scanner, pinned):
    before = scanner("totals", "--json").out
    scanner("prices", "chainlink", *feeds(pinned))
    scanner("value")
    assert scanner("totals", "--json").out == before
    assert b"usd" not in before


def test_a_feed_without_an_answer_is_said_and_3(scanner, pinned, tmp_path):
    table = "asset,network,chain,contract,description,source\n"
    for row, words in (
        (f"ETH,ethereum,1:dev,{FEED},BTC / USD,x", "calls itself 'ETH / USD'"),
        (f"ETH,ethereum,1,{FEED},ETH / USD,x", "the feed is on chain 1, the block on chain 1:dev"),
        (f"ETH,ethereum,1:dev,0x{'12' * 20},ETH / USD,x", "there is no feed at this block"),
        (f"BTC,ethereum,1:dev,{FEED},BTC / USD,x", "no price of ETH: no feed in the table"),
    ):
        (tmp_path / "feeds.csv").write_text(table + row + "\n")
        done = scanner(
            "prices", "chainlink", "--endpoints", pinned, "--feeds", "feeds.csv", "--json"
        )
        assert done.status == 3
        assert words in done.err
        assert done.object["prices"] == []


def test_a_dead_node_keeps_nothing(scanner, pinned, tmp_path):
    dead = write_endpoints(tmp_path / "dead.toml", f"http://127.0.0.1:{free_port()}")
    done = scanner("prices", "chainlink", *feeds(pinned)[:2], "--endpoints", dead)
    assert (done.status, done.out) == (2, b"")
    assert "node-1" in done.err
    assert "127.0.0.1" not in done.err
    assert scanner("value", "--json").object["assets"][0]["price_state"] == "none"


def test_a_price_file_and_its_value(scanner, pinned, tmp_path):
    done = scanner("prices", "import", put(tmp_path / "p.csv", NOW - timedelta(hours=1)))
    assert (done.status, done.lines) == (0, ["1 price read, 1 of them new"])
    assert scanner("prices", "import", "p.csv").lines == ["1 price read, 0 of them new"]
    done = scanner("value", "--csv")
    assert done.status == 0
    (row,) = csv.DictReader(io.StringIO(done.out.decode()))
    assert (row["price_source"], row["price_usd"]) == ("csv: Kraken", "2500.25")
    assert row["verified_usd"] == row["claimed_usd"] == cents("2500.25")
    assert (row["unverified_usd"], row["month_at"]) == ("0.00", "")
    assert "csv: Kraken" in scanner("value", "--exact").out.decode()
    done = scanner("value")
    text = done.out.decode()
    assert cents("2500.25") in text
    assert "not evidence" in done.err
    done = scanner("value", "--source", "chainlink:", "--json")
    assert (done.status, done.object["assets"][0]["price_usd"]) == (3, None)


def test_a_stale_price_is_shown_and_not_used(scanner, pinned, tmp_path):
    scanner("prices", "import", put(tmp_path / "p.csv", NOW - timedelta(hours=26)))
    done = scanner("value", "--json")
    assert done.status == 3
    (asset,) = done.object["assets"]
    assert (asset["price_state"], asset["price_usd"]) == ("stale", "2500.25")
    assert (asset["verified_usd"], asset["share_percent"]) == (None, None)
    assert (done.object["verified_usd"], done.object["priced"]) == ("0.00", False)
    shown = scanner("value")
    assert b"STALE" in shown.out
    assert "ETH: not in the sums" in shown.err
    assert scanner("value", "--max-age", "48", "--json").object["priced"] is True


def test_no_price_is_no_value_and_3(scanner, pinned):
    done = scanner("value", "--json")
    assert (done.status, done.object["priced"]) == (3, False)
    assert done.object["assets"][0]["verified_usd"] is None
    assert "no price: ETH: not in the sums" in done.err


def test_another_price_of_the_same_moment_is_refused(scanner, pinned, tmp_path):
    at = NOW - timedelta(hours=1)
    scanner("prices", "import", put(tmp_path / "p.csv", at))
    done = scanner("prices", "import", put(tmp_path / "q.csv", at, price="2500.26"))
    assert (done.status, len(done.lines)) == (2, 1)
    assert "another price" in done.err
    with closing(sqlite3.connect(tmp_path / "data" / "scanner.db")) as database:
        assert database.execute("SELECT value FROM price").fetchall() == [("2500.25",)]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"price": "0"}, "p.csv:2:2: not an amount: '0' (0 is not a price"),
        ({"price": "-1"}, "p.csv:2:2: not an amount: '-1' (negative)"),
        ({"price": "1e3"}, "p.csv:2:2: not an amount: '1e3' (written with an exponent)"),
        ({"asset": "=cmd()"}, "p.csv:2:1: unknown asset '=cmd()'"),
        ({"at": NOW + timedelta(days=1)}, "in the future"),
    ],
)
def test_bad_prices_are_2_with_line_and_column(scanner, tmp_path, change, words):
    at = change.pop("at", NOW - timedelta(hours=1))
    done = scanner("prices", "import", put(tmp_path / "p.csv", at, **change))
    assert (done.status, len(done.lines)) == (2, 1)
    assert words in done.err
    assert not (tmp_path / "data" / "scanner.db").exists()


def test_wrong_arguments_are_2(scanner, tmp_path):
    for arguments in (
        ("value", "--json", "--csv"),
        ("value", "--max-age", "0"),
        ("prices", "import", "none.csv"),
        ("prices", "chainlink", "7"),
        ("value", "x'; DROP TABLE price"),
    ):
        done = scanner(*arguments)
        assert (done.status, done.out) == (2, b""), arguments


class Service:
    """A server that answers as CoinGecko's published API says; it is not CoinGecko's own."""

    def __init__(self):
        self.seen: list[Seen] = []
        self.said = Said(body=b"{}")

    def __call__(self, seen: Seen) -> Said:
        self.seen.append(seen)
        return self.said


@pytest.fixture
def service():
    made = Service()
    with serving(made) as made.place:
        yield made


def fetched(scanner, service, **more):
    env = {
        "SCANNER_COINGECKO_URL": f"http://{service.place}/secretpath/v3",
        "SCANNER_COINGECKO_KEY": "CG-canary-1234",
    }
    done = scanner("prices", "fetch", "--json", env=env, **more)
    assert "canary" not in done.err + done.out.decode()
    assert service.place not in done.err
    assert "secretpath" not in done.err
    return done


def test_prices_of_a_public_service_carry_its_name_and_time(scanner, pinned, service):
    stamp = int(NOW.timestamp())
    service.said.body = f'{{"ethereum":{{"usd":3123.45,"last_updated_at":{stamp}}}}}'.encode()
    done = fetched(scanner, service)
    assert done.status == 0, done.err
    (seen,) = service.seen
    assert seen.path.startswith("/secretpath/v3/simple/price?ids=ethereum&vs_currencies=usd")
    assert seen.headers["x-cg-demo-api-key"] == "CG-canary-1234"
    (asset,) = scanner("value", "--json").object["assets"]
    assert (asset["price_usd"], asset["price_source"]) == ("3123.45", "coingecko: ethereum")
    assert asset["price_at"] == NOW.isoformat()


def test_a_service_that_fails_or_knows_nothing_gives_no_price(scanner, pinned, service):
    assert fetched(scanner, service).status == 3
    for status, body, words in (
        (429, b"{}", "slow down"),
        (500, b"", "HTTP 500"),
        (200, b"<html>", "not JSON"),
        (200, b"[" * 100_000, "not JSON"),
        (200, b'"' + b"x" * 1_100_000 + b'"', "larger than"),
    ):
        service.said = Said(status, body)
        done = fetched(scanner, service)
        assert (done.status, done.out) == (2, b"")
        assert words in done.err
    assert scanner("value", "--json").object["assets"][0]["price_state"] == "none"
