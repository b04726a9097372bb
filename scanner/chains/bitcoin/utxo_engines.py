"""Chooses between the compiled engine (extra `fast`) and the pure Python one."""

from __future__ import annotations

from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING

from scanner.chains.bitcoin.utxo_hash import PureSetHash, SetHash
from scanner.chains.bitcoin.utxo_match import PureEngine

if TYPE_CHECKING:
    from scanner.chains.bitcoin.utxo_scan import EngineFactory


@cache
def compiled_available() -> bool:
    """Whether numba is installed and can be loaded on this machine."""
    if find_spec("numba") is None:
        return False
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def engine() -> EngineFactory:
    """The best engine there is."""
    if not compiled_available():
        return PureEngine
    from scanner.chains.bitcoin.utxo_fast import FastEngine

    return FastEngine


def set_hash() -> SetHash:
    """The best hash there is."""
    if not compiled_available():
        return PureSetHash()
    from scanner.chains.bitcoin.utxo_fast import FastSetHash

    return FastSetHash()
