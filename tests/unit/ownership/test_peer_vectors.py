"""Signed messages, addresses and typed data of other projects (tests/vectors/peer_vectors)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.signed_rows import claim

from scanner.model.control import Control
from scanner.ownership.evm.typed_data import typed_digest
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FOLDER = Path(__file__).parents[2] / "vectors" / "peer_vectors"

NOT_READ = ("eth-sig-util/v1",)
"""Good, and in a form that is not read: said to be so, never called false."""


def vectors(name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / f"{name}.json").read_text())["vectors"]
    return found


def rows(*names: str) -> list[Any]:
    return [
        pytest.param(vector, id=vector["id"])
        for name in names
        for vector in vectors(name)
        if vector["row"]["network"] in REGISTRY.networks and vector["expect"] != "policy"
    ]


def control(row: dict[str, Any]) -> Control:
    given = claim(
        row["network"],
        row["address"],
        *row.get("signatures", ()),
        message=row.get("message", ""),
        script=row.get("script", ""),
    )
    return judge(given, REGISTRY).control


@pytest.mark.parametrize("vector", rows("bitcoin", "evm_tron", "native_standards"))
def test_a_signed_message_of_another_project(vector: dict[str, Any]) -> None:
    found, expect = control(vector["row"]), vector["expect"]
    if vector["id"] in NOT_READ:
        assert found is Control.UNSUPPORTED
    elif expect == "valid":
        assert found is Control.CONTROLS
    elif expect == "undecided":
        assert found is Control.UNSUPPORTED
    else:
        assert found is not Control.CONTROLS


@pytest.mark.parametrize("vector", rows("addresses"))
def test_an_address_of_another_project(vector: dict[str, Any]) -> None:
    found = control(vector["row"])
    assert (found is not Control.MALFORMED) is (vector["expect"] == "valid")


@pytest.mark.parametrize(
    "vector", [pytest.param(v, id=v["id"]) for v in vectors("typed_data_digests")]
)
def test_a_digest_of_typed_data(vector: dict[str, Any]) -> None:
    made = typed_digest(vector["typed"], vector["chain_id"])
    if vector["verifying_contract"]:
        assert isinstance(made, str)
        assert made
    else:
        assert isinstance(made, bytes)
        assert "0x" + made.hex() == vector["digest"]
