"""Hedera's reader against published answers of a mirror node."""

from __future__ import annotations

import hashlib
from urllib.parse import parse_qs, urlsplit

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, WorldServer, recorded, sent
from support.replay import Sent, Trap

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.hedera.reader import MARKERS, HederaReader
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("hedera")
HBAR = REGISTRY.holding("HBAR", "hedera")
MARKER, BEGAN = MARKERS["mainnet"]
FIRST = MARKER - 1000


def query(n: int) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, f"0.0.{n}"), HBAR)


def ends(height: int) -> int:
    """When a block ends, in seconds."""
    return 1_779_562_741 + 2 * (height - MARKER)


class MirrorStub(WorldServer):
    """moved: account -> transfers after the balance on record, as (seconds, tinybars).

    quirks: "late" has a balance of a later moment, "again" lists a transfer twice.
    """

    network, protocol = "hedera", "hedera_mirror"

    def __init__(self, world: World, *quirks: str) -> None:
        super().__init__(world, *quirks)
        self.moved: dict[str, list[tuple[int, int]]] = {}

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        parts = urlsplit(path)
        query_ = parse_qs(parts.query)
        match parts.path.strip("/").split("/")[2:]:
            case ["blocks"]:
                return sent({"blocks": [self._block(self.world.tip)], "links": {"next": None}})
            case ["blocks", number] if int(number) > self.world.tip:
                return sent({"_status": {"messages": [{"message": "Not found"}]}}, 404)
            case ["blocks", number]:
                return sent(self._block(int(number)))
            case ["accounts", account]:
                return self._account(account, query_["timestamp"][0].removeprefix("lte:"))
            case ["transactions"]:
                return sent(self._transactions(query_))
        return Sent(b"", 404)

    def _block(self, height: int) -> dict[str, object]:
        block = recorded("hedera", "block") | {"number": height}
        branch = "another network" if self.trap is Trap.WRONG_CHAIN else self.fork
        name = hashlib.sha384(f"{branch}{height}".encode()).hexdigest()
        block["hash"] = "0x" + name
        began = BEGAN if height == MARKER else f"{ends(height - 1)}.500000000"
        if self.trap is Trap.WRONG_CHAIN:
            began = "1600000000.000000001"
        block["timestamp"] = {"from": began, "to": f"{ends(height)}.470178250"}
        return block

    def _account(self, account: str, until: str) -> Sent:
        amount = self.held(account, self.world.tip)
        if amount is None and self.trap is Trap.ZEROES:
            amount = 0
        if amount is None:
            return sent({"_status": {"messages": [{"message": "Not found"}]}}, 404)
        said = recorded("hedera", "account") | {"account": account}
        when = "1999999999.000000000" if "late" in self.quirks else "1742896287.333154756"
        said["balance"] |= {"balance": amount, "timestamp": when}
        if self.trap is Trap.DROPS:
            del said["balance"]["balance"]
        return sent(said)

    def _transactions(self, asked: dict[str, list[str]]) -> dict[str, object]:
        account = asked["account.id"][0]
        low, high = (t.split(":")[1] for t in asked["timestamp"])
        rows = [
            {
                "consensus_timestamp": f"{when}.000000001",
                "transfers": [
                    {"account": account, "amount": amount, "is_approval": False},
                    {"account": "0.0.98", "amount": -amount, "is_approval": False},
                ],
            }
            for when, amount in self.moved.get(account, [])
            if float(low) < when <= float(high)
        ]
        page = int(asked.get("page", ["0"])[0])
        more = f"/api/v1/transactions?account.id={account}&timestamp=gt:{low}&timestamp=lte:{high}"
        following = f"{more}&page={page + 1}" if page + 1 < len(rows) else None
        shown = rows[:1] if "again" in self.quirks else rows[page : page + 1]
        return {"transactions": shown, "links": {"next": following}}


class TestContract(ReaderContract):
    network, height, too_high = "hedera", MARKER + 20, MARKER + 101
    funded = tuple((query(n), amount) for n, amount in ((2, 2**60 + 1), (3, 5), (4, 70), (5, 9)))
    absent = ()  # "not found" names no time, so it is a refusal
    unplayed = {  # noqa: RUF012
        Trap.OTHER_BLOCK: "answers name no block: a later balance is refused by its time",
        Trap.PRUNED: "mirror nodes keep everything",
    }

    def start(self) -> MirrorStub:
        world = World(tip=MARKER + 100)
        for asked, amount in self.funded:
            world.put(asked.address.text, amount)
        return MirrorStub(world)

    def reader(self, endpoint: Endpoint) -> HederaReader:
        return HederaReader(endpoint, NETWORK)


@pytest.fixture
def stub() -> MirrorStub:
    world = World(tip=MARKER + 100)
    world.put("0.0.2", 1663012637744658)
    return MirrorStub(world)


def test_transfers_since_the_balance_on_record_are_added(stub: MirrorStub) -> None:
    height = MARKER + 20
    stub.moved = {"0.0.2": [(ends(MARKER), -58), (ends(height), 7), (ends(height) + 5, 1000)]}
    reader = HederaReader(stub.endpoint("a"), NETWORK)
    (said,) = reader.read([query(2)], reader.pin(height))
    assert isinstance(said, Reading)
    assert said.amount == 1663012637744658 - 58 + 7
    stub.quirks = {"again"}
    with pytest.raises(SourceUnavailableError, match="twice"):
        reader.read([query(2)], reader.pin(height))
    reader.close()
    stub.close()


def test_a_later_balance_and_an_unknown_account_are_not_numbers(stub: MirrorStub) -> None:
    reader = HederaReader(stub.endpoint("a"), NETWORK)
    at = reader.pin(MARKER + 20)
    (nobody,) = reader.read([query(77)], at)
    assert nobody == Refusal("not found, in an answer that does not name a time")
    stub.quirks = {"late"}
    assert reader.read([query(2)], at) == [Refusal("answered for a later moment")]
    reader.close()
    stub.close()


def test_more_transfers_than_can_be_read(stub: MirrorStub) -> None:
    stub.moved = {"0.0.2": [(ends(MARKER) + n, 1) for n in range(30)]}
    reader = HederaReader(stub.endpoint("a"), NETWORK)
    (said,) = reader.read([query(2)], reader.pin(MARKER + 20))
    assert isinstance(said, Refusal)
    assert "more than 2,000 transactions" in said.why
    reader.close()
    stub.close()
