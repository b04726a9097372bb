"""Keys inside keys, each row changed a little: none controls that should not."""

from __future__ import annotations

import base64
import json
import random

import pytest
from support.mutations import share
from support.nested_rows import (
    COSMOS,
    POLKADOT,
    REGISTRY,
    by,
    bytes_of,
    cosmos,
    shown_accounts,
)
from support.signed_rows import claim

from scanner.model.control import Control
from scanner.ownership.judge import judge

CHANGED = share(1_500, 375)


def test_no_changed_bit_of_an_account_s_signature_leaves_it_good() -> None:
    """Each bit of the amino of one, a quarter of them in every run."""
    vector = COSMOS["three deep"]
    good = base64.b64decode(vector["signed"][0]["signature"])
    assert cosmos(vector, good.hex()).shows_control
    draw = random.Random(5)
    for at in draw.sample(range(8 * len(good)), share(8 * len(good), 300)):
        data = bytearray(good)
        data[at >> 3] ^= 1 << at % 8
        assert not cosmos(vector, data.hex()).shows_control, at


@pytest.mark.parametrize("network", ["cosmos", "polkadot"])
def test_a_changed_letter_of_a_key_column_gives_the_account_to_nobody_else(network: str) -> None:
    """What still controls is the same account by the same signers: its address commits to them."""
    draw = random.Random(7)
    if network == "cosmos":
        vector = COSMOS["three deep"]
        text, made = json.dumps(vector["proto_json"]), [by(vector, 3), by(vector, 5)]
        row = claim("terra-classic", vector["address"], *made, script=text)
    else:
        vector = POLKADOT["three deep"]
        text = json.dumps(shown_accounts(vector))
        made = [bytes_of("sr 3"), bytes_of("ec 5")]
        row = claim("polkadot", vector["address"], *made, script=text)
    good = judge(row, REGISTRY)
    assert good.shows_control
    wrong = 0
    for _ in range(CHANGED):
        at = draw.randrange(len(text))
        letter = draw.choice('019aAfz"[]{},: ')
        changed = text[:at] + letter + text[at + draw.randrange(2) :]
        result = judge(row._replace(script=changed), REGISTRY)
        wrong += not result.shows_control
        if result.shows_control:
            assert (result.signed_by, result.required) == (good.signed_by, good.required)
        assert result.control is not Control.MISMATCH or "not by" in result.reason
    assert wrong > CHANGED // 20
