"""The TON reader against contracts that the real virtual machine runs: wallets and jettons."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from support.ton_sandbox import TonSandbox, ton_sandbox

from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.chains.ton.reader import TonReader
from scanner.errors import HeightNotReachedError, HeightPrunedError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

NETWORK = replace(load_registry().network("ton"), chain_id="-3")
TON = Holding("TON", "ton", "", 9)


@pytest.fixture(scope="module")
def node() -> Iterator[TonSandbox]:
    with ton_sandbox() as running:
        yield running


@pytest.fixture
def reader(node: TonSandbox) -> Iterator[TonReader]:
    made = TonReader(Endpoint("n", "ton", "ton_http", node.url), NETWORK)
    made.check()
    yield made
    made.close()


@pytest.fixture
def first(node: TonSandbox, reader: TonReader) -> BlockRef:
    return reader.pin(node.made["first"])


def query(node: TonSandbox, who: str, token: str = "") -> BalanceQuery:
    address = decode_address(NETWORK, node.made[who]["address"])
    return BalanceQuery(address, Holding("T", "ton", node.made[token], 6) if token else TON)


def amount(answer: Answer) -> int:
    assert isinstance(answer, Reading), answer
    return answer.amount


def test_each_block_has_its_own_balances(
    node: TonSandbox, reader: TonReader, first: BlockRef
) -> None:
    later = reader.pin(None)
    assert later.height == first.height + 1
    for at in (later, first, later):
        (coins,) = reader.read([query(node, "v3")], at)
        assert amount(coins) == int(node.made["balances"][str(at.height)])
        (jettons,) = reader.read([query(node, "v4", "plain")], at)
        assert amount(jettons) == 2**60 + 1 + 10 * (at is later)
    with pytest.raises(HeightNotReachedError):
        reader.pin(later.height + 1)
    with pytest.raises(HeightPrunedError):
        reader.pin(first.height - 1)


@pytest.mark.parametrize("name", ["v3", "v4", "v5"])
def test_the_key_of_a_wallet_that_began_is_the_one_that_signed(
    node: TonSandbox, reader: TonReader, first: BlockRef, name: str
) -> None:
    policy = reader.key_policy(query(node, name).address, first)
    assert not policy.disputed
    assert _keys(policy) == [PolicyKey(KeyKind.ED25519, bytes.fromhex(node.made[name]["key"]))]


def test_a_wallet_that_did_not_begin_holds_coins_and_has_the_key_of_its_address(
    node: TonSandbox, reader: TonReader, first: BlockRef
) -> None:
    asked = query(node, "fresh")
    (held,) = reader.read([asked], first)
    assert amount(held) == 5 * 10**9
    own = PolicyKey(KeyKind.ACCOUNT, asked.address.payload)
    assert _keys(reader.key_policy(asked.address, first)) == [own]


def test_the_stablecoin_master_says_where_its_wallets_are(
    node: TonSandbox, reader: TonReader, first: BlockRef
) -> None:
    held, locked, none = reader.read(
        [query(node, who, "dollar") for who in ("v4", "v3", "v5")], first
    )
    assert amount(held) == 170_479_995
    assert isinstance(locked, Reading)
    assert (locked.amount, locked.caution) == (5, "its issuer has locked it")
    assert isinstance(none, Reading)
    assert none.absent


def test_wallets_in_the_shard_of_their_owner_are_not_read(
    node: TonSandbox, reader: TonReader, first: BlockRef
) -> None:
    """The second stablecoin contract puts them elsewhere: nothing there must not pass for a zero."""
    (said,) = reader.read([query(node, "v4", "sharded")], first)
    assert isinstance(said, Refusal)
    assert "does not know how its wallets" in said.why


def test_a_jetton_that_is_no_contract_is_no_zero(
    node: TonSandbox, reader: TonReader, first: BlockRef
) -> None:
    token = Holding("T", "ton", node.made["fresh"]["address"], 6)
    (said,) = reader.read([query(node, "v4")._replace(holding=token)], first)
    assert isinstance(said, Refusal)


def _keys(policy: KeyPolicy) -> list[object]:
    return [member.by for way in policy.ways for member in way.members]
