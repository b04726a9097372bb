"""Never an accusation for what was not read: owners who were not needed, or not looked into."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from coincurve import PrivateKey
from support.attack_lab import MESSAGE, account_of, key, sign_evm
from support.contracts import deploy
from support.real_wallets import Wallets
from support.signed_rows import claim

from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.interface import ContractCall
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry
from scanner.snapshots.view import View

pytestmark = pytest.mark.node

REGISTRY = load_registry()
A, B, C, D = (key(n) for n in range(1, 5))


@pytest.fixture(scope="module")
def wallets(anvil) -> Iterator[Wallets]:
    return Wallets(anvil)


def row_of(
    wallet: str,
    signers: Sequence[PrivateKey],
    silent: Sequence[PrivateKey] = (),
    call: ContractCall | None = None,
) -> ControlResult:
    owners = tuple(account_of(k) for k in (*signers, *silent))
    row = claim("ethereum", wallet, *map(sign_evm, signers), owners=owners, message=MESSAGE)
    return judge(row, REGISTRY, call)


def judged(
    wallets: Wallets, wallet: str, *signers: PrivateKey, silent: Sequence[PrivateKey] = ()
) -> ControlResult:
    """What a snapshot at this moment says of a row that names these owners."""
    node = wallets.node
    node.rpc("anvil_mine", "0x1")
    network = REGISTRY.network("ethereum")
    source = make_source("ethereum_rpc", network, [node.endpoint()], REGISTRY, ReadPolicy())
    try:
        view = View(source, source.pin(int(node.rpc("eth_blockNumber"), 16)))
        return row_of(wallet, signers, silent, view)
    finally:
        source.close()


def twenty(wallets: Wallets, inner: str, place: int) -> str:
    """A Safe of 20 owners, two of whom must sign: B is the first, a wallet stands further back."""
    owners = [account_of(B), *(account_of(key(100 + n)) for n in range(19))]
    owners[place] = inner
    return wallets.safe(owners, 2)


def test_an_owner_who_is_named_and_was_not_needed(wallets: Wallets) -> None:
    """One of two signed. How many must is not known offline, nor of code that says nothing."""
    silent_code = deploy(wallets.node, "Refuser")
    for found in (
        row_of(silent_code, [A], [B]),
        judged(wallets, silent_code, A, silent=[B]),
    ):
        assert found.control is Control.UNSUPPORTED, found
        assert "1 of 2 named owners signed" in found.reason
    safe = wallets.safe([account_of(A), account_of(B)])
    assert judged(wallets, safe, A, silent=[B]).binding is Binding.ON_CHAIN


@pytest.mark.parametrize("place", [1, 5, 17, 19])
def test_a_wallet_far_back_in_the_list_of_owners(wallets: Wallets, place: int) -> None:
    inner = wallets.safe([account_of(A)])
    safe = twenty(wallets, inner, place)
    found = judged(wallets, safe, A, B)
    assert found.binding is Binding.ON_CHAIN, found.reason
    wallets.give(safe, 5)
    assert wallets.moves_safe(safe, B, (inner, A))


def test_an_owner_of_code_that_nobody_knows_may_act_for_who_signed(wallets: Wallets) -> None:
    inner = deploy(wallets.node, "KeyWallet", ("address",), account_of(A))
    found = judged(wallets, twenty(wallets, inner, 7), A, B)
    assert found.control is Control.UNSUPPORTED, found
    assert "2 of its 20 owners must sign, 1 did" in found.reason
    assert "with their own keys" in found.reason, "the reader learns what helps"


def test_wallets_deeper_down_than_is_looked(wallets: Wallets) -> None:
    deep = [wallets.safe([account_of(A)])]
    for _ in range(3):
        deep.append(wallets.safe([deep[-1]]))
    for depth, inner in enumerate(deep, 1):
        safe = wallets.safe([account_of(B), inner, account_of(C)], 2)
        found = judged(wallets, safe, A, B)
        if depth < 3:
            assert found.binding is Binding.ON_CHAIN, (depth, found.reason)
        else:
            assert found.control is Control.UNSUPPORTED, (depth, found)


def test_more_contracts_among_the_owners_than_are_looked_into(wallets: Wallets) -> None:
    many = [deploy(wallets.node, "Refuser") for _ in range(18)]
    inner = wallets.safe([account_of(A)])
    safe = wallets.safe([account_of(B), *many, inner], 2)
    assert judged(wallets, safe, A, B).control is Control.UNSUPPORTED


def test_a_safe_that_owns_a_multisig_wallet(wallets: Wallets) -> None:
    inner = wallets.safe([account_of(A)])
    wallet = wallets.multisig([account_of(B), inner, account_of(C)], 2)
    found = judged(wallets, wallet, A, B)
    assert found.binding is Binding.ON_CHAIN, found.reason
    wallets.give(wallet, 5)
    assert wallets.moves_multisig(wallet, B, (inner, A))


def test_owners_of_code_that_names_them_may_be_contracts(wallets: Wallets) -> None:
    """Nobody knows the code; it says who its owners are, and one of them is a Safe of A's."""
    inner = wallets.safe([account_of(A)])
    owners = [account_of(B), inner, account_of(C)]
    old = deploy(wallets.node, "OldMultisig", ("address[]", "uint256"), owners, 2)
    assert judged(wallets, old, A, B).control is Control.UNSUPPORTED


def test_who_surely_cannot_spend_is_still_told(wallets: Wallets) -> None:
    """The same wallets, where every owner who could help was looked at and did not sign."""
    inner = wallets.safe([account_of(A)])
    others = [account_of(k) for k in (B, C, D)]
    both = wallets.safe([account_of(A), account_of(C)], 2)
    old = deploy(wallets.node, "OldMultisig", ("address[]", "uint256"), others, 2)
    for wallet, signers in (
        (wallets.safe(others, 2), (B,)),
        (wallets.safe([*others, inner], 2), (B,)),  # A did not sign
        (wallets.safe([*others, inner], 3), (A, B)),
        (wallets.safe([*others, both], 2), (A, B)),  # C did not sign
        (wallets.multisig([*others, inner], 2), (B,)),
        (wallets.multisig(others, 2), (A, B)),
        (twenty(wallets, inner, 17), (B,)),
        (old, (A, B)),
    ):
        found = judged(wallets, wallet, *signers)
        assert found.control is Control.MISMATCH, found
        assert "must sign" in found.reason
