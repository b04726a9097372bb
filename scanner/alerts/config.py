"""Reads the alert file: which rules, and whom to tell.

    [[channel]]
    name = "ops"                      # what logs show
    kind = "webhook"
    url_env = "OPS_HOOK"              # or url_file = "/run/secrets/hook", or url = "https://..."
    key_env = "OPS_HOOK_KEY"          # optional: signs the body (HMAC-SHA256); or key_file
    timeout = 10                      # seconds
    format = "slack"                  # optional: {"text": ...}, as chat programs read it
    pages = "https://scanner.example" # optional: where the web pages are, for links

    [[channel]]
    name = "mail"
    kind = "email"
    host = "mail.example"
    port = 587
    security = "starttls"             # or "tls", or "none" (no password then)
    ca_file = "/etc/ssl/own-ca.pem"   # optional: who vouches for the server
    user = "scanner"
    password_env = "MAIL_PASSWORD"    # or password_file
    from = "scanner@example.com"
    to = ["ops@example.com"]

    [[rule]]
    name = "btc is covered"
    kind = "reserve_ratio"            # see `scanner.alerts.rules.KINDS`
    under = 1.02
    assets = ["BTC"]                  # optional
    publishers = ["okx"]              # optional
    channels = ["ops"]                # optional: all

Numbers are exact decimals. A relative file name is relative to this file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from scanner.errors import ConfigError, clip, unknown_key
from scanner.model.jsontext import exact_decimal
from scanner.settings.texts import read_settings

ENVIRONMENT = "SCANNER_ALERTS"
"""Environment variable naming the alert file."""

FORMATS = ("json", "slack")
"""How a webhook's body looks: our own object, or one with a `text` that chat programs show."""
SECURITY = ("starttls", "tls", "none")
LOOPBACK = ("localhost", "127.0.0.1", "::1")
THRESHOLDS = {
    "reserve_ratio": "under",
    "verified_fell": "percent",
    "list_unchanged": "days",
    "balances_older_than": "days",
}
"""Kinds of rules that need a number, and its key."""
ALL = 100
"""Percent of a total that there is to lose."""
RULE_KINDS = (
    *THRESHOLDS,
    "list_overdue",
    *("found_false", "reserves_below_liabilities", "result_changed"),
    *("unsigned_new", "addresses_gone", "claimed_twice", "sources_disagree", "incomplete"),
)

_ADDRESS = re.compile(r"[!-?A-~]+@[!-?A-~]+", re.ASCII)
_MAX_NAME = 64
_MAX_TIMEOUT = 120.0
_RULE_KEYS = {"name", "kind", "assets", "publishers", "channels", *THRESHOLDS.values()}
_CHANNEL_KEYS = {
    "webhook": {
        *("name", "kind", "timeout", "url", "url_env", "url_file", "key_env", "key_file"),
        *("format", "pages"),
    },
    "email": {
        *("name", "kind", "timeout", "host", "port", "security", "ca_file"),
        *("user", "password_env", "password_file", "from", "to"),
    },
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    threshold: of `reserve_ratio` the ratio, of `verified_fell` the percentage, of the rules about
    age the days.
    assets, publishers, channels: only these; all if empty.
    """

    name: str
    kind: str
    threshold: Decimal = Decimal(0)
    assets: tuple[str, ...] = ()
    publishers: tuple[str, ...] = ()
    channels: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Webhook:
    """A channel that is a URL. url, key: secrets, never shown. timeout: seconds.

    form: one of FORMATS. pages: where `scanner serve` is reached, for links; "" for no links.
    """

    name: str
    url: str = field(repr=False)
    key: str = field(default="", repr=False)
    timeout: float = 10.0
    form: str = "json"
    pages: str = ""


@dataclass(frozen=True, slots=True)
class Email:
    """A channel that is people with mail boxes. password: a secret, never shown."""

    name: str
    host: str
    port: int
    security: str
    sender: str
    to: tuple[str, ...]
    user: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""
    timeout: float = 20.0


Channel = Webhook | Email


@dataclass(frozen=True, slots=True)
class AlertConfig:
    """Rules and channels by name."""

    rules: tuple[Rule, ...]
    channels: Mapping[str, Channel]

    def secrets(self) -> list[str]:
        """What must never be shown, for a log's filter."""
        found: list[str] = []
        for channel in self.channels.values():
            if isinstance(channel, Webhook):
                found += [channel.url, channel.key]
            else:
                found.append(channel.password)
        return [secret for secret in found if secret]


def load_alerts(
    path: Path | None, environment: Mapping[str, str] | None = None
) -> AlertConfig | None:
    """Read the alert file, None if there is none or it is empty.

    path: None means the file that SCANNER_ALERTS names. environment: by default the process's.
    Raises ConfigError naming the file and the table, and never a secret.
    """
    env = os.environ if environment is None else environment
    named = path or (Path(env[ENVIRONMENT]) if env.get(ENVIRONMENT) else None)
    return None if named is None else _Reader(named, env).read()


class _Reader:
    def __init__(self, path: Path, env: Mapping[str, str]) -> None:
        self._path, self._env = path, env

    def read(self) -> AlertConfig | None:
        try:
            document = tomllib.loads(
                read_settings(self._path, "the alert file"), parse_float=exact_decimal
            )
        except ValueError as e:
            raise self._wrong("", f"not valid TOML: {clip(str(e))}") from None
        if not document:
            return None
        tables = {name: document.pop(name, []) for name in ("channel", "rule")}
        if document:
            raise self._wrong("", unknown_key(next(iter(document)), ("channel", "rule")))
        channels: dict[str, Channel] = {}
        for place, table in self._places("channel", tables["channel"]):
            channel = self._channel(place, table)
            if channel.name in channels:
                raise self._wrong(place, f"the name {channel.name!r} is given twice")
            channels[channel.name] = channel
        rules: dict[str, Rule] = {}
        for place, table in self._places("rule", tables["rule"]):
            rule = self._rule(place, table, channels)
            if rule.name in rules:
                raise self._wrong(place, f"the name {rule.name!r} is given twice")
            rules[rule.name] = rule
        if not channels:
            raise self._wrong("", "no [[channel]]: alerts would go nowhere")
        return AlertConfig(tuple(rules.values()), channels)

    def _places(self, kind: str, tables: object) -> list[tuple[str, dict[str, Any]]]:
        if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
            raise self._wrong("", f"{kind}s are written as [[{kind}]] tables")
        return [(f"{kind} {n}", table) for n, table in enumerate(tables, 1)]

    def _channel(self, place: str, table: dict[str, Any]) -> Channel:
        name, kind = self._name(place, table), self._text(place, table, "kind")
        place = f"{place} ({name})"
        if kind not in _CHANNEL_KEYS:
            raise self._wrong(place, f"kind must be one of: {', '.join(_CHANNEL_KEYS)}")
        self._known(place, table, _CHANNEL_KEYS[kind])
        timeout = self._timeout(place, table)
        if kind == "webhook":
            url = self._secret(place, table, "url")
            if not url.lower().startswith(("https://", "http://")) or not url.isprintable():
                raise self._wrong(place, "its URL must be given, as https:// or http://")
            form, pages = self._text(place, table, "format") or "json", self._pages(place, table)
            if form not in FORMATS:
                raise self._wrong(place, f"format must be one of: {', '.join(FORMATS)}")
            return Webhook(name, url, self._secret(place, table, "key"), timeout, form, pages)
        return self._email(place, name, table, timeout)

    def _email(self, place: str, name: str, table: dict[str, Any], timeout: float) -> Email:
        host, sender = (self._text(place, table, key) for key in ("host", "from"))
        security = self._text(place, table, "security") or "starttls"
        to = self._texts(place, table, "to")
        for key, value in (("host", host), ("from", sender), ("to", to)):
            if not value:
                raise self._wrong(place, f"{key} must be given")
        if not all(_ADDRESS.fullmatch(address) for address in (sender, *to)):
            raise self._wrong(place, "from and to are plain addresses: name@host")
        if security not in SECURITY:
            raise self._wrong(place, f"security must be one of: {', '.join(SECURITY)}")
        port = table.get("port", 465 if security == "tls" else 587)
        if type(port) is not int or not 0 < port < 65536:
            raise self._wrong(place, "port must be a number from 1 to 65535")
        user, password = self._text(place, table, "user"), self._secret(place, table, "password")
        if password and security == "none" and host not in LOOPBACK:
            raise self._wrong(place, "a password is not sent unencrypted: set security")
        if bool(user) != bool(password):
            raise self._wrong(place, "user and password must both be given")
        ca_file = self._text(place, table, "ca_file")
        if ca_file:
            ca_file = str(self._path.parent / ca_file)
            if not Path(ca_file).is_file():
                raise self._wrong(place, f"the ca_file {clip(ca_file)!r} does not exist")
        return Email(name, host, port, security, sender, to, user, password, ca_file, timeout)

    def _rule(self, place: str, table: dict[str, Any], channels: Mapping[str, Channel]) -> Rule:
        name, kind = self._name(place, table), self._text(place, table, "kind")
        place = f"{place} ({name})"
        if kind not in RULE_KINDS:
            raise self._wrong(place, f"kind must be one of: {', '.join(RULE_KINDS)}")
        number = THRESHOLDS.get(kind)
        wanted = _RULE_KEYS - set(THRESHOLDS.values()) | ({number} if number else set())
        self._known(place, table, wanted)
        told = self._texts(place, table, "channels")
        for channel in told:
            if channel not in channels:
                raise self._wrong(place, f"no channel is named {clip(channel)!r}")
        threshold = self._number(place, table, number) if number else Decimal(0)
        return Rule(
            name,
            kind,
            threshold,
            self._texts(place, table, "assets"),
            self._texts(place, table, "publishers"),
            told or tuple(channels),
        )

    def _number(self, place: str, table: dict[str, Any], key: str) -> Decimal:
        value = table.get(key)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(place, f"{key} must be given, as a number")
        number = Decimal(value)
        if not number.is_finite() or not 0 < number <= 1_000_000:
            raise self._wrong(place, f"{key} must be above 0")
        if key == "percent" and number > ALL:
            raise self._wrong(place, f"percent must be at most {ALL}: no total falls by more")
        return number

    def _timeout(self, place: str, table: dict[str, Any]) -> float:
        value = table.get("timeout", 10)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(place, "timeout must be a number of seconds")
        seconds = float(value)
        if not 0.1 <= seconds <= _MAX_TIMEOUT:
            raise self._wrong(place, f"timeout must be from 0.1 to {_MAX_TIMEOUT:g} seconds")
        return seconds

    def _pages(self, place: str, table: dict[str, Any]) -> str:
        url = self._text(place, table, "pages").rstrip("/")
        if url and (not url.lower().startswith(("https://", "http://")) or not url.isprintable()):
            raise self._wrong(
                place, "pages must be the address of the web pages, as https:// or http://"
            )
        return url

    def _known(self, place: str, table: dict[str, Any], keys: set[str]) -> None:
        for key in table:
            if key not in keys:
                raise self._wrong(place, unknown_key(key, keys))

    def _name(self, place: str, table: dict[str, Any]) -> str:
        name = self._text(place, table, "name")
        if not name or len(name) > _MAX_NAME or not name.isprintable() or not name.isascii():
            raise self._wrong(place, f"name must be 1 to {_MAX_NAME} printable ASCII characters")
        return name

    def _text(self, place: str, table: dict[str, Any], key: str) -> str:
        value = table.get(key, "")
        if not isinstance(value, str):
            raise self._wrong(place, f"{key} must be text in quotes")
        return value

    def _texts(self, place: str, table: dict[str, Any], key: str) -> tuple[str, ...]:
        value = table.get(key, [])
        if not isinstance(value, list) or not all(isinstance(v, str) and v for v in value):
            raise self._wrong(place, f"{key} must be a list of texts")
        return tuple(value)

    def _secret(self, place: str, table: dict[str, Any], key: str) -> str:
        """A value given as it is (a URL only), in the environment or in a file; "" for none."""
        ways = [k for k in (key, f"{key}_env", f"{key}_file") if k in table]
        if len(ways) > 1:
            raise self._wrong(place, f"give only one of {', '.join(ways)}")
        if not ways:
            return ""
        text = self._text(place, table, ways[0])
        if ways[0] == key:
            return text
        if ways[0].endswith("_env"):
            if not self._env.get(text):
                raise self._wrong(place, f"environment variable {clip(text)!r} is not set")
            return self._env[text].strip()
        try:
            value = (self._path.parent / text).read_text(encoding="utf-8").strip()
        except (OSError, ValueError):
            raise self._wrong(place, f"the file that {ways[0]} names cannot be read") from None
        if not value:
            raise self._wrong(place, f"the file that {ways[0]} names is empty")
        return value

    def _wrong(self, place: str, what: str) -> ConfigError:
        return ConfigError(
            f"{self._path.name}: {place}: {what}" if place else f"{self._path.name}: {what}"
        )
