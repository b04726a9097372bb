"""The decimal mark of one table of a file is evidence for its other tables, before it and behind."""

from __future__ import annotations

import json
import time
import zipfile
from itertools import permutations
from pathlib import Path

import pytest
from support.lists import Read, Reader

from scanner.lists.marks import comma_shown
from scanner.model.finding import FindingKind

A, B = "0x28C6c06298d514Db089934071355E5743bf21d60", "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
HEADER = "coin,network,address,amount\n"
COMMA = f'{HEADER}ETH,ethereum,{A},"1.234,56"\n'
DOT = f"{HEADER}ETH,ethereum,{B},1.234\n"
SEMICOLONS = f"coin;network;address;amount\nETH;ethereum;{A};1.234,56\n"
WHOLE = f"{HEADER}ETH,ethereum,{B},1234\n"
EXACT = f"{HEADER}ETH,ethereum,{B},1.2345\n"


def document(address: str, amount: str) -> str:
    return json.dumps({"coin": "ETH", "network": "ethereum", "address": address, "amount": amount})


def read_parts(read: Reader, tmp_path: Path, *texts: str, **options: object) -> Read:
    path = tmp_path / "list.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for number, text in enumerate(texts):
            archive.writestr(f"part{number}.{'json' if text[0] in '[{' else 'csv'}", text)
    return read(path, **options)


def is_asked(read: Read) -> bool:
    kinds = {FindingKind.BAD_AMOUNT, FindingKind.NOT_UNDERSTOOD}
    return not kinds.isdisjoint(f.kind for f in read.findings)


@pytest.mark.parametrize("comma", [COMMA, SEMICOLONS, document(A, "1.234,56")])
@pytest.mark.parametrize("dot", [DOT, document(B, "1.234")])
def test_the_mark_of_one_part_doubts_the_dots_of_another(
    read_file: Reader, tmp_path: Path, comma: str, dot: str
) -> None:
    for texts in permutations((comma, dot)):
        assert is_asked(read_parts(read_file, tmp_path, *texts)), texts


def test_the_mark_that_is_given_settles_all_parts(read_file: Reader, tmp_path: Path) -> None:
    said = read_parts(read_file, tmp_path, COMMA, DOT, columns={"decimal": "comma"})
    assert [c.amount for c in said.claims] == [123456 * 10**16, 1234 * 10**18]
    assert not is_asked(said)


@pytest.mark.parametrize("other", [WHOLE, EXACT, document(B, "1234")])
def test_a_mark_doubts_no_number_that_has_one_meaning(
    read_file: Reader, tmp_path: Path, other: str
) -> None:
    for texts in permutations((COMMA, other)):
        assert not read_parts(read_file, tmp_path, *texts).findings, texts
    second = WHOLE.replace(B, A)
    assert not read_parts(read_file, tmp_path, DOT, second).findings


def test_a_dot_behind_thousands_of_others_is_seen(read_file: Reader, tmp_path: Path) -> None:
    other = "".join(f"ETH,ethereum,0x{n:040x},0.125\n" for n in range(1500))
    assert is_asked(read_parts(read_file, tmp_path, HEADER + other + DOT[len(HEADER) :], COMMA))
    assert not is_asked(read_parts(read_file, tmp_path, HEADER + other, COMMA))


def test_blank_lines_cost_their_number() -> None:
    begun = time.process_time()
    assert not comma_shown(b"a;b\n" + b"\n" * 300_000 + b" " * 300_000, ";")
    assert time.process_time() - begun < 2
