"""The Antelope reader against a real nodeos: liquid A and EOS, stake, a refund, nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.error import HTTPError

import pytest
from coincurve import PrivateKey
from support.nodeos import KEY, PUBLIC, Nodeos, nodeos
from support.signed_rows import antelope_key, antelope_sign, claim, key

from scanner.chains.antelope.reader import AntelopeReader
from scanner.chains.fleet.interface import Reading
from scanner.errors import HeightNotReachedError, SourceRejectedError
from scanner.model.addresses import base58
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.block import BlockRef
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
NETWORK = REGISTRY.network("vaulta")
A, EOS = REGISTRY.holding("A", "vaulta"), REGISTRY.holding("EOS", "vaulta")


def query(name, holding):
    return BalanceQuery(decode_address(NETWORK, name), holding)


@pytest.fixture(scope="module")
def running(tmp_path_factory) -> Iterator[Nodeos]:
    with nodeos(tmp_path_factory.mktemp("nodeos")) as node:
        yield node


def test_what_a_real_node_says_of_an_account(running):
    node = running
    stake = ["reserve", "reserve", "100.0000 EOS", "50.0000 EOS", False]
    lent = ["reserve", "other", "1.0000 EOS", "2.0000 EOS", False]
    back = ["reserve", "reserve", "10.0000 EOS", "5.0000 EOS"]
    node.act(
        ("eosio.token", "transfer", "eosio", ["eosio", "reserve", "12345.6789 EOS", ""]),
        ("core.vaulta", "transfer", "eosio", ["eosio", "reserve", "7.5000 A", ""]),
        ("eosio", "buyrambytes", "eosio", ["eosio", "reserve", 8192]),
        ("eosio", "buyrambytes", "eosio", ["eosio", "other", 8192]),
        ("eosio", "delegatebw", "reserve", stake),
        ("eosio", "delegatebw", "reserve", lent),
        ("eosio", "undelegatebw", "reserve", back),
    )
    chain = node.ask("chain/get_info")["chain_id"]
    reader = AntelopeReader(Endpoint("n", "vaulta", "antelope_rpc", node.url, chain=chain), NETWORK)
    reader.check()
    at = reader.pin(None)
    asked = [
        query("reserve", A),
        query("reserve", EOS),
        query("other", A),
        query("nosuchacct11", A),
    ]
    coin, token, other, nobody = (reader.read([q], at)[0] for q in asked)
    assert reader.hash_at(at.height) == at.hash
    with pytest.raises(HeightNotReachedError):
        reader.pin(10**6)
    reader.close()
    wrong = AntelopeReader(Endpoint("n", "vaulta", "antelope_rpc", node.url), NETWORK)
    with pytest.raises(SourceRejectedError):
        wrong.check()
    wrong.close()
    assert all(isinstance(said, Reading) for said in (coin, token, other, nobody))
    assert coin.parts == {Part.LIQUID: 7_5000, Part.STAKED: 138_0000, Part.UNBONDING: 15_0000}
    assert token.parts == {Part.LIQUID: 12345_6789 - 153_0000}
    assert (other.amount, other.absent) == (0, False)  # 3 EOS of stake are lent to it, not its own
    assert nobody.absent
    assert coin.state is not None
    assert coin.state.height >= at.height


MINE, SECOND, STRANGER = key(1), key(2), key(3)
OLD = PrivateKey(base58.decode(KEY)[1:33])
"""The key that all accounts are made with."""


def authority(threshold, *keys, accounts=()):
    ordered = sorted(keys, key=lambda k: k.public_key.format())
    return json.dumps(
        {
            "threshold": threshold,
            "keys": [{"key": antelope_key(k), "weight": 1} for k in ordered],
            "accounts": [
                {"permission": {"actor": name, "permission": "active"}, "weight": weight}
                for name, weight in accounts
            ],
            "waits": [],
        }
    )


def judged(node: Nodeos, name: str, *signers) -> ControlResult:
    """The verdict about a row of an account, its keys asked of the node as it is now."""
    chain = node.ask("chain/get_info")["chain_id"]
    endpoint = Endpoint("n", "vaulta", "antelope_rpc", node.url, chain=chain)
    reader = AntelopeReader(endpoint, NETWORK)
    published = {f"publicKey{n}": antelope_key(k) for n, k in enumerate(signers, 1)}
    row = claim("vaulta", name, *map(antelope_sign, signers), script=json.dumps(published))
    at: BlockRef = reader.pin(None)
    try:
        return judge(row, REGISTRY, None, lambda address: reader.key_policy(address, at))
    finally:
        reader.close()


def permission(node: Nodeos, name: str, which: str, parent: str, text: str) -> None:
    above = (parent,) if parent else ()
    node.cleos("set", "account", "permission", name, which, text, *above, "-p", f"{name}@owner")


def satisfied(node: Nodeos, name: str, *signers) -> bool:
    """What the node itself says: whether these keys are enough for an account's active permission."""
    action = {
        "account": "eosio.token",
        "name": "transfer",
        "authorization": [{"actor": name, "permission": "active"}],
        "data": "",
    }
    zero = ("ref_block_num", "ref_block_prefix", "max_net_usage_words", "max_cpu_usage_ms")
    transaction = {
        "expiration": "2099-01-01T00:00:00",
        **dict.fromkeys((*zero, "delay_sec"), 0),
        "context_free_actions": [],
        "actions": [action],
        "transaction_extensions": [],
    }
    keys = [antelope_key(signer) for signer in signers]
    try:
        node.ask("chain/get_required_keys", transaction=transaction, available_keys=keys)
    except HTTPError as e:
        assert "do not satisfy" in e.read().decode()
        return False
    return True


def test_accounts_in_accounts_are_followed_as_the_node_follows_them(running):
    """How deep, in circles, weights of 0, one key in two places: against the node's own check."""
    chain = [f"deep{letter}" for letter in "abcdefgh"]
    for name in (*chain, "circlea", "circleb", "weightless", "twice"):
        stake = ("--stake-net", "10.0000 EOS", "--stake-cpu", "10.0000 EOS")
        made = ("system", "newaccount", *stake, "--buy-ram-kbytes", "16")
        running.cleos(*made, "eosio", name, PUBLIC, PUBLIC)
    below: tuple[tuple[str, int], ...] = ()
    for name in chain:
        keys = () if below else (MINE,)
        permission(running, name, "active", "owner", authority(1, *keys, accounts=below))
        below = ((name, 1),)
    first = authority(1, SECOND, accounts=(("circleb", 1),))
    permission(running, "circlea", "active", "owner", first)
    permission(
        running, "circleb", "active", "owner", authority(2, MINE, accounts=(("circlea", 1),))
    )
    light = json.loads(authority(1, MINE, SECOND, accounts=(("deepa", 0),)))
    next(k for k in light["keys"] if k["key"] == antelope_key(SECOND))["weight"] = 0
    permission(running, "weightless", "active", "owner", json.dumps(light))
    both = (("deepa", 1), ("deepb", 1))
    permission(running, "twice", "active", "owner", authority(2, accounts=both))
    agreed = set()
    for name in (*chain, "circlea", "circleb", "weightless"):
        for who in ((MINE,), (SECOND,), (MINE, SECOND)):
            result = judged(running, name, *who)
            if any(satisfied(running, name, one) for one in who) and len(who) == 2:
                continue  # a stranger beside who is enough: each signature of a row has to be good
            enough = satisfied(running, name, *who)
            assert result.shows_control is enough, (name, len(who), result.reason)
            assert (result.control is Control.MISMATCH) is not enough
            agreed.add((name, enough))
    assert ("deepf", True) in agreed
    assert ("deepg", True) not in agreed
    assert {("circleb", True), ("circleb", False)} <= agreed
    assert {("weightless", True), ("weightless", False)} <= agreed
    assert satisfied(running, "twice", MINE)  # and here a key counts once: undecided, not false
    assert judged(running, "twice", MINE).control is Control.UNSUPPORTED


def test_permissions_of_a_real_node(running):
    """Right, wrong key, too few, weights, an account in a key's place, a key given away."""
    assert antelope_key(OLD) == PUBLIC
    for name in ("keyholder", "multikey", "recursive", "sold"):
        stake = ("--stake-net", "10.0000 EOS", "--stake-cpu", "10.0000 EOS")
        made = ("system", "newaccount", *stake, "--buy-ram-kbytes", "16")
        running.cleos(*made, "eosio", name, PUBLIC, PUBLIC)
    right = judged(running, "keyholder", OLD)
    assert (right.control, right.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert judged(running, "keyholder", STRANGER).control is Control.MISMATCH

    permission(running, "multikey", "active", "owner", authority(2, MINE, SECOND))
    permission(running, "multikey", "owner", "", authority(2, MINE, SECOND))
    both = judged(running, "multikey", MINE, SECOND)
    assert (both.binding, both.required) == (Binding.ON_CHAIN, 2)
    few = judged(running, "multikey", MINE)
    assert few.control is Control.MISMATCH
    assert "weight 1 of 2" in few.reason

    inner = authority(3, STRANGER, accounts=(("multikey", 2),))
    permission(running, "recursive", "active", "owner", inner)
    permission(running, "recursive", "owner", "", inner)
    through = judged(running, "recursive", MINE, SECOND, STRANGER)
    assert (through.control, through.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    for too_few in ((MINE, SECOND), (MINE, STRANGER), (STRANGER,)):
        assert judged(running, "recursive", *too_few).control is Control.MISMATCH

    for which, parent in (("active", "owner"), ("owner", "")):
        permission(running, "sold", which, parent, authority(1, STRANGER))
    assert judged(running, "sold", OLD).control is Control.MISMATCH
    assert judged(running, "sold", STRANGER).binding is Binding.ON_CHAIN
    gone = judged(running, "nosuchacct11", MINE)
    assert gone.control is Control.MISMATCH
    assert "no such account" in gone.reason
