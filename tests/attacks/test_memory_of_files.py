"""What one file may cost in memory, measured at every reader of files.

Each good file is blown up in the ways below and read, or refused, in a process of its own; the
system counts what that process held at its peak beyond what it began with.
"""

from __future__ import annotations

import os
import re
import resource
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest
from support.file_parsers import LIST_FILES, OTHERS, list_samples, read_list

from scanner.errors import InputError

SIZE = 1 << 20
"""Above the most that a reader takes of one text, a million bytes."""
MOST = 48 << 20
"""Bytes at the peak: buffers, and some thirty times the file, which is what Python's objects take."""
SECONDS = 30
"""Of processor time, at most: it would be as bad."""


def one_text(good: bytes) -> bytes:
    longest = max(re.findall(rb"[0-9A-Za-z]+", good), key=len)
    return good.replace(longest, b"x" * SIZE, 1)


def many_rows(good: bytes) -> bytes:
    last = good.rstrip(b"\n").rpartition(b"\n")[2] + b"\n"
    return good.rstrip(b"\n") + b"\n" + last * (SIZE // len(last))


def no_end(good: bytes) -> bytes:
    return good + b'"' + b"x,\n" * (SIZE // 3)


def deep(good: bytes) -> bytes:
    return good[: len(good) // 2] + b"[" * SIZE


def many_fields(good: bytes) -> bytes:
    first, line, rest = good.partition(b"\n")
    return first + b",a" * (SIZE // 2) + line + rest


WAYS = (one_text, many_rows, no_end, deep, many_fields)


def cost(read: Callable[[], object]) -> int:
    """Bytes of the peak, beyond the beginning, of a process that reads a file."""
    end, told = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
            before = int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize()
            with suppress(InputError):
                read()
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
            os.write(told, str(peak - before).encode())
        except BaseException:
            traceback.print_exc()
        os._exit(0)
    os.close(told)
    with os.fdopen(end) as heard:
        said = heard.read()
    os.waitpid(child, 0)
    assert said, "it ended without a word, or took too long"
    return int(said)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", LIST_FILES)
def test_a_list(name, way, tmp_path):
    place = tmp_path / "list"
    place.write_bytes(way(list_samples(name)[0]))
    assert cost(lambda: read_list(place, name)) < MOST


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@pytest.mark.parametrize("name", OTHERS)
def test_another_file(name, way, tmp_path):
    read, samples = OTHERS[name]
    place = tmp_path / "file"
    for good in samples:
        place.write_bytes(way(good))
        assert cost(lambda: read(place)) < MOST


def test_the_measure_sees_what_is_held_and_let_go_again():
    assert cost(lambda: len(b"x" * MOST)) >= MOST * 0.99  # some pages were there before
    assert cost(lambda: None) < MOST // 10
