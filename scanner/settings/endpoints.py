"""Reads endpoints.toml: which nodes and providers each network is asked at.

    [[endpoint]]
    name = "my-node"             # what results and messages show
    network = "ethereum"         # a network of the tables
    protocol = "ethereum_rpc"    # one that the network lists as a source
    url = "https://host/${KEY}"  # ${NAME} is taken from the environment; or url_env = "NAME"
    operator = "me"              # endpoints of one operator are not independent of each other;
                                 # unsaid, that of its host; all others unsaid are one; one URL
                                 # has one
    chain = "1:dev"              # only of a test chain. Of EVM networks its id; and after a colon
                                 # a name of yours, where a network has that id
    own = true                   # the user's own node
    timeout = 30                 # seconds for one request
    rate = 5                     # requests a second at most; 0 = no limit

A user's file stands alone: nobody is asked whom it does not name. With `defaults = true` on top,
the shipped endpoints serve the networks that the file leaves out.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from scanner.errors import ConfigError, UnknownAssetError, clip, did_you_mean, unknown_key
from scanner.model.endpoint import Endpoint
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.settings.paths import shipped
from scanner.settings.texts import read_settings

ENVIRONMENT = "SCANNER_ENDPOINTS"
"""Environment variable naming the user's file."""

_TEXT = ("name", "network", "protocol", "url", "url_env", "operator", "chain")
_KEYS = {*_TEXT, "own", "timeout", "rate"}
_TOP = ("endpoint", "defaults")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
_VARIABLE = re.compile(r"\$\{([^{}]*)\}")
_HEADER = re.compile(r"\s*\[\[\s*endpoint\s*\]\]")
_SCHEMES = {"http", "https", "tcp", "ssl", "file"}
_PORTS = {"http": 80, "https": 443}
_MAX_TIMEOUT = 3600.0


def load_endpoints(
    path: Path | None, registry: Registry, environment: Mapping[str, str] | None = None
) -> dict[str, tuple[Endpoint, ...]]:
    """Read the endpoints, by network, in file order (the order in which they are tried).

    path: the user's file; None means the one named by SCANNER_ENDPOINTS, else the shipped one.
    environment: where ${NAME} and url_env look, by default the process's.
    Raises ConfigError naming file, line and endpoint, and never any part of a URL.
    """
    env = os.environ if environment is None else environment
    chosen = path or (Path(env[ENVIRONMENT]) if env.get(ENVIRONMENT) else None)
    default = shipped("config") / "endpoints.toml"
    if chosen is None:
        return _read(default, registry, env)[0]
    endpoints, with_defaults = _read(chosen, registry, env)
    if with_defaults:
        taken = {e.name for group in endpoints.values() for e in group}
        for network, group in _read(default, registry, env)[0].items():
            kept = tuple(e for e in group if e.name not in taken)
            if network not in endpoints and kept:
                endpoints[network] = kept
    return endpoints


def _read(
    path: Path, registry: Registry, env: Mapping[str, str]
) -> tuple[dict[str, tuple[Endpoint, ...]], bool]:
    text = read_settings(path, "the endpoints file")
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as e:
        # Its message gives line and column but may quote a key; values are never in it.
        raise ConfigError(f"{path.name}: not valid TOML: {clip(str(e))}") from None
    tables = document.pop("endpoint", [])
    with_defaults = document.pop("defaults", False)
    if not isinstance(with_defaults, bool):
        raise ConfigError(f"{path.name}: defaults must be true or false")
    if document:
        raise ConfigError(f"{path.name}: {unknown_key(next(iter(document)), _TOP)}")
    if not isinstance(tables, list) or not all(isinstance(t, dict) for t in tables):
        raise ConfigError(f"{path.name}: write each endpoint as an [[endpoint]] table")
    read: list[Endpoint] = []
    names: set[str] = set()
    for place, table in _places(path.name, text, tables):
        endpoint = _endpoint(place, table, registry, env)
        if endpoint.name.lower() in names:
            raise ConfigError(f"{place}: the name {endpoint.name!r} is given twice")
        names.add(endpoint.name.lower())
        _of_one_operator(place, endpoint, read)
        read.append(endpoint)
    found: dict[str, tuple[Endpoint, ...]] = {}
    for endpoint in _with_operators(read):
        found[endpoint.network] = (*found.get(endpoint.network, ()), endpoint)
    return found, with_defaults


def _of_one_operator(place: str, endpoint: Endpoint, others: list[Endpoint]) -> None:
    """Refuse a server that is named twice with two operators: a quorum would be its word alone."""
    for other in others:
        both = {" ".join(e.operator.split()).casefold() for e in (endpoint, other)} - {""}
        same = other.network == endpoint.network and _server(other.url) == _server(endpoint.url)
        if same and len(both) > 1:
            raise ConfigError(
                f"{place} ({endpoint.name}): has the URL of {other.name!r} and another operator: a "
                "server has one, and would agree with itself"
            )


def _server(url: str) -> tuple[object, ...]:
    """What two spellings of a URL have in common, whoever logs in."""
    parts = urlsplit(url)
    port = parts.port or _PORTS.get(parts.scheme)
    return parts.scheme, parts.hostname, port, parts.path.rstrip("/"), parts.query


def _with_operators(endpoints: list[Endpoint]) -> Iterator[Endpoint]:
    """Give those whose table names no operator that of another endpoint of their host, if any.

    Else one provider listed twice, by two keys or by mistake, would agree with itself. All that
    stay without an operator count as one wherever operators are counted: nobody knows better.
    """
    of_host: dict[str, str] = {}
    for endpoint in endpoints:
        host = urlsplit(endpoint.url).hostname
        if host and endpoint.operator:
            of_host.setdefault(host, endpoint.operator)
    for endpoint in endpoints:
        host = urlsplit(endpoint.url).hostname
        yield replace(endpoint, operator=endpoint.operator or of_host.get(host or "", ""))


def _places(
    file: str, text: str, tables: list[dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Say where each table stands; tomllib keeps no lines, so its header lines are counted."""
    lines = [n for n, line in enumerate(text.splitlines(), 1) if _HEADER.match(line)]
    for index, table in enumerate(tables):
        place = f"{file}:{lines[index]}" if len(lines) == len(tables) else file
        yield f"{place}: endpoint {index + 1}", table


def _endpoint(
    place: str, table: dict[str, Any], registry: Registry, env: Mapping[str, str]
) -> Endpoint:
    for key in table:
        if key not in _KEYS:
            raise ConfigError(f"{place}: {unknown_key(key, _KEYS)}")
    text = {key: _string(place, table, key) for key in _TEXT}
    if not _NAME.fullmatch(text["name"]):
        raise ConfigError(f"{place}: name must be 1 to 64 letters, digits, dots, dashes")
    place = f"{place} ({text['name']})"
    network = _network(place, text["network"], registry)
    if text["protocol"] not in network.sources:
        known = ", ".join(network.sources) or "none yet"
        raise ConfigError(
            f"{place}: {network.name} has no protocol {clip(text['protocol'])!r} (it has: {known})"
        )
    own = table.get("own", False)
    if not isinstance(own, bool):
        raise ConfigError(f"{place}: own must be true or false")
    return Endpoint(
        name=text["name"],
        network=network.name,
        protocol=text["protocol"],
        url=_url(place, text["url"], text["url_env"], env),
        operator=text["operator"],
        chain=text["chain"],
        own=own,
        timeout=_number(place, table, "timeout", 30.0, 0.1, _MAX_TIMEOUT),
        rate=_number(place, table, "rate", 0.0, 0.0, 1e6),
    )


def _string(place: str, table: dict[str, Any], key: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        raise ConfigError(f"{place}: {key} must be text in quotes")
    return value


def _number(
    place: str, table: dict[str, Any], key: str, default: float, low: float, high: float
) -> float:
    value = table.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise ConfigError(f"{place}: {key} must be a number from {low:g} to {high:g}")
    return float(value)


def _network(place: str, name: str, registry: Registry) -> Network:
    try:
        return registry.network(name)
    except UnknownAssetError:
        near = did_you_mean(name, registry.networks)
        raise ConfigError(f"{place}: unknown network {clip(name)!r}{near}") from None


def _url(place: str, written: str, variable: str, env: Mapping[str, str]) -> str:
    if bool(written) == bool(variable):
        raise ConfigError(f"{place}: give either url or url_env")
    if variable:
        written = "${" + variable + "}"

    def fill(match: re.Match[str]) -> str:
        value = env.get(match[1], "")
        if not value:
            raise ConfigError(f"{place}: environment variable {clip(match[1])!r} is not set")
        return value

    url = _VARIABLE.sub(fill, written).strip()
    try:
        parts = urlsplit(url)
        place_given = bool(parts.path if parts.scheme == "file" else parts.hostname)
        usable = parts.scheme in _SCHEMES and place_given and parts.port != 0
    except ValueError:
        usable = False
    if not usable or not url.isprintable() or " " in url:
        raise ConfigError(
            f"{place}: its URL must begin with http, https, tcp or ssl, then :// and a host; or "
            "with file:///, then a path"
        )
    return url
