"""Signers against the keys that a chain names: right, wrong key, threshold missed, key given away."""

from dataclasses import replace

import pytest
from support.signed_rows import claim, ed_key, ed_sign, evm_sign, key, okx_sign, tron_address

from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.interface import Address
from scanner.model.control import Binding, Control, ControlResult, Freshness
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single
from scanner.ownership.interface import Signer
from scanner.ownership.judge import judge
from scanner.ownership.key_policy import NOT_ASKED, judge_policy
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
OFFLINE = ControlResult(
    Control.CONTROLS, Binding.DERIVED, Freshness.DATED, "some_scheme", 1, ("a",)
)


def named(text: str) -> PolicyKey:
    return PolicyKey(KeyKind.ACCOUNT, text.encode())


def signer(text: str, *also: PolicyKey) -> Signer:
    return Signer(text, frozenset((named(text), *also)))


def way(threshold: int, **weights: int) -> Way:
    return Way("list", tuple(Weighted(named(n), w) for n, w in weights.items()), threshold)


def policy(*ways: Way, note: str = "", disputed: str = "") -> KeyPolicy:
    return KeyPolicy(ways, 70, note, disputed)


def judged(of: KeyPolicy, *signers: Signer) -> ControlResult:
    return judge_policy(OFFLINE, signers, of)


def test_one_way_that_is_met_is_enough() -> None:
    result = judged(policy(way(3, x=3), way(2, a=1, b=1, c=1)), signer("a"), signer("b"))
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert (result.required, result.signed_by) == (2, ("a", "b"))
    assert (result.scheme, result.freshness) == ("some_scheme", Freshness.DATED)
    assert result.reason == "list at block 70"


@pytest.mark.parametrize(
    ("of", "who", "says"),
    [
        (policy(way(1, x=1)), ["a"], "weight 0 of 1"),
        (policy(way(3, a=2, b=2)), ["a"], "weight 2 of 3"),
        (policy(way(2, a=1, b=1)), ["a", "a"], "weight 1 of 2"),
        (policy(), ["a"], "no key may spend"),
        (policy(note="its master key is disabled"), ["a"], "master key is disabled"),
        (policy(Way("nobody", (), 1)), ["a"], "weight 0 of 1"),
    ],
)
def test_what_is_not_met_is_a_mismatch_that_names_the_policy(
    of: KeyPolicy, who: list[str], says: str
) -> None:
    result = judged(of, *map(signer, who))
    assert (result.control, result.binding) == (Control.MISMATCH, Binding.NONE)
    assert says in result.reason


def test_one_key_in_two_spellings_is_one_signer() -> None:
    raw = PolicyKey(KeyKind.SECP256K1, b"\2" * 33)
    both = Way("list", (Weighted(named("a")), Weighted(raw)), 2)
    for who in ([signer("a", raw)], [signer("a", raw), Signer("hex", frozenset((raw,)))]):
        result = judged(policy(both), *who)
        assert result.control is Control.UNSUPPORTED  # a chain may count it in both places
        assert "stands in several places" in result.reason
    assert judged(policy(replace(both, threshold=3)), *who).control is Control.MISMATCH


def test_a_way_inside_a_way_counts_once_and_with_other_signers() -> None:
    inner = way(2, a=1, b=1)
    outer = Way("active", (Weighted(inner, 1), Weighted(named("a"), 1)), 2)
    twice = judged(policy(outer), signer("a"), signer("b"))
    assert twice.control is Control.UNSUPPORTED  # the chain counts it in both places
    assert "stands in several places" in twice.reason
    assert judged(policy(outer), signer("a")).control is Control.MISMATCH
    plain = Way("active", (Weighted(inner, 1), Weighted(named("c"), 1)), 2)
    result = judged(policy(plain), signer("a"), signer("b"), signer("c"))
    assert (result.binding, len(result.signed_by)) == (Binding.ON_CHAIN, 3)


def test_a_key_that_stands_inside_and_outside_leaves_the_inside_to_another() -> None:
    inner = way(1, a=1, b=1)
    outer = Way("active", (Weighted(inner, 1), Weighted(named("a"), 1)), 2)
    result = judged(policy(outer), signer("a"), signer("b"))
    assert (result.binding, result.signed_by) == (Binding.ON_CHAIN, ("a", "b"))
    assert judged(policy(outer), signer("a")).control is Control.UNSUPPORTED
    assert judged(policy(outer), signer("b")).control is Control.MISMATCH
    stranger = judged(policy(outer), signer("a"), signer("x"))
    assert stranger.control is Control.MISMATCH


def test_who_hides_inside_a_way_may_be_enough() -> None:
    inner = Way("list", (Weighted(named("m"), hides=True), Weighted(named("b"))), 1)
    outer = Way("active", (Weighted(inner), Weighted(named("a"))), 2)
    assert judged(policy(outer), signer("a")).control is Control.UNSUPPORTED
    assert judged(policy(outer), signer("a"), signer("b")).binding is Binding.ON_CHAIN
    assert judged(policy(replace(outer, threshold=3)), signer("a")).control is Control.MISMATCH


def test_too_deep_too_many_and_disputed_are_undecided() -> None:
    deep = way(1, a=1)
    for _ in range(20):
        deep = Way("in", (Weighted(deep),), 1)
    wide = Way("wide", tuple(Weighted(named(str(n))) for n in range(2000)), 1)
    for of in (policy(deep), policy(wide), policy(way(1, a=1), disputed="they differ")):
        assert judged(of, signer("a")).control is Control.UNSUPPORTED


@pytest.mark.parametrize(("threshold", "weight"), [(0, 1), (1, 0), (-1, 1), (1, -5)])
def test_nobody_has_to_sign_is_no_policy(threshold: int, weight: int) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        way(threshold, a=weight)


MINE, OTHER = key(1), key(2)
TRON = claim("tron", tron_address(MINE), evm_sign(MINE, envelope=envelopes.tip191_hash))


def account_of(address: str) -> PolicyKey:
    from scanner.model.addresses.tron import TronCodec

    return PolicyKey(KeyKind.ACCOUNT, TronCodec("tron", "").decode(address).payload)


def test_offline_a_changeable_account_says_that_its_keys_were_not_asked() -> None:
    result = judge(TRON, REGISTRY)
    assert result.shows_control
    assert result.reason == NOT_ASKED
    assert (
        NOT_ASKED not in judge(claim("ethereum", "0x" + "11" * 20, evm_sign(MINE)), REGISTRY).reason
    )


def test_a_tron_account_whose_owner_permission_was_given_away() -> None:
    asked: list[Address] = []

    def keys(address: Address) -> KeyPolicy:
        asked.append(address)
        return KeyPolicy((single("owner permission", account_of(tron_address(OTHER))),), 9)

    assert judge(TRON, REGISTRY, None, keys).control is Control.MISMATCH
    by_other = TRON._replace(signatures=(evm_sign(OTHER, envelope=envelopes.tip191_text),))
    result = judge(by_other, REGISTRY, None, keys)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert result.signed_by == (tron_address(OTHER),)
    assert [a.text for a in asked] == [tron_address(MINE)] * 2
    assert judge(TRON._replace(signatures=()), REGISTRY, None, keys).control is Control.UNSIGNED


def test_a_regular_key_of_the_xrp_ledger() -> None:
    from scanner.model.addresses.base58_keys import RippleCodec
    from scanner.ownership.primitives.hashes import hash160

    codec = RippleCodec("xrpl", "")
    own, regular = (hash160(k.public_key.format()) for k in (MINE, OTHER))
    row = claim("xrpl", codec.encode(own), okx_sign(OTHER))

    def keys(address: Address) -> KeyPolicy:
        assert address.payload == own
        return KeyPolicy((single("regular key", PolicyKey(KeyKind.ACCOUNT, regular)),), 5)

    assert judge(row, REGISTRY, None, keys).binding is Binding.ON_CHAIN
    assert judge(row._replace(signatures=(okx_sign(MINE),)), REGISTRY, None, keys).control is (
        Control.MISMATCH
    )


def test_nobody_can_tell_whose_the_account_is_now() -> None:
    def nobody(address: Address) -> KeyPolicy:
        raise SourceRejectedError("node", "has no such method")

    def down(address: Address) -> KeyPolicy:
        raise SourceUnavailableError("node", "is down")

    result = judge(TRON, REGISTRY, None, nobody)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "could not be checked (has no such method)" in result.reason
    with pytest.raises(SourceUnavailableError):
        judge(TRON, REGISTRY, None, down)


def test_a_stellar_account_with_two_of_three_signers() -> None:
    from scanner.model.addresses.base32_keys import StrkeyCodec

    first, second, third = ed_key(1), ed_key(2), ed_key(3)
    ids = [PolicyKey(KeyKind.ED25519, k.verify_key.encode()) for k in (first, second, third)]
    ways = KeyPolicy((Way("signers", tuple(Weighted(i) for i in ids[1:]), 2),), 5)
    address = StrkeyCodec("stellar", "").encode(first.verify_key.encode())
    script = " ".join(k.verify_key.encode().hex() for k in (second, third))
    row = claim("stellar", address, ed_sign(second), ed_sign(third), script=script)
    assert judge(row, REGISTRY).control is Control.UNSUPPORTED
    result = judge(row, REGISTRY, None, lambda _: ways)
    assert (result.binding, result.required) == (Binding.ON_CHAIN, 2)
    own = claim("stellar", address, ed_sign(first))
    assert judge(own, REGISTRY).shows_control
    assert judge(own, REGISTRY, None, lambda _: ways).control is Control.MISMATCH


def test_the_kinds_of_networks_are_those_of_the_formats() -> None:
    from scanner.ownership.changeable import CHANGEABLE, CHANGEABLE_KINDS

    kinds = {form.removesuffix("_implicit") for form in CHANGEABLE}
    assert kinds == CHANGEABLE_KINDS
    assert {n.kind for n in REGISTRY.networks.values()} >= CHANGEABLE_KINDS


def test_one_good_key_does_not_cover_for_a_stranger_beside_it() -> None:
    of = policy(way(1, a=1, b=1))
    result = judged(of, signer("a"), signer("x"))
    assert (result.control, result.signed_by) == (Control.MISMATCH, ())
    assert "x signed, which the account does not allow" in result.reason
    assert judged(of, signer("a"), signer("b")).shows_control
    behind = Way("list", (Weighted(named("a")), Weighted(named("h"), hides=True)), 1)
    assert judged(policy(behind), signer("a"), signer("x")).control is Control.UNSUPPORTED
