"""A Starknet account is asked at the pinned block, and believed where its class is known."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from support.signed_rows import MESSAGE, claim, stark_public, stark_sign

from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.account import AccountState
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.others.stark import message_hash
from scanner.ownership.others.stark_account import starknet_keccak
from scanner.ownership.primitives.stark_curve import is_signed
from scanner.settings.tables import load_registry
from scanner.settings.wallets import load_wallets

REGISTRY = load_registry()
ACCOUNT = 0x64B48806902A367C8598F4F95C305E8C1A1ACBA5F082D294A43793113115691
CHAIN = "0x534e5f4d41494e"
DIGEST = message_hash(MESSAGE, ACCOUNT, CHAIN)
SECRET, STOLEN = 777, 778
KEY = stark_public(SECRET)
SIGNATURE = stark_sign(SECRET, DIGEST)
VALID = int.from_bytes(b"VALID").to_bytes(32)
ONE, ZERO, NOTHING = (1).to_bytes(32), bytes(32), b""

Judge = Callable[..., bytes]


def class_called(name: str) -> bytes:
    """The class that config/wallets.csv calls so."""
    return next(key for key, code in load_wallets().by_code.items() if code.name == name)


SINGLE, GUARDED = class_called("OpenZeppelin account 1.0.0"), class_called("Argent account 0.4.0")
STRANGE = b"\x07" * 32


class Chain:
    """A ChainView with one account of a class. says(digest, r, s): what it returns.

    views: what it answers to other questions, by name and argument; nothing to any other.
    """

    def __init__(self, class_hash: bytes, says: Judge, calls: Evidence = Evidence.AGREED) -> None:
        self.class_hash, self.says, self.calls = class_hash, says, calls
        self.question = "is_valid_signature"
        self.views: dict[tuple[str, int | None], bytes] = {}

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        assert to == ACCOUNT.to_bytes(32)
        felts = [int.from_bytes(data[n : n + 32]) for n in range(0, len(data), 32)]
        asked = {starknet_keccak(name): name for name in ("is_valid_signature", "isValidSignature")}
        if felts[0] not in asked:
            named = {(starknet_keccak(n), told): said for (n, told), said in self.views.items()}
            return named.get((felts[0], felts[1] if len(felts) > 1 else None), NOTHING)
        selector, digest, count, *elements = felts
        assert count == len(elements)
        return self.says(digest, *elements) if asked[selector] == self.question else NOTHING

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        return self(to, data)

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        assert (account, slots) == (ACCOUNT.to_bytes(32), ())
        return AccountState(self.class_hash, (), self.calls)


def of_key(secret: int, yes: bytes = VALID, no: bytes = ZERO) -> Judge:
    """An account of one key."""
    key = stark_public(secret)
    return lambda digest, r, s: yes if is_signed(key, digest, r, s) else no


def always(answer: bytes) -> Judge:
    return lambda digest, *elements: answer


def judged(chain: object, signature: str = SIGNATURE, **more: object) -> ControlResult:
    given = {"script": f"{KEY:#x}", **more}
    return judge(claim("starknet", f"{ACCOUNT:#x}", signature, **given), REGISTRY, chain)  # type: ignore[arg-type]


def seen(result: ControlResult) -> tuple[Control, Binding]:
    return result.control, result.binding


def test_selectors_are_those_of_the_chain() -> None:
    assert starknet_keccak("is_valid_signature") == (
        0x28420862938116CB3BBDBEDEE07451CCC54D4E9412DBEF71142AD1980A30941
    )


@pytest.mark.parametrize("yes", [VALID, ONE])
@pytest.mark.parametrize("class_hash", [SINGLE, GUARDED])
def test_a_known_account_that_accepts_the_key_shows_control(class_hash: bytes, yes: bytes) -> None:
    found = judged(Chain(class_hash, of_key(SECRET, yes)))
    assert seen(found) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert found.shows_control
    assert found.signed_by == (f"0x{KEY:064x}",)
    assert found.evidence is Evidence.AGREED
    assert load_wallets().by_code[class_hash].name in found.reason


def test_an_account_of_cairo_0_is_asked_by_the_name_that_it_knows() -> None:
    chain = Chain(class_called("OpenZeppelin account 0.5"), of_key(SECRET, ONE, NOTHING))
    chain.question = "isValidSignature"
    assert seen(judged(chain)) == (Control.CONTROLS, Binding.ON_CHAIN)
    chain.says = of_key(STOLEN, ONE, NOTHING)
    assert judged(chain).control is Control.UNSUPPORTED


def test_an_unknown_class_may_accept_anybody() -> None:
    found = judged(Chain(STRANGE, of_key(SECRET)))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)
    assert f"class 0x{STRANGE.hex()}" in found.reason
    assert not found.shows_control


@pytest.mark.parametrize("class_hash", [SINGLE, STRANGE])
def test_an_account_that_accepts_a_signature_over_anything_says_nothing(class_hash: bytes) -> None:
    found = judged(Chain(class_hash, always(VALID)))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)
    assert "over anything" in found.reason


def test_a_key_that_the_account_has_no_more_is_no_control() -> None:
    found = judged(Chain(SINGLE, of_key(STOLEN)))
    assert found.control is Control.MISMATCH
    assert "does not accept this key's signature" in found.reason


@pytest.mark.parametrize(
    ("class_hash", "says"),
    [
        (GUARDED, of_key(STOLEN)),  # its guardian may be who is missing
        (SINGLE, of_key(STOLEN, no=NOTHING)),  # a call that stopped is no answer
        (STRANGE, of_key(STOLEN)),
        (STRANGE, always(NOTHING)),
        (SINGLE, always((2).to_bytes(32))),
        (SINGLE, always(VALID + ZERO)),  # two elements are another function's answer
        (SINGLE, always(VALID[1:])),
    ],
)
def test_what_is_not_accepted_is_neither_verified_nor_false(class_hash: bytes, says: Judge) -> None:
    found = judged(Chain(class_hash, says))
    assert found.control is Control.UNSUPPORTED
    assert "not accept its signature alone" in found.reason


def test_where_nothing_is_deployed_nobody_can_spend_yet() -> None:
    found = judged(Chain(bytes(32), always(NOTHING)))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)
    assert "no account is deployed" in found.reason


def test_the_account_decides_and_not_the_published_key() -> None:
    chain = Chain(SINGLE, of_key(SECRET))
    for published in ("", f"{stark_public(STOLEN):#x}"):
        found = judged(chain, script=published)
        assert seen(found) == (Control.CONTROLS, Binding.ON_CHAIN)
        assert found.signed_by == (f"0x{ACCOUNT:064x}",)
        assert ("not by the published key" in found.reason) == bool(published)
    # Signed by somebody else, for whom the key that is published does not stand either.
    stranger = stark_sign(STOLEN, DIGEST)
    for published in ("", f"{KEY:#x}"):
        assert judged(chain, stranger, script=published).control is Control.UNSUPPORTED


def test_another_text_or_account_is_not_accepted() -> None:
    chain = Chain(SINGLE, of_key(SECRET))
    for other in (
        message_hash("another text", ACCOUNT, CHAIN),
        message_hash(MESSAGE, ACCOUNT + 1, CHAIN),
        message_hash(MESSAGE, ACCOUNT, "0x534e5f5345504f4c4941"),
        int(MESSAGE.encode().hex(), 16) % 2**250,  # the text itself, as one element
    ):
        assert not judged(chain, stark_sign(SECRET, other)).shows_control


@pytest.mark.parametrize("signature", ["", "zz", SIGNATURE + "00", SIGNATURE[2:], "ff" * 64])
def test_what_is_no_signature_is_not_asked(signature: str) -> None:
    def never(digest: int, r: int, s: int) -> bytes:
        raise AssertionError("it was asked")

    assert not judged(Chain(SINGLE, never), signature).shows_control
    assert not judged(Chain(SINGLE, never), signature, script="").shows_control


def test_several_signatures_are_not_put_to_an_account() -> None:
    both = claim("starknet", f"{ACCOUNT:#x}", SIGNATURE, SIGNATURE, script=f"{KEY:#x}")
    found = judge(both, REGISTRY, Chain(SINGLE, of_key(SECRET)))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)


def test_a_chain_without_states_knows_no_class() -> None:
    chain = Chain(SINGLE, of_key(SECRET))
    found = judged(lambda to, data: chain(to, data))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)


def test_who_is_not_answered_has_no_verdict_and_who_is_refused_has_the_offline_one() -> None:
    def fails(error: Exception) -> Judge:
        def say(digest: int, r: int, s: int) -> bytes:
            raise error

        return say

    with pytest.raises(SourceUnavailableError):
        judged(Chain(SINGLE, fails(SourceUnavailableError("s", "is not there"))))
    found = judged(Chain(SINGLE, fails(SourceRejectedError("s", "will not"))))
    assert seen(found) == (Control.CONTROLS, Binding.ASSERTED)
    assert "could not be asked" in found.reason
