"""Rows of a list whose signatures, keys and addresses are spelled as wallets hand them out."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

from support.lists import Reader

from scanner.model.control import Control
from scanner.model.registry import Registry
from scanner.ownership.judge import judge

FOLDER = Path(__file__).parents[2] / "vectors" / "spellings"
VECTORS: list[dict[str, Any]] = json.loads((FOLDER / "vectors.json").read_text())["vectors"]


def test_a_list_reads_them_as_one_message_is_read(read_bytes: Reader, registry: Registry) -> None:
    names = (
        "coin",
        "network",
        "address",
        "amount",
        "message",
        "signature1",
        "signature2",
        "script",
    )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for vector in VECTORS:
        first, *rest = vector["signatures"]
        network = registry.networks[vector["network"]]
        row = [network.native, network.name, vector["address"], "1", vector["message"], first]
        writer.writerow([*row, *(rest or [""]), vector["key"]])
    claims = read_bytes(text.getvalue()).claims
    assert len(claims) == len(VECTORS)
    wrong = []
    for claim, vector in zip(claims, VECTORS, strict=True):
        result = judge(claim, registry)
        told = result.binding if result.control is Control.CONTROLS else result.control
        if told != vector["expect"]:
            wrong.append((vector["id"], told, result.reason))
    assert wrong == []
