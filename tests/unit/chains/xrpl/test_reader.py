"""The XRP Ledger's reader, against recorded answers and what servers were seen to get wrong."""

from contextlib import AbstractContextManager

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, recorded
from support.replay import Sent, opened
from support.xrpl_stub import EPOCH, XrplServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.xrpl.header import RIPPLE_EPOCH, read_header
from scanner.chains.xrpl.reader import XrplReader
from scanner.chains.xrpl.tokens import line_balance, split_contract
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

NETWORK = load_registry().network("xrpl")
RICH, NOBODY = "rNxyqdUoLarLwKeWE3Lz2kNwrYNWXemXcc", "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
ISSUER = "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"
RLUSD = "524C555344000000000000000000000000000000"
XRP = Holding("XRP", "xrpl", "", 6)
TOKEN = Holding("RLUSD", "xrpl", f"{RLUSD}.{ISSUER}", 15)


def query(address: str, holding: Holding = XRP) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def reader(server: XrplServer) -> AbstractContextManager[XrplReader]:
    return opened(XrplReader(server.endpoint("x"), NETWORK), server)


def a_stub(*quirks: str) -> XrplServer:
    world = World(tip=60, oldest=10)
    world.put(RICH, 1_234_567_890, since=5)
    world.put(RICH, 2_000_000_000, since=50)
    return XrplServer(world, *quirks)


class TestContract(ReaderContract):
    network = "xrpl"
    height = 40
    too_high = 61
    funded = tuple(
        (query(address), amount)
        for address, amount in (
            (RICH, 1_234_567_890),
            (ISSUER, 99_999_999_999_999_999),
            ("rnZmVGX6f4pUYyS4oXYJzoLdRojQV8y297", 1),
            ("r9cZA1mLK5R5Am25ArfXFmqgNwjZgnfk59", 922_913_243),
        )
    )
    absent = (query(NOBODY), query("rrrrrrrrrrrrrrrrrrrrBZbvji"))

    def start(self) -> XrplServer:
        server = a_stub()
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount)
        return server

    def reader(self, endpoint: Endpoint) -> XrplReader:
        return XrplReader(endpoint, NETWORK)


def test_the_recorded_header_hashes_to_its_own_hash() -> None:
    header = read_header("x", recorded("xrpl", "ledger_header")["result"])
    assert header.index == 3
    assert header.hash.startswith("9b71a106")
    assert header.time == 1795878723  # 2026-11-28T15:12:03Z, as the answer also says in words


def test_reads_what_stands_in_the_ledger_of_the_hash() -> None:
    stub = a_stub()
    with reader(stub) as r:
        r.check()
        at = r.pin(40)
        assert (at.height, at.time) == (40, EPOCH + 160 + RIPPLE_EPOCH)
        (then,) = r.read([query(RICH)], at)
        (now,) = r.read([query(RICH)], r.pin(None))
    assert isinstance(then, Reading)
    assert isinstance(now, Reading)
    assert (then.amount, now.amount) == (1_234_567_890, 2_000_000_000)
    assert then.parts == {Part.LIQUID: 1_234_567_890}
    assert then.state is not None
    assert (then.state.height, then.state.hash) == (40, at.hash)
    assert any(at.hash.encode() in body for _, _, body in stub.asked)


def test_an_account_that_is_not_there_holds_nothing_in_that_ledger() -> None:
    with reader(a_stub()) as r:
        at = r.pin(40)
        (said,) = r.read([query(NOBODY)], at)
    assert isinstance(said, Reading)
    assert said.absent
    assert said.amount == 0
    assert said.state is not None
    assert said.state.hash == at.hash


def test_not_found_without_a_ledger_is_not_a_zero() -> None:
    with reader(a_stub("absence unbound")) as r:
        (said,) = r.read([query(NOBODY)], r.pin(40))
    assert isinstance(said, Refusal)
    assert "which ledger" in said.why


def test_a_server_that_ignores_the_hash_is_seen_by_the_state_it_names() -> None:
    with reader(a_stub("ledger_hash ignored")) as r:
        (said,) = r.read([query(RICH)], r.pin(40))
    assert isinstance(said, Reading)
    assert said.state is not None
    assert said.state.height == 60  # the fleet refuses it


@pytest.mark.parametrize(
    ("trap", "words"), [("open ledger", "not validated"), ("other account", "when asked about")]
)
def test_an_answer_to_another_question_is_refused(trap: str, words: str) -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(40)
        stub.quirks = {trap}
        with pytest.raises(SourceUnavailableError, match=words):
            r.read([query(RICH)], at)


def test_a_header_with_another_time_is_refused() -> None:
    with reader(a_stub("header altered")) as r, pytest.raises(SourceUnavailableError, match="hash"):
        r.pin(40)


def test_heights_that_a_server_does_not_have() -> None:
    with reader(a_stub()) as r:
        with pytest.raises(HeightPrunedError, match="10-60"):
            r.pin(9)
        with pytest.raises(HeightNotReachedError):
            r.pin(61)


def test_a_server_that_does_not_name_its_network_is_not_believed() -> None:
    with reader(a_stub("silent network")) as r, pytest.raises(SourceRejectedError, match="unknown"):
        r.check()


def test_a_busy_server_is_asked_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Sent(b'{"result":{"error":"slowDown","status":"error"}}')
    monkeypatch.setattr(XrplServer, "answer", lambda *_: busy)
    with reader(a_stub()) as r, pytest.raises(SourceUnavailableError, match="slowDown"):
        r.pin(40)


def test_a_page_of_another_ledger_does_not_count() -> None:
    stub = a_stub("pages of two ledgers")
    stub.world.put(RICH, "5", f"{RLUSD}.{ISSUER}")
    with reader(stub) as r:
        (said,) = r.read([query(RICH, TOKEN)], r.pin(40))
    assert isinstance(said, Refusal)
    assert "ledger 39" in said.why


def test_a_trust_line_that_is_listed_twice_does_not_count_twice() -> None:
    stub = a_stub("line twice")
    stub.world.put(RICH, "5", f"{RLUSD}.{ISSUER}")
    with reader(stub) as r, pytest.raises(SourceUnavailableError, match="one trust line twice"):
        r.read([query(RICH, TOKEN)], r.pin(40))


@pytest.mark.parametrize("traps", [(), ("two pages",)])
def test_issued_tokens_by_their_trust_line(traps: tuple[str, ...]) -> None:
    stub = a_stub(*traps)
    stub.world.put(RICH, "6900000000000000e-4", f"{RLUSD}.{ISSUER}")
    stub.world.put(RICH, "5", f"USD.{ISSUER}")
    with reader(stub) as r:
        at = r.pin(40)
        (held,) = r.read([query(RICH, TOKEN)], at)
        (none,) = r.read([query(NOBODY, TOKEN)], at)
    assert isinstance(held, Reading)
    assert isinstance(none, Reading)
    assert held.amount == 690_000_000_000 * 10**15
    assert (none.amount, none.absent) == (0, True)


@pytest.mark.parametrize(
    ("text", "base_units"),
    [
        ("0.171", 171 * 10**12),
        ("0", 0),
        ("-5", 0),  # what the account owes itself
        ("1e-40", 0),  # rounded down, never up
        ("0.1714285714285714", 171428571428571),
        ("9999999999999999e80", 9999999999999999 * 10**95),
    ],
)
def test_line_balances_exactly(text: str, base_units: int) -> None:
    assert line_balance("x", {"balance": text}, 15) == (base_units, text)


@pytest.mark.parametrize("text", ["", "1e999", "NaN", "0x1", "١"])
def test_no_number_is_no_balance(text: str) -> None:
    with pytest.raises(SourceUnavailableError):
        line_balance("x", {"balance": text}, 15)


def test_contracts() -> None:
    assert split_contract(f"{RLUSD.lower()}.{ISSUER}") == (RLUSD, ISSUER)
    with pytest.raises(ValueError, match="CURRENCY"):
        split_contract("RLUSD")
