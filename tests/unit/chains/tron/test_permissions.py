"""Tron permissions as a chain's answer tells them; mainnet's own account JSON, then changed."""

import pytest
from support.recorded import recorded

from scanner.chains.tron.permissions import permissions
from scanner.errors import SourceUnavailableError
from scanner.model.key_policy import KeyKind, PolicyKey, keys_of

HOLDER = bytes(range(20))
OTHER = bytes(range(20, 40))


def own(account: bytes) -> PolicyKey:
    return PolicyKey(KeyKind.ACCOUNT, account)


def permission(*keys: tuple[bytes, int], threshold: int = 1, **more: object) -> dict[str, object]:
    listed = [{"address": "41" + k.hex(), "weight": w} for k, w in keys]
    return {"threshold": threshold, "keys": listed, **more}


def active(operations: str, *keys: tuple[bytes, int]) -> dict[str, object]:
    return permission(*keys, type="Active", id=2, operations=operations.ljust(64, "0"))


USUAL = recorded("tron", "getaccount_staked")["active_permission"][0]["operations"]


def test_an_account_that_was_never_used_has_its_own_key() -> None:
    for account in ({}, {"balance": 5}):
        (way,) = permissions("node", account, HOLDER, 7).ways
        assert keys_of([way]) == [own(HOLDER)]


def test_owner_and_active_permissions_with_weights() -> None:
    account = {
        "owner_permission": permission((OTHER, 2), (HOLDER, 1), threshold=3),
        "active_permission": [active(USUAL, (OTHER, 1))],
    }
    read = permissions("node", account, HOLDER, 7)
    owner, second = read.ways
    assert [(m.by, m.weight) for m in owner.members] == [(own(OTHER), 2), (own(HOLDER), 1)]
    assert (owner.threshold, read.height) == (3, 7)
    assert second.name == "active permission"


@pytest.mark.parametrize("operations", ["02", "00000080", "00"])
def test_an_active_permission_that_cannot_move_everything_is_no_way(operations: str) -> None:
    account = {
        "owner_permission": permission((HOLDER, 1)),
        "active_permission": [active(operations, (OTHER, 1))],
    }
    assert [w.name for w in permissions("node", account, HOLDER, 7).ways] == ["owner permission"]


def test_a_contract_has_no_key() -> None:
    """Whoever signs for one may own it: its code decides, so nobody is called false."""
    contract = permissions("node", {"type": "Contract"}, HOLDER, 7)
    assert (contract.ways, "only its code" in contract.disputed) == ((), True)


@pytest.mark.parametrize(
    "account",
    [
        {"owner_permission": permission((HOLDER, 1), threshold=0)},
        {"owner_permission": {"threshold": 1}},
        {"owner_permission": permission((HOLDER, 0))},
        {"owner_permission": {"threshold": 1, "keys": [{"address": "zz", "weight": 1}]}},
        {
            "owner_permission": {
                "threshold": 1,
                "keys": [{"address": "42" + "00" * 20, "weight": 1}],
            }
        },
        {"active_permission": [active("zz", (HOLDER, 1))]},
    ],
)
def test_what_is_no_permission_is_no_answer(account: dict[str, object]) -> None:
    with pytest.raises(SourceUnavailableError):
        permissions("node", account, HOLDER, 7)


def test_addresses_in_base58_are_read_as_well() -> None:
    account = recorded("tron", "getaccount_staked")
    policy = permissions("node", account, HOLDER, 7)
    assert {k.value for k in keys_of(policy.ways)} != {HOLDER}
    assert len(policy.ways) == 2
