"""docker-compose.yml against the compose specification's own schema.

No container engine is needed: the schema ships with check-jsonschema.
"""

import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def check(path: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema"]
    return subprocess.run(
        [*command, "vendor.compose-spec", str(path)], capture_output=True, text=True
    )


def test_compose_file_follows_the_schema():
    result = check(ROOT / "docker-compose.yml")
    assert result.returncode == 0, result.stdout


def test_the_check_notices_a_misspelt_key(tmp_path):
    text = (ROOT / "docker-compose.yml").read_text().replace("depends_on:", "depend_on:")
    (tmp_path / "docker-compose.yml").write_text(text)
    assert check(tmp_path / "docker-compose.yml").returncode == 1


def test_no_password_is_written_in_the_file():
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    for name, service in services.items():
        for key, value in service.get("environment", {}).items():
            assert "PASSWORD" not in key or key.endswith("_FILE"), (name, key)
            assert "://scanner:" not in value, (name, key)


def services():
    return yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]


PASSWORDS = {"db_password", "worker_password", "reader_password"}
LASTING = ("db", "worker", "web")
OURS = ("migrate", "worker", "web", "scanner")


def test_everything_is_there_and_looked_after():
    every = services()
    assert {*LASTING, *OURS, "demo", "backup"} == set(every)
    for name in LASTING:
        assert every[name]["healthcheck"]["test"], name
        assert every[name]["restart"] == "unless-stopped", name
        assert "profiles" not in every[name]
    for name in ("worker", "web"):
        started = every[name]["depends_on"]["migrate"]["condition"]
        assert started == "service_completed_successfully"
    assert "container_name" not in every["worker"], "a name would keep it from being scaled"
    assert "ports" not in every["worker"]


def test_no_service_is_root_or_can_write_its_own_files():
    every = services()
    for name in {*LASTING, *OURS}:
        service = every[name]
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name
    assert every["db"]["user"] == "999:999"
    runtime = (ROOT / "Dockerfile").read_text().split(" AS runtime")[1].split("FROM ")[0]
    assert "useradd --create-home --uid 10001 scanner" in runtime
    assert "USER scanner" in runtime
    assert {every[name]["build"]["target"] for name in OURS} == {"runtime"}


def test_every_service_has_limits_and_its_logs_turn_over():
    for name, service in services().items():
        assert service["mem_limit"], name
        assert service["cpus"], name
        assert service["pids_limit"] <= 512, name
        assert service["logging"]["options"] == {"max-size": "10m", "max-file": "5"}, name
        for place in service.get("tmpfs", ()):
            assert "size=" in place, (name, place)
            assert "noexec" in place, (name, place)


def test_the_database_is_inside_and_only_what_asks_the_chains_goes_out():
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert document["networks"]["inside"] == {"internal": True}
    where = {name: service["networks"] for name, service in document["services"].items()}
    assert where["db"] == where["migrate"] == where["backup"] == ["inside"]
    assert "ports" not in document["services"]["db"]


def test_the_backup_is_a_dump_with_the_databases_own_program():
    backup = services()["backup"]
    assert backup["image"] == services()["db"]["image"]
    assert backup["secrets"] == ["db_password"]
    assert "pg_dump" in backup["command"][2]
    assert "$$(cat /run/secrets/db_password)" in backup["command"][2]


def test_every_volume_is_mounted_on_a_folder_of_who_writes_to_it():
    """A new volume takes the owner of the image's folder; where there is none it is root's.

    `backup` had its volume at /backups, which the image has not: user 999 could write no dump.
    """
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    runtime = (ROOT / "Dockerfile").read_text().split(" AS runtime")[1].split("FROM ")[0]
    assert "install -d -o scanner /data" in runtime
    owned = {"postgres": "/var/lib/postgresql/data", "ours": "/data"}
    seen = set()
    for name, service in document["services"].items():
        image = service.get("image", "ours").split(":")[0]
        for volume in service.get("volumes", ()):
            source, target = volume.split(":")[:2]
            if source in document["volumes"]:
                seen.add(source)
                assert target == owned[image], name
    assert seen == set(document["volumes"])
    place = re.search(r'--file "([^"]*)/scanner-', services()["backup"]["command"][2])[1]
    assert place == owned["postgres"]


def test_the_page_about_the_backup_says_how_to_try_one():
    text = (ROOT / "docker-compose.yml").read_text()
    page = re.search(r"Try what it wrote: (\S+\.md)", text)[1]
    assert "pg_restore" in (ROOT / page).read_text()


def test_secrets_come_as_files_and_pages_only_from_this_machine():
    document = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    assert set(document["secrets"]) == {*PASSWORDS, "endpoints", "alerts"}
    assert all(set(secret) == {"file"} for secret in document["secrets"].values())
    for name, service in document["services"].items():
        for value in service.get("environment", {}).values():
            if value.startswith("/run/secrets/"):
                assert value.rpartition("/")[2] in service["secrets"], name
        for port in service.get("ports", ()):
            assert port.startswith("127.0.0.1:"), name
    assert "endpoints" not in document["services"]["web"]["secrets"]


def test_only_the_migration_is_the_databases_owner():
    every = services()
    given = {name: set(every[name]["secrets"]) & PASSWORDS for name in OURS}
    worker, reader = {"worker_password"}, {"reader_password"}
    assert given == {"migrate": {"db_password"}, "worker": worker, "scanner": worker, "web": reader}
    for name in OURS:
        environment = every[name]["environment"]
        (role,) = given[name]
        assert environment["SCANNER_DATABASE_PASSWORD_FILE"] == f"/run/secrets/{role}"
        user = "scanner" if role == "db_password" else f"scanner_{role.split('_')[0]}"
        assert environment["SCANNER_DATABASE"] == f"postgresql+psycopg://{user}@db/scanner"


def test_its_commands_exist_and_take_their_options():
    from typer.testing import CliRunner

    from scanner.cli.main import app

    for name, service in services().items():
        commands = [service["command"]] if name in OURS and "command" in service else []
        test = service.get("healthcheck", {}).get("test", [])
        commands += [test[2:]] if test[1:2] == ["scanner"] else []
        for command in commands:
            words = [w for w in command if not w.startswith("-")]
            path = words[:2] if words[0] == "db" else words[:1]
            shown = CliRunner().invoke(app, [*path, "--help"], env={"COLUMNS": "200"})
            assert shown.exit_code == 0, command
            for flag in (w for w in command if w.startswith("--")):
                assert flag in shown.output, (name, flag)


def test_each_is_healthy_by_its_own_word():
    """A probe asks the process in its own container, at the port that its command opens."""
    every = services()
    assert "--health-port 8078" in " ".join(every["worker"]["command"])
    for name, port in (("worker", 8078), ("web", 8077)):
        words = every[name]["healthcheck"]["test"]
        assert words[:3] == ["CMD", "python", "-c"], name
        assert f"http://127.0.0.1:{port}/readyz" in words[3], name
        compile(words[3], name, "exec")


def test_the_grace_of_every_service_is_longer_than_what_it_takes_to_stop():
    from scanner.web.server import GRACE_SECONDS
    from scanner.worker.service import GRACE

    grace = {name: int(s["stop_grace_period"].rstrip("s")) for name, s in services().items()
             if "stop_grace_period" in s}  # fmt: skip
    assert grace["worker"] > GRACE
    assert grace["web"] > GRACE_SECONDS


def test_the_shipped_endpoints_and_no_alerts_are_what_the_defaults_mean():
    from scanner.alerts.config import load_alerts
    from scanner.settings.endpoints import load_endpoints
    from scanner.settings.tables import load_registry

    assert load_alerts(Path("/dev/null")) is None
    assert load_endpoints(ROOT / "config" / "endpoints.toml", load_registry())


def test_every_image_is_pinned_to_a_version():
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    assert ":latest" not in text
    for line in text.splitlines():
        if line.startswith("FROM "):
            assert line.split()[1].count(".") >= 2, line
