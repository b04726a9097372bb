"""Finds the header of a table: behind title rows, with any usual delimiter; and accounts for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice

from scanner.files.records import DELIMITERS
from scanner.lists.accounting import Accounting
from scanner.lists.columns import AS_YOU_SAY, Columns, amount_named
from scanner.lists.names import BY_NAME, NAMES_A_COIN, WHY_NEEDLESS, normal
from scanner.lists.preamble import Line, preamble
from scanner.lists.remedies import mapping
from scanner.lists.spoken import says_beside_rows
from scanner.model.registry import Registry
from scanner.model.speech import BASE_UNITS, says_unit

TITLE = "a title"
"""What a line before the header is that says nothing of rows."""
MOST_TITLES = 40
"""Lines that are not blank within which the header must come."""

_SEP = re.compile(r"\ufeff?sep=(.)\r?\n?", re.IGNORECASE)
_EXAMPLES = 5
_LONGEST = 200  # characters of a line that an option may repeat


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a table begins. titles: lines before it. rows: the first few after it."""

    delimiter: str
    line: Line
    titles: tuple[Line, ...]
    rows: tuple[Line, ...]

    def example(self, index: int) -> str:
        """The first value of a column that is not blank."""
        cells = (row.cells[index].strip() for row in self.rows if index < len(row.cells))
        return next((cell for cell in cells if cell), "")


def find_heading(head: bytes, chosen: Mapping[str, str], registry: Registry) -> Heading | None:
    """The header that names an address and the most of what else we know; None if there is none.

    head: the start of the file. chosen: the user's column map, under our field names.
    """
    said = _SEP.match(head[:8].decode("latin-1"))
    delimiters = said[1] if said and said[1] in DELIMITERS else DELIMITERS
    best: tuple[int, Heading] | None = None
    for delimiter in delimiters:
        lines = list(islice(preamble(head, delimiter), MOST_TITLES + _EXAMPLES))
        start = 1 if said and lines else 0
        for at, line in enumerate(lines[start:MOST_TITLES], start):
            known = _known(line.cells, chosen, registry)
            if not known:
                continue
            below = _known(lines[at + 1].cells, chosen, registry) if at + 1 < len(lines) else 0
            if below > known:  # the line above groups the columns
                continue
            if best is None or known > best[0]:
                titles, rows = lines[start:at], lines[at + 1 : at + 1 + _EXAMPLES]
                best = known, Heading(delimiter, line, tuple(titles), tuple(rows))
            break
    return _with_second(best[1], chosen, registry) if best else None


def _with_second(heading: Heading, chosen: Mapping[str, str], registry: Registry) -> Heading:
    """The heading with the names of a second line of it, such as the coins below "Amount".

    A second line has no address, and a name in place of an amount. Its names stand in brackets
    behind those above them: so a coin or a unit is understood as one, and nothing else is.
    """
    if not heading.rows:
        return heading
    second, names = heading.rows[0], list(heading.line.cells)
    names += [""] * (len(second.cells) - len(names))
    below = [cell.strip() for cell in second.cells] + [""] * (len(names) - len(second.cells))
    said = {normal(name): field for field, name in chosen.items()}
    fields = [said.get(normal(name)) or BY_NAME.get(normal(name)) for name in names]
    if any(cell and field == "address" for cell, field in zip(below, fields, strict=True)):
        return heading
    if any(map(str.isdigit, "".join(below))):
        return heading
    places = [
        at
        for at, (name, cell, field) in enumerate(zip(names, below, fields, strict=True))
        if cell and _of_amounts(name, field)
    ]
    if not any(_names_something(below[at], registry) for at in places):
        return heading
    for at in places:
        names[at] = _joined(names[at].strip(), below[at].strip("()[] "), registry)
    line = Line(heading.line.number, second.next_number, second.end, names)
    return replace(heading, line=line, rows=heading.rows[1:])


def _joined(name: str, below: str, registry: Registry) -> str:
    """The name of a column of which a heading of two lines says a part in each."""
    if not name:
        return below
    other = f"{below} ({name})"
    if amount_named(f"{name} ({below})", registry) is None and amount_named(other, registry):
        return other
    return f"{name} ({below})"


def _of_amounts(name: str, field: str | None) -> bool:
    """Whether a column holds amounts, or nothing says what it holds."""
    if field is None:
        return normal(name) not in WHY_NEEDLESS
    return field in ("amount", "base_units")


def _names_something(cell: str, registry: Registry) -> bool:
    """Whether a cell is a name of a column, a coin or a unit, and no value."""
    named = amount_named(cell, registry) is not None or amount_named(f"amount {cell}", registry)
    return bool(named or BY_NAME.get(normal(cell)) or says_unit(cell))


def _known(cells: Sequence[str], chosen: Mapping[str, str], registry: Registry) -> int:
    """How many cells mean something; 0 if none of them is the address."""
    names = [normal(cell) for cell in cells]
    wanted = {normal(name) for name in chosen.values()}
    if "address" in chosen:
        found = normal(chosen["address"]) in names
    else:
        found = any(BY_NAME.get(name) == "address" for name in names)
    if not found:
        return 0
    return sum(
        name in BY_NAME
        or name in WHY_NEEDLESS
        or name in wanted
        or amount_named(cell, registry) is not None
        for name, cell in zip(names, cells, strict=True)
    )


def account_for_columns(
    accounting: Accounting,
    heading: Heading,
    columns: Columns,
    *,
    coin_named: bool,
    watched: bool = False,
) -> tuple[int, ...]:
    """Declare every column of a table. coin_named: rows or the user say which coin they are of."""
    names = heading.line.cells
    fields = {index: field for field, index in columns.at.items()}
    wide = {amount.index: amount for amount in columns.wide}
    needless = columns.needless or {}
    blank: tuple[int, ...] = ()
    for index, name in enumerate(names[: columns.width]):
        part, example = f"column {name.strip()!r}", heading.example(index)
        if not name.strip():
            part = f"column {index + 1}, which has no name"
        may_name = not coin_named and normal(name) in NAMES_A_COIN
        if index in fields and not may_name:
            accounting.used(part, meaning(fields[index], columns), example)
        elif index in wide:
            accounting.used(part, f"amount of {wide[index].coin}", example)
        elif may_name and needless.get(index) != AS_YOU_SAY:
            remedy = f"it may name the coin: use {mapping('coin', name)}, or --asset"
            accounting.unknown(part, remedy, example)
        elif index in needless:
            accounting.needless(part, needless[index], example)
        elif watched and not name.strip() and not example:
            accounting.needless(
                part, "blank in the first rows; a value further down is reported with its row"
            )
            blank += (index,)
        else:
            remedy = f"use {mapping('FIELD', name)}, or {mapping('ignore', name)}"
            accounting.unknown(part, remedy if name.strip() else "give it a name", example)
    return blank


def meaning(field: str, columns: Columns) -> str:
    """What a column of a field is used as, in words."""
    if field == "base_units":
        return "amount in base units"
    if field == "amount" and (columns.unit or columns.coin):
        unit = f" in {columns.unit}" if columns.unit in BASE_UNITS else ""
        return "amount" + unit + (f" of {columns.coin}" if columns.coin else "")
    words = {"row_type": "type of row", "signature1": "signature", "signed_hex": "text as signed"}
    return words.get(field, field)


def account_for_titles(
    accounting: Accounting, titles: Iterable[Line], registry: Registry, ignored: str, *, coin: bool
) -> None:
    """Declare lines before the header: a title says nothing of rows, as far as its words go.

    ignored: what the user calls needless. coin: rows say which coin they are of.
    """
    needless = {normal(name) for name in ignored.split(",")} - {""}
    for line in titles:
        filled = [cell.strip() for cell in line.cells if cell.strip()]
        text = " ".join(filled)
        words = re.findall(r"[^\W_]+", text)
        names = not coin and any(registry.names_coin(w) or registry.names_network(w) for w in words)
        part = f"line {line.number}, before the header"
        if normal(text) in needless:
            accounting.needless(part, "as you asked", text)
        elif len(filled) == 1 and not says_beside_rows(text, numbers=True) and not names:
            accounting.needless(part, TITLE, text)
        else:
            option = mapping("ignore", text) if len(text) <= _LONGEST else "leave it out"
            remedy = f"if it says nothing about the rows, {option}; give a block with --at"
            accounting.unknown(part, remedy, text)
