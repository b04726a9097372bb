"""A text in typed data that is not what the key signed, or not all of what it signed.

The digest of EIP-712 covers the fields that the type names, as the type reads them. The list's
writer gives the JSON, and may put into it what no signer ever saw.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from support.signed_rows import key

from scanner.cli import main

CLAIM = "I am an OKX address"
KIND = "ReserveStatement"
STRING = {"name": "statement", "type": "string"}
OWN: dict[str, Any] = {
    "types": {KIND: [STRING]},
    "primaryType": KIND,
    "domain": {"name": "Proof of reserves"},
    "message": {"statement": CLAIM},
}
LIE = "This is a lie: the address is another's"

UNSIGNED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a type without any field": ({"types": {KIND: []}}, {}),
    "a type of another field": (
        {"types": {KIND: [{"name": "nonce", "type": "uint256"}]},
         "message": {"nonce": 5, "statement": CLAIM}},
        {"nonce": 5},
    ),
    "a truth value": ({"types": {KIND: [{**STRING, "type": "bool"}]}}, {"statement": True}),
}  # fmt: skip
"""What the list says of typed data, and the message that was signed."""

BESIDE: dict[str, dict[str, Any]] = {
    "another field": {
        "types": {KIND: [STRING, {"name": "note", "type": "string"}]},
        "message": {"statement": CLAIM, "note": LIE},
    },
    "a field that is a type": {
        "types": {KIND: [STRING, {"name": "note", "type": "Note"}],
                  "Note": [{"name": "text", "type": "string"}]},
        "message": {"statement": CLAIM, "note": {"text": LIE}},
    },
    "the domain's version": {"domain": {"name": "Proof of reserves", "version": LIE}},
}  # fmt: skip
"""What was signed beside the statement."""


def _told(folder: Path, capsys: Any, text: str, signature: bytes, number: int) -> dict[str, Any]:
    path = folder / "list.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["coin", "network", "address", "amount", "message", "signature"])
        address = Account.from_key(key(number).secret).address
        writer.writerow(["ETH", "ethereum", address, 1, text, "0x" + signature.hex()])
    status = main.run(["verify", str(path), "--publisher", "OKX", "--jsonl", "-"])
    (line,) = capsys.readouterr().out.splitlines()
    return {**json.loads(line), "status": status}


def _of_typed(folder: Path, capsys: Any, shown: Any, signed: Any) -> dict[str, Any]:
    account = Account.from_key(key(1).secret)
    made = account.sign_message(encode_typed_data(full_message=signed)).signature
    return _told(folder, capsys, json.dumps(shown), bytes(made), 1)


@pytest.mark.parametrize("domain", [{}, {"version": "1"}, {"version": "1.0", "chainId": 1}])
def test_an_attestation_of_its_one_text_counts(tmp_path: Path, capsys: Any, domain: Any) -> None:
    own = {**OWN, "domain": {**OWN["domain"], **domain}}
    found = _of_typed(tmp_path, capsys, own, own)
    assert (found["statement"], found["status"]) == ("stated", 0)


@pytest.mark.parametrize("what", UNSIGNED)
def test_a_text_that_the_digest_leaves_out_is_not_stated(
    tmp_path: Path, capsys: Any, what: str
) -> None:
    shown, message = UNSIGNED[what]
    found = _of_typed(tmp_path, capsys, {**OWN, **shown}, {**OWN, **shown, "message": message})
    assert found["control"] == "controls"
    assert (found["statement"], found["status"]) == ("not_stated", 3)


@pytest.mark.parametrize("what", BESIDE)
def test_what_stands_beside_the_statement_is_read(tmp_path: Path, capsys: Any, what: str) -> None:
    shown = {**OWN, **BESIDE[what]}
    found = _of_typed(tmp_path, capsys, shown, shown)
    assert found["control"] == "controls"
    assert (found["statement"], found["status"]) == ("not_stated", 3)


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({**OWN, "note": LIE}),
        json.dumps({**OWN, "message": {"statement": CLAIM, "note": LIE}}),
        json.dumps(OWN)[:-1] + ', "message": {"statement": "' + CLAIM + '"}}',
    ],
)
def test_the_same_json_signed_as_a_text_says_all_that_it_says(
    tmp_path: Path, capsys: Any, text: str
) -> None:
    made = Account.sign_message(encode_defunct(text=text), key(2).secret).signature
    found = _told(tmp_path, capsys, text, bytes(made), 2)
    assert found["control"] in ("controls", "unsupported")
    assert (found["statement"], found["status"]) == ("not_stated", 3)


def test_typed_data_that_gives_a_part_twice_has_no_digest(tmp_path: Path, capsys: Any) -> None:
    """One reader takes the first of them, another the last."""
    account = Account.from_key(key(1).secret)
    vote = {**OWN, "message": {"statement": "yes"}}
    made = bytes(account.sign_message(encode_typed_data(full_message=vote)).signature)
    text = json.dumps(OWN)[:-1] + ', "message": {"statement": "yes"}}'
    found = _told(tmp_path, capsys, text, made, 1)
    assert (found["control"], found["statement"]) == ("unsupported", "not_stated")
    assert "twice" in found["reason"]
