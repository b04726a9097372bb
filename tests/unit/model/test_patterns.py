"""A pattern is compiled when it is first used, and once."""

from __future__ import annotations

import re

import pytest

from scanner.model.patterns import later


def test_a_pattern_is_compiled_at_its_first_use_and_once(monkeypatch):
    compiled = []
    own = re.compile
    monkeypatch.setattr(re, "compile", lambda *given: compiled.append(given) or own(*given))
    word = later("[a-z]+", re.IGNORECASE)
    assert compiled == []
    assert [word().fullmatch(text) is not None for text in ("Abc", "a1")] == [True, False]
    assert compiled == [("[a-z]+", re.IGNORECASE)]


def test_what_is_no_pattern_is_refused_when_it_is_used():
    with pytest.raises(re.error):
        later("(")()
