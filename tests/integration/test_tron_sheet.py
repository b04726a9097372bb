"""Tron's sheet run by a real EVM: the very bytes that go to java-tron, its answer in that shape."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from support import evm_chain as chain
from support.recorded import World, recorded
from support.tron_stub import GENESIS, START, TRON, TronServer

from scanner.chains.fleet.interface import Refusal
from scanner.chains.tron.reader import TronReader
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

NETWORK = load_registry().network("tron")
HOLDERS = [chain.holder(n) for n in range(150)]
PLAIN, OTHER = (bytes.fromhex(f"{0xA00 + n:040x}") for n in range(2))
CODES = {
    "REVERTS": chain.REVERTS_FOR_ONE,
    "SHORT": chain.SHORT_FOR_ONE,
    "EMPTY": chain.EMPTY_FOR_ONE,
    "BURNS": chain.BURNS_FOR_ONE,
    "LOOPS": chain.LOOPS_FOR_ONE,
}
ODD = {bytes.fromhex(f"{0xB00 + n:040x}"): code for n, code in enumerate(CODES.values())}
EDGES = [2**248 - 1, 2**248, 2**256 - 1]


TIP = 5


class OnEvm(TronServer):
    """Runs every call on anvil, and tells its answers as java-tron does."""

    url_of_evm = ""

    def evm(self, method: str, *params: Any) -> Any:
        """The result of a JSON-RPC call; None for an error."""
        call = {"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}
        request = urllib.request.Request(
            self.url_of_evm, json.dumps(call).encode(), {"content-type": "application/json"}
        )
        with urllib.request.urlopen(request) as reply:
            return json.loads(reply.read()).get("result")

    def _created(self, body: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = recorded("tron", "sheet_balances")
        value = answer["transaction"]["raw_data"]["contract"][0]["parameter"]["value"]
        value["new_contract"]["bytecode"] = body["data"]
        told = self.evm("eth_call", {"data": "0x" + body["data"]}, "latest")
        answer["constant_result"] = [told[2:]]
        self.sheets.append(len(body["data"]))
        return answer

    def _triggerconstantcontract(self, body: dict[str, Any]) -> Any:
        if "contract_address" not in body:
            return self._created(body)
        data = "0x70a08231" + body["parameter"]
        told = self.evm("eth_call", {"to": "0x" + body["contract_address"][2:], "data": data})
        name = "solidity_trc20_balanceof" if told else "trc20_balanceof_wrong_method"
        answer = recorded("tron", name)
        value = answer["transaction"]["raw_data"]["contract"][0]["parameter"]["value"]
        value |= {"data": data[2:], "contract_address": body["contract_address"]}
        if told:
            answer["constant_result"] = [told[2:]]
        return answer


@pytest.fixture
def server(anvil_factory):
    tokens = {
        PLAIN: chain.token_account(chain.PLAIN, 6, {a: n for n, a in enumerate(HOLDERS)}),
        OTHER: chain.token_account(chain.PLAIN, 6, dict(zip(HOLDERS, EDGES, strict=False))),
    }
    for token, code in ODD.items():
        tokens[token] = chain.token_account(code, 6, {HOLDERS[0]: 5, chain.BAD_HOLDER: 6})
    alloc = chain.genesis({}, tokens) | {"timestamp": hex(START)}
    made = OnEvm(World(tip=TIP, oldest=1), set())
    made.url_of_evm = anvil_factory(alloc, int(GENESIS[-8:], 16)).url
    made.evm("anvil_mine", hex(TIP - 1))
    made.evm("evm_setNextBlockTimestamp", hex(START + 3 * TIP))
    made.evm("evm_mine")
    yield made
    made.close()


def read(server: OnEvm, pairs: list[tuple[bytes, bytes]]) -> list[Any]:
    reader = TronReader(server.endpoint("t"), NETWORK)
    queries = [
        BalanceQuery(
            decode_address(NETWORK, TRON.encode(holder)),
            Holding("T", "tron", TRON.encode(token), 6),
        )
        for token, holder in pairs
    ]
    try:
        return list(reader.read(queries, BlockRef("tron", NETWORK.chain_id, 0, "", 0)))
    finally:
        reader.close()


def asked_alone(server: OnEvm) -> set[str]:
    bodies = [json.loads(b) for _, _, b in server.asked if b'"function_selector"' in b]
    return {body["owner_address"][2:] for body in bodies}


def test_the_sheet_gives_what_single_calls_give(server):
    found = read(server, [(PLAIN, a) for a in HOLDERS])
    assert [a.amount for a in found] == list(range(150))
    assert {(a.state.height, a.state.time) for a in found} == {(TIP, START + 3 * TIP)}
    assert asked_alone(server) == {a.hex() for a in HOLDERS[-3:]}  # the comparison
    assert len(server.sheets) == 1


def test_a_number_too_wide_for_a_record_is_asked_for_alone(server):
    found = read(server, [(OTHER, a) for a in HOLDERS[:4]])
    assert [a.amount for a in found] == [*EDGES, 0]
    assert len(server.sheets) == 1


def test_a_token_that_fails_for_one_does_not_starve_the_others(server):
    holders = (HOLDERS[0], chain.BAD_HOLDER, HOLDERS[1])
    found = read(server, [(t, h) for t in ODD for h in holders] + [(PLAIN, HOLDERS[7])])
    assert [isinstance(a, Refusal) or a.amount for a in found] == [*[5, True, 0] * len(ODD), 7]
    assert HOLDERS[1].hex() not in asked_alone(server)
    assert chain.BAD_HOLDER.hex() in asked_alone(server)
