"""Any bytes from a node: parsed, or refused with the error of its room; nothing else, and soon.

Each parser has a corpus of what is nearly right, which is changed at random. SCANNER_FUZZ=N makes
N changes of each in place of 300; the seed is printed with a failure.
"""

import gzip
import json
import os
import random
import time

import httpx
import pytest
from support.scripted_http import Said, serving

from scanner.chains.bitcoin.transaction import parse_transaction, read_unlocking
from scanner.chains.evm import rlp
from scanner.chains.evm.header import read_header as evm_header
from scanner.chains.evm.hexes import data, quantity
from scanner.chains.fleet.faults import message_of, read_error, wait_hint
from scanner.chains.fleet.rpc import Rpc
from scanner.chains.solana.accounts import read_account, stake_account, token_account
from scanner.chains.tron.account import trx_parts
from scanner.chains.tron.header import read_header as tron_header
from scanner.chains.xrpl.header import read_header as xrpl_header
from scanner.errors import ScannerError
from scanner.model.endpoint import Endpoint
from scanner.model.jsontext import read_json
from scanner.net.bodies import BodyError, unpacked
from scanner.net.reach import is_inside, is_written_inside

CHANGES = int(os.environ.get("SCANNER_FUZZ", "300"))
SLOWEST = 2.0
"""Seconds for one input of a few hundred bytes, on a busy machine."""

TRANSACTION = bytes.fromhex(
    "0100000001" + "11" * 32 + "00000000" + "00" + "ffffffff" + "01" + "00f2052a01000000"
    "1976a914" + "22" * 20 + "88ac" + "00000000"
)
XRPL = {"ledger": {"ledger_index": "5", "ledger_hash": "AA" * 32, "parent_hash": "BB" * 32,
        "total_coins": "1", "close_time": 1, "closed": True}, "validated": True}  # fmt: skip
TRON = {"blockID": "00" * 32, "block_header": {"raw_data": {"number": 3, "timestamp": 1,
        "txTrieRoot": "00", "parentHash": "00" * 32, "witness_address": "41" + "00" * 20,
        "version": 1}, "witness_signature": "00"}}  # fmt: skip
SOLANA = {"data": ["AAAA", "base64"], "owner": "1" * 32, "lamports": 1, "executable": False,
          "space": 3, "rentEpoch": 0}  # fmt: skip
ERROR = {"code": -32000, "message": "execution reverted", "data": {"data": "0x08c379a0"},
         "rate": {"backoff_seconds": 3}}  # fmt: skip


def _json(read):
    def parse(raw):
        return read(read_json(raw))

    return parse


def _solana(value):
    account = read_account("n", value)
    return token_account(account), stake_account(account)


def _faults(value):
    return read_error("n", value, message_of(value)), wait_hint(value)


def _text(raw):
    return raw.decode("utf-8", "replace")


PARSERS = {
    "bitcoin transaction": (parse_transaction, TRANSACTION, ValueError),
    "bitcoin witnesses": (read_unlocking, TRANSACTION, ValueError),
    "rlp": (rlp.decode, rlp.encode([b"abc", [b"d" * 60, b""], b"e" * 300]), ValueError),
    "evm header": (evm_header, rlp.encode([b"\x11" * 32] * 15), ValueError),
    "json": (read_json, json.dumps(ERROR).encode(), ValueError),
    "xrpl ledger": (_json(lambda v: xrpl_header("n", v)), json.dumps(XRPL).encode(), ScannerError),
    "tron block": (_json(lambda v: tron_header("n", v)), json.dumps(TRON).encode(), ScannerError),
    "tron account": (
        _json(lambda v: trx_parts("n", v) if isinstance(v, dict) else None),
        b'{"balance": 5, "frozenV2": [{"amount": 3}], "unfrozenV2": [{"unfreeze_amount": 1}]}',
        ScannerError,
    ),
    "solana account": (_json(_solana), json.dumps(SOLANA).encode(), ScannerError),
    "json-rpc error": (_json(_faults), json.dumps(ERROR).encode(), ScannerError),
    "hex data": (lambda raw: data("n", _text(raw), "x"), b"0x" + b"ab" * 20, ScannerError),
    "quantity": (lambda raw: quantity("n", _text(raw), "x"), b"0x1f", ScannerError),
    "gzip body": (
        lambda raw: b"".join(unpacked([raw[:20], raw[20:]], "gzip", 10_000)),
        gzip.compress(b"abc" * 200),
        BodyError,
    ),
    "encoding": (
        lambda raw: b"".join(unpacked([b"x"], _text(raw), 10)),
        b"gzip, identity",
        BodyError,
    ),
    "address": (lambda raw: is_inside(_text(raw)), b"::ffff:127.0.0.1", ValueError),
    "host": (lambda raw: is_written_inside(_text(raw), {}), b"a.example.com", ValueError),
}


def changed(rng, raw):
    """A few random changes: bytes turned, cut out, doubled, put in."""
    found = bytearray(raw)
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(found) + 1)
        way = rng.randrange(5)
        if way == 0 and at < len(found):
            found[at] ^= 1 << rng.randrange(8)
        elif way == 1:
            del found[at : at + rng.randint(1, 8)]
        elif way == 2:
            found[at:at] = found[at : at + rng.randint(1, 40)]
        elif way == 3:
            found[at:at] = rng.choice((b"\xff" * 9, b"[" * 50, b"0" * 90, b"-", b"null", b"\x00"))
        else:
            found[at : at + 1] = rng.randbytes(rng.randint(1, 4))
    return bytes(found)


@pytest.mark.parametrize("name", PARSERS)
def test_every_parser_parses_or_refuses(name):
    parse, corpus, refusal = PARSERS[name]
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    for number in range(CHANGES):
        raw = changed(rng, corpus)
        began = time.monotonic()
        try:
            parse(raw)
        except (refusal, ScannerError):
            pass
        except ValueError as e:
            # read_json stands before some of them and refuses what is no JSON.
            assert refusal is ScannerError, (seed, number, raw, e)
        except Exception as e:
            raise AssertionError(f"seed {seed}, change {number}: {raw!r}") from e
        assert time.monotonic() - began < SLOWEST, (seed, number, raw)


def test_a_server_that_answers_anything(monkeypatch):
    """Real HTTP: the answer is a result or an error of the tree, whatever comes."""
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    good = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x1"}).encode()
    statuses = (200, 200, 200, 204, 302, 400, 429, 500, 503, 599)
    encodings = ("", "gzip", "identity", "gzip, gzip", "br", "\t", "x" * 300)

    def answer(_):
        body = changed(rng, good)
        kind = rng.choice(encodings)
        if kind == "gzip" and rng.random() < 0.7:
            body = gzip.compress(body)
        headers = {"content-encoding": kind} if kind else {}
        headers["retry-after"] = rng.choice(("3", "-1", "soon", "9" * 40, ""))
        return Said(rng.choice(statuses), body, headers)

    with serving(answer) as host:
        for number in range(max(60, CHANGES // 5)):
            rpc = Rpc(Endpoint("n", "ethereum", "ethereum_rpc", f"http://{host}/", timeout=5))
            try:
                rpc.ask("m")
            except ScannerError as e:
                assert "\n" not in str(e)
                assert len(str(e)) < 300
            except httpx.HTTPError as e:
                raise AssertionError(f"seed {seed}, answer {number}") from e
            finally:
                rpc.close()
