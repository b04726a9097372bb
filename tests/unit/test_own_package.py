"""What tests import from `tests` is the project's own: bitcoinlib installs a package of that name."""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.metadata import files
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def test_tests_are_ours() -> None:
    from tests.unit.chains.fleet import test_source as found

    assert Path(str(found.__file__)).is_relative_to(ROOT)


@pytest.mark.parametrize("place", ["tests", "docs", "tests/unit/chains"])
def test_they_are_from_wherever_they_are_started(place: str) -> None:
    """By the program `pytest`, too, which does not put the folder it is started in first."""
    theirs = [str(f) for f in files("bitcoinlib") or () if str(f).startswith("tests/__init__")]
    assert theirs, "bitcoinlib has no such package any more: this guard can go"
    words = ["--collect-only", "-q", "-p", "no:cacheprovider", "-p", "no:xdist"]
    where = ROOT / "tests/unit/test_own_package.py"
    program = Path(sys.executable).with_name("pytest")
    done = subprocess.run(
        [program, *words, f"{where}::test_tests_are_ours"],
        cwd=ROOT / place,
        env={**os.environ, "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
