"""One row that no endpoint gives a usable answer about costs no other row its number."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import nullcontext, suppress
from hashlib import sha256
from typing import Any

import pytest
from support.every_reader import CONTRACTS, contract_without_waits
from support.replay import Sent, Trap
from support.wire import Wire

from scanner.model.addresses.interface import Address
from scanner.model.addresses.scripts import script_pubkey

ODD = {
    "error": Sent(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32010,"message":"not for it"}}'),
    "refused": Sent(b'{"error":"not for it","message":"not for it","code":5}', 400),
    "down": Sent(b"down", 500),
    "nothing": Sent(b"{}"),
}


NODE = "a node goes through its coins for all rows at once"
MANY = "a source of its own: nodes are asked for many rows in one call, and errors are an item's"
OTHERS = {"bitcoin_core": NODE, "bitcoin_filters": NODE, "ethereum_rpc": MANY, "beacon": MANY}
OTHERS["filecoin_rpc"] = MANY
"""Protocols whose questions are not put apart, and why."""


def spellings(address: Address) -> Iterator[bytes]:
    """How questions name an address."""
    if address.format != "starknet":
        yield address.text.encode()
    yield f'["{hex(int.from_bytes(address.payload))}"]'.encode()
    number = int.from_bytes(address.payload)
    if number >> 128:
        yield address.payload.hex().encode()
        yield f"{number:x}".encode()
    with suppress(ValueError):
        yield sha256(script_pubkey(address)).digest()[::-1].hex().encode()


@pytest.mark.parametrize("how", ODD)
@pytest.mark.parametrize("protocol", [p for p in CONTRACTS if p not in OTHERS])
def test_one_odd_row_costs_no_other_its_number(
    protocol: str, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    contract = contract_without_waits(protocol, monkeypatch)
    queries, amounts = contract.everything()
    with contract.servers(Trap.NONE) as stubs:
        stub: Any = stubs[0]
        wire = Wire(stubs)
        wire.put_between(monkeypatch)
        monkeypatch.setattr(contract, "servers", lambda *_: nullcontext(stubs))
        odd = contract.funded[1][0]
        names = list(spellings(odd.address))
        real, hit = stub.respond, []

        def respond(*asked: Any) -> Any:
            text = b" ".join(str(a).encode() if not isinstance(a, bytes) else a for a in asked)
            if any(name in text for name in names):
                hit.append(text)
                return ODD[how].body if protocol == "electrum" else ODD[how]
            return real(*asked)

        stub.respond = respond
        with contract.source(Trap.NONE) as (fleet, _):
            at = fleet.pin(contract.wanted_height(fleet))
            found = fleet.fetch_balances(queries, at)
    assert hit
    gone = 0
    for query, amount, balance in zip(queries, amounts, found, strict=True):
        if query.address.key == odd.address.key and balance.amount is None:
            assert balance.reason
            gone += 1
        elif (protocol, how) != ("tron_http", "nothing"):  # so it says of who has no TRX
            assert balance.amount == amount, balance
    assert gone or how == "nothing"
