"""`scanner snapshot` on a list made like OKX's of June 2026: every row is answered or named."""

from __future__ import annotations

import json

import pytest
from support.june_list import COUNTS, HEIGHTS, REGISTRY, ROWS, SCALE, june
from support.replay import Trap

NEWEST = {"tron", "solana", "vaulta", "aelf"}


@pytest.fixture
def made(tmp_path):
    with june(tmp_path) as servers:
        yield servers


def balances(scanner):
    done = scanner("export", "balances", "latest", "--format", "jsonl")
    assert done.status == 0, done.err
    return done.objects


def test_every_row_is_answered_or_named(scanner, made):
    done = scanner("snapshot", made.path, "--endpoints", made.endpoints, timeout=300)
    assert done.status == 3, done.err  # ADA has no source
    found = {(b["asset"], b["network"]): b for b in balances(scanner)}
    assert len(found) == len(ROWS)
    for row in ROWS:
        balance = found[(REGISTRY.coins[row.coin].holding.asset, row.ours)]
        if row.ours == "cardano":
            assert balance["found"] is None
            assert "no source of balances" in balance["reason"]
            continue
        assert balance["found"] == str(row.amount), balance
        expected = "latest_only" if row.ours in NEWEST else "reported"
        assert balance["evidence"] == expected, balance
        assert balance["height"] == row.height, balance
    # Each key is asked for where keys can be other ones than the address's: none is left a doubt.
    told = scanner("export", "findings", "latest", "--format", "jsonl").objects
    assert not [f for f in told if "keys could not be checked" in json.dumps(f)]


def test_the_list_has_the_heights_and_in_proportion_the_rows_that_were_seen_of_the_file():
    assert {r.network: r.height for r in ROWS if r.network in HEIGHTS} == {
        network: told["height"] for network, told in HEIGHTS.items()
    }
    counts = {row.coin: COUNTS.get(row.coin, 1) for row in ROWS}
    assert sum(counts.values()) == 196_411 // SCALE
    assert (counts["ELF"], counts["ASSET-HUB"], counts["A"]) == (263, 50, 2)
    assert counts["APTOS"] == 100_000 // SCALE


def test_a_hundredth_of_the_files_rows_are_answered_or_named(scanner, tmp_path):
    with june(tmp_path, COUNTS) as made:
        done = scanner("snapshot", made.path, "--endpoints", made.endpoints, timeout=300)
        assert done.status == 3, done.err
        found: dict[tuple[str, str], set[str | None]] = {}
        every = balances(scanner)
        assert len(every) == 196_411 // SCALE
        for balance in every:
            assert (balance["found"] is None) == (balance["network"] == "cardano"), balance
            assert balance["found"] or "no source of balances" in balance["reason"], balance
            found.setdefault((balance["asset"], balance["network"]), set()).add(balance["found"])
    for row in ROWS:
        amounts = {str(row.amount + n) for n in range(COUNTS.get(row.coin, 1))}
        expected = {None} if row.ours == "cardano" else amounts
        assert found.pop((REGISTRY.coins[row.coin].holding.asset, row.ours)) == expected
    assert not found


def test_what_moved_since_differs_now_and_what_fell_short_is_false(scanner, made):
    made.servers["tron"].world.put(made.addresses["tron"], 5)
    made.servers["ton"].world.put(made.addresses["ton"], 5)
    done = scanner("snapshot", made.path, "--endpoints", made.endpoints, timeout=300)
    assert done.status == 1, done.err
    told = scanner("export", "findings", "latest", "--format", "jsonl").objects
    kinds = {f["network"]: f["kind"] for f in told if f["kind"] in ("shortfall", "differs_now")}
    assert kinds == {"tron": "differs_now", "ton": "shortfall"}, json.dumps(told)


def test_the_doctor_says_who_answers_before_a_long_run(scanner, made):
    done = scanner("doctor", made.path, "--endpoints", made.endpoints, "--json", timeout=300)
    assert done.status == 3, done.err  # ADA has no source
    found = {f["network"]: f for f in done.object}
    assert set(found) == {row.ours for row in ROWS}
    for name, told in found.items():
        if name == "cardano":
            assert (told["tried"], told["evidence"]) == (0, "unavailable")
            assert "no source" in told["problem"]
            continue
        assert told["answered"] == told["tried"] == told["rows"], told
        assert told["evidence"] == ("latest_only" if name in NEWEST else "reported")
        assert told["seconds"] is not None
        assert ("your own node" in told["advice"]) == (name in NEWEST)

    made.servers["ton"].trap = Trap.PRUNED
    words = scanner("doctor", made.path, "--endpoints", made.endpoints, timeout=300)
    assert "archive node" in words.out.decode()
