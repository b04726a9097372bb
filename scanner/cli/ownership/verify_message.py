"""`scanner verify-message ADDRESS MESSAGE SIGNATURE`: one signed message, checked."""

from __future__ import annotations

import sys
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from scanner.chains import interface as chains
from scanner.chains import table as chain_table
from scanner.cli.common.console import emit, finish
from scanner.cli.common.options import AsJson, Endpoints
from scanner.errors import ConfigError, clip
from scanner.model.endpoint import Endpoint
from scanner.model.finding import WEIGHTS, FindingKind
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.ownership import one_message
from scanner.reports.commands import one_message as shown
from scanner.reports.commands import ownership
from scanner.reports.tables import jsontext
from scanner.reports.tables.text import printable
from scanner.settings import endpoints as endpoint_table
from scanner.settings import tables
from scanner.snapshots import view

_MOST = 2_000_000
"""Bytes of a file or of stdin that are read."""

Address = Annotated[
    str,
    typer.Argument(
        metavar="ADDRESS",
        help="The address. Or, as the only argument, a JSON file or '-' for JSON on stdin.",
    ),
]
Message = Annotated[str, typer.Argument(metavar="MESSAGE", help="The exact text that was signed.")]
Signatures = Annotated[
    list[str] | None,
    typer.Argument(metavar="SIGNATURE", help="The signature, or one signature per key."),
]
OnNetwork = Annotated[
    str,
    typer.Option(
        "--network", metavar="NAME", help="The network; default: detected from the address."
    ),
]
Key = Annotated[
    str,
    typer.Option("--key", metavar="KEY", help="Public key or script, if the signature needs one."),
]
At = Annotated[
    str,
    typer.Option(
        "--at",
        metavar="ENDPOINT",
        help="Endpoint (name or URL) to ask at the chain's newest block.",
    ),
]


def verify_message(
    address: Address,
    message: Message = "",
    signatures: Signatures = None,
    network: OnNetwork = "",
    key: Key = "",
    at: At = "",
    endpoints: Endpoints = None,
    as_json: AsJson = False,
) -> None:
    r"""Check one signed message, by the rules that rows of lists are checked by.

    A JSON file (or stdin) has address, message, signature or signatures, and optionally
    network, key and owners; a signature may be the object that a wallet gives. Arguments that
    begin with '-' stand behind '--'. Without --at nothing is asked. Exit status 0: the
    signature is good and the address is bound to it; 1: false; 3: not verified, or the text is
    a log-in or a vote.
    """
    registry = tables.load_registry()
    given = _given(address, message, tuple(signatures or ()))
    given = one_message.SignedMessage(
        given.address,
        given.message,
        given.signatures,
        network or given.network,
        key or given.key,
        given.owners,
    )
    checked, chain = _checked(given, registry, at, endpoints)
    if as_json:
        emit(jsontext.pretty(shown.checked_object(given, checked, chain)))
    else:
        lines = shown.checked_lines(checked, chain)
        emit("".join(f"{printable(line)}\n" for line in lines).encode())
    kind = ownership.control_kind(checked.result)
    if kind is None and checked.purpose:
        kind = FindingKind.NOT_STATED
    finish(() if kind is None else (WEIGHTS[kind],))


def _given(address: str, message: str, signatures: tuple[str, ...]) -> one_message.SignedMessage:
    if signatures:
        return one_message.SignedMessage(address, message, signatures)
    if message:
        raise ConfigError("give address, message and signature, or one JSON file")
    try:
        text = _text(address)
        return one_message.read_message(text)
    except ValueError as e:
        raise ConfigError(f"{clip(address, 60)} is not a signed message: {e}") from None


def _text(place: str) -> str:
    """The JSON of a file or of stdin. Raises ValueError, ConfigError."""
    if place == "-":
        data = sys.stdin.buffer.read(_MOST + 1)
    else:
        try:
            with Path(place).open("rb") as file:
                data = file.read(_MOST + 1)
        except OSError:
            raise ConfigError(
                "give address, message and signature, or one JSON file that can be read"
            ) from None
    if len(data) > _MOST:
        raise ValueError("it is too long")
    try:
        # Notepad and PowerShell put a mark before the text, or write it in two bytes a letter.
        return data.decode("utf-16" if data[:2] in (BOM_UTF16_LE, BOM_UTF16_BE) else "utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None


def _checked(
    given: one_message.SignedMessage, registry: Registry, at: str, file: Path | None
) -> tuple[one_message.Checked, str]:
    """What was found, and the chain that was asked; "" for none."""
    if not at:
        return one_message.check_message(given, registry, respell=_usual_address), ""
    if not given.network:
        raise ConfigError("--at needs --network: the address may belong to several networks")
    network = registry.network(given.network)
    with _source(network, registry, at, file) as source:
        block = source.pin(None)
        asks = view.chain_view(source, block), view.key_question(source, block)
        return one_message.check_message(given, registry, *asks, _usual_address), block.chain


def _usual_address(network: Network, text: str, registry: Registry) -> str | None:
    """As lists are read."""
    from scanner.lists.spelling import usual_address  # noqa: PLC0415 - not for a look at the help

    return usual_address(network, text, registry)


@contextmanager
def _source(
    network: Network, registry: Registry, at: str, file: Path | None
) -> Iterator[chains.BalanceSource]:
    endpoint = _endpoint(network, registry, at, file)
    source = chain_table.make_source(endpoint.protocol, network, [endpoint], registry)
    try:
        yield source
    finally:
        source.close()


def _endpoint(network: Network, registry: Registry, at: str, file: Path | None) -> Endpoint:
    """The endpoint of that name, or one made for a URL. Raises ConfigError."""
    if at.startswith(("http://", "https://")):
        if not network.sources:
            raise ConfigError(f"{network.name} needs no endpoint for this: leave --at out")
        return Endpoint("endpoint", network.name, network.sources[0], at)
    for endpoint in endpoint_table.load_endpoints(file, registry).get(network.name, ()):
        if endpoint.name == at:
            return endpoint
    raise ConfigError(
        f"no endpoint of {network.name} is named {clip(at, 60)!r}, and it is not a URL"
    )
