"""Everything at once, for SCANNER_SOAK seconds (600 in `make soak`): the totals stay the same bytes.

Nodes of which every fifth answer is spoilt, commands and workers that are killed, a database that is
restarted or crashes, a disk that is full, hostile lists, and visitors of the web pages. At the end
every snapshot says what the first, undisturbed one says, every database adds up, and no process,
connection or descriptor is left.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import time

import pytest
from support.hostile_list import hostile_list
from support.missing import cannot
from support.postgres import Postgres, PostgresMissingError
from support.soaking import (
    Commands,
    Visitors,
    faulty_nodes,
    files_open,
    kill,
    results,
    write_endpoints,
    write_list,
)

SECONDS = float(os.environ.get("SCANNER_SOAK", "0"))
pytestmark = [
    pytest.mark.node,
    pytest.mark.timeout(SECONDS + 600),
    pytest.mark.skipif(not SECONDS, reason="'make soak' runs it, SCANNER_SOAK says how long"),
]


@pytest.fixture
def cluster():
    try:
        with Postgres() as running:
            yield running
    except PostgresMissingError as e:
        cannot(str(e))


TAKE = ("snapshot", "list.csv", "--publisher", "soak", "--endpoints", "endpoints.toml")
SMALL_DISK = 150_000
"""Bytes of one file: what a snapshot writes before it is folded into the database is more."""


def snapshot_on(commands, database, *, kill_it=True):
    """Take a snapshot, killed again and again; its number."""
    before, draw = _newest(commands, database)[0], commands.random
    pause = draw.uniform(1.0, 4.0) if kill_it else 0
    commands.run(*TAKE, "--database", database, kill_after=pause)
    return completed(commands, database, before, kill_it=kill_it)


def on_a_full_disk(commands, database):
    """Take a snapshot where there is no room for it, and again where there is; its number.

    What a node answers wrong may leave so little to write that it fits: then once more.
    """
    for _ in range(5):
        before, _ = _newest(commands, database)
        ended = commands.run(*TAKE, "--database", database, largest_file=SMALL_DISK)
        if "disk" in ended.err:
            assert ended.status == 2, ended
            assert commands.run("db", "check", "--database", database).status == 0
            return completed(commands, database, before)
    raise AssertionError(f"the disk was never full: {ended}")


def completed(commands, database, before, *, kill_it=False):
    """The number of the newest snapshot, once it is complete: nodes that fail may leave a part.

    before: the newest one until now; where there is no newer one yet, it is taken.
    """
    at, draw = ("--endpoints", "endpoints.toml", "--database", database), commands.random
    for _ in range(20):
        number, complete = _newest(commands, database)
        if complete and number != before:
            return number
        pause = draw.choice((0, 0, draw.uniform(1.0, 5.0))) if kill_it else 0
        words = TAKE[:4] if number == before else ("resume", number)
        ended = commands.run(*words, *at, kill_after=pause)
    raise AssertionError(f"never complete: {ended}")


def _newest(commands, database):
    """The newest snapshot's number, 0 for none, and whether it is complete."""
    done = commands.run("totals", "latest", "--json", "--database", database)
    if done.status not in (0, 1, 3) or not done.out:
        return 0, False
    found = json.loads(done.out)
    return found["snapshot"], found["complete"]


def by_workers(commands, database, workers):
    """Let the schedule's list be taken by workers, one of which is killed."""
    before, _ = _newest(commands, database)
    assert commands.run("schedule", "run-now", "soak", "--database", database).status == 0
    time.sleep(commands.random.uniform(0.5, 3.0))
    kill(workers.pop(0).process)
    workers.append(a_worker(commands, database))
    for _ in range(120):
        number, complete = _newest(commands, database)
        if number > before and complete:
            return number
        time.sleep(0.5)
    assert number > before, "the workers took nothing"
    return completed(commands, database, before)  # a part failed: an operator resumes


def a_worker(commands, database):
    return commands.serve("worker", "--endpoints", "endpoints.toml", "--database", database)


def restart(cluster, commands, database, visitors):
    """Restart the database while a snapshot is taken; it goes on afterwards."""
    before, _ = _newest(commands, database)
    running = commands.start(*TAKE, "--database", database)
    time.sleep(commands.random.uniform(1.0, 3.0))
    visitors.away.set()
    cluster.restart(commands.random.choice(("fast", "immediate")))
    _, err = running.communicate(timeout=240)
    assert "internal error" not in err, err
    time.sleep(1)
    visitors.away.clear()
    return completed(commands, database, before)


def hostile(commands, seed):
    """Lists that lie about everything are read, told or refused."""
    (commands.folder / "hostile.csv").write_bytes(hostile_list(60, seed))
    for words in (("lists", "inspect"), ("verify",)):
        assert commands.run(*words, "hostile.csv").status in (0, 1, 2, 3)


def test_the_totals_stay_the_same_bytes(cluster, tmp_path):
    seed = random.randrange(2**32)
    sys.stderr.write(f"seed {seed}\n")
    commands, nodes = Commands(tmp_path, random.Random(seed)), faulty_nodes()
    try:
        write_list(tmp_path / "list.csv")
        write_endpoints(tmp_path / "endpoints.toml", nodes)
        soak(cluster, commands, seed)
    finally:
        commands.end()
        for node in nodes:
            node.close()


def soak(cluster, commands, seed):
    """Round after round, then a look at everything."""
    database, file = cluster.create_database(), f"sqlite:///{commands.folder / 'soak.db'}"
    for url in (database, file):
        assert commands.run("db", "upgrade", "--database", url).status == 0
        assert snapshot_on(commands, url, kill_it=False) == 1
    first = results(commands, file, 1)
    added = ("schedule", "add", "soak", "--list", "list.csv", "--cron", "0 6 1 1 *")
    assert commands.run(*added, "--database", database).status == 0
    web = commands.serve("serve", "--port", "0", "--workers", "1", "--database", database)
    visitors = Visitors(web.url(), seed)
    visitors.start()
    workers = [a_worker(commands, database) for _ in range(2)]
    taken, rounds, end = [(file, 1), (database, 1)], 0, time.monotonic() + SECONDS
    opened = files_open(web.process.pid)
    while time.monotonic() < end or not rounds:
        rounds += 1
        hostile(commands, seed + rounds)
        taken.append((database, restart(cluster, commands, database, visitors)))
        taken.append((database, snapshot_on(commands, database)))
        taken.append((file, on_a_full_disk(commands, file)))
        taken.append((database, by_workers(commands, database, workers)))
    for where, number in taken:
        assert differing(results(commands, where, number), first) == (), (number, taken)
    for where in (database, file):
        checked = commands.run("db", "check", "--database", where)
        assert checked.status == 0, checked
    visitors.done.set()
    visitors.join(60)
    told = f"{rounds} rounds, {len(taken)} snapshots, pages: {dict(visitors.seen)}"
    sys.stderr.write(told + "\n")
    assert not visitors.bad, visitors.bad[:20]
    assert sum(visitors.seen.values()) > 20
    assert files_open(web.process.pid) < opened + 20
    nothing_is_left(cluster, commands, database, [*workers, web])


def nothing_is_left(cluster, commands, database, servers):
    """Servers end when told; no process, no connection, no trace of an error in what they said."""
    for served in servers:
        served.process.send_signal(signal.SIGTERM)
    ended = {s.process.wait(60) for s in servers}
    assert ended <= {0, -signal.SIGTERM}  # the web server says what ended it
    for line in (line for log in commands.logs for line in log.read_text().splitlines()):
        # The queue's library tells a lost database with one; the worker goes on by itself.
        assert "Traceback" not in line or " procrastinate." in line, line
    assert commands.left() == []
    assert _connections(cluster, database) == 0


def differing(found, first):
    """Nothing if two results are the same bytes, else what stands where they begin to differ."""
    if found == first:
        return ()
    at = next((n for n, (a, b) in enumerate(zip(found, first, strict=False)) if a != b), 0)
    return found[max(0, at - 60) : at + 60], first[max(0, at - 60) : at + 60]


def _connections(cluster, database):
    import psycopg

    name = database.rpartition("/")[2]
    for _ in range(50):
        with psycopg.connect(cluster._dsn("postgres"), autocommit=True) as connection:
            query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s"
            (left,) = connection.execute(query, (name,)).fetchone()
        if not left:
            return 0
        time.sleep(0.2)
    return left
