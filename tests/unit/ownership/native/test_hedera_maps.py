"""Hedera's SignatureMaps of several keys, and how SDKs and wallets hand out maps and keys."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from support.signed_rows import claim, ed_key, key

from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
FILE = Path(__file__).parents[3] / "vectors" / "hedera_maps" / "vectors.json"
VECTORS = {v["form"]: v for v in json.loads(FILE.read_text())}
NOT_READ = {"ec key evm": "an EVM address", "ec key mirror": "publish the public key in hex"}
TEXT = "I am an exchange address"
SAID = b"\x19Hedera Signed Message:\n" + str(len(TEXT)).encode() + TEXT.encode()
ED, OTHER, EC = ed_key(1), ed_key(2), key(1)
ED_KEY, OTHER_KEY = (k.verify_key.encode() for k in (ED, OTHER))
EC_KEY = EC.public_key.format()
BOTH = f"{ED_KEY.hex()} {EC_KEY.hex()}"


def pair(tag: bytes, prefix: bytes, signature: bytes) -> bytes:
    start = b"\x0a" + bytes((len(prefix),)) + prefix if prefix else b""
    body = start + tag + bytes((len(signature),)) + signature
    return b"\x0a" + bytes((len(body),)) + body


def by_ed(signer: object = ED, prefix: bytes = ED_KEY, said: bytes = SAID) -> bytes:
    return pair(b"\x1a", prefix, signer.sign(said).signature)  # type: ignore[attr-defined]


def by_ec(prefix: bytes = EC_KEY, said: bytes = SAID) -> bytes:
    made = EC.sign_recoverable(keccak256(said), hasher=None)[:64]
    return pair(b"\x32", prefix, made)


def judged(*maps: bytes | str, script: str = BOTH, **more: object) -> ControlResult:
    texts = [m if isinstance(m, str) else base64.b64encode(m).decode() for m in maps]
    row = claim("hedera", "0.0.98", *texts, script=script, message=TEXT)
    return judge(row, REGISTRY, None, more.get("keys"))  # type: ignore[arg-type]


@pytest.mark.parametrize("form", sorted(VECTORS))
def test_what_the_sdk_makes(form: str) -> None:
    vector = VECTORS[form]
    row = claim(
        "hedera",
        vector["address"],
        *vector["signatures"],
        message=vector["message"],
        script=vector["key"],
    )
    result = judge(row, REGISTRY)
    if form in NOT_READ:
        assert result.control is Control.UNSUPPORTED
        assert NOT_READ[form] in result.reason
        return
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED), result
    assert len(result.signed_by) == (2 if "two" in form else 1)
    changed = judge(row._replace(message=row.message + "."), REGISTRY)
    assert changed.control is Control.UNSUPPORTED


@pytest.mark.parametrize("prefixes", [(ED_KEY, EC_KEY), (ED_KEY[:4], EC_KEY[:4]), (b"", b"")])
def test_a_map_of_keys_of_both_kinds(prefixes: tuple[bytes, bytes]) -> None:
    first, second = by_ed(prefix=prefixes[0]), by_ec(prefix=prefixes[1])
    for maps in ((first + second,), (second + first,), (first, second), (first + second, first)):
        result = judged(*maps)
        assert result.control is Control.CONTROLS, result
        assert set(result.signed_by) == {ED_KEY.hex(), EC_KEY.hex()}
    for wrapped in ({"signatureMap": base64.b64encode(first + second).decode()},):
        assert judged(json.dumps(wrapped)).control is Control.CONTROLS


def test_every_signature_of_a_map_must_be_good() -> None:
    good = by_ed()
    for bad in (by_ec(said=SAID + b"."), by_ed(OTHER, prefix=b""), by_ed(OTHER, ED_KEY)):
        for both in (good + bad, bad + good):
            assert judged(both).control is Control.MISMATCH
    neither = by_ed(said=b"x") + by_ec(said=b"x")
    assert judged(neither).control is Control.UNSUPPORTED


def test_a_map_with_a_key_that_is_not_published_says_so() -> None:
    for both in (by_ed() + by_ed(OTHER, OTHER_KEY), by_ed(OTHER, OTHER_KEY[:2]) + by_ed()):
        result = judged(both)
        assert result.control is Control.UNSUPPORTED
        assert OTHER_KEY[:2].hex() in result.reason
        assert "publish the keys of all that signed" in result.reason
        script = f"{BOTH},{OTHER_KEY.hex()}"
        assert judged(both, script=script).control is Control.CONTROLS
    alone = judged(by_ed() + by_ec(), script=ED_KEY.hex())
    assert alone.control is Control.UNSUPPORTED
    assert EC_KEY[:8].hex() in alone.reason


def test_what_is_no_map() -> None:
    good = by_ed() + by_ec()
    for bad in (good[:-1], good + b"\0", good[1:], by_ed() * 2, good * 11, b"\x0a\x00" + good):
        assert judged(bad).control in (Control.MALFORMED, Control.UNSUPPORTED), bad.hex()
    for text in ('{"signatureMap": ""}', "A" * 50_000, "?"):
        assert judged(text).control in (Control.MALFORMED, Control.UNSUPPORTED), text[:40]
    for text in ("{}", '{"signatureMap": 5}', json.dumps(list(good)), "{" * 5_000, "[" * 50_000):
        result = judged(text)
        assert result.control is Control.UNSUPPORTED
        assert "publish the SignatureMap in base64" in result.reason


def test_the_keys_of_the_network_judge_all_who_signed() -> None:
    def of(*keys: PolicyKey) -> KeyPolicy:
        way = Way("its 2 keys", tuple(map(Weighted, keys)), 2)
        return KeyPolicy((way,), 100)

    both = of(PolicyKey(KeyKind.ED25519, ED_KEY), PolicyKey(KeyKind.SECP256K1, EC_KEY))
    other = of(PolicyKey(KeyKind.ED25519, ED_KEY), PolicyKey(KeyKind.ED25519, OTHER_KEY))
    for policy, shown in ((both, True), (other, False)):
        for maps in ((by_ed() + by_ec(),), (by_ed(), by_ec())):
            assert judged(*maps, keys=lambda _, p=policy: p).shows_control is shown
    assert not judged(by_ed(), keys=lambda _: both).shows_control


@pytest.mark.parametrize("before", ["", "302d300706052b8104000a032200"])
def test_an_ecdsa_key_in_base64(before: str) -> None:
    script = base64.b64encode(bytes.fromhex(before) + EC_KEY).decode()
    assert judged(by_ec(), script=script).control is Control.CONTROLS
    short = base64.b64encode(bytes.fromhex(before) + EC_KEY[:-1]).decode()
    assert judged(by_ec(), script=short).control is not Control.CONTROLS
