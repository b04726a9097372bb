"""Changes a corpus at random, and what becomes of it: a value, or the error that was promised."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from scanner.errors import ScannerError

CHANGES = int(os.environ.get("SCANNER_FUZZ", "300"))
SLOWEST = 2.0
"""Seconds of the processor for one changed input; a whole proof may take longer."""
_PIECES = (b"\xff" * 9, b"[" * 50, b"0" * 90, b"-", b"null", b"\x00", b"\n", b",", b'"', b"9e999")


@dataclass(frozen=True)
class Parser:
    """parse: takes bytes. corpus: what is right or nearly. refusal: what it says no with."""

    parse: Callable[[bytes], object]
    corpus: Sequence[bytes]
    refusal: type[Exception] | tuple[type[Exception], ...] = ValueError
    share: float = 1.0
    """Of the changes: less for slow ones."""


def named(place: str) -> Callable[..., Any]:
    """The function of a key."""
    module, _, name = place.partition(":")
    found: Callable[..., Any] = getattr(import_module(f"scanner.{module}"), name)
    return found


def as_json(value: object) -> bytes:
    """A corpus of JSON."""
    return json.dumps(value).encode()


def text_of(raw: bytes) -> str:
    """What a file of these bytes would give as text."""
    return raw.decode("utf-8", "replace")


def plain(place: str, *corpus: bytes, refusal: type[Exception] = ValueError) -> Parser:
    """A parser that takes bytes alone."""
    return Parser(named(place), corpus, refusal)


def changed(rng: random.Random, raw: bytes) -> bytes:
    """A few random changes: bytes turned, cut out, doubled, put in."""
    found = bytearray(raw)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(found) + 1)
        way = rng.randrange(5)
        if way == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            del found[at : at + rng.randint(1, 8)]
        elif way == 2:
            found[at:at] = found[at : at + rng.randint(1, 40)]
        elif way == 3:
            found[at:at] = rng.choice(_PIECES)
        else:
            found[at : at + 1] = rng.randbytes(rng.randint(1, 4))
    return bytes(found)


def fuzz(parser: Parser) -> None:
    """Try every input of the corpus, then random changes of them."""
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    inputs = list(parser.corpus)
    given = parser.refusal if isinstance(parser.refusal, tuple) else (parser.refusal,)
    refusals = (*given, ScannerError)
    for number in range(max(20, int(CHANGES * parser.share))):
        raw = inputs[number] if number < len(inputs) else changed(rng, rng.choice(inputs))
        began = time.process_time()
        try:
            parser.parse(raw)
        except refusals as e:
            assert len(str(e)) < 2_000, (seed, number)
        except Exception as e:
            raise AssertionError(f"seed {seed}, change {number}: {raw[:500]!r}") from e
        took = time.process_time() - began
        assert took < SLOWEST or number < len(inputs), (seed, number, took, raw[:500])
