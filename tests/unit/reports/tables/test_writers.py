"""A file appears whole or not at all, where and as it was named."""

from __future__ import annotations

import errno
import os

import pytest

from scanner.reports.tables.writers import place, whole_file


def write(target, data=b"new"):
    with whole_file(str(target)) as stream:
        stream.write(data)


def test_a_link_stays_a_link(tmp_path):
    (tmp_path / "dated.csv").write_bytes(b"old")
    (tmp_path / "latest.csv").symlink_to("dated.csv")
    write(tmp_path / "latest.csv")
    assert (tmp_path / "latest.csv").is_symlink()
    assert (tmp_path / "dated.csv").read_bytes() == b"new"


def test_a_link_to_nothing_yet_is_followed(tmp_path):
    (tmp_path / "latest.csv").symlink_to("dated.csv")
    write(tmp_path / "latest.csv")
    assert (tmp_path / "latest.csv").is_symlink()
    assert (tmp_path / "dated.csv").read_bytes() == b"new"


def test_a_name_of_an_open_stream_is_written_to_and_never_replaced(tmp_path):
    """/dev/stdout is a link to /proc/self/fd/1; replaced, no program had a stdout any more."""
    with (tmp_path / "out.csv").open("wb") as open_file:
        open_file.write(b"before ")
        open_file.flush()
        link = tmp_path / "stdout"
        link.symlink_to(f"/proc/self/fd/{open_file.fileno()}")
        write(link)
        inode = os.fstat(open_file.fileno()).st_ino
    assert link.is_symlink()
    assert (tmp_path / "out.csv").stat().st_ino == inode
    assert (tmp_path / "out.csv").read_bytes() == b"before new"


def test_a_private_file_stays_private(tmp_path):
    file = tmp_path / "report.html"
    file.write_bytes(b"old")
    file.chmod(0o600)
    write(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert file.read_bytes() == b"new"


def test_a_name_as_long_as_names_may_be(tmp_path):
    file = tmp_path / ("ä" * 125 + ".json")  # 255 bytes
    write(file)
    assert file.read_bytes() == b"new"


@pytest.mark.parametrize("name", ["missing/x.csv", "x" * 300, "a-file/x.csv"])
def test_an_error_names_what_the_user_named(name, tmp_path):
    (tmp_path / "a-file").write_bytes(b"")
    with pytest.raises(OSError, match=r".") as caught:
        write(tmp_path / name)
    assert caught.value.filename == str(tmp_path / name)


def test_a_full_disk_names_the_file_and_leaves_the_old_one(tmp_path):
    file = tmp_path / "report.html"
    file.write_bytes(b"old")
    with (
        pytest.raises(OSError, match="No space left") as caught,
        whole_file(str(file)),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")  # as a write says it: without a name
    assert caught.value.filename == str(file)
    assert [p.name for p in tmp_path.iterdir()] == ["report.html"]
    assert file.read_bytes() == b"old"


def test_another_file_s_error_keeps_its_name(tmp_path):
    with (
        pytest.raises(FileNotFoundError) as caught,
        whole_file(str(tmp_path / "report.html")),
    ):
        raise FileNotFoundError(errno.ENOENT, "No such file", "list.csv")
    assert caught.value.filename == "list.csv"


def test_stdout_is_named_as_such():
    assert place("-") == "stdout"
    assert place("x.csv") == "x.csv"
