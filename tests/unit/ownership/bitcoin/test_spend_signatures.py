"""Who signed for a spent coin: every form that is read, and that nothing else is taken for one.

Real signatures of a node's wallet are judged in tests/integration/test_bitcoin_by_transaction.py.
"""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from scanner.model.addresses.interface import Address
from scanner.model.addresses.scripts import p2pkh, p2sh, witness
from scanner.model.block import BlockRef
from scanner.model.control import Control
from scanner.model.spend import MinedTransaction, SpentCoin
from scanner.ownership.bitcoin.by_transaction import Announcement, Kind, judge_transaction
from scanner.ownership.bitcoin.script_ops import push
from scanner.ownership.bitcoin.spend_signatures import signers
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.not_proven import NotProvenError

KEYS = [bytes([2 + n % 2]) + bytes([n + 1]) * 32 for n in range(3)]
ALL = b"\x30" + bytes(69) + b"\x01"
TWO = b"\x52" + b"".join(map(push, KEYS)) + b"\x53\xae"
BOTH = b"\x52" + b"".join(map(push, KEYS[:2])) + b"\x52\xae"
PK = push(KEYS[0]) + b"\xac"


def p2wsh(script: bytes) -> bytes:
    return witness(0, hashlib.sha256(script).digest())


def pushes(*items: bytes) -> bytes:
    """What a scriptSig pushes; short ones by their length, others by OP_PUSHDATA1."""
    return b"".join(push(i) if len(i) < 76 else b"\x4c" + bytes([len(i)]) + i for i in items)


NESTED = witness(0, hash160(KEYS[0]))
GOOD = {
    "p2pkh": (SpentCoin(p2pkh(hash160(KEYS[0])), 1, pushes(ALL, KEYS[0])), 1, KEYS[:1]),
    "p2wpkh": (SpentCoin(witness(0, hash160(KEYS[0])), 1, b"", (ALL, KEYS[0])), 1, KEYS[:1]),
    "p2sh_p2wpkh": (
        SpentCoin(p2sh(hash160(NESTED)), 1, pushes(NESTED), (ALL, KEYS[0])), 1, KEYS[:1],
    ),
    "p2tr": (SpentCoin(witness(1, b"\x07" * 32), 1, b"", (bytes(64),)), 1, [b"\x07" * 32]),
    "p2tr, all said": (
        SpentCoin(witness(1, b"\x07" * 32), 1, b"", (bytes(64) + b"\x01",)), 1, [b"\x07" * 32],
    ),
    "p2tr, annex": (
        SpentCoin(witness(1, b"\x07" * 32), 1, b"", (bytes(64), b"\x50x")), 1, [b"\x07" * 32],
    ),
    "p2pk": (SpentCoin(PK, 1, pushes(ALL)), 1, KEYS[:1]),
    "p2pk, 65 bytes": (
        SpentCoin(push(b"\x04" + bytes(64)) + b"\xac", 1, pushes(ALL)), 1, [b"\x04" + bytes(64)],
    ),
    "bare": (SpentCoin(TWO, 1, pushes(b"", ALL, ALL)), 2, []),
    "p2sh": (SpentCoin(p2sh(hash160(TWO)), 1, pushes(b"", ALL, ALL, TWO)), 2, []),
    "p2wsh": (SpentCoin(p2wsh(TWO), 1, b"", (b"", ALL, ALL, TWO)), 2, []),
    "p2wsh, all of them": (SpentCoin(p2wsh(BOTH), 1, b"", (b"", ALL, ALL, BOTH)), 2, KEYS[:2]),
    "p2wsh of one key": (SpentCoin(p2wsh(PK), 1, b"", (ALL, PK)), 1, KEYS[:1]),
    "p2sh_p2wsh": (
        SpentCoin(p2sh(hash160(p2wsh(TWO))), 1, pushes(p2wsh(TWO)), (b"", ALL, ALL, TWO)), 2, [],
    ),
    "forkid of Bitcoin Cash": (
        SpentCoin(p2pkh(hash160(KEYS[0])), 1, pushes(ALL[:-1] + b"\x41", KEYS[0])), 1, KEYS[:1],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", GOOD)
def test_forms_that_are_read(name: str) -> None:
    coin, required, keys = GOOD[name]
    found = signers(coin)
    assert (found.required, found.keys) == (required, tuple(k.hex() for k in keys))


REPEATED = b"\x52" + push(KEYS[0]) * 2 + b"\x52\xae"
UNKNOWN = {
    "anyone can spend": SpentCoin(b"\x51", 1),
    "anyone can spend by witness": SpentCoin(p2wsh(b"\x51"), 1, b"", (b"\x51",)),
    "anyone can spend, with a signature for show": SpentCoin(
        p2wsh(b"\x75\x51"), 1, b"", (ALL, b"\x75\x51")
    ),
    "no witness, as where there is none": SpentCoin(p2sh(hash160(NESTED)), 1, pushes(NESTED)),
    "no witness at all": SpentCoin(p2wsh(TWO), 1),
    "a taproot script": SpentCoin(witness(1, bytes(32)), 1, b"", (bytes(64), PK, bytes(33))),
    "a future witness": SpentCoin(witness(2, bytes(32)), 1, b"", (bytes(64),)),
    "code in the scriptSig": SpentCoin(p2pkh(bytes(20)), 1, b"\x76" + pushes(ALL, KEYS[0])),
    "three pushes": SpentCoin(p2pkh(bytes(20)), 1, pushes(b"", ALL, KEYS[0])),
    "one signature of two": SpentCoin(p2wsh(TWO), 1, b"", (b"", ALL, TWO)),
    "one key twice": SpentCoin(p2wsh(REPEATED), 1, b"", (b"", ALL, ALL, REPEATED)),
    "nothing": SpentCoin(b"", 0),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_forms_of_which_nothing_is_known(name: str) -> None:
    with pytest.raises(NotProvenError) as caught:
        signers(UNKNOWN[name])
    assert caught.value.control is Control.UNSUPPORTED
    assert caught.value.reason


@pytest.mark.parametrize("kind", [0x00, 0x02, 0x03, 0x81, 0x82, 0x83, 0xC1, 0x42])
def test_signatures_over_less_than_everything(kind: int) -> None:
    some = ALL[:-1] + bytes([kind])
    for coin in (
        SpentCoin(p2pkh(bytes(20)), 1, pushes(some, KEYS[0])),
        SpentCoin(witness(0, bytes(20)), 1, b"", (some, KEYS[0])),
        SpentCoin(witness(1, bytes(32)), 1, b"", (bytes(64) + bytes([kind]),)),
        SpentCoin(PK, 1, pushes(some)),
        SpentCoin(p2wsh(TWO), 1, b"", (b"", ALL, some, TWO)),
        SpentCoin(p2wsh(TWO), 1, b"", (b"", some, ALL, TWO)),
    ):
        with pytest.raises(NotProvenError) as caught:
            signers(coin)
        assert "does not cover the whole transaction" in caught.value.reason


@settings(max_examples=500, deadline=None)
@given(
    st.binary(max_size=80),
    st.binary(max_size=200),
    st.lists(st.binary(max_size=120), max_size=5),
)
@example(witness(0, bytes(32)), b"", [b""])
@example(p2sh(bytes(20)), b"\x4e\xff\xff\xff\xff", [])
@example(b"\x21" + bytes(33) + b"\xac", b"", [])
def test_any_bytes_end_in_signers_or_a_verdict(
    script: bytes, signature_script: bytes, stack: list[bytes]
) -> None:
    try:
        found = signers(SpentCoin(script, 1, signature_script, tuple(stack)))
    except NotProvenError:
        return
    assert found.required >= 1


def test_one_good_coin_of_the_address_is_enough() -> None:
    """Of two coins of one address only the second's signature covers everything."""
    coin, _, keys = GOOD["p2wpkh"]
    weak = SpentCoin(coin.script, 5, b"", (ALL[:-1] + b"\x03", KEYS[0]))
    block = BlockRef("bitcoin", "main", 100, "aa" * 32)
    mined = MinedTransaction("11" * 32, block, (weak, coin), ((coin.script, 77),))
    address = Address("bitcoin", "script", coin.script, coin.script.hex(), "")
    said = Announcement(1, "bitcoin", address, Kind.SEND_TO_SELF, amount=77, after=99)
    assert judge_transaction(said, mined).signed_by == (keys[0].hex(),)
    only_weak = MinedTransaction("11" * 32, block, (weak,), ((coin.script, 77),))
    assert judge_transaction(said, only_weak).control is Control.UNSUPPORTED
