"""Options that say where balances are read and when, and what their texts mean."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import typer

from scanner.cli.common import completion
from scanner.errors import ConfigError
from scanner.model.registry import Registry

_HASH = re.compile(r"(0x)?[0-9a-fA-F]{64}|[1-9A-HJ-NP-Za-km-z]{32,64}")
_SPREAD = re.compile(r"([0-9]{1,9})([smhd]?)", re.ASCII)

At = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NETWORK=HEIGHT[:HASH]",
        help="Read this network at this height, whatever the list states; 'latest' is the newest "
        "block, a time such as 2026-11-01T00:00:00Z the last block before it. With a block hash "
        "that you know from elsewhere, proofs under it count as 'proven'. May be repeated.",
    ),
]
Networks = Annotated[
    str,
    typer.Option(
        metavar="NAME[,NAME]",
        autocompletion=completion.networks,
        help="Read balances of these networks only; signatures are checked on all of them.",
    ),
]
_OPERATORS = "Number of independent operators that must"
Quorum = Annotated[int, typer.Option(min=1, max=16, help=f"{_OPERATORS} report the same balance.")]
PriceQuorum = Annotated[
    int, typer.Option("--quorum", min=1, max=16, help=f"{_OPERATORS} report the same price.")
]
TransactionQuorum = Annotated[
    int,
    typer.Option(
        "--quorum",
        min=1,
        max=16,
        help=f"{_OPERATORS} show the same transaction, or say that it is not there.",
    ),
]
Spread = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="How far apart in time the blocks of a snapshot may be: seconds, or 90m, 24h, 2d.",
    ),
]
Prove = Annotated[
    bool, typer.Option("--proof", help="Request state proofs where they exist, and check them.")
]
Budget = Annotated[
    str,
    typer.Option(
        metavar="TIME",
        help="Start no more work after this time (90s, 30m, 2h); slow networks read the largest "
        "claims first. 'scanner resume' continues.",
    ),
]
Coverage = Annotated[
    str,
    typer.Option(
        metavar="PERCENT",
        help="Stop reading a slow network once this share of the amount claimed there was read "
        "(99%); 'scanner resume' reads the rest.",
    ),
]


def parse_heights(texts: Sequence[str], registry: Registry) -> dict[str, int | None]:
    """Read `--at NETWORK=HEIGHT` options; `latest` in place of a height is the newest block.

    Raises ConfigError naming the option that is wrong.
    """
    heights: dict[str, int | None] = {}
    for text in texts:
        label, equals, height = text.partition("=")
        height, colon, block_hash = height.partition(":")
        if colon and (height == "latest" or not _HASH.fullmatch(block_hash)):
            raise ConfigError(f"--at wants NETWORK=HEIGHT:HASH with the block's hash, not {text!r}")
        if not equals or not (height == "latest" or (height.isascii() and height.isdigit())):
            forms = "NETWORK=HEIGHT, NETWORK=latest or NETWORK=TIME (2026-11-01T00:00Z)"
            raise ConfigError(f"--at wants {forms}, not {text!r}")
        name = registry.network(label).name
        if name in heights:
            raise ConfigError(f"--at names {name} twice")
        heights[name] = None if height == "latest" else _height(text, height)
    return heights


def parse_hashes(texts: Sequence[str], registry: Registry) -> dict[str, str]:
    """The hashes of `--at NETWORK=HEIGHT:HASH` options, in lower case, after `parse_heights`."""
    named = (text.partition("=") for text in texts)
    parts = ((label, block.partition(":")[2]) for label, _, block in named)
    return {registry.network(label).name: hash_.lower() for label, hash_ in parts if hash_}


def parse_spread(text: str) -> int:
    """Read `--spread`: seconds, or a number with m, h or d behind it. Raises ConfigError."""
    found = _SPREAD.fullmatch(text)
    if found is None:
        raise ConfigError(f"--spread wants seconds, or a number with m, h or d, not {text!r}")
    return int(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3_600, "d": 86_400}[found[2]]


def _height(option: str, text: str) -> int:
    if len(text) > 18:  # no chain is that long, and databases hold 64 bits
        raise ConfigError(f"--at {option!r}: the height has too many digits")
    return int(text)


def parse_networks(text: str, registry: Registry) -> frozenset[str] | None:
    """Read `--networks NAME[,NAME...]`; None means every network."""
    if not text:
        return None
    return frozenset(registry.network(name).name for name in text.split(","))
