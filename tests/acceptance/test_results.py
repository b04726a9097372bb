"""What reads a snapshot's results, asks providers, and never tells a secret."""

from __future__ import annotations

import json

import jsonschema
import pytest
from support.eth_list import (
    BLOCKS,
    HEIGHT,
    HELD,
    TOTAL,
    eth_rows,
    write_endpoints,
    write_eth_list,
)
from support.published_lists import changed

from scanner.demo.nodes import free_port
from scanner.model.finding import WEIGHTS, FindingKind, Weight
from scanner.reports.figures.words import WEIGHT_WORDS

pytestmark = pytest.mark.node
FIRST, SECOND = HELD

DEVELOPMENT = "NOT THE REAL ethereum: read on the chain '1:dev'"
"""What stands below every result of the development chain."""


def test_totals_as_csv(scanner, taken):
    lines = scanner("totals", "--csv").out.decode().splitlines()
    assert lines[1] == f"1,true,ETH,18,{TOTAL},{TOTAL},0,0,{TOTAL},0,0,0,0,0,0,,,,ethereum 1:dev"


def test_groups_are_told_only_when_asked_for(scanner, taken):
    assert "groups" not in scanner("totals", "--json").object
    assert scanner("totals", "--json", "--groups").object["groups"] == []
    assert "No group has several assets" in scanner("totals", "--groups").text
    assert scanner("totals", "--groups", "--csv").status == 2


def test_liabilities_give_a_ratio(scanner, taken, tmp_path):
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,0.1\nBTC,1\n")
    kept = scanner("liabilities", "import", "owed.csv")
    assert kept.status == 0
    assert "1 BTC are owed, but no row of the list claims any" in kept.err
    assets = {a["asset"]: a for a in scanner("totals", "--json").object["assets"]}
    assert assets["ETH"]["liabilities"] == str(10**17)
    assert assets["ETH"]["reserve_ratio"] == "2.079204"
    assert assets["BTC"]["reserve_ratio"] is None


def test_what_is_owed_and_not_in_the_list_is_never_verified(scanner, taken, tmp_path):
    assert scanner("totals").status == 0
    (publisher,) = scanner("status", "--json").object["publishers"]
    assert (publisher["result"], "  verified  " in scanner("status").text) == ("verified", True)
    (tmp_path / "owed.csv").write_text("asset,amount\nBTC,1\n")
    scanner("liabilities", "import", "owed.csv")
    assert scanner("totals").status == 3
    (publisher,) = scanner("status", "--json").object["publishers"]
    assert publisher["result"] == "unshown"
    assert "  not fully verified  " in scanner("status").text  # and not only "complete"
    shown = scanner("show", "latest")
    weights = [WEIGHTS[FindingKind(line.split(":")[0])] for line in shown.text.splitlines()]
    numbers = [(weights.count(w), WEIGHT_WORDS[w]) for w in Weight if w in weights]
    assert f"findings in this order: {', '.join(f'{n} {w}' for n, w in numbers)}" in shown.err
    assert (shown.status, shown.out.startswith(b"reserves_missing: BTC: 1 BTC are owed")) == (
        3,
        True,
    )
    exported = scanner("export", "findings", "latest", "--format", "jsonl")
    assert [(f["kind"], f["asset"]) for f in exported.objects] == [("reserves_missing", "BTC")]
    scanner("report", "latest", "-o", "report.html")
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "could not be verified" in page


def test_another_height_than_the_lists_is_a_note(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    arguments = ["snapshot", "list.csv", "--endpoints", endpoints, "--at", f"ethereum={HEIGHT + 1}"]
    done = scanner(*arguments)
    assert done.status == 0
    assert "as requested with --at, balances on ethereum were read at" in done.err
    assert f"2 rows state height {HEIGHT};" in done.err
    assert scanner("show", "latest", "--only", "height-replaced").out.startswith(b"height_replaced")


def test_liabilities_with_the_snapshot(scanner, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,0.3\n")
    arguments = ["snapshot", "list.csv", "--endpoints", endpoints, "--json"]
    done = scanner(*arguments, "--liabilities", "owed.csv")
    assert done.object["assets"][0]["reserve_ratio"] == "0.693068"
    (tmp_path / "owed.csv").write_text("asset,amount\nETH,-1\n")
    bad = scanner(*arguments, "--liabilities", "owed.csv")
    assert (bad.status, bad.out) == (2, b"")
    assert bad.err.startswith("scanner: owed.csv:2:2: ")


def test_endpoints_check(scanner, chain, tmp_path):
    down = f"http://127.0.0.1:{free_port()}"
    table = write_endpoints(tmp_path / "two.toml", chain.url, down)
    done = scanner("endpoints", "check", "--endpoints", table, "--json")
    assert done.status == 3
    up, gone = done.object
    assert (up["name"], up["answers"], up["history"]) == ("node-1", True, "any height")
    assert 0 <= up["height"] <= BLOCKS
    assert (gone["answers"], gone["height"]) == (False, None)
    assert gone["problem"].startswith("node-2")
    shown = scanner("endpoints", "check", "--endpoints", table)
    assert (shown.status, "final block" in shown.text) == (3, True)


def test_challenge_names_list_and_block_and_is_demanded(scanner, chain, endpoints, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    arguments = ["challenge", "list.csv", "--network", "ethereum", "--endpoints", endpoints]
    done = scanner(*arguments, "--publisher", "Some Exchange")
    assert done.status == 0
    text = done.out.decode().rstrip("\n")
    assert "publisher: Some Exchange" in text
    assert "block: ethereum " in text
    assert scanner(*arguments).out != done.out
    assert scanner("verify", "list.csv", "--challenge", text).status == 3


KEY = "CANARYd41d8cd98f00b204"


def test_endpoint_key_appears_nowhere(scanner, chain, tmp_path):
    write_eth_list(tmp_path / "list.csv")
    debug = {"SCANNER_DEBUG": "1"}
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    table = write_endpoints(secrets / "answers.toml", f"{chain.url}/?key={KEY}")
    refuses = write_endpoints(secrets / "refuses.toml", f"{chain.url}/v2/{KEY}")
    down = f"http://user:{KEY}@127.0.0.1:{free_port()}/{KEY}"
    down = write_endpoints(secrets / "down.toml", down)
    unknown = write_endpoints(secrets / "unknown.toml", f"http://{KEY}.invalid/")
    stamp = ["challenge", "list.csv", "--network", "ethereum"]
    said = [
        scanner(*command, "--endpoints", file, env=debug)
        for command, file in (
            (["snapshot", "list.csv"], table),
            (["endpoints", "check"], table),
            (stamp, table),
            (["snapshot", "list.csv"], refuses),
            (stamp, refuses),
            (["snapshot", "list.csv"], down),
            (["endpoints", "check"], down),
            (stamp, unknown),
        )
    ]
    assert [done.status for done in said] == [0, 0, 0, 3, 2, 3, 2, 2]
    for command in (["report"], ["report", "--json", "-o", "report.json"], ["db", "check"]):
        said.append(scanner(*command, env=debug))
    for table in ("totals", "balances", "ownership", "claims", "findings"):
        said.append(scanner("export", table, "-o", f"{table}.csv", env=debug))
    for done in said:
        assert KEY not in done.err
        assert KEY.encode() not in done.out
    written = [p for p in tmp_path.rglob("*") if p.is_file() and secrets not in p.parents]
    assert len(written) >= 8
    for path in written:
        assert KEY.encode() not in path.read_bytes(), path


def test_password_of_the_database_is_not_shown(scanner):
    url = f"postgresql://me:{KEY}@127.0.0.1:{free_port()}/none"
    done = scanner("totals", "--database", url, env={"SCANNER_DEBUG": "1"})
    assert done.status == 2
    assert KEY not in done.err


def test_report_page_and_its_twin(scanner, taken, tmp_path):
    assert scanner("report", "latest", "-o", "report.html").status == 0
    page = (tmp_path / "report.html").read_text("utf-8")
    assert "every claim verified" in page
    assert str(HEIGHT) in page
    assert "<script" not in page
    assert scanner("report", "latest", "--json", "-o", "report.json").status == 0
    twin = json.loads((tmp_path / "report.json").read_bytes())
    # They stand beside the totals there.
    apart = {name: twin[name] for name in ("aggregate_ratios", "other_chains", "ratios")}
    assert {**twin["totals"], **apart} == scanner("totals", "--json").object
    assert twin["answer"]["status"] == "verified"
    assert [b["height"] for b in twin["blocks"]] == [HEIGHT]


def test_the_twin_keeps_the_schema_that_the_command_gives(scanner, taken, tmp_path):
    given = scanner("report", "--schema")
    assert given.status == 0
    twin = scanner("report", "latest", "--json", "-o", "-").object
    jsonschema.Draft202012Validator(given.object).validate(twin)
    scanner("report", "--schema", "-o", "schema.json")
    assert (tmp_path / "schema.json").read_bytes() == given.out


def test_diff_names_what_came_went_and_moved(scanner, endpoints, tmp_path):
    first, second = eth_rows()
    write_eth_list(tmp_path / "old.csv", [first, second])
    write_eth_list(tmp_path / "new.csv", [changed(first, amount="0.05")])
    for name in ("old.csv", "new.csv"):
        scanner("snapshot", name, "--endpoints", endpoints, "--publisher", "x")
    (asset,) = scanner("diff", "1", "2", "--json").object["assets"]
    assert asset["claimed"] == {"old": str(TOTAL), "new": str(5 * 10**16)}
    assert asset["verified_by"] == str(-HELD[SECOND])
    lines = scanner("diff", "1", "latest", "--jsonl")
    assert lines.status == 0
    assert [(o["change"], o["address"]) for o in lines.objects] == [
        ("gone", SECOND),
        ("moved", FIRST),
    ]
    assert lines.objects[1]["new"]["claimed"] == str(5 * 10**16)
    assert lines.objects[1]["new"]["found"] == lines.objects[1]["old"]["found"]
    words = scanner("diff", "1", "2").out.decode()
    assert "gone: 1 (claimed before and not now)" in words
    assert "claimed 0.058959708849230328 -> 0.05" in words
    assert scanner("diff", "1", "7").status == 2
    back = scanner("diff", "2", "1")
    assert (back.status, back.lines) == (
        0,
        [
            "snapshot 1 is the earlier of the two: 'now' and 'new' mean it all the same, "
            "'before' and 'old' mean snapshot 2"
        ],
    )
    newest = scanner("diff", "2")
    assert newest.status == 2
    assert "'scanner diff 1 2' compares it with the one before" in newest.err


def test_what_a_difference_is_not_is_said_in_every_form(scanner, taken, endpoints, tmp_path):
    assert "take another one with 'scanner snapshot FILE'" in scanner("diff", "1").err
    write_eth_list(tmp_path / "new.csv", eth_rows()[:1])
    scanner("snapshot", "new.csv", "--endpoints", endpoints, "--publisher", "somebody else")
    down = write_endpoints(tmp_path / "down.toml", f"http://127.0.0.1:{free_port()}")
    assert scanner("snapshot", "list.csv", "--endpoints", down).status == 3
    for form in ([], ["--exact"], ["--json"], ["--jsonl", "-"]):
        others = scanner("diff", "1", "2", *form)
        assert others.status == 0
        assert "these snapshots are of two publishers" in others.err
        undone = scanner("diff", "1", "3", *form)
        assert undone.status == 0
        assert "snapshot 3 is INCOMPLETE" in undone.err
    assert scanner("diff", "1", "3", "--json").object["complete"] is False
    found = scanner("diff", "1", "2", "--json").object
    assert (found["complete"], found["publisher"]["new"]) == (True, "somebody else")
    assert "name one of its publisher's (3)" in scanner("diff", "1").err


@pytest.mark.parametrize("form", [(), ("--json",), ("--jsonl", "-")])
def test_where_nothing_of_a_kind_was_found_the_rest_is_counted(scanner, endpoints, tmp_path, form):
    rows = eth_rows()
    write_eth_list(tmp_path / "list.csv", [rows[0], changed(rows[1], signature1="")])
    assert scanner("snapshot", "list.csv", "--endpoints", endpoints).status == 3
    done = scanner("show", "--only", "shortfall", *form)
    assert done.status == 0
    assert done.err.splitlines() == [
        "none of this kind was found; 1 other finding: 'scanner show 1'",
        DEVELOPMENT,
    ]
    weighed = [] if form else ["findings in this order: 1 not verified"]
    unsigned = scanner("show", "--only", "unsigned", *form)
    assert unsigned.err.splitlines() == [*weighed, DEVELOPMENT]


def test_where_nothing_was_found_that_is_said(scanner, taken):
    for only in ((), ("--only", "note")):
        said = scanner("show", *only).err.splitlines()
        assert said == ["snapshot 1 has no findings", DEVELOPMENT]
