"""The shipped table of publishers, and one of the user's own beside it."""

from __future__ import annotations

import pytest

from scanner.errors import ConfigError
from scanner.lists.table import READERS
from scanner.settings.publishers import ENVIRONMENT, load_publishers
from scanner.settings.tables import load_registry


def test_the_shipped_table_is_sound(monkeypatch):
    monkeypatch.delenv(ENVIRONMENT)
    table = load_publishers()
    okx = table.known("OKEx")
    assert (okx.name, okx.every, okx.layout) == ("okx", "month", "okx_csv")
    assert "I am an OKX address" in okx.texts
    assert "hello world" not in {text for p in table.all.values() for text in p.texts}
    assets = {holding.asset for holding in load_registry().holdings()}
    layouts = {p.layout for p in table.all.values() if p.layout}
    assert layouts <= set(READERS)
    assert {"OKB", "OKT"} <= assets.intersection(okx.tokens)


def test_a_table_of_ones_own_adds_and_wins(monkeypatch, tmp_path):
    file = tmp_path / "own.toml"
    file.write_text(
        '[[publisher]]\nname = "OKX"\ntexts = ["new"]\npage = "https://x.example"\n'
        '[[publisher]]\nname = "northbank"\naliases = ["NB"]\ntokens = ["NBK"]\n'
    )
    monkeypatch.setenv(ENVIRONMENT, str(file))
    table = load_publishers()
    okx = table.known("okx")
    assert {"new", "I am an OKX address"} <= set(okx.texts)
    assert (okx.name, okx.page) == ("okx", "https://x.example")
    assert table.known("nb").tokens == ("NBK",)


@pytest.mark.parametrize(
    "text",
    [
        "name = 'x'",
        "[[publisher]]\naliases = ['x']",
        "[[publisher]]\nname = 'x'\nwebsite = 'y'",
        "[[publisher]]\nname = 'x'\ntexts = 'y'",
        "[[publisher]]\nname = 'x'\ntexts = [1]",
        "[[publisher]]\nname = 'x'\nevery = 'fortnight'",
        "[[publisher]]\nname = 'x'\n[[publisher]]\nname = 'y'\naliases = ['X']",
        "not toml",
    ],
)
def test_a_wrong_table_is_refused_in_words(monkeypatch, tmp_path, text):
    file = tmp_path / "own.toml"
    file.write_text(text)
    monkeypatch.setenv(ENVIRONMENT, str(file))
    with pytest.raises(ConfigError):
        load_publishers()


def test_a_missing_table_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv(ENVIRONMENT, str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"none\.toml"):
        load_publishers()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('text = ["a"]', "northbank: unknown key 'text'; did you mean 'texts'?"),
        ('texts = "a"', "northbank: texts must be a list of texts in quotes"),
        ("page = 5", "northbank: page must be text in quotes"),
        (
            'every = "monthly"',
            "northbank: every is one of day, week, month, quarter, not 'monthly'",
        ),
    ],
)
def test_a_wrong_key_is_named_with_what_would_do(monkeypatch, tmp_path, text, says):
    file = tmp_path / "own.toml"
    file.write_text(f'[[publisher]]\nname = "northbank"\n{text}\n')
    monkeypatch.setenv(ENVIRONMENT, str(file))
    with pytest.raises(ConfigError) as caught:
        load_publishers()
    assert str(caught.value) == f"{file}: {says}"


def test_a_missing_table_is_named_once(monkeypatch, tmp_path):
    file = tmp_path / "none.toml"
    monkeypatch.setenv(ENVIRONMENT, str(file))
    with pytest.raises(ConfigError) as caught:
        load_publishers()
    words = f"cannot read the table of publishers {file}: No such file or directory"
    assert str(caught.value) == words


def test_a_table_saved_by_an_editor_with_a_byte_order_mark_is_read(monkeypatch, tmp_path):
    file = tmp_path / "own.toml"
    file.write_bytes(b'\xef\xbb\xbf[[publisher]]\r\nname = "northbank"\r\n')
    monkeypatch.setenv(ENVIRONMENT, str(file))
    assert load_publishers().find("northbank") is not None
