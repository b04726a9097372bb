"""Bitcoin scripts whose coins the signer cannot move yet, or not he alone: real coins on regtest.

The node itself says that strangers can take them.
"""

from __future__ import annotations

from hashlib import sha256

import pytest
from btclib.script.witness import Witness
from btclib.tx.out_point import OutPoint
from btclib.tx.tx import Tx
from btclib.tx.tx_in import TxIn
from btclib.tx.tx_out import TxOut
from support.attack_lab import bitcoin_endpoint, write_rows, write_table
from support.bitcoin_signing import MESSAGE, Key, Spend, full, tagged, to_sign

from scanner.model.addresses.segwit import SegwitCodec

pytestmark = pytest.mark.node

OWNER, STRANGER = Key("an owner"), Key("any stranger")
LATE = 2**32 - 10**8  # the year 2102
COIN = 10**8
REGTEST = SegwitCodec("bitcoin", "bcrt")


def in_witness(script: bytes, **changes: object) -> Spend:
    output = b"\0\x20" + sha256(script).digest()
    return Spend("p2wsh", output, (OWNER,), script, **changes)  # type: ignore[arg-type]


def in_a_leaf(leaf: bytes, preimage: bytes) -> Spend:
    """A taproot output whose only leaf takes a key from the spender."""
    internal = Key("internal")
    tweaked = internal.tweaked(tagged("TapLeaf", b"\xc0" + bytes((len(leaf),)) + leaf))
    control = bytes((0xC0 | tweaked.public[0] & 1,)) + internal.x_only
    brought = (STRANGER.x_only, preimage)
    output = b"\x51\x20" + tweaked.x_only
    return Spend("p2tr", output, (STRANGER,), leaf, control, after=brought, hash_type=0)


def check(key: Key) -> bytes:
    return b"\x21" + key.public + b"\xac"


PREIMAGE = b"known to the whole world"
LOCKED = in_witness(b"\x05" + LATE.to_bytes(5, "little") + b"\xb1\x75" + check(OWNER))
OPTIONAL = in_witness(check(OWNER) + b"\x75\x51")
ANY_KEY = in_a_leaf(b"\xa8\x20" + sha256(PREIMAGE).digest() + b"\x88\xac", PREIMAGE)
EXPIRED = in_witness(b"\x01\x64\xb1\x75" + check(OWNER))  # block 100


def places(spend: Spend) -> tuple[str, str]:
    """A script's address on main, for the list, and on regtest, for the coins."""
    output = spend.script_pubkey
    version = 1 if output[0] else 0
    main = SegwitCodec("bitcoin", "bc").encode(version, output[2:])
    return main, REGTEST.encode(version, output[2:])


def row(spend: Spend, lock: int = 0) -> dict[str, object]:
    signature = full(to_sign(MESSAGE, [spend], 2, lock_time=lock))
    fields = {"coin": "BTC", "network": "BTC", "address": places(spend)[0], "amount": "10"}
    return fields | {"message": MESSAGE, "signature1": signature}


def taken_by_a_stranger(node, sent: str, home: str) -> dict[str, object]:
    """Whether the node would take a stranger's spend of the optional signature's coins."""
    outputs = node.rpc("getrawtransaction", sent, True)["vout"]
    found = next(
        o["n"] for o in outputs if o["scriptPubKey"]["hex"] == OPTIONAL.script_pubkey.hex()
    )
    to = bytes.fromhex(node.rpc("getaddressinfo", home)["scriptPubKey"])
    spent = TxIn(
        OutPoint(bytes.fromhex(sent), found), b"", 0xFFFFFFFF, Witness([b"", OPTIONAL.script])
    )
    theft = Tx(2, 0, [spent], [TxOut(10 * COIN - 1_000, to)])
    return node.rpc("testmempoolaccept", [theft.serialize(include_witness=True).hex()])[0]


def test_a_signature_that_was_seen_is_not_one_that_is_needed(scanner, tmp_path, bitcoind_factory):
    node = bitcoind_factory()
    node.rpc("createwallet", "w")
    home = node.rpc("getnewaddress")
    node.rpc("generatetoaddress", 110, home)
    spends = {"locked": LOCKED, "optional": OPTIONAL, "any key": ANY_KEY, "expired": EXPIRED}
    sent = {name: node.rpc("sendtoaddress", places(s)[1], 10) for name, s in spends.items()}
    node.rpc("generatetoaddress", 1, home)
    assert taken_by_a_stranger(node, sent["optional"], home)["allowed"] is True

    rows = [row(LOCKED, LATE), row(OPTIONAL), row(ANY_KEY), row(EXPIRED, 100)]
    write_rows(tmp_path / "list.csv", rows)
    write_table(tmp_path / "ends.toml", bitcoin_endpoint(node))
    done = scanner(
        "snapshot", "list.csv", "--endpoints", "ends.toml", "--json", "--statement", MESSAGE
    )
    (total,) = done.object["assets"]
    assert total["verified"] == str(10 * COIN), "of the lock that is over"
    assert total["unverified"] == str(30 * COIN)
    assert done.status == 3
    told = scanner("export", "ownership", "latest", "--format", "jsonl", "-o", "-").objects
    locked, optional, any_key, expired = (o["reason"] for o in told)
    assert "cannot spend yet" in locked
    assert "anyone can satisfy it" in optional
    assert "anyone can satisfy it" in any_key
    assert "is over at this block" in expired
    assert [o["signed_by"] for o in told[:3]] == [""] * 3, "a hash is no key"
