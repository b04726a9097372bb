"""Rows made to be believed: each fools some published verifier and must not fool this one.

Grouped by what they lean on. What concerns a list as a whole (duplicates, totals, amounts, row
layout) is tested with the lists.
"""

from __future__ import annotations

from hashlib import sha3_256

import pytest
from support.bitcoin_signing import BITCOIN, NETWORKS, Key, address_of, keys, multisig
from support.signed_rows import (
    MESSAGE,
    antelope_key,
    antelope_sign,
    claim,
    ed_key,
    ed_sign,
    evm_address,
    evm_sign,
    key,
    okx_sign,
    refused,
    stark_public,
    stark_sign,
)

from scanner.model.claim import Claim
from scanner.model.control import Binding, Control
from scanner.ownership.judge import judge
from scanner.ownership.others.stark import message_hash
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
MINE, MY_ED = key(1), ed_key(1)
MY_ED_KEY = MY_ED.verify_key.encode().hex()
MY_BITCOIN = Key("mine")
WHALE = "0xbe0eb53f46cd790cd13851d5eff43d12404d33e8"
BITCOIN_SIGNED = MY_BITCOIN.message(BITCOIN, MESSAGE, 31)
MEMBERS = keys(5, "member")
TWO_OF_THREE = multisig(2, [k.public for k in MEMBERS[:3]])
THREE_OF_FIVE = multisig(3, [k.public for k in MEMBERS])


def member(number: int) -> str:
    return MEMBERS[number].message(BITCOIN, MESSAGE, 31)


def stark_row() -> Claim:
    account = 0x1234
    digest = message_hash(MESSAGE, account, "0x534e5f4d41494e")
    return claim("starknet", "0x1234", stark_sign(7, digest), script=f"{stark_public(7):#x}")


NEVER_CONTROLS: dict[str, Claim] = {
    # An address that does not decode, or of a kind nobody thought of, with any signature.
    "undecodable": claim("bitcoin", "bc1pxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", BITCOIN_SIGNED),
    "undecodable, null": claim("bitcoin", "bc1pxxxxxxxxxxxxxxxxxxxxxxxxxxxxx", "null"),
    "evm on utxo": claim("bitcoin", WHALE, evm_sign(MINE)),
    "raw key": claim("bitcoin", MY_BITCOIN.public.hex(), BITCOIN_SIGNED),
    "forty hex": claim("bitcoin", "ab" * 20, BITCOIN_SIGNED),
    "sixty-four hex": claim("bitcoin", "ab" * 32, BITCOIN_SIGNED),
    "zcash t3": claim("zcash", "t3d3iXF9WMWe8irMoLG1dqsQdbCTmLrVaW6", BITCOIN_SIGNED),
    "zcash t1 of another": claim(
        "zcash", address_of(NETWORKS["zcash"], "p2pkh", Key("x").public), BITCOIN_SIGNED
    ),
    "digibyte S": claim("digibyte", "SdF43PME7knEgd5z1GxCY66m9Zs8V5JNf1", "null"),
    "ecash": claim("bitcoin-cash", "ecash:qq8d5lh8c78sraajk2ndeqvgqjhdu58zny7etakvlm", "null"),
    "litecoin on bitcoin": claim("bitcoin", "LectSLekhkxEQBHofNFHa3pVHndnb4Z9fN", BITCOIN_SIGNED),
    # One key for two, two for three.
    "same key twice": claim(
        "bitcoin",
        address_of(BITCOIN, "p2wsh", TWO_OF_THREE),
        member(0),
        member(0),
        script=TWO_OF_THREE.hex(),
    ),
    "two of three needed of five": claim(
        "bitcoin",
        address_of(BITCOIN, "p2wsh", THREE_OF_FIVE),
        member(0),
        member(1),
        script=THREE_OF_FIVE.hex(),
    ),
    "one owner twice": claim(
        "ethereum",
        WHALE,
        evm_sign(MINE),
        evm_sign(MINE),
        owners=(evm_address(MINE), evm_address(MINE)),
    ),
    "second signature unread by label": claim(
        "ethereum",
        WHALE,
        evm_sign(MINE),
        "0x" + "11" * 65,
        owners=(evm_address(MINE), evm_address(key(2))),
        row_type="Eigenlayer Staking",
    ),
    "staking row that names no validator": claim(
        "ethereum",
        "0xab",
        evm_sign(MINE),
        owners=(evm_address(MINE),),
        row_type="Native ETH Staking",
    ),
    # Somebody else's address with my key beside it.
    "owner column on solana": claim(
        "solana",
        "9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM",
        ed_sign(MY_ED),
        script=MY_ED_KEY,
        owners=("9WzDXwBbmkg8ZTbNMqUxvQRAyrZzDsGYdLVL9zYtAWWM",),
    ),
    "near implicit": claim("near", "00" * 32, ed_sign(MY_ED), script=MY_ED_KEY),
    "filecoin": claim(
        "filecoin",
        "f12cs7ppvnhwhma3xzhkm4pavq2q47blmprcxvg6i",
        okx_sign(MINE),
        script=MINE.public_key.format().hex(),
    ),
    "terra": claim(
        "terra-classic",
        "terra1hf7afhf4y6wlxqvr7lx4pmct5gunczmnh9emsg",
        okx_sign(MINE),
        script=MINE.public_key.format().hex(),
    ),
    "conflux": claim(
        "conflux-core",
        "cfx:aameksd3gwvmtduc861ym2uzkfaawu9566k0jnte55",
        okx_sign(MINE),
        script=MINE.public_key.format().hex(),
    ),
    # Keys that sign for everybody.
    "identity point": claim(
        "hedera", "0.0.98", "0x01" + "00" * 63, script="01" + "00" * 31, message="anything"
    ),
    "system program": claim(
        "solana",
        "11111111111111111111111111111111",
        "0x58" + "66" * 31 + "01" + "00" * 31,
        script="00" * 32,
    ),
    # One holder under several names.
    "case of base58": claim(
        "solana",
        "7BZOtjHzMPu1VqvJn63Fq3IvyMwcvGqH1SysQSJUAPu9",
        ed_sign(MY_ED),
        script="621d398b193049957a0a8d9cd6f2b5b0a1a1c5c6c7c8c9cacbcccdcecfd0d1d2",
    ),
    "case of base64": claim(
        "ton", "EQA5rifVSCC8QqFPcxVQ4ZjgjpSa0epcdOwDTG234inFTSwJ", ed_sign(MY_ED), script=MY_ED_KEY
    ),
    "no key at all": claim("algorand", "x", "0x" + "11" * 64),
}

ONLY_ASSERTED: dict[str, Claim] = {
    "whale with my key as owner": claim(
        "ethereum", WHALE, evm_sign(MINE), owners=(evm_address(MINE),)
    ),
    "validator with my key as owner": claim(
        "ethereum",
        "0x" + "ab" * 48,
        evm_sign(MINE),
        owners=(evm_address(MINE),),
        row_type="Native ETH Staking",
    ),
    "near name": claim("near", "binance.near", ed_sign(MY_ED), script=MY_ED_KEY),
    "hedera number": claim("hedera", "0.0.98", ed_sign(MY_ED), script=MY_ED_KEY),
    "antelope name": claim("vaulta", "eosio", antelope_sign(MINE), script=antelope_key(MINE)),
    "starknet account": stark_row(),
    "xrp with my key": claim(
        "xrpl",
        "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        okx_sign(MINE),
        script=MINE.public_key.format().hex(),
    ),
    "aptos with my key as owner": claim(
        "aptos",
        "0x" + "de" * 32,
        ed_sign(MY_ED),
        script=MY_ED_KEY,
        owners=("0x" + sha3_256(bytes.fromhex(MY_ED_KEY) + b"\0").hexdigest(),),
    ),
}


@pytest.mark.parametrize("name", NEVER_CONTROLS)
def test_never_controls(name: str) -> None:
    result = judge(NEVER_CONTROLS[name], REGISTRY)
    # A P2SH row without its script cannot be decided, nor what may be in a form that is not read.
    undecided = result.control is Control.UNSUPPORTED and name == "zcash t3"
    assert result.control is Control.MALFORMED or undecided or refused(result), result
    assert result.reason


@pytest.mark.parametrize("name", ONLY_ASSERTED)
def test_only_asserted(name: str) -> None:
    result = judge(ONLY_ASSERTED[name], REGISTRY)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert not result.shows_control
    assert "is not verified" in result.reason or "can show" in result.reason


def test_the_order_of_rows_changes_nothing() -> None:
    """A registry of versions that fills up as coins are met lets a row pass before or after."""
    row = NEVER_CONTROLS["litecoin on bitcoin"]
    before = judge(row, REGISTRY)
    litecoin = claim("litecoin", row.address, BITCOIN_SIGNED)
    judge(litecoin, REGISTRY)
    assert judge(row, REGISTRY) == before
