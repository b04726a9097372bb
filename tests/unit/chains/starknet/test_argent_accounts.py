"""What the released contracts of Argent answered, question by question: see tests/vectors/starknet."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.recorded import VECTORS
from support.signed_rows import MESSAGE, claim

from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry
from scanner.settings.wallets import load_wallets
from scanner.snapshots.view import chain_view
from tests.unit.chains.starknet.test_accounts import AccountStub, fleet

REGISTRY = load_registry()
CASES: list[dict[str, Any]] = json.loads(
    (VECTORS / "starknet" / "argent_accounts.json").read_text()
)


class ReleasedStub(AccountStub):
    """One recorded case: it answers the recorded questions, and no other may be asked."""

    def __init__(self, case: dict[str, Any]) -> None:
        super().__init__()
        self.class_hash = case["class"]
        self.calls: list[dict[str, Any]] = case["calls"]
        self.heard: set[int] = set()

    def _answer(self, request: dict[str, object], block: dict[str, str]) -> Any:
        assert self._has(block)
        for number, call in enumerate(self.calls):
            if call["request"] == request:
                self.heard.add(number)
                told = {name: call[name] for name in ("result", "error") if name in call}
                return {"jsonrpc": "2.0", **told}
        raise AssertionError(f"nobody was asked {request}")


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["about"])
def test_a_released_contract_decides(case: dict[str, Any]) -> None:
    stub = ReleasedStub(case)
    signature = ",".join(case["signature"])
    row = claim("starknet", case["account"], signature, script=case["key"], message=MESSAGE)
    with fleet(stub) as source:
        found = judge(row, REGISTRY, chain_view(source, source.pin(400)))
    assert f"{found.control.name}/{found.binding.name}" == case["verdict"]
    assert len(stub.heard) == len(stub.calls)  # the same questions, and no fewer
    assert int(case["class"], 16).to_bytes(32) in load_wallets().by_code


def test_every_verdict_is_among_them() -> None:
    assert {case["verdict"] for case in CASES} == {
        *("CONTROLS/ON_CHAIN", "UNSUPPORTED/NONE", "MISMATCH/NONE"),
    }
