"""Every reader against a node that answers in other shapes: the right number comes out, or none."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import nullcontext, suppress
from dataclasses import replace
from functools import partial

import pytest
from support.damage import excused
from support.every_reader import CONTRACTS, contract_without_waits
from support.hostile import hostilities_of
from support.replay import Trap
from support.wire import Wire, at_path

from scanner.errors import SourceError
from scanner.net.http import Reply
from tests.unit.chains.test_damaged_answers import NEVER, RICHER, wrong_numbers

UNBOUND = "an answer that names no account: it is bound to its question by the connection alone"
TWO = "its two chains are asked the same; another holder is refused, which its own tests show"
STAKE = "its stake is not read then, and that is said"
NOBODY_CAN_TELL: dict[str, tuple[tuple[str, str], ...]] = {
    "tron_http": ((r"getaccount +all b'{}'", NEVER),),
    "solana_rpc": ((r"get(Vote|Program)Accounts all (HTTP|b'{\"error|an error)", STAKE),),
    "ton_http": ((r"getAddressInformation.* all of another question", UNBOUND),),
    "aptos_rest": ((r"balance.* all of another question", UNBOUND),),
    "antelope_rpc": ((r"get_currency_balance .* all b'\[\]'", NEVER),),
    "cosmos_rest": ((r"(balances|delegations|unbonding).* all of another question", UNBOUND),),
    "aelf_http": ((r"executeTransaction +all of another question", TWO),),
    "stellar_horizon": ((r"accounts/# +all of another question", UNBOUND + " (a 404)"),),
    "hedera_mirror": (
        (r"/transactions\?.* all of another question", "an empty list names nobody"),
    ),
    "cardano_koios": ((r"address_info.* all (b'\[\]'|of another question)", NEVER),),
    "electrum": ((r"get_history [\d#]\.result\.\d\.height negative", "so it says of the mempool"),),
}
"""Protocol -> (answers that no reader could know from good ones, why)."""


@pytest.mark.parametrize("protocol", CONTRACTS)
def test_no_shape_of_an_answer_makes_another_number(
    protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_without_waits(protocol, monkeypatch)
    queries, _ = contract.everything()
    forms = [q.address.text for q in queries[:2]]
    forms[:1] = [queries[0].address.payload.hex(), forms[0]]
    changes = partial(hostilities_of, asked=forms, height=contract.height)
    more = RICHER.get(protocol, lambda *_: None)
    found = wrong_numbers(contract, more, monkeypatch, changes)
    excuses = NOBODY_CAN_TELL.get(protocol, ())
    wrong = [w for w in found if not excused(w, excuses)]
    assert not wrong, f"{len(wrong)} places:\n" + "\n".join(wrong)[:6000]


CURSORS: dict[str, tuple[tuple[str | int, ...], object, tuple[str | int, ...]]] = {
    "cosmos_rest": (("pagination", "next_key"), "bW9yZQ==", ("delegation_responses",)),
    "xrpl_rpc": (("result", "marker"), "more", ("result", "lines")),
    "hedera_mirror": (
        ("links", "next"),
        "/api/v1/transactions?account.id=0.0.2&timestamp=gt:1.0&timestamp=lte:2.0",
        ("transactions",),
    ),
    "blockbook": (("totalPages",), 10**9, ("transactions",)),
    "antelope_rpc": (("more",), True, ("rows",)),
    "sui_graphql": (
        ("data", "checkpoint", "query", "q0", "objects", "pageInfo", "hasNextPage"),
        True,
        ("data", "checkpoint", "query", "q0", "objects", "nodes"),
    ),
}
"""Protocol -> where an answer says that there is more, how, and where its rows are."""


@pytest.mark.parametrize("empty", [False, True])
@pytest.mark.parametrize("protocol", CURSORS)
def test_pages_that_never_end_are_no_sum(
    protocol: str, empty: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_without_waits(protocol, monkeypatch)
    queries, _ = contract.everything()
    cursor, more, rows = CURSORS[protocol]
    with contract.servers(Trap.NONE) as stubs:
        wire = Wire(stubs)  # type: ignore[arg-type]
        wire.put_between(monkeypatch)
        RICHER.get(protocol, lambda *_: None)(stubs[0], queries)
        monkeypatch.setattr(contract, "servers", lambda *_: nullcontext(stubs))
        with contract.source(Trap.NONE) as (fleet, _):
            at = fleet.pin(contract.wanted_height(fleet))
            right = [b.amount for b in fleet.fetch_balances(queries, at)]
            change = _endless(cursor, more, rows if empty else ())
            monkeypatch.setattr(wire, "_pass", lambda *asked: change(asked[-1]))
            for query, amount in zip(queries, right, strict=True):
                with suppress(SourceError):
                    (said,) = fleet.fetch_balances([query], at)
                    assert said.amount in (amount, None), query.address.text
                    assert said.amount is not None or said.reason
            assert change.played  # type: ignore[attr-defined]


def _endless(
    cursor: tuple[str | int, ...], more: object, rows: tuple[str | int, ...]
) -> Callable[[Reply], Reply]:
    """Says of each page that another one follows. rows: what is empty in them, () for nothing."""

    def change(reply: Reply) -> Reply:
        try:
            value = json.loads(reply.body)
            holder = at_path(value, cursor[:-1])
            inner = at_path(value, rows[:-1] or cursor[:-1])
        except (ValueError, KeyError, TypeError):
            return reply
        if not isinstance(holder, dict) or (cursor[-1] not in holder and cursor[-1] != "marker"):
            return reply
        holder[cursor[-1]] = more
        if rows and rows[-1] in inner:
            inner[rows[-1]] = []
        change.played = True  # type: ignore[attr-defined]
        return replace(reply, body=json.dumps(value).encode())

    change.played = False  # type: ignore[attr-defined]
    return change
