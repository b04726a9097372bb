"""docs/architecture.md names the rooms that there are, in the order that lint holds them to."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SCANNER = ROOT / "scanner"
PAGE = (ROOT / "docs" / "architecture.md").read_text("utf-8")
RULES = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
INNER = dict(re.findall(r"^- `(\w+)`: (.*?)(?=^- `|^$)", PAGE, re.MULTILINE | re.DOTALL))
"""Room -> what its paragraph says, of those with inner rooms."""
DOOR = " At its door: "


def folders(of: Path) -> set[str]:
    """The rooms in a folder: those that can be imported."""
    return {path.parent.name for path in of.glob("*/__init__.py")}


def modules(of: Path) -> set[str]:
    """The modules in a folder but its own and the one that Python starts."""
    return {path.stem for path in of.glob("*.py")} - {"__init__", "__main__"}


def names(text: str) -> list[str]:
    return re.findall(r"`(\w+)`", text)


def floors(text: str) -> list[set[str]]:
    """Inner rooms from low to high, those of one floor together."""
    return [found for part in text.partition(DOOR)[0].split("; ") if (found := {*names(part)})]


def test_every_room_is_in_the_table_and_no_other() -> None:
    told = re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)
    assert sorted(told) == sorted(folders(SCANNER) | modules(SCANNER))
    picture = PAGE.split("```")[1]
    assert {*re.findall(r"\w+", picture)} == {*told}


def test_every_inner_room_is_named_and_no_other() -> None:
    there = {room: folders(SCANNER / room) for room in folders(SCANNER)}
    told = {room: set().union(*floors(text)) for room, text in INNER.items()}
    assert told == {room: inner for room, inner in there.items() if inner}
    deeper = [
        path
        for path in SCANNER.glob("*/*/**/__init__.py")
        if len(path.parts) > len(SCANNER.parts) + 3
    ]
    assert not deeper, "a room inside an inner room: the page has no place for it"


@pytest.mark.parametrize("room", [room for room, text in INNER.items() if DOOR.strip() in text])
def test_every_module_at_a_door_is_named(room: str) -> None:
    door = re.sub(r"\s+", " ", INNER[room]).partition(DOOR)[2]
    assert {*names(door)} == modules(SCANNER / room)


@pytest.mark.parametrize("room", ["ownership", "chains", "liabilities", "store", "reports", "cli"])
def test_the_floors_are_those_of_the_rules_of_imports(room: str) -> None:
    text = re.sub(r"\s+", " ", INNER[room])
    (rule,) = (c for c in RULES["contracts"] if c.get("containers") == [f"scanner.{room}"])
    inner = folders(SCANNER / room)
    layers = [{*layer.split(" | ")} & inner for layer in reversed(rule["layers"])]
    assert floors(text) == [layer for layer in layers if layer]
