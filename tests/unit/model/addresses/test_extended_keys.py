"""Extended public keys against BIP-32's own vectors and an independent derivation."""

import hashlib
import hmac
import subprocess
import sys

import base58
import coincurve
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import AddressFormatError
from scanner.model.addresses.extended_keys import derived_key
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry

# BIP-32, test vector 1: chain m/0h and chain m/0h/1
MASTER = "xpub68Gmy5EdvgibQVfPdqkBBCHxA5htiqg55crXYuXoQRKfDBFA1WEjWgP6LHhwBZeNK1VTsfTFUHCdrfp1bgwQ9xv5ski8PX9rL2dZXvgGDnw"
CHILD = "xpub6ASuArnXKPbfEwhqN6e3mwBcDTgzisQN1wXN9BJcM47sSikHjJf3UFHKkNAWbWMiGj7Wf5uMash7SyYq527Hqck2AxYysAA7xmALppuCkwQ"


def independent(text, steps):
    """BIP-32 public derivation with nothing but HMAC and libsecp256k1."""
    data = base58.b58decode_check(text)
    chain, key = data[13:45], data[45:]
    for step in steps:
        digest = hmac.new(chain, key + step.to_bytes(4, "big"), hashlib.sha512).digest()
        key, chain = coincurve.PublicKey(key).add(digest[:32]).format(), digest[32:]
    return key


def test_the_bips_own_vector():
    assert derived_key(MASTER) == base58.b58decode_check(MASTER)[45:]
    assert derived_key(MASTER + "/1") == base58.b58decode_check(CHILD)[45:]
    assert derived_key(CHILD) == derived_key(MASTER + "/1")


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 2**31 - 1), max_size=3))
def test_agreement_with_an_independent_derivation(steps):
    written = MASTER + "".join(f"/{step}" for step in steps)
    assert derived_key(written) == independent(MASTER, steps)


def test_a_descriptor_with_an_extended_key_is_the_address_it_stands_for():
    bitcoin = load_registry().network("bitcoin")
    key = independent(MASTER, [0, 5])
    by_xpub = decode_address(bitcoin, f"wpkh([d34db33f/84h/0h/0h]{MASTER}/0/5)")
    assert by_xpub.key == decode_address(bitcoin, f"wpkh({key.hex()})").key
    assert by_xpub.format == "p2wpkh"


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (MASTER + "/*", "a range of keys"),
        (MASTER + "/0h/1", "hardened"),
        (MASTER + "/2147483648", "unhardened"),
        (MASTER + "/0" * 17, "up to 16"),
        (MASTER[:-1] + "C", "cannot be read"),
        (MASTER[:50], "cannot be read"),
        (
            "xprv9s21ZrQH143K31xYSDQpPDxsXRTUcvj2iNHm5NUtrGiGG5e2DtALGdso3pGz6ssrdK4PFmM8NSpSBHNqPqm55Qn3LqFtT2emdEXVYsCzC2U",
            "never publish",
        ),
    ],
)
def test_refused(key, words):
    with pytest.raises(ValueError, match=words):
        derived_key(key)
    with pytest.raises(AddressFormatError, match=words):
        decode_address(load_registry().network("bitcoin"), f"pkh({key})")


@given(st.text(max_size=150))
def test_any_text_is_a_key_or_a_value_error(text):
    with pytest.raises(ValueError):
        derived_key("xpub" + text)


def test_nothing_is_written_to_the_users_home(tmp_path):
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir()
    temporary.mkdir()
    program = (
        f"from scanner.model.addresses.extended_keys import derived_key\nderived_key({MASTER!r})\n"
    )
    environment = {"HOME": str(home), "TMPDIR": str(temporary)}
    subprocess.run([sys.executable, "-c", program], check=True, env=environment)
    assert list(home.iterdir()) == []
    assert list(temporary.iterdir()) == []
