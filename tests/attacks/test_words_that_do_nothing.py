"""Settings that would never do anything, and terminals that cannot say it: told, not crashed."""

import os
import subprocess
from decimal import Decimal

import pytest
from support.command import COMMAND
from support.databases import store
from support.snapshot_stub import StubSource, eth_claim
from support.taking import planned, take

from scanner.alerts.config import Rule
from scanner.alerts.rules import events, match_nothing
from scanner.errors import ConfigError
from scanner.settings.tables import load_registry
from scanner.worker.ticks import check_cron

__all__ = ["store"]


@pytest.mark.parametrize("cron", ["0 0 30 2 *", "0 0 31 4 *", "0 0 31 2,4,6,9,11 *"])
def test_a_time_that_never_comes_is_refused(cron):
    pytest.importorskip("croniter")
    with pytest.raises(ConfigError, match="never happens"):
        check_cron(cron)


@pytest.mark.parametrize("cron", ["0 0 29 2 *", "0 6 * * *", "*/5 * 31 * *"])
def test_a_time_that_comes_rarely_is_kept(cron):
    pytest.importorskip("croniter")
    assert check_cron(cron) == cron


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_rule_means_what_the_tables_know_by_its_names(store):
    registry = load_registry()
    snapshot = planned(store, [eth_claim(1)])
    take(store, snapshot, StubSource())
    rule = Rule("r", "reserve_ratio", Decimal(1), ("eth",), ("OKX",), ())
    (told,) = events(store, registry, snapshot, [rule])
    assert told.subject == "ETH"
    assert match_nothing(store, registry, [rule]) == []


@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_a_rule_that_can_never_fire_is_told(store):
    planned(store, [eth_claim(1)])
    rule = Rule("r", "reserve_ratio", Decimal(1), ("ETX",), ("nobody", "okx"), ())
    assert match_nothing(store, load_registry(), [rule]) == [
        "rule 'r' names the asset 'ETX', which no table knows",
        "rule 'r' names the publisher 'nobody', which has no list in this database",
    ]


def test_a_terminal_that_knows_only_ascii(tmp_path):
    file = tmp_path / "ünï.csv"
    file.write_text("address;Summe\n", encoding="utf-8")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    command = [*COMMAND, "lists", "inspect", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert "internal error" not in done.stderr
    assert done.returncode == 2
    assert "\\xfcn\\xef.csv" in done.stderr
