"""judge(): every scheme's good row, and the same things done to each of them."""

from __future__ import annotations

import pytest
from support.signed_rows import (
    MESSAGE,
    Signed,
    altered,
    claim,
    compact_2098,
    evm_address,
    evm_sign,
    high_s,
    key,
    refused,
    signed_rows,
)

from scanner.model.addresses.cardano import CardanoCodec
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.parsing import base32_encode, crc16
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim, UnreadableRow
from scanner.model.control import Binding, Control, Freshness
from scanner.ownership import judge as judge_module
from scanner.ownership.judge import judge, judge_claims, judge_rows
from scanner.ownership.memory import LONGEST_KEY, Memory, memory_key
from scanner.ownership.primitives import envelopes
from scanner.ownership.unsupported import REASONS
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = signed_rows()
OTHERS = {(r.scheme, r.label): r for r in signed_rows(1000)}


def _stellar_contract() -> str:
    body = bytes((2 << 3,)) + bytes(32)
    return base32_encode(body + crc16(body).to_bytes(2, "little"))


KEYS = (key(201), key(202))
EVM_SCHEMES = ("evm_message", "contract_owner", "okx_contract_owner")


def ids(row: Signed) -> str:
    return f"{row.scheme}: {row.label}"


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_good_row_controls_and_is_bound_as_far_as_it_shows(row: Signed) -> None:
    result = judge(row.claim, REGISTRY)
    assert (result.control, result.scheme) == (Control.CONTROLS, row.scheme), result.reason
    assert result.shows_control is row.bound
    assert result.required == len(result.signed_by) > 0
    assert result.binding is (Binding.DERIVED if row.bound else Binding.ASSERTED)
    assert row.bound or result.reason


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_another_message_never_controls(row: Signed) -> None:
    for message in (MESSAGE + ".", MESSAGE.upper(), MESSAGE[:-1], ""):
        result = judge(altered(row, message=message), REGISTRY)
        assert refused(result), (message, result)
        assert result.reason


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_somebody_elses_signature_never_controls(row: Signed) -> None:
    other = OTHERS[row.scheme, row.label].claim
    result = judge(altered(row, signatures=other.signatures), REGISTRY)
    assert refused(result), result
    assert result.reason


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_truncated_and_longer_signatures_never_control(row: Signed) -> None:
    first, *rest = row.claim.signatures
    shorter = (first[:-2], first[:-1], first[:-8], first[:20], "0x", "0")
    for text in (*shorter, first + "00", first + "0", " " + first, first + "\n"):
        if text == first[:-2] and row.scheme in EVM_SCHEMES:
            continue  # 64 bytes are another form there: the next test
        result = judge(altered(row, signatures=(text, *rest)), REGISTRY)
        assert result.control is Control.MALFORMED or refused(result), (text, result)


@pytest.mark.parametrize("number", range(8))
def test_an_evm_signature_without_its_last_byte_is_eip_2098_with_even_y(number: int) -> None:
    """Such a row still shows r and s of the key: it controls, and says in which form; or it is not
    whole, which is no other key's signature."""
    signature = evm_sign(key(number))
    row = claim("ethereum", evm_address(key(number)), signature[:-2])
    result = judge(row, REGISTRY)
    if signature.endswith("1b"):
        assert result.shows_control
        assert "EIP-2098" in result.reason
    else:
        assert result.control is Control.UNSUPPORTED


@pytest.mark.parametrize("row", [r for r in ROWS if len(r.claim.signatures) > 1], ids=ids)
def test_one_missing_or_the_same_twice_never_controls(row: Signed) -> None:
    first, second = row.claim.signatures
    for signatures in ((first,), (second,), (first, first), (second, second)):
        result = judge(altered(row, signatures=signatures), REGISTRY)
        if row.scheme in ("contract_owner", "antelope_key") and len(signatures) == 1:
            assert result.control is Control.UNSUPPORTED, "how many must sign is the chain's to say"
            continue
        assert result.control is Control.MISMATCH, result
        assert result.required == 2


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_a_second_signature_must_verify_too(row: Signed) -> None:
    other = OTHERS[row.scheme, row.label].claim
    result = judge(altered(row, signatures=(*row.claim.signatures, other.signatures[0])), REGISTRY)
    assert result.control is Control.MISMATCH, result


@pytest.mark.parametrize("row", [r for r in ROWS if r.bound], ids=ids)
def test_somebody_elses_address_never_controls(row: Signed) -> None:
    other = OTHERS[row.scheme, row.label].claim
    result = judge(altered(row, address=other.address), REGISTRY)
    assert not result.shows_control, result
    # A regular key may sign for another account of the ledger: that is for it to show.
    asserted = row.claim.network == "xrpl" and bool(row.claim.script)
    assert asserted or result.control is not Control.CONTROLS


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_no_signature_is_unsigned(row: Signed) -> None:
    for nothing in ((), ("",), ("", "")):
        result = judge(altered(row, signatures=nothing), REGISTRY)
        assert (result.control, result.freshness) == (Control.UNSIGNED, Freshness.NONE)


@pytest.mark.parametrize("row", ROWS, ids=ids)
def test_an_address_that_does_not_decode_is_malformed_even_unsigned(row: Signed) -> None:
    for signatures in (row.claim.signatures, ()):
        result = judge(
            altered(row, address=row.claim.address + "!", signatures=signatures), REGISTRY
        )
        assert result.control is Control.MALFORMED
        assert result.reason.startswith("address: ")


UNSUPPORTED = {
    "cardano_base_script": ("cardano", CardanoCodec("cardano", "").encode(b"\x11" + bytes(56))),
    "cardano_byron": ("cardano", "Ae2tdPwUPEZFRbyhz3cpfC2CumGzNkFBN2L42rcUc2yjQpEkxDbkPodpMAi"),
    "cardano_enterprise_script": (
        "cardano",
        CardanoCodec("cardano", "").encode(b"\x71" + bytes(28)),
    ),
    "cardano_pointer": ("cardano", CardanoCodec("cardano", "").encode(b"\x41" + bytes(31))),
    "filecoin_actor": ("filecoin", FilecoinCodec("filecoin", "").encode(2, bytes(20))),
    "filecoin_id": ("filecoin", "f01234"),
    "near_eth_implicit": ("near", "0x" + "ab" * 20),
    "stellar_contract": ("stellar", _stellar_contract()),
}


def test_every_unsupported_format_says_why() -> None:
    assert set(UNSUPPORTED) == set(REASONS)
    for form, (network, address) in UNSUPPORTED.items():
        decoded = decode_address(REGISTRY.networks[network], address)
        assert decoded.format == form
        for script in ("", "11" * 32):
            result = judge(claim(network, address, "0x" + "11" * 65, script=script), REGISTRY)
            assert (result.control, result.reason) == (Control.UNSUPPORTED, REASONS[form])


def test_text_that_is_no_unicode_is_malformed() -> None:
    result = judge(altered(ROWS[0], message="I am \udcff"), REGISTRY)
    assert result.control is Control.MALFORMED


def test_an_unknown_network_is_unsupported() -> None:
    assert judge(claim("nowhere", "x", "y"), REGISTRY).control is Control.UNSUPPORTED


def test_more_signatures_than_anybody_needs_are_refused() -> None:
    row = altered(ROWS[0], signatures=ROWS[0].claim.signatures * 1000)
    assert judge(row, REGISTRY).control is Control.MALFORMED


def test_freshness_is_of_the_message() -> None:
    signer = key(5)
    for message, grade in (
        ("I am an OKX address", Freshness.STATIC),
        ("holdings as of 2026-11-21", Freshness.DATED),
        (f"at block 925000 {'0' * 19}{'a1' * 22}b", Freshness.BLOCK_STAMPED),
    ):
        row = claim("ethereum", evm_address(signer), evm_sign(signer, message), message=message)
        result = judge(row, REGISTRY)
        assert (result.control, result.freshness) == (Control.CONTROLS, grade)


def test_a_verdict_depends_on_its_own_row_alone() -> None:
    """The same rows in another order, and again from memory, give the same verdicts."""
    rows = [r.claim for r in ROWS] + [r.claim for r in OTHERS.values()]
    rows += [altered(r, message="other") for r in ROWS]
    fresh = []
    for row in rows:
        judge_module._memory.clear()
        fresh.append(judge(row, REGISTRY))
    judge_module._memory.clear()
    backwards = [judge(row, REGISTRY) for row in reversed(rows)][::-1]
    assert backwards == fresh
    assert judge_claims(rows) == fresh


def test_networks_that_verify_alike_share_a_verdict_and_others_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked = []
    real = judge_module._verdict

    def counting(*arguments: object) -> object:
        asked.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(judge_module, "_verdict", counting)
    judge_module._memory.clear()
    signer = key(77)
    row = claim("bsc", evm_address(signer), evm_sign(signer))
    for network in ("bsc", "base", "optimism", "bsc"):
        assert judge(altered(Signed("", "", row), network=network), REGISTRY).shows_control
    assert len(asked) == 1
    result = judge(altered(Signed("", "", row), network="okc"), REGISTRY)
    assert refused(result)  # the same bytes, another network's envelope
    assert len(asked) == 2


def test_memory_is_bounded() -> None:
    memory = Memory(10)
    result = (judge(ROWS[0].claim, REGISTRY),) * 2
    for number in range(1000):
        memory.keep(number.to_bytes(4, "big"), result)
    assert len(memory._young) + len(memory._old) <= 20
    assert memory.find((999).to_bytes(4, "big")) is result
    assert memory.find((0).to_bytes(4, "big")) is None


def test_keys_of_the_memory_are_short_and_no_two_data_have_one() -> None:
    signed: list[tuple[str, tuple[str, ...], str, tuple[str, ...], str]] = [
        *(("a", ("bc",), "", (), ""), ("ab", ("c",), "", (), ""), ("abc", (), "", (), "")),
        *(("a", ("b", "c"), "", (), ""), ("a", ("b",), "c", (), ""), ("a", ("b",), "", ("c",), "")),
        *(
            ("a", ("b",), "", (), "c"),
            ("", ("a", "b", "c"), "", (), ""),
            ("", ("abc",), "", (), ""),
        ),
    ]
    long = "x" * LONGEST_KEY
    signed += [(long, ("a",), "", (), ""), ("a", (long,), "", (), ""), ("a", ("a",), long, (), "")]
    signed += [("a", ("a",), "", (long,), ""), ("a", ("a",), "", (), long)]
    signed += [("a", ("",) * many, "", (), "") for many in (LONGEST_KEY + 2, LONGEST_KEY + 3)]
    data = [(b"f" * 32, "evm", payload, *rest) for rest in signed for payload in (b"1", b"2")]
    keys = [memory_key(one) for one in data]
    assert len(set(keys)) == len(data)
    assert all(len(repr(found)) < 2 * LONGEST_KEY for found in keys)
    assert keys == [memory_key(one) for one in data]


def _evm_rows() -> list[Claim]:
    """EVM rows of every form, good and bad, that a scheme which judges many at once may see."""
    good, other = (Signed("", "", claim("ethereum", evm_address(k), evm_sign(k))) for k in KEYS)
    signature = good.claim.signatures[0]
    texts = {0: signature, 1: high_s(signature), 2: compact_2098(signature), 3: signature[:-2]}
    texts |= {4: "0x" + "00" * 65, 5: "0x" + "ff" * 64 + "1b", 6: "zz", 7: signature[:-2] + "00"}
    by_text = (evm_sign(KEYS[0], envelope=envelopes.eip191_text), "0x61", "\ud800", "{")
    rows = [altered(good, signatures=(text,)) for text in texts.values()]
    rows += [altered(good, signatures=(by_text[0],)), altered(good, message=by_text[2])]
    rows += [altered(good, message=by_text[1]), altered(good, message='{"primaryType"')]
    rows += [altered(good, signatures=(signature,) * count) for count in (2, 21)]
    rows += [altered(good, signatures=(signature, other.claim.signatures[0]))]
    rows += [altered(good, signatures=other.claim.signatures), other.claim, good.claim]
    rows += [altered(good, owners=(other.claim.address,)), altered(good, address="0x12")]
    rows += [altered(good, network=name) for name in ("base", "okc", "bitcoin", "nowhere")]
    return rows


def test_many_rows_at_once_have_the_verdicts_that_each_has_alone() -> None:
    claims = [r.claim for r in ROWS] + [r.claim for r in OTHERS.values()] + _evm_rows()
    claims += [altered(r, message=MESSAGE + "\n") for r in ROWS]
    claims += [altered(r, signatures=()) for r in ROWS[:3]]
    alone = []
    for one in claims:
        judge_module._memory.clear()
        alone.append(judge(one, REGISTRY))
    assert {found.control for found in alone} == set(Control)
    judge_module._memory.clear()
    none = UnreadableRow(1, 0, "bad_row", "")
    assert judge_rows([*claims, none, *claims], REGISTRY) == [*alone, None, *alone]
    assert judge_rows(claims[::-1], REGISTRY) == alone[::-1]  # now from memory
    assert [judge(one, REGISTRY) for one in claims] == alone
