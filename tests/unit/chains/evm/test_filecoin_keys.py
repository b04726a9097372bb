"""Who may spend from a Filecoin actor: states of mainnet, and answers that do not fit."""

import base64
from collections.abc import Callable
from hashlib import blake2b
from typing import Any

import pytest
from support.filecoin_actors import (
    CODEC,
    F2,
    KEYS,
    MULTISIGS,
    REGISTRY,
    f1,
    judged,
    policy,
    source_of,
    state,
    two_of_three,
)
from support.lotus_stub import ACCOUNT, EVM, HEIGHT, MULTISIG, VECTOR, Lotus, error
from support.signed_rows import MESSAGE, claim, evm_sign, okx_sign

from scanner.chains.evm.filecoin_codes import Kind, kind_of
from scanner.chains.evm.filecoin_keys import tipset_hash
from scanner.chains.fleet import pool
from scanner.errors import (
    ReorgError,
    SourceError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control
from scanner.model.key_policy import KeyPolicy
from scanner.ownership.judge import judge
from scanner.ownership.primitives.recovery import account_of

FILECOIN = REGISTRY.network("filecoin")


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "TRIES", 2)
    monkeypatch.setattr(pool, "pause", lambda _: None)


def head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes((kind << 5 | number,))
    size = next(n for n in (1, 2, 4, 8) if number < 1 << 8 * n)
    return bytes((kind << 5 | {1: 24, 2: 25, 4: 26, 8: 27}[size],)) + number.to_bytes(size)


def text(data: bytes) -> bytes:
    return head(2, len(data)) + data


def raw_cid(cid: str) -> bytes:
    letters = cid[1:].upper()
    return base64.b32decode(letters + "=" * (-len(letters) % 8))


def number_address(f0: str) -> bytes:
    number, out = int(f0[2:]), b"\0"
    while number > 127:
        out += bytes((number & 127 | 128,))
        number >>= 7
    return out + bytes((number,))


def cbor_of(state: dict[str, Any]) -> bytes:
    """A multisig's state as the chain keeps it: a list of seven."""
    held = int(state["InitialBalance"])
    out = head(4, 7) + head(4, len(state["Signers"]))
    out += b"".join(text(number_address(s)) for s in state["Signers"])
    out += head(0, state["NumApprovalsThreshold"]) + head(0, state["NextTxnID"])
    out += text(b"\0" + held.to_bytes((held.bit_length() + 7) // 8) if held else b"")
    out += head(0, state["StartEpoch"]) + head(0, state["UnlockDuration"])
    return out + b"\xd8\x2a" + text(b"\0" + raw_cid(state["PendingTxns"]["/"]))


@pytest.mark.parametrize("made", MULTISIGS, ids=lambda m: m["head"][-8:])
def test_the_states_are_those_that_the_chain_has(made: dict[str, Any]) -> None:
    digest = blake2b(cbor_of(made["state"]), digest_size=32).digest()
    assert raw_cid(made["head"])[6:] == digest
    assert kind_of(made["code"]) is Kind.MULTISIG


def test_so_is_the_account() -> None:
    made = VECTOR["account"]
    address = decode_address(FILECOIN, made["state"]["Address"])
    cbor = head(4, 1) + text(b"\3" + address.payload)
    assert raw_cid(made["head"])[6:] == blake2b(cbor, digest_size=32).digest()
    assert kind_of(made["code"]) is Kind.ACCOUNT


@pytest.mark.parametrize("made", VECTOR["tipset_keys"], ids=lambda m: str(len(m["cids"])))
def test_a_tipsets_hash_is_that_of_its_key(made: dict[str, Any]) -> None:
    assert tipset_hash(made["cids"]) == "0x" + raw_cid(made["cid"])[6:].hex()


@pytest.mark.parametrize(
    "code", [EVM, "", "b", "bafkqadtgnfwc6mrpnv2wy5djonuw", "bafk2bzace" + "a" * 52, "x" * 300]
)
def test_other_codes_are_of_no_known_kind(code: str) -> None:
    assert kind_of(code) is Kind.OTHER


@pytest.mark.parametrize("made", MULTISIGS, ids=lambda m: m["head"][-8:])
def test_multisigs_of_mainnet(made: dict[str, Any]) -> None:
    account = VECTOR["account"]
    node = Lotus({s: (ACCOUNT, {"Address": f1(0)}) for s in made["state"]["Signers"]})
    node.actors[made["state"]["Signers"][-1]] = account["code"], account["state"]
    node.actors[F2] = made["code"], made["state"]
    (way,) = policy(node).ways
    assert way.threshold == made["state"]["NumApprovalsThreshold"]
    assert len(way.members) == len(made["state"]["Signers"])
    assert not any(member.hides for member in way.members)
    bls = decode_address(FILECOIN, account["state"]["Address"])
    assert way.members[-1].by.value == bls.payload  # type: ignore[union-attr]


def test_the_state_after_the_pinned_tipset_is_asked_for_over_empty_rounds() -> None:
    node = two_of_three()
    node.empty = frozenset((HEIGHT + 1, HEIGHT + 2))
    found = policy(node)
    assert found.height == HEIGHT
    assert node.asked.count("Filecoin.StateReadState") == 4


def test_a_number_that_is_an_account_has_its_key() -> None:
    (way,) = policy(two_of_three(), who="f0101").ways
    assert [m.by.value for m in way.members] == [decode_address(FILECOIN, f1(1)).payload]  # type: ignore[union-attr]
    (masked,) = policy(two_of_three(), who="0xff" + "00" * 18 + "65").ways
    assert masked.members == way.members


@pytest.mark.parametrize("kind", [(EVM, {"Nonce": 1}), (EVM, None)], ids=str)
def test_a_signer_without_a_key_of_its_own_is_not_followed(kind: tuple[str, Any]) -> None:
    node = two_of_three()
    node.actors["f0101"] = kind
    (way,) = policy(node).ways
    assert [m.hides for m in way.members] == [False, True, False]


def replaced(change: Callable[[Lotus], None]) -> Lotus:
    node = two_of_three()
    change(node)
    return node


def _trick(method: str, said: dict[str, Any]) -> Callable[[Lotus], None]:
    def change(node: Lotus) -> None:
        node.trick = lambda call: said if call["method"].endswith(method) else None

    return change


def _state(**changed: Any) -> Callable[[Lotus], None]:
    def change(node: Lotus) -> None:
        node.actors[F2] = MULTISIG, state(2, "f0100", "f0101") | changed

    return change


def _signer(code: str, told: Any) -> Callable[[Lotus], None]:
    def change(node: Lotus) -> None:
        node.actors["f0101"] = code, told

    return change


def _of_the_pinned_epoch(node: Lotus) -> None:
    told = node.answer({"method": "Filecoin.ChainGetTipSetAfterHeight", "params": [HEIGHT + 1, 0]})
    _trick("AfterHeight", {"result": told["result"] | {"Height": HEIGHT}})(node)


def _drop_a_signer(node: Lotus) -> None:
    node.trick = lambda call: {"dropped": 1} if call["params"][:1] == ["f0101"] else None


def _a_signer_of_null(node: Lotus) -> None:
    node.trick = lambda call: {"result": None} if call["params"][:1] == ["f0101"] else None


def _forget_a_signer(node: Lotus) -> None:
    del node.actors["f0101"]


def _another_tipset(node: Lotus) -> None:
    pinned = node.block()
    node.fork = "fork"
    node.block = lambda epoch=HEIGHT: pinned  # type: ignore[method-assign]


NO_ANSWER: dict[str, Callable[[Lotus], None]] = {
    "a tipset of the pinned epoch": _of_the_pinned_epoch,
    "no blocks": _trick(
        "AfterHeight", {"result": {"Cids": [], "Blocks": [], "Height": HEIGHT + 1}}
    ),
    "null": _trick("AfterHeight", {"result": None}),
    "another tipset below": _another_tipset,
    "a state of null": _trick("StateReadState", {"result": None}),
    "a threshold of none": _state(NumApprovalsThreshold=0),
    "a threshold in words": _state(NumApprovalsThreshold="2"),
    "signers of null": _state(Signers=None),
    "one signer twice": _state(Signers=["f0100", "f0100"]),
    "too many signers": _state(Signers=[f"f0{n}" for n in range(257)]),
    "a signer that is no address": _state(Signers=["f0100", "f2abc"]),
    "an EVM account for a signer": _state(Signers=["0x" + "11" * 20]),
    "a signer's state of null": _a_signer_of_null,
    "an account's address of an actor": _signer(ACCOUNT, {"Address": F2}),
    "an account's address of a test chain": _signer(ACCOUNT, {"Address": "t" + f1(1)[1:]}),
    "an account without address": _signer(ACCOUNT, {}),
}


@pytest.mark.parametrize("change", NO_ANSWER.values(), ids=NO_ANSWER)
def test_what_does_not_fit_names_no_keys(change: Callable[[Lotus], None]) -> None:
    with pytest.raises(SourceUnavailableError):
        policy(replaced(change))


REFUSED: dict[str, tuple[Callable[[Lotus], None], type[SourceError]]] = {
    "an actor of another kind": (
        lambda node: node.actors.update({F2: (EVM, {})}),
        SourceRejectedError,
    ),
    "nobody": (lambda node: node.actors.pop(F2) and None, SourceRejectedError),
    "a signer left out": (_drop_a_signer, SourceRejectedError),
    "a signer that is nobody": (_forget_a_signer, SourceRejectedError),
    "a plan without it": (
        _trick("StateReadState", error(-32601, "method not supported")),
        SourceRejectedError,
    ),
    "a look too far back": (
        _trick(
            "StateReadState", error(1, "bad tipset: lookbacks of more than 24h0m0s are disallowed")
        ),
        SourceRejectedError,
    ),
    "another chain's block": (lambda node: setattr(node, "fork", "fork"), ReorgError),
}


@pytest.mark.parametrize(("change", "kind"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_is_no_policy(
    change: Callable[[Lotus], None], kind: type[SourceError]
) -> None:
    at = two_of_three().block()
    with source_of(replaced(change)) as source, pytest.raises(kind):
        source.key_policy(decode_address(FILECOIN, F2), at)


def test_operators_of_a_quorum_must_name_the_same_signers() -> None:
    agreed = policy(two_of_three(), two_of_three(), quorum=2)
    assert agreed.evidence is Evidence.AGREED
    other = two_of_three()
    other.actors[F2] = MULTISIG, state(1, "f0100", "f0101", "f0102")
    assert "different keys" in policy(two_of_three(), other, quorum=2).disputed


def test_enough_signers_control_the_actor() -> None:
    result = judged(two_of_three(), 0, 2)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert (result.required, len(result.signed_by)) == (2, 2)
    assert result.reason == f"multisig at block {HEIGHT}"
    single = judged(two_of_three(), 1, address="f0101")
    assert (single.control, single.binding) == (Control.CONTROLS, Binding.ON_CHAIN)


@pytest.mark.parametrize(("signers", "says"), [((1,), "weight 1 of 2"), ((1, 1), "weight 1 of 2")])
def test_too_few_or_one_twice_do_not(signers: tuple[int, ...], says: str) -> None:
    result = judged(two_of_three(), *signers)
    assert result.control is Control.MISMATCH
    assert says in result.reason


def test_a_key_that_is_no_signer_does_not() -> None:
    node = two_of_three()
    node.actors[F2] = MULTISIG, state(1, "f0100", "f0101")
    alone = judged(node, 2)  # in each form that is read another key: in which one, nothing shows
    assert alone.control is Control.UNSUPPORTED
    assert "gives a key which the account allows at block" in alone.reason
    assert judged(node, 0, 2).control is Control.MISMATCH


def test_an_evm_account_among_the_signers_leaves_it_undecided_where_it_could_be_enough() -> None:
    node = two_of_three()
    node.actors["f0101"] = EVM, {"Nonce": 1}
    assert judged(node, 0).control is Control.UNSUPPORTED
    assert judged(node, 0, 2).control is Control.CONTROLS
    node.actors[F2] = MULTISIG, state(3, "f0100", "f0101", "f0102")
    assert judged(node, 0).control is Control.MISMATCH


def test_where_nobody_can_tell_nothing_is_verified() -> None:
    node = two_of_three()
    node.actors[F2] = EVM, {}
    result = judged(node, 0, 1)
    assert result.control is Control.UNSUPPORTED
    assert "neither a multisig nor an account" in result.reason


def test_where_the_state_is_too_old_for_that_api_the_other_rows_are_not_held_up() -> None:
    node = two_of_three()
    words = "bad tipset: lookbacks of more than 24h0m0s are disallowed"
    _trick("StateReadState", error(1, words))(node)
    result = judged(node, 0, 1)
    assert result.control is Control.UNSUPPORTED
    assert "could not be checked" in result.reason


def test_offline_it_says_what_would_tell() -> None:
    result = judge(claim("filecoin", F2, okx_sign(KEYS[0])), REGISTRY)
    assert result.control is Control.UNSUPPORTED
    assert "take a snapshot" in result.reason
    bls = judge(claim("filecoin", F2, "ab" * 96), REGISTRY)
    assert bls.control is Control.UNSUPPORTED


def test_addresses_that_name_their_key_are_not_asked_for() -> None:
    def never(_: object) -> KeyPolicy:
        raise AssertionError("asked")

    rows = [
        claim("filecoin", f1(0), okx_sign(KEYS[0])),
        claim(
            "filecoin",
            CODEC.encode(4, account_of(KEYS[0].public_key.format(compressed=False))),
            evm_sign(KEYS[0], MESSAGE),
        ),
    ]
    for row in rows:
        result = judge(row, REGISTRY, keys=never)
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)
