"""Marks of signed messages that begin and never end: the time is that of the bytes, not their square."""

import time

import pytest

from scanner.errors import InputError
from scanner.lists.open import open_list
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BEGIN = "-----BEGIN BITCOIN SIGNED MESSAGE-----\n"
SIGNATURE = "\n-----BEGIN SIGNATURE-----\n"
WHOLE = (
    f"{BEGIN}we hold this\n-----BEGIN SIGNATURE-----\n1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa\nQUJD\n"
    "-----END BITCOIN SIGNED MESSAGE-----\n"
)
SIZE = 900_000
SECONDS = 5.0
"""Of the processor; a minute's worth of marks was eight minutes."""


def rows_of(path):
    with open_list(path, REGISTRY) as file:
        return list(file)


@pytest.mark.parametrize(
    "body",
    [
        BEGIN * (SIZE // len(BEGIN)),
        (BEGIN + "x") * (SIZE // len(BEGIN + "x")),
        BEGIN + SIGNATURE * (SIZE // len(SIGNATURE)),
        (BEGIN + SIGNATURE) * (SIZE // len(BEGIN + SIGNATURE)),
    ],
    ids=["begins", "begins and a letter", "signatures", "both"],
)
def test_what_never_ends_costs_its_size(body, tmp_path):
    path = tmp_path / "statement.asc"
    path.write_text(body)
    began = time.process_time()
    with pytest.raises(InputError, match="no signature follows between its marks"):
        rows_of(path)
    assert time.process_time() - began < SECONDS


def test_whole_ones_before_it_are_read_and_the_rest_is_told(tmp_path):
    path = tmp_path / "statement.asc"
    path.write_text(WHOLE + "\n" + WHOLE.replace("this", "that") + BEGIN * 3)
    with open_list(path, REGISTRY) as file:
        rows = list(file)
        notes = str(file.summary())
    texts = [getattr(row, "message", "") for row in rows]
    assert [text for text in texts if text.startswith("we hold")] == [
        "we hold this",
        "we hold that",
    ]
    assert "text outside the marks" in notes or any("outside the marks" in str(r) for r in rows)
