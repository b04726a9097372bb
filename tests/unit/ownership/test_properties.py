"""Any text in any field gives a verdict: never an exception, never `controls`."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.signed_rows import Signed, signed_rows

from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.model.statement import StatementRule
from scanner.ownership.challenge import parse_challenge
from scanner.ownership.evm.contract_calls import owners_of, unwrap
from scanner.ownership.freshness import grade
from scanner.ownership.judge import judge
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.statement import settle
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
ROWS = [r for r in signed_rows() if r.scheme not in ("bls", "stark")]
NETWORKS = sorted(REGISTRY.networks)

ALL = st.characters(exclude_categories=())
ANY = st.text(ALL, max_size=200)
HEXISH = st.text("0123456789abcdefABCDEFxX ", max_size=300)
BYTES = st.binary(max_size=140).map(lambda b: "0x" + b.hex())
SIGNATURE = st.one_of(ANY, HEXISH, BYTES, st.binary(min_size=64, max_size=66).map(bytes.hex))
TYPED = st.sampled_from(
    [
        '{"types":{},"primaryType":"A","domain":{},"message":{}}',
        '{"types":{"A":[{"name":"a","type":"A"}]},"primaryType":"A","domain":{},"message":{}}',
        '{"primaryType":1,"types":[],"domain":[],"message":0}',
        '{"primaryType"' + "[" * 5000,
        '{"types":{"EIP712Domain":[],"A":[{"name":"a","type":"uint9999999[9999999]"}]},'
        '"primaryType":"A","domain":{"chainId":1e400},"message":{"a":[[]]}}',
    ]
)
FAST = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FAST
@given(
    st.sampled_from([*NETWORKS, "nowhere", ""]),
    ANY,
    st.one_of(ANY, TYPED),
    st.lists(SIGNATURE, max_size=4).map(tuple),
    st.one_of(ANY, HEXISH),
    st.lists(st.one_of(ANY, HEXISH), max_size=3).map(tuple),
    ANY,
)
def test_a_row_of_anything_gives_a_verdict(
    network: str,
    address: str,
    message: str,
    signatures: tuple[str, ...],
    script: str,
    owners: tuple[str, ...],
    row_type: str,
) -> None:
    claim = Claim(
        1, "C", "C", network, address, "?", 8, None, None, message, signatures, script, owners,
        row_type,
    )  # fmt: skip
    result = judge(claim, REGISTRY)
    assert isinstance(result, ControlResult)
    assert result.control is not Control.CONTROLS
    assert result.reason


FIELD = st.sampled_from(["message", "signatures", "script", "owners", "row_type", "address"])


@settings(FAST, max_examples=1500)
@given(st.sampled_from(ROWS), FIELD, st.data())
def test_a_good_row_with_one_field_of_anything(
    row: Signed, field: str, data: st.DataObject
) -> None:
    value: object
    if field in ("signatures", "owners"):
        value = tuple(data.draw(st.lists(SIGNATURE, min_size=1, max_size=4)))
    else:
        value = data.draw(st.one_of(ANY, HEXISH, TYPED))
    changed = row.claim._replace(**{field: value})  # type: ignore[arg-type]
    result = judge(changed, REGISTRY)
    assert isinstance(result, ControlResult)
    if field in ("message", "signatures") and value != getattr(row.claim, field):
        assert result.control is not Control.CONTROLS
    if field == "address" and value != row.claim.address:
        assert not result.shows_control


@settings(FAST, max_examples=500)
@given(st.sampled_from(ROWS), st.data())
def test_contracts_that_answer_anything_prove_nothing_without_a_signature(
    row: Signed, data: st.DataObject
) -> None:
    """Whatever bytes the chain gives: signatures that are nobody's stay nobody's."""
    junk = tuple(data.draw(st.lists(SIGNATURE, min_size=1, max_size=2)))
    answers = data.draw(st.lists(st.binary(max_size=160), min_size=1, max_size=5))
    calls: list[tuple[bytes, bytes]] = []

    def call(to: bytes, question: bytes) -> bytes:
        calls.append((to, question))
        return answers[len(calls) % len(answers)]

    result = judge(row.claim._replace(signatures=junk), REGISTRY, call)
    yes = bytes.fromhex("1626ba7e").ljust(32, b"\0")
    assert yes in answers or not result.shows_control
    assert owners_of(lambda to, question: answers[0], b"\1" * 20) is None or len(answers[0]) >= 32


@FAST
@given(st.binary(max_size=400))
def test_readers_of_bytes_never_raise(data: bytes) -> None:
    unwrap(data + bytes.fromhex("6492" * 16))
    unwrap(data)


@FAST
@given(st.text(ALL, max_size=2000))
def test_readers_of_text_never_raise(text: str) -> None:
    grade(text)
    parse_challenge(text)
    decode_hex(text)
    decoded = decode_hex("0x" + text)
    assert decoded is None or decoded.hex() == text.lower()
    row = judge(ROWS[0].claim, REGISTRY)
    rule = StatementRule("OKX", challenge="the challenge")
    settled = settle(row, ROWS[0].claim._replace(message=text), rule)
    assert settled.is_proof is (row.shows_control and text == "the challenge")
