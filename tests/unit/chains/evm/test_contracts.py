"""The beacon API, Ethereum JSON-RPC and Filecoin's under the suite of all readers."""

from __future__ import annotations

from typing import ClassVar

import pytest
from support.beacon_replay import TIP, BeaconReplay
from support.evm_replay import TIP as NEWEST
from support.evm_replay import EvmReplay
from support.replay import Trap
from support.source_contract import SourceContract

from scanner.chains.evm.filecoin import _number
from scanner.errors import SourceError, SourceUnavailableError
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
BEACON = REGISTRY.network("ethereum-beacon")
BETH = REGISTRY.holding("BETH", "ethereum-beacon")
KEYS = ["0xa" + f"{n:095x}" for n in range(8)]
QUERIES = [BalanceQuery(decode_address(BEACON, key), BETH) for key in KEYS]
AMOUNTS = (32 * 10**9, 2**55 + 1, 1, 2048 * 10**9)


class TestBeacon(SourceContract):
    network, protocol, wire = "ethereum-beacon", "beacon", "beacon"
    height, too_high = 30, TIP + 1
    funded = tuple(zip(QUERIES[:4], AMOUNTS, strict=True))
    absent: ClassVar = QUERIES[4:6]
    fault_share = 0.1  # an unknown key is three requests

    def start(self) -> BeaconReplay:
        return BeaconReplay(dict(zip(KEYS[:4], AMOUNTS, strict=True)))


HOLDERS = [bytes([n]) * 20 for n in range(1, 7)]
HELD = (10**18, 2**70 + 1, 1, 777)


def queries(network: str, texts: list[str]) -> list[BalanceQuery]:
    row = REGISTRY.network(network)
    holding = REGISTRY.holding(row.native, network)
    return [BalanceQuery(decode_address(row, text), holding) for text in texts]


class RpcContract(SourceContract):
    height, too_high = 100, NEWEST + 1
    absent: ClassVar = ()
    unplayed: ClassVar = {
        Trap.OTHER_BLOCK: "a state is asked for by its block's hash; blocks are compared elsewhere"
    }


class TestEthereum(RpcContract):
    network, protocol, wire = "ethereum", "ethereum_rpc", "ethereum_rpc"
    funded = tuple(
        zip(queries("ethereum", ["0x" + h.hex() for h in HOLDERS[:4]]), HELD, strict=True)
    )
    absent: ClassVar = queries("ethereum", ["0x" + h.hex() for h in HOLDERS[4:]])
    unplayed: ClassVar = {}

    def start(self) -> EvmReplay:
        return EvmReplay("ethereum", 1, dict(zip(HOLDERS[:4], HELD, strict=True)))


CODEC = FilecoinCodec("filecoin", "")
ACTORS = [
    CODEC.encode(4, HOLDERS[0]),
    CODEC.encode(1, HOLDERS[1]),
    CODEC.encode(2, HOLDERS[2]),
    "f01729",
]
NUMBERS = dict(zip(ACTORS[1:3], (1001, 1002), strict=True))


class TestFilecoin(RpcContract):
    network, protocol, wire = "filecoin", "filecoin_rpc", "filecoin_rpc"
    funded = tuple(zip(queries("filecoin", ACTORS), HELD, strict=True))
    absent: ClassVar = queries("filecoin", [CODEC.encode(1, HOLDERS[5])])
    unplayed: ClassVar = {}

    def start(self) -> EvmReplay:
        masked = [b"\xff" + bytes(11) + n.to_bytes(8) for n in (1001, 1002, 1729)]
        return EvmReplay(
            "filecoin", 314, dict(zip([HOLDERS[0], *masked], HELD, strict=True)), NUMBERS
        )

    def test_one_that_knows_no_actor_at_all_is_found_out(self) -> None:
        """It has every balance, and says of each f1, f2 and f3 address that nobody has it."""
        queries, amounts = self.everything()
        canary = self.funded[1][0]
        with self.source(Trap.NONE, canary=canary) as (source, stubs):
            stubs[0].numbers = {"f1": 1}
            with pytest.raises(SourceError, match=r"has no actor at block 100.*not trusted"):
                self.balances(source, queries)
        with self.source(Trap.NONE, Trap.NONE, canary=canary) as (source, stubs):
            stubs[0].numbers = {"f1": 1}
            found = self.balances(source, queries)
            assert [b.amount for b in found] == amounts
        with self.source(Trap.NONE, canary=canary) as (source, _):
            assert [b.amount for b in self.balances(source, queries)] == amounts

    def test_one_that_a_node_cannot_look_up_costs_no_other_its_number(self) -> None:
        queries, amounts = self.everything()
        odd = queries.index(self.funded[1][0])
        for count, quorum, left in ((1, 1, None), (2, 1, amounts[odd]), (2, 2, None)):
            with self.source(*[Trap.NONE] * count, quorum=quorum) as (source, stubs):
                stubs[0].odd = {ACTORS[1]}
                found = [b.amount for b in self.balances(source, queries)]
                assert found == [*amounts[:odd], left, *amounts[odd + 1 :]]

    def test_an_actor_that_is_made_after_the_newest_block_of_a_node_is_not_nobody(self) -> None:
        """It has no number yet in that node's newest state, which is older than the pinned block."""
        with self.source(Trap.NONE) as (source, (stub,)):
            at = source.pin(100)
            stub.tip, stub.numbers = 90, {"f1": 1}
            with pytest.raises(SourceError, match="has not reached block 100"):
                source.fetch_balances([self.funded[1][0]], at)


@pytest.mark.parametrize("said", [f"f0{1 << 63}", "f0" + "9" * 19, "f001002", "f0-1", "f01002 "])
def test_a_number_that_no_actor_can_have_is_no_answer(said: str) -> None:
    """From 2**63 on there is no address by that number: asking on would end the chunk."""
    with pytest.raises(SourceUnavailableError, match="an invalid actor number"):
        _number("n", said)
    assert _number("n", f"f0{(1 << 63) - 1}") == (1 << 63) - 1


def test_the_shipped_canaries_of_filecoin_are_those_of_the_recorded_state() -> None:
    """f099 with its coins for the balances; an f3 address with its actor for the numbers."""
    known = REGISTRY.canaries("filecoin")
    formats = {decode_address(REGISTRY.network("filecoin"), c.address).format for c in known}
    assert formats == {"filecoin_id", "filecoin_bls"}
    assert all(c.since == 2_679_087 for c in known)
