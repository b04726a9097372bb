"""The database's password comes from a file and goes nowhere but into the URL."""

from pathlib import Path

import pytest

from scanner.errors import ConfigError, StoreError
from scanner.settings.database import database_url, sqlite_file
from scanner.store.database import engine
from scanner.store.database.migrate import upgrade


@pytest.fixture(autouse=True)
def _clean(monkeypatch, tmp_path):
    for name in ("SCANNER_DATABASE", "SCANNER_DATABASE_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SCANNER_DATA", str(tmp_path))


def test_default_is_a_file_in_the_data_folder(tmp_path):
    assert database_url() == f"sqlite:///{tmp_path}/scanner.db"


def test_command_line_goes_before_environment(monkeypatch):
    monkeypatch.setenv("SCANNER_DATABASE", "sqlite:///env.db")
    assert database_url() == "sqlite:///env.db"
    assert database_url("sqlite:///chosen.db") == "sqlite:///chosen.db"


def test_a_plain_file_name_is_a_sqlite_file(tmp_path):
    assert database_url("results.db") == "sqlite:///results.db"
    assert database_url(f"{tmp_path}/results.db") == f"sqlite:///{tmp_path}/results.db"


NAMES = ["a?x=1.db", "a%20b#c.db", "a@b:c.db", "ü é.db", "C:\\Users\\x.db", "a&b=c+d.db", "a\nb.db"]


@pytest.mark.parametrize("name", NAMES)
def test_any_file_name_is_the_file_that_is_made(name, tmp_path, monkeypatch):
    """A '?' ended the name: two databases were one file, of a third name."""
    monkeypatch.chdir(tmp_path)
    upgrade(database_url(name))
    assert (tmp_path / name).stat().st_size > 0
    assert [p.name for p in tmp_path.iterdir()] == [name]
    assert sqlite_file(database_url(name)) == Path(name)
    engine.open_store(database_url(name)).close()


@pytest.mark.parametrize("url", ["sqlite:///x.db?mode=ro", "sqlite:///x.db?uri=true"])
def test_options_of_a_sqlite_url_are_refused(url, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match="takes no options"):
        engine.open_store(database_url(url), create=True)
    assert not list(tmp_path.iterdir())


def test_password_from_a_file_is_quoted(monkeypatch, tmp_path):
    (tmp_path / "password").write_text("p@ss/wö:rd\n")
    monkeypatch.setenv("SCANNER_DATABASE_PASSWORD_FILE", str(tmp_path / "password"))
    from sqlalchemy import make_url

    url = database_url("postgresql+psycopg://scanner@db:5433/scanner?sslmode=require")
    parsed = make_url(url)
    assert parsed.password == "p@ss/wö:rd"
    assert (parsed.host, parsed.port, parsed.database) == ("db", 5433, "scanner")


def test_a_given_password_stays(monkeypatch, tmp_path):
    monkeypatch.setenv("SCANNER_DATABASE_PASSWORD_FILE", str(tmp_path / "missing"))
    url = "postgresql+psycopg://scanner:own@db/scanner"
    assert database_url(url) == url
    assert database_url("sqlite:///x.db") == "sqlite:///x.db"


def test_a_missing_password_file_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("SCANNER_DATABASE_PASSWORD_FILE", str(tmp_path / "missing"))
    with pytest.raises(ConfigError, match="missing"):
        database_url("postgresql+psycopg://scanner@db/scanner")
