"""What spoils a proof, done to every scheme: one bit, another network, the other half of s.

Wrong messages, cut signatures, missing and repeated keys of a threshold: test_judge.
"""

from __future__ import annotations

import base64

import pytest
from support.bitcoin_signing import BITCOIN, ORDER, Spend, simple, to_sign
from support.bitcoin_signing import Key as BitcoinKey
from support.scheme_evidence import utxo_rows
from support.signed_rows import Signed, altered, antelope_text, claim, signed_rows

from scanner.model.addresses import base58
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Control
from scanner.ownership import judge as judge_module
from scanner.ownership.judge import judge
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.table import VERIFIERS
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
_ED25519_ORDER = 2**252 + 27742317777372353535851937790883648493
_STARK_ORDER = 0x800000000000010FFFFFFFFFFFFFFFFB781126DCAE7B2321E66A241ADC64D2F


def _named(row: Claim) -> Signed:
    result = judge(row, REGISTRY)
    form = decode_address(REGISTRY.networks[row.network], row.address).format
    return Signed(result.scheme, f"{row.network} {form}", row, result.shows_control)


ROWS = [*signed_rows(), *map(_named, utxo_rows(BITCOIN))]


def ids(row: Signed) -> str:
    return f"{row.scheme}: {row.label}"


def test_every_scheme_is_here() -> None:
    assert {row.scheme for row in ROWS} == set(VERIFIERS)


PREFIXES = ("smp", "ful", "pof")


def _read(text: str) -> bytes:
    text = text[3:] if text.startswith(PREFIXES) else text
    data = decode_hex(text)
    if data is not None:
        return data
    if text.startswith("SIG_K1_"):
        return base58.decode(text[7:])[:-4]
    return base58.decode(text) if _is_base58(text) else base64.b64decode(text)


def _is_base58(text: str) -> bool:
    """Whether it is how Solana's wallets write 64 bytes; base64 of them has 88 letters and "="."""
    return 85 < len(text) < 89 and text.isalnum()


def _write(data: bytes, like: str) -> str:
    if like.startswith("SIG_K1_"):
        return antelope_text(data)
    if decode_hex(like) is not None:
        return ("0x" if like.startswith("0x") else "") + data.hex()
    if _is_base58(like):
        return base58.encode(data)
    prefix = like[:3] if like.startswith(PREFIXES) else ""
    return prefix + base64.b64encode(data).decode()


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_one_flipped_bit_anywhere_in_a_signature(
    row: Signed, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every bit of every byte; of slow schemes one bit of each byte."""
    # Twins of the text never control, and are not what this is about.
    monkeypatch.setattr(judge_module, "near_miss", lambda proof, failed, judged: failed)
    spoilt = 0
    for at, text in enumerate(row.claim.signatures):
        data = _read(text)
        for place in range(len(data)):
            bits = (place % 8,) if row.scheme in ("bls", "stark", "bip322") else range(8)
            for bit in bits:
                flipped = data[:place] + bytes((data[place] ^ 1 << bit,)) + data[place + 1 :]
                given = list(row.claim.signatures)
                given[at] = _write(flipped, text)
                result = judge(altered(row, signatures=tuple(given)), REGISTRY)
                assert result.control is not Control.CONTROLS, (at, place, bit, result)
                assert result.reason
                spoilt += 1
    assert spoilt >= 64


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_another_network(row: Signed) -> None:
    """A proof holds on another network only for the same holder under the same rules."""
    home = REGISTRY.networks[row.claim.network]
    holder = decode_address(home, row.claim.address)
    refused = 0
    for network in REGISTRY.networks.values():
        result = judge(altered(row, network=network.name), REGISTRY)
        if result.control is not Control.CONTROLS:
            assert result.reason
            refused += 1
            continue
        there = decode_address(network, row.claim.address)
        assert result.scheme == row.scheme
        assert row.bound or not result.shows_control
        assert there.payload == holder.payload or not result.shows_control, network.name
    assert refused >= len(REGISTRY.networks) // 2


HIGH_S = {
    "adr36": "named",  # Cosmos nodes take low s only: refused, and said
    "algorand_mx": "refused",  # Ed25519: s with the order added, as below
    "aptos_text": "refused",
    "antelope_key": "refused",  # fc's is_canonical: nodes take neither r nor s from 2^255 on
    "bip322": "refused",  # BIP-146, one of BIP-322's required rules
    "bitcoin_message": "noted",  # Bitcoin Core's verifymessage recovers the key either way
    "bls": "refused",  # no s: the negative point in its place
    "cip23": "noted",
    "cip8": "refused",
    "contract_owner": "noted",  # ecrecover takes it; EIP-2 is about transactions
    "ed25519": "refused",  # no second half: s with the order added (RFC 8032, 5.1.7)
    "evm_message": "noted",
    "filecoin_bls": "refused",  # the other y of the point
    "filecoin_text": "noted",
    "hedera_text": "refused",
    "nep413": "refused",
    "okx_contract_owner": "noted",
    "okx_recover": "noted",
    "polkadot_text": "refused",
    "sep53": "refused",
    "solana_offchain": "refused",
    "solana_text": "refused",
    "sui_personal": "refused",
    "ton_connect": "refused",
    "xrpl_text": "refused",  # the ledger's canonical form has low s
    "stark": "accepted",  # the curve's verification compares x only: both halves are as good
    "tron_message": "noted",
}


def _other_s(row: Signed, data: bytes) -> bytes:
    """The same signature with the other s."""
    if row.scheme.startswith("filecoin") and len(data) % 16 > 0 and len(data) != 65:
        return data[:1] + _other_s(row, data[1:])  # behind Lotus' type
    if row.scheme in ("bls", "filecoin_bls"):
        return bytes((data[0] ^ 0x20,)) + data[1:]
    if len(data) == 64 and row.scheme not in ("stark", "adr36"):
        s = int.from_bytes(data[32:], "little") + _ED25519_ORDER
        return data[:32] + s.to_bytes(32, "little")
    if row.scheme == "stark":
        s = _STARK_ORDER - int.from_bytes(data[32:], "big")
        return data[:32] + s.to_bytes(32, "big")
    if row.scheme in ("antelope_key", "bitcoin_message"):
        s = ORDER - int.from_bytes(data[33:], "big")
        turned = (data[0] - 27 ^ 1) + 27 if data[0] >= 27 else data[0] ^ 1
        return bytes((turned,)) + data[1:33] + s.to_bytes(32, "big")
    s = ORDER - int.from_bytes(data[32:64], "big")
    if row.scheme == "adr36":
        return data[:32] + s.to_bytes(32, "big")
    if row.scheme in ("cip23", "filecoin_text"):
        return data[:32] + s.to_bytes(32, "big") + bytes((data[64] ^ 1,))
    return data[:32] + s.to_bytes(32, "big") + bytes(((data[64] - 27 ^ 1) + 27,))


def test_the_rule_about_high_s_is_told_for_every_scheme() -> None:
    assert set(HIGH_S) == set(VERIFIERS)


_ELSEWHERE = (
    *("evm 2098", "whole", "enterprise", "base", "secp256k1"),
    *("sr25519", "sr25519 MultiSignature", "Ed25519", "ECDSA"),
    *("secp256k1 whole", "secp256r1 whole", "passkey", "multisig", "secp256k1 apart"),
    *("AnySignature", "SingleKey", "MultiKey", "MultiKey whole", "MultiEd25519"),
)
"""Rows whose s does not stand where a plain signature has it."""


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r.scheme != "bip322" and r.label not in _ELSEWHERE],
    ids=ids,
)
def test_high_s_by_the_schemes_own_rule(row: Signed) -> None:
    turned = tuple(_write(_other_s(row, _read(text)), text) for text in row.claim.signatures)
    result = judge(altered(row, signatures=turned), REGISTRY)
    rule = HIGH_S[row.scheme]
    taken = rule in ("noted", "accepted")
    assert (result.control is Control.CONTROLS) is taken, result
    assert result.shows_control is (row.bound and taken)
    assert ("upper half" in result.reason) is (rule in ("noted", "named"))


def test_high_s_in_bip322() -> None:
    signer = BitcoinKey("owner")
    row = next(r for r in ROWS if r.label == "bitcoin p2wpkh" and r.scheme == "bip322")
    output = script_pubkey(decode_address(BITCOIN, row.claim.address))
    good = simple(to_sign(row.claim.message, [Spend("p2wpkh", output, (signer,))]))
    high = simple(to_sign(row.claim.message, [Spend("p2wpkh", output, (signer,), high_s=True)]))
    assert judge(claim("bitcoin", row.claim.address, good), REGISTRY).shows_control
    assert judge(claim("bitcoin", row.claim.address, high), REGISTRY).control is Control.UNSUPPORTED
