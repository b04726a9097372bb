"""JSON from outside is parsed exactly or refused, also where the recursion limit was raised."""

import contextlib
import json
import subprocess
import sys
import tracemalloc
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from scanner.model.jsontext import MAX_DEPTH, own_json, read_json
from scanner.store.schema.types import ExactText, dump_texts, load_texts


def test_numbers_are_exact():
    assert read_json(b'{"a": 0.1, "b": 12345678901234567890123}') == {
        "a": Decimal("0.1"),
        "b": 12345678901234567890123,
    }
    assert read_json("[1, 2.50]", parse_float=str, parse_int=str) == ["1", "2.50"]


@pytest.mark.parametrize(
    "text",
    [b"", b"{", b"NaN", b'{"a": Infinity}', b"\xff", b"[1,]", b"1" * 5000, b"2e" + b"9" * 40, b"[" * 100_000,
     b'{"a":' * 100_000, b"[ " * 300 + b"] " * 300, "[" * 1000, "\ud800"],
)  # fmt: skip
def test_everything_else_is_refused(text):
    with pytest.raises(ValueError):
        read_json(text)


def test_depth_up_to_the_limit_is_fine():
    assert read_json("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    with pytest.raises(ValueError, match="deeper"):
        read_json("[" * (MAX_DEPTH + 1) + "]" * (MAX_DEPTH + 1))


def test_many_values_side_by_side_are_not_deep():
    assert len(read_json(b"[" + b"[1]," * 90_000 + b"[1]]")) == 90_001


@pytest.mark.parametrize("unit", [b"[]", b"{}", b"1.5", b'{"a":1}', b"9", b"[[]]"])
def test_many_values_in_few_bytes_are_refused_before_they_are_made(unit):
    """64 MiB of them, 64 kB when packed, were up to 1.9 GB."""
    count = 2_000_000 // len(unit)
    tracemalloc.start()
    with pytest.raises(ValueError, match="values in"):
        read_json(b"[" + (unit + b",") * count + b"1]")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 12_000_000


def test_a_dense_answer_of_a_chain_is_read():
    """The densest that servers give: outputs of an Electrum server, without a space."""
    one = b'{"tx_hash":"' + b"ab" * 32 + b'","tx_pos":1,"height":812345,"value":123456789}'
    assert len(read_json(b"[" + b",".join([one] * 30_000) + b"]")) == 30_000


def test_a_raised_recursion_limit_does_not_end_the_process():
    """py_ecc raises the limit for the whole process; then json itself would crash, not raise."""
    program = (
        "import sys; sys.setrecursionlimit(1_000_000)\n"
        "from scanner.model.jsontext import read_json\n"
        "try: read_json(b'[' * 10_000_000)\n"
        "except ValueError: print('refused')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "refused\n", done.returncode


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_any_text_is_a_value_or_a_value_error(text):
    with contextlib.suppress(ValueError):
        read_json(text)


def test_what_others_can_write_ends_no_process():
    """A library raises the limit of the whole process; the standard parser then falls over."""
    program = (
        "import sys; sys.setrecursionlimit(100_000)\n"
        "from scanner.liabilities.others.beside import list_beside\n"
        "from scanner.model.jsontext import own_json\n"
        "deep = b'[' * 100_000\n"
        "print(list_beside(deep))\n"
        "try: own_json(deep)\n"
        "except ValueError as e: print(e)\n"
        "print(own_json('[1]'))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "None\nnested deeper than 200\n[1]\n")


def test_brackets_in_a_publishers_texts_are_no_depth():
    texts = ("[" * 300, 'a"' + "{" * 300 + "\\")
    assert tuple(own_json(json.dumps(texts))) == texts
    assert load_texts(dump_texts(texts)) == texts
    hostile = "\0" + "[" * 100_000
    column = ExactText()
    stored = column.process_bind_param(hostile, sqlite.dialect())
    assert column.process_result_value(stored, sqlite.dialect()) == hostile
    for open_string in ('["' + "[" * 300, '"\\' + "[" * 300, "[" * 300 + '"]"'):
        with pytest.raises(ValueError, match=r"."):
            own_json(open_string)
