"""A chunk of Tron rows: who may spend is asked with the balances, of a server, through the fleet."""

import threading
from contextlib import closing

import pytest
from support.recorded import World
from support.signed_rows import account, claim, evm_sign, key, tron_address
from support.snapshot_stub import OKX_RULE
from support.tron_stub import TronServer

from scanner.chains.fleet.source import FleetSource
from scanner.chains.interface import ReadPolicy
from scanner.chains.tron.reader import TronReader
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.model.control import Binding, Control
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.ownership.judge import judge_claims
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry
from scanner.snapshots.asking import Tools
from scanner.snapshots.chunks import take_chunk
from scanner.snapshots.doubts import NONE
from scanner.snapshots.interface import Chunk, ChunkPlan, NumberedClaim
from scanner.snapshots.view import Keys

REGISTRY = load_registry()
NETWORK = REGISTRY.network("tron")
MINE, OTHER = key(1), key(2)


class Sink:
    """One chunk, and what became of it."""

    def __init__(self, *claims):
        self._claims = [NumberedClaim(no, c) for no, c in enumerate(claims, 1)]
        self.finished = []

    def claims(self, chunk):
        return self._claims

    def doubts(self, chunk):
        return NONE

    def finish_chunk(self, chunk, results, block=None):
        self.finished = results


def row(signer):
    made = claim("tron", tron_address(MINE), evm_sign(signer, envelope=envelopes.tip191_text))
    return made._replace(coin="TRX", asset="TRX", decimals=6, amount=5)


def permission(signer, threshold=1):
    keys = [{"address": "41" + account(signer).hex(), "weight": 1}]
    return {"permission_name": "owner", "threshold": threshold, "keys": keys}


def verdicts(owner, *rows):
    server = TronServer(World(), set())
    server.world.put(
        tron_address(MINE), {"balance": 5, "owner_permission": owner, "active_permission": []}
    )
    reader = TronReader(server.endpoint("t"), NETWORK)
    source = FleetSource(NETWORK, [reader], ReadPolicy(), REGISTRY)
    sink = Sink(*rows)
    tools = Tools(sink, judge_claims, REGISTRY, 1, threading.Event(), first_wait=0.0, rule=OKX_RULE)
    chunk = Chunk(1, 1, ChunkPlan("tron", None, 1, len(rows), len(rows)))
    with closing(server), closing(source):
        assert source.tells_keys
        take_chunk(tools, chunk, source, source.pin(None))
    return [result.control for result in sink.finished]


@pytest.mark.parametrize(("owner", "expected"), [
    (permission(MINE), (Binding.ON_CHAIN, Binding.NONE)),
    (permission(OTHER), (Binding.NONE, Binding.ON_CHAIN)),
    (permission(MINE, threshold=2), (Binding.NONE, Binding.NONE)),
])  # fmt: skip
def test_the_key_that_the_chain_names_and_no_other(owner, expected):
    found = verdicts(owner, row(MINE), row(OTHER))
    assert tuple(v.binding for v in found) == expected
    refused = Control.MISMATCH, Control.UNSUPPORTED  # the address's key, and one that a form tells
    for verdict, otherwise in zip(found, refused, strict=True):
        wanted = Control.CONTROLS if verdict.binding is Binding.ON_CHAIN else otherwise
        assert verdict.control is wanted
        assert "owner permission" in verdict.reason


class Teller:
    """A KeyPolicySource that counts."""

    tells_keys = True

    def __init__(self, refusing=()):
        self.asked, self.refusing = [], refusing

    def key_policy(self, address, at):
        self.asked.append(address.text)
        if address.text in self.refusing:
            raise SourceRejectedError("t", "has no such method")
        own = PolicyKey(KeyKind.ACCOUNT, address.payload)
        return KeyPolicy((single("owner", own),), at.height)


def test_each_account_is_asked_for_once_a_chunk_however_many_rows_it_has():
    addresses = [tron_address(key(n)) for n in (1, 2, 3)]
    rows = [
        claim("tron", a, evm_sign(key(n), envelope=envelopes.tip191_text))._replace(coin=coin)
        for n, a in enumerate(addresses, 1)
        for coin in ("TRX", "USDT")
    ]
    unsigned, wrong = rows[0]._replace(signatures=()), rows[0]._replace(address="T1")
    teller = Teller(refusing=addresses[2:])
    keys = Keys(teller, BlockRef("tron", "1", 7, "ab"))
    for _ in range(2):  # two batches of one chunk
        found = judge_claims([*rows, unsigned, wrong], None, keys, REGISTRY)
        assert [v.binding for v in found[:4]] == [Binding.ON_CHAIN] * 4
        assert [v.binding for v in found[4:6]] == [Binding.ASSERTED] * 2
        assert "could not be checked" in found[5].reason
    assert sorted(teller.asked) == sorted(addresses)


def test_nobody_answers_so_nothing_is_judged():
    class Down(Teller):
        def key_policy(self, address, at):
            raise SourceUnavailableError("t", "is down")

    keys = Keys(Down(), BlockRef("tron", "1", 7, "ab"))
    rows = [
        claim("tron", tron_address(key(n)), evm_sign(key(n), envelope=envelopes.tip191_text))
        for n in (1, 2, 3)
    ]
    with pytest.raises(SourceUnavailableError):
        judge_claims(rows, None, keys, REGISTRY)


class Batched(Teller):
    """A source that takes several accounts in one question."""

    keys_at_once = 3

    def __init__(self, refusing=(), down=()):
        super().__init__(refusing)
        self.groups, self.down = [], down

    def key_policies(self, addresses, at):
        self.groups.append(sorted(a.text for a in addresses))
        if any(a.text in self.down for a in addresses):
            raise SourceUnavailableError("t", "is down")
        own = [single("owner", PolicyKey(KeyKind.ACCOUNT, a.payload)) for a in addresses]
        return [
            SourceRejectedError("t", "has no such method")
            if address.text in self.refusing
            else KeyPolicy((way,), at.height)
            for address, way in zip(addresses, own, strict=True)
        ]


def batch_of(count):
    addresses = [tron_address(key(n)) for n in range(1, count + 1)]
    return addresses, [
        claim("tron", a, evm_sign(key(n), envelope=envelopes.tip191_text))
        for n, a in enumerate(addresses, 1)
    ]


def test_as_many_accounts_in_one_question_as_the_source_takes():
    addresses, rows = batch_of(8)
    teller = Batched(refusing=addresses[7:])
    keys = Keys(teller, BlockRef("tron", "1", 7, "ab"))
    for _ in range(2):
        found = judge_claims(rows, None, keys, REGISTRY)
        assert [v.binding for v in found] == [Binding.ON_CHAIN] * 7 + [Binding.ASSERTED]
    assert sorted(len(group) for group in teller.groups) == [2, 3, 3]
    assert sorted(a for group in teller.groups for a in group) == sorted(addresses)
    assert teller.asked == []


def test_no_batch_is_answered_so_nothing_is_judged():
    addresses, rows = batch_of(5)
    keys = Keys(Batched(down=addresses[4:]), BlockRef("tron", "1", 7, "ab"))
    with pytest.raises(SourceUnavailableError):
        judge_claims(rows, None, keys, REGISTRY)
