"""Every reader against a node that answers in other shapes: the right number comes out, or none."""

from __future__ import annotations

from functools import partial

import pytest
from support.coin_world import CoinWorld
from support.damage import excused
from support.every_reader import CONTRACTS, contract_class
from support.hostile import hostilities_of

from scanner.chains.bitcoin import core_rpc, index_source
from scanner.chains.fleet import pool
from tests.unit.chains.test_damaged_answers import NEVER, RICHER, wrong_numbers

UNBOUND = "an answer that names no account: it is bound to its question by the connection alone"
STAKE = "its stake is not read then, and that is said"
NOBODY_CAN_TELL: dict[str, tuple[tuple[str, str], ...]] = {
    "tron_http": ((r"getaccount +all b'{}'", NEVER),),
    "solana_rpc": ((r"get(Vote|Program)Accounts all (HTTP|b'{\"error|an error)", STAKE),),
    "ton_http": ((r"getAddressInformation.* all of another question", UNBOUND),),
    "aptos_rest": ((r"balance.* all of another question", UNBOUND),),
    "antelope_rpc": ((r"get_currency_balance .* all b'\[\]'", NEVER),),
    "cosmos_rest": ((r"(balances|unbonding).* all of another question", UNBOUND),),
    "stellar_horizon": ((r"accounts/# +all of another question", UNBOUND + " (a 404)"),),
    "hedera_mirror": ((r"transactions.* all of another question", "an empty list names nobody"),),
    "cardano_koios": ((r"address_info.* all (b'\[\]'|of another question)", NEVER),),
    "electrum": ((r"get_history [\d#]\.result\.\d\.height negative", "so it says of the mempool"),),
}
"""Protocol -> (answers that no reader could know from good ones, why)."""


@pytest.mark.parametrize("protocol", CONTRACTS)
def test_no_shape_of_an_answer_makes_another_number(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_class(protocol)()
    monkeypatch.setattr(pool, "TRIES", 2)
    monkeypatch.setattr(pool, "pause", lambda _: None)
    if protocol != "blockbook":
        mark = (0, CoinWorld({}).hash(0))
        for module in (core_rpc, index_source):
            monkeypatch.setattr(module, "chain_marker", lambda *_: mark)
    queries, _ = contract.everything()
    forms = [q.address.text for q in queries[:2]]
    forms[:1] = [queries[0].address.payload.hex(), forms[0]]
    changes = partial(hostilities_of, asked=forms, height=contract.height)
    more = RICHER.get(protocol, lambda *_: None)
    found = wrong_numbers(contract, more, monkeypatch, changes)
    excuses = NOBODY_CAN_TELL.get(protocol, ())
    wrong = [w for w in found if not excused(w, excuses)]
    assert not wrong, f"{len(wrong)} places:\n" + "\n".join(wrong)[:6000]
