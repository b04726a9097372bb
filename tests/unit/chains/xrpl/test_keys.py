"""Master key, regular key and signer list of the XRP Ledger."""

import pytest

from scanner.chains.xrpl.keys import account_keys
from scanner.errors import SourceUnavailableError
from scanner.model.addresses.base58_keys import RippleCodec
from scanner.model.key_policy import KeyPolicy, keys_of

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
