"""EIP-712's digest against eth_account's, what wallets encode otherwise, and what it costs."""

from __future__ import annotations

import json
import random
import time
from typing import Any

import pytest
from eth_account.messages import encode_typed_data
from support.signed_rows import claim, evm_address, key

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Control
from scanner.ownership.evm.typed_data import read_typed
from scanner.ownership.evm.typed_encoding import NotEncodedError, encode
from scanner.ownership.judge import _memory, judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
KINDS = ("bool", "address", "string", "bytes", "uint8", "int128", "uint256", "bytes4", "bytes32")
ODD: tuple[Any, ...] = (
    None, True, 0, 1, -1, 255, 256, 2**256, "", "0", "05", " 5", "0x", "0X5", "0x123", "false",
    "False", "hello", "\u00e9", "ab" * 20, "0X" + "ab" * 20, "0x" + "11" * 33, [], [1], {}, 1.5,
)  # fmt: skip


def _value(draw: random.Random, kind: str, types: dict[str, Any], deep: int = 0) -> Any:
    if kind.endswith("]"):
        inner = kind[: kind.rindex("[")]
        return [_value(draw, inner, types, deep + 1) for _ in range(draw.randrange(3))]
    if kind in types:
        fields = types[kind] if deep < 4 else []
        return {f["name"]: _value(draw, f["type"], types, deep + 1) for f in fields}
    if draw.random() < 0.2:
        return draw.choice(ODD)
    if kind.startswith("bytes"):
        return "0x" + draw.randbytes(int(kind[5:] or draw.randrange(40))).hex()
    known = {
        "bool": draw.random() < 0.5,
        "address": f"0x{draw.getrandbits(160):040x}",
        "string": draw.choice(["a", "r\u00e9serve \U0001f680", ""]),
    }
    return known.get(kind, draw.choice([5, "77", "0x4d"]))


def _drawn(draw: random.Random) -> dict[str, Any]:
    names = [f"T{n}" for n in range(draw.randrange(1, 4))]
    types: dict[str, Any] = {}
    for n, name in enumerate(names):  # each is a part of the one before: that one is primary
        kinds = [draw.choice(KINDS) + draw.choice(["", "", "[]", "[][]"]) for _ in range(2)]
        kinds += [names[n + 1] + draw.choice(["", "[]"])] if n + 1 < len(names) else []
        types[name] = [{"name": f"f{m}", "type": kind} for m, kind in enumerate(kinds)]
    domain = {k: v for k, v in {"name": "Acme", "chainId": 1}.items() if draw.random() < 0.6}
    fields = {"name": "string", "chainId": "uint256"}
    own = [{"name": name, "type": fields[name]} for name in domain]
    return {
        "types": {"EIP712Domain": own, **types},
        "primaryType": "T0",
        "domain": domain,
        "message": _value(draw, "T0", types),
    }


def test_the_peer_makes_the_same_digest_wherever_both_make_one() -> None:
    draw = random.Random(712)
    same = sure = 0
    for _ in range(1_500):
        data = _drawn(draw)
        found = read_typed(json.dumps(data), "1")
        try:
            signable = encode_typed_data(full_message=data)
        except Exception:  # the peer raises whatever it comes to
            assert found.digest is None or found.why, data
            continue
        theirs = keccak256(b"\x19" + signable.version + signable.header + signable.body)
        if found.digest is None:
            assert found.why
            continue
        assert found.digest == theirs, data
        same += 1
        sure += not found.why
    assert same > 700
    assert 200 < sure < same, "some are doubtful"


def _one(kind: str, value: Any) -> tuple[bytes, str]:
    types = {"EIP712Domain": [], "C": [{"name": "x", "type": kind}], "P": []}
    return encode(types, "C", {}, {"x": value})


@pytest.mark.parametrize(
    ("kind", "plain", "odd"),
    [
        ("bool", False, "false"),
        ("bool", True, 1),
        ("uint256", 5, "05"),
        ("uint256", 5, 5.0),
        ("uint256", "5", "+5"),
        ("uint256", str(2**60), 2**60),
        ("string", "\5", 5),
        ("bytes", "0x68656c6c6f", "hello"),
        ("bytes4", "0x12340000", "0x1234"),
        ("address", "0x" + "ab" * 20, "ab" * 20),
    ],
)
def test_values_that_wallets_take_otherwise_are_doubtful(kind: str, plain: Any, odd: Any) -> None:
    digest, doubt = _one(kind, plain)
    assert doubt == ""
    same, doubt = _one(kind, odd)
    assert same == digest
    assert doubt == f"'x' of type {kind}"


@pytest.mark.parametrize("kind", ["P", "string", "uint8[2]", "uint8[][]"])
def test_what_is_missing_or_a_list_of_another_form_is_doubtful(kind: str) -> None:
    assert _one(kind, [] if kind.endswith("]") else None)[1]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("uint8", 256), ("int8", 128), ("int8", -129), ("uint256", "1e3"), ("uint256", True),
        ("address", "0x1234"), ("bytes4", "0x1234567890"), ("bool", []), ("string", 1.5),
        ("fixed128x18", "1.5"), ("Q", {}), ("P", []), ("uint8[]", 5), ("string", "\ud800"),
        ("uint8", None), ("uint7", 5), ("uint256", 1.5), ("uint8[", [1]),
    ],
)  # fmt: skip
def test_what_has_no_digest_is_said_in_words(kind: str, value: Any) -> None:
    with pytest.raises(NotEncodedError, match=r"^(its|it has|a value of its) ") as raised:
        _one(kind, value)
    assert "Error" not in str(raised.value)


def _hostile() -> dict[str, dict[str, Any]]:
    chain = {f"T{n}": [{"name": "a", "type": f"T{n + 1}"}] for n in range(1_200)}
    own = [{"name": f"x{n}", "type": f"T{n}"} for n in range(1_200)]
    wide = [{"name": f"a{n}", "type": "D"} for n in range(200)]
    nested: Any = []
    for _ in range(150):
        nested = [nested]
    return {
        "types that stand on each other": {
            "types": {**chain, "T1200": [], "C": own},
            "message": {f"x{n}": {} for n in range(1_200)},
        },
        "a short value of many": {
            "types": {"C": [{"name": "w", "type": "uint8[]"}]},
            "message": {"w": [1] * 40_000},
        },
        "structs of nothing": {
            "types": {"C": [{"name": "w", "type": "D[]"}], "D": wide},
            "message": {"w": [{}] * 30_000},
        },
        "lists in lists": {
            "types": {"C": [{"name": "w", "type": "uint8" + "[]" * 90}]},
            "message": {"w": nested},
        },
        "a type that is its own": {
            "types": {"C": [{"name": "a", "type": "C"}, {"name": "b", "type": "C[]"}]},
            "message": {},
        },
        "a name without end": {
            "types": {"C": [{"name": "w", "type": "D" * 30_000 + "[]"}]},
            "message": {"w": [1] * 20_000},
        },
        "one long text": {
            "types": {"C": [{"name": "w", "type": "string"}]},
            "message": {"w": "x" * 130_000},
        },
    }


@pytest.mark.parametrize("what", _hostile())
def test_hostile_typed_data_cost_little_and_are_not_called_false(what: str) -> None:
    parts = _hostile()[what]
    text = json.dumps({
        "types": {"EIP712Domain": [], **parts["types"]},
        "primaryType": "C",
        "domain": {},
        "message": parts["message"],
    })  # fmt: skip
    _memory.clear()
    started = time.process_time()
    row = claim("ethereum", evm_address(key(1)), "0x" + "11" * 64 + "1b", message=text)
    assert judge(row, REGISTRY).control is Control.UNSUPPORTED
    assert time.process_time() - started < 0.5  # some 40 ms; a busy machine takes longer
