"""A list that takes long on a slow network: what matters first, a stop, and the rest."""

from __future__ import annotations

import pytest
from support.aptos_stub import AptosServer
from support.recorded import World

HEAD = "coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script"
HEIGHT, ROWS, PER_CHUNK = 840_200_933, 1_500, 300
LARGE = {1_450: 1_000_000, 20: 500}  # rows that hold nearly everything, the larger one late


def address(n: int) -> str:
    return "0x4c" + f"{n:062x}"


@pytest.fixture
def server():
    made = AptosServer(World(tip=HEIGHT + 5, oldest=HEIGHT - 5), {"": 8})
    yield made
    made.close()


@pytest.fixture
def files(server, tmp_path):
    lines = [HEAD]
    for n in range(ROWS):
        amount = LARGE.get(n, 1)
        server.world.put(address(n), amount * 10**8)
        lines.append(f"APTOS,APTOS,{HEIGHT},{address(n)},{amount},,,,")
    (tmp_path / "large.csv").write_text("\n".join(lines) + "\n")
    (tmp_path / "endpoints.toml").write_text(
        f'[[endpoint]]\nname = "a"\nnetwork = "aptos"\nprotocol = "aptos_rest"\n'
        f'url = "{server.url}"\noperator = "test"\n'
    )
    return "large.csv", "--endpoints", "endpoints.toml"


def balances(server) -> int:
    return sum("/balance/" in path for _, path, _ in server.asked)


def test_the_largest_claims_are_read_first_and_the_rest_later(scanner, server, files):
    done = scanner("snapshot", *files, "--coverage", "99%", timeout=300)
    assert done.status == 3, done.err
    assert balances(server) == PER_CHUNK + 1, "a chunk, and whom the block itself names"
    assert f"read: 300 of {ROWS:,} rows; by amount APT 99.8" in done.err
    assert "resume" in done.err
    found = scanner("export", "balances", "latest", "--format", "jsonl").objects
    (largest,) = [b for b in found if b["address"] == address(1_450)]
    assert largest["found"] == str(1_000_000 * 10**8)

    more = scanner("resume", "latest", "--endpoints", "endpoints.toml", timeout=300)
    assert balances(server) == ROWS + 2
    assert "read:" not in more.err
    found = scanner("export", "balances", "latest", "--format", "jsonl").objects
    assert all(b["found"] == b["claimed"] for b in found)


def test_a_budget_that_is_over_begins_nothing(scanner, server, files):
    done = scanner("snapshot", *files, "--budget", "0s", timeout=300)
    assert done.status == 3, done.err
    assert balances(server) == 0
    assert f"read: 0 of {ROWS:,} rows" in done.err


def test_what_is_no_time_or_share_is_refused(scanner, files):
    assert scanner("snapshot", *files, "--budget", "soon").status == 2
    assert scanner("snapshot", *files, "--coverage", "nearly").status == 2
