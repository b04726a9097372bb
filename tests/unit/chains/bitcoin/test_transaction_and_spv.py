"""Transactions and headers: the genesis block's own, and every way they can be wrong."""

from __future__ import annotations

import contextlib
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.chains.bitcoin.spv import (
    ProofError,
    check_headers,
    check_inclusion,
    has_work,
    merkle_root,
    parse_header,
    target_of,
)
from scanner.chains.bitcoin.transaction import (
    Transaction,
    parse_transaction,
    read_unlocking,
    sha256d,
)

# Block 0 and block 1 of bitcoin's main chain: facts of the chain itself.
GENESIS = bytes.fromhex(
    "0100000000000000000000000000000000000000000000000000000000000000000000003ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a29ab5f49ffff001d1dac2b7c"
)
BLOCK_1 = bytes.fromhex(
    "010000006fe28c0ab6f1b372c1a6a246ae63f74f931e8365e15a089c68d6190000000000982051fd1e4ba744bbbe680e1fee14677ba1a3c3540bf7b1cdb606e857233e0e61bc6649ffff001d01e36299"
)
COINBASE = bytes.fromhex(
    "01000000010000000000000000000000000000000000000000000000000000000000000000ffffffff4d04ffff001d0104455468652054696d65732030332f4a616e2f32303039204368616e63656c6c6f72206f6e206272696e6b206f66207365636f6e64206261696c6f757420666f722062616e6b73ffffffff0100f2052a01000000434104678afdb0fe5548271967f1a67130b7105cd6a828e03909a67962e0ea1f61deb649f6bc3f4cef38c4f35504e51ec112de5c384df7ba0b8d578a4c702b6bf11d5fac00000000"
)
# BIP-143's first example, signed: native P2WPKH beside P2PK.
SEGWIT = bytes.fromhex(
    "01000000000102fff7f7881a8099afa6940d42d1e7f6362bec38171ea3edf433541db4e4ad969f00000000494830450221008b9d1dc26ba6a9cb62127b02742fa9d754cd3bebf337f7a55d114c8e5cdd30be022040529b194ba3f9281a99f2b1c0a19c0489bc22ede944ccf4ecbab4cc618ef3ed01eeffffffef51e1b804cc89d182d279655c3aa89e815b1b309fe287d9b2b55d57b90ec68a0100000000ffffffff02202cb206000000001976a9148280b37df378db99f66f85c95a783a76ac7a6d5988ac9093510d000000001976a9143bde42dbee7e4dbe6a21b2d50ce2f0167faa815988ac000247304402203609e17b84f6a7d30c80bfa610b5b4542f32a8a0d5447a12fb1366d7f01cc44a0220573a954c4518331561406f90300e8f3358f51928d43c212a8caed02de67eebee0121025476c2e83188368da1ff3e292e7acafcdb3566bb0ad253f62fc70f07aeee635711000000"
)


def test_the_first_transaction() -> None:
    tx = parse_transaction(COINBASE)
    assert tx.txid == "4a5e1e4baab89f3a32518a88c31bc87f618f76673e2cc77ab2127b7afdeda33b"
    assert (tx.coinbase, tx.inputs, tx.outputs[0][1], tx.size) == (
        True,
        (),
        50 * 10**8,
        len(COINBASE),
    )


def test_a_header_that_nobody_worked_for_is_no_block() -> None:
    """A server that names a block of its own making pays for no work, and may state any."""
    made = BLOCK_1[:-4] + (5).to_bytes(4, "little")
    assert has_work(BLOCK_1.hex(), "bitcoin", "test", 1)  # where no work is known to be due
    assert not has_work(made.hex(), "bitcoin", "test", 1)
    for height in (1, 478_558, 478_559, 900_000):  # the work of 2009 is nothing later
        assert not has_work(BLOCK_1.hex(), "bitcoin", "main", height)
    assert not has_work(BLOCK_1.hex(), "dogecoin", "main", 900_000)
    for damaged in ("", "zz", BLOCK_1.hex()[:-2], "00" * 80):
        assert not has_work(damaged, "bitcoin", "test", 1)


@pytest.mark.parametrize("flags", [1, 8, 9])
def test_what_inputs_show_is_read_of_whatever_is_a_transaction(flags: int) -> None:
    """Litecoin's last transaction of a block has a mark of its own, and may be anybody's answer."""
    body, witness, locktime = COINBASE[4:-4], b"\1\3abc", COINBASE[-4:]
    parts = (witness if flags & 1 else b"") + (b"\0" if flags & 8 else b"")
    data = COINBASE[:4] + bytes((0, flags)) + body + parts + locktime
    assert parse_transaction(data).txid == parse_transaction(COINBASE).txid
    ((script, stack),) = read_unlocking(data)
    assert ((script, ()),) == read_unlocking(COINBASE)
    assert stack == ((b"abc",) if flags & 1 else ())


def test_a_witness_is_not_part_of_the_id() -> None:
    tx = parse_transaction(SEGWIT)
    assert (
        tx.txid == "e8151a2af31c368a35053ddd4bdb285a8595c769a3ad83e0fa02314a602d4609"
    )  # as a node decodes it
    assert [vout for _, vout in tx.inputs] == [0, 1]
    assert [amount for _, amount in tx.outputs] == [112340000, 223450000]
    stripped = SEGWIT[:4] + SEGWIT[6:]
    body = stripped[: tx.size - 4] + SEGWIT[-4:]
    assert sha256d(body)[::-1].hex() == tx.txid


@pytest.mark.parametrize("data", [COINBASE, SEGWIT])
def test_truncated_longer_and_spoiled_transactions(data: bytes) -> None:
    for end in range(len(data)):
        with pytest.raises(ValueError):
            parse_transaction(data[:end])
    with pytest.raises(ValueError, match="not a whole"):
        parse_transaction(data + b"\0")
    r = random.Random(1)
    true = parse_transaction(data)
    for _ in range(2000):
        at = r.randrange(len(data))
        spoiled = data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :]
        try:
            parsed = parse_transaction(spoiled)
        except ValueError:
            continue
        # Only a witness may change without changing the id.
        assert parsed.txid != true.txid or (parsed.inputs, parsed.outputs) == (
            true.inputs,
            true.outputs,
        )


@given(st.binary(max_size=300))
def test_any_bytes_end_in_a_transaction_or_an_error(data: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_transaction(data)


def test_headers_with_work() -> None:
    genesis, first = parse_header(GENESIS), parse_header(BLOCK_1)
    assert genesis.hash == "000000000019d6689c085ae165831e934ff763ae46a2a6c172b3f1b60a8ce26f"
    assert first.previous == genesis.hash
    check_headers([genesis, first], 0, "bitcoin", "main")


def test_headers_that_do_not_hold() -> None:
    genesis, first = parse_header(GENESIS), parse_header(BLOCK_1)
    with pytest.raises(ProofError, match="block 1 does not follow"):
        check_headers([first, genesis], 0, "bitcoin", "main")
    lazy = parse_header(BLOCK_1[:-1] + b"\0")
    with pytest.raises(ProofError, match="does not have the work"):
        check_headers([genesis, lazy], 0, "bitcoin", "main")
    # Work that is stated low: the difficulty changes out of turn.
    easy = bytearray(BLOCK_1)
    easy[72:76] = bytes.fromhex("ffff7f20")
    while int.from_bytes(sha256d(bytes(easy)), "little") > target_of(0x207FFFFF):
        easy[76] += 1
    with pytest.raises(ProofError, match="out of turn"):
        check_headers([genesis, parse_header(bytes(easy))], 0, "bitcoin", "main")
    check_headers([genesis, parse_header(bytes(easy))], 0, "bitcoin", "regtest")
    with pytest.raises(ProofError, match="cannot be checked"):
        check_headers([genesis], 0, "dash", "main")
    with pytest.raises(ProofError, match="79 bytes"):
        parse_header(GENESIS[:-1])
    for bits in (0, 0x1D800001, 0x21000001, 0x04000000):
        with pytest.raises(ProofError):
            target_of(bits)
    assert target_of(0x1D00FFFF) == 0xFFFF << 208


def test_inclusion() -> None:
    header = parse_header(GENESIS)
    tx = parse_transaction(COINBASE)
    check_inclusion(tx, [], 0, header)
    ids = [bytes([n]) * 32 for n in range(4)]
    pair = [sha256d(ids[0] + ids[1]), sha256d(ids[2] + ids[3])]
    root = sha256d(pair[0] + pair[1])
    block = parse_header(GENESIS[:36] + root + GENESIS[68:])
    third = Transaction(ids[2][::-1].hex(), (), (), False, 100)
    check_inclusion(third, [ids[3], pair[0]], 2, block)
    for branch, position in (
        ([ids[3], pair[1]], 2),
        ([ids[3], pair[0]], 3),
        ([ids[3]], 0),
        ([ids[3], pair[0]], 4),
        ([ids[3], pair[0]], -1),
        ([ids[3]] * 33, 2),
    ):
        with pytest.raises(ProofError):
            check_inclusion(third, branch, position, block)
    inner = Transaction(third.txid, (), (), False, 64)
    with pytest.raises(ProofError, match="64 bytes"):
        check_inclusion(inner, [ids[3], pair[0]], 2, block)


def test_the_root_of_the_first_block_that_has_two_transactions() -> None:
    """Block 170 of bitcoin, the first payment: facts of the chain."""
    pair = [
        "b1fea52486ce0c62bb442b530a3f0132b826c74e473d1f2c220bfa78111c5082",
        "f4184fc596403b9d638783cf57adfe4c75c605f6356fbc91338530e9831e9e16",
    ]
    root = "7dac2c5666815c17a3b36427de37bb9d2e2c5ccec3f8633eb91a4205cb4c10ff"
    assert merkle_root(pair)[::-1].hex() == root
    assert merkle_root(pair[:1])[::-1].hex() == pair[0]
    assert merkle_root([*pair, pair[0]]) == merkle_root([*pair, pair[0], pair[0]])


def marked(flags: int, tail: bytes = b"") -> bytes:
    """The first transaction with a mark and what follows the outputs."""
    return COINBASE[:4] + bytes((0, flags)) + COINBASE[4:-4] + tail + COINBASE[-4:]


def test_the_last_transaction_of_a_litecoin_block() -> None:
    """Its mark and its empty part are not of its id."""
    plain = parse_transaction(COINBASE)
    for data in (marked(8, b"\0"), marked(9, b"\0\0"), marked(1, b"\0")):
        assert parse_transaction(data) == plain
    for data in (marked(8), marked(8, b"\1"), marked(9, b"\0"), marked(2), marked(8, b"\0\0")):
        with pytest.raises(ValueError, match=r".*"):
            parse_transaction(data)
