"""docs/schemes.md says what the schemes do: the matrix is compared with verdicts."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from support.scheme_evidence import REGISTRY, VECTORS, cells, cells_of_vectors
from support.signed_rows import claim

from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.ownership.table import VERIFIERS, verifier
from scanner.ownership.unsupported import REASONS

PAGE = (Path(__file__).parents[3] / "docs" / "schemes.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def table(title: str) -> list[list[str]]:
    lines = [x for x in section(title).splitlines() if x.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]


MATRIX = table("Matrix")


def code(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def test_the_matrix_is_exactly_what_the_program_verifies() -> None:
    told = {
        (code(scheme)[0], code(form)[0], network): code(binding)[0]
        for scheme, form, networks, binding, _ in MATRIX
        for network in networks.split(", ")
    }
    found = {cell: binding.value for cell, binding in cells().items()}
    missing = sorted(f"{cell}: {binding}" for cell, binding in found.items() if cell not in told)
    assert not missing, "docs/schemes.md's matrix needs these (scheme, format, network): " + (
        "; ".join(missing)
    )
    assert told == found


def test_every_scheme_and_every_network_is_in_the_matrix() -> None:
    assert {code(row[0])[0] for row in MATRIX} == set(VERIFIERS)
    assert {n for row in MATRIX for n in row[2].split(", ")} == set(REGISTRY.networks)
    for name in VERIFIERS:
        assert verifier(name).name == name
    named = {s for n in REGISTRY.networks.values() for s in n.schemes}
    assert named == set(VERIFIERS)


def test_vectors_stand_behind_every_cell() -> None:
    published = cells_of_vectors()
    rows = json.loads((VECTORS / "own_rows" / "rows.json").read_text())
    own = {row["scheme"] for row in rows}
    for scheme, form, _, _, vectors in MATRIX:
        cell = (code(scheme)[0], code(form)[0])
        folders = code(vectors)
        assert folders
        for folder in folders:
            assert (VECTORS / folder / "SOURCE.md").is_file()
        assert ("okx_signatures" in folders) == (cell in published)
        if "own_rows" in folders:
            assert cell[0] in own


OWN_ROWS = json.loads((VECTORS / "own_rows" / "rows.json").read_text())


@pytest.mark.parametrize("row", OWN_ROWS, ids=lambda r: f"{r['scheme']} {r['label']}")
def test_kept_rows_still_control(row: dict[str, object]) -> None:
    given = claim(
        str(row["network"]),
        str(row["address"]),
        *row["signatures"],  # type: ignore[misc]
        message=row["message"],
        script=row["script"],
        owners=tuple(row["owners"]),  # type: ignore[arg-type]
    )
    result = judge(given, REGISTRY)
    assert (result.control, result.scheme) == (Control.CONTROLS, row["scheme"])
    assert result.shows_control is row["bound"]


def test_every_unsupported_format_is_told_with_its_reason() -> None:
    told = {code(form)[0]: reason for form, reason in table("Not verified")}
    assert told == dict(REASONS)


def test_every_coin_name_verifies_on_its_network() -> None:
    """Each of the publisher's coin names leads to a network with a scheme that some row fills."""
    filled = {network for _, _, network in cells()}
    assert REGISTRY.coins
    for coin in REGISTRY.coins.values():
        assert coin.holding.network in filled, coin.name


def test_every_control_and_wire_form_is_explained() -> None:
    assert {code(row[0])[0] for row in _first_table()} == {c.value for c in Control}
    signed = {name for row in table("What is signed") for name in code(row[0])}
    assert signed == set(VERIFIERS)


def _first_table() -> list[list[str]]:
    top = PAGE.split("\n## ")[0]
    lines = [x for x in top.splitlines() if x.startswith("| ")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines[1:]]
