"""Chooses between the compiled engine (extra `fast`) and the pure Python one."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec

from scanner.chains.bitcoin.utxo_fast import FastEngine, FastSetHash
from scanner.chains.bitcoin.utxo_hash import PureSetHash, SetHash
from scanner.chains.bitcoin.utxo_match import PureEngine
from scanner.chains.bitcoin.utxo_scan import EngineFactory


@cache
def compiled_available() -> bool:
    """Whether numba is installed and can be loaded on this machine."""
    if find_spec("numba") is None:
        return False
    try:
        import numba  # noqa: F401, PLC0415 - an extra
    except ImportError:
        return False
    return True


def engine() -> EngineFactory:
    """The best engine there is."""
    if not compiled_available():
        return PureEngine

    return FastEngine


def set_hash() -> SetHash:
    """The best hash there is."""
    if not compiled_available():
        return PureSetHash()

    return FastSetHash()
