"""Challenges: what is asked to be signed, and what answers it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.signed_rows import claim, evm_address, evm_sign, key

from scanner.errors import ConfigError
from scanner.model.block import BlockRef
from scanner.model.control import Control, Freshness
from scanner.model.statement import Statement, StatementRule
from scanner.ownership.challenge import make_challenge, parse_challenge
from scanner.ownership.freshness import grade
from scanner.ownership.judge import judge
from scanner.ownership.statement import settle
from scanner.settings.tables import load_registry

LIST = "ab" * 32
BLOCK = BlockRef("bitcoin", "main", 925000, "00" * 10 + "c4" * 22)
ETHEREUM = BlockRef("ethereum", "1", 20914735, "0x" + "c4" * 32)
REGISTRY = load_registry()


@pytest.mark.parametrize("block", [BLOCK, ETHEREUM])
def test_a_challenge_is_one_line_that_any_csv_holds_and_reads_back(block: BlockRef) -> None:
    made = make_challenge("OKX (Bahamas) Ltd.", LIST, block)
    text = made.text()
    assert text.isascii()
    assert text.isprintable()
    assert not set(",\"'\n;=") & set(text)
    assert parse_challenge(text) == made
    assert grade(text) is Freshness.BLOCK_STAMPED


@pytest.mark.parametrize("chain", ["regtest", "31337", "1:dev", "test-net.4_a"])
def test_a_block_of_another_chain_is_named_with_it_and_shows_no_time(chain: str) -> None:
    block = BlockRef("bitcoin", chain, 117, "6b" * 32)
    made = make_challenge("OKX", LIST, block, other_chain=True)
    assert f"| block: bitcoin (chain {chain}) 117 {'6b' * 32} |" in made.text()
    assert parse_challenge(made.text()) == made
    assert made.chain == chain
    assert grade(made.text()) is Freshness.STATIC
    assert grade(make_challenge("OKX", LIST, block).text()) is Freshness.BLOCK_STAMPED


@pytest.mark.parametrize("chain", ["", "a b", "a)", "x" * 65, "é"])
def test_a_chain_that_cannot_be_written_is_refused(chain: str) -> None:
    block = BlockRef("bitcoin", chain, 117, "6b" * 32)
    with pytest.raises(ConfigError, match="chain"):
        make_challenge("OKX", LIST, block, other_chain=True)


def test_two_challenges_are_never_the_same() -> None:
    assert make_challenge("OKX", LIST, BLOCK).text() != make_challenge("OKX", LIST, BLOCK).text()


@pytest.mark.parametrize(
    "name", ["", " ", "a|b", "a,b", "a\nb", "é", "x" * 65, "=cmd()", "-x", '"']
)
def test_names_that_would_be_ambiguous_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="publisher"):
        make_challenge(name, LIST, BLOCK)


@pytest.mark.parametrize(
    ("list_sha256", "block", "nonce"),
    [
        ("ab", BLOCK, None),
        (LIST, BlockRef("bitcoin", "main", 925000, "12"), None),
        (LIST, BlockRef("bit coin", "main", 925000, "00" * 32), None),
        (LIST, BlockRef("bitcoin", "main", -1, "00" * 32), None),
        (LIST, BLOCK, "12"),
        (LIST, BLOCK, "zz" * 16),
    ],
)
def test_parts_that_are_not_as_they_should_be_are_refused(
    list_sha256: str, block: BlockRef, nonce: str | None
) -> None:
    with pytest.raises(ConfigError):
        make_challenge("OKX", list_sha256, block, nonce)


@given(st.text("ABCxyz019 ._&()-", min_size=1, max_size=70), st.integers(0, 10**18 - 1))
def test_what_is_made_reads_back_and_nothing_else_does(name: str, height: int) -> None:
    try:
        made = make_challenge(name, LIST, BlockRef("bitcoin", "main", height, "00" * 32))
    except ConfigError:
        return
    text = made.text()
    assert parse_challenge(text) == made
    for other in (
        text + " ",
        " " + text,
        text.upper(),
        text[:-1],
        text.replace("| block", "|block"),
    ):
        assert parse_challenge(other) is None


def test_a_signed_challenge_answers_and_nothing_else_does() -> None:
    wanted = make_challenge("OKX", LIST, BLOCK).text()
    older = make_challenge("OKX", LIST, BLOCK).text()
    signer = key(1)
    for message, good in ((wanted, True), (older, False), ("I am an OKX address", False)):
        row = claim("ethereum", evm_address(signer), evm_sign(signer, message), message=message)
        result = judge(row, REGISTRY)
        assert result.shows_control
        answer = settle(result, row, StatementRule("OKX", challenge=wanted, known=(older,)))
        assert answer.is_proof is good
        assert answer.control is Control.CONTROLS
        if not good:
            assert answer.statement is Statement.NOT_STATED
            assert ("another challenge" if message == older else "another message") in answer.reason
    false = judge(claim("ethereum", evm_address(signer), "0x", message=wanted), REGISTRY)
    settled = settle(
        false, claim("ethereum", "0x", "0x", message=wanted), StatementRule("", wanted)
    )
    assert (settled.control, settled.is_proof) == (false.control, False)
