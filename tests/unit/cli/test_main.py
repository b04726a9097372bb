"""One line on stderr and the right exit status, whatever went wrong."""

from __future__ import annotations

import subprocess
import sys

import pytest

from scanner.cli import main
from scanner.errors import ConfigError, MigrationNeededError, SourceUnavailableError, StoreError


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ConfigError("bad table"), "scanner: bad table"),
        (StoreError("the database is locked"), "scanner: the database is locked"),
        (
            MigrationNeededError("0001", "0002"),
            "scanner: the database is of an older version of this program (migration 0001, not "
            "0002): run 'scanner db upgrade'",
        ),
        (SourceUnavailableError("my-node", "timed out"), "scanner: my-node: timed out"),
        (FileNotFoundError(2, "No such file", "x.csv"), "scanner: x.csv: No such file"),
        (OSError(28, "No space left on device"), "scanner: No space left on device"),
        (
            ValueError("bug at https://node/CANARY"),
            "scanner: internal error: ValueError: bug at (https address left out) "
            "(SCANNER_DEBUG=1 shows where)",
        ),
        (StoreError("forged\nline\x1b[2J"), "scanner: forged\\nline\\x1b[2J"),
    ],
)
def test_every_error_is_one_line_and_exit_2(error, line, monkeypatch, capsys):
    monkeypatch.delenv("SCANNER_DEBUG", raising=False)

    def fail(arguments):
        raise error

    monkeypatch.setattr(main, "_dispatch", fail)
    assert main.run([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err == line + "\n"


def test_debug_shows_the_traceback_without_secrets(monkeypatch, capsys):
    def fail(arguments):
        raise ValueError("https://node/CANARY")

    monkeypatch.setattr(main, "_dispatch", fail)
    monkeypatch.setenv("SCANNER_DEBUG", "1")
    assert main.run([]) == 2
    err = capsys.readouterr().err
    assert "Traceback" in err
    assert "in fail" in err
    assert "CANARY" not in err


def test_interrupt_is_130(monkeypatch, capsys):
    def fail(arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr(main, "_dispatch", fail)
    assert main.run([]) == 130
    assert capsys.readouterr().err == "scanner: stopped\n"


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["nonsense"], "No such command 'nonsense'"),
        (["verif"], "Did you mean 'verify'"),
        (["verify"], "Missing argument 'FILE'"),
        (["verify", "/nonexistent.csv"], "No such file"),
        (["verify", "--wrong"], "No such option"),
        (["--wrong"], "No such option"),
    ],
)
def test_usage_errors_are_one_line_and_exit_2(arguments, word, capsys):
    assert main.run(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("scanner: ")
    assert word in err
    assert err.count("\n") == 1


def test_no_arguments_show_the_help_on_stderr(capsys):
    assert main.run([]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "Usage: scanner" in err


def test_version(capsys):
    from scanner import __version__

    assert main.run(["--version"]) == 0
    assert capsys.readouterr().out == f"scanner {__version__}\n"


HEAVY = {
    "alembic", "bitcoinlib", "btclib", "coincurve", "fastapi", "httpx", "jinja2", "nacl", "numba",
    "orjson", "pyarrow", "rich", "sqlalchemy", "structlog", "uvicorn", "web3", "yaml",
}  # fmt: skip


@pytest.mark.parametrize("arguments", [["--help"], ["--version"]])
def test_help_imports_nothing_heavy(arguments):
    program = (
        "import sys\nfrom scanner.cli.main import run\n"
        f"run({arguments!r})\n"
        "print('\\nMODULES', *{m.split('.')[0] for m in sys.modules})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "typer" in loaded
    assert not loaded & HEAVY


ROOMS = (
    "alerts", "chains", "demo", "files", "liabilities", "lists", "net", "ownership", "prices",
    "reports", "snapshots", "store", "web", "worker",
)  # fmt: skip
IN_ROOMS = tuple(f"scanner.{room}." for room in ROOMS)
OF_CONSOLE = {"scanner.reports.tables.text"}

EVERY_HELP = """
import sys
from scanner.cli.main import app
import typer
def commands(path, command):
    children = getattr(command, "commands", None)
    if not children:
        yield path, command
    for name, child in (children or {}).items():
        yield from commands([*path, name], child)
before = set(sys.modules)
for path, command in commands([], typer.main.get_command(app)):
    words = command.get_help(typer.Context(command))
    assert words
    loaded = {m for m, module in sys.modules.items() if module}
    new = [m for m in loaded - before if not hasattr(sys.modules[m], "__path__")]
    print("MODULES", "_".join(path).replace(" ", "_"), *new)
    before = set(sys.modules)
"""


@pytest.fixture(scope="module")
def loaded_by_help():
    """Command -> the modules that its help loaded and the help before it did not."""
    done = subprocess.run(
        [sys.executable, "-c", EVERY_HELP], capture_output=True, text=True, check=True, timeout=120
    )
    lines = [line.split()[1:] for line in done.stdout.splitlines() if line.startswith("MODULES")]
    return {name: set(loaded) for name, *loaded in lines}


def test_help_of_no_command_loads_what_its_work_needs(loaded_by_help):
    assert {"snapshot", "report_verify", "liabilities_import", "db_check"} <= set(loaded_by_help)
    heavy = {
        name: sorted(m for m in loaded if m.partition(".")[0] in HEAVY)
        for name, loaded in loaded_by_help.items()
    }
    assert {name: found for name, found in heavy.items() if found} == {}
    rooms = {
        name: sorted(m for m in loaded - OF_CONSOLE if m.startswith(IN_ROOMS))
        for name, loaded in loaded_by_help.items()
    }
    assert {name: found for name, found in rooms.items() if found} == {}


def test_commands_that_need_no_proof_of_liabilities_load_neither_them_nor_numpy(tmp_path):
    """They would wait a fifth of a second for what only 'scanner liabilities' uses."""
    program = (
        "import sys\nfrom scanner.cli.main import run\n"
        f"run(['snapshot', {str(tmp_path / 'none.csv')!r}, '--database', "
        f"'sqlite:///{tmp_path / 'new.db'}'])\n"
        "print('MODULES', *sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=120
    )
    loaded = set(done.stdout.rpartition("MODULES")[2].split())
    assert "scanner.store.database.engine" in loaded
    proofs = {"scanner.liabilities.proofs", "scanner.liabilities.load", "scanner.liabilities.kept"}
    assert not loaded & {"numpy", "py_ecc", *proofs}
    assert not {name for name in loaded if name.startswith("scanner.liabilities.okx")}


GROUPS = [
    "lists", "prices", "alerts", "schedule", "liabilities", "db", "publishers", "endpoints", "proofs",
]  # fmt: skip


@pytest.mark.parametrize("group", GROUPS)
def test_no_summary_of_a_group_is_cut(group, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    assert main.run([group, "--help"]) == 0
    commands = capsys.readouterr().out.partition("Commands:")[2].partition("Examples:")[0]
    assert commands.strip()
    assert "..." not in commands
    assert all(len(line) <= 80 for line in commands.splitlines())


def test_a_database_that_was_made_is_told(capsys, tmp_path):
    file = tmp_path / "new" / "x.db"
    for made in (True, False):
        assert main.run(["db", "upgrade", "--database", str(file)]) == 0
        assert (f"a new database was made: {file}\n" in capsys.readouterr().err) is made


def test_a_block_that_cannot_be_read_names_every_form(capsys):
    assert main.run(["snapshot", "x.csv", "--at", "yesterday"]) == 2
    assert "NETWORK=TIME (2026-11-01T00:00Z)" in capsys.readouterr().err


def test_http_comes_without_the_command_line_of_httpx():
    """It would bring click, rich and Pygments: a third of what httpx takes to import."""
    program = "import sys\nfrom scanner.net import http\nprint(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = set(done.stdout.split())
    assert "httpx" in loaded
    assert not loaded & {"click", "rich", "pygments"}
