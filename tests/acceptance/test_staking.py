"""A published list with staked ether, from file to totals: a real node, and a beacon API beside it.

The list is the publisher's own 12-column example, at the node's height. No real beacon node can be
had here: the stub's beacon block holds the hash of the node's own block.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.beacon_stub import BeaconStub
from support.contracts import deploy, register_pod
from support.eth_list import HELD, start_eth_chain
from support.published_lists import STAKING
from support.worker_command import start_worker, wait_for_snapshot

pytestmark = pytest.mark.node

OWNER = "0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e"
STRANGER = "0x" + "77" * 20
NATIVE, RESTAKED = "0x" + "ab" * 48, "0x" + "8d" * 48
NO_KEY = "0x" + "cd" * 48  # the example's second key is no point of the curve
SLOT = 9_000_000
GWEI = 10**9
HELD_BY_OWNER = HELD[OWNER]


def pays(address: str) -> str:
    return "0x01" + "00" * 11 + address.removeprefix("0x").lower()


@dataclass
class Staked:
    """A node whose block `height` is the beacon chain's SLOT. pod: an EigenPod of the owner's."""

    url: str
    height: int
    beacon: BeaconStub
    pod: str


@pytest.fixture(scope="module")
def node(node_programs, tmp_path_factory) -> Iterator[tuple]:
    with start_eth_chain(tmp_path_factory.mktemp("staking")) as anvil:
        pod = deploy(anvil, "Pod", ("address",), OWNER)
        register_pod(anvil, pod, OWNER)
        anvil.rpc("anvil_mine", "0x4", "0xc")
        block = anvil.rpc("eth_getBlockByNumber", "latest", False)
        anvil.rpc("anvil_mine", "0x4", "0xc")
        yield anvil, pod, block


@pytest.fixture
def staked(node) -> Staked:
    anvil, pod, block = node
    state = {
        NATIVE: (32 * GWEI, "active_ongoing", pays(OWNER)),
        RESTAKED: (33 * GWEI, "exited_unslashed", pays(pod)),
    }
    beacon = BeaconStub(
        {0: {}, SLOT: state, SLOT + 1: {}},
        finalized=SLOT,
        genesis=int(block["timestamp"], 16) - 12 * SLOT,
        execution={SLOT: block["hash"]},
    )
    return Staked(anvil.url, int(block["number"], 16), beacon, pod)


def example(key: str = RESTAKED, total: str = "64.058959708849230328") -> str:
    """The publisher's example with a key that can be one, and a total that is right."""
    text = STAKING.read_text("utf-8").replace(NO_KEY, key).replace("ETH,-,64", f"ETH,-,{total}")
    return text.rstrip("\n") + "\n"


def write_table(path, rpc: str, beacon: str = "") -> None:
    tables = [("my-node", "ethereum", "ethereum_rpc", rpc)]
    if beacon:
        tables.append(("my-beacon", "ethereum-beacon", "beacon", f"http://{beacon}"))
    lines = (
        f'[[endpoint]]\nname = "{name}"\nnetwork = "{network}"\nprotocol = "{protocol}"\n'
        f'url = "{url}"\nchain = "1:dev"\n'
        for name, network, protocol, url in tables
    )
    path.write_text("\n".join(lines), "utf-8")


def write_list(folder: Path, staked: Staked, text: str = "") -> None:
    text = (text or example()).replace(",20914735,", f",{staked.height},")
    (folder / "list.csv").write_text(text, "utf-8")


@pytest.fixture
def take(scanner, staked, tmp_path):
    """Take a snapshot of a list at the node's height. with_beacon: have the endpoint."""

    def run(text: str = "", with_beacon: bool = True):
        write_list(tmp_path, staked, text)
        with staked.beacon.serve() as beacon:
            write_table(tmp_path / "endpoints.toml", staked.url, beacon if with_beacon else "")
            return scanner("snapshot", "list.csv", "--endpoints", "endpoints.toml", "--json")

    return run


def exported(scanner, table: str) -> dict[str, dict]:
    """Rows of an export by address."""
    done = scanner("export", table, "latest", "--format", "jsonl", "-o", "-")
    return {row["address"].lower(): row for row in done.objects}


def test_staked_ether_is_read_at_the_pinned_block_and_bound_to_its_owner(scanner, take):
    done = take()
    (ether,) = done.object["assets"]
    total = HELD_BY_OWNER + 65 * 10**18
    assert ether["verified"] == str(total), done.err
    assert ether["by_evidence"]["reported"] == str(total)
    assert (ether["unverified"], ether["unavailable_rows"]) == ("0", 0)
    assert (ether["shortfall"], ether["surplus"]) == ("0", str(10**18))
    owners = exported(scanner, "ownership")
    assert {row["binding"] for a, row in owners.items() if a != OWNER} == {"on_chain"}
    assert {row["control"] for row in owners.values()} == {"controls"}
    balances = exported(scanner, "balances")
    assert balances[NATIVE]["found"] == str(32 * 10**18)
    assert balances[NATIVE]["sources"] == "my-beacon"
    assert balances[NATIVE]["reason"] == ""
    assert balances[RESTAKED]["reason"] == "the validator's status is exited_unslashed"


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_worker_reads_staked_ether_as_the_command_does(scanner, staked, tmp_path, request, kind):
    url = f"sqlite:///{tmp_path / 'worker.db'}"
    if kind == "postgresql":
        url = request.getfixturevalue("postgres_database")
    at = ("--database", url)
    write_list(tmp_path, staked)
    assert scanner("db", "upgrade", *at).status == 0
    planned = scanner("schedule", "add", "okx", "--list", "list.csv", "--cron", "0 6 * * *", *at)
    assert planned.status == 0, planned.err
    assert scanner("schedule", "run-now", "okx", *at).status == 0
    with staked.beacon.serve() as beacon:
        write_table(tmp_path / "endpoints.toml", staked.url, beacon)
        worker = start_worker(tmp_path, url)
        try:
            snapshot = wait_for_snapshot(scanner, at)
        finally:
            worker.terminate()
            said = worker.communicate(timeout=30)
    (ether,) = scanner("totals", snapshot, "--json", *at).object["assets"]
    assert ether["verified"] == str(HELD_BY_OWNER + 65 * 10**18), said
    done = scanner("export", "ownership", snapshot, "--format", "jsonl", "-o", "-", *at)
    assert {row["binding"] for row in done.objects if row["address"] != OWNER} == {"on_chain"}


def test_without_a_beacon_endpoint_the_rows_say_what_to_add(scanner, take):
    done = take(with_beacon=False)
    assert done.status == 3
    (ether,) = done.object["assets"]
    assert ether["verified"] == str(HELD_BY_OWNER)
    assert ether["unavailable_rows"] == 2
    balances = exported(scanner, "balances")
    assert 'protocol = "beacon"' in balances[NATIVE]["reason"]
    owners = exported(scanner, "ownership")
    assert owners[NATIVE]["binding"] == "asserted"
    assert 'protocol = "beacon"' in owners[NATIVE]["reason"]


def test_a_beacon_chain_that_does_not_hold_the_pinned_block_is_not_read(scanner, take, staked):
    staked.beacon.execution = {SLOT: "0x" + "99" * 32}
    done = take()
    assert done.status == 3
    assert done.object["assets"][0]["verified"] == str(HELD_BY_OWNER)
    assert "not the pinned block" in exported(scanner, "balances")[NATIVE]["reason"]


def test_somebody_elses_validator_is_found_false(scanner, take, staked):
    state = staked.beacon.blocks[SLOT]
    state[NATIVE] = (32 * GWEI, "active_ongoing", pays(STRANGER))
    done = take()
    assert done.status == 1, done.err
    assert done.object["assets"][0]["unverified"] == str(32 * 10**18)
    assert "credentials name 0x7777" in exported(scanner, "ownership")[NATIVE]["reason"]


def test_a_validator_listed_twice_counts_once(scanner, take):
    (row,) = [r for r in example().splitlines() if "Native ETH" in r]
    again = row.replace(NATIVE, "AB" * 48)
    done = take(example(total="96.058959708849230328") + again + "\n")
    (ether,) = done.object["assets"]
    assert ether["claimed"] == str(HELD_BY_OWNER + 64 * 10**18)
    assert ether["verified"] == str(HELD_BY_OWNER + 65 * 10**18)
    found = scanner("show", "latest", "--jsonl").objects
    assert [o["address"] for o in found if o["kind"] == "duplicate"] == ["AB" * 48]


def test_a_key_that_is_none_is_malformed_and_holds_nothing(scanner, take):
    done = take(example(key=NO_KEY))
    assert done.status == 3  # what cannot be decoded is not verified; nothing contradicts it
    assert "not a compressed, finite BLS12-381 point" in done.err
    assert done.object["assets"][0]["verified"] == str(HELD_BY_OWNER + 32 * 10**18)


def test_validators_found_at_an_execution_block_are_a_list_at_that_block(scanner, staked, tmp_path):
    """No list is published: the address alone leads to the stake that it was paid for there."""
    at = f"ethereum={staked.height}"
    with staked.beacon.serve() as beacon:
        write_table(tmp_path / "endpoints.toml", staked.url, beacon)
        asked = ["validators", OWNER, staked.pod, "--at", at, "--endpoints", "endpoints.toml"]
        found = scanner(*asked, "-o", "found.csv", "--json")
        assert found.status == 0, found.err
        assert (found.object["network"], found.object["height"]) == ("ethereum", staked.height)
        assert [p["balance_gwei"] for p in found.object["payees"]] == [
            str(32 * GWEI),
            str(33 * GWEI),
        ]
        rows = (tmp_path / "found.csv").read_text().splitlines()[1:]
        assert [row.split(",")[:5] for row in rows] == [
            ["ethereum", "ETH", str(staked.height), NATIVE, "32"],
            ["ethereum", "ETH", str(staked.height), RESTAKED, "33"],
        ]
        taken = scanner("snapshot", "found.csv", "--endpoints", "endpoints.toml", "--json")
    (ether,) = taken.object["assets"]
    assert ether["claimed"] == ether["unverified"] == str(65 * 10**18)
    assert (ether["shortfall"], ether["surplus"], ether["unavailable_rows"]) == ("0", "0", 0)


def test_validators_are_not_searched_in_another_blocks_state(scanner, staked, tmp_path):
    staked.beacon.execution = {SLOT: "0x" + "99" * 32}
    with staked.beacon.serve() as beacon:
        write_table(tmp_path / "endpoints.toml", staked.url, beacon)
        at = f"ethereum={staked.height}"
        done = scanner("validators", OWNER, "--at", at, "--endpoints", "endpoints.toml", "--json")
    assert (done.status, done.out) == (2, b"")
    assert "not the pinned block" in done.err
