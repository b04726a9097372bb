"""`scanner init`: settings that load as they are, explained; nothing is overwritten."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib

import pytest

from scanner.alerts.config import load_alerts
from scanner.cli.operations.init import FILES
from scanner.settings.endpoints import load_endpoints
from scanner.settings.publishers import load_publishers
from scanner.settings.tables import load_registry


def _uncommented(text):
    """The file with its examples taken for settings: lines of TOML behind one mark."""
    return re.sub(r"^# (\[\[|[a-z_]+ = )", r"\1", text, flags=re.M)


def test_the_files_load_as_they_are_and_change_nothing(scanner, tmp_path, monkeypatch):
    done = scanner("init")
    assert (done.status, done.out) == (0, b""), done.err
    folder = tmp_path / "scanner-settings"
    assert {path.name for path in folder.iterdir()} == set(FILES)
    registry = load_registry()
    own = load_endpoints(folder / "endpoints.toml", registry, {})
    assert own == load_endpoints(None, registry, {})
    monkeypatch.setenv("SCANNER_PUBLISHERS", "")
    shipped = load_publishers()
    monkeypatch.setenv("SCANNER_PUBLISHERS", str(folder / "publishers.toml"))
    assert load_publishers().all.keys() == shipped.all.keys()


def test_nobody_else_may_read_them(scanner, tmp_path):
    """Keys and passwords are filled in later."""
    scanner("init", "made")
    modes = {path.name: oct(path.stat().st_mode & 0o777) for path in (tmp_path / "made").iterdir()}
    assert modes == dict.fromkeys(FILES, "0o600")


def test_the_examples_in_them_are_right(scanner, tmp_path, monkeypatch):
    scanner("init", "made")
    texts = {n: _uncommented((tmp_path / "made" / n).read_text()) for n in FILES[:3]}
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
        assert len(tomllib.loads(text)) >= 1, name
    secrets = {"BTC_USER": "u", "BTC_PASSWORD": "p", "ETH_RPC_URL": "https://node.example"}
    found = load_endpoints(tmp_path / "endpoints.toml", load_registry(), secrets)
    assert [e.name for e in found["bitcoin"]] == ["my-bitcoind"]
    monkeypatch.setenv("SCANNER_PUBLISHERS", str(tmp_path / "publishers.toml"))
    assert load_publishers().known("North Bank").every == "month"
    monkeypatch.setenv("OPS_HOOK", "https://hook.example")
    monkeypatch.setenv("MAIL_PASSWORD", "p")
    config = load_alerts(tmp_path / "alerts.toml")
    assert (len(config.channels), len(config.rules)) == (2, 4)


@pytest.mark.parametrize("name", ["plain", "with blanks and 'marks'", "$(touch evil)"])
def test_the_next_command_is_said_and_does_it(scanner, tmp_path, name):
    done = scanner("init", name)
    assert done.status == 0, done.err
    command = re.search(r"^Next: (.+?)    #", done.err, re.M)[1]
    shown = subprocess.run(
        ["sh", "-c", f"{command} && printf '%s\\n' \"$SCANNER_ENDPOINTS\" \"$SCANNER_PUBLISHERS\""],
        cwd=tmp_path, capture_output=True, text=True, check=True, timeout=30,
    )  # fmt: skip
    folder = tmp_path / name
    assert shown.stdout.splitlines() == [
        str(folder / "endpoints.toml"), str(folder / "publishers.toml"),
    ]  # fmt: skip
    assert not (tmp_path / "evil").exists()


def test_nothing_is_overwritten(scanner, tmp_path):
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "alerts.toml").write_text("mine")
    done = scanner("init", "mine")
    assert (done.status, "alerts.toml already" in done.err) == (2, True)
    assert [path.name for path in folder.iterdir()] == ["alerts.toml"]
    (tmp_path / "file").write_text("x")
    assert scanner("init", "file").status == 2
    (folder / "alerts.toml").unlink()
    (folder / "scanner.env").symlink_to(tmp_path / "elsewhere")
    assert scanner("init", "mine").status == 2
    assert not (tmp_path / "elsewhere").exists()


def test_the_files_are_in_the_wheel():
    from scanner.settings.paths import shipped

    assert {p.name for p in (shipped("config") / "start").iterdir()} == set(FILES)


@pytest.mark.parametrize("there", [False, True])
def test_a_full_disk_is_named_and_leaves_nothing_behind(tmp_path, there):
    """No file may grow beyond 1 KiB: what a full disk does, at the first file that is longer."""
    folder = tmp_path / "made" / "here"
    if there:
        folder.mkdir(parents=True)
        (folder / "mine").write_text("kept")
    line = f"ulimit -f 1; {sys.executable} -m scanner.cli init made/here"
    done = subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr == "scanner: made/here/endpoints.toml: File too large: nothing was written\n"
    left = [path.name for path in tmp_path.rglob("*")]
    assert sorted(left) == (["here", "made", "mine"] if there else [])
