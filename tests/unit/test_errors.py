"""Hints to install name what works from where the user stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from scanner import errors
from scanner.errors import MissingExtraError, install_command

ROOT = Path(errors.__file__).resolve().parents[1]


def test_from_the_folder_of_a_checkout(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(ROOT)
    assert install_command("parquet") == "pip install '.[parquet]'"


def test_from_elsewhere_a_checkout_is_named_by_its_path(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert install_command("parquet") == f"pip install '{ROOT}[parquet]'"


def test_installed_as_a_package_the_name_is_enough(monkeypatch, tmp_path):
    monkeypatch.setattr(errors, "__file__", str(tmp_path / "scanner" / "errors.py"))
    assert install_command("parquet") == "pip install 'reserve-scanner[parquet]'"


def test_the_error_says_what_needs_it_and_what_to_do(monkeypatch):
    monkeypatch.chdir(ROOT)
    error = MissingExtraError("Parquet needs one more package", "parquet")
    assert str(error) == "Parquet needs one more package: pip install '.[parquet]'"
