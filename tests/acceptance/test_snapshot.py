"""`scanner snapshot` and what reads its results, on a real Ethereum node."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest
from support.eth_list import (
    BLOCKS,
    HELD,
    TOTAL,
    eth_rows,
    start_eth_chain,
    write_endpoints,
    write_eth_list,
)
from support.published_lists import changed, sample_rows

from scanner.demo.nodes import free_port

pytestmark = pytest.mark.node
FIRST, SECOND = HELD


def eth_total(**changes):
    amounts = {"claimed": TOTAL, "verified": TOTAL, "unverified": 0, "shortfall": 0, "surplus": 0}
    amounts.update({k: v for k, v in changes.items() if k in amounts})
    unread = changes.get("unavailable_rows", 0)

    def held(amount):
        """Of rows that nobody answered for nothing is known, which is not 0."""
        return None if unread else str(amount)

    return {
        "asset": "ETH",
        "decimals": 18,
        "claimed": str(amounts["claimed"]),
        "verified": held(amounts["verified"]),
        "by_evidence": {
            "proven": held(0),
            "agreed": held(0),
            "reported": held(amounts["verified"]),
            "latest_only": held(0),
        },
        "unverified": held(amounts["unverified"]),
        "unavailable_rows": unread,
        "unanswered": str(amounts["claimed"] if unread else 0),
        "shortfall": held(amounts["shortfall"]),
        "surplus": held(amounts["surplus"]),
        "liabilities": changes.get("liabilities"),
        "reserve_ratio": changes.get("reserve_ratio"),
        "ratio_limits": changes.get("ratio_limits"),
    }


def test_all_verified_is_0_and_totals_are_exact(scanner, taken):
    done = scanner("totals", "latest", "--json")
    assert done.status == 0
    assert done.object == {
        "snapshot": 1,
        "complete": True,
        "keys_not_asked": 0,
        "assets": [eth_total()],
        "aggregate_ratios": [],
        "other_chains": [{"network": "ethereum", "chain": "1:dev"}],
        "ratios": [],
    }
    assert done.out.endswith(b"}\n")
    assert scanner("totals", "1", "--json").out == done.out
    assert "every claim verified" in taken.lines[-1]
    assert b"0.2079" in taken.out
    assert "0.207920483175044365" in scanner("totals", "latest", "--exact").text


def test_json_of_the_snapshot_command_is_that_of_totals(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json")
    assert done.object["assets"] == [eth_total()]
    assert done.out == scanner("totals", "--json").out


def test_shortfall_and_surplus_to_the_last_wei(scanner, endpoints, tmp_path):
    rows = eth_rows()
    more, less = HELD[FIRST] + 1, HELD[SECOND] - 1
    rows[0] = changed(rows[0], amount=f"0.{more:018d}")
    rows[1] = changed(rows[1], amount=f"0.{less:018d}")
    write_eth_list(tmp_path / "list.csv", rows)
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json")
    assert done.status == 1
    assert done.object["assets"] == [eth_total(shortfall=1, surplus=1)]
    shown = scanner("show", "latest", "--only", "shortfall", "--jsonl")
    assert shown.status == 1
    assert [(o["kind"], o["row"], o["address"]) for o in shown.objects] == [("shortfall", 4, FIRST)]
    assert scanner("show", "--only", "surplus").status == 0
    assert scanner("show", "--only", "mismatch").out == b""


def test_bad_signature_is_not_in_the_verified_total(scanner, endpoints, tmp_path):
    rows = eth_rows()
    rows[1] = rows[1].replace("0xf6e6", "0xf6e7")
    write_eth_list(tmp_path / "list.csv", rows)
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json")
    assert done.status == 1
    expected = eth_total(verified=HELD[FIRST], unverified=HELD[SECOND])
    assert done.object["assets"] == [expected]
    assert "FALSE: bad_signature, 1" in done.err


def test_what_nobody_can_read_is_3_and_never_zero(scanner, endpoints, tmp_path):
    ton = sample_rows()[3]
    write_eth_list(tmp_path / "list.csv", [*eth_rows(), ton])
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json")
    assert done.status == 3
    usdt = done.object["assets"][1]
    assert (usdt["asset"], usdt["verified"], usdt["unavailable_rows"]) == ("USDT", None, 1)
    assert usdt["shortfall"] is None
    (balance,) = [o for o in rows_of(scanner, "balances") if o["asset"] == "USDT"]
    assert (balance["found"], balance["evidence"]) == (None, "unavailable")
    assert balance["reason"]


def rows_of(scanner, table):
    return scanner("export", table, "latest", "--format", "jsonl", "-o", "-").objects


def test_a_resumed_complete_snapshot_changes_nothing(scanner, taken, endpoints):
    before = scanner("totals", "--json").out
    assert scanner("resume", "latest", "--endpoints", endpoints).status == 0
    assert scanner("totals", "--json").out == before
    assert scanner("db", "check").status == 0


def test_database_option_stands_before_or_after(scanner, taken, tmp_path):
    url = f"sqlite:///{tmp_path / 'data' / 'scanner.db'}"
    elsewhere = {"SCANNER_DATA": str(tmp_path / "elsewhere")}
    plain = scanner("totals", "--json").out
    assert scanner("--database", url, "totals", "--json", env=elsewhere).out == plain
    assert scanner("totals", "--json", "--database", url, env=elsewhere).out == plain
    by_env = {**elsewhere, "SCANNER_DATABASE": url}
    assert scanner("totals", "--json", env=by_env).out == plain


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--at", "ethereum"], "NETWORK=HEIGHT"),
        (["--at", "ethereum=soon"], "NETWORK=HEIGHT"),
        (["--at", "ethereum=-1"], "NETWORK=HEIGHT"),
        (["--at", "nosuch=1"], "unknown network"),
        (["--at", "ethereum=1", "--at", "ETH=2"], "twice"),
        (["--at", f"ethereum={'9' * 30}"], "too many digits"),
        (["--networks", "ethereum,nosuch"], "unknown network"),
        (["--quorum", "0"], "--quorum"),
        (["--quorum", "2"], "quorum"),
        (["--endpoints", "missing.toml"], "missing.toml"),
        (["--columns", "address"], "FIELD=NAME"),
        (["--format", "nosuch"], "no list format"),
        (["--database", "mysql://h/x"], "mysql"),
    ],
)
def test_bad_options_are_one_line_and_2(scanner, endpoints, tmp_path, arguments, words):
    write_eth_list(tmp_path / "list.csv")
    base = ["snapshot", "list.csv"]
    if "--endpoints" not in arguments:
        base += ["--endpoints", endpoints]
    done = scanner(*base, *arguments)
    assert (done.status, done.out) == (2, b"")
    assert done.lines[-1].startswith("scanner: ")
    assert words in done.lines[-1]
    assert "Traceback" not in done.err
    assert "snapshot 1" not in done.err, "there is a snapshot that nobody could take"


def unread(scanner, done, words):
    """The snapshot ran, nothing was read, and the reason is a finding."""
    assert done.status == 3, done.err
    assert done.object["assets"] == [eth_total(verified=0, unavailable_rows=2)]
    found = scanner("show", "--only", "chunk_failed", "--jsonl").objects
    found += scanner("show", "--only", "unavailable", "--jsonl").objects
    assert found
    assert all(words in o["reason"] for o in found), found
    assert scanner("totals", "--json").status == 3


def test_node_that_is_down_and_came_back(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    down = write_endpoints(tmp_path / "down.toml", f"http://127.0.0.1:{free_port()}")
    done = scanner("snapshot", "list.csv", "--endpoints", down, "--json", timeout=60)
    unread(scanner, done, "node-1")
    assert "INCOMPLETE" in scanner("totals").out.decode()
    resumed = scanner("resume", "latest", "--endpoints", endpoints, "--json")
    assert resumed.status == 0
    assert resumed.object == {
        "snapshot": 1,
        "complete": True,
        "keys_not_asked": 0,
        "assets": [eth_total()],
        "aggregate_ratios": [],
        "other_chains": [{"network": "ethereum", "chain": "1:dev"}],
        "ratios": [],
    }


def test_node_of_another_chain(scanner, tmp_path_factory, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    with start_eth_chain(tmp_path_factory.mktemp("other"), chain_id=5) as node:
        node.rpc("anvil_mine", hex(BLOCKS))
        endpoints = write_endpoints(tmp_path / "wrong.toml", node.url)
        done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json")
    unread(scanner, done, "chain")


def test_height_above_the_tip(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    at = ["--at", "ethereum=999999"]
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json", *at)
    unread(scanner, done, "above its tip")


def test_bitcoin_node_that_is_still_syncing(scanner, bitcoind_factory, tmp_path):
    node = bitcoind_factory()  # no blocks: it says so itself
    (tmp_path / "list.txt").write_text("1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\n")
    endpoints = write_endpoints(
        tmp_path / "syncing.toml", node.url, network="bitcoin", more='chain = "regtest"'
    )
    arguments = ["--network", "bitcoin", "--endpoints", endpoints]
    done = scanner("snapshot", "list.txt", *arguments)
    assert done.status == 3
    assert "sync" in done.err.lower()


def test_snapshot_that_does_not_exist(scanner, taken):
    for command in ("totals", "show", "resume", "report"):
        done = scanner(command, "7")
        assert (done.status, done.out) == (2, b"")
        assert done.err == "scanner: no snapshot '7' in this database\n"


def test_database_that_is_missing_empty_or_of_an_older_schema(scanner, tmp_path):
    missing = scanner("totals")
    assert missing.status == 2
    assert "there is no database" in missing.err
    file = tmp_path / "empty.db"
    sqlite3.connect(file).close()
    url = f"sqlite:///{file}"
    older = scanner("totals", "--database", url)
    assert older.status == 2
    assert older.lines == [older.lines[0]]
    assert f"run 'scanner db upgrade --database {url}'" in older.err
    followed = older.err.partition("'scanner ")[2].partition("'")[0].split()
    assert scanner(*followed).status == 0
    none = scanner("totals", "--database", url)
    assert (none.status, none.err) == (
        2,
        "scanner: this database has no snapshot yet: "
        f"'scanner snapshot FILE --database {url}' makes one\n",
    )


def test_database_that_is_no_database_or_of_a_newer_schema(scanner, taken, tmp_path):
    (tmp_path / "text.db").write_text("not a database, but a text of some length\n" * 50)
    text = scanner("totals", "--database", f"sqlite:///{tmp_path / 'text.db'}")
    assert (text.status, len(text.lines)) == (2, 1)
    with closing(sqlite3.connect(tmp_path / "data" / "scanner.db")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = scanner("totals")
    assert (newer.status, len(newer.lines)) == (2, 1)
    assert "newer" in newer.err


def test_read_only_database(scanner, endpoints, tmp_path, postgres_database):
    write_eth_list(tmp_path / "list.csv")
    assert scanner("db", "upgrade", "--database", postgres_database).status == 0
    sign = "&" if "?" in postgres_database else "?"
    url = f"{postgres_database}{sign}options=-c%20default_transaction_read_only%3Don"
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--database", url)
    assert (done.status, done.out) == (2, b"")
    assert "read-only" in done.err


def test_the_same_on_postgresql(scanner, endpoints, tmp_path, postgres_database):
    write_eth_list(tmp_path / "list.csv")
    of = ["--database", postgres_database]
    assert scanner("db", "upgrade", *of).status == 0
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json", *of)
    assert done.status == 0
    assert done.object == {
        "snapshot": 1,
        "complete": True,
        "keys_not_asked": 0,
        "assets": [eth_total()],
        "aggregate_ratios": [],
        "other_chains": [{"network": "ethereum", "chain": "1:dev"}],
        "ratios": [],
    }
    assert scanner("db", "check", *of).status == 0


def test_a_list_with_an_unreadable_row_is_taken_and_the_row_told(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    with (tmp_path / "list.csv").open("a") as file:
        file.write("too,short\n")
    done = scanner("snapshot", "list.csv", "--endpoints", endpoints, "--json")
    assert done.status == 3, done.err
    assert done.object["assets"] == [eth_total()]
    assert "bad_row, 1" in done.err
    assert "3 rows of list.csv" in done.lines[-1]
    exported = scanner("export", "findings", "latest", "--format", "jsonl", "-o", "-").objects
    assert [row["kind"] for row in exported] == ["bad_row"]


def test_hints_name_the_same_database_and_endpoints(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    given = ("--database", "other.db", "--endpoints", "endpoints.toml")
    same = " ".join(given)
    done = scanner("snapshot", "list.csv", *given)
    assert f"if it stops, run 'scanner resume 1 {same}' to continue" in done.err
    assert "scanner totals 1 --exact --database other.db\n" in done.text
    shown = scanner("--database", "other.db", "totals")
    assert "scanner totals 1 --exact --database other.db\n" in shown.text
