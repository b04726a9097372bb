"""`scanner challenge FILE`: a fresh, block-stamped message for a publisher to sign."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from scanner.chains import interface as chains
from scanner.cli.common.console import emit, say
from scanner.cli.common.options import Endpoints, ListFile
from scanner.cli.common.places import Place, at_hand
from scanner.cli.common.sources import open_sources
from scanner.errors import ConfigError, InputError
from scanner.files import source
from scanner.model.block import BlockRef
from scanner.model.registry import Registry
from scanner.ownership import challenge as challenges
from scanner.reports.figures import other_chains as told
from scanner.settings import tables

Publisher = Annotated[
    str,
    typer.Option(metavar="NAME", help="Publisher to ask; default: the file's name."),
]
StampedBy = Annotated[
    str,
    typer.Option("--network", metavar="NAME", help="Network whose newest block the message names."),
]


def challenge(
    file: ListFile,
    publisher: Publisher = "",
    network: StampedBy = "bitcoin",
    endpoints: Endpoints = None,
) -> None:
    """Make a fresh message for a publisher to sign.

    The message names this list and a new block, so nobody can have signed it before.
    'scanner verify FILE --challenge TEXT' then accepts only that message. A block of a test chain
    shows no time, and the message says so.
    """
    with at_hand(file) as place:  # first, for it may not be there
        name, sha256 = publisher or place.stem, _sha256(place)
    block = _newest_block(network, endpoints, tables.load_registry())
    apart = told.apart([(block.network, block.chain)])
    made = challenges.make_challenge(name, sha256, block, other_chain=bool(apart))
    emit(made.text().encode("ascii") + b"\n")
    say(*told.chain_lines(apart))
    if apart:
        say(
            "its blocks can be made at any time, so this message does not show when it was signed: "
            "name an endpoint of the network itself with --endpoints"
        )


def _newest_block(name: str, endpoints: Path | None, registry: Registry) -> BlockRef:
    network = registry.network(name)
    with open_sources([network.name], endpoints, registry, chains.ReadPolicy()) as sources:
        if network.name not in sources:
            raise ConfigError(
                f"no endpoint of {network.name} is configured, so no block can be read: name one "
                "with --endpoints, or another network with --network"
            )
        return sources[network.name].pin(None)


def _sha256(place: Place) -> str:
    with source.split_place(place.path)[0].open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
        if stream.tell() == 0:
            raise InputError(f"{place.name}: the file is empty: name the published list")
        return digest
