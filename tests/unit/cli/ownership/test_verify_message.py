"""`scanner verify-message`: arguments, JSON, a file, stdin; exit statuses as everywhere."""

import io
import json

import pytest
from support.signed_rows import MESSAGE, evm_address, evm_sign, key, tron_address

from scanner.cli import main
from scanner.ownership.primitives import envelopes

GOOD = [evm_address(key(1)), MESSAGE, evm_sign(key(1))]


def run(capsys, *arguments):
    status = main.run(["verify-message", *arguments])
    out, err = capsys.readouterr()
    return status, out, err


def test_good_false_and_undecided(capsys):
    status, out, err = run(capsys, *GOOD)
    assert (status, err) == (0, "")
    assert out.startswith("The signature is good")
    assert "network: ethereum" in out
    status, out, _ = run(capsys, GOOD[0], MESSAGE + "!", GOOD[2])
    assert status == 1
    assert out.startswith("False")
    status, out, _ = run(capsys, GOOD[0], MESSAGE, "0x")
    assert status == 3
    assert "contract wallet" in out


def test_json(capsys, tmp_path, monkeypatch):
    file = tmp_path / "signed.json"
    text = json.dumps({"address": GOOD[0], "message": GOOD[1], "signature": GOOD[2]})
    file.write_text(text)
    status, out, _ = run(capsys, str(file), "--json")
    said = json.loads(out)
    assert (status, said["control"], said["binding"]) == (0, "controls", "derived")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert run(capsys, "-", "--json")[1] == out


@pytest.mark.parametrize(
    ("signed", "control", "evidence"),
    [
        (GOOD, "controls", "proven"),
        ([GOOD[0], MESSAGE + "!", GOOD[2]], "mismatch", "proven"),
        ([GOOD[0], MESSAGE, "0x"], "unsupported", None),
        ([GOOD[0], MESSAGE, "no signature"], "unsupported", None),
        (["nobody's address", MESSAGE, GOOD[2]], "malformed", None),
    ],
)
def test_what_shows_nothing_is_proven_by_nothing(capsys, signed, control, evidence):
    said = json.loads(run(capsys, *signed, "--json")[1])
    assert (said["control"], said["evidence"]) == (control, evidence)


def test_an_owner_who_is_only_named_is_not_proven(capsys, tmp_path):
    file = tmp_path / "signed.json"
    contract = "0x" + "57" * 20
    named = {"address": contract, "message": MESSAGE, "signature": GOOD[2], "owners": [GOOD[0]]}
    file.write_text(json.dumps({**named, "network": "ethereum"}))
    said = json.loads(run(capsys, str(file), "--json")[1])
    assert (said["control"], said["binding"], said["evidence"]) == ("controls", "asserted", None)


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be"])
def test_json_as_programs_of_windows_write_it(capsys, tmp_path, encoding):
    file = tmp_path / "signed.json"
    text = json.dumps({"address": GOOD[0], "message": GOOD[1], "signature": GOOD[2]})
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    file.write_bytes((mark + text).encode(encoding))
    assert run(capsys, str(file))[0] == 0
    file.write_bytes(b"\xff\xfe\x00" if encoding == "utf-16" else text.encode() + b"\xff")
    status, out, err = run(capsys, str(file))
    assert (status, out) == (2, "")
    assert "it is not text in UTF-8" in err


def test_keys_that_can_change_are_told_apart(capsys):
    signature = evm_sign(key(1), MESSAGE, envelopes.tip191_text)
    status, out, _ = run(capsys, tron_address(key(1)), MESSAGE, signature, "--json")
    said = json.loads(out)
    assert (status, said["keys_can_change"]) == (0, True)
    assert "were not checked" in said["reason"]


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        ([GOOD[0]], "one JSON file"),
        (GOOD[:2], "one JSON file"),
        ([*GOOD, "--network", "nowhere"], "unknown network"),
        ([*GOOD, "--at", "http://127.0.0.1:9"], "--network"),
        ([*GOOD, "--network", "ethereum", "--at", "nobody"], "no endpoint of ethereum"),
    ],
)
def test_what_cannot_be_asked_is_said(arguments, word, capsys):
    status, out, err = run(capsys, *arguments)
    assert (status, out) == (2, "")
    assert word in err


def test_what_begins_with_a_dash_stands_behind_two(capsys):
    text = "- we own this"
    signed = [evm_address(key(1)), text, evm_sign(key(1), text)]
    status, out, err = run(capsys, *signed)
    assert (status, out) == (2, "")
    assert "stands behind '--': scanner verify-message -- ADDRESS MESSAGE SIGNATURE" in err
    assert run(capsys, "--json", "--", *signed)[0] == 0
    status, _, err = run(capsys, *GOOD[:2], "-QofcPX6L_rRfZMpSoqwCFxSpkIC78Kup8dkSvg3TUg")
    assert status == 2
    assert "a text or a signature" in err


def test_addresses_are_read_as_lists_read_them(capsys):
    for text in (f"eth:{GOOD[0]}", f"eip155:1:{GOOD[0]}", GOOD[0][2:]):
        for network in ([], ["--network", "ethereum"]):
            status, out, _ = run(capsys, text, *GOOD[1:], *network)
            assert (status, "network: ethereum" in out) == (0, True), text
    assert run(capsys, f"eip155:56:{GOOD[0]}", *GOOD[1:], "--network", "ethereum")[0] == 3


def test_json_has_a_signature_as_a_wallet_gives_it(capsys, tmp_path):
    file = tmp_path / "signed.json"
    answer = {"success": True, "payload": {"address": GOOD[0], "signature": GOOD[2]}}
    file.write_text(json.dumps({"address": GOOD[0], "message": GOOD[1], "signature": answer}))
    assert run(capsys, str(file))[0] == 0
    file.write_text(json.dumps({"address": GOOD[0], "message": GOOD[1], "signature": 5}))
    status, _, err = run(capsys, str(file))
    assert status == 2
    assert "signatures must be a list of texts, or of objects" in err
