"""What a message says about addresses is still there when secrets were taken out of it."""

from __future__ import annotations

import ast
from pathlib import Path

import scanner
from scanner.reports.tables.text import redacted


def raised_texts():
    """Every literal text in what is raised in the code, with its place."""
    for file in sorted(Path(scanner.__file__).parent.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Raise):
                for part in ast.walk(node):
                    if isinstance(part, ast.Constant) and isinstance(part.value, str):
                        yield f"{file.name}:{part.lineno}", part.value


def test_no_message_loses_its_own_words_as_if_they_were_an_address():
    """'its URL must be ssl://host' became 'its URL must be (ssl address left out)'."""
    texts = list(raised_texts())
    assert len(texts) > 500
    assert [(place, text) for place, text in texts if redacted(text) != text] == []
