"""Words of a key column: as many are looked at as a row can need, however long the column is."""

from __future__ import annotations

import json

import pytest
from support.signed_rows import antelope_key, antelope_sign, claim, key

from scanner.model.control import Control
from scanner.ownership.ed25519 import signing
from scanner.ownership.judge import judge
from scanner.ownership.others import antelope_key as scheme
from scanner.ownership.primitives.key_words import key_words
from scanner.settings.tables import load_registry


def test_what_stands_between_is_no_word() -> None:
    assert key_words(" a,b ;c|\n|d\t", 4) == ["a", "b", "c", "d"]
    assert key_words("a\u00a0b", 4) == ["a\u00a0b"]
    assert key_words(" ,;| ", 4) == key_words("", 4) == []


def test_one_more_than_are_allowed_shows_that_there_are_more() -> None:
    assert key_words("a b c d e", 3) == ["a", "b", "c", "d"]


def test_a_column_of_a_million_characters_is_not_taken_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, read = signing.ecdsa_key, []

    def counting(text: str) -> bytes | None:
        read.append(text)
        return real(text)

    monkeypatch.setattr(signing, "ecdsa_key", counting)
    row = claim("hedera", "0.0.98", "00" * 64, script="a " * 500_000)
    assert judge(row, load_registry()).control is Control.MALFORMED
    assert 0 < len(read) <= 2 * (signing.MOST_KEYS + 1)


@pytest.mark.parametrize(("count", "most"), [(20, 20), (1_000, 21)])
def test_an_antelope_row_of_many_keys(
    count: int, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, read = scheme._key, []

    def counting(text: object) -> bytes | None:
        read.append(text)
        return real(text)

    monkeypatch.setattr(scheme, "_key", counting)
    keys = {f"publicKey{n}": antelope_key(key(n + 1)) for n in range(count)}
    found = scheme.read_keys(json.dumps(keys))
    assert (found is None, len(read)) == (count > 20, most)
    row = claim("vaulta", "eosio", antelope_sign(key(1)), script=json.dumps(keys))
    judged = judge(row, load_registry())
    told = {20: (Control.UNSUPPORTED, "1 of the 20"), 1_000: (Control.MALFORMED, "more than 20")}
    assert judged.control is told[count][0]
    assert told[count][1] in judged.reason
