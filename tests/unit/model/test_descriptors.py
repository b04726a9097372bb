"""Descriptors: vectors of the BIPs, and what must be refused."""

from __future__ import annotations

import pytest

from scanner.errors import AddressFormatError
from scanner.model.addresses.descriptors import descriptor_checksum, descriptor_script
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.settings.tables import load_registry

BITCOIN = load_registry().network("bitcoin")
A = "03a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd"
FULL = "04a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd5b8dec5235a0fa8722476c7709c02559e3aa73aa03918ba2d492eea75abea235"
B = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"


# Descriptors and scripts of BIP-381, 382, 383, 385 and 386 (public domain or BSD-2-Clause).
@pytest.mark.parametrize(
    ("text", "script"),
    [
        (f"pk({A})", "2103a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bdac"),
        (f"pk({FULL})", f"41{FULL}ac"),
        (f"pkh({A})", "76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac"),
        (f"pkh([deadbeef/1/2'/3/4h]{A})", "76a9149a1c78a507689f6f54b847ad1cef1e614ee23f1e88ac"),
        (f"pkh({FULL})", "76a914b5bd079c4d57cc7fc28ecf8213a6b791625b818388ac"),
        (f"wpkh({A})", "00149a1c78a507689f6f54b847ad1cef1e614ee23f1e"),
        (f"sh(wpkh({A}))", "a91484ab21b1b2fd065d4504ff693d832434b6108d7b87"),
        (f"sh(pkh({A}))", None),
        ("raw(deadbeef)", "deadbeef"),
        (
            "tr(a34b99f22c790c4e36b2b3c2c35a36db06226e41c692fc82b8b56ac1c540c5bd)",
            "512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11",
        ),
        (f"tr({A})", "512077aab6e066f8a7419c5ab714c12c67d25007ed55a43cadcacb4d7a970a093f11"),
        (f"rawtr({A})", f"5120{A[2:]}"),
        (f"multi(1,{A},{B})", f"5121{A}21{B}52ae"),
        (f"sortedmulti(2,{A},{B})", f"5221{B}21{A}52ae"),
    ],
)
def test_scripts(text: str, script: str | None) -> None:
    made = descriptor_script(text)
    assert script is None or made.hex() == script
    assert descriptor_script(f"{text}#{descriptor_checksum(text)}") == made
    address = decode_address(BITCOIN, text)
    assert script_pubkey(address) == made
    assert address.key == made.hex()


def test_checksum() -> None:
    assert descriptor_checksum("raw(deadbeef)") == "89f8spxm"  # BIP-380's example
    for wrong in (
        "raw(deadbeef)#",
        "raw(deadbeef)#89f8spxmx",
        "raw(deadbeef)#89f8spx",
        "raw(dedbeef)#89f8spxm",
        "raw(deadbeef)##9f8spxm",
    ):
        with pytest.raises(ValueError):
            descriptor_script(wrong)


def test_an_address_and_its_descriptor_are_one_holder() -> None:
    by_descriptor = decode_address(BITCOIN, f"wpkh({B})")
    by_address = decode_address(BITCOIN, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4")
    assert by_descriptor.key == by_address.key
    assert (by_descriptor.format, by_descriptor.payload) == (by_address.format, by_address.payload)
    assert decode_address(BITCOIN, f"multi(1,{A},{B})").format == "script"
    long = decode_address(BITCOIN, f"raw({'51' * 300})")
    assert len(long.key) <= 256
    assert len(script_pubkey(long)) == 300


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"wpkh({FULL})", "wrong length"),
        (f"wsh(pk({FULL}))", "wrong length"),
        (f"wsh(wpkh({A}))", "cannot stand inside wsh"),
        (f"sh(sh(pk({A})))", "cannot stand inside sh"),
        (f"wsh(wsh(pk({A})))", "cannot stand inside wsh"),
        (f"multi(3,{A},{B})", "threshold"),
        (f"multi(0,{A})", "threshold"),
        (f"multi(1,{A},{A},{A},{A})", "up to 3 keys"),
        (f"multi(x,{A})", "threshold"),
        ("raw(123)", "in hex"),
        ("raw()", "in hex"),
        (f"combo({A})", "not supported"),
        (f"pk(02{'ff' * 32})", "not on the curve"),
        (f"pk({A}", "not a descriptor"),
        (f"tr({A},pk({A}))", "in hex or extended|wrong length"),
        ("raw(" + "51" * 5000 + ")", "too long"),
    ],
)
def test_refused(text: str, words: str) -> None:
    with pytest.raises(AddressFormatError, match=words):
        decode_address(BITCOIN, text)


def test_other_codecs_reasons_stand_alone() -> None:
    with pytest.raises(AddressFormatError) as caught:
        decode_address(BITCOIN, "1notanaddress")
    assert "descriptor" not in caught.value.reason
