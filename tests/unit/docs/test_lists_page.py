"""docs/lists.md is what scripts/write-lists-page makes of the tables of the code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_page_is_that_of_the_tables():
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "write-lists-page", "--stdout"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "| height | `atblock`" in made or "| height | `atheight`" in made
    page = (ROOT / "docs" / "lists.md").read_text("utf-8")
    assert page == made, "run scripts/write-lists-page"
