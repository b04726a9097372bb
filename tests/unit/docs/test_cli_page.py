"""docs/cli.md is what scripts/write-cli-page makes of the commands."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_the_page_is_that_of_the_commands():
    made = subprocess.run(
        [sys.executable, ROOT / "scripts" / "write-cli-page", "--stdout"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    ).stdout
    assert "## scanner snapshot\n" in made
    assert (ROOT / "docs" / "cli.md").read_text("utf-8") == made, "run scripts/write-cli-page"
