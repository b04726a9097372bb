"""Accounts asked through a fleet: the questions are those that a real node was asked, word for word."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

import pytest
from support.recorded import VECTORS, World, recorded
from support.replay import Trap
from support.signed_rows import claim, stark_public, stark_sign

from scanner.chains.interface import ContractCaller, ReadPolicy, StateReader
from scanner.chains.starknet.reader import StarknetReader
from scanner.chains.starknet.source import StarknetSource, make_source
from scanner.chains.table import source_of
from scanner.errors import (
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge_claims
from scanner.ownership.others.stark import message_hash
from scanner.settings.tables import load_registry
from scanner.snapshots.view import chain_view
from tests.unit.chains.starknet.test_reader import StarknetStub

REGISTRY = load_registry()
NETWORK = REGISTRY.network("starknet")
MESSAGE = "I am an exchange address"
ACCOUNT = "0x64b48806902a367c8598f4f95c305e8c1a1acba5f082d294a43793113115691"
OWN, OTHER = 151322900770929285666724909953352420777, 18713165067675090742703233348227874398
OF_TODAY = ("is_valid_signature_yes", "is_valid_signature_no")
OF_CAIRO_0 = ("error_is_valid_signature_unknown", "is_valid_signature_cairo_0")
GUARDED = ("error_is_valid_signature_guarded",)
PAYLOAD = int(ACCOUNT, 16).to_bytes(32)


class AccountStub(StarknetStub):
    """answers: names of recorded calls, which are answered by their own questions alone.

    class_hash: of every account, None where nothing is deployed. said: the answer to every call.
    Any other signature is answered no, and it has no other functions than those recorded.
    """

    def __init__(self, *answers: str) -> None:
        super().__init__(World())
        self.class_hash: str | None = recorded("starknet", "class_at")["result"]
        self.said: dict[str, object] | None = None
        self.known: list[tuple[Any, Any]] = []
        for name in answers:
            whole = json.loads((VECTORS / "starknet" / f"{name}.json").read_text())
            self.known.append((whole["request"]["body"]["params"][0], whole["response"]["body"]))

    def _one(self, call: dict[str, object]) -> object:
        params = call["params"]
        assert isinstance(params, list)
        if call["method"] == "starknet_getClassHashAt":
            said = self._class(params[0])
        elif call["method"] == "starknet_call":
            said = self._answer(*params)
        else:
            return super()._one(call)
        return said | {"id": call["id"]}

    def _class(self, block: dict[str, str]) -> Any:
        if self.trap is Trap.PRUNED:
            return recorded("starknet", "error_state_not_kept")
        if not self._has(block):
            return recorded("starknet", "error_block_hash_unknown")
        if self.class_hash is None:
            return recorded("starknet", "error_class_nothing_deployed")
        return recorded("starknet", "class_at") | {"result": self.class_hash}

    def _answer(self, request: dict[str, object], block: dict[str, str]) -> Any:
        if self.trap is Trap.PRUNED:
            return recorded("starknet", "error_state_not_kept")
        if not self._has(block):
            return recorded("starknet", "error_block_hash_unknown")
        if self.class_hash is None:
            return recorded("starknet", "error_contract_not_found")
        if self.said is not None:
            return dict(self.said)
        for question, answer in self.known:
            if question == request:
                return dict(answer)
        no = json.loads((VECTORS / "starknet" / "is_valid_signature_no.json").read_text())
        asked = no["request"]["body"]["params"][0]["entry_point_selector"]
        same = request["entry_point_selector"] == asked
        return recorded(
            "starknet", "is_valid_signature_no" if same else "error_is_valid_signature_unknown"
        )

    def _has(self, block: dict[str, str]) -> bool:
        return block["block_hash"] in {self.hash(h) for h in range(self.world.tip + 1)}


@contextmanager
def fleet(*stubs: AccountStub, quorum: int = 1) -> Iterator[StarknetSource]:
    with ExitStack() as stack:
        endpoints = [s.endpoint(f"s{n}", f"o{n}") for n, s in enumerate(stubs)]
        for stub in stubs:
            stack.callback(stub.close)
        made = make_source(NETWORK, endpoints, REGISTRY, ReadPolicy(quorum=quorum))
        stack.callback(made.close)
        yield made


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


def judged(
    source: StarknetSource, secret: int = OWN, account: str = ACCOUNT, height: int = 400
) -> ControlResult:
    digest = message_hash(MESSAGE, int(account, 16), NETWORK.chain_id)
    key = f"{stark_public(secret):#x}"
    row = claim("starknet", account, stark_sign(secret, digest), script=key, message=MESSAGE)
    view = chain_view(source, source.pin(height))
    (found,) = judge_claims([row], view, None, REGISTRY)
    return found


def test_the_source_of_the_table_can_be_asked() -> None:
    stub = AccountStub(*OF_TODAY)
    made = source_of(NETWORK, {NETWORK.name: [stub.endpoint("s")]}, REGISTRY)
    assert isinstance(made, ContractCaller)
    assert isinstance(made, StateReader)
    made.close()
    stub.close()


def test_what_a_real_account_says_of_two_keys() -> None:
    with fleet(AccountStub(*OF_TODAY)) as source:
        own, other = judged(source), judged(source, OTHER)
    assert (own.control, own.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert own.evidence is Evidence.REPORTED
    assert other.control is Control.MISMATCH


def test_an_account_of_cairo_0_answers_by_another_name() -> None:
    stub = AccountStub(*OF_CAIRO_0)
    stub.class_hash = "0x4d07e40e93398ed3c76981e72dd1fd22557a78ce36c0515f679e27f0bb5bc5f"
    with fleet(stub) as source:
        found = judged(source)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ON_CHAIN)


def test_an_account_that_stops_at_one_signature_of_two_accuses_nobody() -> None:
    stub = AccountStub(*GUARDED)
    stub.class_hash = "0x36078334509b514626504edc9fb252328d1a240e4e948bef8d0c08dff45927f"
    account = stub.known[0][0]["contract_address"]
    with fleet(stub) as source:
        at = source.pin(400)
        assert source.call(int(account, 16).to_bytes(32), question(stub), at) == b""
        found = judged(source, 1_000_001, account)
    assert found.control is Control.UNSUPPORTED


def question(stub: AccountStub) -> bytes:
    """The first recorded question, as ContractCaller takes it."""
    asked = stub.known[0][0]
    felts = [asked["entry_point_selector"], *asked["calldata"]]
    return b"".join(int(felt, 16).to_bytes(32) for felt in felts)


WORDS = "too many requests, retry after 60; state pruned; block not found; header not found"


@pytest.mark.parametrize("code", [21, 40])
@pytest.mark.parametrize("detail", [WORDS, {"revert_error": WORDS}, {"data": "0x08c379a0"}])
def test_what_an_account_says_as_it_stops_is_not_the_nodes_word(code: int, detail: object) -> None:
    """Or one hostile account would keep its neighbours' rows from being read."""
    stub = AccountStub()
    error = {"code": code, "message": f"Contract error: {WORDS}", "data": detail}
    stub.said = {"jsonrpc": "2.0", "error": error}
    with fleet(stub) as source:
        assert source.call(PAYLOAD, bytes(64), source.pin(400)) == b""
        assert judged(source).control is Control.UNSUPPORTED


def test_an_account_that_answers_without_an_end_is_not_heard_out() -> None:
    stub = AccountStub()
    stub.said = {"jsonrpc": "2.0", "result": ["0x56414c4944"] * 10_000}
    with fleet(stub) as source:
        with pytest.raises(SourceRejectedError, match="larger than"):
            source.call(PAYLOAD, bytes(64), source.pin(400))
        found = judged(source)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ASSERTED)


def test_where_nothing_is_deployed() -> None:
    stub = AccountStub(*OF_TODAY)
    stub.class_hash = None
    with fleet(stub) as source:
        assert source.state(PAYLOAD, (), source.pin(400)).code_hash == bytes(32)
        assert source.call(PAYLOAD, question(stub), source.pin(400)) == b""
        found = judged(source)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ASSERTED)


def test_one_operator_that_lies_about_an_account_makes_nothing_verified() -> None:
    honest, liar = AccountStub(OF_TODAY[1]), AccountStub(*OF_TODAY)  # one says that the key is out
    with fleet(honest, liar, quorum=2) as source:
        found = judged(source)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "disagree" in found.reason
    known, other = AccountStub(*OF_TODAY), AccountStub(*OF_TODAY)
    other.class_hash = "0x1234"
    with fleet(known, other, quorum=2) as source:
        assert not judged(source).shows_control
    with fleet(AccountStub(*OF_TODAY), AccountStub(*OF_TODAY), quorum=2) as source:
        found = judged(source)
    assert (found.binding, found.evidence) == (Binding.ON_CHAIN, Evidence.AGREED)


def test_a_state_that_is_gone_or_never_was_is_no_answer() -> None:
    stub = AccountStub(*OF_TODAY)
    with fleet(stub) as source:
        at = source.pin(400)
        with pytest.raises(SourceRejectedError, match="no storage"):
            source.state(PAYLOAD, (bytes(32),), at)
    stub = AccountStub(*OF_TODAY)
    reader = StarknetReader(stub.endpoint("s"), NETWORK)
    unknown = replace(at, hash="0x1")
    with pytest.raises(SourceUnavailableError, match="by its hash"):
        reader.call(PAYLOAD, question(stub), unknown)
    with pytest.raises(SourceUnavailableError, match="by its hash"):
        reader.class_of(PAYLOAD, unknown)
    stub.trap = Trap.PRUNED
    with pytest.raises(HeightPrunedError):
        reader.call(PAYLOAD, question(stub), at)
    with pytest.raises(HeightPrunedError):
        reader.class_of(PAYLOAD, at)
    reader.close()
    stub.close()
