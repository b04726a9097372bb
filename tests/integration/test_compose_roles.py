"""What docker-compose.yml does with its database, done by hand on a real PostgreSQL.

No container engine can be had here: the commands, the environment and the script that makes the roles
are the file's own; addresses, ports and folders are ours.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml
from support.command import Done, run_scanner
from support.missing import cannot
from support.postgres import Postgres, PostgresMissingError
from support.snapshot_stub import evm_address
from support.worker_command import start_worker, wait_for_snapshot

from scanner.demo.nodes import free_port

pytestmark = pytest.mark.node
ROOT = Path(__file__).parents[2]
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
LIST = f"network,asset,address,amount\nethereum,ETH,{evm_address(1)},1.5\n"


class Life:
    """A database as the file's `db` leaves it, and the commands of the other services."""

    def __init__(self, cluster: Postgres, folder: Path) -> None:
        self.folder, self._cluster = folder, cluster
        for name in ("db", "worker", "reader"):
            (folder / f"{name}_password").write_text(f'{name}\'s "pass" \\word\n')
        (folder / "db_password").write_text(cluster.password)
        (folder / "endpoints.toml").write_text(
            '[[endpoint]]\nname = "nowhere"\nnetwork = "bitcoin"\nprotocol = "bitcoin_core"\n'
            'url = "http://127.0.0.1:9"\n'
        )

    def environment(self, service: str) -> dict[str, str]:
        given = SERVICES[service]["environment"]
        values = {
            "SCANNER_DATABASE": given["SCANNER_DATABASE"].replace(
                "@db/", f"@127.0.0.1:{self._cluster.port}/"
            ),
            "SCANNER_DATABASE_PASSWORD_FILE": str(
                self.folder / Path(given["SCANNER_DATABASE_PASSWORD_FILE"]).name
            ),
        }
        return {**os.environ, "SCANNER_DATA": str(self.folder / "data"), **values}

    def run(self, service: str, *command: str) -> Done:
        """Run the command of a service, or another one in its place."""
        words = command or SERVICES[service]["command"]
        return run_scanner(words, folder=self.folder, env=self.environment(service))

    def command(self, *words: str) -> Done:
        """A command of the pages' service, as the `scanner` fixture runs one."""
        return self.run("web", *map(str, words))

    def make_roles(self) -> None:
        """What the image does with a new database."""
        subprocess.run(
            [str(ROOT / "scripts/postgres-roles")],
            env={
                "PATH": f"{self._cluster.programs}:{os.environ['PATH']}",
                "PGHOST": "127.0.0.1", "PGPORT": str(self._cluster.port),
                "PGPASSWORD": self._cluster.password, "SECRETS": str(self.folder),
                "POSTGRES_USER": "scanner", "POSTGRES_DB": "scanner",
            },
            check=True, timeout=60,
        )  # fmt: skip


@pytest.fixture
def life(tmp_path):
    try:
        cluster = Postgres()
    except PostgresMissingError as e:
        cannot(str(e))
    with cluster:
        cluster.create_database("scanner")
        yield Life(cluster, tmp_path)


def test_a_life_of_the_database_in_the_roles_of_the_file(life):
    life.make_roles()
    for _ in range(2):  # again after every upgrade
        done = life.run("migrate")
        assert done.status == 0, done.err
        assert "scanner_worker may add results but not change them" in done.err
    (life.folder / "list.csv").write_text(LIST)
    planned = ("schedule", "add", "okx", "--list", "list.csv", "--cron", "0 6 * * *")
    assert life.run("web", *planned).status == 2, "pages only read"
    assert life.run("scanner", *planned).status == 0
    assert life.run("scanner", "schedule", "run-now", "okx").status == 0
    options = SERVICES["worker"]["command"][1:]
    port = str(free_port())
    worker = start_worker(
        life.folder, "", *(port if word == "8078" else word for word in options),
        environment=life.environment("worker"),
    )  # fmt: skip
    try:
        snapshot = wait_for_snapshot(life.command, ())
    finally:
        worker.terminate()
        _, said = worker.communicate(timeout=30)
    assert worker.returncode == 0, said
    assert life.run("web", "totals", str(snapshot)).status == 3
    assert life.run("web", "db", "check").status == 0
    refused = life.run("web", "schedule", "remove", "okx")
    assert (refused.status, "may not" in refused.err) == (2, True), refused.err
    assert life.run("scanner", "schedule", "remove", "okx").status == 0


def test_roles_that_are_missing_are_told(life):
    done = life.run("migrate")
    assert done.status == 2
    assert "scanner_worker" in done.err
    assert "Traceback" not in done.err
    assert life.run("migrate", "db", "check").status == 0, "the schema is there nevertheless"


def test_a_file_has_no_roles(life):
    at = ("--database", f"sqlite:///{life.folder}/scanner.db")
    done = life.run("scanner", "db", "upgrade", "--roles", "a", "b", *at)
    assert (done.status, "a SQLite file has no roles" in done.err) == (2, True)
