"""The Solana reader against accounts that the real programs made: tokens of both, and stake."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.litesvm import LiteSvm, litesvm

from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.solana.reader import LOCKED_UP, SolanaReader
from scanner.errors import SourceRejectedError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import keys_of
from scanner.model.network import Holding
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
SOLANA = REGISTRY.network("solana")
SOL = Holding("SOL", "solana", "", 9)


@pytest.fixture(scope="module")
def node() -> Iterator[LiteSvm]:
    with litesvm() as running:
        yield running


@pytest.fixture
def reader(node: LiteSvm) -> Iterator[SolanaReader]:
    network = replace(SOLANA, chain_id=node.made["genesis"])
    made = SolanaReader(Endpoint("n", "solana", "solana_rpc", node.url), network)
    yield made
    made.close()


def query(node: LiteSvm, who: str, token: str = "") -> BalanceQuery:
    address = decode_address(SOLANA, node.made[who])
    return BalanceQuery(address, Holding("T", "solana", node.made[token], 6) if token else SOL)


def amount(answer: Answer) -> int:
    assert isinstance(answer, Reading), answer
    return answer.amount


def test_coins_stake_and_tokens_of_the_real_programs(node: LiteSvm, reader: SolanaReader) -> None:
    reader.check()
    at = reader.pin(None)
    rent = int(node.made["stake_rent"])
    asked = [query(node, "rich"), query(node, "other"), query(node, "nobody")]
    rich, other, nobody = reader.read(asked, at)
    assert isinstance(rich, Reading)
    assert rich.parts == {
        Part.LIQUID: 4_047_288_082,
        Part.STAKED: 5 * 10**12 + rent,
        Part.UNBONDING: 3 * 10**9 + rent,
        Part.LOCKED: 10**9 + rent,
    }
    assert rich.caution == LOCKED_UP
    assert isinstance(other, Reading)
    # Stake that was never given to a validator can be taken out: it is on its way back, at the end.
    assert other.parts[Part.LIQUID] == 2**53 + 1
    assert other.amount == 2**53 + 1 + 9 * 10**9 + rent
    assert isinstance(nobody, Reading)
    assert nobody.absent


def test_every_token_account_of_an_owner_and_no_other(node: LiteSvm, reader: SolanaReader) -> None:
    at = reader.pin(None)
    asked = [query(node, who, "plain") for who in ("rich", "other", "nobody")]
    rich, other, nobody = reader.read(asked, at)
    assert amount(rich) == 2**60 + 1 + 5
    assert (
        amount(other) == 1_000
    )  # the owner's right was handed over: where it lies is nobody's say
    assert isinstance(nobody, Reading)
    assert nobody.absent
    (extended,) = reader.read([query(node, "rich", "extended")], at)  # longer, with an extension
    assert isinstance(extended, Reading)
    assert (extended.amount, extended.caution) == (77, "its issuer has frozen it")


def test_an_account_that_is_a_programs_says_so(node: LiteSvm, reader: SolanaReader) -> None:
    (said,) = reader.read([query(node, "program")], reader.pin(None))
    assert isinstance(said, Reading)
    assert said.amount > 0
    assert "belongs to a program" in said.caution


@pytest.mark.parametrize(
    ("account", "spenders"),
    [
        ("rich", ["rich"]),
        ("nobody", ["nobody"]),
        ("active", ["rich"]),
        ("locked", ["rich", ""]),  # its custodian is nobody's key: it stays locked until then
        ("nonce", ["other"]),
        ("voter", ["votes_owner"]),
        ("program", []),
    ],
)
def test_whose_the_accounts_of_the_real_programs_are(
    node: LiteSvm, reader: SolanaReader, account: str, spenders: list[str]
) -> None:
    at = reader.pin(None)
    policy = reader.key_policy(decode_address(SOLANA, node.made[account]), at)
    who = [node.made.get(name, "1" * 32) for name in spenders]
    expected = [decode_address(SOLANA, text).payload for text in who]
    assert [key.value for key in keys_of(policy.ways)] == expected
    assert bool(policy.disputed) == (not spenders)
    (said,) = reader.read([query(node, account)], at)
    assert isinstance(said, Refusal) == (account in ("active", "locked"))


def test_a_token_that_the_cluster_does_not_have_is_no_zero(
    node: LiteSvm, reader: SolanaReader
) -> None:
    at = reader.pin(None)
    with pytest.raises(SourceRejectedError):
        reader.read([query(node, "rich", "nobody")], at)


def test_the_whole_way_reads_twice_and_says_of_which_slot(
    node: LiteSvm, reader: SolanaReader
) -> None:
    network = replace(SOLANA, chain_id=node.made["genesis"])
    source = FleetSource(network, [reader], ReadPolicy(), REGISTRY)
    at = source.pin(None)
    asked = [query(node, "rich"), query(node, "rich", "plain"), query(node, "nobody")]
    found = source.fetch_balances(asked, at)
    rent = int(node.made["stake_rent"])
    staked = 5 * 10**12 + 3 * 10**9 + 10**9 + 3 * rent
    assert [b.amount for b in found] == [4_047_288_082 + staked, 2**60 + 6, 0]
    assert {b.evidence for b in found} == {
        Evidence.REPORTED
    }  # nothing moved: it is the pinned slot
    assert reader.probe()["stake accounts"] == "shown"
