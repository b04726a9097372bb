"""Compiled templates are kept where Python keeps its own, and never trusted further than that."""

import os
import sys
from pathlib import Path

import jinja2
import pytest

from scanner.reports.documents import html
from scanner.reports.documents.compiled import CompiledTemplates
from scanner.web import render

TEXT = "{{ name }} holds {{ amount }}"
VALUES = {"name": "A & B", "amount": 7}
PAGE = "A &amp; B holds 7"


class Once(jinja2.Environment):
    """Counts what it compiles."""

    compiled = 0

    def compile(self, *arguments, **options):
        self.compiled += 1
        return super().compile(*arguments, **options)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder of modules that Python has compiled."""
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys, "pycache_prefix", None)
    (tmp_path / "__pycache__").mkdir()
    return tmp_path


def compiled(folder, text=TEXT, page=PAGE, **options):
    """How many templates were compiled to make the page."""
    environment = Once(
        loader=jinja2.DictLoader({"page.j2": text}),
        bytecode_cache=CompiledTemplates(folder),
        **{"autoescape": True, **options},
    )
    assert environment.get_template("page.j2").render(VALUES) == page
    return environment.compiled


def kept(folder):
    return [p for p in folder.rglob("*") if p.is_file()]


def test_a_template_is_compiled_once(folder):
    assert [compiled(folder) for _ in range(3)] == [1, 0, 0]
    (file,) = kept(folder)
    assert file.parent == folder / "__pycache__"
    assert file.stat().st_mode & 0o022 == 0


def test_another_text_or_option_is_compiled_anew(folder):
    compiled(folder)
    assert compiled(folder, TEXT + "!", PAGE + "!") == 1
    assert compiled(folder) == 1
    assert compiled(folder, page="A & B holds 7", autoescape=False) == 1
    assert compiled(folder, finalize=str) == 1
    assert compiled(folder, page="A &amp; B holds 7", trim_blocks=True) == 1


def test_another_jinja_compiles_anew(folder, monkeypatch, tmp_path):
    compiled(folder)
    other = tmp_path / "compiler.py"
    other.write_text("", "utf-8")
    monkeypatch.setattr("jinja2.compiler.__file__", str(other))
    assert compiled(folder) == 1


def test_a_damaged_file_costs_the_compiling(folder):
    compiled(folder)
    (file,) = kept(folder)
    whole = file.read_bytes()
    for place in range(0, len(whole), 7):
        file.write_bytes(whole[:place] + bytes([whole[place] ^ 0x40]) + whole[place + 1 :])
        assert compiled(folder) == 1
        file.write_bytes(whole[:place])
        assert compiled(folder) == 1
    assert compiled(folder) == 0


def test_nothing_is_kept_where_python_keeps_nothing(folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert [compiled(folder), compiled(folder)] == [1, 1]
    assert kept(folder) == []
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    monkeypatch.setattr(sys.implementation, "cache_tag", None)
    assert [compiled(folder), compiled(folder)] == [1, 1]
    assert kept(folder) == []


def test_it_is_kept_where_python_is_told_to(folder, monkeypatch):
    elsewhere = folder / "elsewhere"
    monkeypatch.setattr(sys, "pycache_prefix", str(elsewhere))
    assert [compiled(folder), compiled(folder)] == [1, 1]
    assert not elsewhere.exists()  # Python has made no folder there: nor do we
    (elsewhere / str(folder).lstrip("/")).mkdir(parents=True)
    assert [compiled(folder), compiled(folder)] == [1, 0]
    assert kept(folder / "__pycache__") == []


def test_a_folder_that_cannot_be_written_to_costs_the_compiling(folder, monkeypatch):
    (folder / "__pycache__").rmdir()
    assert [compiled(folder), compiled(folder)] == [1, 1]
    (folder / "__pycache__").write_text("", "utf-8")
    assert [compiled(folder), compiled(folder)] == [1, 1]
    assert kept(folder) == [folder / "__pycache__"]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing(folder, monkeypatch):
    def full(*_):
        raise OSError(28, "no space")

    monkeypatch.setattr(os, "replace", full)
    assert compiled(folder) == 1
    assert kept(folder) == []


TEMPLATES = Path(html.__file__).with_name("templates")
FOLDERS = [TEMPLATES, render.FOLDER / "templates"]


def calls_when_compiled(text):
    """Which of the program's functions Jinja calls to compile a template."""
    calls = []

    def calling(name):
        return lambda value, *_: calls.append(name) or value

    environment = jinja2.Environment(
        autoescape=True, finalize=calling("finalize"), trim_blocks=True, lstrip_blocks=True
    )
    ours = {*render._environment().filters, "rows"} - {*environment.filters}
    for name in ours:  # Jinja's own are Jinja's, whose code is known by its time
        environment.filters[name] = calling(name)
    environment.compile(text, "page.j2", "page.j2")
    return calls


@pytest.mark.parametrize("file", [p for f in FOLDERS for p in f.glob("*.j2")], ids=lambda p: p.name)
def test_what_a_template_compiles_to_is_of_its_text_alone(file):
    """What a filter gave when a template was compiled would be kept as it was then."""
    assert calls_when_compiled(file.read_text("utf-8")) == []


def test_a_template_whose_code_is_not_of_its_text_alone_would_be_seen():
    assert calls_when_compiled("{{ name | rows }}") == []
    assert calls_when_compiled("{{ 3 | rows }}") == ["rows", "finalize"]
