"""A regtest litecoind: Core's dialect as an older relative of it speaks it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

from scanner.demo.nodes import DEVNET, Bitcoind
from scanner.errors import NodeMissingError
from support.bitcoin_chain import Chain
from support.missing import cannot


class Litecoind(Bitcoind):
    name = "litecoind"
    network = "litecoin"
    program_variable = "SCANNER_LITECOIND"
    program_places = (DEVNET / "litecoin" / "bin" / "litecoind", "litecoind")
    remedy = "run 'scripts/install-litecoind .devnet/litecoin' (Debian), or set SCANNER_LITECOIND"
    _FLAGS: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "regtest": ("-regtest", "-txindex=1", "-blockfilterindex=1", "-fallbackfee=0.001")
    }

    def _command(self) -> list[str]:
        return [part for part in super()._command() if part != "-fixedseeds=0"]  # newer than 0.21


@contextmanager
def litecoin_regtest(folder: Path) -> Iterator[Chain]:
    try:
        Litecoind.program()
    except NodeMissingError as e:
        cannot(str(e))
    with Litecoind(folder) as node:
        yield Chain(node)
