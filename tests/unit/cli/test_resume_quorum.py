"""The rest of a snapshot is read with as many operators as its beginning."""

import pytest
from support.snapshot_stub import eth_claim, stored
from typer.testing import CliRunner

from scanner.cli.main import app
from scanner.cli.snapshots import taking
from scanner.snapshots.interface import SnapshotPolicy
from scanner.store.database.engine import open_store
from scanner.store.writing.runs import create_snapshot
from scanner.store.writing.sink import StoreSink


@pytest.fixture
def took(monkeypatch):
    """The options that the last run was given; no run reads anything, each is stopped."""
    found = []

    def stop(store, snapshot_id, options, registry, *, others_wait=False):
        found.append(options)
        with taking.resumable(snapshot_id, options.again):
            raise KeyboardInterrupt

    monkeypatch.setattr(taking, "take", stop)
    return found


@pytest.fixture
def begun(tmp_path):
    """Plans a snapshot; returns the arguments that resume it."""

    def make(**policy):
        url = f"sqlite:///{tmp_path / 'x.db'}"
        with open_store(url, create=True) as store:
            create_snapshot(store, stored(store, [eth_claim(1)]).list_id, SnapshotPolicy(**policy))
        return ["resume", "1", "--database", url]

    return make


@pytest.mark.parametrize("queued", [False, True])
def test_a_resume_reads_as_the_snapshot_was_begun(took, begun, queued):
    done = CliRunner().invoke(app, begun(quorum=2, proof=True, queued=queued))
    assert [(o.quorum, o.proof) for o in took] == [(2, True)]
    assert "'scanner resume 1'" in done.stderr


@pytest.mark.parametrize("queued", [False, True])
def test_a_resume_asks_no_network_that_was_left_out(took, begun, queued):
    only = frozenset({"bitcoin"})
    CliRunner().invoke(app, begun(networks=only, queued=queued))
    assert [o.networks for o in took] == [only]
    CliRunner().invoke(app, [*begun(networks=only), "--networks", "ethereum"])
    assert took[-1].networks == frozenset({"ethereum"})  # the user's word


def test_a_higher_quorum_is_part_of_the_remedy(took, begun):
    done = CliRunner().invoke(app, [*begun(), "--quorum", "3", "--proof"])
    assert [(o.quorum, o.proof) for o in took] == [(3, True)]
    assert "run 'scanner resume 1 --quorum 3 --proof' to continue" in done.stderr


def test_a_lower_quorum_is_said(took, begun):
    done = CliRunner().invoke(app, [*begun(quorum=2), "--quorum", "1"])
    assert [o.quorum for o in took] == [1]
    assert "snapshot 1 was begun with --quorum 2: for what is read now 1 operator" in done.stderr
    assert "run 'scanner resume 1 --quorum 1' to continue" in done.stderr


def test_a_snapshot_keeps_what_it_was_begun_with(took, tmp_path, monkeypatch):
    monkeypatch.setattr(taking, "check_sources", lambda *_: None)
    url = f"sqlite:///{tmp_path / 'x.db'}"
    file = tmp_path / "list.csv"
    address = "0x8ba1f109551bD432803012645Ac136ddd64DBA72"
    file.write_text(f"network,asset,address,amount\nethereum,ETH,{address},1\n")
    wanted = ["snapshot", str(file), "--database", url, "--quorum", "2", "--proof"]
    wanted += ["--networks", "ethereum,bitcoin"]
    done = CliRunner().invoke(app, wanted)
    assert [(o.quorum, o.proof) for o in took] == [(2, True)], done.stderr
    with open_store(url) as store:
        policy = StoreSink(store).policy(1)
    assert (policy.quorum, policy.proof, policy.queued) == (2, True, False)
    assert policy.networks == frozenset({"ethereum", "bitcoin"})


def test_no_quorum_is_one(took, begun):
    CliRunner().invoke(app, begun())
    assert [(o.quorum, o.proof) for o in took] == [(1, False)]
