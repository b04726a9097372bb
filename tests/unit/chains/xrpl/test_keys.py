"""Master key, regular key and signer list of the XRP Ledger."""

import pytest

from scanner.chains.xrpl.keys import account_keys
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.base58_keys import RippleCodec
from scanner.model.control import Control, ControlResult
from scanner.model.key_policy import KeyKind, KeyPolicy, PolicyKey, keys_of
from scanner.ownership.interface import Signer
from scanner.ownership.key_policy import judge_policy

CODEC = RippleCodec("xrpl", "")
OWN = CODEC.decode("rNxyqdUoLarLwKeWE3Lz2kNwrYNWXemXcc")
OTHER, THIRD = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"


def read(**fields: object) -> KeyPolicy:
    found = {"Flags": 0, "signer_lists": [], **fields}
    return account_keys("node", OWN, found, 9)


def names(policy: KeyPolicy) -> list[str]:
    return [way.name for way in policy.ways]


def signer_list(*entries: tuple[str, int], quorum: int = 2) -> dict[str, object]:
    listed = [{"SignerEntry": {"Account": a, "SignerWeight": w}} for a, w in entries]
    return {"SignerEntries": listed, "SignerQuorum": quorum, "SignerListID": 0}


def test_a_new_account_has_its_master_key() -> None:
    (way,) = read().ways
    assert keys_of([way])[0].value == OWN.payload


def test_disabled_master_key_regular_key_and_signer_list() -> None:
    lists = [signer_list((OTHER, 1), (THIRD, 1))]
    policy = read(Flags=0x0010_0000, RegularKey=OTHER, signer_lists=lists)
    assert names(policy) == ["regular key", "signer list"]
    assert policy.note == "its master key is disabled"
    assert policy.ways[1].threshold == 2
    assert keys_of(policy.ways[1:])[1].value == CODEC.decode(THIRD).payload


def members(**accounts: dict[str, object] | None) -> KeyPolicy:
    """The policy of a list of two, whose own accounts are these."""
    by_text = {OTHER: accounts.get("other"), THIRD: accounts.get("third")}
    found = {"Flags": 0x0010_0000, "signer_lists": [signer_list((OTHER, 1), (THIRD, 1))]}
    return account_keys("node", OWN, found, 9, by_text.__getitem__)


def signer(text: str) -> Signer:
    return Signer(text, frozenset((PolicyKey(KeyKind.ACCOUNT, CODEC.decode(text).payload),)))


def met(policy: KeyPolicy, *who: str) -> Control:
    """The verdict about a row that these signed."""
    return judge_policy(ControlResult(Control.CONTROLS), [signer(w) for w in who], policy).control


def test_members_of_a_list_sign_with_the_keys_that_their_accounts_have() -> None:
    regular = "rnZmVGX6f4pUYyS4oXYJzoLdRojQV8y297"
    both = {"Flags": 0, "RegularKey": regular}
    taken = {"Flags": 0x0010_0000, "RegularKey": regular}
    closed = {"Flags": 0x0010_0000, "signer_lists": [signer_list((regular, 1), quorum=1)]}
    assert met(members(), OTHER, THIRD) is Control.CONTROLS
    assert met(members(other=both), OTHER, THIRD) is Control.CONTROLS
    assert met(members(other=both), regular, THIRD) is Control.CONTROLS
    assert met(members(other=both), regular, OTHER) is Control.MISMATCH, "two keys of one member"
    assert met(members(other=taken), regular, THIRD) is Control.CONTROLS
    assert met(members(other=taken), OTHER, THIRD) is Control.MISMATCH, "its master is disabled"
    for who in (OTHER, regular):  # lists do not reach through lists
        assert met(members(other=closed), who, THIRD) is Control.MISMATCH


def test_a_list_of_more_members_than_there_may_be_is_no_answer() -> None:
    with pytest.raises(SourceUnavailableError):
        read(signer_lists=[signer_list(*[(OTHER, 1)] * 33)])


@pytest.mark.parametrize("nobody", ["rrrrrrrrrrrrrrrrrrrrrhoLvTp", "rrrrrrrrrrrrrrrrrrrrBZbvji"])
def test_an_account_that_was_closed_for_good(nobody: str) -> None:
    assert read(Flags=0x0010_0000, RegularKey=nobody).ways == ()


def test_a_pool_has_no_key() -> None:
    assert read(AMMID="00").ways == ()


@pytest.mark.parametrize(
    "fields",
    [
        {"Flags": "0"},
        {"RegularKey": "nobody"},
        {"signer_lists": None},
        {"signer_lists": [signer_list((OTHER, 0))]},
        {"signer_lists": [signer_list((OTHER, 1), quorum=0)]},
    ],
)
def test_what_is_no_account_is_no_answer(fields: dict[str, object]) -> None:
    with pytest.raises(SourceUnavailableError):
        read(**fields)
