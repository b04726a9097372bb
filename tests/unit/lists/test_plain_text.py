"""One address a line."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.lists import Reader

from scanner.errors import ListFormatError
from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.model.claim import Claim
from scanner.model.registry import Registry

A = "3BMEXbSSrK2K7cRgqxrtqUWfxowBBrW1BE"


def test_lines_comments_blanks_and_marks(read_bytes: Reader) -> None:
    text = f"\ufeff# wallets\r\n{A}\r\n\r\n  # more\r\n {A} \r\nnonsense\r\n"
    read = read_bytes(text, network="BTC")
    assert [(c.row, c.asset) for c in read.claims] == [(2, "BTC"), (5, "BTC"), (6, "BTC")]
    assert read.claims[0].address == A
    assert read.claims[2].address_key == "?nonsense"
    assert (read.summary.format, read.summary.data_rows) == ("text", 3)
    assert len(read.findings) == 1


def test_the_careful_road_skips_the_same_comments(read_bytes: Reader) -> None:
    read = read_bytes(f'# a "quote"\n{A}\n# b\n', network="bitcoin")
    assert (read.summary.data_rows, read.claims[0].row) == (1, 2)


def test_without_a_network_nothing_is_guessed(read_bytes: Reader) -> None:
    with pytest.raises(ListFormatError, match="--network"):
        read_bytes(f"{A}\n")
    with pytest.raises(ListFormatError, match="use --network"):
        read_bytes(f"{A}\n", format="text")


def test_commas_are_not_addresses(read_bytes: Reader) -> None:
    read = read_bytes(f"{A}\n{A},1.5\n", network="bitcoin")
    assert [(u.row, u.column) for u in read.unreadable] == [(2, 2)]


def test_the_whole_bitmex_list(registry: Registry, vectors: Path) -> None:
    path = vectors / "bitmex/bitmex_reserve_addresses_2022-11-15.txt.gz"
    audit = ListAudit(registry)
    undecodable = native = 0
    with open_list(path, registry, network="bitcoin") as rows:
        for row in rows:
            assert isinstance(row, Claim)
            assert not audit.observe(row)
            undecodable += row.address_key.startswith("?")
            native += row.address.startswith("bc1q")
        assert rows.summary().claims == 336_208
    assert (undecodable, native, audit.findings()) == (0, 29_499, [])
