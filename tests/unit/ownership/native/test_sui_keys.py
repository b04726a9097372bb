"""Sui's secp256r1 keys and passkeys: what must not pass."""

from __future__ import annotations

import base64
from hashlib import sha256

import pytest
from support.bcs_rows import (
    MESSAGE,
    SITE,
    SUI_DIGEST,
    asked,
    high_p256,
    p256_key,
    p256_sign,
    passkey,
    sized,
    sui_address,
    sui_rows,
)
from support.signed_rows import claim, ed_key

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
KEY, OTHER = p256_key(1), p256_key(2)
MINE = sui_address(6, KEY)
R1 = sui_address(2, KEY)
ROWS = {row.label: row.claim for row in sui_rows(1)}


def judged(address: str, data: bytes, message: str = MESSAGE) -> ControlResult:
    text = base64.b64encode(data).decode()
    return judge(claim("sui", address, text, message=message), REGISTRY)


@pytest.mark.parametrize("label", ROWS)
def test_each_kind_controls_its_own_address_alone(label: str) -> None:
    found = judge(ROWS[label], REGISTRY)
    assert (found.control, found.binding) == (Control.CONTROLS, Binding.DERIVED), found
    for other, row in ROWS.items():
        if other != label:
            there = judge(ROWS[label]._replace(address=row.address), REGISTRY)
            assert there.control is not Control.CONTROLS


def test_a_passkey_signs_what_its_browser_was_asked_for() -> None:
    assert judged(MINE, passkey(1, asked(SUI_DIGEST))).shows_control
    assert judged(MINE, passkey(1, asked(SUI_DIGEST, more="x", crossOrigin=True))).shows_control
    assert judged(MINE, passkey(1, asked(SUI_DIGEST), SITE + b"\xa0" * 90)).shows_control


@pytest.mark.parametrize(
    "client",
    [
        asked(SUI_DIGEST, type="webauthn.create"),
        asked(SUI_DIGEST[:-1]),
        asked(SUI_DIGEST + b"\0"),
        asked(b"\3\0\0" + SUI_DIGEST),  # as an earlier draft had it
        asked(sha256(SUI_DIGEST).digest()),
        asked(SUI_DIGEST, challenge=SUI_DIGEST.hex()),
        asked(SUI_DIGEST).replace(b'"origin"', b'"challenge": "", "origin"'),
        asked(SUI_DIGEST) + b" {}",
        b"",
        SUI_DIGEST,
    ],
)
def test_a_passkey_that_was_asked_for_something_else(client: bytes) -> None:
    found = judged(MINE, passkey(1, client))
    assert found.control is Control.UNSUPPORTED
    assert "fits no known form" in found.reason


def test_a_passkeys_parts_cannot_be_exchanged() -> None:
    good = passkey(1, asked(SUI_DIGEST))
    client, other = asked(SUI_DIGEST), asked(SUI_DIGEST, origin="https://other.example.org")
    made = p256_sign(1, SITE + sha256(client).digest())
    inner = sized(b"\2" + made + KEY)
    assert good == b"\6" + sized(SITE) + sized(client) + inner
    for changed in (
        b"\6" + sized(SITE) + sized(other) + inner,  # signed for another site
        b"\6" + sized(SITE[:-1] + b"\x08") + sized(client) + inner,
        b"\6" + sized(SITE) + sized(client) + sized(b"\2" + made + OTHER),
        b"\6" + sized(SITE) + sized(client) + sized(b"\1" + made + KEY),
        b"\6" + sized(SITE) + sized(client) + sized(b"\6" + made + KEY),
        b"\6" + sized(SITE) + sized(client) + sized(b"\2" + made + KEY + b"\0"),
        b"\6" + sized(SITE) + sized(client) + sized(b"\2" + made),
        b"\6" + bytes((len(SITE) | 0x80, 0)) + SITE + sized(client) + inner,  # a length in two
        good + b"\0",
        good[:-1],
        passkey(1, client, high=True),
        passkey(1, client, b""),
        passkey(1, client, SITE[:36]),
    ):
        found = judged(MINE, changed)
        assert found.control is Control.UNSUPPORTED, found
        assert found.reason


def test_a_passkey_is_no_plain_key_and_the_other_way_round() -> None:
    """The same key of the curve: what it signs as one says nothing of the other's address."""
    plain = b"\2" + p256_sign(1, SUI_DIGEST) + KEY
    assert judged(R1, plain).shows_control
    assert judged(MINE, plain).control is Control.UNSUPPORTED
    assert judged(R1, passkey(1, asked(SUI_DIGEST))).control is Control.UNSUPPORTED
    client = asked(SUI_DIGEST)
    whole = sized(SITE) + sized(client) + sized(b"\2" + p256_sign(1, SUI_DIGEST) + KEY)
    assert judged(MINE, b"\6" + whole).control is Control.UNSUPPORTED
    as_passkey = p256_sign(1, SITE + sha256(client).digest())
    assert judged(R1, b"\2" + as_passkey + KEY).control is Control.UNSUPPORTED


def test_secp256r1_signs_the_hash_of_the_digest_with_low_s() -> None:
    made = p256_sign(1, SUI_DIGEST)
    assert judged(R1, b"\2" + made + KEY).shows_control
    for wrong in (
        high_p256(made) + KEY,
        p256_sign(1, MESSAGE.encode()) + KEY,
        p256_sign(1, sha256(SUI_DIGEST).digest()) + KEY,
        p256_sign(2, SUI_DIGEST) + KEY,
        bytes(64) + KEY,
        made + bytes(33),
        made + b"\2" + b"\xff" * 32,
        made + KEY + b"\0",
        made + KEY[:-1],
    ):
        found = judged(R1, b"\2" + wrong)
        assert found.control is Control.UNSUPPORTED, found
        assert not found.signed_by


def _multi(
    members: list[tuple[int, bytes, int]], made: list[tuple[int, bytes]], bits: int
) -> bytes:
    data = b"\3" + bytes((len(made),)) + b"".join(bytes((kind,)) + s for kind, s in made)
    data += bits.to_bytes(2, "little") + bytes((len(members),))
    data += b"".join(bytes((kind,)) + public + bytes((w,)) for kind, public, w in members)
    return data + b"\2\0"


def _address(members: list[tuple[int, bytes, int]]) -> str:
    flags = (0, 1, 2, 5, 6)
    listed = b"".join(bytes((flags[k],)) + public + bytes((w,)) for k, public, w in members)
    return sui_address(3, b"\2\0" + listed)


def test_a_multisig_counts_each_member_once_and_by_its_own_kind() -> None:
    by_passkey = sized(passkey(1, asked(SUI_DIGEST)))
    by_r1 = p256_sign(2, SUI_DIGEST)
    members = [(4, KEY, 1), (2, OTHER, 1), (0, ed_key(1).verify_key.encode(), 1)]
    there = _address(members)
    good = _multi(members, [(4, by_passkey), (2, by_r1)], 3)
    assert judged(there, good).shows_control
    other = sized(passkey(1, asked(sha256(b"other").digest())))
    for made, bits, expected in (
        ([(4, by_passkey)], 1, Control.MISMATCH),
        ([(2, by_r1)], 2, Control.MISMATCH),
        ([(2, by_r1), (4, by_passkey)], 3, Control.UNSUPPORTED),  # not in the members' order
        ([(4, by_passkey), (4, by_passkey)], 3, Control.UNSUPPORTED),
        ([(4, by_passkey), (2, by_r1)], 5, Control.UNSUPPORTED),
        ([(4, by_passkey), (2, high_p256(by_r1))], 3, Control.UNSUPPORTED),  # the other s
        ([(4, other), (2, by_r1)], 3, Control.MISMATCH),
        ([(4, sized(b"\6")), (2, by_r1)], 3, Control.MISMATCH),
        ([(4, other), (2, by_r1[::-1])], 3, Control.UNSUPPORTED),  # nobody signed in this form
    ):
        found = judged(there, _multi(members, made, bits))
        assert found.control is expected, (made, bits, found)
    same = [(4, KEY, 1), (2, KEY, 1)]  # one key as two members: it counts here once
    by_both = _multi(same, [(4, by_passkey), (2, p256_sign(1, SUI_DIGEST))], 3)
    assert judged(_address(same), by_both).control is not Control.CONTROLS


def test_a_multisig_whose_signatures_are_nobodys_is_not_looked_at_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from scanner.ownership.native import sui_multisig

    asked_for = []
    real = sui_multisig.is_by
    monkeypatch.setattr(sui_multisig, "is_by", lambda *a: asked_for.append(1) or real(*a))
    monkeypatch.setattr("scanner.ownership.judge.near_miss", lambda proof, failed, judged: failed)
    members = [(2, p256_key(n), 1) for n in range(10)]
    made = [(2, p256_sign(n + 20, SUI_DIGEST)) for n in range(10)]
    found = judged(_address(members), _multi(members, made, 0x3FF))
    assert found.control is Control.UNSUPPORTED
    assert len(asked_for) == 3


def test_zklogin_is_named_and_not_read() -> None:
    found = judged(MINE, b"\5" + bytes(200))
    assert found.control is Control.UNSUPPORTED
    assert "zkLogin, which is not supported" in found.reason
    issuer = b"\x1bhttps://accounts.google.com" + bytes(32)
    members = [(3, sized(issuer), 1), (2, KEY, 1)]
    listed = b"\2\0\5" + issuer + b"\1\2" + KEY + b"\1"
    there = sui_address(3, listed)
    made = [(3, sized(b"\5" + bytes(60))), (2, p256_sign(1, SUI_DIGEST))]
    both = judged(there, _multi(members, made, 3))
    assert both.control is Control.UNSUPPORTED
    assert "zkLogin made 1 of its signatures, which is not supported" in both.reason


def test_several_whole_signatures_are_judged_one_by_one() -> None:
    members = [(4, KEY, 1), (2, OTHER, 1), (2, p256_key(3), 1)]
    there = _address(members)
    by_passkey = 4, sized(passkey(1, asked(SUI_DIGEST)))
    made = {n: (2, p256_sign(n, SUI_DIGEST)) for n in (2, 3)}
    first = _multi(members, [by_passkey, made[2]], 3)
    second = _multi(members, [made[2], made[3]], 6)
    few = _multi(members, [made[3]], 4)
    alone = b"\2" + made[2][1] + OTHER  # a member's own signature: good, and not the account's
    for data, expected in (
        ((first, first), Control.CONTROLS),
        ((first, second), Control.CONTROLS),
        ((second, few), Control.CONTROLS),
        (
            (few, _multi(members, [made[2]], 2)),
            Control.CONTROLS,
        ),  # each of one member: together two
        ((few, few), Control.MISMATCH),
        ((few, _multi(members, [made[2]], 4)), Control.MISMATCH),  # another member's signature
        ((few, _multi(members[:2], [made[2]], 2)), Control.MISMATCH),  # another account's, too
        ((alone, first), Control.MISMATCH),
        ((first, first[:-1]), Control.UNSUPPORTED),
        ((first, b"\5" + bytes(200)), Control.UNSUPPORTED),
        ((few, alone), Control.UNSUPPORTED),
        ((first, second, alone), Control.UNSUPPORTED),
    ):
        for given in (data, data[::-1]):
            texts = [base64.b64encode(one).decode() for one in given]
            found = judge(claim("sui", there, *texts), REGISTRY)
            assert found.control is expected, (found, given)
