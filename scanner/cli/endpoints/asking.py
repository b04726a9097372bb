"""Asks one endpoint what it can answer, for `endpoints check`."""

from __future__ import annotations

import time

from scanner.chains.interface import BalanceSource, Prober, Reach
from scanner.chains.table import make_source
from scanner.errors import HeightPrunedError, ScannerError
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.model.registry import Registry
from scanner.reports.commands.providers import Answer


def ask(endpoint: Endpoint, registry: Registry) -> Answer:
    """Ask for the newest block and what else it can do. Never raises ScannerError."""
    network = registry.network(endpoint.network)
    try:
        source = make_source(endpoint.protocol, network, [endpoint], registry)
    except ScannerError as e:
        return Answer(endpoint, problem=str(e))
    try:
        started = time.monotonic()
        tip = source.pin(None)
        milliseconds = round((time.monotonic() - started) * 1000)
        if isinstance(source, Prober):
            features = source.probe()
            return Answer(endpoint, tip, milliseconds, features.get("history", ""), features)
        return Answer(endpoint, tip, milliseconds, _history(source, tip))
    except ScannerError as e:
        return Answer(endpoint, problem=str(e))
    finally:
        source.close()


def _history(source: BalanceSource, tip: BlockRef) -> str:
    """How far back it answers: "any height", "recent only", "tip only", or "unknown"."""
    if source.ability.reach is Reach.TIP:
        return "tip only"
    try:
        source.pin(tip.height // 2)
    except HeightPrunedError:
        return "recent only"
    except ScannerError:
        return "unknown"
    return "any height" if source.ability.reach is Reach.ANY else "recent only"
