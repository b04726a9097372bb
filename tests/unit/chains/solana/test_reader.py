"""Solana's reader, against recorded answers and what nodes were seen to get wrong."""

from contextlib import AbstractContextManager

import pytest
from support.reader_contract import ReaderContract
from support.recorded import World, recorded
from support.replay import opened
from support.solana_stub import START, SolanaServer

from scanner.chains.fleet.interface import Reading, Refusal
from scanner.chains.solana.accounts import (
    Account,
    key_text,
    read_account,
    stake_account,
    token_account,
)
from scanner.chains.solana.clock import Schedule
from scanner.chains.solana.reader import LOCKED_UP, NO_STAKE_READ, SolanaReader
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceUnavailableError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("solana")
RICH = "3WjxkXbu9JBosUWUnJpjzec7Wa4rSkWo9khUbbLDCssk"
OTHER, THIRD = (
    "GD3tr9DR8ZnSy2pQ22RwzSR4vKY48SxHLdgCymXQ6W5i",
    "3n8t1n1NF6rhDeAPqQJF7RDD6JLGJPQftF1gMEKd4Sfs",
)
NOBODY = "C68a6RCGLiPskbPYtAcsCjhG8tfTWYcoB4JjCrXFdqyo"
SOL = Holding("SOL", "solana", "", 9)
USDT, USDG = REGISTRY.holding("USDT", "solana"), REGISTRY.holding("USDG", "solana")
MINTS = {
    USDT.contract: "TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA",
    USDG.contract: "TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb",
}


def query(address: str, holding: Holding = SOL) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def reader(server: SolanaServer) -> AbstractContextManager[SolanaReader]:
    return opened(SolanaReader(server.endpoint("s"), NETWORK), server)


def a_stub(*quirks: str) -> SolanaServer:
    server = SolanaServer(World(), MINTS, *quirks)
    server.world.put(RICH, 4_047_288_082)
    server.world.put(RICH, 88_840_584_112_457, USDG.contract)
    server.world.put(OTHER, 7, USDT.contract)
    server.stakes[RICH] = [(2_823_000_000_000_000, "active"), (500, "leaving")]
    return server


class TestContract(ReaderContract):
    network = "solana"
    height = 500
    too_high = 501
    funded = (
        (query(OTHER), 240_511_123),
        (query(RICH, USDG), 88_840_584_112_457),
        (query(OTHER, USDT), 7),
        (query(THIRD), 2**53 + 1),
    )
    absent = (query(NOBODY), query(NOBODY, USDT))

    def start(self) -> SolanaServer:
        server = a_stub()
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount, asked.holding.contract)
        return server

    def reader(self, endpoint: Endpoint) -> SolanaReader:
        return SolanaReader(endpoint, NETWORK)


def test_recorded_token_accounts_of_both_programs() -> None:
    for name in ("get_token_accounts", "get_token_accounts_2022"):
        answer = recorded("solana", name)
        for item in answer["result"]["value"]:
            token = token_account(read_account("s", item["account"]))
            assert token is not None
            assert key_text(token.owner) == "FkzRQKW8Mzip4xXHamibLZB28sjqN9ZLFacQdbuVEYxa"
            assert not token.frozen


def test_the_recorded_stake_account() -> None:
    item = recorded("solana", "get_program_accounts_stake")["result"][0]
    account = read_account("s", item["account"])
    stake = stake_account(account)
    assert stake is not None
    assert key_text(stake.withdrawer) == "Ho2Tst4ReVypbqBscy2zUeFyrrwvjtQeEbhoE7P1MHna"
    assert (account.lamports, stake.delegated) == (5_339_085_328_049, True)
    assert (stake.lockup.time, stake.lockup.epoch) == (0, 0)


def test_what_only_looks_like_a_token_or_a_stake_account() -> None:
    item = recorded("solana", "get_token_accounts_2022")["result"]["value"][0]["account"]
    good = read_account("s", item)
    mint = Account(good.owner, 1, good.data[:165] + b"\x01" + good.data[166:])
    assert token_account(mint) is None
    assert token_account(Account("11111111111111111111111111111111", 1, good.data)) is None
    assert (
        token_account(Account(good.owner, 1, good.data[:108] + b"\x00" + good.data[109:])) is None
    )
    assert (
        stake_account(Account("Stake11111111111111111111111111111111111111", 1, bytes(200))) is None
    )


def test_sol_is_read_with_stake_by_what_the_stake_does() -> None:
    with reader(a_stub()) as r:
        r.check()
        (said,) = r.read([query(RICH)], r.pin(None))
    assert isinstance(said, Reading)
    assert said.parts == {
        Part.LIQUID: 4_047_288_082,
        Part.STAKED: 2_823_000_000_000_000,
        Part.UNBONDING: 500,
        Part.LOCKED: 0,
    }
    assert said.state is not None
    assert (said.state.height, said.state.time) == (500, START + 500)
    assert said.caution == ""


@pytest.mark.parametrize(
    ("states", "locked", "staked"),
    [
        (("active", "locked"), 30, 1),
        (("active", "locked epochs"), 30, 1),
        (("active", "over"), 0, 31),
        (("locked", "leaving"), 1, 0),
    ],
)
def test_stake_is_locked_while_its_lockup_is_in_force_delegated_or_not(
    states: tuple[str, str], locked: int, staked: int
) -> None:
    """A lockup does not end by delegating, and one that is over locks nothing."""
    server = a_stub()
    server.stakes[RICH] = list(zip((1, 30), states, strict=True))
    with reader(server) as r:
        (said,) = r.read([query(RICH)], r.pin(None))
    assert isinstance(said, Reading)
    assert (said.parts[Part.LOCKED], said.parts[Part.STAKED]) == (locked, staked)
    assert said.amount == 4_047_288_082 + 31
    assert (LOCKED_UP in said.caution) == bool(locked)


def test_epochs_of_a_network_that_warms_up() -> None:
    """The SDK's own numbers: 32 slots, then twice as many each, up to the common length."""
    schedule = Schedule(slots=256, first=3, first_slot=224)
    slots = [0, 31, 32, 95, 96, 223, 224, 479, 480]
    assert [schedule.epoch(slot) for slot in slots] == [0, 0, 1, 1, 2, 2, 3, 3, 4]


def test_a_lockup_of_before_1970_is_none() -> None:
    item = recorded("solana", "get_program_accounts_stake")["result"][0]
    account = read_account("s", item["account"])
    data = account.data[:76] + b"\xff" * 8 + account.data[84:]
    stake = stake_account(Account(account.owner, 1, data))
    assert stake is not None
    assert stake.lockup.time == -1


@pytest.mark.parametrize("quirk", ["no stake index", "no stake search"])
def test_stake_that_an_endpoint_does_not_show_is_not_none(quirk: str) -> None:
    with reader(a_stub(quirk)) as r:
        (said,) = r.read([query(RICH)], r.pin(None))
        assert "not shown" in r.probe().values()
    assert isinstance(said, Reading)
    assert said.parts == {Part.LIQUID: 4_047_288_082}
    assert said.caution == NO_STAKE_READ


def test_stake_of_an_older_slot_than_the_coins_at_hand_is_refused() -> None:
    """What was taken out of stake in between would count twice."""
    with (
        reader(a_stub("old stake")) as r,
        pytest.raises(SourceUnavailableError, match="shows stake of slot 491, not of 500"),
    ):
        r.read([query(RICH)], r.pin(None))


def test_all_token_accounts_of_an_owner_count_not_only_the_first() -> None:
    with reader(a_stub("two token accounts", "frozen")) as r:
        (said,) = r.read([query(RICH, USDG)], r.pin(None))
    assert isinstance(said, Reading)
    assert said.amount == 88_840_584_112_457
    assert "frozen" in said.caution


def test_a_token_account_of_another_mint_is_refused() -> None:
    with (
        reader(a_stub("other mint")) as r,
        pytest.raises(SourceUnavailableError, match="not the one asked for"),
    ):
        r.read([query(RICH, USDG)], r.pin(None))


def test_an_owner_that_the_index_leaves_out_costs_no_other_its_tokens() -> None:
    server = a_stub()
    server.excluded = {RICH}
    with reader(server) as r:
        rich, sol, other = r.read([query(RICH, USDG), query(RICH), query(OTHER, USDT)], r.pin(None))
    assert isinstance(rich, Refusal)
    assert "leaves this address out" in rich.why
    assert isinstance(sol, Reading)
    assert isinstance(other, Reading)


def test_a_node_that_is_behind_is_not_asked() -> None:
    with reader(a_stub("behind")) as r, pytest.raises(SourceUnavailableError):
        r.check()


def test_a_skipped_slot_has_the_block_before() -> None:
    stub = a_stub()
    stub.skipped = {300, 299}
    with reader(stub) as r:
        at = r.pin(300)
        assert (at.height, at.time) == (298, START + 298)
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(501)


def test_a_slot_above_the_one_asked_for_is_no_answer() -> None:
    """A search among slots would never end, and a height would be another one."""
    with reader(a_stub("later slots")) as r:
        with pytest.raises(SourceUnavailableError, match="a slot that was not asked for"):
            r.other_counts(400)
        with pytest.raises(SourceUnavailableError, match="a slot that was not asked for"):
            r.pin(400)
