"""docker-compose.yml against the compose specification's own schema.

No container engine is needed: the schema ships with check-jsonschema.
"""

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


def test_every_image_is_pinned_to_a_version():
    text = (ROOT / "docker-compose.yml").read_text() + (ROOT / "Dockerfile").read_text()
    assert ":latest" not in text
    for line in text.splitlines():
        if line.startswith("FROM "):
            assert line.split()[1].count(".") >= 2, line
