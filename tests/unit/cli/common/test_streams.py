"""Whatever stdin, stdout and stderr are, the status says what happened, and an error names them."""

from __future__ import annotations

import subprocess
import sys

import pytest

SCANNER = f"{sys.executable} -m scanner.cli"
LIST = "address,amount\n0x28C6c06298d514Db089934071355E5743bf21d60,1\n"


def shell(line, tmp_path):
    (tmp_path / "list.csv").write_text(LIST, "ascii")
    line = line.replace("scanner", SCANNER)
    return subprocess.run(
        ["bash", "-c", line], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120
    )


VERIFY = "scanner verify list.csv --network ethereum --asset ETH"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (f"{VERIFY} >&-", "stdout: it is closed"),
        (f"{VERIFY} --json >&-", "stdout: it is closed"),
        (f"{VERIFY} --jsonl - >&-", "stdout: it is closed"),
        (f"{VERIFY} >/dev/full", "stdout: No space left on device"),
        (f"{VERIFY} --json >/dev/full", "stdout: No space left on device"),
        (f"{VERIFY} --jsonl /dev/full", "/dev/full: No space left on device"),
        ("scanner --help >&-", "stdout: it is closed"),
        ("scanner --version >/dev/full", "stdout: No space left on device"),
        ("scanner verify - --network ethereum <&-", "stdin: it is closed"),
        ("scanner verify-message - <&-", "stdin: it is closed"),
    ],
)
def test_an_error_of_a_stream_names_it(line, words, tmp_path):
    done = shell(line, tmp_path)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == f"scanner: {words}"
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full", "2>&1 | (sleep 0.1; exec true)"])
@pytest.mark.parametrize(
    ("line", "status"),
    [("scanner nonsense", 2), ("scanner", 2), ("scanner verify missing.csv", 2), (VERIFY, 3)],
)
def test_words_that_stderr_does_not_take_change_no_status(line, status, stderr, tmp_path):
    """1 would say that something was found false."""
    done = shell(f"{line} {stderr}; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert done.returncode == status or (done.returncode == 141 and line == VERIFY)


def test_a_file_never_takes_the_number_of_a_closed_stream(tmp_path):
    """Words for stderr would be written into it."""
    done = shell(f"{VERIFY} --jsonl out.jsonl <&- >/dev/null 2>&-", tmp_path)
    assert done.returncode == 3
    lines = (tmp_path / "out.jsonl").read_text("ascii").splitlines()
    assert len(lines) == 1
    assert lines[0].startswith('{"row":2,')


def test_a_reader_who_left_is_told_by_141(tmp_path):
    done = shell(f"{VERIFY} --jsonl - | exec true; exit ${{PIPESTATUS[0]}}", tmp_path)
    assert done.returncode in (141, 3)  # 3 where everything was written before it left
    assert "Traceback" not in done.stderr
