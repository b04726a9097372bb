"""Which scripts count as m-of-n, and which address commits to a script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.bitcoin_signing import BITCOIN, Key, address_of, keys, multisig

from scanner.model.addresses.table import decode_address
from scanner.ownership.bitcoin.multisig import commitment, parse_multisig
from scanner.ownership.primitives.not_proven import NotProvenError

MEMBERS = [k.public for k in keys(16)]
MIXED = [MEMBERS[0], keys(2)[1].uncompressed]


@given(st.integers(1, 16), st.integers(1, 16))
def test_round_trip(required: int, count: int) -> None:
    script = multisig(required, MEMBERS[:count])
    found = parse_multisig(script)
    if required > count:
        assert found is None
    else:
        assert found is not None
        assert (found.required, found.keys) == (required, tuple(MEMBERS[:count]))
        found.refuse_repeated_keys()


def test_uncompressed_keys_and_repeated_keys() -> None:
    found = parse_multisig(multisig(2, MIXED))
    assert found is not None
    assert found.keys == tuple(MIXED)
    key = keys(1)[0]
    repeated = parse_multisig(multisig(2, [key.public, key.uncompressed]))
    assert repeated is not None
    with pytest.raises(NotProvenError, match="more than once"):
        repeated.refuse_repeated_keys()


GOOD = multisig(2, MEMBERS[:3])
KEY = Key("other")


@pytest.mark.parametrize(
    "script",
    [
        b"",
        GOOD[:-1],
        GOOD[1:],
        GOOD + b"\x75",
        b"\x00" + GOOD[1:],  # 0-of-3
        GOOD[:-2] + b"\x52\xae",  # says 2 keys, has 3
        GOOD[:-2] + b"\x54\xae",  # says 4 keys, has 3
        GOOD[:-1] + b"\xaf",  # OP_CHECKMULTISIGVERIFY
        b"\x61" + GOOD,
        GOOD[:1] + b"\x61" + GOOD[1:],  # OP_NOP between
        multisig(1, [b"\x06" + KEY.uncompressed[1:]]),  # the hybrid form
        multisig(1, [b"\x04" + MEMBERS[0][1:]]),
        multisig(1, [b"\x05" + MEMBERS[0][1:]]),
        bytes((0x51,)) + b"\x4c\x21" + MEMBERS[0] + b"\x51\xae",  # a push that is not the shortest
    ],
)
def test_other_scripts_are_not_multisig(script: bytes) -> None:
    assert parse_multisig(script) is None


@given(st.binary(max_size=200))
def test_any_bytes(data: bytes) -> None:
    parse_multisig(data)
    parse_multisig(b"\x52" + data + b"\x53\xae")


@pytest.mark.parametrize("kind", ["p2sh", "p2wsh", "p2sh_p2wsh"])
def test_commitment(kind: str) -> None:
    address = decode_address(BITCOIN, address_of(BITCOIN, kind, GOOD))
    assert commitment(address, GOOD) == kind
    assert commitment(address, GOOD[:-1]) == ""
    assert commitment(address, b"") == ""


def test_a_p2sh_script_too_long_to_spend_commits_to_nothing() -> None:
    script = multisig(1, MEMBERS[:16])
    assert len(script) > 520
    address = decode_address(BITCOIN, address_of(BITCOIN, "p2sh", script))
    assert commitment(address, script) == ""
    nested = decode_address(BITCOIN, address_of(BITCOIN, "p2sh_p2wsh", script))
    assert commitment(nested, script) == "p2sh_p2wsh"


def test_key_addresses_commit_to_no_script() -> None:
    address = decode_address(BITCOIN, address_of(BITCOIN, "p2pkh", MEMBERS[0]))
    assert commitment(address, MEMBERS[0]) == ""
