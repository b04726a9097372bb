"""Tron's sheet: what a real node's TVM gave for it, and everything that may not fit."""

import json
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from itertools import count

import pytest
from support.recorded import VECTORS, World, recorded, sent
from support.replay import Sent, Server, Trap, opened
from support.tron_stub import TRON, TronServer

from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.tron import sheet, tokens
from scanner.chains.tron.api import TakesTooLongError, TronApi
from scanner.chains.tron.header import read_header
from scanner.chains.tron.reader import TronReader
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.keccak import keccak256
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.block import BlockRef
from scanner.model.network import Holding
from scanner.model.registry import Registry
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("tron")
USDT = REGISTRY.holding("USDT", "tron")
USDC = REGISTRY.holding("USDC", "tron")
TRX = Holding("TRX", "tron", "", 6)


def holder(number: int) -> str:
    return TRON.encode(number.to_bytes(20))


def query(number: int, holding: Holding = USDT) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, holder(number)), holding)


def a_stub(*quirks: str, rows: int = 12) -> TronServer:
    server = TronServer(World(), {USDT.contract, USDC.contract}, *quirks)
    for n in range(1, rows + 1):
        server.world.put(holder(n), 1000 + n, USDT.contract)
    return server


def reader(server: TronServer) -> AbstractContextManager[TronReader]:
    return opened(TronReader(server.endpoint("t"), NETWORK), server)


def read(made: TronReader, queries: list[BalanceQuery]) -> list[Answer]:
    return made.read(queries, BlockRef("tron", NETWORK.chain_id, 1, "", 0))


def amounts(answers: list[Answer]) -> list[int | str]:
    return [a.why if isinstance(a, Refusal) else a.amount for a in answers]


def asked_alone(server: TronServer) -> int:
    return sum(b'"function_selector"' in body for _, _, body in server.asked)


class Recording(Server):
    """A real node's answers to the questions that it was asked, and to no others."""

    network, protocol = "tron", "tron_http"

    def __init__(self, names: str) -> None:
        super().__init__()
        self._answers = {}
        for path in (VECTORS / "tron").glob(f"{names}.json"):
            made = json.loads(path.read_text())
            question = json.dumps(made["request"]["body"], sort_keys=True)
            self._answers[made["request"]["path"], question] = made["response"]["body"]

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        question = json.dumps(json.loads(body), sort_keys=True)
        return sent(self._answers[path, question])


@contextmanager
def recording(names: str = "sheet_*") -> Iterator[TronApi]:
    server = Recording(names)
    api = TronApi(server.endpoint("t"))
    try:
        yield api
    finally:
        api.close()
        server.close()


def asked_of(name: str) -> bytes:
    """The creation code that a recorded question has."""
    made = json.loads((VECTORS / "tron" / f"{name}.json").read_text())
    return bytes.fromhex(made["request"]["body"]["data"])


def test_a_real_node_runs_the_program_and_names_chain_block_and_question() -> None:
    code = asked_of("sheet_balances")
    assert code.startswith(sheet.program())
    request = code[len(sheet.program()) :]
    with recording() as api:
        told = sheet.decode("t", request, 9, api.run(code, sheet.size_of(9)))
        head = api.solid_head()
    assert told.amounts == [1, 2, 2**248 - 1, None, 0, None, None, None, None]
    assert (told.number, told.time) == (head.number, head.time)
    genesis = "0000000000000000a7deeedf3e71922f6a28bb8f5c19dc1dc7f2c073dc3452bb"
    assert told.chain == int(genesis[-8:], 16)
    assert read_header("t", recorded("tron", "sheet_heads")) == head


def test_what_the_sheet_leaves_out_a_real_node_gives_alone_or_refuses() -> None:
    def ask(name: str) -> tuple[bytes, bytes]:
        made = json.loads((VECTORS / f"tron/sheet_alone_{name}.json").read_text())["request"]
        body = made["body"]
        return bytes.fromhex(body["contract_address"][2:]), bytes.fromhex(body["owner_address"][2:])

    with recording() as api:
        found = {name: api.token_balance(*ask(name)) for name in ("token_0", "token_60")}
        assert found == {"token_0": 1, "token_60": 2**248 - 1}
        assert api.token_balance(*ask("token_61")) == 2**248
        for name in ("reverts_0", "short_0", "long_0"):
            with pytest.raises(SourceRejectedError, match=r"REVERT|answer with a balance"):
                api.token_balance(*ask(name))


@pytest.mark.parametrize(
    ("name", "error", "words"),
    [
        ("error_sheet_out_of_time", TakesTooLongError, "takes too long"),
        ("error_sheet_reverts", SourceRejectedError, "REVERT"),
        ("error_sheet_invalid", SourceUnavailableError, "does not run"),
        ("error_sheet_no_constant", SourceRejectedError, "allows no calls"),
    ],
)
def test_how_a_real_node_refuses(name: str, error: type[SourceError], words: str) -> None:
    with recording(name) as api, pytest.raises(error, match=words):
        api.run(asked_of(name), 32)


def test_many_rows_take_few_requests_and_name_their_block() -> None:
    stub = a_stub(rows=1000)
    source = FleetSource(
        NETWORK,
        [TronReader(stub.endpoint("t"), NETWORK)],
        ReadPolicy(),
        Registry([NETWORK], (), [USDT, TRX]),
    )
    at = source.pin(300)
    stub.asked.clear()
    queries = [query(n) for n in range(1, 1001)]
    found = source.fetch_balances(queries, at)
    assert [b.amount for b in found] == list(range(1001, 2001))
    assert {b.evidence for b in found} == {Evidence.LATEST_ONLY}
    assert {json.loads(b.detail)["read_at"]["height"] for b in found} == {500}
    assert len(stub.asked) < 40
    source.close()
    stub.close()


def test_coins_and_several_tokens_come_back_in_their_order() -> None:
    stub = a_stub()
    for n in range(1, 13):
        stub.world.put(holder(n), n)
        stub.world.put(holder(n), 70 + n, USDC.contract)
    queries = [query(n, h) for n in range(1, 13) for h in (TRX, USDT, USDC)]
    with reader(stub) as made:
        source = FleetSource(
            NETWORK, [made], ReadPolicy(), Registry([NETWORK], (), [USDT, USDC, TRX])
        )
        assert amounts(read(made, queries)) == [
            b for n in range(1, 13) for b in (n, 1000 + n, 70 + n)
        ]
        found = source.fetch_balances(queries, source.pin(None))
        assert [b.amount for b in found] == [b for n in range(1, 13) for b in (n, 1000 + n, 70 + n)]


@pytest.mark.parametrize(
    "quirk",
    [
        "no sheet",
        "sheet reverts",
        "sheet cut",
        "sheet misses one",
        "sheet of others",
        "sheet of another question",
        "sheet of another program",
        "sheet of an old block",
        "sheet of a new block",
        "sheet of another time",
        "sheet of another chain",
        "sheet of an unknown kind",
    ],
)
def test_what_does_not_fit_is_asked_for_alone(quirk: str) -> None:
    stub = a_stub(quirk)
    with reader(stub) as made:
        found = read(made, [query(n) for n in range(1, 14)])
        assert amounts(found) == [*range(1001, 1013), 0]
        alone = {b"%s" % body for _, _, body in stub.asked if b'"function_selector"' in body}
        assert len(alone) == 13
        assert made.probe()["many tokens in one request"].startswith(
            "yes"
            if quirk in ("sheet misses one", "sheet of others", "sheet of an unknown kind")
            else "no: it "
        )


def test_an_answer_without_a_result_is_no_balance() -> None:
    stub = a_stub()
    stub.trap = Trap.DROPS
    with reader(stub) as made:
        (said,) = read(made, [query(1)])
    assert isinstance(said, Refusal)


def test_a_holder_that_the_sheet_cannot_tell_is_asked_for_alone() -> None:
    stub = a_stub("reverts")
    with reader(stub) as made:
        found = read(made, [query(1), query(2)])
    assert [isinstance(a, Refusal) and "REVERT" in a.why for a in found] == [True, True]


def test_the_first_sheet_is_compared_with_single_calls_until_one_held_something() -> None:
    stub = a_stub()
    with reader(stub) as made:
        read(made, [query(n) for n in range(100, 110)])
        assert asked_alone(stub) == 3
        read(made, [query(n) for n in range(1, 11)])
        assert asked_alone(stub) == 6
        read(made, [query(n) for n in range(1, 11)])
        assert asked_alone(stub) == 6


def test_a_sheet_that_takes_too_long_is_halved_and_grows_again() -> None:
    stub = a_stub("busy", rows=300)
    stub.most = 60
    with reader(stub) as made:
        found = read(made, [query(n) for n in range(1, 301)])
        assert amounts(found) == list(range(1001, 1301))
        assert asked_alone(stub) == 3  # the comparison, and nothing else
    assert stub.sheets[:3] == [200, 100, 50]
    assert max(stub.sheets[3:]) in (60, 70)


def test_a_token_that_takes_all_the_time_is_asked_for_alone() -> None:
    stub = a_stub("busy")
    stub.most = 0
    with reader(stub) as made:
        assert amounts(read(made, [query(n) for n in range(1, 13)])) == list(range(1001, 1013))
    assert stub.sheets == [12, 10, 2]


def test_a_node_that_refuses_sheets_is_left_in_peace_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seconds = count(0, 0)
    monkeypatch.setattr(tokens, "monotonic", lambda: float(next(seconds)))
    stub = a_stub("no sheet")

    def tried() -> int:
        return sum(b'"data"' in body for _, _, body in stub.asked)

    with reader(stub) as made:
        for _ in range(5):
            assert amounts(read(made, [query(1)])) == [1001]
        assert tried() == 3
        seconds = count(601, 0)
        stub.quirks.clear()
        assert amounts(read(made, [query(1)])) == [1001]
        assert tried() == 4
        stub.quirks.add("no sheet")
        for _ in range(5):
            read(made, [query(1)])
        assert tried() == 7


def test_a_state_that_moves_between_the_heads_says_how_far() -> None:
    stub = a_stub("moves")
    with reader(stub) as made:
        (said,) = read(made, [query(1)])
    assert isinstance(said, Reading)
    assert said.state is not None
    assert (said.state.height, said.detail["to_height"]) == (501, 502)


def test_two_operators_of_whom_one_lies_give_no_number() -> None:
    stubs = [a_stub(), a_stub()]
    stubs[1].trap = Trap.LIES
    readers = [TronReader(s.endpoint(f"t{n}"), NETWORK) for n, s in enumerate(stubs)]
    source = FleetSource(
        NETWORK, readers, ReadPolicy(quorum=2), Registry([NETWORK], (), [USDT, TRX])
    )
    found = source.fetch_balances([query(1), query(99)], source.pin(None))
    assert found[0].amount is None
    assert found[1].amount == 0
    source.close()
    for stub in stubs:
        stub.close()


def test_a_request_reads_back_as_it_was_written() -> None:
    asked = [(b"a" * 20, bytes((n,)) * 20) for n in range(3)] + [(b"b" * 20, b"c" * 20)]
    data = sheet.encode(asked)
    assert len(data) == 2 * 22 + 4 * 20
    assert data[20:22] == b"\0\3"
    assert sheet.encode([]) == b""


@pytest.mark.parametrize("record", [bytes(32), b"\3" + bytes(31), b"\2" + bytes(30) + b"\1"])
def test_a_record_of_no_known_kind_is_no_answer(record: bytes) -> None:
    head = bytes(96) + keccak256(b"request")
    assert sheet.decode("t", b"request", 1, head + b"\2" + bytes(31)).amounts == [None]
    with pytest.raises(SourceUnavailableError, match="no known kind"):
        sheet.decode("t", b"request", 1, head + record)
