"""A twin that a stranger wrote: none of his commands is shown, and no odd word is a bug of ours."""

from __future__ import annotations

import json

import pytest
from support.command import run_scanner
from support.signing_keys import made_key, sign
from support.twins import changed, states_of

from scanner.reports.documents.repeat import repeat_lines
from scanner.reports.documents.twin_checks import CheckState
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.writing.seal import chain_of


def test_a_strangers_export_command_is_not_on_the_page(report, tmp_path):
    page = tmp_path / "page.html"
    assert run_scanner(["report", "verify", report, "--page", page]).status == 3
    assert "scanner export verified 1 --format csv" in page.read_text()

    def hostile(document):
        document["verified_export"]["command"] = "rm -rf ~"

    run_scanner(["report", "verify", changed(report, hostile), "--page", page])
    assert "rm -rf" not in page.read_text()
    assert "export verified" not in page.read_text()


def test_the_publishers_name_is_held_to_the_sealed_one(report):
    def another(document):
        document["snapshot"]["publisher"] = "Kraken"

    assert states_of(report)["publisher"] is CheckState.HOLDS
    assert states_of(changed(report, another))["publisher"] is CheckState.NOT_CHECKED


def _policy(document, **changes):
    policy = json.loads(document["seal_records"][0][4])
    policy |= changes
    document["seal_records"][0][4] = json.dumps(policy)
    document["snapshot"]["seal"] = chain_of(document["seal_records"])


@pytest.mark.parametrize(
    "changes",
    [
        {"statement": {"publisher": "x", "known": 5}},
        {"statement": {"publisher": ["x"]}},
        {"origin": {"arguments": [1, 2]}},
        {"origin": {"arguments": 5}},
        {"origin": {"publisher": 5}},
        {"origin": 5},
        {"at": 5},
    ],
)
def test_an_odd_sealed_policy_is_no_bug(report, changes):
    odd = changed(report, lambda document: _policy(document, **changes))
    states = states_of(odd)
    assert {states[name] for name in ("totals", "question", "publisher") if name in states} - {
        CheckState.HOLDS
    }


def _price(document):
    document["value"] = {"assets": [{"price_usd": "1", "price_at": None}]}


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d["findings"][0].update(meaning=""),
        lambda d: d["findings"][0]["examples"][0].update(claimed="9" * 300, decimals=None),
        lambda d: d["findings"][0]["examples"][0].update(claimed="9" * 300, decimals=18),
        _price,
    ],
)
def test_an_odd_report_gives_a_page_or_one_error(report, tmp_path, change):
    done = run_scanner(
        ["report", "verify", changed(report, change), "--page", tmp_path / "page.html"]
    )
    assert done.status in {2, 3}
    assert "internal error" not in done.text + done.err
    assert (tmp_path / "page.html").exists() == (done.status == 3)


def test_the_page_does_not_take_the_place_of_what_is_read(report, tmp_path):
    kept = report.read_bytes()
    link = tmp_path / "link.html"
    link.symlink_to(report)
    for target in (report, tmp_path / "." / report.name, link):
        done = run_scanner(["report", "verify", report, "--page", target])
        assert (done.status, report.read_bytes() == kept) == (2, True)
        assert "another name" in done.err


@pytest.mark.parametrize("seal", ["zz", "0" * 63, "0" * 65, "0x" + "0" * 64])
def test_what_is_no_seal_is_a_usage_error(report, seal):
    done = run_scanner(["report", "verify", report, "--seal", seal])
    assert done.status == 2
    assert "64 hexadecimal digits" in done.err


def test_a_list_with_the_name_of_an_option_is_named_with_its_folder():
    lines = repeat_lines("okx", "-x.csv", "0" * 64, SnapshotPolicy(), [])
    assert all(" ./-x.csv " in line for line in lines)
    assert lines[0].startswith("sha256sum ./-x.csv ")


def test_a_signer_of_any_name_is_nobody_and_no_temporary_path_is_shown(report, tmp_path):
    key = made_key(tmp_path)
    signed = sign(report, key)
    allowed = tmp_path / "allowed"
    allowed.write_text("* " + key.with_suffix(".pub").read_text())
    how = ["--signature", signed, "--key", allowed]
    done = run_scanner(["report", "verify", report, *how])
    assert "made by *" not in done.text
    assert "it names nobody" in done.text
    assert (
        json.loads(run_scanner(["report", "verify", report, *how, "--json"]).out)["signature"]["by"]
        is None
    )
    allowed.write_text('me@example namespaces="git" ' + key.with_suffix(".pub").read_text())
    done = run_scanner(["report", "verify", report, *how])
    assert done.status == 1
    assert "allowed:1: " in done.text
    assert "/allowed" not in done.text
