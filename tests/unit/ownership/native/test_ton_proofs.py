"""What wallets of TON and the pages they talk to hand out: the state init beside a ton_proof."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.signed_rows import claim, ed_key

from scanner.model.addresses.ton import TonCodec
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, single
from scanner.model.ton_cells import Builder, Cell, read_bag, write_bag
from scanner.ownership.judge import judge
from scanner.ownership.native.parts import said_in
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "ton_connect" / "ton_proofs.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text())
ROWS: dict[str, dict[str, str]] = {row["name"]: row for row in VECTORS["rows"]}
OWN = (
    *("v3r2", "v4r2", "v5r1", "v4r2, another sub-wallet", "v5r1, another sub-wallet"),
    *("v3r1 of the masterchain", "v2r2", "v1r3", "v5beta"),
)
"""Whose key is shown by the address, or by the state init that it is the hash of."""
BY_ADDRESS = tuple(name for name in OWN if " " not in name)
NOT_SHOWN = tuple(name for name in ROWS if name not in OWN)
V4, OTHER = ROWS["v4r2"], ROWS["v4r2, another sub-wallet"]
TEXT = VECTORS["payload"]


def proof(row: Mapping[str, str], **changes: object) -> dict[str, object]:
    """The object "proof" of a reply."""
    return {
        "timestamp": VECTORS["timestamp"],
        "domain": {"lengthBytes": len(VECTORS["domain"]), "value": VECTORS["domain"]},
        "signature": row["ton_proof"],
        "payload": TEXT,
        **changes,
    }


def checked_by_backends(row: Mapping[str, str], **changes: object) -> dict[str, object]:
    return {
        "address": row["address"],
        "network": "-239",
        "public_key": row["public_key"],
        "proof": proof(row, state_init=row["state_init"]),
        **changes,
    }


def judged(message: object, row: Mapping[str, str], **changes: object) -> ControlResult:
    text = message if isinstance(message, str) else json.dumps(message)
    given = claim("ton", row["address"], row["ton_proof"], message=text, script=row["public_key"])
    return judge(given._replace(**changes), REGISTRY)


def shapes(row: Mapping[str, str]) -> list[dict[str, object]]:
    """One ton_proof as it is handed out: a reply, what backends check, and the like."""
    reply = {"name": "ton_proof", "proof": proof(row)}
    state = row["state_init"]
    beside = {"address": row["address"], "network": "-239", "publicKey": row["public_key"]}
    return [
        {"name": "ton_proof", "proof": proof(row, state_init=state)},
        checked_by_backends(row),
        proof(row, state_init=state),
        proof(row, timestamp=str(VECTORS["timestamp"]), state_init=state),
        {**reply, **beside, "walletStateInit": state},
        {**reply, "walletStateInit": row["indexed"]},
        {**checked_by_backends(row), "address": row["friendly"]},
    ]


@pytest.mark.parametrize("name", OWN)
def test_the_state_init_that_the_address_is_made_of(name: str) -> None:
    row = ROWS[name]
    for shape in shapes(row):
        result = judged(shape, row)
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED), shape
        assert result.signed_by == (row["public_key"],)


@pytest.mark.parametrize("name", NOT_SHOWN)
def test_code_and_data_that_say_nothing_of_the_key(name: str) -> None:
    """The key signed, and whether the account is its own only the chain can say."""
    row = ROWS[name]
    for shape in shapes(row):
        result = judged(shape, row)
        assert result.control is Control.UNSUPPORTED, shape
        assert not result.shows_control


def test_without_a_state_init_nothing_has_changed() -> None:
    for name in OWN:
        shown = judged({"name": "ton_proof", "proof": proof(ROWS[name])}, ROWS[name])
        assert shown.shows_control is (name in BY_ADDRESS), name


def test_the_key_may_stand_in_the_message_alone() -> None:
    for row in (V4, OTHER):
        for shape in shapes(row):
            assert judged(shape, row, script="").shows_control, shape
    bare = {"name": "ton_proof", "proof": proof(V4)}
    assert "no public key" in judged(bare, V4, script="").reason
    named = judged({**bare, "public_key": V4["public_key"]}, V4, script="")
    assert (named.binding, named.signed_by) == (Binding.DERIVED, (V4["public_key"],))


def test_a_state_init_of_another_account_is_false() -> None:
    for other in (ROWS["v5r1"], OTHER, ROWS["unknown code"], ROWS["v4r2 of another key"]):
        shape = {"name": "ton_proof", "proof": proof(V4, state_init=other["state_init"])}
        result = judged(shape, V4)
        assert result.control is Control.MISMATCH
        assert "another account" in result.reason
        both = {**shape, "walletStateInit": V4["state_init"]}
        assert judged(both, V4).control is Control.MISMATCH


def test_what_is_signed_is_always_the_rows_address() -> None:
    """A whole answer of one account, in another's row."""
    for row, other in ((V4, OTHER), (OTHER, V4)):
        for shape in shapes(row):
            result = judged(shape, row, address=other["address"])
            assert result.control is Control.MISMATCH, shape


def test_an_answer_of_another_key_or_for_another_network_or_text() -> None:
    key = ed_key(3).verify_key.encode().hex()
    for row in (V4, OTHER):
        whole = checked_by_backends(row)
        assert not judged({**whole, "public_key": key}, row).shows_control
        assert not judged({**whole, "public_key": key}, row, script="").shows_control
        assert not judged(whole, row, script=key).shows_control
        assert judged({**whole, "network": "-3"}, row).control is Control.MISMATCH
        for change in (
            {"payload": "another text"},
            {"timestamp": 1},
            {"domain": {"lengthBytes": 5, "value": "b.org"}},
            {"domain": {"lengthBytes": 6, "value": "a.org"}},
            {"signature": base64.b64encode(bytes(64)).decode()},
            {"state_init": row["state_init"][:-8]},
            {"more": 1},
        ):
            changed = {**whole, "proof": {**proof(row, state_init=row["state_init"]), **change}}
            assert judged(changed, row).control is not Control.CONTROLS, change
        assert judged({**whole, "more": 1}, row).control is not Control.CONTROLS
        assert judged({**whole, "name": "ton_addr"}, row).control is not Control.CONTROLS


@pytest.mark.parametrize("seconds", ["", "-1", "1e9", " 1760000000", "01760000000", "9" * 30, True])
def test_times_that_are_none(seconds: object) -> None:
    shape = {"name": "ton_proof", "proof": proof(V4, timestamp=seconds)}
    assert judged(shape, V4).control is not Control.CONTROLS


def big_bag() -> str:
    cell = Builder().cell()
    for n in range(254):
        cell = Builder().uint(n, 1000).cell(cell)
    return write_bag(cell)


@pytest.mark.parametrize(
    "text",
    [
        *("!", "AAAA", V4["state_init"][:-4], V4["state_init"] + "AAAA", "A" * 40_000),
        base64.b64encode(base64.b64decode(V4["state_init"]) + b"\0").decode(),
        write_bag(Builder().uint(0, 3).cell()),
        write_bag(Builder().uint(0b00110, 5).cell(Builder().cell())),
        write_bag(Cell(2 << 256, 264, (), True)),
        big_bag(),
    ],
)
def test_a_state_init_that_is_not_read_is_said_to_be_so(text: str) -> None:
    for row in (V4, OTHER):
        result = judged({"name": "ton_proof", "proof": proof(row, state_init=text)}, row)
        assert result.control in (Control.MALFORMED, Control.UNSUPPORTED)
        assert "state init" in result.reason
    assert judged(proof(V4, state_init=5), V4).control is Control.MALFORMED


@pytest.mark.parametrize("name", ["v4r2", "v5r1, another sub-wallet"])
def test_a_state_init_that_was_damaged_on_its_way_makes_no_row_false(name: str) -> None:
    """Its checksum says so; without one it is another state init."""
    row = ROWS[name]
    data = base64.b64decode(row["state_init"])
    for at in range(0, len(data)):
        damaged = data[:at] + bytes((data[at] ^ 1 << at % 8,)) + data[at + 1 :]
        text = base64.b64encode(damaged).decode()
        result = judged({"name": "ton_proof", "proof": proof(row, state_init=text)}, row)
        assert result.control is Control.UNSUPPORTED, at
        assert "not read" in result.reason
    data = base64.b64decode(row["indexed"])
    damaged = data[:-1] + bytes((data[-1] ^ 2,))
    text = base64.b64encode(damaged).decode()
    result = judged({"name": "ton_proof", "proof": proof(row, state_init=text)}, row)
    assert result.control is Control.MISMATCH


def test_sign_data_with_what_backends_check() -> None:
    for row in (V4, OTHER):
        message: dict[str, object] = {
            "address": row["address"],
            "network": "-239",
            "public_key": row["public_key"],
            "signature": row["sign_data"],
            "timestamp": VECTORS["timestamp"],
            "domain": VECTORS["domain"],
            "payload": {"type": "text", "text": TEXT},
            "walletStateInit": row["state_init"],
        }
        signed = (row["sign_data"],)
        assert judged(message, row, signatures=signed).shows_control
        other = {**message, "walletStateInit": ROWS["v3r2"]["state_init"]}
        assert judged(other, row, signatures=signed).control is Control.MISMATCH


def test_the_text_and_its_place_in_every_shape() -> None:
    for shape in shapes(V4):
        said = said_in(json.dumps(shape))
        assert (said.text, said.place, said.log_in) == (TEXT, VECTORS["domain"], True)
    twin = {"name": "ton_proof", "proof": proof(V4, payload=TEXT + "\n")}
    assert "the same text without spaces and line ends" in judged(twin, V4).reason


def test_the_whole_answer_as_the_signature() -> None:
    for row in (V4, OTHER):
        for shape in shapes(row):
            text = json.dumps(shape)
            given = SignedMessage(row["address"], text, (text,), "ton")
            assert check_message(given, REGISTRY).result.shows_control, shape


def test_an_account_that_is_not_begun_is_shown_by_its_state_init() -> None:
    """The chain names such an account by its hash; the state init says whose it is."""
    payload = TonCodec("ton", "").decode(OTHER["address"]).payload
    way = single("the key of the address", PolicyKey(KeyKind.ACCOUNT, payload), hides=True)
    unbegun = KeyPolicy((way,), 9)
    text = json.dumps(checked_by_backends(OTHER))
    given = claim("ton", OTHER["address"], OTHER["ton_proof"], message=text)
    found = judge(given, REGISTRY, keys=lambda _: unbegun)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    bare = json.dumps({"name": "ton_proof", "proof": proof(OTHER)})
    hidden = given._replace(message=bare, script=OTHER["public_key"])
    assert judge(hidden, REGISTRY, keys=lambda _: unbegun).control is Control.UNSUPPORTED
    key = ed_key(3).verify_key.encode()
    replaced = KeyPolicy((single("wallet v4r2", PolicyKey(KeyKind.ED25519, key)),), 9)
    assert judge(given, REGISTRY, keys=lambda _: replaced).control is Control.MISMATCH


def test_deep_bags_are_hashed_without_recursion() -> None:
    cell = Builder().cell()
    for n in range(5_000):
        cell = Builder().uint(n, 16).cell(cell)
    assert len(cell.hash) == 32
    assert cell.depth == 5_000
    whole = base64.b64decode(V4["state_init"])
    assert read_bag(V4["state_init"]).hash == read_bag(V4["indexed"]).hash
    with pytest.raises(ValueError, match="behind"):
        read_bag(base64.b64encode(whole + b"\0").decode())


def test_a_signed_cell_is_named_and_says_nothing() -> None:
    """Of its schema only a checksum is signed, so what its signer was shown cannot be told."""
    row = ROWS["v4r2"]
    cell = {"type": "cell", "schema": "I own this", "cell": write_bag(Builder().uint(1, 8).cell())}
    message: dict[str, object] = {
        "domain": VECTORS["domain"],
        "timestamp": VECTORS["timestamp"],
        "payload": cell,
    }
    for more in ({}, {"network": "-239", "from": row["friendly"]}):
        result = judged({**message, "payload": {**cell, **more}}, row)
        assert result.control is Control.UNSUPPORTED
        assert "a cell" in result.reason
        assert "sign again as text" in result.reason
    for wrong in ({"cell": 5}, {"schema": None}, {"text": "I own this"}):
        result = judged({**message, "payload": {**cell, **wrong}}, row)
        assert result.control is Control.UNSUPPORTED
        assert "a cell" not in result.reason
