"""The commands in README and docs do what the pages say, run on the demonstration's results."""

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from support.command import run_scanner

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BIN = Path(sys.executable).parent

pytestmark = pytest.mark.node


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    """A folder in which `scanner demo` has run, as after `make demo`."""
    from support.missing import cannot

    from scanner.demo.run import run_demo
    from scanner.errors import NodeMissingError
    from scanner.settings.tables import load_registry

    folder = tmp_path_factory.mktemp("tutorial")
    try:
        run_demo(folder / ".demo", load_registry())
    except NodeMissingError as e:
        cannot(str(e))
    return folder


def shell_blocks(page):
    return re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


def test_the_tutorial_runs_from_top_to_bottom(world):
    script = "\n".join(shell_blocks(ROOT / "docs" / "tutorial.md"))
    assert "make demo\n" in script
    script = "set -e\n" + script.replace("make demo\n", "")
    environment = {**os.environ, "SCANNER_DATA": str(world / "data")}
    environment["PATH"] = f"{BIN}:{environment['PATH']}"
    result = subprocess.run(
        [shutil.which("bash"), "-c", script],
        cwd=world,
        env=environment,
        capture_output=True,
        text=True,
        timeout=600,
    )
    assert result.returncode == 0, result.stderr
    assert result.stdout.count("status 1") == 5, result.stdout + result.stderr
    assert result.stdout.count("status 3") == 3, result.stdout + result.stderr
    for name in ("ownership.jsonl", "totals.csv", "balances.jsonl", "report.html"):
        assert (world / ".demo" / name).stat().st_size > 0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_command_named_in_a_page_exists(page):
    """`scanner X --flag` in any code block: the subcommand and each of its flags are real."""
    text = page.read_text(encoding="utf-8")
    for line in re.findall(r"^(?:\S+/)?scanner ([^\n#|]+)", "\n".join(code(text)), re.M):
        words = line.split()
        command = [w for w in words[:2] if re.fullmatch(r"[a-z-]+", w)]
        if command[:1] == [] or words[0].startswith("-"):
            continue
        names = command if command[0] in GROUPS else command[:1]
        shown = help_of(*names)
        assert shown.status == 0, line
        for flag in re.findall(r"--[a-z-]+", line):
            assert flag in shown.text, (line, flag)


@cache
def help_of(*names):
    return run_scanner([*names, "--help"])


GROUPS = (
    *("lists", "prices", "liabilities", "endpoints", "db", "schedule", "alerts", "publishers"),
)


def code(text):
    return re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_link_in_a_page_leads_somewhere(page):
    for target in re.findall(r"\]\(([^)#\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), f"{page.name}: {target}"
