"""secp256k1 rows in OKX's envelope."""

from __future__ import annotations

import pytest
from support.signed_rows import (
    claim,
    evm_address,
    high_s,
    key,
    okx_sign,
    point,
    refused,
    signed_rows,
)

from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import judge
from scanner.ownership.others.okx_recover import PAYLOADS
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER = key(1)
ROWS = {r.label: r.claim for r in signed_rows() if r.scheme == "okx_recover" and r.bound}


def judged(*signatures: str, **more: object) -> ControlResult:
    return judge(claim("okc", evm_address(SIGNER), *signatures, **more), REGISTRY)


def test_recovery_bytes_0_to_3_and_27_to_34() -> None:
    good = okx_sign(SIGNER)
    parity = int(good[-2:], 16) - 27
    for byte in (parity, 27 + parity, 31 + parity):
        assert judged(good[:-2] + f"{byte:02x}").shows_control
    for byte in (parity ^ 1, 27 + (parity ^ 1), 2 + parity, 29 + parity):
        other = judged(good[:-2] + f"{byte:02x}")
        assert other.control is Control.UNSUPPORTED
        assert "another recovery byte" in other.reason
    for byte in (4, 26, 35, 255):
        assert judged(good[:-2] + f"{byte:02x}").control is Control.MALFORMED


def test_high_s_is_noted() -> None:
    assert "upper half" in judged(high_s(okx_sign(SIGNER))).reason


@pytest.mark.parametrize("network", sorted(ROWS))
def test_a_published_key_never_stands_in_for_the_address(network: str) -> None:
    """The signer's own key in the key column, somebody else's address."""
    row, mine = ROWS[network], key(99)
    forged = claim(row.network, row.address, okx_sign(mine), script=mine.public_key.format().hex())
    result = judge(forged, REGISTRY)
    if row.network == "xrpl":
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    else:
        assert refused(result)


def test_a_published_key_must_be_the_signers() -> None:
    good = okx_sign(SIGNER)
    for script in (
        point(SIGNER).hex(),
        "0x" + SIGNER.public_key.format().hex(),
        point(SIGNER)[1:].hex(),
    ):
        assert judged(good, script=script).shows_control
    other = judged(good, script=key(2).public_key.format().hex())
    assert refused(other)
    assert "not the published key" in other.reason
    for script in ("05" * 33, "zz", "00", "06" + point(SIGNER)[1:].hex(), "null", "é"):
        assert judged(good, script=script).control is Control.MALFORMED, script


def test_contract_accounts_of_cosmos_and_conflux_are_no_keys() -> None:
    from scanner.model.addresses.base32_keys import ConfluxCodec
    from scanner.model.addresses.cosmos import CosmosCodec

    cosmos = CosmosCodec("terra-classic", "terra").encode(b"\7" * 32)
    conflux = ConfluxCodec("conflux-core", "1029").encode(b"\x80" + b"\7" * 19)
    for network, address in (("terra-classic", cosmos), ("conflux-core", conflux)):
        result = judge(claim(network, address, okx_sign(SIGNER)), REGISTRY)
        assert refused(result)


def test_every_format_has_a_row() -> None:
    from scanner.model.addresses.table import decode_address

    formats = {
        decode_address(REGISTRY.networks[r.network], r.address).format for r in ROWS.values()
    }
    assert formats == set(PAYLOADS)
