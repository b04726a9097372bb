"""Real addresses of every network decode, and one wrong character is noticed where it can be."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AddressFormatError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import CODECS, address_key, decode_address
from scanner.settings.tables import load_registry

VECTORS = Path(__file__).parents[3] / "vectors" / "addresses" / "published.csv"
PUBLISHED = [tuple(r) for r in list(csv.reader(VECTORS.read_text().splitlines()))[1:]]
NETWORKS = load_registry().networks
WITHOUT_CHECKSUM = {
    "antelope",
    "aptos",
    "evm",  # EIP-55 is half a checksum: see test_evm.py
    "hedera",
    "near_implicit",
    "near_named",
    "solana",
    "starknet",
    "sui",
}
LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


@pytest.mark.parametrize(("network", "text", "form", "exchange"), PUBLISHED)
def test_a_published_address_decodes(network: str, text: str, form: str, exchange: str) -> None:
    address = decode_address(NETWORKS[network], text)
    assert (address.network, address.format) == (network, form)
    again = decode_address(NETWORKS[network], address.text)
    assert again == address, "the canonical text must be a spelling of the same address"


def test_one_wrong_character_is_refused_wherever_there_is_a_checksum() -> None:
    rng = random.Random(322)
    tried = 0
    for network, text, form, _ in PUBLISHED:
        if form in WITHOUT_CHECKSUM:
            continue
        for _ in range(20):
            at = rng.randrange(len(text))
            wrong = text[:at] + rng.choice(LETTERS) + text[at + 1 :]
            if wrong == text:
                continue
            with pytest.raises(AddressFormatError):
                decode_address(NETWORKS[network], wrong)
            tried += 1
    assert tried > 1500


def test_distinct_addresses_have_distinct_keys() -> None:
    keys: dict[tuple[str, str], str] = {}
    for network, text, _, _ in PUBLISHED:
        canonical = decode_address(NETWORKS[network], text).text
        key = address_key(NETWORKS[network], text)
        assert keys.setdefault((network, key), canonical) == canonical


@pytest.mark.parametrize("network", sorted(NETWORKS))
@given(
    text=st.text(max_size=70)
    | st.text(alphabet=LETTERS + ":_.-=", min_size=20, max_size=110)
    | st.sampled_from([p[1] for p in PUBLISHED])
)
def test_any_text_is_an_address_or_an_address_format_error(network: str, text: str) -> None:
    try:
        address = decode_address(NETWORKS[network], text)
    except AddressFormatError as e:
        assert e.reason
        assert address_key(NETWORKS[network], text) == "?" + text
    else:
        assert isinstance(address, Address)
        assert decode_address(NETWORKS[network], address.text).key == address.key
        assert not address.key.startswith("?")


@pytest.mark.parametrize("network", sorted(NETWORKS))
@pytest.mark.parametrize("spoil", [" {}", "{} ", "{}\n", "\ufeff{}", "{}\0", "{}{}"])
def test_nothing_around_an_address_is_ignored(network: str, spoil: str) -> None:
    known = [text for name, text, _, _ in PUBLISHED if name == network]
    for text in known:
        if network == "vaulta" and spoil == "{}{}" and len(text) <= 6:
            continue  # a doubled short name is a name
        if network == "near" and spoil == "{}{}":
            continue  # near: account names concatenate to an account name
        if network == "hedera" and spoil == "{}{}":
            continue
        with pytest.raises(AddressFormatError):
            decode_address(NETWORKS[network], spoil.format(text, text))


@pytest.mark.parametrize("network", sorted(NETWORKS))
def test_a_ten_megabyte_address_is_refused_at_once(network: str) -> None:
    for letter in ("1", "a", "0", "A", "."):
        with pytest.raises(AddressFormatError) as e:
            decode_address(NETWORKS[network], letter * 10_000_000)
        assert len(str(e.value)) < 600


def test_every_codec_is_used_by_a_network() -> None:
    used = {
        part.partition(":")[0] for n in NETWORKS.values() for part in n.address_codec.split("|")
    }
    assert used == set(CODECS)
