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


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """What pip notes of an installation that is no checkout, as a folder that is found first."""
    monkeypatch.setattr(errors, "__file__", str(tmp_path / "scanner" / "errors.py"))
    monkeypatch.syspath_prepend(tmp_path)
    notes = tmp_path / "reserve_scanner-0.1.0.dist-info"
    notes.mkdir()
    (notes / "METADATA").write_text(
        "Metadata-Version: 2.4\nName: reserve-scanner\nVersion: 0.1.0\n"
    )
    return notes


def test_installed_from_an_index_the_name_is_enough(installed: Path) -> None:
    assert install_command("parquet") == "pip install 'reserve-scanner[parquet]'"


def test_installed_from_a_folder_that_folder_is_named(installed: Path, tmp_path: Path) -> None:
    """By its name alone pip would fetch what somebody else put on an index."""
    source = tmp_path / "my source"
    source.mkdir()
    (source / "pyproject.toml").touch()
    (installed / "direct_url.json").write_text(f'{{"dir_info": {{}}, "url": "{source.as_uri()}"}}')
    assert install_command("parquet") == f"pip install '{source}[parquet]'"


@pytest.mark.parametrize(
    "url", ["file:///gone/source", "file:///tmp/a.whl", "https://example.org/a.whl", "file://x[y"]
)
def test_installed_from_what_is_not_there_any_more(installed: Path, url: str) -> None:
    (installed / "direct_url.json").write_text(f'{{"url": "{url}"}}')
    assert install_command("parquet") == "pip install '.[parquet]' in the folder of its source"


def test_the_error_says_what_needs_it_and_what_to_do(monkeypatch):
    monkeypatch.chdir(ROOT)
    error = MissingExtraError("Parquet needs one more package", "parquet")
    assert str(error) == "Parquet needs one more package: pip install '.[parquet]'"
