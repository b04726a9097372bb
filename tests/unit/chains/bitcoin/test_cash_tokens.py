"""Outputs of Bitcoin Cash that hold tokens: whose they are, and that their coins are counted."""

from __future__ import annotations

from contextlib import closing

import pytest
from support.coin_world import CoinWorld
from support.electrum_replay import ElectrumReplay

from scanner.chains.bitcoin.cash_tokens import without_tokens
from scanner.chains.bitcoin.electrum import FEW, ElectrumServer
from scanner.chains.bitcoin.index_source import Wanted
from scanner.chains.fleet.interface import Reading
from scanner.model.addresses.scripts import p2pkh
from scanner.model.block import BlockRef
from scanner.settings.tables import load_registry

CASH = load_registry().network("bitcoin-cash")
SCRIPT = p2pkh(b"\7" * 20)
CATEGORY = "bb" * 32
# Examples of the specification (CHIP-2022-02, test-vectors/token-prefix-valid.json).
WHOLE = [
    f"ef{CATEGORY}1001",  # one fungible token
    f"ef{CATEGORY}30ffffffffffffffff7f",  # the most there can be, and an NFT without commitment
    f"ef{CATEGORY}20",  # an NFT alone
    f"ef{CATEGORY}6001cc",  # with a commitment
    f"ef{CATEGORY}60051234567890",
    f"ef{CATEGORY}7128{'cc' * 40}fdfd00",  # mutable, commitment of 40 bytes, 253 tokens
]
NONE = [
    f"ef{CATEGORY}00",  # no tokens
    f"ef{CATEGORY}9001",  # the reserved bit
    f"ef{CATEGORY}",  # cut
    "ef",
    f"ef{CATEGORY}60ff",
    f"ef{CATEGORY}60fdff",
]


@pytest.mark.parametrize("prefix", WHOLE)
def test_the_script_stands_behind_the_tokens(prefix: str) -> None:
    assert without_tokens(bytes.fromhex(prefix) + SCRIPT) == SCRIPT


@pytest.mark.parametrize("text", NONE)
def test_what_is_no_token_stays_as_it_is(text: str) -> None:
    assert without_tokens(bytes.fromhex(text)) == bytes.fromhex(text)
    assert without_tokens(SCRIPT) == SCRIPT
    assert without_tokens(b"") == b""


def held(payments: int) -> Reading:
    """What an address holds that was paid so many times, each time with tokens."""
    prefix = bytes.fromhex(WHOLE[0])
    world = CoinWorld({SCRIPT: [(10 + n, 1_000 + n) for n in range(payments)]})
    bare = world.mined

    def with_tokens(script: bytes, *more: object) -> list[object]:
        from dataclasses import replace

        mined = bare(script, *more)  # type: ignore[arg-type]
        return [replace(t, outputs=((prefix + SCRIPT, t.outputs[0][1]),)) for t in mined]

    world.mined = with_tokens  # type: ignore[assignment,method-assign]
    with closing(ElectrumReplay(world)) as stub:
        server = ElectrumServer(stub.endpoint("a"), CASH)
        (said,) = server.read([Wanted(SCRIPT, "")], BlockRef("bitcoin-cash", "main", 390, "aa"))
        server.close()
    assert isinstance(said, Reading)
    return said


@pytest.mark.parametrize("payments", [1, FEW + 5])
def test_coins_beside_tokens_are_counted(payments: int) -> None:
    """Of many payments as well, whose sum a server would give without those."""
    assert held(payments).amount == sum(1_000 + n for n in range(payments))
