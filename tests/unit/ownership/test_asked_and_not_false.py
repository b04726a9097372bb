"""What no form that is read explains stays not verified, whoever the chain says may spend.

A key recovered from a signature by a form that nobody says was used is an accident, and no signer.
"""

from __future__ import annotations

from hashlib import blake2b, sha256

import pytest
from coincurve import PrivateKey
from coincurve._libsecp256k1 import ffi
from support.signed_rows import (
    Signed,
    account,
    antelope_key,
    antelope_text,
    claim,
    ed_key,
    key,
    point,
    sign,
    signed_rows,
    tron_address,
)

from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, Way, Weighted, single
from scanner.ownership.interface import SignerFinder
from scanner.ownership.judge import judge
from scanner.ownership.key_policy import FIXED
from scanner.ownership.primitives import envelopes
from scanner.ownership.primitives.hashes import hash160, sha256d
from scanner.ownership.table import verifiers_of
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
OWN, ED = key(1), ed_key(1)
STRANGER = PolicyKey(KeyKind.ACCOUNT, b"\7" * 20)
SILENT = KeyPolicy((), 9)
OF_STRANGER = KeyPolicy((single("owner permission", STRANGER),), 9)


def finders(row: Claim) -> list[str]:
    return [
        v.name for v in verifiers_of(REGISTRY.network(row.network)) if isinstance(v, SignerFinder)
    ]


def asked(row: Claim) -> bool:
    form = decode_address(REGISTRY.network(row.network), row.address).format
    return bool(finders(row)) and form not in FIXED


ROWS = [row for row in signed_rows() if asked(row.claim)]


def own(row: Claim) -> KeyPolicy:
    """Whatever a chain may call the test's own keys, one way each: none of them signed the text."""
    public, edwards = OWN.public_key.format(), ED.verify_key.encode()
    payload = decode_address(REGISTRY.network(row.network), row.address).payload
    accounts = (
        *(payload, account(OWN), hash160(public), sha256d(point(OWN))),
        *(blake2b(point(OWN), digest_size=20).digest(), hash160(b"\xed" + edwards)),
    )
    keys = [PolicyKey(KeyKind.ACCOUNT, a) for a in dict.fromkeys(accounts)]
    keys += [PolicyKey(KeyKind.SECP256K1, public), PolicyKey(KeyKind.ED25519, edwards)]
    ways = [single(f"way {n}", k) for n, k in enumerate(keys)]
    return KeyPolicy((*ways, Way("all of them", tuple(map(Weighted, keys)), len(keys))), 9)


def policies(row: Claim) -> tuple[KeyPolicy, ...]:
    return own(row), OF_STRANGER, SILENT


def ids(row: Signed) -> str:
    return f"{row.scheme}: {row.label}"


def test_rows_of_every_scheme_that_finds_signers_are_here() -> None:
    every = {name for n in REGISTRY.networks.values() for name in _finders_of(n.name)}
    signed = {row.scheme for row in ROWS}
    assert every - signed <= {"okx_contract_owner", "filecoin_text"}, "filecoin_text: see below"


def _finders_of(network: str) -> set[str]:
    found = verifiers_of(REGISTRY.network(network))
    return {v.name for v in found if isinstance(v, SignerFinder)}


@pytest.mark.parametrize("row", ROWS, ids=ids)
@pytest.mark.parametrize("bare", [False, True])
def test_what_is_undecided_offline_becomes_no_mismatch_by_a_policy(row: Signed, bare: bool) -> None:
    """The keys signed, and nothing that is read: as if in a form of which nobody knows."""
    for text in ("signed in a form that is not read", row.claim.message.replace("e", "3", 1)):
        other = row.claim._replace(message=text)
        if bare:
            other = other._replace(script="")
        offline = judge(other, REGISTRY)
        assert offline.control is not Control.CONTROLS
        for policy in policies(other):
            found = judge(other, REGISTRY, None, lambda _, p=policy: p)
            if offline.control is Control.UNSUPPORTED:
                assert found.control is Control.UNSUPPORTED, found
            assert not found.signed_by


@pytest.mark.parametrize("row", [r for r in ROWS if r.claim.network != "sui"], ids=ids)
def test_whoever_is_known_to_have_signed_is_held_to_the_policy(row: Signed) -> None:
    offline = judge(row.claim, REGISTRY)
    assert offline.control is Control.CONTROLS
    if row.scheme not in finders(row.claim):
        return
    found = judge(row.claim, REGISTRY, None, lambda _: OF_STRANGER)
    assert found.control is Control.MISMATCH
    assert "owner permission: weight 0 of 1 signed" in found.reason
    assert "signed, which the account does not allow at block 9" in found.reason


def recoverable(digest: bytes) -> str:
    return sign(OWN, digest)


def canonical(digest: bytes) -> str:
    for extra in range(256):
        nonce = ffi.NULL, ffi.new("unsigned char[32]", bytes((extra,)) * 32)
        made = OWN.sign_recoverable(digest, hasher=None, custom_nonce=nonce)
        if not (made[0] | made[32]) & 0x80:
            return antelope_text(bytes((made[64] + 31,)) + made[:64])
    raise AssertionError("256 signatures and none is canonical")


def unread_row(network: str, digest: bytes) -> list[Claim]:
    """Rows of the account's own key over a digest that no form makes of the text."""
    if network == "vaulta":
        row = claim("vaulta", "acmeexchange", canonical(digest))
        return [row, row._replace(script=antelope_key(OWN))]
    if network == "filecoin":
        return [claim("filecoin", FilecoinCodec("", "").encode(2, bytes(20)), recoverable(digest))]
    if network == "tron":
        return [claim("tron", tron_address(OWN), recoverable(digest))]
    (good,) = [r for r in ROWS if r.scheme == "okx_recover" and r.label == network]
    row = good.claim._replace(signatures=(recoverable(digest),))
    return [row, row._replace(script=OWN.public_key.format().hex())]


NETWORKS = ("tron", "vaulta", "filecoin", "xrpl", "conflux-core", "terra-classic", "aelf")


@pytest.mark.parametrize("network", [*NETWORKS, "avalanche-x"])
@pytest.mark.parametrize("number", range(8))
def test_the_accounts_own_key_over_a_digest_of_no_form(network: str, number: int) -> None:
    for row in unread_row(network, sha256(f"{network} {number}".encode()).digest()):
        assert judge(row, REGISTRY).control is Control.UNSUPPORTED
        for policy in policies(row):
            found = judge(row, REGISTRY, None, lambda _, p=policy: p)
            assert found.control is Control.UNSUPPORTED
            assert "no form that is read" in found.reason
            assert " signed, which" not in found.reason


def test_the_reason_names_the_forms_and_the_policy() -> None:
    (row,) = unread_row("tron", bytes(range(32)))
    found = judge(row, REGISTRY, None, lambda _: OF_STRANGER)
    assert "TIP-191" in found.reason
    assert "at block 9 (owner permission: account 0707070707" in found.reason
    (first, _) = unread_row("vaulta", bytes(range(32)))
    said = judge(first, REGISTRY, None, lambda _: OF_STRANGER).reason
    assert "OKX's envelope, the text alone" in said
    assert (
        "no key may spend from the account at block 9"
        in judge(first, REGISTRY, None, lambda _: SILENT).reason
    )


def allowed(threshold: int, *signers: PrivateKey) -> KeyPolicy:
    members = tuple(Weighted(PolicyKey(KeyKind.ACCOUNT, account(s))) for s in signers)
    return KeyPolicy((Way("owner permission", members, threshold),), 70)


def test_who_is_named_and_too_few_is_false_and_named() -> None:
    """Read in the second form the signature is the key's that the account allows: so it is."""
    digest = envelopes.tip191_text(b"I am an exchange address")
    row = claim("tron", tron_address(key(9)), recoverable(digest))
    found = judge(row, REGISTRY, None, lambda _: allowed(2, OWN, key(2)))
    assert found.control is Control.MISMATCH
    assert found.reason.startswith(f"{tron_address(OWN)} signed, which")
    assert "weight 1 of 2" in found.reason
    both = row._replace(signatures=(*row.signatures, recoverable(b"\3" * 32)))
    beside = judge(both, REGISTRY, None, lambda _: allowed(1, OWN))
    assert beside.control is Control.MISMATCH
    assert "would have made one signature" in beside.reason


def test_an_own_key_that_may_not_spend_any_more_is_false_and_named() -> None:
    digest = envelopes.tip191_text(b"I am an exchange address")
    row = claim("tron", tron_address(OWN), recoverable(digest))
    assert judge(row, REGISTRY).binding is Binding.DERIVED
    found = judge(row, REGISTRY, None, lambda _: allowed(1, key(2)))
    assert found.control is Control.MISMATCH
    assert found.reason.startswith(f"{tron_address(OWN)} signed, which the account does not allow")
