"""Who made a row's signatures: each is tried in a bounded number of ways, whatever the row holds."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Sequence
from hashlib import sha256

import pytest
from support.signed_rows import claim, ed_key, key, sign

from scanner.model.addresses import base58
from scanner.model.addresses.base58_keys import RippleCodec, Ss58Codec
from scanner.model.addresses.cosmos import CosmosCodec
from scanner.model.control import Control
from scanner.model.key_policy import KeyKind, PolicyKey
from scanner.ownership.ed25519 import text_form
from scanner.ownership.judge import judge
from scanner.ownership.native import cosmos_keys, polkadot
from scanner.ownership.nested import several
from scanner.ownership.primitives import secp256k1
from scanner.ownership.primitives.makers import LONG_FORM, MOST_CHECKS, MOST_FRUITLESS, makers
from scanner.ownership.primitives.not_proven import NotProvenError
from scanner.settings.tables import load_registry

Made = tuple[int, str]
"""A signature: the key that made it, and the form that it signed."""


def tried(
    signatures: Sequence[Made], keys: Sequence[int], forms: Sequence[str] = ("a",)
) -> tuple[tuple[tuple[int, ...], int | None], list[tuple[Made, int, str]]]:
    checks = []

    def tries(signature: Made, form: str) -> Iterator[tuple[int, bool]]:
        for who in keys:
            checks.append((signature, who, form))
            yield who, (who, form) == signature

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


def test_a_check_of_a_long_form_counts_for_several() -> None:
    """It takes as long as these: its bytes are hashed for every key again."""
    keys, long = range(20), "a" * (9 * LONG_FORM)
    found, checks = tried([(19, long)], keys, [long])
    assert (found, len(checks)) == (((19,), None), 20)
    with pytest.raises(NotProvenError, match="a shorter text"):
        tried([(19, long)] * 20, keys, [long])
    found, checks = tried([(99, long)] * 20, keys, [long])
    assert (found, len(checks)) == (((), 0), 20)


def test_nothing_is_checked_beyond_the_limit() -> None:
    asked = []

    def tries(_: int, form: str) -> Iterator[tuple[int, bool]]:
        for who in range(10**6):
            asked.append(who)
            yield who, False

    with pytest.raises(NotProvenError):
        makers([1], "a", tries, 50)
    assert len(asked) == 51


@pytest.mark.parametrize("text", ["a text of ours", "a" * 60_000])
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
    text: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Of fifteen keys; the first signature is good, or none is. Few signatures have twins, too."""
    real, checks = getattr(room, check), []

    def counting(*arguments: object) -> bool:
        checks.append(arguments)
        return bool(real(*arguments))

    monkeypatch.setattr(room, check, counting)
    members = [ed_key(n) for n in range(1, 16)]
    made = [members[n % 15].sign(b"another text").signature.hex() for n in range(count)]
    if fits:
        made[0] = members[0].sign(text.encode()).signature.hex()
    account = ed_key(99).verify_key.encode()
    solana = network == "solana"
    spelled = base58.encode if solana else Ss58Codec(network, "0").encode
    script = " ".join(spelled(k.verify_key.encode()) for k in members)
    row = claim(network, spelled(account), *made, message=text, script=script)
    assert judge(row, load_registry()).control in (Control.UNSUPPORTED, Control.MISMATCH)
    units = sum(1 + len(arguments[-2]) // LONG_FORM for arguments in checks)
    assert 0 < units < 1_000


def test_the_key_behind_an_ecdsa_signature_is_recovered_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real, recovered = secp256k1.recover, []

    def counting(*arguments: object) -> bytes | None:
        recovered.append(arguments)
        return real(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(secp256k1, "recover", counting)
    codec = Ss58Codec("polkadot", "0")
    script = " ".join(codec.encode(ed_key(n).verify_key.encode()) for n in range(1, 21))
    address = codec.encode(ed_key(99).verify_key.encode())
    made = "0x02" + sign(key(1), sha256(b"another").digest(), base=0)[2:]
    judge(claim("polkadot", address, made, script=script), load_registry())
    assert len(recovered) == 2  # in each of the two forms


@pytest.mark.parametrize("network", ["terra-classic", "xrpl"])
def test_ecdsa_keys_and_twins_cost_few_checks(
    network: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifteen keys; in one column of Cosmos stand forty signatures."""
    real, checks = secp256k1.verify_ecdsa, []

    def counting(*arguments: bytes) -> bool:
        checks.append(arguments)
        return real(*arguments)

    monkeypatch.setattr(secp256k1, "verify_ecdsa", counting)
    keys = [key(n).public_key.format() for n in range(1, 16)]
    script = " ".join(base64.b64encode(k).decode() for k in keys)
    digest = sha256(b"another").digest()
    if network == "xrpl":
        address = RippleCodec(network, "").encode(bytes(20))
        script = " ".join(k.hex() for k in keys[:10])
        made = (key(1).sign(digest, hasher=None).hex(),) * 4
    else:
        way = several([PolicyKey(KeyKind.SECP256K1, k) for k in keys], 2)
        address = CosmosCodec(network, "terra").encode(cosmos_keys.address(way))
        alone = base64.b64encode(key(1).sign_recoverable(digest, hasher=None)[:64]).decode()
        one = {"data": {"single": {"signature": alone}}}
        made = (json.dumps({"signatures": [one] * 40}),)
    judge(claim(network, address, *made, message="größer", script=script), load_registry())
    assert 0 < len(checks) < 500
