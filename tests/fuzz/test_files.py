"""Every kind of file that is read, and every codec and scheme, changed at random.

A file is read or refused with an error for people; an address is decoded or refused; no changed
signature makes a program error, and `tests/unit/ownership/test_mutations.py` looks at the verdicts.
"""

from __future__ import annotations

import csv
import random
from contextlib import suppress

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
from support.file_parsers import LIST_FILES, OTHERS, REGISTRY, list_samples, read_list
from support.fuzzing import CHANGES, Parser, changed, fuzz
from support.recorded import VECTORS
from support.signed_rows import claim, signed_rows

from scanner.errors import AddressFormatError, InputError
from scanner.lists.table import READERS
from scanner.model.addresses.table import CODECS, decode_address
from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.table import VERIFIERS


def test_every_reader_of_lists_codec_and_scheme_is_here():
    assert set(LIST_FILES) == set(READERS)
    networks = {r["network"] for r in _addresses()} | set(MADE)
    used = {
        c.partition(":")[0] for n in networks for c in REGISTRY.network(n).address_codec.split("|")
    }
    assert set(CODECS) <= used | {"descriptor"}, set(CODECS) - used
    seen = {row.scheme for row in signed_rows()} | {"bip322"}
    assert set(VERIFIERS) - seen <= ASKED_ELSEWHERE, set(VERIFIERS) - seen


@pytest.mark.parametrize("name", LIST_FILES)
def test_lists(name, tmp_path):
    corpus = list_samples(name)
    place = tmp_path / "list"

    def parse(raw: bytes) -> None:
        place.write_bytes(raw)
        for format_ in (name, None):
            with suppress(InputError):
                read_list(place, format_)

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
