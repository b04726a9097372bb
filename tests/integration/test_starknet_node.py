"""The Starknet reader, and accounts that are asked, against a real node."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from support.poseidon import poseidon
from support.recorded import VECTORS
from support.signed_rows import MESSAGE, claim, stark_public, stark_sign
from support.starknet_devnet import ARGENT, Account, Starknet, starknet

from scanner.chains.fleet.interface import Answer, Reading, Refusal
from scanner.chains.interface import ReadPolicy
from scanner.chains.starknet.reader import StarknetReader
from scanner.chains.starknet.source import StarknetSource, make_source
from scanner.errors import (
    HeightNotReachedError,
    HeightPrunedError,
    ReorgError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.network import Holding
from scanner.ownership.judge import judge_claims
from scanner.ownership.others import snip12
from scanner.ownership.others.stark import message_hash
from scanner.settings.tables import load_registry
from scanner.snapshots.view import chain_view

pytestmark = pytest.mark.node

REGISTRY = load_registry()
NETWORK = REGISTRY.network("starknet")
ETH, STRK = REGISTRY.holding("ETH", "starknet"), REGISTRY.holding("STRK", "starknet")
PAID, LATER, NOBODY = "0x5a11ce" + "0" * 56, "0x1a7e5" + "0" * 56, "0x" + "9" * 60
BIG = 2**128 + 7
OWNER, GUARDIAN = 1_000_001, 1_000_002


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scanner.chains.fleet.pool.pause", lambda _: None)


def query(address: str, holding: Holding = ETH) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


def amounts(answers: list[Answer]) -> list[int | str]:
    return [a.amount if isinstance(a, Reading) else a.why for a in answers]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Starknet]:
    options = ("--state-archive-capacity", "full", "--predeclare-argent")
    with starknet(tmp_path_factory.mktemp("starknet"), *options) as made:
        yield made


@pytest.fixture
def reader(node: Starknet) -> Iterator[StarknetReader]:
    made = StarknetReader(node.endpoint(), NETWORK)
    yield made
    made.close()


@pytest.fixture
def source(node: Starknet) -> Iterator[StarknetSource]:
    made = make_source(NETWORK, [node.endpoint()], REGISTRY, ReadPolicy())
    yield made
    made.close()


def test_balances_of_the_coin_and_a_token_at_each_height(
    node: Starknet, reader: StarknetReader
) -> None:
    reader.check()
    first = node.mint(PAID, BIG)
    second = node.mint(PAID, 5, "FRI")
    third = node.mint(LATER, 10**18)
    asked = [query(PAID), query(PAID, STRK), query(LATER), query(NOBODY), query(NOBODY, STRK)]
    found = [amounts(reader.read(asked, reader.pin(at))) for at in (first, second, third)]
    assert found == [[BIG, 0, 0, 0, 0], [BIG, 5, 0, 0, 0], [BIG, 5, 10**18, 0, 0]]
    assert amounts(reader.read(asked, reader.pin(first - 1))) == [0] * 5
    (alone,) = reader.read(asked[:1], reader.pin(third))
    assert amounts([alone]) == [BIG]
    node.blocks(12)
    assert reader.pin(None).height == node.height() - 10
    assert reader.probe()["history"] == "any height"


def test_heights_blocks_and_tokens_that_are_not_there(
    node: Starknet, reader: StarknetReader
) -> None:
    at = reader.pin(node.height())
    assert reader.hash_at(at.height) == at.hash
    with pytest.raises(HeightNotReachedError):
        reader.pin(node.height() + 1)
    unknown = replace(at, hash="0xab12")
    with pytest.raises(SourceUnavailableError, match="by its hash"):
        reader.read([query(PAID)], unknown)
    with pytest.raises(SourceUnavailableError, match="by its hash"):
        reader.call(b"\1" * 32, bytes(32), unknown)
    with pytest.raises(SourceUnavailableError, match="by its hash"):
        reader.class_of(bytes(31) + b"\1", unknown)
    (none,) = reader.read([query(PAID, Holding("X", "starknet", "0x1234", 18))], at)
    assert isinstance(none, Refusal)


def test_another_network_is_refused(node: Starknet) -> None:
    lost = StarknetReader(node.endpoint(chain="0x534e5f5345504f4c4941"), NETWORK)
    with pytest.raises(SourceRejectedError, match="another chain"):
        lost.check()
    lost.close()


def test_a_node_that_keeps_no_states_says_so(tmp_path: Path) -> None:
    with starknet(tmp_path, "--state-archive-capacity", "none") as forgets:
        old = forgets.mint(PAID, 7)
        forgets.blocks(3)
        made = StarknetReader(forgets.endpoint(), NETWORK)
        at, newest = made.pin(old), made.pin(forgets.height())
        assert amounts(made.read([query(PAID)], newest)) == [7]
        account = int(forgets.accounts()[0].address, 16).to_bytes(32)
        assert any(made.class_of(account, newest))
        for read in (
            lambda: made.read([query(PAID)], at),
            lambda: made.read([query(PAID), query(LATER)], at),
            lambda: made.call(account, bytes(32), at),
            lambda: made.class_of(account, at),
        ):
            with pytest.raises(HeightPrunedError):
                read()
        made.close()


@dataclass(frozen=True)
class Row:
    """A row of a list: who signs for which account, and the key that is published."""

    address: str
    secret: int
    published: int | None = None
    message: str = MESSAGE
    signature: str = ""

    def judged(self, source: StarknetSource, height: int) -> ControlResult:
        key = stark_public(self.secret) if self.published is None else self.published
        script = f"{key:#x}" if key else ""
        signature = self.signature or stark_sign(self.secret, digest(self.address, self.message))
        row = claim("starknet", self.address, signature, script=script, message=self.message)
        view = chain_view(source, source.pin(height))
        assert view is not None
        (found,) = judge_claims([row], view, None, REGISTRY)
        return found


def digest(address: str, message: str = MESSAGE) -> int:
    """What an account signs for a text, or for typed data in JSON."""
    if (typed := snip12.read_typed(message)) is not None:
        return snip12.message_hash(typed, int(address, 16))
    return message_hash(message, int(address, 16), NETWORK.chain_id)


def signed_by(address: str, secret: int) -> tuple[str, str]:
    """r and s."""
    signature = stark_sign(secret, digest(address))
    return f"0x{signature[:64]}", f"0x{signature[64:]}"


def together(address: str, *, named: bool = False) -> str:
    """The owner's and the guardian's signature in one; named: each with its kind and its key."""
    parts = ["2"] if named else []
    for secret in (OWNER, GUARDIAN):
        parts += ["0", f"{stark_public(secret):#x}"] if named else []
        parts += signed_by(address, secret)
    return ",".join(parts)


def bound(result: ControlResult) -> tuple[Control, Binding]:
    return result.control, result.binding


ON_CHAIN = (Control.CONTROLS, Binding.ON_CHAIN)
ASSERTED = (Control.CONTROLS, Binding.ASSERTED)


def test_an_account_knows_its_key(node: Starknet, source: StarknetSource) -> None:
    first, second = node.accounts()
    at = node.height()
    own = Row(first.address, first.secret)
    assert stark_public(first.secret) == first.key
    found = own.judged(source, at)
    assert bound(found) == ON_CHAIN
    assert found.evidence is Evidence.REPORTED
    assert "OpenZeppelin account 1.0.0" in found.reason
    assert bound(replace(own, published=0).judged(source, at)) == ON_CHAIN
    assert bound(replace(own, published=second.key).judged(source, at)) == ON_CHAIN
    other = Row(first.address, second.secret).judged(source, at)
    assert other.control is Control.MISMATCH
    assert "does not accept this key" in other.reason
    unnamed = Row(first.address, second.secret, published=0).judged(source, at)
    assert unnamed.control is Control.UNSUPPORTED
    nobody = Row(NOBODY, OWNER).judged(source, at)
    assert bound(nobody) == ASSERTED
    assert "no account is deployed" in nobody.reason


def test_a_class_that_is_changed_is_judged_by_the_block(
    node: Starknet, source: StarknetSource
) -> None:
    """An account is given the class of something that no signature is put to."""
    account = node.accounts()[1]
    row = Row(account.address, account.secret)
    before = node.height()
    token = node.ask("starknet_getClassHashAt", block_id="latest", contract_address=ETH.contract)
    after = node.act(account, account.address, "upgrade", int(token, 16))
    assert bound(row.judged(source, before)) == ON_CHAIN
    found = row.judged(source, after)
    assert found.control is Control.UNSUPPORTED
    assert "alone" in found.reason


def test_a_guardian_has_to_sign_as_well(node: Starknet, source: StarknetSource) -> None:
    by = node.accounts()[0]
    owner, guardian = stark_public(OWNER), stark_public(GUARDIAN)
    alone = node.deploy(by, ARGENT, 1, 0, owner, 1)  # a Starknet key; no guardian
    guarded = node.deploy(by, ARGENT, 2, 0, owner, 0, 0, guardian)
    at = node.height()
    found = Row(alone, OWNER).judged(source, at)
    assert bound(found) == ON_CHAIN
    assert "Argent account 0.4.0" in found.reason
    for row in (Row(guarded, OWNER), Row(guarded, GUARDIAN)):
        refused = row.judged(source, at)
        assert refused.control is Control.UNSUPPORTED
        assert "one of the account's" in refused.reason
    stranger = Row(alone, GUARDIAN).judged(source, at)
    assert stranger.control is Control.MISMATCH
    assert "does not have this key" in stranger.reason
    for parts in (together(guarded), together(guarded, named=True)):
        both = Row(guarded, OWNER, signature=parts).judged(source, at)
        assert bound(both) == ON_CHAIN
        assert "Argent account 0.4.0" in both.reason
    twice = ",".join([*signed_by(guarded, OWNER)] * 2)
    assert Row(guarded, OWNER, signature=twice).judged(source, at).control is Control.UNSUPPORTED


def test_an_escape_from_a_guardian_gives_nobody_the_account_before_its_time(
    node: Starknet, source: StarknetSource
) -> None:
    by = node.accounts()[0]
    owner, guardian = stark_public(OWNER), stark_public(GUARDIAN)
    guarded = node.deploy(by, ARGENT, 3, 0, owner, 0, 0, guardian)
    node.mint(guarded, 10**20, "FRI")
    before = node.height()
    alone = Account(guarded, OWNER, owner)  # its owner may begin one, for a small fee
    after = node.act(alone, guarded, "trigger_escape_guardian", 1, amount=5 * 10**6)
    for at in (before, after):
        assert Row(guarded, OWNER).judged(source, at).control is Control.UNSUPPORTED
        both = Row(guarded, OWNER, signature=together(guarded)).judged(source, at)
        assert bound(both) == ON_CHAIN


VECTOR_TEXTS = [
    one["typed_data"]
    for one in json.loads((VECTORS / "starknet" / "typed_data.json").read_text())["vectors"]
]


@pytest.mark.parametrize("message", VECTOR_TEXTS, ids=lambda text: text[10:30])
def test_typed_data_is_signed_as_its_json_says(
    node: Starknet, source: StarknetSource, message: str
) -> None:
    account, other = node.accounts()
    at = node.height()
    found = Row(account.address, account.secret, message=message).judged(source, at)
    assert bound(found) == ON_CHAIN
    stranger = Row(account.address, other.secret, message=message).judged(source, at)
    assert stranger.control is Control.MISMATCH


def test_a_key_that_was_given_away(tmp_path: Path) -> None:
    with starknet(tmp_path) as fresh:
        account, heir = fresh.accounts()
        made = make_source(NETWORK, [fresh.endpoint()], REGISTRY, ReadPolicy())
        before = fresh.mint(PAID, 1)
        words = [int.from_bytes(w) for w in (b"StarkNet Message", b"accept_ownership")]
        accepted = stark_sign(
            heir.secret, poseidon([*words, int(account.address, 16), account.key])
        )
        r, s = int(accepted[:64], 16), int(accepted[64:], 16)
        after = fresh.act(account, account.address, "set_public_key", heir.key, 2, r, s)
        mine, theirs = Row(account.address, account.secret), Row(account.address, heir.secret)
        assert bound(mine.judged(made, before)) == ON_CHAIN
        assert bound(theirs.judged(made, after)) == ON_CHAIN
        assert mine.judged(made, after).control is Control.MISMATCH
        assert theirs.judged(made, before).control is Control.MISMATCH
        made.close()


def test_an_account_of_cairo_0(tmp_path: Path) -> None:
    """It knows another name of the question, answers 1, and stops at a signature that is not its own."""
    options = ("--state-archive-capacity", "full", "--account-class", "cairo0")
    with starknet(tmp_path, *options) as old:
        account, other = old.accounts()
        made = make_source(NETWORK, [old.endpoint()], REGISTRY, ReadPolicy())
        at = old.mint(PAID, 1)
        found = Row(account.address, account.secret).judged(made, at)
        assert bound(found) == ON_CHAIN
        assert "OpenZeppelin account 0.5" in found.reason
        stranger = Row(account.address, other.secret).judged(made, at)
        assert stranger.control is Control.UNSUPPORTED
        made.close()


def test_a_quorum_on_accounts(node: Starknet) -> None:
    account: Account = node.accounts()[0]
    endpoints = [node.endpoint("one", "a"), node.endpoint("two", "b")]
    made = make_source(NETWORK, endpoints, REGISTRY, ReadPolicy(quorum=2))
    found = Row(account.address, account.secret).judged(made, node.height())
    assert (bound(found), found.evidence) == (ON_CHAIN, Evidence.AGREED)
    at = made.pin(node.height())
    with pytest.raises(ReorgError):
        made.state(int(account.address, 16).to_bytes(32), (), replace(at, hash="0x1"))
    made.close()
