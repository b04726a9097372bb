"""What lies in deploy/ fits the program: metrics that it tells, commands that it has."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("*.service"))


def told():
    """Names of all metrics that the server's page can have."""
    source = (ROOT / "scanner" / "web" / "metrics.py").read_text()
    return set(re.findall(r'"(scanner_[a-z_]+)"', source))


def asked(expression):
    return set(re.findall(r"\bscanner_[a-z_]+", expression))


def test_rules_ask_for_metrics_that_are_told():
    groups = yaml.safe_load((DEPLOY / "prometheus-rules.yml").read_text())["groups"]
    rules = [rule for group in groups for rule in group["rules"]]
    assert len({rule["alert"] for rule in rules}) == len(rules) >= 8
    for rule in rules:
        assert asked(rule["expr"]) <= told()
        assert asked(rule["expr"])
        assert rule["annotations"]["summary"]


def test_rules_notice_that_there_is_nobody_to_notice():
    """Workers put due runs into the queue: with none alive it is empty, and all looks well."""
    groups = yaml.safe_load((DEPLOY / "prometheus-rules.yml").read_text())["groups"]
    rules = {rule["alert"]: rule["expr"] for group in groups for rule in group["rules"]}
    assert "scanner_schedule_failed" in asked(rules["ScannerNoWorkers"])
    assert rules["ScannerNotSeen"] == "absent(scanner_info)"


def test_the_board_asks_for_metrics_that_are_told():
    board = json.loads((DEPLOY / "grafana" / "scanner.json").read_text())
    expressions = [t["expr"] for panel in board["panels"] for t in panel["targets"]]
    assert set().union(*map(asked, expressions)) <= told()
    assert len(expressions) == len(board["panels"])


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_start_commands_that_exist_and_are_hardened(unit):
    from typer.testing import CliRunner

    from scanner.cli.main import app

    text = unit.read_text()
    _, command, *options = re.search(r"^ExecStart=(.*)$", text, re.MULTILINE)[1].split()
    shown = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    assert all(word in shown.output for word in options if word.startswith("--"))
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet="):
        assert line in text.splitlines()


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_keep_their_data_where_they_may_write(unit):
    """Without it the data folder is in the user's home, which ProtectHome hides."""
    lines = unit.read_text().splitlines()
    assert "StateDirectory=reserve-scanner" in lines
    place = lines.index("Environment=SCANNER_DATA=%S/reserve-scanner")
    assert place < lines.index("EnvironmentFile=/etc/reserve-scanner/environment")


NAMED = [
    *("docker-compose.yml", "Dockerfile", "Makefile", "deploy/prometheus-rules.yml"),
    *("config/publishers.toml", "config/endpoints.toml"),
]


@pytest.mark.parametrize("file", NAMED)
def test_pages_that_a_file_sends_its_reader_to_are_there(file):
    for page in re.findall(r"\bdocs/[a-z0-9/-]+\.md", (ROOT / file).read_text()):
        assert (ROOT / page).is_file(), page


def test_the_page_that_the_rules_name_says_what_each_metric_is():
    text = (DEPLOY / "prometheus-rules.yml").read_text()
    (page,) = re.findall(r"docs/[a-z/-]+\.md", text)
    groups = yaml.safe_load(text)["groups"]
    metrics = set().union(*(asked(rule["expr"]) for g in groups for rule in g["rules"]))
    assert {m for m in metrics if m not in (ROOT / page).read_text()} == set()


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not installed")
def test_units_are_units():
    command = ["systemd-analyze", "verify", "--recursive-errors=no", *map(str, UNITS)]
    done = subprocess.run(command, capture_output=True, text=True)
    wrong = [x for x in done.stderr.splitlines() if "Unknown" in x or "Missing" in x]
    assert wrong == []
