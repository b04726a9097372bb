"""A real Chromium, driven by playwright-core, with axe-core's eyes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from support.missing import cannot

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = Path(__file__).with_name("browser.mjs")


@dataclass(frozen=True)
class Look:
    """One page as one reader sees it. shot: where to keep a picture, "" for none."""

    url: str
    width: int = 1280
    height: int = 900
    dark: bool = False
    print: bool = False
    shot: str = ""


@dataclass(frozen=True)
class Seen:
    """What Chromium and axe found. wide: pixels by which the page is wider than its window.
    cut: tables that are wider than their frames. cards: rows of tables that are shown as cards.
    """

    url: str
    status: int
    problems: list[str]
    outside: list[str]
    errors: list[str]
    wide: int
    cut: list[str]
    cards: int
    title: str


def look(looks: Sequence[Look]) -> list[Seen]:
    """Open every page. Skips the test, saying why, where there is no browser."""
    modules = Path(os.environ.get("BROWSER_MODULES", ROOT / ".devnet" / "browser"))
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if chromium is None:
        cannot("chromium is missing: 'apt-get install chromium', or name it in CHROMIUM")
    if shutil.which("node") is None or not (modules / "node_modules" / "axe-core").is_dir():
        cannot("nothing to drive chromium with: run 'scripts/install-browser .devnet/browser'")
    done = subprocess.run(
        ["node", SCRIPT, modules, chromium],
        input="\n".join(json.dumps(asdict(one)) for one in looks),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Seen(**json.loads(line)) for line in done.stdout.splitlines()]
