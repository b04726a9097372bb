"""Which keys may spend, read from what nodes answer: right, weights, given away, and no answer."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.recorded import recorded
from support.signed_rows import antelope_key, key

from scanner.chains.algorand.reader import AlgorandReader
from scanner.chains.antelope.keys import Permissions
from scanner.chains.aptos.reader import AptosReader
from scanner.chains.hedera.keys import account_key
from scanner.chains.near.keys import access_keys, holds_code
from scanner.chains.stellar.keys import account_keys
from scanner.chains.ton.api import AccountState
from scanner.chains.ton.keys import wallet_key
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses import base58
from scanner.model.addresses.base32_keys import AlgorandCodec, StrkeyCodec
from scanner.model.addresses.hexadecimal import AptosCodec
from scanner.model.addresses.ton import TonCodec
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, keys_of
from scanner.model.ton_cells import Builder, Cell, read_bag, write_bag
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FIRST, SECOND = hashlib.sha256(b"1").digest(), hashlib.sha256(b"2").digest()
STRKEY, ALGORAND = StrkeyCodec("stellar", ""), AlgorandCodec("algorand", "")


def ed(data: bytes) -> PolicyKey:
    return PolicyKey(KeyKind.ED25519, data)


def stellar(*signers: tuple[str, int, str], medium: int = 0) -> dict[str, Any]:
    listed = [{"key": k, "weight": w, "type": t} for k, w, t in signers]
    return {"signers": listed, "thresholds": {"med_threshold": medium}}


def test_stellar_signers_weights_and_threshold() -> None:
    first, second = STRKEY.encode(FIRST), STRKEY.encode(SECOND)
    kind = "ed25519_public_key"
    policy = account_keys("n", stellar((first, 0, kind), (second, 2, kind), medium=3), 7)
    (way,) = policy.ways
    assert (keys_of([way]), way.threshold, way.members[0].weight) == ([ed(SECOND)], 3, 2)
    assert account_keys("n", stellar((first, 1, kind)), 7).ways[0].threshold == 1
    hashed = account_keys("n", stellar((first, 1, kind), ("X" * 56, 1, "sha256_hash")), 7)
    assert keys_of(hashed.ways) == [ed(FIRST)]
    assert "not keys" in hashed.note
    real = account_keys("n", recorded("stellar", "account"), 7)
    assert real.ways
    for wrong in (stellar(("G", 1, kind)), {"signers": []}, stellar((first, -1, kind))):
        with pytest.raises(SourceUnavailableError):
            account_keys("n", wrong, 7)


def near(*keys: tuple[str, object]) -> dict[str, Any]:
    return {"keys": [{"public_key": k, "access_key": {"permission": p}} for k, p in keys]}


def test_near_full_access_keys_alone_may_spend() -> None:
    full, call = f"ed25519:{base58.encode(FIRST)}", f"ed25519:{base58.encode(SECOND)}"
    policy = access_keys("n", near((full, "FullAccess"), (call, {"FunctionCall": {}})), 7)
    assert keys_of(policy.ways) == [ed(FIRST)]
    assert access_keys("n", near((call, {"FunctionCall": {}})), 7).ways == ()
    assert access_keys("n", near(), 7).ways == ()  # its key was deleted
    assert not access_keys("n", near(), 7).disputed
    lockup = access_keys("n", near((call, {"FunctionCall": {}})), 7, has_code=True)
    assert "contract decides" in lockup.disputed
    assert not access_keys("n", near((full, "FullAccess")), 7, has_code=True).disputed
    point = key(1).public_key.format(compressed=False)[1:]
    other = access_keys("n", near((f"secp256k1:{base58.encode(point)}", "FullAccess")), 7)
    assert keys_of(other.ways)[0].value == key(1).public_key.format()
    for wrong in (near(("ed25519:1", "FullAccess")), near(("x", "FullAccess")), {}):
        with pytest.raises(SourceUnavailableError):
            access_keys("n", wrong, 7)


def test_near_accounts_that_a_contract_stands_at() -> None:
    plain = recorded("near", "view_account")["result"]
    assert not holds_code("n", plain)
    assert not holds_code("n", {**plain, "global_contract_hash": None})
    assert holds_code("n", {**plain, "code_hash": base58.encode(FIRST)})
    assert holds_code("n", {**plain, "global_contract_account_id": "multisig.near"})
    with pytest.raises(SourceUnavailableError):
        holds_code("n", {"code_hash": 5})


def authority(threshold: int, keys: object = (), accounts: object = ()) -> dict[str, Any]:
    return {
        "threshold": threshold,
        "keys": [{"key": k, "weight": w} for k, w in keys],  # type: ignore[attr-defined]
        "accounts": [
            {"permission": {"actor": a, "permission": p}, "weight": w}
            for a, p, w in accounts  # type: ignore[attr-defined]
        ],
        "waits": [],
    }


def antelope(**permissions: dict[str, Any]) -> dict[str, Any]:
    listed = [{"perm_name": n, "required_auth": a} for n, a in permissions.items()]
    return {"permissions": listed}


def test_antelope_permissions_follow_accounts_and_leave_code_and_other_curves_out() -> None:
    mine, other = antelope_key(key(1)), antelope_key(key(2))
    known = {"friend": antelope(active=authority(1, [(other, 1)]))}
    account = antelope(
        owner=authority(2, [(mine, 1), ("PUB_WA_x", 9)]),
        active=authority(
            2, [(mine, 1)], [("friend", "active", 1), ("me", "eosio.code", 2), ("gone", "x", 2)]
        ),
    )
    active, owner = Permissions("n", known.get).policy(account, 7).ways
    assert [m.weight for m in owner.members] == [1]
    _, second = active.members
    assert isinstance(second.by, Way)
    assert keys_of([second.by])[0].value == key(2).public_key.format()
    assert active.threshold == 2
    assert Permissions("n", known.get).policy(recorded("antelope", "get_account"), 7).ways
    with pytest.raises(SourceUnavailableError):
        Permissions("n", known.get).policy(antelope(active=authority(0, [(mine, 1)])), 7)


def test_antelope_accounts_that_name_each_other_end() -> None:
    loop = antelope(active=authority(1, (), [("a", "active", 1), ("b", "active", 1)]))
    with pytest.raises(SourceRejectedError, match="too many"):
        Permissions("n", lambda _: loop).policy(loop, 7)
    alone = antelope(active=authority(1, (), [("a", "active", 1)]))
    assert keys_of(Permissions("n", lambda _: alone).policy(alone, 7).ways) == []


def hedera(kind: str, data: bytes) -> dict[str, str]:
    return {"_type": kind, "key": data.hex()}


def proto(number: int, data: bytes) -> bytes:
    return bytes((number << 3 | 2, len(data))) + data


def test_hedera_keys_lists_and_thresholds() -> None:
    assert keys_of(account_key("n", hedera("ED25519", FIRST), 7).ways) == [ed(FIRST)]
    both = proto(1, proto(2, FIRST)) + proto(1, proto(2, SECOND))
    (way,) = account_key("n", hedera("ProtobufEncoded", proto(6, both)), 7).ways
    assert (keys_of([way]), way.threshold) == ([ed(FIRST), ed(SECOND)], 2)
    (one,) = account_key(
        "n", hedera("ProtobufEncoded", proto(5, b"\x08\x01" + proto(2, both))), 7
    ).ways
    assert one.threshold == 1
    assert account_key("n", None, 7).disputed
    contract = proto(1, proto(1, b"\x18\x05")) + proto(1, proto(2, FIRST))
    (mixed,) = account_key("n", hedera("ProtobufEncoded", proto(6, contract)), 7).ways
    assert [m.hides for m in mixed.members] == [True, False]
    for wrong in (
        b"",
        b"\xff",
        proto(6, proto(1, b"")),
        proto(9, b"x"),
        proto(2, b"x"),
        proto(2, FIRST) * 2,
        proto(5, b"\x08\x02\x08\x01" + proto(2, both)),
        proto(5, b"\x08\x01" + proto(2, both) * 2),
        proto(5, b"\x08\x00" + proto(2, both)),
    ):
        with pytest.raises(SourceUnavailableError):
            account_key("n", hedera("ProtobufEncoded", wrong), 7)
    with pytest.raises(SourceUnavailableError):
        account_key("n", hedera("ED25519", b"short"), 7)


def test_a_rekeyed_algorand_account(monkeypatch: pytest.MonkeyPatch) -> None:
    made = AlgorandReader(Endpoint("a", "algorand", "algorand_rest", "http://127.0.0.1:9"),
                          REGISTRY.network("algorand"))  # fmt: skip
    address = ALGORAND.decode(ALGORAND.encode(FIRST))
    answer: dict[str, Any] = {"address": address.text, "round": 9, "amount": 1}
    monkeypatch.setattr(made._rest, "json", lambda path, headers=None: answer)
    at = BlockRef("algorand", "x", 9, "h")
    assert keys_of(made.key_policy(address, at).ways)[0].value == FIRST
    answer["auth-addr"] = ALGORAND.encode(SECOND)
    policy = made.key_policy(address, at)
    assert (keys_of(policy.ways)[0].value, policy.height) == (SECOND, 9)
    for name, value in (("auth-addr", "nobody"), ("address", ALGORAND.encode(SECOND))):
        kept = answer[name]
        answer[name] = value
        with pytest.raises(SourceUnavailableError):
            made.key_policy(address, at)
        answer[name] = kept
    made.close()


def test_a_rotated_aptos_account(monkeypatch: pytest.MonkeyPatch) -> None:
    made = AptosReader(Endpoint("a", "aptos", "aptos_rest", "http://127.0.0.1:9"),
                       REGISTRY.network("aptos"))  # fmt: skip
    address = AptosCodec("aptos", "").decode("0x" + FIRST.hex())
    at = BlockRef("aptos", "1", 9, "h")
    made._versions["h"] = 70
    headers = {"x-aptos-ledger-version": "80", "x-aptos-ledger-oldest-version": "1"}
    body: dict[str, Any] = {"authentication_key": "0x" + SECOND.hex()}
    state = {"status": 200}

    def get(path: str = "", more: object = None) -> object:
        assert path.endswith("ledger_version=70")
        return SimpleNamespace(
            status=state["status"],
            headers=headers,
            json=lambda: body,
            raise_for_status=lambda: None,
        )

    monkeypatch.setattr(made._http, "get", get)
    assert keys_of(made.key_policy(address, at).ways)[0].value == SECOND
    body["authentication_key"] = "0x" + bytes(32).hex()
    several = made.key_policy(address, at)
    assert (several.ways, "only the module" in several.disputed) == ((), True)
    body["authentication_key"] = "0x12"
    with pytest.raises(SourceUnavailableError):
        made.key_policy(address, at)
    state["status"], body["error_code"] = 404, "account_not_found"
    assert keys_of(made.key_policy(address, at).ways)[0].value == FIRST
    made.close()


TON_FILE = Path(__file__).parents[2] / "vectors" / "ton_wallets" / "wallets.json"
TON: dict[str, Any] = json.loads(TON_FILE.read_text())


def ton(address: str, status: str = "active", data: str = "", code: str = "") -> KeyPolicy:
    state = AccountState(9, "ab" * 32, 1, status, data, code)
    return wallet_key(TonCodec("ton", "").decode(address), state)


@pytest.mark.parametrize("wallet", TON["wallets"], ids=lambda w: w["wallet"])
def test_ton_code_says_the_wallet_and_its_data_the_key(wallet: dict[str, str]) -> None:
    policy = ton(wallet["address"], data=wallet["data"], code=wallet["code"])
    assert keys_of(policy.ways) == [ed(bytes.fromhex(TON["key"]))]
    assert policy.ways[0].name == f"wallet {wallet['wallet']}"
    assert (policy.height, policy.note, policy.disputed) == (9, "", "")


def test_ton_plugins_signatures_switched_off_and_keys_that_were_replaced() -> None:
    by_name = {w["wallet"]: w for w in TON["wallets"]}
    v4, v5 = by_name["v4r2"], by_name["v5r1"]
    data = read_bag(v4["data"])
    with_plugin = Cell(data.bits | 1, data.width, (Builder().cell(),))
    assert "plugins" in ton(v4["address"], data=write_bag(with_plugin), code=v4["code"]).note
    other = Builder().uint(7, 32).uint(1, 32).uint(5, 256).uint(0, 1).cell()
    given_away = ton(v4["address"], data=write_bag(other), code=v4["code"])
    assert keys_of(given_away.ways) == [ed((5).to_bytes(32, "big"))]
    data = read_bag(v5["data"])
    off = Cell(data.bits & ~(1 << (data.width - 1)), data.width)
    policy = ton(v5["address"], data=write_bag(off), code=v5["code"])
    assert (policy.ways, "switched off" in policy.note) == ((), True)


def test_ton_code_that_is_not_known_no_code_and_frozen() -> None:
    v4 = TON["wallets"][7]
    strange = write_bag(Builder().uint(1, 8).cell())
    for state in (
        {"data": v4["data"], "code": strange},
        {"data": strange, "code": v4["code"]},
        {"data": v4["data"], "code": "x"},
        {"status": "frozen"},
    ):
        policy = ton(v4["address"], **state)
        assert policy.disputed
        assert not policy.ways
    (way,) = ton(v4["address"], status="uninitialized").ways
    payload = TonCodec("ton", "").decode(v4["address"]).payload
    assert keys_of([way]) == [PolicyKey(KeyKind.ACCOUNT, payload)]
    assert way.members[0].hides
