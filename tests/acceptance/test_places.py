"""A FILE may be an http address, stdin, or one part of an archive."""

from __future__ import annotations

import functools
import json
import shutil
import subprocess
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from support.command import COMMAND, Done, run_scanner
from support.okx_proofs import V2, pin
from support.published_lists import make_list, signed_rows


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "okx.csv").write_text(make_list(signed_rows()))
    with zipfile.ZipFile(tmp_path / "lists.zip", "w") as archive:
        archive.write(tmp_path / "okx.csv", "a.csv")
        archive.writestr(
            "b.csv", "asset,address,amount\nBTC,1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw,1\n"
        )
    return tmp_path


@pytest.fixture
def server(folder):
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def ran(*words, given=None, cwd=None):
    """A command. given: what it reads from stdin, for which it is started cold."""
    if given is None:
        return run_scanner(words, folder=cwd)
    done = subprocess.run(
        [*COMMAND, *words], cwd=cwd, capture_output=True, check=False, input=given
    )
    return Done(done.returncode, done.stdout, done.stderr.decode())


def inspected(place, **options):
    done = ran("lists", "inspect", place, "--json", **options)
    return done.status, done.object if done.out else done.err


def test_an_address_is_read_as_the_file_is(server, folder):
    status, found = inspected(f"{server}/okx.csv?secret=1")
    assert (status, found["file"], found["claims"]) == (0, "okx.csv", 3)
    assert {part["role"] for part in found["understood"]} == {"used"}
    assert inspected(str(folder / "okx.csv"))[1] == found
    status, words = inspected(f"{server}/none.csv?secret=1")
    assert status == 2
    assert "404" in words
    assert "secret" not in words
    assert words.startswith(f"scanner: none.csv at {server.removeprefix('http://')}: "), words


@pytest.mark.parametrize("command", ["verify", "lists inspect", "doctor", "challenge", "snapshot"])
def test_an_address_that_does_not_answer_is_named_and_others_are_none(command, folder):
    done = ran(*command.split(), "https://127.0.0.1:1/a/x.csv?secret=1", cwd=folder)
    assert done.status == 2
    assert done.lines[-1].startswith("scanner: x.csv at 127.0.0.1:1: no answer"), done.err
    done = ran(*command.split(), "ftp://secret@host/x.csv", cwd=folder)
    assert done.status == 2
    words = "scanner: ftp addresses are not read: give a file or an http(s) address"
    assert done.lines == [words]


def test_stdin(folder):
    status, found = inspected("-", given=(folder / "okx.csv").read_bytes())
    assert (status, found["file"], found["claims"]) == (0, "stdin", 3)


def test_the_doctor_reads_what_a_file_may_be(server, folder):
    (folder / "none.toml").write_text("endpoint = []\n")
    for place, given in ((f"{server}/okx.csv", None), ("-", (folder / "okx.csv").read_bytes())):
        none = str(folder / "none.toml")
        done = ran("doctor", place, "--json", "--endpoints", none, given=given)
        assert sum(one["rows"] for one in done.object) == 3, done.err


def test_a_snapshot_of_stdin_needs_a_publisher(folder):
    """Lists of different publishers were one publisher's history, named 'stdin'."""
    (folder / "none.toml").write_text("endpoint = []\n")
    words = ["snapshot", "-", "--endpoints", "none.toml", "--database", "x.db"]
    given = (folder / "okx.csv").read_bytes()
    done = ran(*words, cwd=folder, given=given)
    assert done.status == 2
    assert "give --publisher" in done.err
    done = ran(*words, "--publisher", "okx", cwd=folder, given=given)
    assert done.status in (1, 3), done.err
    assert "publisher: okx" in done.err


def test_a_part_of_an_archive(folder):
    whole, part = inspected(str(folder / "lists.zip")), inspected(str(folder / "lists.zip:b.csv"))
    assert (whole[1]["claims"], part[1]["claims"], part[1]["file"]) == (4, 1, "lists.zip:b.csv")
    status, words = inspected(str(folder / "lists.zip:c.csv"))
    assert status == 2
    assert "its parts are: a.csv, b.csv" in words


def test_a_doubted_unit_is_settled_by_the_option_that_is_named(folder):
    (folder / "list.csv").write_text(
        "asset,address,amount\nBTC,1PJiGp2yDLvUgqeBsuZVCBADArNsk6XEiw,15000000000000\n"
    )
    status, found = inspected(str(folder / "list.csv"))
    assert (status, [p["kind"] for p in found["problems"]]) == (3, ["unit_doubted"])
    assert "--unit base" in found["problems"][0]["first"][0]["reason"]
    done = ran("lists", "inspect", str(folder / "list.csv"), "--unit", "base", "--json")
    assert done.status == 0, done.err
    assert done.object["holdings"][0]["claimed"] == "15000000000000"


def told(*words, given=None):
    done = ran("liabilities", *words, given=given)
    return done.status, done.text, done.err


def test_a_proof_of_liabilities_at_an_address_is_checked_as_the_file_is(server, folder):
    shutil.copy(V2 / "toy" / "sum_proof_data.json.gz", folder)
    user = next((V2 / "toy").rglob("user_*inclusion*"))
    shutil.copy(user, folder)
    (folder / "owed.csv").write_text("asset,amount,colour\nBTC,1,red\n")
    (folder / "pin.txt").write_text("not a key")
    file = "sum_proof_data.json.gz"
    for place in (f"{server}/{file}?secret=1", str(folder / file)):
        status, out, err = told("verify", place, "--key", pin("toy"))
        assert (status, "accepted by the published verifier" in out) == (0, True), err
    data = (folder / file).read_bytes()
    assert told("verify", "-", "--key", pin("toy"), given=data)[0] == 0
    place = f"{server}/{file}"
    status, out, err = told(
        "verify-inclusion", place, "--user", f"{server}/{user.name}", "--key", pin("toy")
    )
    assert (status, out.startswith("included: ")) == (0, True), err
    status, _, err = told("verify", f"{server}/none.json?secret=1")
    assert (status, "404" in err, "secret" in err) == (2, True, False)
    status, _, err = told("verify", place, "--key", f"{server}/pin.txt?secret=1")
    assert (status, "secret" in err) == (2, False), err
    database = f"sqlite:///{folder}/scanner.db"
    (folder / "none.toml").write_text("endpoint = []\n")
    of = ["--endpoints", str(folder / "none.toml"), "--database", database]
    ran("snapshot", str(folder / "okx.csv"), *of)
    status, _, err = told("import", f"{server}/owed.csv?secret=1", "--database", database)
    assert (status, err.startswith("scanner: owed.csv:1")) == (2, True), err
    assert "column 'colour' is not understood" in err


def test_a_folder_and_an_address_may_name_the_coin(server, folder):
    (folder / "usdt").mkdir()
    text = "address,network\n0x28C6c06298d514Db089934071355E5743bf21d60,ethereum\n"
    (folder / "wallets.csv").write_text(text)
    (folder / "usdt" / "wallets.csv").write_text(text)
    for place, status in (
        (f"{server}/wallets.csv", 0),
        (f"{server}/wallets.csv?coin=USDT&key=secret", 3),
        (f"{server}/usdt/wallets.csv", 3),
        (str(folder / "usdt" / "wallets.csv"), 3),
    ):
        found, what = inspected(place)
        assert (found, what["claims"]) == (status, 0 if status else 1), place
        assert "secret" not in json.dumps(what)
    inside = folder / "usdt"
    assert inspected("wallets.csv", cwd=inside)[0] == 3
