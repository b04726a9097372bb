"""Goes over the table of schemes and demands of each: vectors with a source, and what spoils a row.

A new scheme fails here until somebody has said how it ties its text to the address, and shown it.
One flipped bit, another network and the other half of s: test_negatives, over the same rows.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from support.scheme_evidence import utxo_rows
from support.signed_rows import Signed, altered, signed_rows

from scanner.model.control import Control
from scanner.ownership.judge import judge
from scanner.ownership.table import VERIFIERS
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROOT = Path(__file__).parents[3]
ROWS = [
    *signed_rows(),
    *(
        Signed(result.scheme, "bitcoin", row, result.shows_control)
        for row in utxo_rows(REGISTRY.network("bitcoin"))
        if (result := judge(row, REGISTRY)).control is Control.CONTROLS
    ),
]
OTHERS = signed_rows(7)
NAMES_ADDRESS = frozenset(("adr36", "bip322", "cip8", "stark", "ton_connect"))
"""Schemes that sign the address (or its script) with the text: for another address nothing fits."""
BARE = frozenset(
    (
        *("aptos_text", "filecoin_bls", "filecoin_text", "polkadot_text", "solana_text"),
        "xrpl_text",
    )
)
"""Schemes that sign the text without an envelope: it must not be a transaction of the chain."""
ENVELOPES = frozenset(
    (
        *("algorand_mx", "antelope_key", "bitcoin_message", "bls", "cip23", "contract_owner"),
        *("ed25519", "evm_message", "hedera_text", "nep413", "okx_contract_owner", "okx_recover"),
        *("sep53", "solana_offchain", "sui_personal", "tron_message"),
    )
)
"""Schemes whose envelope holds the text alone, and begins as no transaction does."""

VICTIMS = {
    "bitcoin": "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2",
    "ethereum": "0x" + "99" * 20,
    "hedera": "0.0.999",
    "okc": "0x" + "99" * 20,
    "starknet": "0x123456",
    "vaulta": "otheraccount",
}
"""Somebody's address on networks whose rows are not made of a key."""


def test_every_scheme_says_how_it_ties_the_text_to_the_address() -> None:
    assert set(VERIFIERS) == NAMES_ADDRESS | BARE | ENVELOPES
    assert len(VERIFIERS) == len(NAMES_ADDRESS) + len(BARE) + len(ENVELOPES)


@pytest.mark.parametrize("scheme", sorted(VERIFIERS))
def test_vectors_of_the_scheme_have_a_source(scheme: str) -> None:
    page = (ROOT / "docs" / "schemes.md").read_text()
    cells = re.findall(rf"^\| `{scheme}` \|.*\| ([^|]*) \|$", page, re.MULTILINE)
    folders = {name for cell in cells for name in re.findall(r"`([a-z_]+)`", cell)}
    folders &= {p.name for p in (ROOT / "tests" / "vectors").iterdir()}
    assert folders, "no row of the matrix names vectors"
    for name in folders:
        source = (ROOT / "tests" / "vectors" / name / "SOURCE.md").read_text()
        assert len(source) > 100, name


@pytest.mark.parametrize("scheme", sorted(VERIFIERS))
def test_another_text_is_never_controlled(scheme: str) -> None:
    rows = [r for r in ROWS if r.scheme == scheme]
    assert rows
    for row in rows:
        for text in (row.claim.message.replace("e", "3", 1), "another text", ""):
            assert text != row.claim.message
            result = judge(altered(row, message=text), REGISTRY)
            assert result.control is not Control.CONTROLS, (row.label, text, result)
            assert result.reason


@pytest.mark.parametrize("scheme", sorted(VERIFIERS))
def test_anothers_address_is_never_shown_to_be_the_signers(scheme: str) -> None:
    others = {(r.scheme, r.label): r.claim.address for r in OTHERS}
    mine = [r for r in ROWS if r.scheme == scheme]
    seen = 0
    for row in mine:
        address = others.get((row.scheme, row.label), row.claim.address)
        if address == row.claim.address:  # made for no key
            address = VICTIMS.get(row.claim.network, address)
        if address == row.claim.address:
            continue
        seen += 1
        result = judge(altered(row, address=address), REGISTRY)
        assert not result.shows_control, (row.label, result)
        if scheme in NAMES_ADDRESS:
            assert result.control is not Control.CONTROLS, (row.label, result)
    assert seen


@pytest.mark.parametrize("scheme", sorted(BARE))
@pytest.mark.parametrize("text", ["\x01\x00\x01", "SMT\0" + "a" * 40, "a\0", "\x84\x00"])
def test_a_text_that_may_be_a_transaction_is_not_read(scheme: str, text: str) -> None:
    for row in (r for r in ROWS if r.scheme == scheme):
        result = judge(altered(row, message=text), REGISTRY)
        assert result.control is Control.UNSUPPORTED, (row.label, result)
