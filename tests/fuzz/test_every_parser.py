"""Nothing that takes a stranger's bytes apart is left out of the fuzzing."""

from __future__ import annotations

import ast
import random
import re
from importlib import import_module
from pathlib import Path

import pytest
from support.every_reader import ALIKE, CONTRACTS, contract_class
from support.fuzz_parsers import PARSERS, WITHIN
from support.fuzzing import fuzz
from support.reader_contract import CHANGES as READER_CHANGES
from support.reader_contract import ReaderContract
from support.replay import Trap
from support.wire import anything_is_read_or_refused

import scanner
from scanner.chains.table import SOURCES

ROOT = Path(scanner.__file__).parent
ROOMS = ("chains", "ownership", "liabilities", "model", "files", "net", "lists")
NAMES = re.compile(
    r"(read|parse|decode|decompress|look_up|value_under|unwrap|operations|fields|recognis)"
)
BYTES = {"bytes", "bytes | str", "bytes | bytearray"}


def _found():
    """Every public function of the rooms that is named as a parser and takes bytes first."""
    for room in ROOMS:
        for path in sorted((ROOT / room).rglob("*.py")):
            module = ".".join(path.relative_to(ROOT).with_suffix("").parts)
            for node in ast.parse(path.read_text()).body:
                if not isinstance(node, ast.FunctionDef) or not NAMES.match(node.name):
                    continue
                given = [ast.unparse(a.annotation) for a in node.args.args if a.annotation]
                if given and (given[0] in BYTES or (given[0] == "str" and given[1:2] == ["bytes"])):
                    yield f"{module}:{node.name}"


def test_every_parser_of_bytes_has_a_corpus():
    found = set(_found())
    assert len(found) > 25
    left = found - set(PARSERS) - set(WITHIN)
    assert not left, f"add them to tests/support/fuzz_parsers.py: {sorted(left)}"
    gone = {p for p in set(PARSERS) | set(WITHIN) if not _exists(p.partition(",")[0])}
    assert not gone, f"they are no more: {sorted(gone)}"


def _exists(place):
    module, _, name = place.partition(":")
    return hasattr(import_module(f"scanner.{module}"), name)


def test_every_protocol_has_a_contract_with_a_stub():
    left = set(SOURCES) - set(CONTRACTS) - set(ALIKE)
    assert not left, f"no ReaderContract answers for {sorted(left)}"
    assert set(CONTRACTS) | set(ALIKE) == set(SOURCES)
    for protocol in CONTRACTS:
        assert issubclass(contract_class(protocol), ReaderContract)


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_parses_or_refuses(name):
    fuzz(PARSERS[name])


@pytest.mark.parametrize("protocol", CONTRACTS)
def test_any_answer_of_any_server_is_read_or_refused(protocol, monkeypatch):
    contract = contract_class(protocol)()
    changes = max(20, READER_CHANGES // 3)
    with contract.wired(monkeypatch, Trap.NONE) as (wire, steps):
        anything_is_read_or_refused(wire, steps, changes, random.randrange(2**32))
