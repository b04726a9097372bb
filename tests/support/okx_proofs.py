"""OKX's recorded proofs."""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

from scanner.model.jsontext import read_json

V2 = Path(__file__).resolve().parents[1] / "vectors" / "liabilities" / "okx_v2"
PROOFS = ("toy", "production_shape", "three_levels", "exponentiation")


@cache
def unpacked(name: str) -> bytes:
    """A vector by its path below okx_v2, without `.json.gz`."""
    return gzip.decompress((V2 / f"{name}.json.gz").read_bytes())


def document(name: str) -> Any:
    """A fresh parsed copy of a proof file: "toy", "forged/attack_own_key"."""
    path = name if "/" in name else f"{name}/sum_proof_data"
    return read_json(unpacked(path), unique_names=True)


def recorded(name: str) -> Any:
    """Any other recorded JSON."""
    return json.loads(unpacked(name))


def pin(name: str) -> str:
    """The hash of a proof's key."""
    return json.loads((V2 / name / "pin.json").read_text())["root_verifier_data_sha256"]
