"""Addresses as documents have them: in quotes, emphasized, or as the text of a link."""

from __future__ import annotations

import pytest
from support.lists import Reader

from scanner.lists.spelling import address_finding
from scanner.model.finding import FindingKind
from scanner.model.registry import Registry

A, B = "0x28C6c06298d514Db089934071355E5743bf21d60", "0x21a31Ee1afC51d94C2eFcCAa2092aD1028285549"
PAGE = "https://etherscan.io/address/"


@pytest.mark.parametrize(
    "text",
    [
        f"`{A}`",
        f"**{A}**",
        f"_{A}_",
        f"**`{A}`**",
        f"[{A}]({PAGE}{A})",
        f"[`{A}`]({PAGE}{A.lower()})",
        f"[**{A}**](https://example.com/accounts?of={A})",
        f"\u201c{A}\u201d",
        f"\u00ab{A}\u00bb",
    ],
)
def test_what_stands_around_an_address_is_left_out_and_told(read_bytes: Reader, text: str) -> None:
    read = read_bytes(f"|coin|network|address|\n|---|---|---|\n|ETH|ethereum|{text}|\n")
    assert [claim.address for claim in read.claims] == [A]
    assert [f.kind for f in read.findings] == [FindingKind.RESPELLED]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (f"[{A}]({PAGE}{B})", "it names another address"),
        (f"[{A}](https://bscscan.com/address/{A})", "it names bsc"),
        (f"[{A}](https://example.com)", "it names another address"),
        (f"~~{A}~~", "is not an address"),
        (f"{A}*", "is not an address"),
        (f"**{A}", "is not an address"),
        (f"[hot wallet]({PAGE}{A})", "it names another address"),
        (f"[{A}]({PAGE}{A}) {B}", "is not an address"),
    ],
)
def test_what_says_more_than_the_address_is_not_read(
    read_bytes: Reader, registry: Registry, text: str, told: str
) -> None:
    [claim] = read_bytes(f"coin,network,address\nETH,ethereum,{text}\n").claims
    assert claim.address == text
    assert told in address_finding(claim, registry).reason
