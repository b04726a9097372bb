"""The scripts behind make: what is missing is said in one line with the remedy, limits are kept."""

import hashlib
import os
import shutil
import subprocess
import sys
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "scripts"
_PLAIN_TOOLS = (
    "sh", "basename", "cat", "cut", "dirname", "env", "grep", "head", "id", "mkdir", "mktemp", "pwd", "rm",
    "sed", "sha256sum", "uname",
)  # fmt: skip


@pytest.fixture
def checkout(tmp_path):
    """The scripts and what they read, alone in a folder."""
    shutil.copytree(SCRIPTS, tmp_path / "scripts")
    for name in ("pyproject.toml", "requirements.lock", "requirements-dev.lock"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


@pytest.fixture
def bare_path(tmp_path):
    """A PATH with the plain tools only: no npm, no apt, no python."""
    folder = tmp_path / "path"
    folder.mkdir()
    for tool in _PLAIN_TOOLS:
        (folder / tool).symlink_to(shutil.which(tool))
    return str(folder)


def run(script, *arguments, path=os.environ["PATH"]):
    return subprocess.run(
        [script, *arguments], env={"PATH": path}, capture_output=True, text=True, check=False
    )


def one_line(done):
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


def fake_python(folder, body):
    program = folder / "fakepython"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(program)


def test_anvil_without_npm(checkout, bare_path):
    said = one_line(run(checkout / "scripts/install-anvil", checkout / "anvil", path=bare_path))
    assert said.startswith("install-anvil: npm is missing: get it with 'apt-get install npm'")
    assert "docker compose" in said


def test_bitcoind_without_debian(checkout, bare_path):
    said = one_line(run(checkout / "scripts/install-bitcoind", checkout / "b", path=bare_path))
    assert said.startswith("install-bitcoind: apt-get is missing")
    assert "docker compose" in said


def test_postgres_that_nobody_can_install(checkout, bare_path):
    script = checkout / "scripts/install-postgres"
    script.write_text(script.read_text().replace("/usr/lib/postgresql", "/nowhere"))
    assert "apt-get install postgresql" in one_line(run(script, path=bare_path))


def test_postgres_is_installed_by_root_after_fresh_package_lists(checkout, bare_path):
    """On a new container apt's lists are empty: the first try fails, the second follows an update."""
    script = checkout / "scripts/install-postgres"
    script.write_text(script.read_text().replace("/usr/lib/postgresql", "/nowhere"))
    calls = checkout / "calls"
    write(checkout, {
        "tools/id": "#!/bin/sh\necho 0\n",
        "tools/apt-get": f'#!/bin/sh\necho "$*" >>{calls}\n'
        f'case "$*" in *update*) ;; *) [ "$(grep -c update {calls})" = 1 ] ;; esac\n',
    })  # fmt: skip
    for tool in (checkout / "tools").iterdir():
        tool.chmod(0o755)
    done = run(script, path=f"{checkout / 'tools'}:{bare_path}")
    assert done.returncode == 0, done.stderr
    install = "-q install -y --no-install-recommends postgresql"
    assert calls.read_text().splitlines() == [install, "-q update", install]


@pytest.mark.parametrize("script", ["install-anvil", "install-bitcoind", "make-venv"])
def test_wrong_arguments_show_the_usage(checkout, script):
    done = run(checkout / "scripts" / script)
    assert done.returncode == 2
    assert f"  {script} " in done.stderr


def test_no_python(checkout):
    said = one_line(run(checkout / "scripts/make-venv", "python9.99", "requirements.lock"))
    assert "no python9.99: 'apt-get install python3 python3-venv'" in said
    assert "make PY=" in said


def test_python_too_old(checkout):
    old = fake_python(checkout, 'case "$1" in --version) echo Python 3.9.2 ;; *) exit 1 ;; esac')
    said = one_line(run(checkout / "scripts/make-venv", old, "requirements.lock"))
    assert "Python 3.9.2 does not do, 3.11 to 3.13 do" in said


def test_python_without_venv(checkout):
    bare = fake_python(checkout, 'case "$2" in *ensurepip*) exit 1 ;; esac')
    said = one_line(run(checkout / "scripts/make-venv", bare, "requirements.lock"))
    assert "has no venv: 'apt-get install python3-venv'" in said


LOCKS = ("requirements.lock", "requirements-all.lock", "requirements-dev.lock")


def test_locks_name_no_host_and_pin_every_package():
    for name in LOCKS:
        text = (ROOT / name).read_text()
        assert "://" not in text
        packages = [entry for entry in text.split("\n") if entry and not entry.startswith(" ")]
        assert all("==" in entry for entry in packages if not entry.startswith("#"))
        assert text.count("--hash=sha256:") >= len(packages)


def test_each_larger_lock_holds_all_of_the_smaller_at_the_same_versions():
    """So that one .venv serves `make demo` and `make test` in either order."""
    core, extras, development = (
        {entry.split(" ")[0] for entry in (ROOT / name).read_text().split("\n") if "==" in entry}
        for name in LOCKS
    )
    assert core < extras < development


def limits(root):
    return subprocess.run(
        [sys.executable, root / "scripts/check-limits"], capture_output=True, text=True, check=False
    )


def write(root, files):
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def test_limits_name_each_breach(checkout):
    long_function = "def f():\n" + "    x = 1\n" * 60
    write(checkout, {
        "scanner/__init__.py": "",
        "scanner/a.py": "from scanner import b\n",
        "scanner/b.py": "def late():\n    from scanner.c import thing\n",
        "scanner/c.py": "from scanner.a import b\nthing = 1\n",
        "scanner/long.py": "x = 1\n" * 401,
        "tests/test_f.py": long_function,
    })  # fmt: skip
    done = limits(checkout)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        "scanner/long.py: 401 lines, 400 at most",
        "tests/test_f.py:1: f has 61 lines, 60 at most",
        "import cycle: scanner.a -> scanner.b -> scanner.c -> scanner.a",
    ]


def test_limits_kept(checkout):
    write(checkout, {
        "scanner/__init__.py": "",
        "scanner/a.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from . import b\n",
        "scanner/b.py": "from .a import TYPE_CHECKING\n" + "x = 1\n" * 399,
        "tests/test_f.py": "def f():\n" + "    x = 1\n" * 59,
    })  # fmt: skip
    assert (limits(checkout).returncode, limits(checkout).stdout) == (0, "")


@pytest.mark.parametrize(
    ("name", "tool"),
    [("electrs", "cargo"), ("starknet-devnet", "cc"), ("chopsticks", "node and npm")],
)
def test_a_node_for_tests_says_what_it_needs(checkout, bare_path, name, tool):
    done = run(checkout / f"scripts/install-{name}", checkout / name, path=bare_path)
    said = one_line(done)
    assert said.startswith(f"install-{name}: needs {tool}")
    assert "tests of" in said


def build_crate(checkout, expected):
    """Build a crate with a cargo that only pretends, and counts how often it is called."""
    tools = checkout / "tools"
    tools.mkdir(exist_ok=True)
    cargo = tools / "cargo"
    cargo.write_text(
        "#!/bin/sh\n"
        f"echo once >> {checkout}/calls\n"
        f"mkdir -p {checkout}/home/registry/cache/x {checkout}/out/bin\n"
        f"printf crate > {checkout}/home/registry/cache/x/thing-1.2.3.crate\n"
        f"printf '#!/bin/sh' > {checkout}/out/bin/thing && chmod 755 {checkout}/out/bin/thing\n"
    )
    cargo.chmod(0o755)
    return subprocess.run(
        [checkout / "scripts/nodes/build-crate", "thing", "1.2.3", expected, "a day", "out"],
        env={"PATH": f"{tools}:{os.environ['PATH']}", "CARGO_HOME": f"{checkout}/home"},
        cwd=checkout,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_crate_is_built_once(checkout):
    right = hashlib.sha256(b"crate").hexdigest()
    for _ in range(2):
        assert build_crate(checkout, right).returncode == 0
    assert (checkout / "calls").read_text() == "once\n"
    assert (checkout / "out/bin/thing").exists()
    assert build_crate(checkout, "11" * 32).returncode == 1  # another one is wanted now
    assert (checkout / "calls").read_text() == "once\n" * 2


def test_a_crate_with_another_hash_is_not_kept(checkout):
    done = build_crate(checkout, "00" * 32)
    assert done.returncode == 1
    assert "its hash differs" in done.stderr
    assert not (checkout / "out/bin").exists()
    assert not (checkout / "out/VERSION").exists()


def test_the_demonstration_fetches_packages_and_nodes_side_by_side(tmp_path):
    shutil.copy(ROOT / "Makefile", tmp_path)
    for place in ("scripts", ".venv/bin"):
        (tmp_path / place).mkdir(parents=True)
    waits = (
        "#!/bin/sh\necho >started-$(basename $0)\nfor n in $(seq 200); do "
        "[ $(ls started-* | wc -l) = 3 ] && exit 0; sleep 0.05; done\nexit 1\n"
    )
    names = ("make-venv", "install-bitcoind", "install-anvil")
    for script in (tmp_path / "scripts" / name for name in names):
        script.write_text(waits, "utf-8")
        script.chmod(0o755)
    scanner = tmp_path / ".venv" / "bin" / "scanner"
    scanner.write_text('#!/bin/sh\necho "scanner $*"\n', "utf-8")
    scanner.chmod(0o755)
    given = {"PATH": os.environ["PATH"]}
    command = ["make", "-C", str(tmp_path), "demo"]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "scanner demo" in done.stdout


@pytest.mark.parametrize(
    ("changed", "run"),
    [
        ("scanner/room/tested.py", ["room/test_tested.py"]),
        ("scanner/room/named.py", ["room/test_more.py"]),
        ("scanner/room/below.py", ["room/test_tested.py"]),
        ("scanner/room/alone.py", ["room"]),
        ("scanner/other/used.py", ["room/test_more.py", "room/test_used.py"]),
        ("scanner/room/both.py", ["room/test_used.py"]),
        ("scanner/other/alone.py", []),
        # Of many the few that are the most about it: those that import nothing else
        ("scanner/other/base.py", [f"many/test_{n}.py" for n in range(3, 9)]),
        ("tests/unit/room/test_more.py", ["room/test_more.py"]),
        ("docs/README.md", []),
    ],
)
def test_which_tests_stand_for_a_changed_file(tmp_path, monkeypatch, changed, run):
    files = {
        "scanner/room/tested.py": "from scanner.room import (\n    below,\n)\n",
        "scanner/room/below.py": "",
        "scanner/room/named.py": "",
        "scanner/room/alone.py": "",
        "scanner/other/alone.py": "",
        "scanner/other/base.py": "",
        "tests/unit/room/test_tested.py": "from scanner.room.tested import it\n",
        "scanner/other/used.py": "",
        "scanner/room/both.py": "",
        "tests/unit/room/test_more.py": "from scanner.room import named\nfrom scanner.other import used\n",
        "tests/unit/room/test_used.py": "from scanner.other.used import a\nfrom scanner.room import both\n",
        "tests/unit/third/test_both.py": "from scanner.room import both\n",
    }
    for n in range(9):
        about = "from scanner.other import base\n"
        files[f"tests/unit/many/test_{n}.py"] = about + ("from scanner.room import x\n" * (n < 3))
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    loader = SourceFileLoader("test_changed", str(SCRIPTS / "test-changed"))
    script = ModuleType(loader.name)
    script.__file__ = loader.path
    loader.exec_module(script)
    unit = tmp_path / "tests" / "unit"
    monkeypatch.setattr(script, "ROOT", tmp_path)
    monkeypatch.setattr(script, "UNIT", unit)
    assert list(script._tests([changed])) == [unit / name for name in run]
