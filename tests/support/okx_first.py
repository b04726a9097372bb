"""OKX's first zk-STARK: the recorded publications, unpacked where a test may change them."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

V1 = Path(__file__).resolve().parents[1] / "vectors" / "liabilities" / "okx_v1"


def publication(tmp_path: Path, name: str = "toy") -> Path:
    """A folder with the unpacked files; returns its sum_proof_data."""
    for packed in (V1 / name).rglob("*.gz"):
        place = tmp_path / name / packed.relative_to(V1 / name).with_suffix("")
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(gzip.decompress(packed.read_bytes()))
    return tmp_path / name / "sum_proof_data"


def load(name: str) -> Any:
    """One recorded document, by its path below okx_v1 without .gz."""
    return json.loads(gzip.decompress((V1 / f"{name}.gz").read_bytes()))
