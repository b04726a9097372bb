"""What a Safe accepts as a signature, and what that rests on, with a chain that answers from tables."""

from __future__ import annotations

import pytest
from support.signed_rows import account, claim, evm_address, evm_sign, key
from support.wallet_state import AnsweringChain, code_named, safe_chain, safe_storage

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

WALLET = "0x" + "57" * 20
INNER = bytes.fromhex("1e" * 20)
A, B, C = key(1), key(2), key(3)
OWNERS = (evm_address(A), evm_address(B))
SIGNED = (evm_sign(A), evm_sign(B))


def word(value: int | bytes) -> bytes:
    return value.rjust(32, b"\0") if isinstance(value, bytes) else value.to_bytes(32, "big")


def judged(*signatures: str, call: AnsweringChain, owners: tuple[str, ...] = ()) -> ControlResult:
    return judge(claim("ethereum", WALLET, *signatures, owners=owners), load_registry(), call)


def by_contract(owner: bytes, inner: bytes = b"") -> str:
    """A Safe's signature by one owner that is a contract, and what that one is given."""
    return "0x" + (word(owner) + word(65) + b"\0" + word(len(inner)) + inner).hex()


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize(
    ("owner", "binding"), [("known", Binding.ON_CHAIN), ("unknown", Binding.ASSERTED)]
)
def test_a_known_safe_that_asks_a_contract_is_worth_what_that_contract_is(
    owner: str, binding: Binding, named: bool
) -> None:
    """The Safe's code is sound, and asks its owner's, which takes whoever the signature names."""
    handler = bytes.fromhex("4a" * 20)
    storage = safe_storage(1, [INNER], handler=int.from_bytes(handler))
    chain = safe_chain(bytes.fromhex(WALLET[2:]), storage)
    chain.states[handler] = (code_named("Safe signatures 1.4.1"), {})
    inner = safe_storage(1, [account(A)], handler=int.from_bytes(handler))
    code = code_named("Safe proxy 1.4.1") if owner == "known" else bytes(32)
    chain.states[INNER] = (code, inner)
    digests: list[bytes] = []

    def answers(to: bytes, data: bytes) -> bytes:
        if data[:4] != bytes.fromhex("1626ba7e") or to.hex() != WALLET[2:]:
            return b""
        digests.append(data[4:36])
        return data[:4].ljust(32, b"\0") if data[4:36] == digests[0] else b""

    answering = AnsweringChain(chain, answers)
    more = {"owners": (evm_address(C),)} if named else {}
    result = judged(by_contract(INNER, bytes.fromhex(evm_sign(A)[2:])), call=answering, **more)
    assert (result.control, result.binding) == (Control.CONTROLS, binding), result
    assert ("may accept anybody" in result.reason) is (owner == "unknown")


HANDLER = bytes.fromhex("4a" * 20)


def answering_safe(threshold: int, owners: list[bytes]) -> AnsweringChain:
    """A Safe that accepts the first digest it is asked about, whatever the signature."""
    storage = safe_storage(threshold, owners, handler=int.from_bytes(HANDLER))
    chain = safe_chain(bytes.fromhex(WALLET[2:]), storage)
    chain.states[HANDLER] = (code_named("Safe signatures 1.4.1"), {})
    chain.states[INNER] = (bytes(32), {})
    digests: list[bytes] = []

    def answers(to: bytes, data: bytes) -> bytes:
        if data[:4] != bytes.fromhex("1626ba7e") or to.hex() != WALLET[2:]:
            return b""
        digests.append(data[4:36])
        return data[:4].ljust(32, b"\0") if data[4:36] == digests[0] else b""

    return AnsweringChain(chain, answers)


def approved_by(owner: bytes) -> str:
    """A Safe's signature by an owner that approved the hash on the chain beforehand."""
    return "0x" + (word(owner) + word(0) + b"\1").hex()


@pytest.mark.parametrize("owner", [INNER, account(A)], ids=["a contract", "a key"])
@pytest.mark.parametrize("empty", [True, False])
@pytest.mark.parametrize("named", [True, False])
def test_what_stands_approved_in_a_safes_storage_is_not_shown(
    owner: bytes, empty: bool, named: bool
) -> None:
    """Whoever set the Safe up may have written it; the signature does not say who."""
    signature = "0x" if empty else approved_by(owner)
    more = {"owners": (evm_address(C),)} if named else {}
    result = judged(signature, call=answering_safe(1, [owner]), **more)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED), result
    assert "approval in its storage" in result.reason
    assert "sign with the owners' keys" in result.reason


@pytest.mark.parametrize(
    ("kinds", "binding"),
    [
        ((27, 32), Binding.ON_CHAIN),
        ((31, 28), Binding.ON_CHAIN),
        ((27, 1), Binding.ASSERTED),
        ((1, 27), Binding.ASSERTED),
        ((27, 26), Binding.ASSERTED),
        ((27,), Binding.ASSERTED),
        ((27, 28, 1), Binding.ON_CHAIN),  # what is more than needed is not looked at
    ],
)
def test_every_signature_that_is_needed_must_be_a_keys(
    kinds: tuple[int, ...], binding: Binding
) -> None:
    signature = "0x" + b"".join(bytes(64) + bytes([kind]) for kind in kinds).hex()
    result = judged(signature, call=answering_safe(2, [account(A), account(B)]))
    assert (result.control, result.binding) == (Control.CONTROLS, binding), result


def test_one_signature_of_keys_is_enough_beside_one_that_names_nobody() -> None:
    """The first is by a named owner; the second is the Safe's own, by two keys."""
    joined = "0x" + (bytes(64) + b"\x1b" + bytes(64) + b"\x1c").hex()
    result = judged(SIGNED[0], joined, owners=OWNERS, call=answering_safe(2, [account(C), INNER]))
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN), result


def test_a_threshold_that_its_owner_wrote_into_the_storage_costs_nothing() -> None:
    result = judged("0x", call=answering_safe(2**255, [account(A)]))
    assert result.binding is not Binding.DERIVED
