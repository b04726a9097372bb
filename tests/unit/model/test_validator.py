"""Which withdrawal credentials pay whom: strictly those that name the account, and no others."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scanner.errors import AddressFormatError, ConfigError
from scanner.model.addresses.evm import checksum_text
from scanner.model.validator import payee, payees

ACCOUNT = "52908400098527886e0f7030069857d2e4169ee7"
EIP55 = "0x52908400098527886E0F7030069857D2E4169EE7"
MIXED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
ZEROS = "00" * 11


@pytest.mark.parametrize("text", [EIP55, "0x" + ACCOUNT])
def test_an_account_is_paid_by_two_kinds_of_credentials(text):
    found = payee(text, "ethereum")
    assert found.credentials == {f"0x01{ZEROS}{ACCOUNT}", f"0x02{ZEROS}{ACCOUNT}"}
    assert found.text == text


@pytest.mark.parametrize(
    "credentials",
    [
        f"0x00{ZEROS}{ACCOUNT}",
        f"0x03{ZEROS}{ACCOUNT}",
        f"0x01{'00' * 10}01{ACCOUNT}",
        f"0x0100000000000000ff000000{ACCOUNT}",
        f"0x01{ACCOUNT}{ZEROS}",
        f"0x02{ZEROS}{ACCOUNT[:-1]}8",
    ],
)
def test_credentials_that_only_look_like_the_accounts_are_not(credentials):
    assert len(credentials) == 66
    assert credentials not in payee(EIP55, "ethereum").credentials
    assert payee(credentials, "ethereum").credentials == {credentials}


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=20, max_size=20))
def test_the_rule_byte_for_byte(found, account):
    """Against the rule spelled out: kind 1 or 2, eleven zeros, the account."""
    for said in (
        found,
        bytes((found[0] % 4,)) + bytes(11) + account,
        b"\1" + found[1:12] + account,
    ):
        pays = said[0] in (1, 2) and said[1:12] == bytes(11) and said[12:] == account
        assert ("0x" + said.hex() in payee(checksum_text(account), "ethereum").credentials) is pays


def test_whole_credentials_in_capitals_are_the_same():
    assert payee("0x00" + "AB" * 31, "ethereum").credentials == {"0x00" + "ab" * 31}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (MIXED.replace("aA", "Aa"), "EIP-55"),
        ("0x" + "ab" * 48, "neither an account"),
        ("", "neither an account"),
        ("0x" + "ab" * 31, "neither an account"),
        ("ab" * 32, "neither an account"),
        ("0x" + "zz" * 32, "neither an account"),
        ("0x" + "zz" * 20, "40 hex digits"),
        ("ab" * 21, "40 hex digits"),
        ("0x" + "ab" * 32 + "\n", "neither an account"),
    ],
)
def test_what_is_neither_is_refused(text, says):
    with pytest.raises(AddressFormatError, match=says):
        payee(text, "ethereum")


def test_nobody_is_asked_about_twice():
    asked = payees([EIP55, MIXED, "0x00" + "ab" * 31], "ethereum")
    assert [p.text for p in asked] == [EIP55, MIXED, "0x00" + "ab" * 31]
    for again in (EIP55, "0x" + ACCOUNT, f"0x01{ZEROS}{ACCOUNT}"):
        with pytest.raises(ConfigError, match="are the same"):
            payees([MIXED, EIP55, again], "ethereum")
