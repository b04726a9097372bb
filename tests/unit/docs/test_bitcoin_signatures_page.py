"""docs/bitcoin-signatures.md names every policy with its true headers, and the true limits."""

from __future__ import annotations

import re
from pathlib import Path

from scanner.ownership.bitcoin import bip322_interpreter, bip322_reading, bitcoin_message

PAGE = (Path(__file__).parents[3] / "docs" / "bitcoin-signatures.md").read_text(encoding="utf-8")


def test_policies() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \| .*? \| (yes|no)", PAGE, re.MULTILINE)
    assert {name for name, _, default in rows if default == "yes"} == set(
        bitcoin_message.DEFAULT_POLICIES
    )
    assert {name for name, _, default in rows if default == "no"} == {"nfc"}
    for name, kinds in bitcoin_message.HEADERS.items():
        true = {header for ranges in kinds.values() for r in ranges for header in r}
        told = {
            header
            for row, headers, _ in rows
            if row == name
            for first, last in re.findall(r"(\d\d)-(\d\d)", headers)
            for header in range(int(first), int(last) + 1)
        }
        assert told == true


def test_limits() -> None:
    limits = re.search(r"## Limits\n\n(.*?)\n\n", PAGE, re.DOTALL)
    assert limits is not None
    assert [int(n) for n in re.findall(r"\b\d{2,}\b", limits[1])] == [
        bitcoin_message.MAX_SIGNATURES,
        bitcoin_message.MAX_MESSAGE,
        *[322],
        bip322_reading.MAX_TEXT,
        bip322_interpreter.MAX_INPUTS,
    ]
