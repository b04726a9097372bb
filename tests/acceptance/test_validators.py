"""`scanner validators`: from an address to a list, and from that list to a snapshot that agrees."""

from __future__ import annotations

import csv
from contextlib import ExitStack

import pytest
from support.beacon_stub import BeaconStub
from support.scripted_http import Said

from scanner.cli import main

GWEI = 10**9
SLOT = 7_000_000
MINE = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"
YOURS, NOBODYS = "0x" + "77" * 20, "0x" + "11" * 20
BLS = "0x00" + "ab" * 31
KEYS = ["0x8" + f"{n:095x}" for n in range(12)]
SECRET = "c4n4ry"


def pays(address: str, kind: str = "01") -> str:
    return "0x" + kind + "00" * 11 + address[2:].lower()


STATE = {
    KEYS[0]: (32 * GWEI + 1, "active_ongoing", pays(MINE)),
    KEYS[1]: (2048 * GWEI, "active_exiting", pays(MINE, "02")),
    KEYS[2]: (31 * GWEI, "exited_slashed", pays(MINE)),
    KEYS[3]: (0, "withdrawal_done", pays(MINE)),
    KEYS[4]: (32 * GWEI, "active_ongoing", pays(YOURS)),
    KEYS[5]: (33 * GWEI, "active_ongoing", BLS),
    KEYS[6]: (34 * GWEI, "active_ongoing", "0x01" + "00" * 10 + "01" + MINE[2:].lower()),
}
HELD = (32 + 2048 + 31) * GWEI + 1


def chain(state=STATE, **more) -> BeaconStub:
    return BeaconStub({0: {}, SLOT: state, SLOT + 1: {}}, finalized=SLOT, slashed={KEYS[2]}, **more)


def write_table(path, *places: str) -> None:
    tables = [
        f'[[endpoint]]\nname = "b{n}"\nnetwork = "ethereum-beacon"\nprotocol = "beacon"\n'
        f'operator = "op{n}"\nurl = "http://{place}/?key={SECRET}"\n'
        for n, place in enumerate(places)
    ]
    path.write_text("\n".join(tables), "utf-8")


@pytest.fixture
def run(scanner, tmp_path):
    """Run a command beside beacon endpoints "b0", "b1"... of operators of their own."""
    with ExitStack() as stack:

        def command(*arguments, stubs=(None,), address=MINE):
            places = [stack.enter_context((s or chain()).serve()) for s in stubs]
            write_table(tmp_path / "endpoints.toml", *places)
            what = arguments if arguments[0] == "snapshot" else ("validators", address, *arguments)
            done = scanner(*what, "--endpoints", "endpoints.toml")
            assert SECRET not in done.err + done.out.decode()
            return done

        yield command


def test_what_is_found_is_told_in_whole_ether(run):
    done = run(YOURS, BLS, NOBODYS)
    assert done.status == 0, done.err
    text = done.out.decode()
    assert f"ethereum-beacon height {SLOT} 0x" in text
    assert "7 validators, reported by b0" in text
    rows = {line.split()[0]: line.split()[1:4] for line in text.splitlines() if line[1:3] == "0x"}
    assert rows[MINE] == ["4", "2,111.000000001", "1"]
    assert rows[YOURS] == ["1", "32", "0"]
    assert rows[BLS] == ["1", "33", "0"]
    assert rows[NOBODYS][0] == "none"
    assert "active_exiting 1, active_ongoing 1, exited_slashed 1, withdrawal_done 1" in text
    assert f"{NOBODYS}: no validator pays it; all 7 were checked" in done.lines


def test_another_slot_is_another_state(run):
    stub = chain()
    stub.blocks[SLOT - 3] = {KEYS[0]: (5, "pending_queued", pays(MINE))}
    found = run("--json", "--at", f"ethereum-beacon={SLOT - 2}", stubs=[stub]).object
    assert (found["height"], found["hash"]) == (SLOT - 3, stub.root(SLOT - 3)), "an empty slot"
    assert found["validators_in_state"] == 1
    assert found["payees"][0]["keys"] == [
        {
            "index": 0,
            "key": KEYS[0],
            "balance_gwei": "5",
            "status": "pending_queued",
            "withdrawal_credentials": pays(MINE),
            "slashed": False,
        }
    ]


def test_the_list_is_a_snapshots_and_agrees_to_the_last_unit(run, scanner, tmp_path):
    done = run(BLS, "-o", "found.csv", "--json")
    mine, _ = done.object["payees"]
    assert (mine["validators"], mine["balance_gwei"], mine["slashed"]) == (4, str(HELD), 1)
    assert [v["index"] for v in mine["keys"]] == [0, 1, 2, 3]
    with (tmp_path / "found.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["address"] for row in rows] == [*KEYS[:4], KEYS[5]]
    assert rows[0]["amount"] == "32.000000001"
    taken = run("snapshot", "found.csv", "--json")
    (asset,) = taken.object["assets"]
    assert asset["asset"] == "BETH"
    assert asset["claimed"] == asset["unverified"] == str(HELD + 33 * GWEI)
    assert (asset["shortfall"], asset["surplus"], asset["unavailable_rows"]) == ("0", "0", 0)
    assert taken.status == 3, "nothing false; nobody signed"
    kinds = {o["kind"] for o in scanner("show", "latest", "--jsonl").objects}
    assert kinds == {"unsigned"}, "no duplicate, nothing unreadable"
    assert scanner("verify", "found.csv").status == 3


def test_an_address_without_validators_is_an_answer(run, tmp_path):
    done = run("-o", "found.csv", address=NOBODYS)
    assert done.status == 0
    assert f"{NOBODYS}: no validator pays it; all 7 were checked" in done.lines
    assert len((tmp_path / "found.csv").read_text().splitlines()) == 1


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"fault": lambda seen: Said(500, b"") if "/validators" in seen.path else None}, "b0: "),
        ({"spoil": lambda entries: entries[1:]}, "left out validator 6"),
        ({"spoil": lambda entries: []}, "empty list of validators"),
        ({"kept": set()}, "does not keep that state"),
    ],
)
def test_what_could_not_be_read_is_no_answer(tmp_path, monkeypatch, capfdbinary, more, says):
    """Not "none found", and no half of a list. In this process, where waits can be left out."""
    monkeypatch.setattr("scanner.net.ending.pause", lambda _: None)
    (tmp_path / "found.csv").write_text("as it was")
    with chain(**more).serve() as place:
        write_table(tmp_path / "endpoints.toml", place)
        asked = ["validators", MINE, "-o", str(tmp_path / "found.csv"), "--json"]
        status = main.run([*asked, "--endpoints", str(tmp_path / "endpoints.toml")])
    out, err = capfdbinary.readouterr()
    assert (status, out) == (2, b"")
    assert says in err.decode().splitlines()[-1]
    assert (tmp_path / "found.csv").read_text() == "as it was"


def test_operators_that_differ(run):
    other = {**STATE, KEYS[0]: (1, "active_ongoing", pays(MINE)), KEYS[4]: STATE[KEYS[4]]}
    agreed = run("--quorum", 2, "--json", stubs=[chain(), chain()])
    assert (agreed.status, agreed.object["evidence"]) == (0, "agreed")
    done = run("--quorum", 2, "--json", stubs=[chain(), chain(other)])
    assert done.status == 3
    (mine,) = done.object["payees"]
    assert [v["index"] for v in mine["keys"]] == [1, 2, 3]
    (difference,) = done.object["differences"]
    assert (difference["index"], difference["settled"]) == (0, False)
    assert {n: v["balance_gwei"] for n, v in difference["said"].items()} == {
        "b0": str(32 * GWEI + 1),
        "b1": "1",
    }
    (line,) = [line for line in done.lines if line.startswith("validator 0: ")]
    assert "b0 says " in line
    assert "holds 32.000000001 ether" in line
    assert "b1 says " in line
    assert run("--quorum", 2).status == 2, "two operators cannot be had of one"


def test_a_published_list_that_is_complete(run):
    run("-o", "found.csv")
    done = run("--list", "found.csv", "--json")
    assert done.status == 0, done.err
    assert done.object["list"] == {
        "listed": 4,
        "unlisted": [],
        "pays_somebody_else": [],
        "no_such_validator": [],
        "unreadable_rows": 0,
    }


HEADER = "coin,network,address,amount\n"


def test_a_published_list_that_is_not(run, tmp_path):
    rows = [f"ETH,ethereum,{KEYS[0]},32", f"BETH,ethereum-beacon,{KEYS[1][2:].upper()},1"]
    rows += [f"ETH,ethereum,{YOURS},5", f"ETH,ethereum,{KEYS[4]},32", f"ETH,ethereum,{KEYS[9]},32"]
    (tmp_path / "list.csv").write_text(HEADER + "\n".join(rows) + "\n")
    done = run("--list", "list.csv", "--json")
    assert done.status == 1
    told = done.object["list"]
    assert told["listed"] == 4
    assert told["unlisted"] == [KEYS[2], KEYS[3]]
    assert [v["key"] for v in told["pays_somebody_else"]] == [KEYS[4]]
    assert told["pays_somebody_else"][0]["withdrawal_credentials"] == pays(YOURS)
    assert told["no_such_validator"] == [KEYS[9]]
    assert done.object["payees"][0]["validators"] == 4, "somebody else's is not counted"
    for words in (f"not in the list: {KEYS[2]}", f"pays another address: {KEYS[4]}", KEYS[9]):
        assert words in done.err


def test_a_row_that_cannot_be_read_may_name_any_validator(run, tmp_path):
    good = "".join(f"ETH,ethereum,{k},1\n" for k in KEYS[:4])
    for bad in ("ETH,ethereum,0x8,1", "ETH,ethereum,,1", "NOSUCH,nowhere,0x8,1"):
        (tmp_path / "list.csv").write_text(f"{HEADER}{good}{bad}\n")
        done = run("--list", "list.csv", "--json")
        assert (done.status, done.object["list"]["unreadable_rows"]) == (3, 1), bad


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--at", "bitcoin=5"], "bitcoin"),
        (["--at", "ethereum=5"], "no endpoint of ethereum"),
        (["--at", f"ethereum-beacon={SLOT + 5}"], "above its tip"),
        (["--output", "-", "--json"], "both write to stdout"),
        (["0x5aaeb6053F3E94C9b9A09f33669435E7Ef1BeAed"], "EIP-55"),
        ([KEYS[0]], "neither an account"),
        ([pays(MINE, "02")], "are the same"),
        (["--list", "nowhere.csv"], "nowhere.csv"),
    ],
)
def test_what_cannot_be_asked(run, arguments, says):
    done = run(*arguments)
    assert (done.status, done.out) == (2, b"")
    assert says in done.lines[-1]


def test_the_list_on_stdout(run):
    done = run("-o", "-")
    assert done.status == 0
    assert [line.split(b",")[3].decode() for line in done.out.splitlines()[1:]] == KEYS[:4]
    assert "2,111.000000001" in done.err
