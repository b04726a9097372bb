"""The alert file of the how-to is read as it stands, and every kind of rule is told there."""

import re
from pathlib import Path

from scanner.alerts.config import RULE_KINDS, load_alerts

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "alerts.md").read_text("utf-8")


def test_its_file_is_read_as_it_stands(tmp_path):
    (example,) = re.findall(r"```toml\n(.*?)```", PAGE, re.S)
    (tmp_path / "password").write_text("p")
    text = example.replace("/run/secrets/mail_password", "password")
    (tmp_path / "alerts.toml").write_text(text)
    environment = {"OPS_HOOK": "https://hooks.example/x", "OPS_HOOK_KEY": "k"}
    config = load_alerts(tmp_path / "alerts.toml", environment)
    assert config is not None
    assert set(config.channels) == {"ops", "mail"}
    assert {rule.kind for rule in config.rules} == {"reserve_ratio", "verified_fell", "incomplete"}


def test_every_kind_of_rule_has_its_line():
    assert re.findall(r"^\| `(\w+)` \|", PAGE, re.M) == list(RULE_KINDS)


def test_every_metric_of_the_monitoring_page_exists():
    from scanner.web import metrics
    from scanner.worker.watch import Watch

    page = (Path(__file__).parents[3] / "docs" / "how-to" / "monitoring.md").read_text("utf-8")
    named = re.findall(r"\| (`scanner_[^|]+) \|", page)
    names = {n for cell in named for n in re.findall(r"`(scanner_\w+)", cell)}
    source, own = Path(metrics.__file__).read_text("utf-8"), Watch().text()
    assert len(names) >= 10
    assert all(f'"{name}"' in source or f"# TYPE {name} " in own for name in names)
