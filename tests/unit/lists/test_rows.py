"""The row parser: in any process, by any road, the same rows."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from support.lists import Reader, parse_block

from scanner.lists.blocks import TableBlock
from scanner.lists.cutter import Piece
from scanner.lists.layout import TableLayout
from scanner.lists.open import open_list
from scanner.lists.rows import RowParser
from scanner.model.claim import Claim, Row
from scanner.model.registry import Registry

LAYOUT = TableLayout((("address", 1), ("amount", 2), ("coin", 0)), 3)


def test_blocks_parsed_in_other_processes_give_the_same_rows(
    registry: Registry, read_file: Reader, vectors: Path
) -> None:
    path = vectors / "okx/por_7_columns.csv"
    expected = read_file(path)
    with (
        ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool,
        open_list(path, registry) as file,
    ):
        rows: list[Row] = []
        for done in pool.map(parse_block, file.blocks()):
            file.count(done)
            rows += done
        assert rows == expected.rows
        assert file.summary() == expected.summary


def test_a_block_is_small_to_send(registry: Registry) -> None:
    block = TableBlock(LAYOUT, Piece(1, 1, b"BTC,x,1\n"))
    assert len(pickle.dumps(block)) < 540
    assert pickle.loads(pickle.dumps(block)) == block


def test_the_key_function_is_asked_once_for_each_claim(registry: Registry) -> None:
    asked: list[tuple[str, str]] = []

    def key_of(network: object, text: str) -> str:
        asked.append((getattr(network, "name", ""), text))
        return "key of " + text

    piece = Piece(7, 3, b"BTC, a ,1\nXX,b,1\nTRX,c,2\n")
    rows = list(RowParser(LAYOUT, registry, key_of).parse(piece))
    assert asked == [("bitcoin", "a"), ("tron", "c")]
    assert [row.row for row in rows] == [7, 8, 9]
    assert isinstance(rows[0], Claim)
    assert (rows[0].address, rows[0].address_key) == ("a", "key of a")


@pytest.mark.parametrize(
    ("unit_is_base", "text", "amount"),
    [(False, "1.5", 150000000), (True, "150000000", 150000000), (False, " 1 ", 10**8)],
)
def test_the_layout_says_the_unit(
    registry: Registry, unit_is_base: bool, text: str, amount: int
) -> None:
    layout = TableLayout(LAYOUT.places, 3, unit_is_base)
    (claim,) = RowParser(layout, registry).parse(Piece(1, 1, f"BTC,x,{text}".encode()))
    assert isinstance(claim, Claim)
    assert claim.amount == amount


def test_fractions_of_base_units_are_refused(registry: Registry) -> None:
    layout = TableLayout(LAYOUT.places, 3, unit_is_base=True)
    claim, told = RowParser(layout, registry).parse(Piece(1, 1, b"BTC,x,0.5"))
    assert getattr(claim, "amount", 0) is None
    assert "base units are whole" in getattr(told, "reason", "")


def test_the_fast_road_and_the_careful_one_agree(registry: Registry) -> None:
    lines = [b"BTC,a,1", b"", b" , ,", b"BTC,b", b"=x,c,1", b"BTC,d,1,,", b"BTC,e,1,2"]
    parser = RowParser(LAYOUT, registry)
    fast = list(parser.parse(Piece(1, len(lines), b"\n".join(lines))))
    quoted = b"\n".join([*lines, b'TRX,"f",1'])
    careful = list(parser.parse(Piece(1, len(lines), quoted)))[:-1]
    assert fast == careful
    assert [row.row for row in fast] == [1, 4, 5, 6, 7]


def test_hostile_names_do_not_fill_the_memory_of_names(registry: Registry) -> None:
    parser = RowParser(TableLayout((("address", 1), ("coin", 0), ("height", 2)), 3), registry)
    data = "\n".join(f"BTC,a,{i}" for i in range(10_000)).encode()
    assert len(list(parser.parse(Piece(1, 10_000, data)))) == 10_000
    assert len(parser._heights) <= 4096
