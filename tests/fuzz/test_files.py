"""Every kind of file that is read, and every codec and scheme, changed at random.

A file is read or refused with an error for people; an address is decoded or refused; no changed
signature makes a program error, and `tests/unit/ownership/test_mutations.py` looks at the verdicts.
"""

from __future__ import annotations

import csv
import random
from datetime import UTC, datetime

import pytest
from support.bitcoin_signing import (
    MESSAGE,
    Key,
    Spend,
    address_of,
    full,
    proof_of_funds,
    simple,
    to_sign,
)
from support.fuzzing import CHANGES, Parser, changed, fuzz
from support.recorded import VECTORS
from support.signed_rows import claim, signed_rows

from scanner.errors import AddressFormatError, InputError
from scanner.liabilities.load import load_liabilities
from scanner.liabilities.proofs import check_proof
from scanner.lists.open import open_list
from scanner.lists.table import READERS
from scanner.model.addresses.table import CODECS, decode_address
from scanner.model.control import Control
from scanner.ownership.bitcoin.announcements import read_announcements
from scanner.ownership.judge import judge
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.table import VERIFIERS
from scanner.prices.csv_file import read_prices
from scanner.prices.feeds import load_feeds
from scanner.settings.endpoints import load_endpoints
from scanner.settings.tables import load_registry
from scanner.settings.wallets import load_wallets

REGISTRY = load_registry()
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
LISTS = VECTORS / "lists"
LIABILITIES = VECTORS / "liabilities"
LIST_FILES = {
    "okx_csv": ["okx/okx_por_example.csv", "okx/por_7_columns.csv"],
    "bybit_csv": [],
    "bitmex_yaml": ["bitmex/reserve_entry_example.yaml"],
    "signed_message": ["foreign/f5_signed_message.txt"],
    "jsonl": [],
    "json": ["foreign/a4_balances_list.json", "foreign/a8_height_on_parent.json"],
    "csv": ["foreign/a7_height_header.csv", "foreign/a5_wide.csv", "foreign/d10_book.xlsx"],
    "text": ["foreign/g2_wrong_network.txt"],
}
"""Reader -> examples; of those without a file the text stands in WRITTEN."""
WRITTEN = {
    "bybit_csv": b"digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,"
    b"owner1,owner2\nBTC,BTC,1FWQiwK27EnGXb6BiBMRLJvunJQZZPMcGd,AA==,,m,,,\n",
    "jsonl": b'{"coin":"BTC","address":"1FWQiwK27EnGXb6BiBMRLJvunJQZZPMcGd","amount":1}\n' * 2,
}
OTHERS = {
    "figures": (lambda p: load_liabilities(p, REGISTRY), [b"asset,amount\nETH,10\nBTC,1.5\n"]),
    "trees": (
        lambda p: load_liabilities(p, REGISTRY),
        [(LIABILITIES / n).read_bytes() for n in
         ("bitmex/liabilities_100.csv", "bitmex/river_420.csv", "okx/full-liabilities-merkle-tree.txt")],
    ),
    "proofs": (
        check_proof,
        [(LIABILITIES / n).read_bytes() for n in
         ("gate/user_config.json", "others/mexc_merkle_proof.json", "okx/merkle_proof_file.json",
          "okx_v2/small_tree/user_0_inclusion_proof.json")],
    ),
    "prices": (
        lambda p: read_prices(p, REGISTRY, NOW),
        [b"asset,price_usd,at,source\nBTC,90000.5,2026-11-20T00:00:00Z,Kraken\n"],
    ),
    "price feeds": (
        lambda p: load_feeds(REGISTRY, p), [b"asset,network,address,description,heartbeat\n"],
    ),
    "endpoints": (
        lambda p: load_endpoints(p, REGISTRY, {}),
        [b'[[endpoint]]\nname = "n"\nnetwork = "bitcoin"\nprotocol = "esplora"\n'
         b'url = "http://127.0.0.1:1/api"\n'],
    ),
    "wallets": (load_wallets, [b"network,code_hash,name\n"]),
    "announcements": (
        lambda p: list(read_announcements(p, REGISTRY)), [b"network,address,txid\nbitcoin,x,y\n"],
    ),
}  # fmt: skip


def test_every_reader_of_lists_codec_and_scheme_is_here():
    assert set(LIST_FILES) == {reader.name for reader in READERS}
    networks = {r["network"] for r in _addresses()} | set(MADE)
    used = {
        c.partition(":")[0] for n in networks for c in REGISTRY.network(n).address_codec.split("|")
    }
    assert set(CODECS) <= used | {"descriptor"}, set(CODECS) - used
    seen = {row.scheme for row in signed_rows()} | {"bip322"}
    assert set(VERIFIERS) - seen <= ASKED_ELSEWHERE, set(VERIFIERS) - seen


@pytest.mark.parametrize("name", LIST_FILES)
def test_lists(name, tmp_path):
    corpus = [(LISTS / f).read_bytes() for f in LIST_FILES[name]] or [WRITTEN[name]]
    place = tmp_path / "list"

    def parse(raw: bytes) -> None:
        place.write_bytes(raw)
        for format_ in (name, None):
            try:
                with open_list(place, REGISTRY, format=format_) as file:
                    for _ in file:
                        pass
                    file.summary()
            except InputError:
                pass

    fuzz(Parser(parse, corpus, InputError, 0.2))


@pytest.mark.parametrize("name", OTHERS)
def test_other_files(name, tmp_path):
    read, corpus = OTHERS[name]
    place = tmp_path / "file"

    def parse(raw: bytes) -> None:
        place.write_bytes(raw)
        read(place)

    fuzz(Parser(parse, corpus, InputError, 0.2))


def _addresses():
    with (VECTORS / "addresses" / "published.csv").open() as file:
        return list(csv.DictReader(file))


MADE = {
    "ethereum-beacon": "0xa" + "0" * 95,
    "okc": "ex1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqpw5rfe",
    "avalanche-x": "X-avax1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqxz8s5g",
    "terra-classic": "terra1qqqqqqqqqqqqqqqqqqqqqqqqqqqqqqqq2wgzd6",
    "zcash": "tex1s2rt77ggv6q989lr49rkgzmh5slsksa9khdgte",
}
"""Networks of which no published address is kept."""


def test_addresses():
    known = [(r["network"], r["address"]) for r in _addresses()] + list(MADE.items())
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    networks = list(REGISTRY.networks.values())
    for number in range(CHANGES * 3):
        name, text = rng.choice(known)
        spoilt = changed(rng, text.encode()).decode("utf-8", "replace")
        network = REGISTRY.network(name) if rng.random() < 0.7 else rng.choice(networks)
        try:
            found = decode_address(network, spoilt)
            assert found.network == network.name
        except AddressFormatError:
            pass
        except Exception as e:
            raise AssertionError(f"seed {seed}, change {number}: {name} {spoilt!r}") from e


ASKED_ELSEWHERE = {"contract_owner", "okx_contract_owner"}
"""Schemes that ask a chain."""


def test_signatures_keys_and_texts():
    rows = [row.claim for row in signed_rows()] + _bip322_rows()
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    for number in range(CHANGES):
        row = rng.choice(rows)
        where = rng.choice(["signatures", "message", "address", "owners", "public_key"])
        old = getattr(row, where, None)
        if isinstance(old, tuple) and old:
            at = rng.randrange(len(old))
            new = tuple(_spoilt(rng, s) if n == at else s for n, s in enumerate(old))
        elif isinstance(old, str):
            new = _spoilt(rng, old)
        else:
            continue
        try:
            judge(row._replace(**{where: new}), REGISTRY)
        except Exception as e:
            raise AssertionError(f"seed {seed}, change {number}: {where} {new!r}") from e


def _bip322_rows():
    key = Key("fuzz")
    spend = Spend("p2wpkh", b"\0\x14" + hash160(key.public), (key,))
    address = address_of(REGISTRY.network("bitcoin"), "p2wpkh", key.public)
    tx = to_sign(MESSAGE, [spend])
    forms = (simple(tx), full(tx), proof_of_funds(tx, [spend]))
    rows = [claim("bitcoin", address, form, message=MESSAGE) for form in forms]
    assert all(judge(row, REGISTRY).control is Control.CONTROLS for row in rows)
    return rows


def _spoilt(rng: random.Random, text: str) -> str:
    return changed(rng, text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
