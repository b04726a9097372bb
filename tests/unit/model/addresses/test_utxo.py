"""P2PKH, P2SH, witness and CashAddr addresses against the specifications and other libraries."""

from __future__ import annotations

import base58 as other_base58
import bech32 as other_bech32
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses import base58, bech32
from scanner.model.addresses.base58check import Base58CheckCodec
from scanner.model.addresses.cashaddr import CashAddrCodec
from scanner.model.addresses.scripts import script_pubkey, witness_format
from scanner.model.addresses.segwit import SegwitCodec
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry

NETWORKS = load_registry().networks
BITCOIN = NETWORKS["bitcoin"]
HASH = bytes.fromhex("76a04053bda0a88bda5177b86a15c3b29f559873")
# bitcoinlib leaves files open when it is imported, and is slow to import.
OTHER_LIBRARIES = pytest.mark.filterwarnings("ignore")


@given(st.binary(max_size=100), st.sampled_from([base58.BITCOIN, base58.RIPPLE]))
def test_base58_round_trip_and_agreement(data: bytes, alphabet: str) -> None:
    text = base58.encode(data, alphabet)
    assert base58.decode(text, alphabet) == data
    other = other_base58.b58encode(data, alphabet=alphabet.encode()).decode()
    assert text == other


@given(st.text(max_size=60) | st.text(alphabet=base58.BITCOIN, max_size=60))
def test_base58check_agrees_with_another_library_on_any_text(text: str) -> None:
    try:
        own: bytes | None = base58.decode_check(text)
    except ValueError:
        own = None
    try:
        # The other library forgives white space and empty payloads.
        other = other_base58.b58decode_check(text) if text == text.strip() else None
    except ValueError:
        other = None
    assert own == (other or None)


@given(
    st.integers(0, 16),
    st.binary(min_size=2, max_size=40),
    st.sampled_from(["bc", "ltc", "tb"]),
)
def test_witness_round_trip_and_agreement(version: int, program: bytes, human: str) -> None:
    if version == 0 and len(program) not in (20, 32):
        return
    codec = SegwitCodec("any", human)
    text = codec.encode(version, program)
    address = codec.decode(text)
    assert address.payload == program
    assert codec.decode(text.upper()) == address
    if version == 0:  # the other library knows BIP-173 only
        assert other_bech32.encode(human, 0, program) == text
        assert other_bech32.decode(human, text) == (0, list(program))


BIP350_VALID = [
    ("BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4", "0014751e76e8199196d454941c45d1b3a323f1433bd6"),
    (
        "bc1pw508d6qejxtdg4y5r3zarvary0c5xw7kw508d6qejxtdg4y5r3zarvary0c5xw7kt5nd6y",
        "5128751e76e8199196d454941c45d1b3a323f1433bd6751e76e8199196d454941c45d1b3a323f1433bd6",
    ),
    ("BC1SW50QGDZ25J", "6002751e"),
    ("bc1zw508d6qejxtdg4y5r3zarvaryvaxxpcs", "5210751e76e8199196d454941c45d1b3a323"),
    (
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "512079be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798",
    ),
]
BIP350_INVALID = {
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqh2y7hd": "bech32 for version 1",
    "BC1S0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ54WELL": "bech32 for version 16",
    "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kemeawh": "bech32m for version 0",
    "bc1p38j9r5y49hruaue7wxjce0updqjuyyx0kh56v8s25huc6995vvpql3jow4": "foreign character",
    "BC130XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQ7ZWS8R": "version 17",
    "bc1pw5dgrnzv": "one byte",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v8n0nx0muaewav253zgeav": "41 bytes",
    "BC1QR508D6QEJXTDG4Y5R3ZARVARYV98GJ9P": "version 0 with 16 bytes",
    "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7v07qwwzcrf": "over 4 padding bits",
    "tc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq5zuyut": "another human part",
    "tb1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vq47Zagq": "mixed case",
    "bc1gmk9yu": "no data",
}


@pytest.mark.parametrize(("text", "script"), BIP350_VALID)
def test_bip350_valid(text: str, script: str) -> None:
    address = SegwitCodec("bitcoin", "bc").decode(text)
    assert script_pubkey(address).hex() == script == address.key
    assert address.text == text.lower()


@pytest.mark.parametrize("network", ["bitcoin", "bitcoin-cash"])
def test_letters_that_only_become_ascii_in_lower_case(network: str) -> None:
    kelvin = "\u212a"
    assert kelvin.lower() == "k"
    good = {
        "bitcoin": "BC1P0XLXVLHEMJA6C4DQV22UAPCTQUPFHLXM9H8Z3K2E72Q4K9HCZ7VQZK5JJ0",
        "bitcoin-cash": "QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A",
    }[network]
    decode_address(NETWORKS[network], good)
    with pytest.raises(AddressFormatError):
        decode_address(NETWORKS[network], good.replace("K", kelvin))


@pytest.mark.parametrize("text", BIP350_INVALID)
def test_bip350_invalid(text: str) -> None:
    with pytest.raises(AddressFormatError):
        SegwitCodec("bitcoin", text[:2].lower() if text[:2] in ("tb",) else "bc").decode(text)


def test_witness_formats() -> None:
    assert witness_format(0, bytes(20)) == "p2wpkh"
    assert witness_format(0, bytes(32)) == "p2wsh"
    assert witness_format(1, bytes(32)) == "p2tr"
    assert witness_format(1, b"\x4e\x73") == "p2a"
    assert witness_format(1, bytes(33)) == "witness_v1"
    assert witness_format(2, bytes(32)) == "witness_v2"
    with pytest.raises(ValueError, match="20 or 32"):
        witness_format(0, bytes(33))


@given(st.binary(min_size=1, max_size=64))
def test_five_bit_packing_round_trip(data: bytes) -> None:
    letters = bech32.from_bytes(data)
    assert bech32.to_bytes(letters) == data
    values = other_bech32.convertbits(data, 8, 5)
    assert letters == "".join(bech32.CHARSET[v] for v in values)


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
@pytest.mark.parametrize("prefixed", [True, False])
@pytest.mark.parametrize("form", ["p2pkh", "p2sh"])
def test_cashaddr_and_legacy_are_one_holder(form: str, prefixed: bool, spelling) -> None:
    legacy = Base58CheckCodec("bitcoin-cash", "p2pkh=00,p2sh=05").encode(form, HASH)
    cash = CashAddrCodec("bitcoin-cash", "bitcoincash").encode(form, HASH)
    text = spelling(cash if prefixed else cash.removeprefix("bitcoincash:"))
    first, second = (decode_address(NETWORKS["bitcoin-cash"], t) for t in (legacy, text))
    assert first.key == second.key
    assert (first.format, first.payload) == (second.format, second.payload) == (form, HASH)
    assert second.text == cash


# From the CashAddr specification: legacy and new form of the same hashes.
CASHADDR_PAIRS = [
    (
        "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a",
    ),
    (
        "1KXrWXciRDZUpQwQmuM1DbwsKDLYAYsVLR",
        "bitcoincash:qr95sy3j9xwd2ap32xkykttr4cvcu7as4y0qverfuy",
    ),
    (
        "3CWFddi6m4ndiGyKqzYvsFYagqDLPVMTzC",
        "bitcoincash:ppm2qsznhks23z7629mms6s4cwef74vcwvn0h829pq",
    ),
    (
        "3LDsS579y7sruadqu11beEJoTjdFiFCdX4",
        "bitcoincash:pr95sy3j9xwd2ap32xkykttr4cvcu7as4yc93ky28e",
    ),
]


@pytest.mark.parametrize(("legacy", "cash"), CASHADDR_PAIRS)
def test_cashaddr_specification(legacy: str, cash: str) -> None:
    network = NETWORKS["bitcoin-cash"]
    assert decode_address(network, legacy).key == decode_address(network, cash).key


def test_token_aware_cashaddr_is_the_same_holder() -> None:
    # From the CashTokens specification: one hash, plain and token-aware.
    plain, aware = (
        decode_address(NETWORKS["bitcoin-cash"], text)
        for text in (
            "bitcoincash:qr6m7j9njldwwzlg9v7v53unlr4jkmx6eylep8ekg2",
            "bitcoincash:zr6m7j9njldwwzlg9v7v53unlr4jkmx6eycnjehshe",
        )
    )
    assert plain == aware


@pytest.mark.parametrize(
    "text",
    [
        "bchtest:pr6m7j9njldwwzlg9v7v53unlr4jkmx6eyvwc0uz5t",  # another prefix
        "bitcoincash:QPM2QSZNHKS23Z7629MMS6S4CWEF74VCWVY22GDX6A",  # mixed case
        "ecash:qpm2qsznhks23z7629mms6s4cwef74vcwvqcw003ap",
        "bitcoincash:qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6q",
        "bitcoincash:",
        ":",
    ],
)
def test_cashaddr_refused(text: str) -> None:
    with pytest.raises(AddressFormatError):
        decode_address(NETWORKS["bitcoin-cash"], text)


@pytest.mark.parametrize(
    ("network", "form", "version"),
    [
        ("litecoin", "p2sh", b"\x05"),
        ("litecoin", "p2sh", b"\x32"),
        ("digibyte", "p2sh", b"\x05"),
        ("zcash", "p2pkh", b"\x1c\xb8"),
        ("zcash", "p2sh", b"\x1c\xbd"),
    ],
)
def test_several_and_two_byte_versions(network: str, form: str, version: bytes) -> None:
    address = decode_address(NETWORKS[network], base58.encode_check(version + HASH))
    assert (address.format, address.payload) == (form, HASH)


def test_both_litecoin_p2sh_versions_are_one_holder() -> None:
    old, new = (base58.encode_check(v + HASH) for v in (b"\x05", b"\x32"))
    network = NETWORKS["litecoin"]
    assert decode_address(network, old).key == decode_address(network, new).key


@pytest.mark.parametrize("size", [19, 21])
def test_a_hash_of_another_length_is_refused(size: int) -> None:
    for version in (b"\x00", b"\x05"):
        with pytest.raises(AddressFormatError):
            decode_address(BITCOIN, base58.encode_check(version + bytes(size)))


@pytest.mark.parametrize("network", ["litecoin", "dogecoin", "dash", "zcash", "tron", "qtum"])
def test_another_networks_address_is_refused(network: str) -> None:
    with pytest.raises(AddressFormatError):
        decode_address(NETWORKS[network], "1BpEi6DfDAUFd7GtittLSdBeYJvcoaVggu")


@OTHER_LIBRARIES
@settings(deadline=None)
@given(st.sampled_from(["p2pkh", "p2sh"]), st.binary(min_size=20, max_size=20))
def test_agreement_with_bitcoinlib_and_btclib(form: str, payload: bytes) -> None:
    from bitcoinlib.keys import Address as Other
    from btclib.script.script_pub_key import ScriptPubKey

    text = Base58CheckCodec("bitcoin", "p2pkh=00,p2sh=05").encode(form, payload)
    assert Other.parse(text).hash_bytes == payload
    assert ScriptPubKey.from_address(text).script == script_pubkey(decode_address(BITCOIN, text))


@OTHER_LIBRARIES
@settings(deadline=None)
@given(st.sampled_from([(0, 20), (0, 32), (1, 32)]), st.data())
def test_witness_agreement_with_bitcoinlib_and_btclib(kind: tuple[int, int], data) -> None:
    from bitcoinlib.keys import Address as Other
    from btclib.script.script_pub_key import ScriptPubKey

    program = data.draw(st.binary(min_size=kind[1], max_size=kind[1]))
    text = SegwitCodec("bitcoin", "bc").encode(kind[0], program)
    assert Other.parse(text).hash_bytes == program
    assert ScriptPubKey.from_address(text).script == script_pubkey(decode_address(BITCOIN, text))


@pytest.mark.parametrize("parameters", ["p2wpkh=00", "p2pkh", "p2pkh="])
def test_a_wrong_table_row_is_a_config_error(parameters: str) -> None:
    with pytest.raises(ConfigError):
        Base58CheckCodec("bitcoin", parameters)


def test_an_account_address_has_no_script() -> None:
    tron = decode_address(NETWORKS["tron"], "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t")
    with pytest.raises(ValueError, match="no output script"):
        script_pubkey(tron)
