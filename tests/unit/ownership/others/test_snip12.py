"""Typed data of Starknet (SNIP-12), and accounts whose signatures are more than r and s."""

from __future__ import annotations

import json
from typing import Any

import pytest
from support.recorded import VECTORS
from support.signed_rows import MESSAGE, claim

from scanner.model.account import AccountState
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.others.snip12 import LONGEST, message_hash, read_typed
from scanner.ownership.others.stark_account import starknet_keccak
from scanner.ownership.primitives.poseidon import poseidon_many
from scanner.ownership.primitives.stark_curve import P
from scanner.settings.tables import load_registry
from scanner.settings.wallets import load_wallets

REGISTRY = load_registry()
MADE: list[dict[str, Any]] = json.loads((VECTORS / "starknet" / "typed_data.json").read_text())[
    "vectors"
]
FIRST = MADE[2]
ACCOUNT = FIRST["account"]
VALID, ZERO = int.from_bytes(b"VALID").to_bytes(32), bytes(32)


def row(made: dict[str, Any], **more: Any) -> ControlResult:
    r, s = made["signature"]
    given = {"message": made["typed_data"], "script": made["key"], "signature": f"{r}, {s}"} | more
    address, signature = given.pop("address", made["account"]), given.pop("signature")
    call = given.pop("call", None)
    return judge(claim("starknet", address, signature, **given), REGISTRY, call)


def changed(made: dict[str, Any], **parts: Any) -> str:
    return json.dumps(json.loads(made["typed_data"]) | parts)


@pytest.mark.parametrize("made", MADE, ids=lambda m: m["hash"][:8])
def test_what_another_library_hashed_and_signed(made: dict[str, Any]) -> None:
    typed = read_typed(made["typed_data"])
    assert typed is not None
    assert hex(message_hash(typed, int(made["account"], 16))) == made["hash"]
    found = row(made)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ASSERTED)
    r, s = (int(n, 16) for n in made["signature"])
    for spelled in (f"{r:064x}{s:064x}", f'["{r:#x}","{s:#x}"]', f"{r} {s}"):
        assert row(made, signature=spelled).control is Control.CONTROLS
    assert row(made, address=hex(int(made["account"], 16) + 1)).control is Control.UNSUPPORTED


def test_poseidon_of_known_values() -> None:
    """Of no element, as SNIP-12's empty lists are, and of what is out of range."""
    assert poseidon_many([]) == (0x2272BE0F580FD156823304800919530EAA97430E972D7213EE13F4FBF7A5DBC)
    for bad in (-1, P):
        with pytest.raises(ValueError, match="field"):
            poseidon_many([bad])


def test_another_text_chain_or_domain() -> None:
    domain = json.loads(FIRST["typed_data"])["domain"]
    message = json.loads(FIRST["typed_data"])["message"]
    other = changed(FIRST, message=message | {"text": "another"})
    assert row(FIRST, message=other).control is Control.UNSUPPORTED
    sepolia = row(FIRST, message=changed(FIRST, domain=domain | {"chainId": "SN_SEPOLIA"}))
    assert sepolia.control is Control.MISMATCH
    assert "another chain" in sepolia.reason
    named = row(FIRST, message=changed(FIRST, domain=domain | {"name": "Other"}))
    assert named.control is Control.UNSUPPORTED


@pytest.mark.parametrize(
    "chain", [1, "1", "0x1", 0, "mainnet", "sn_main", "SN_MAIN ", "SN_JUNO", "0x534e5f4d41494f"]
)
def test_a_number_that_is_no_chains_names_no_other_chain(chain: object) -> None:
    """Wallets sign whatever chainId a page gives: that is not read, and not false."""
    for made in MADE:
        domain = json.loads(made["typed_data"])["domain"]
        found = row(made, message=changed(made, domain=domain | {"chainId": chain}))
        assert found.control is Control.UNSUPPORTED
        assert "no chain of Starknet" in found.reason


@pytest.mark.parametrize(
    "chain",
    ["SN_SEPOLIA", "0x534e5f5345504f4c4941", str(int.from_bytes(b"SN_SEPOLIA")), "SN_GOERLI"],
)
def test_another_chain_of_starknet_is_false(chain: str) -> None:
    for made in MADE:
        domain = json.loads(made["typed_data"])["domain"]
        found = row(made, message=changed(made, domain=domain | {"chainId": chain}))
        assert (found.control, "another chain" in found.reason) == (Control.MISMATCH, True)


ODD: dict[str, dict[str, Any]] = {
    "another part": {"note": "x"},
    "a field that is not signed": {"message": {"text": "a", "at": "1", "more": "b"}},
    "a field that is missing": {"message": {"text": "a"}},
    "no chain": {"domain": {"name": "Reserves", "version": "1", "revision": "1"}},
    "revision 2": {
        "domain": {"name": "Reserves", "version": "1", "chainId": "SN_MAIN", "revision": "2"}
    },
    "a primary type that is the domain": {"primaryType": "StarknetDomain"},
    "a primary type that is a list": {"primaryType": ["Statement"]},
    "an unknown primary type": {"primaryType": "Nothing"},
    "a number that is too large": {"message": {"text": "a", "at": str(1 << 128)}},
    "letters beyond ASCII": {"message": {"text": "Grüße", "at": "1"}},
    "no text": {"message": {"text": 7, "at": "1"}},
    "types that are none": {"types": []},
}


@pytest.mark.parametrize("parts", ODD.values(), ids=ODD)
def test_what_is_not_plain_typed_data_is_not_read(parts: dict[str, Any]) -> None:
    found = row(FIRST, message=changed(FIRST, **parts))
    assert found.control is Control.UNSUPPORTED
    assert "typed data" in found.reason


@pytest.mark.parametrize(
    "kind",
    ["merkletree", "enum", "(felt)", "felt**", 'felt","b":"felt', "Endless", "Statement", "u256"],
)
def test_types_that_are_not_read(kind: str) -> None:
    types = json.loads(FIRST["typed_data"])["types"]
    types["Statement"] = [{"name": "text", "type": kind}, {"name": "at", "type": "timestamp"}]
    types["Endless"] = [{"name": "x", "type": "Endless"}]
    found = row(FIRST, message=changed(FIRST, types=types))
    assert found.control is Control.UNSUPPORTED


def test_hostile_typed_data_costs_little() -> None:
    types = json.loads(FIRST["typed_data"])["types"]
    types["Statement"] = [{"name": "text", "type": "string*"}, {"name": "at", "type": "felt"}]
    many = changed(FIRST, types=types, message={"text": ["a"] * 600, "at": "1"})
    assert "too large" in row(FIRST, message=many).reason
    twice = FIRST["typed_data"].replace('"message":', '"message":{},"message":', 1)
    assert row(FIRST, message=twice).control is Control.UNSUPPORTED
    for text in ("{" * 5000, '{"a":' * 1500, "{" + " " * LONGEST + "}", '{"types":1}'):
        assert read_typed(text) is None


class Account:
    """A ChainView of one account that wants some signature, over one hash."""

    def __init__(self, name: str, elements: tuple[int, ...], digest: int) -> None:
        self.calls = Evidence.AGREED
        codes = load_wallets().by_code.items()
        self._class = next((k for k, c in codes if c.name == name), b"\7" * 32)
        self._wants = (digest, len(elements), *elements)

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        felts = tuple(int.from_bytes(data[n : n + 32]) for n in range(0, len(data), 32))
        assert to == int(ACCOUNT, 16).to_bytes(32)
        if felts[0] != starknet_keccak("is_valid_signature"):
            return b""
        return VALID if felts[1:] == self._wants else ZERO

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        return self(to, data)

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        return AccountState(self._class, (), self.calls)


KNOWN = ("Argent multisig 0.1.1", "Argent multisig 0.5.0", "Braavos account 1.2.0")
WHOLE = (2, 0, 5, 6, 7, 0, 8, 9, 10)


@pytest.mark.parametrize("name", KNOWN)
@pytest.mark.parametrize("script", ["", FIRST["key"]])
def test_an_account_judges_a_signature_of_any_length(name: str, script: str) -> None:
    account = Account(name, WHOLE, int(FIRST["hash"], 16))
    text = "[" + ", ".join(map(hex, WHOLE)) + "]"
    found = row(FIRST, signature=text, script=script, call=account)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert name in found.reason
    for other in (WHOLE[:-1], (*WHOLE, 0), WHOLE[::-1]):
        spoiled = "".join(f"{n:064x}" for n in other)
        refused = row(FIRST, signature=spoiled, script=script, call=account)
        assert refused.control is Control.UNSUPPORTED
        assert "does not accept the signature" in refused.reason
    short = row(FIRST, signature=text, script=script, call=account, message=MESSAGE)
    assert short.control is Control.UNSUPPORTED  # over another text
    offline = row(FIRST, signature=text, script=script)
    assert offline.control is Control.UNSUPPORTED


def test_an_account_of_an_unknown_class_shows_nothing() -> None:
    account = Account("nobody's", WHOLE, int(FIRST["hash"], 16))
    found = row(FIRST, signature=" ".join(map(hex, WHOLE)), call=account)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ASSERTED)


@pytest.mark.parametrize(
    "signature", ["0x1", "[]", "0x1, 0x", "1,-2", "0x1;0xg", "1 " * 301, f"{P:#x} 1", "0x1 1e9"]
)
def test_what_is_no_list_of_elements_is_not_asked(signature: str) -> None:
    class Never(Account):
        def __call__(self, to: bytes, data: bytes, /) -> bytes:
            raise AssertionError("it was asked")

    account = Never(KNOWN[0], WHOLE, 1)
    assert not row(FIRST, signature=signature, call=account).shows_control
