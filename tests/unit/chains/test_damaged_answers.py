"""Every reader, every answer, every kind of damage: the right number comes out, or none."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from typing import Any

import pytest
from support.damage import damages_of, excused
from support.every_reader import CONTRACTS, contract_without_waits
from support.reader_contract import ReaderContract
from support.replay import Trap
from support.wire import Wire

from scanner.errors import SourceError
from scanner.model.balance import BalanceQuery
from scanner.model.network import Holding
from scanner.net.http import Reply
from tests.unit.chains.hedera.test_reader import MARKER, ends

SILENT = -1
"""Stands for no amount and no reason."""
NEVER = "so it says of an address that was never used: the canary stands against a server of zeros"
WHOLE = "what there is, is the index's own word; each that it lists is looked at"
NODE = "what a node finds in its blocks is its word: the canary stands against one of zeros"
NOBODY_CAN_TELL: dict[str, tuple[tuple[str, str], ...]] = {
    "tron_http": (
        (r"getaccount +all empty", NEVER),
        (r"getaccount +[\w.]+ (gone|empty)", "protobuf's JSON leaves out what is zero, or is none"),
        (r"frozenV2 first gone|unfrozenV2 first gone|frozen first gone", "as above"),
        (r"(unfrozenV2|frozen) twice", "an account may free the same amount twice in one block"),
    ),
    "solana_rpc": (
        (r"getMultipleAccounts .*value\.\d null", NEVER),
        (r"getVoteAccounts .*current empty", "then its stake is not read, and that is said"),
        (r"getMultipleAccounts .*value turned", "accounts are known by their order"),
        (
            r"(getTokenAccountsByOwner|getProgramAccounts).*value(\.\d)? (empty|gone|first gone)",
            WHOLE,
        ),
    ),
    "sui_graphql": ((r"objects\.nodes(\.\d)? (empty|gone|first gone)", WHOLE),),
    "cosmos_rest": ((r"unbonding_responses.* (empty|gone|twice|first gone)", WHOLE),),
    "hedera_mirror": (
        (r"transactions(\.\d)? (empty|gone|first gone)", WHOLE),
        (r"transactions\.\d\.transfers empty|links\.next null", WHOLE),
    ),
    "antelope_rpc": ((r"get_currency_balance .*(all|0) (empty|first gone|gone)", NEVER),),
    "starknet_rpc": ((r"result turned", "the halves of a number are known by their order"),),
    "cardano_koios": ((r"address_info.*(all|\d) (empty|first gone|gone)", NEVER),),
    "bitcoin_filters": (
        (r"relevant_blocks(\.\d)? (empty|gone|first gone)", NODE),
        (r"activity(\.\d)? (empty|gone|first gone)", NODE),
    ),
    "electrum": (
        (r"get_history \d\.result(\.\d)? (empty|gone|first gone)", WHOLE),
        (r"get_history \d\.result\.\d\.height negative", "so it says of the mempool"),
    ),
    "blockbook": ((r"transactions(\.\d)? (empty|gone|null|first gone)", WHOLE),),
}
"""Protocol -> (damage that no reader could know from a good answer, why)."""


def _tron(stub: Any, queries: list[BalanceQuery]) -> None:
    stub.world.held[queries[0].address.text, ""] = {
        0: {
            "balance": 5,
            "frozenV2": [{"amount": 10**13}, {"type": "ENERGY", "amount": 70}],
            "unfrozenV2": [{"type": "ENERGY", "unfreeze_amount": 3}, {"unfreeze_amount": 4}],
            "frozen": [{"frozen_balance": 11}],
            "delegated_frozenV2_balance_for_bandwidth": 12,
            "account_resource": {"delegated_frozenV2_balance_for_energy": 13},
        }
    }


def _solana(stub: Any, queries: list[BalanceQuery]) -> None:
    stub.stakes[queries[0].address.text] = [(10**15, "active"), (510, "leaving"), (30, "locked")]


def _antelope(stub: Any, queries: list[BalanceQuery]) -> None:
    name = queries[0].address.text
    weights = {"net_weight": "90.0000 EOS", "cpu_weight": "45.0000 EOS"}
    stub.system[name] = {
        "delband": [{"from": name, "to": to, **weights} for to in (name, "other")],
        "refund": {"owner": name, "net_amount": "10.0000 EOS", "cpu_amount": "5.0000 EOS"},
        "rexfund": [{"owner": name, "balance": "7.0000 EOS"}],
        "rex": {"owner": name, "rex_balance": "100.0000 REX"},
    }


def _sui(stub: Any, queries: list[BalanceQuery]) -> None:
    stub.stakes[queries[0].address.text] = [10**9, 7]


def _cosmos(stub: Any, queries: list[BalanceQuery]) -> None:
    stub.staked = {queries[0].address.text: (50, 7, "12.999999999999999999")}


def _near(stub: Any, queries: list[BalanceQuery]) -> None:
    stub.locked = 3


def _hedera(stub: Any, queries: list[BalanceQuery]) -> None:
    text = queries[0].address.text
    stub.moved = {text: [(ends(MARKER), -58), (ends(MARKER + 1), 7)]}


def _xrpl(stub: Any, queries: list[BalanceQuery]) -> None:
    contract = "524C555344000000000000000000000000000000.rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"
    token = Holding("RLUSD", "xrpl", contract, 15)
    stub.world.put(queries[0].address.text, "27.5", contract)
    queries.append(BalanceQuery(queries[0].address, token))


RICHER: dict[str, Callable[[Any, list[BalanceQuery]], None]] = {
    "tron_http": _tron,
    "solana_rpc": _solana,
    "antelope_rpc": _antelope,
    "sui_graphql": _sui,
    "cosmos_rest": _cosmos,
    "near_rpc": _near,
    "hedera_mirror": _hedera,
    "xrpl_rpc": _xrpl,
}
"""Protocol -> puts more parts into the first query's account than its contract asks for."""


@pytest.mark.parametrize("protocol", CONTRACTS)
def test_damage_never_makes_another_number(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = contract_without_waits(protocol, monkeypatch)
    excuses = NOBODY_CAN_TELL.get(protocol, ())
    more = RICHER.get(protocol, lambda *_: None)
    found = wrong_numbers(contract, more, monkeypatch, damages_of)
    wrong = [w for w in found if not excused(w, excuses)]
    assert not wrong, f"{len(wrong)} places:\n" + "\n".join(wrong)[:6000]


def wrong_numbers(
    contract: ReaderContract,
    more: Callable[[Any, list[BalanceQuery]], None],
    monkeypatch: pytest.MonkeyPatch,
    changes_of: Callable[[Reply], Iterator[tuple[str, Callable[[Reply], Reply]]]],
) -> Iterator[str]:
    """Each place where a change of every answer of a kind made another number of an amount.

    Or where it is not said why there is none.
    """
    queries, amounts = contract.everything()
    with contract.servers(Trap.NONE) as stubs:
        wire = Wire(stubs)
        wire.put_between(monkeypatch)
        monkeypatch.setattr(contract, "servers", lambda *_: nullcontext(stubs))

        def read() -> list[int | None]:
            change, wire.change, wire.kept = wire.change, None, []
            with contract.source(Trap.NONE) as (fleet, _):
                at = fleet.pin(contract.wanted_height(fleet))
                wire.change, wire.kept = change, []
                found = fleet.fetch_balances(queries, at)
                return [b.amount if b.amount is not None or b.reason else SILENT for b in found]

        assert read() == amounts
        more(stubs[0], queries)
        amounts = read()
        assert None not in amounts
        tried: set[tuple[str, str]] = set()
        for kind, reply in list(wire.kept):
            for where, change in changes_of(reply):
                if (kind, where) in tried:
                    continue
                tried.add((kind, where))
                wire.kind, wire.change = kind, change
                try:
                    found = read()
                except SourceError:
                    continue
                for query, right, amount in zip(queries, amounts, found, strict=True):
                    if amount not in (right, None):
                        yield f"{kind} {where}: {query.address.text} {amount} != {right}"
