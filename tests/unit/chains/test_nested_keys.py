"""Keys inside keys as chains tell them: deep, in circles, of no weight, twice, and of no key at all."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.recorded import VECTORS
from support.signed_rows import antelope_key, key

from scanner.chains.algorand.reader import AlgorandReader
from scanner.chains.antelope.keys import Permissions
from scanner.chains.hedera.keys import account_key
from scanner.chains.near.keys import access_keys
from scanner.chains.tron.permissions import permissions
from scanner.chains.xrpl.keys import account_keys
from scanner.errors import SourceUnavailableError
from scanner.model.addresses import base58
from scanner.model.addresses.base32_keys import AlgorandCodec
from scanner.model.addresses.base58_keys import RippleCodec
from scanner.model.block import BlockRef
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, keys_of
from scanner.ownership.interface import Signer
from scanner.ownership.key_policy import judge_policy
from scanner.settings.tables import load_registry

OFFLINE = ControlResult(Control.CONTROLS, Binding.ASSERTED, scheme="some_scheme")


def by(*names: PolicyKey) -> list[Signer]:
    return [Signer(str(name), frozenset((name,))) for name in names]


def judged(policy: KeyPolicy, *names: PolicyKey) -> ControlResult:
    return judge_policy(OFFLINE, by(*names), policy)


# --- Hedera

REAL: dict[str, dict[str, Any]] = {
    k["said"]: k for k in json.loads((VECTORS / "hedera" / "keys.json").read_text())
}


def hedera(data: bytes | str) -> KeyPolicy:
    text = data if isinstance(data, str) else data.hex()
    return account_key("n", {"_type": "ProtobufEncoded", "key": text}, 7)


def distinct(policy: KeyPolicy) -> list[PolicyKey]:
    return list(dict.fromkeys(keys_of(policy.ways)))


def test_hedera_lists_and_thresholds_of_real_accounts() -> None:
    listed = hedera(REAL["a list of three"]["key"])
    some = hedera(REAL["two of three"]["key"])
    a, b, c = distinct(listed)
    assert distinct(some) == [a, b, c]
    assert judged(listed, a, b, c).binding is Binding.ON_CHAIN
    assert judged(listed, a, b).control is Control.MISMATCH
    assert judged(some, a, c).binding is Binding.ON_CHAIN
    assert judged(some, c).control is Control.MISMATCH
    assert judged(some, c, c).control is Control.MISMATCH


def test_hedera_lists_in_lists_of_both_kinds_of_keys() -> None:
    policy = hedera(REAL["lists, three deep, of both kinds of keys"]["key"])
    every = distinct(policy)
    assert [k.kind for k in every].count(KeyKind.SECP256K1) == 3
    assert len(every) == 7
    assert judged(policy, *every).binding is Binding.ON_CHAIN
    for left in every:
        assert judged(policy, *(k for k in every if k != left)).control is Control.MISMATCH


def test_hedera_a_key_in_two_branches_is_no_false_claim() -> None:
    """A real account whose lists name the same three keys twice: the network counts them in each."""
    policy = hedera(REAL["lists and thresholds, three deep, keys of one in two branches"]["key"])
    every = distinct(policy)
    assert len(every) == 6
    result = judged(policy, *every)
    assert (result.control, "several places" in result.reason) == (Control.UNSUPPORTED, True)
    assert judged(policy, *every[:5]).control is Control.MISMATCH


def field(number: int, data: bytes) -> bytes:
    size = len(data)
    low = b""
    while size > 0x7F:
        low, size = low + bytes((size & 0x7F | 0x80,)), size >> 7
    return bytes((number << 3 | 2,)) + low + bytes((size,)) + data


def listed(depth: int, inside: bytes) -> bytes:
    """So many lists of one, one in another."""
    for _ in range(depth):
        inside = field(6, field(1, inside))
    return inside


def test_hedera_keys_as_deep_as_the_network_takes_them() -> None:
    mine = PolicyKey(KeyKind.ED25519, bytes(range(32)))
    leaf = field(2, mine.value)
    for depth in (1, 8, 14):
        policy = hedera(listed(depth, leaf))
        assert judged(policy, mine).binding is Binding.ON_CHAIN, depth
        assert judged(policy, PolicyKey(KeyKind.ED25519, bytes(32))).control is Control.MISMATCH
    for wrong in (listed(15, leaf), listed(500, leaf)):
        with pytest.raises(SourceUnavailableError):
            hedera(wrong)


@pytest.mark.parametrize("told", [None, {"_type": "ProtobufEncoded", "key": "3200"}])
def test_hedera_an_account_that_shows_no_key_is_undecided(told: object) -> None:
    """So are accounts made by a transfer to an EVM address, until that address's key signs."""
    policy = account_key("n", told, 7)
    result = judged(policy, PolicyKey(KeyKind.SECP256K1, b"\2" * 33))
    assert (result.control, policy.ways) == (Control.UNSUPPORTED, ())
    assert "EVM address" in result.reason


def test_hedera_a_list_that_names_a_key_twice_is_no_false_claim() -> None:
    mine, other = (PolicyKey(KeyKind.ED25519, bytes((n,)) * 32) for n in (1, 2))
    members = b"".join(field(1, field(2, k.value)) for k in (mine, mine, other))
    policy = hedera(field(5, b"\x08\x02" + field(2, members)))
    assert judged(policy, mine, other).binding is Binding.ON_CHAIN
    assert judged(policy, mine).control is Control.UNSUPPORTED
    assert judged(policy, other).control is Control.MISMATCH


# --- Vaulta


def authority(threshold: int, keys: list[Any], accounts: list[Any]) -> dict[str, Any]:
    return {
        "threshold": threshold,
        "keys": [{"key": antelope_key(key(n)), "weight": w} for n, w in keys],
        "accounts": [
            {"permission": {"actor": a, "permission": "active"}, "weight": w} for a, w in accounts
        ],
        "waits": [],
    }


def vaulta(name: str, **accounts: dict[str, Any]) -> KeyPolicy:
    known = {
        n: {"permissions": [{"perm_name": "active", "required_auth": a}]}
        for n, a in accounts.items()
    }
    return Permissions("n", known.get).policy(known[name], 7)


def point(number: int) -> PolicyKey:
    return PolicyKey(KeyKind.SECP256K1, key(number).public_key.format())


def test_vaulta_a_weight_of_0_is_taken_by_the_chain_and_counts_for_nobody() -> None:
    policy = vaulta("a", a=authority(1, [(1, 1), (2, 0)], [("b", 0)]), b=authority(1, [(3, 1)], []))
    assert judged(policy, point(1)).binding is Binding.ON_CHAIN
    for other in (2, 3):
        assert judged(policy, point(other)).control is Control.MISMATCH
    with pytest.raises(SourceUnavailableError):
        vaulta("a", a=authority(1, [(1, -1)], []))


def test_vaulta_accounts_in_a_circle_and_one_through_two_others() -> None:
    circle = {"a": authority(1, [(1, 1)], [("b", 1)]), "b": authority(2, [(2, 1)], [("a", 1)])}
    assert judged(vaulta("a", **circle), point(1)).shows_control
    assert judged(vaulta("b", **circle), point(1), point(2)).shows_control
    assert judged(vaulta("b", **circle), point(2)).control is Control.MISMATCH
    twice = vaulta(
        "a",
        a=authority(2, [], [("b", 1), ("c", 1)]),
        b=authority(1, [(1, 1)], []),
        c=authority(1, [(1, 1), (2, 1)], []),
    )
    assert judged(twice, point(1)).control is Control.UNSUPPORTED  # the chain counts it twice
    assert judged(twice, point(1), point(2)).shows_control


# --- NEAR


def near(*keys: tuple[str, object], **more: object) -> KeyPolicy:
    told = [{"public_key": k, "access_key": {"permission": p}} for k, p in keys]
    return access_keys("n", {"keys": told, **more}, 7)


MINE, OTHER = (PolicyKey(KeyKind.ED25519, bytes((n,)) * 32) for n in (1, 2))
SPELLED = f"ed25519:{base58.encode(MINE.value)}"
GAS = {"balance": "5000000000000000000000000", "num_nonces": 4}
CALLS = {"allowance": None, "receiver_id": "contract.near", "method_names": []}


def test_near_gas_keys_with_full_access_may_spend() -> None:
    full = near((SPELLED, {"GasKeyFullAccess": GAS}))
    assert judged(full, MINE).binding is Binding.ON_CHAIN
    assert judged(full, OTHER).control is Control.MISMATCH
    for calls in ({"GasKeyFunctionCall": {**GAS, **CALLS}}, {"FunctionCall": CALLS}):
        assert judged(near((SPELLED, calls)), MINE).control is Control.MISMATCH


def test_near_what_is_not_known_of_a_key_makes_no_row_false_or_good() -> None:
    for policy in (
        near((SPELLED, "HalfAccess")),
        near((SPELLED, {"NewAccess": {}})),
        near((SPELLED, {"NewAccess": {}, "More": {}})),
        near(last_key={"handle": "x"}),
    ):
        assert judged(policy, MINE).control is Control.UNSUPPORTED
        assert judged(policy, OTHER).control is Control.UNSUPPORTED
    paged = near((SPELLED, "FullAccess"), last_key="ed25519:x")
    assert judged(paged, MINE).binding is Binding.ON_CHAIN
    assert near((SPELLED, "FullAccess"), last_key=None) == near((SPELLED, "FullAccess"))


def test_near_a_key_of_a_kind_that_is_not_read_is_nobodys_here() -> None:
    policy = near((f"ml-dsa-65:{base58.encode(bytes(32) + b'x')}", "FullAccess"))
    assert judged(policy, MINE).control is Control.MISMATCH
    both = near(("ml-dsa-65:abc", "FullAccess"), (SPELLED, "FullAccess"))
    assert judged(both, MINE).shows_control


# --- XRP Ledger


def xrpl(n: int) -> tuple[PolicyKey, str]:
    account = bytes((n,)) * 20
    return PolicyKey(KeyKind.ACCOUNT, account), RippleCodec("xrpl", "").encode(account)


def test_xrpl_one_regular_key_of_two_members_is_no_false_claim() -> None:
    """Each member signs for itself, with whatever key it has: the ledger takes one key for both."""
    mine, spelled = xrpl(9)
    entries = [{"SignerEntry": {"Account": xrpl(n)[1], "SignerWeight": 1}} for n in (2, 3)]
    found: dict[str, object] = {
        "Flags": 0x0010_0000,
        "signer_lists": [{"SignerEntries": entries, "SignerQuorum": 2}],
    }
    codec = RippleCodec("xrpl", "")
    member = {
        xrpl(2)[1]: {"Flags": 0x0010_0000, "RegularKey": spelled},
        xrpl(3)[1]: {"Flags": 0, "RegularKey": spelled},
    }
    policy = account_keys("n", codec.decode(xrpl(1)[1]), found, 7, member.get)
    assert judged(policy, mine).control is Control.UNSUPPORTED
    assert judged(policy, mine, xrpl(3)[0]).binding is Binding.ON_CHAIN
    assert (
        judged(policy, mine, xrpl(2)[0]).control is Control.MISMATCH
    )  # its master key is disabled
    assert judged(policy, xrpl(3)[0]).control is Control.MISMATCH


# --- Chains that follow nobody: who stands there signs with the key of its own address.


def test_algorand_an_account_that_was_rekeyed_to_a_rekeyed_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The protocol takes the key of the address that is named, whoever that one was rekeyed to."""
    codec = AlgorandCodec("algorand", "")
    first, second, third = (codec.encode(bytes((n,)) * 32) for n in (1, 2, 3))
    rekeyed = {first: second, second: third}
    made = AlgorandReader(
        Endpoint("a", "algorand", "algorand_rest", "http://127.0.0.1:9"),
        load_registry().network("algorand"),
    )

    def answer(path: str, headers: object = None) -> dict[str, object]:
        text = next(a for a in rekeyed if a in path)
        return {"address": text, "round": 9, "amount": 1, "auth-addr": rekeyed[text]}

    monkeypatch.setattr(made._rest, "json", answer)
    policy = made.key_policy(codec.decode(first), BlockRef("algorand", "x", 9, "h"))
    made.close()
    names = [PolicyKey(KeyKind.ACCOUNT, bytes((n,)) * 32) for n in (1, 2, 3)]
    assert judged(policy, names[1]).binding is Binding.ON_CHAIN
    for other in (names[0], names[2]):  # nor of a hash of several keys that is not shown
        assert not judged(policy, other).shows_control


def test_tron_a_permission_that_names_an_account_takes_that_address_s_key() -> None:
    mine, other = (b"\x41" + bytes((n,)) * 20 for n in (1, 2))
    keys = [{"address": mine.hex(), "weight": 1}, {"address": other.hex(), "weight": 1}]
    account: dict[str, object] = {"owner_permission": {"keys": keys, "threshold": 2}}
    policy = permissions("n", account, mine[1:], 7)
    names = [PolicyKey(KeyKind.ACCOUNT, key[1:]) for key in (mine, other)]
    assert keys_of(policy.ways) == names
    assert judged(policy, *names).binding is Binding.ON_CHAIN
    for name in names:
        assert judged(policy, name, name).control is Control.MISMATCH
