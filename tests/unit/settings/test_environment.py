"""A variable that is nearly a setting is told; one of the user's own is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import scanner
from scanner.cli import main
from scanner.settings.environment import SETTINGS, mistyped

INTERNAL = {"COMPLETE", "SERVE", "LOG_FORMAT"}
"""Told by the program to its own processes."""


def test_every_variable_that_the_code_reads_is_known():
    source = Path(scanner.__file__).parent
    found = {
        name
        for file in source.rglob("*.py")
        for name in re.findall(r"[\"'`/ ]SCANNER_([A-Z_]+)", file.read_text("utf-8"))
    }
    assert found - INTERNAL == set(SETTINGS)


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("SCANNER_ENDPOINT", "SCANNER_ENDPOINTS"),
        ("SCANNER_DATABSE", "SCANNER_DATABASE"),
        ("SCANNER_ALERT", "SCANNER_ALERTS"),
        ("scanner_database", "SCANNER_DATABASE"),
        ("SCANNER_DATABASE_PASWORD_FILE", "SCANNER_DATABASE_PASSWORD_FILE"),
        ("SCANNER_INSIDE_HOST", "SCANNER_INSIDE_HOSTS"),
    ],
)
def test_nearly_a_setting_is_told(name, meant):
    assert list(mistyped([name])) == [f"scanner: {name} is no setting: did you mean {meant}?"]


@pytest.mark.parametrize(
    "name",
    [
        *("SCANNER_ENDPOINTS", "SCANNER_KEY", "SCANNER_ETH_KEY", "SCANNER_HOME", "SCANNER_TOKEN"),
        *("SCANNER_LISTS", "SCANNER_SOAK", "SCANNER_NODES", "ENDPOINT", "SCANNER_", "PATH"),
        "SCANNER_LITECOIND",
    ],
)
def test_a_name_of_the_user_s_own_is_not(name):
    assert list(mistyped([name])) == []


def test_it_is_told_before_the_command_runs(monkeypatch, capsys):
    monkeypatch.setenv("SCANNER_ENDPOINT", "mine.toml")
    assert main.run(["--version"]) == 0
    assert capsys.readouterr().err == (
        "scanner: SCANNER_ENDPOINT is no setting: did you mean SCANNER_ENDPOINTS?\n"
    )
