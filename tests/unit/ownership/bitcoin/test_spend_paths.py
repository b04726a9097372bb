"""Which scripts need a signature by a key of their own, whichever way they are satisfied."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.ownership.bitcoin.script_values import UndecidedError
from scanner.ownership.bitcoin.spend_paths import keys_needed

A, B = b"\x02" + b"\xaa" * 32, b"\x03" + b"\xbb" * 32
HASH = b"\xcc" * 20
SHA = b"\xdd" * 32
CODES = {
    **{"0": 0x00, "1": 0x51, "2": 0x52, "3": 0x53, "IF": 0x63, "NOTIF": 0x64, "ELSE": 0x67},
    **{"ENDIF": 0x68, "VERIFY": 0x69, "TOALT": 0x6B, "FROMALT": 0x6C, "IFDUP": 0x73, "DROP": 0x75},
    **{"DUP": 0x76, "SWAP": 0x7C, "SIZE": 0x82, "EQUAL": 0x87, "EQUALVERIFY": 0x88, "NOT": 0x91},
    **{"ADD": 0x93, "AND": 0x9A, "OR": 0x9B, "NUMEQUAL": 0x9C, "SHA256": 0xA8, "HASH160": 0xA9},
    **{"CHECKSIG": 0xAC, "CHECKSIGVERIFY": 0xAD, "MULTI": 0xAE, "MULTIVERIFY": 0xAF},
    **{"CLTV": 0xB1, "CSV": 0xB2, "CHECKSIGADD": 0xBA, "PICK": 0x79, "NEQUAL0": 0x92},
}
DATA = {"A": A, "B": B, "h": HASH, "s": SHA, "x": A[1:], "y": B[1:], "144": b"\x90\x00"}


def script(text: str) -> bytes:
    """Words of CODES, and pushes of DATA."""
    return b"".join(
        bytes((len(DATA[w]),)) + DATA[w] if w in DATA else bytes((CODES[w],)) for w in text.split()
    )


@pytest.mark.parametrize(
    ("text", "keys"),
    [
        ("A CHECKSIG", {A}),
        ("DUP HASH160 h EQUALVERIFY CHECKSIG", {HASH}),
        ("2 A B 2 MULTI", {A, B}),
        ("1 A B 2 MULTI", {A, B}),
        ("144 CLTV DROP A CHECKSIG", {A}),
        ("A CHECKSIGVERIFY 144 CSV", {A}),
        ("SHA256 s EQUALVERIFY A CHECKSIG", {A}),
        ("SIZE 144 EQUALVERIFY SHA256 s EQUALVERIFY A CHECKSIG", {A}),
        ("IF A CHECKSIG ELSE 144 CSV DROP B CHECKSIG ENDIF", {A, B}),
        ("NOTIF A CHECKSIGVERIFY ELSE B CHECKSIGVERIFY ENDIF 1", {A, B}),
        ("A CHECKSIG IFDUP NOTIF B CHECKSIGVERIFY 144 CSV ENDIF", {A, B}),
        ("A CHECKSIG NOTIF B CHECKSIG ELSE 1 ENDIF", {A, B}),
        ("A CHECKSIG SWAP B CHECKSIG OR", {A, B}),
        ("A CHECKSIG SWAP B CHECKSIG ADD 2 NUMEQUAL", {A, B}),
        ("A CHECKSIG TOALT B CHECKSIG FROMALT AND", {A, B}),
        ("A CHECKSIG SWAP 144 DROP SHA256 s EQUAL ADD 2 NUMEQUAL", {A}),
        ("1 IF A CHECKSIG ELSE 1 ENDIF", {A}),
        ("1 NOTIF 1 ELSE A CHECKSIG ENDIF", {A}),
        ("A CHECKSIG NEQUAL0", {A}),
        ("B CHECKSIG NOT VERIFY A CHECKSIG", {A}),
    ],
)
def test_a_signature_is_needed_on_every_path(text: str, keys: set[bytes]) -> None:
    assert keys_needed(script(text)) == keys


@pytest.mark.parametrize(
    "text",
    [
        "1",
        "A CHECKSIG DROP 1",  # looked at, and not needed
        "CHECKSIG",  # by whatever key the spender brings
        "SHA256 s EQUALVERIFY CHECKSIG",
        "SHA256 s EQUAL",
        "IF A CHECKSIG ELSE SHA256 s EQUAL ENDIF",
        "IF A CHECKSIG ELSE 144 CSV ENDIF",
        "A CHECKSIG NOT",
        "A CHECKSIG IFDUP NOTIF 1 ENDIF",
        "A CHECKSIG SWAP SHA256 s EQUAL OR",
        "A CHECKSIG SWAP SHA256 s EQUAL ADD 1 NUMEQUAL",
        "0 A B 2 MULTI",
        "0 A CHECKSIG IF ELSE 1 ENDIF",
        "DUP HASH160 h EQUAL DROP CHECKSIG",
        "A CHECKSIG 0 NUMEQUAL",
        "CHECKSIG SWAP A CHECKSIG ADD 2 NEQUAL0 NUMEQUAL",  # 2 is 1 by then
        "IFDUP SWAP A CHECKSIG ADD 2 NUMEQUAL",  # the spender brings 2
        "0 NOTIF 1 ELSE A CHECKSIG ENDIF",
    ],
)
def test_some_path_needs_none(text: str) -> None:
    assert keys_needed(script(text)) is None


@pytest.mark.parametrize(
    "text",
    [
        "A PICK",
        "IF A CHECKSIG",
        "ENDIF",
        "h CHECKSIG",  # a key of no kind: later rules may let anything pass
        "A B MULTI",
        "x CHECKSIG 1 y CHECKSIGADD 2 NUMEQUAL",
        "IF " * 300 + "A CHECKSIG " + "ENDIF " * 300,
        "DUP " * 1_100 + "A CHECKSIG",
    ],
)
def test_what_is_not_understood_is_undecided(text: str) -> None:
    with pytest.raises(UndecidedError):
        keys_needed(script(text))


def test_tapscript_has_keys_of_32_bytes_and_adds_signatures_up() -> None:
    x, y = A[1:], B[1:]
    both = script("x CHECKSIG y CHECKSIGADD 2 NUMEQUAL")
    assert keys_needed(both, tapscript=True) == {x, y}
    assert keys_needed(script("x CHECKSIG"), tapscript=True) == {x}
    assert keys_needed(script("x CHECKSIG y CHECKSIGADD 0 NUMEQUAL"), tapscript=True) is None
    for text in ("A CHECKSIG", "1 x 1 MULTI", "DUP HASH160 h EQUALVERIFY CHECKSIG"):
        with pytest.raises(UndecidedError):
            keys_needed(script(text), tapscript=True)


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes_are_decided_or_undecided(data: bytes) -> None:
    for tapscript in (False, True):
        try:
            keys_needed(data, tapscript=tapscript)
        except UndecidedError as e:
            assert str(e)
