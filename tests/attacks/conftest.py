"""Attacks on the word "verified": each is a list and a chain as an attacker would make them.

Each test is named for the class of the attack, not for its instance.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support.command import Scanner, scanner_in


@pytest.fixture
def scanner(tmp_path: Path) -> Scanner:
    """Run `scanner ARGUMENTS` in a folder of its own, with a data folder of its own."""
    return scanner_in(tmp_path)
