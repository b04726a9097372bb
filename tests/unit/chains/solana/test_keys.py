"""Who may spend from a Solana account: by its program and data, not by its address."""

from __future__ import annotations

import base64

import pytest
from support.recorded import World, recorded
from support.solana_stub import SolanaServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.solana.accounts import STAKE_PROGRAM, SYSTEM_PROGRAM, VOTE_PROGRAM
from scanner.chains.solana.reader import NO_TOKENS_READ, SolanaReader
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.key_policy import KeyPolicy, keys_of
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("solana")
ADDRESS = decode_address(NETWORK, "3WjxkXbu9JBosUWUnJpjzec7Wa4rSkWo9khUbbLDCssk")
OWN, OTHER, CUSTODIAN = ADDRESS.payload, b"\x07" * 32, b"\x09" * 32
TOKENS = "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA"
USDT = REGISTRY.holding("USDT", "solana")
SOL = Holding("SOL", "solana", "", 9)
LATER, OVER = 2_000_000_000, 1_700_000_000


def u32(number: int) -> bytes:
    return number.to_bytes(4, "little")


def stake(kind: int = 2, time: int = 0, epoch: int = 0, custodian: bytes = CUSTODIAN) -> bytes:
    """The recorded stake account, of another withdrawer and with another lockup."""
    item = recorded("solana", "get_program_accounts_stake")["result"][0]["account"]
    data = bytearray(base64.b64decode(item["data"][0]))
    data[:4], data[44:76], data[92:124] = u32(kind), OTHER, custodian
    data[76:92] = time.to_bytes(8, "little") + epoch.to_bytes(8, "little")
    return bytes(data) if kind else bytes(200)


def nonce(state: int, version: int = 1) -> bytes:
    """Versions, State, authority, nonce, fee: 80 bytes."""
    return u32(version) + u32(state) + (OTHER + b"\x01" * 40 if state else bytes(72))


def vote(version: int) -> bytes:
    """VoteStateVersions: the node's key and the withdrawer stand first in versions 1 to 3."""
    return u32(version) + b"\x05" * 32 + OTHER + bytes(3694)


def server(program: str = "", data: bytes = b"") -> SolanaServer:
    made = SolanaServer(World(), {USDT.contract: TOKENS})
    if program:
        made.world.put(ADDRESS.text, 1_000)
        made.accounts[ADDRESS.text] = (program, data)
    made.world.put(ADDRESS.text, 5, USDT.contract)
    return made


def keys(program: str = "", data: bytes = b"") -> KeyPolicy:
    stub = server(program, data)
    reader = SolanaReader(stub.endpoint("s"), NETWORK)
    try:
        return reader.key_policy(ADDRESS, reader.pin(None))
    finally:
        reader.close()
        stub.close()


@pytest.mark.parametrize(
    ("program", "data", "spenders"),
    [
        pytest.param("", b"", [OWN], id="nothing there yet"),
        pytest.param(SYSTEM_PROGRAM, b"", [OWN], id="plain account"),
        pytest.param(STAKE_PROGRAM, stake(1), [OTHER], id="stake, not delegated"),
        pytest.param(STAKE_PROGRAM, stake(2), [OTHER], id="stake, delegated"),
        pytest.param(STAKE_PROGRAM, stake(0), [OWN], id="stake account never used"),
        pytest.param(STAKE_PROGRAM, stake(time=LATER), [OTHER, CUSTODIAN], id="locked by time"),
        pytest.param(STAKE_PROGRAM, stake(epoch=6), [OTHER, CUSTODIAN], id="locked by epoch"),
        pytest.param(STAKE_PROGRAM, stake(time=OVER, epoch=5), [OTHER], id="lockup over"),
        pytest.param(STAKE_PROGRAM, stake(time=LATER, custodian=OTHER), [OTHER], id="both in one"),
        pytest.param(SYSTEM_PROGRAM, nonce(1), [OTHER], id="nonce account"),
        pytest.param(SYSTEM_PROGRAM, nonce(1, 0), [OTHER], id="nonce account of old"),
        pytest.param(SYSTEM_PROGRAM, nonce(0), [OWN], id="nonce account never used"),
        pytest.param(VOTE_PROGRAM, vote(1), [OTHER], id="vote account"),
        pytest.param(VOTE_PROGRAM, vote(3), [OTHER], id="vote account, version 4"),
    ],
)
def test_who_may_spend(program: str, data: bytes, spenders: list[bytes]) -> None:
    policy = keys(program, data)
    assert policy.disputed == ""
    (way,) = policy.ways
    assert [key.value for key in keys_of([way])] == spenders
    assert way.threshold == len(spenders), "a custodian's yes is needed beside the withdrawer's"
    assert policy.height == 500


@pytest.mark.parametrize(
    ("program", "data"),
    [
        pytest.param(TOKENS, bytes(165), id="token account"),
        pytest.param(STAKE_PROGRAM, stake(3), id="stake program's pool of rewards"),
        pytest.param(STAKE_PROGRAM, stake()[:199], id="stake account cut short"),
        pytest.param(VOTE_PROGRAM, vote(0), id="vote account of the first version"),
        pytest.param(VOTE_PROGRAM, vote(4), id="vote account of a version to come"),
        pytest.param(VOTE_PROGRAM, vote(1)[:67], id="vote account cut short"),
        pytest.param(SYSTEM_PROGRAM, nonce(2), id="nonce account in no state"),
        pytest.param(SYSTEM_PROGRAM, nonce(1, 2), id="nonce account of a version to come"),
        pytest.param(SYSTEM_PROGRAM, b"\x00", id="plain account with data"),
    ],
)
def test_what_is_not_understood_has_no_key_and_is_nobodys_lie(program: str, data: bytes) -> None:
    policy = keys(program, data)
    assert policy.ways == ()
    assert program in policy.disputed


@pytest.mark.parametrize("data", [stake(), stake(time=LATER), stake(1)])
def test_a_stake_account_has_no_number_beside_its_withdrawers(data: bytes) -> None:
    """Its SOL is in the withdrawer's row already; what was never used is in nobody's."""
    stub = server(STAKE_PROGRAM, data)
    reader = SolanaReader(stub.endpoint("s"), NETWORK)
    asked = [BalanceQuery(ADDRESS, SOL), BalanceQuery(ADDRESS, USDT)]
    try:
        coins, tokens = reader.read(asked, reader.pin(None))
        stub.accounts[ADDRESS.text] = (STAKE_PROGRAM, stake(0))
        unused, _ = reader.read(asked, reader.pin(None))
        stub.accounts[ADDRESS.text] = (SYSTEM_PROGRAM, nonce(1))
        nonces, _ = reader.read(asked, reader.pin(None))
    finally:
        reader.close()
        stub.close()
    assert isinstance(nonces, Reading)
    assert "its authority's key" in nonces.caution
    assert isinstance(coins, Refusal)
    assert "withdrawer, US517G5965aydkZ46HS38QLi7UQiSojurfbQfKCELFx" in coins.why
    assert tokens == Refusal(NO_TOKENS_READ), "the policy told is that of its SOL"
    assert isinstance(unused, Reading)
    assert unused.amount == 1_000
