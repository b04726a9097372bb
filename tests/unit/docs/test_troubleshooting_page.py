"""What the page quotes is what the program says."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
PAGE = (ROOT / "docs" / "troubleshooting.md").read_text("utf-8")
QUOTED = re.findall(
    r'"([a-z][^"]+)"',
    "\n".join(row.split("|")[1] for row in PAGE.splitlines() if row.count("|") > 2),
)


@pytest.fixture(scope="module")
def sources() -> str:
    """The program's text, with strings that go on in the next line joined."""
    whole = "\n".join(f.read_text("utf-8") for f in sorted((ROOT / "scanner").rglob("*.py")))
    return re.sub(r'"\s*\n\s*f?"', "", whole)


@pytest.mark.parametrize("words", QUOTED)
def test_quoted_words_are_the_programs_own(words, sources):
    assert words.removesuffix("...").strip() in sources


def test_some_are_quoted():
    assert len(QUOTED) > 4
