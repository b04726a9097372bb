"""Rows that have cells in common are read the same whether or not such a row was read before."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from scanner.lists import cells
from scanner.lists.blocks import new_parser
from scanner.lists.cutter import Piece
from scanner.lists.layout import TableLayout
from scanner.model.claim import Claim, Row
from scanner.model.finding import Finding, FindingKind
from scanner.model.registry import Registry

FIELDS = (
    *("coin", "row_type", "network", "height", "address", "amount", "message", "signature1"),
    *("signature2", "script", "owner1", "owner2", "status"),
)
NOTE = len(FIELDS)
LAYOUT = TableLayout(
    places=tuple((field, at) for at, field in enumerate(FIELDS)),
    width=NOTE + 1,
    notes=(FIELDS.index("owner1"), FIELDS.index("owner2"), NOTE),
    holders=frozenset((FIELDS.index("owner1"), FIELDS.index("owner2"))),
)
ADDRESS, OTHER = "0x" + "11" * 20, "0x" + "22" * 20
USUAL = {
    "coin": "ETH",
    "network": "ETH",
    "height": "20914735",
    "address": ADDRESS,
    "amount": "1.25",
    "message": "I am an OKX address",
    "signature1": "0x" + "1b" * 65,
}
ODD = {
    "coin": ("BTC", "NO SUCH COIN", ""),
    "network": ("BASE", "NO SUCH NETWORK"),
    "height": ("", "-", "20914736", "late", " 20914735 "),
    "address": (OTHER, "null", "", "0x12", " " + ADDRESS + " ", "eth:" + ADDRESS, "total"),
    "amount": ("2", "-1", "", "one", "1e400", "999999999999"),
    "message": ("null", "", " I am an OKX address", "x" * 2000, '{"a"'),
    "signature1": ("", "null", " 0x00 ", "A" * 88),
    "signature2": ("null", "0x" + "1c" * 65),
    "script": ("null", " 51 "),
    "owner1": (OTHER, "null", "held for customers of Sold Ltd"),
    "owner2": (OTHER,),
    "row_type": ("Native ETH Staking", "closed", "null"),
    "status": ("active", "sold"),
    "note": ("in thousands", "block 17000000", "a plain word"),
}


def line(**cells_said: str) -> str:
    said = USUAL | cells_said
    return ",".join([*(said.get(field, "") for field in FIELDS), said.get("note", "")])


LINES = [line(), *(line(**{field: text}) for field, texts in ODD.items() for text in texts)]
LINES += [
    line(note=note, amount=amount, height=height)
    for note, amount, height in product(("in thousands", ""), ("one", "1"), ("late", "1"))
]


def read(layout: TableLayout, lines: list[str], registry: Registry) -> list[list[Row]]:
    """What each line gives, all read by one parser."""
    parser = new_parser(layout, registry)
    pieces = (Piece(7, 1, text.encode() + b"\n") for text in lines)
    return [list(parser.parse(piece)) for piece in pieces]


@pytest.mark.parametrize("blank", [False, True])
def test_each_row_is_read_as_if_it_were_alone(registry: Registry, blank: bool) -> None:
    layout = replace(LAYOUT, notes=()) if blank else LAYOUT
    alone = [read(layout, [text], registry)[0] for text in LINES]
    again = read(layout, [*LINES, *LINES, *LINES[::-1]], registry)
    assert again == [*alone, *alone, *alone[::-1]]
    assert all(alone)


def test_what_is_said_of_a_row_is_said_of_each_row_like_it(registry: Registry) -> None:
    for cell in ({"note": "in thousands"}, {"row_type": "closed"}, {"height": "late"}):
        for rows in read(LAYOUT, [line(**cell)] * 3, registry):
            assert [type(row) for row in rows] == [Claim, Finding]


def test_other_cells_of_rows_alike_are_their_own(registry: Registry) -> None:
    texts = [line(), line(address=OTHER, amount="3", signature1="0x" + "2b" * 65, script="51")]
    first, second = (rows[0] for rows in read(LAYOUT, texts, registry))
    assert isinstance(first, Claim)
    assert isinstance(second, Claim)
    assert (first.address, first.amount, first.script) == (ADDRESS, 125 * 10**16, "")
    assert (second.address, second.amount, second.script) == (OTHER, 3 * 10**18, "51")
    assert second.signatures == ("0x" + "2b" * 65,)
    assert first.message is second.message


def test_a_day_that_is_far_is_asked_about_in_each_part(registry: Registry) -> None:
    layout = replace(LAYOUT, days=((NOTE, "2024-01-01"),), dates=((NOTE, "date"),))
    late = line(note="2025-06-30", height="")
    parser = new_parser(layout, registry)
    for _ in range(3):
        part = Piece(7, 2, f"{late}\n{late}\n".encode())
        kinds = [getattr(row, "kind", "") for row in parser.parse(part)]
        assert kinds == ["", FindingKind.ROWS_DOUBTED, ""], "once in a part"


def test_what_rows_have_in_common_takes_little_memory(
    registry: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cells, "_CACHE", 5)
    parser = new_parser(LAYOUT, registry)
    long = [line(message="x" * 2000)]
    for text in long + [line(message=str(n)) for n in range(20)]:
        assert len(list(parser.parse(Piece(7, 1, text.encode())))) == 1
    kept = parser._alike
    assert kept is not None
    assert len(kept) == 5
    assert all(sum(map(len, same)) < 2000 for same in kept)
