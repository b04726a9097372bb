"""From what endpoints told to a Balance: agreement, disputes, token troubles, proofs."""

from __future__ import annotations

import json

import pytest

from scanner.chains.evm.balances import fill, holder_bytes, token_bytes
from scanner.chains.evm.columns import NATIVE, Column, Reading, Told
from scanner.chains.evm.prover import ColumnProof, settle
from scanner.chains.evm.quorum import read_agreed
from scanner.errors import ConfigError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.balance import Balance, Evidence
from scanner.model.block import BlockRef
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

AT = BlockRef("ethereum", "1", 5, "0xaa")
ETH = Holding("ETH", "ethereum", "", 18)
USDT = Holding("USDT", "ethereum", "0x" + "0c" * 20, 6)
HOLDERS = [bytes([n]) * 20 for n in range(1, 4)]


class Said:
    """A pool whose endpoints answer from a table: name -> reading of HOLDERS."""

    def __init__(self, **readings):
        self.readings = readings
        self.asked = []

    def run(self, task, avoid=(), skip=()):
        for name in self.readings:
            if name not in avoid and name not in skip:
                self.asked.append(name)

                class Node:
                    operator = name

                Node.name = name
                return task(Node), Node
        raise SourceUnavailableError("endpoints", "nobody left")

    def read(self, node, columns, at):
        (column,) = columns
        whole = self.readings[node.name]
        places = [HOLDERS.index(h) for h in column.holders]
        return [
            Reading(
                [whole.amounts[p] for p in places],
                {n: whole.failed[p] for n, p in enumerate(places) if p in whole.failed},
                whole.decimals,
                whole.code,
            )
        ]


def balances(pool, quorum, holding=ETH):
    (agreed,) = read_agreed(pool, [Column(token_bytes(holding), HOLDERS)], AT, quorum, pool.read)
    found = [None] * 3
    evidence = Evidence.AGREED if quorum > 1 else Evidence.REPORTED
    fill(found, [0, 1, 2], holding, agreed, evidence)
    return found


def test_what_two_say_is_agreed():
    found = balances(Said(a=Reading([1, 0, 3]), b=Reading([1, 0, 3])), 2)
    assert [(b.amount, b.evidence, b.sources) for b in found] == [
        (n, Evidence.AGREED, ("a", "b")) for n in (1, 0, 3)
    ]


def test_a_third_is_asked_only_for_what_is_disputed_and_the_loser_is_named():
    pool = Said(a=Reading([1, 2, 3]), b=Reading([1, 9, 3]), c=Reading([1, 2, 3]))
    found = balances(pool, 2)
    assert [b.amount for b in found] == [1, 2, 3]
    assert found[1].sources == ("a", "c")
    assert json.loads(found[1].detail) == {"outvoted": {"b": "9"}}
    assert found[1].reason == "b said 9 instead"
    assert found[0].sources == ("a", "b")


def test_a_dispute_nobody_settles_has_no_amount_and_keeps_all_answers():
    found = balances(Said(a=Reading([1, 2, 3]), b=Reading([1, 9, 3]), c=Reading([1, 7, 3])), 2)
    assert found[1].amount is None
    assert found[1].evidence is Evidence.UNAVAILABLE
    assert json.loads(found[1].detail) == {"disagree": {"a": "2", "b": "9", "c": "7"}}
    assert [found[0].amount, found[2].amount] == [1, 3]


def test_a_tie_is_no_majority():
    pool = Said(
        a=Reading([1, 2, 3]), b=Reading([1, 9, 3]), c=Reading([1, 9, 3]), d=Reading([1, 2, 3])
    )
    found = balances(pool, 2)
    assert found[1].amount == 9  # the first answer with two votes; nobody else is asked
    assert found[1].sources == ("b", "c")
    assert "d" not in pool.asked


def test_saying_nothing_is_no_vote_and_somebody_else_is_asked():
    silent = Reading([1, 0, 3], {1: (Told.NOTHING, "internal error")})
    found = balances(Said(a=silent, b=Reading([1, 2, 3])), 1)
    assert [(b.amount, b.sources) for b in found] == [(1, ("a",)), (2, ("b",)), (3, ("a",))]
    found = balances(Said(a=silent, b=silent), 1)
    assert found[1].amount is None
    assert "internal error" in found[1].reason
    assert found[1].detail == ""


def test_a_zero_and_a_revert_are_different_answers():
    zero = Reading([0, 0, 0], decimals=6)
    revert = Reading([0, 0, 0], {1: (Told.REVERTED, "")}, 6)
    found = balances(Said(a=zero, b=revert), 2, USDT)
    assert found[1].amount is None
    assert json.loads(found[1].detail)["disagree"] == {
        "a": "0 (6 decimals)",
        "b": "reverted (6 decimals)",
    }
    assert found[0].amount == 0
    both = balances(Said(a=revert, b=revert), 2, USDT)
    assert both[1].reason == "the token contract reverted"
    assert both[1].sources == ("a", "b")


@pytest.mark.parametrize(
    ("reading", "says"),
    [
        (Reading([1, 2, 3], decimals=18), "has 18 decimals, the tables say 6"),
        (Reading([1, 2, 3], decimals=None), "does not state its decimals"),
        (
            Reading([0, 0, 0], dict.fromkeys(range(3), (Told.NO_CODE, "")), code=False),
            "no contract",
        ),
    ],
)
def test_token_troubles_make_the_whole_column_unavailable(reading, says):
    for pool, quorum in ((Said(a=reading), 1), (Said(a=reading, b=reading), 2)):
        found = balances(pool, quorum, USDT)
        assert all(b.amount is None and says in b.reason for b in found)


def test_endpoints_that_differ_about_a_contract_settle_nothing():
    pool = Said(a=Reading([1, 2, 3], decimals=6), b=Reading([1, 2, 3], decimals=8))
    found = balances(pool, 2, USDT)
    assert all(b.amount is None and '"disagree"' in b.detail for b in found)
    pool = Said(
        a=Reading([1, 2, 3], decimals=8),
        b=Reading([1, 2, 3], decimals=6),
        c=Reading([1, 2, 3], decimals=6),
    )
    found = balances(pool, 2, USDT)
    assert [b.amount for b in found] == [1, 2, 3]
    assert found[0].sources == ("b", "c")


def test_too_few_operators_is_an_error():
    with pytest.raises(SourceUnavailableError):
        balances(Said(a=Reading([1, 2, 3])), 2)


def address(kind, payload):
    return Address("x", kind, payload, "k", "t")


def test_the_twenty_bytes_of_an_address():
    assert holder_bytes(address("evm", b"\1" * 20)) == b"\1" * 20
    assert holder_bytes(address("filecoin_id", (7).to_bytes(8))) == b"\xff" + bytes(11) + (
        7
    ).to_bytes(8)
    for kind, size in (("evm", 19), ("filecoin_secp256k1", 20), ("p2pkh", 20), ("filecoin_id", 20)):
        assert holder_bytes(address(kind, b"\1" * size)) is None


@pytest.mark.parametrize(
    "contract", ["0x12", "0x" + "00" * 20, "tron", "omni:31", "0x" + "zz" * 20]
)
def test_contracts_that_are_none(contract):
    with pytest.raises(ConfigError):
        token_bytes(Holding("T", "ethereum", contract, 6))
    assert token_bytes(ETH) == NATIVE


def test_a_coin_that_is_also_a_token_is_not_counted_twice():
    for network, contract in (("polygon", 0x1010), ("zksync-era", 0x800A)):
        with pytest.raises(ConfigError, match="count twice"):
            token_bytes(Holding("X", network, f"0x{contract:040x}", 18))
    for holding in load_registry().holdings():
        if "ethereum_rpc" in load_registry().networks[holding.network].sources:
            token_bytes(holding)


READ = Balance(5, Evidence.REPORTED, ("a",))
DISPUTED = Balance(
    None,
    Evidence.UNAVAILABLE,
    ("a", "b"),
    "they disagree",
    json.dumps({"disagree": {"a": "5", "b": "6"}}),
)


def proof(raw, mask=2**256 - 1):
    return ColumnProof(mask, {0: raw}, {0: "p"})


@pytest.mark.parametrize("native", [True, False])
def test_a_proof_that_says_the_same(native):
    assert settle(READ, 0, proof(5), is_native=native) == Balance(5, Evidence.PROVEN, ("p",))


def test_a_proven_coin_stands_against_an_endpoint_and_the_endpoint_is_named():
    found = settle(READ, 0, proof(7), is_native=True)
    assert (found.amount, found.evidence) == (7, Evidence.PROVEN)
    assert json.loads(found.detail) == {"outvoted": {"a": "5"}}


def test_a_slot_that_differs_from_balance_of_is_no_balance():
    found = settle(READ, 0, proof(7), is_native=False)
    assert found.amount is None
    assert json.loads(found.detail) == {"disagree": {"a": "5", "storage proof": "7"}}


@pytest.mark.parametrize("native", [True, False])
def test_a_proof_settles_a_dispute(native):
    found = settle(DISPUTED, 0, proof(6), is_native=native)
    assert (found.amount, found.evidence) == (6, Evidence.PROVEN)
    assert json.loads(found.detail) == {"outvoted": {"a": "5"}}


def test_a_proof_does_not_mend_a_token_that_has_trouble():
    trouble = Balance(None, Evidence.UNAVAILABLE, ("a",), "wrong decimals")
    assert settle(trouble, 0, proof(6), is_native=False) == trouble
    assert settle(trouble, 0, proof(6), is_native=True).amount == 6


def test_flags_beside_a_balance():
    found = settle(READ, 0, proof(5 | 1 << 255, 2**255 - 1), is_native=False)
    assert (found.amount, json.loads(found.detail)) == (5, {"flags": hex(1 << 255)})


def test_without_a_proof_the_reading_stays_and_says_why():
    found = settle(READ, 0, ColumnProof(why={0: "a does not know eth_getProof"}), is_native=True)
    assert (found.amount, found.evidence) == (5, Evidence.REPORTED)
    assert found.reason == "not proven: a does not know eth_getProof"
