"""Who made a row's signatures: each is tried in a bounded number of ways, whatever the row holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest
from support.signed_rows import claim, ed_key

from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import Ss58Codec
from scanner.model.control import Control
from scanner.ownership.ed25519 import text_form
from scanner.ownership.judge import judge
from scanner.ownership.native import polkadot
from scanner.ownership.primitives.makers import MOST_CHECKS, MOST_FRUITLESS, makers
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.settings.tables import load_registry

Made = tuple[int, str]
"""A signature: the key that made it, and the form that it signed."""


def tried(
    signatures: Sequence[Made], keys: Sequence[int], forms: Sequence[str] = ("a",)
) -> tuple[tuple[tuple[int, ...], int | None], list[tuple[Made, int, str]]]:
    checks = []

    def tries(signature: Made, form: str) -> Iterator[tuple[int, bool]]:
        for key in keys:
            checks.append((signature, key, form))
            yield key, (key, form) == signature

    return makers(signatures, forms, tries), checks


def test_each_is_told_once_and_the_first_that_nobody_made_by_its_place() -> None:
    assert tried([(2, "a"), (1, "a"), (2, "a")], [1, 2, 3])[0] == ((2, 1), None)
    assert tried([(9, "a"), (8, "a")], [1, 2, 3])[0] == ((), 0)
    assert tried([(1, "a"), (9, "a")], [1, 2, 3])[0] == ((1,), 1)
    assert tried([], [1])[0] == ((), None)


def test_nothing_is_tried_once_one_fits_and_one_does_not() -> None:
    good, bad = (1, "a"), (9, "a")
    for signatures in ([good, bad, bad, good], [bad, good, bad, bad]):
        found, checks = tried(signatures, [1, 2, 3])
        assert found == ((1,), signatures.index(bad))
        assert {signature for signature, _, _ in checks} == {good, bad}
        assert len(checks) == 4


def test_what_fits_nobody_is_not_tried_for_ever() -> None:
    found, checks = tried([(99, "a")] * 1_000, range(20), "abcde")
    assert found == ((), 0)
    assert len(checks) <= MOST_FRUITLESS + 20 * 5


def test_a_form_that_was_signed_is_tried_first_of_the_next() -> None:
    _, checks = tried([(1, "c"), (2, "c")], [1, 2], "abc")
    assert [form for signature, _, form in checks if signature == (2, "c")] == ["c", "c"]


def test_forty_keys_in_the_worst_order_are_few_checks_and_forms_by_turns_too_many() -> None:
    keys = range(40)
    found, checks = tried([(key, "c") for key in reversed(keys)][:20], keys, "abc")
    assert (len(found[0]), found[1]) == (20, None)
    assert len(checks) <= MOST_CHECKS
    with pytest.raises(NotProvenError):
        tried([(39, "abcdefgh"[n % 8]) for n in range(20)], keys, "abcdefgh")


@pytest.mark.parametrize("count", [4, 20])
@pytest.mark.parametrize("fits", [True, False])
@pytest.mark.parametrize(
    ("network", "room", "check"),
    [("solana", text_form, "is_signed"), ("polkadot", polkadot, "_is_by")],
)
def test_a_hostile_row_costs_few_checks(
    network: str,
    room: object,
    check: str,
    fits: bool,
    count: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of twenty keys; the first signature is good, or none is. Few signatures have twins, too."""
    real, checks = getattr(room, check), []

    def counting(*arguments: object) -> bool:
        checks.append(arguments)
        return bool(real(*arguments))

    monkeypatch.setattr(room, check, counting)
    members = [ed_key(n) for n in range(1, 21)]
    script = " ".join(k.verify_key.encode().hex() for k in members)
    text = b"a text of ours"
    made = [k.sign(b"another text").signature.hex() for k in members[:count]]
    if fits:
        made[0] = members[0].sign(text).signature.hex()
    account = ed_key(99).verify_key.encode()
    solana = network == "solana"
    address = base58.encode(account) if solana else Ss58Codec(network, "0").encode(account)
    row = claim(network, address, *made, message=text.decode(), script=script)
    assert judge(row, load_registry()).control in (Control.UNSUPPORTED, Control.MISMATCH)
    assert 0 < len(checks) < 1_500
