"""The alert file: what it may say, and that no message repeats a secret."""

from decimal import Decimal

import pytest

from scanner.alerts.config import RULE_KINDS, Email, Webhook, load_alerts
from scanner.alerts.rules import KINDS
from scanner.cli.operations.alerts import load_or_fail
from scanner.errors import ConfigError

HOOK = '[[channel]]\nname = "ops"\nkind = "webhook"\nurl_env = "HOOK"\n'
MAIL = (
    '[[channel]]\nname = "mail"\nkind = "email"\nhost = "mail.example"\nfrom = "a@example.com"\n'
    'to = ["b@example.com"]\n'
)
SECRET = "https://hooks.example/CANARY0123456789"
ENVIRONMENT = {"HOOK": SECRET, "KEY": "CANARYkey", "PASSWORD": "CANARYpassword"}


def read(tmp_path, text, environment=ENVIRONMENT):
    file = tmp_path / "alerts.toml"
    file.write_text(text, "utf-8")
    return load_alerts(file, environment)


def test_no_file_is_no_alerts_and_the_environment_names_one(tmp_path):
    assert load_alerts(None, {}) is None
    assert read(tmp_path, "") is None
    (tmp_path / "x.toml").write_text(HOOK)
    named = load_alerts(None, {**ENVIRONMENT, "SCANNER_ALERTS": str(tmp_path / "x.toml")})
    assert named is not None
    assert list(named.channels) == ["ops"]


def test_everything_that_can_be_said(tmp_path):
    (tmp_path / "secret").write_text("CANARYfile\n")
    (tmp_path / "ca.pem").write_text("-")
    config = read(
        tmp_path,
        HOOK + 'key_file = "secret"\ntimeout = 2.5\n' + MAIL
        + 'port = 25\nsecurity = "starttls"\nca_file = "ca.pem"\nuser = "u"\n'
        'password_env = "PASSWORD"\n'
        '[[rule]]\nname = "r"\nkind = "reserve_ratio"\nunder = 1.000000000000000000000000000001\n'
        'assets = ["BTC"]\npublishers = ["okx"]\nchannels = ["mail"]\n'
        '[[rule]]\nname = "i"\nkind = "incomplete"\n',
    )  # fmt: skip
    assert config.channels["ops"] == Webhook("ops", SECRET, "CANARYfile", 2.5)
    assert config.channels["mail"] == Email(
        "mail", "mail.example", 25, "starttls", "a@example.com", ("b@example.com",), "u",
        "CANARYpassword", str(tmp_path / "ca.pem"), 10.0,
    )  # fmt: skip
    ratio, incomplete = config.rules
    assert ratio.threshold == Decimal("1.000000000000000000000000000001")
    assert ratio.channels == ("mail",)
    assert incomplete.channels == ("ops", "mail")
    assert "CANARY" not in repr(config)
    assert sorted(config.secrets()) == sorted([SECRET, "CANARYfile", "CANARYpassword"])


def test_every_kind_of_rule_is_looked_for():
    assert set(KINDS) == set(RULE_KINDS)


RULE = '[[rule]]\nname = "r"\n'


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[[rule]]\nname = "r"\nkind = "incomplete"\n', "alerts would go nowhere"),
        ("x", "not valid TOML"),
        (HOOK + "[else]\n", "unknown key 'else'"),
        ("channel = 1\n", "[[channel]]"),
        (HOOK + HOOK, "given twice"),
        (HOOK + RULE + 'kind = "incomplete"\n' + RULE + 'kind = "incomplete"\n', "given twice"),
        (HOOK + "colour = 1\n", "channel 1 (ops): unknown key 'colour'"),
        (HOOK + 'url = "https://x/CANARY"\n', "give only one of url, url_env"),
        (HOOK.replace("HOOK", "MISSING"), "'MISSING' is not set"),
        (HOOK.replace('url_env = "HOOK"', 'url_file = "CANARY"'), "cannot be read"),
        (HOOK.replace('url_env = "HOOK"', 'url = "ftp://x/CANARY"'), "https://"),
        (HOOK.replace('url_env = "HOOK"\n', ""), "https://"),
        (HOOK + "timeout = 0\n", "timeout"),
        (HOOK + "timeout = true\n", "timeout"),
        (HOOK.replace('name = "ops"', 'name = ""'), "name must be"),
        (HOOK.replace("webhook", "pigeon"), "kind must be one of"),
        (MAIL.replace('host = "mail.example"\n', ""), "host must be given"),
        (MAIL.replace("b@example.com", "b@example.com\\nBcc: x@y"), "plain addresses"),
        (MAIL + 'security = "some"\n', "security"),
        (MAIL + 'ca_file = "none.pem"\n', "does not exist"),
        (MAIL + "port = 70000\n", "port"),
        (MAIL + 'user = "u"\n', "must both be given"),
        (MAIL + 'security = "none"\nuser = "u"\npassword_env = "PASSWORD"\n', "unencrypted"),
        (MAIL + 'password = "CANARY"\n', "unknown key 'password'"),
        (HOOK + RULE + 'kind = "nosuch"\n', "kind must be one of"),
        (HOOK + RULE + 'kind = "reserve_ratio"\n', "under must be given"),
        (HOOK + RULE + 'kind = "reserve_ratio"\nunder = "1"\n', "under must be given"),
        (HOOK + RULE + 'kind = "reserve_ratio"\nunder = nan\n', "under must be above 0"),
        (HOOK + RULE + 'kind = "reserve_ratio"\npercent = 1\n', "unknown key 'percent'"),
        (HOOK + RULE + 'kind = "verified_fell"\npercent = 0\n', "above 0"),
        (HOOK + RULE + 'kind = "verified_fell"\npercent = 101\n', "at most 100"),
        (HOOK + RULE + 'kind = "incomplete"\nasset = ["BTC"]\n', "did you mean 'assets'?"),
        ("[[channels]]\n", "unknown key 'channels'; did you mean 'channel'?"),
        (HOOK + RULE + 'kind = "incomplete"\nchannels = ["x"]\n', "no channel is named 'x'"),
        (HOOK + RULE + 'kind = "incomplete"\nassets = "BTC"\n', "list of texts"),
    ],
)
def test_what_is_wrong_is_said_with_its_place_and_without_secrets(tmp_path, text, said):
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, text)
    assert said in str(caught.value)
    assert "alerts.toml" in str(caught.value)
    assert "CANARY" not in str(caught.value)


def test_a_file_that_is_missing_too_large_or_no_text(tmp_path):
    with pytest.raises(ConfigError, match="cannot read"):
        load_alerts(tmp_path / "none.toml", {})
    (tmp_path / "x").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="UTF-8"):
        load_alerts(tmp_path / "x", {})
    (tmp_path / "x").write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="larger"):
        load_alerts(tmp_path / "x", {})


@pytest.mark.parametrize("how", ["option", "environment"])
def test_a_file_of_comments_is_named_where_a_channel_is_needed(tmp_path, monkeypatch, how):
    """'scanner init' writes one: "no alert file" sent its reader to look for another mistake."""
    file = tmp_path / "alerts.toml"
    file.write_text("# [[channel]]\n", "utf-8")
    monkeypatch.setenv("SCANNER_ALERTS", str(file) if how == "environment" else "")
    with pytest.raises(ConfigError, match=r"alerts\.toml: no \[\[channel\]\] in it"):
        load_or_fail(file if how == "option" else None)


def test_no_file_at_all_says_how_to_name_one(monkeypatch):
    monkeypatch.delenv("SCANNER_ALERTS", raising=False)
    with pytest.raises(ConfigError, match="name one with --alerts"):
        load_or_fail(None)
