"""What the schemes really do: for each scheme, address format and network a row that controls."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control
from scanner.model.network import Network
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry
from support.bitcoin_signing import Key, Spend, address_of, full, keys, multisig, simple, to_sign
from support.signed_rows import MESSAGE, claim, signed_rows

REGISTRY = load_registry()
VECTORS = Path(__file__).resolve().parents[1] / "vectors"

Cell = tuple[str, str, str]
"""Scheme, address format, network."""


def cells() -> dict[Cell, Binding]:
    """Every cell of the matrix that some row fills, and how far the address is bound there."""
    found: dict[Cell, Binding] = {}
    for row in _rows():
        result = judge(row, REGISTRY)
        if result.control is not Control.CONTROLS:
            continue
        form = decode_address(REGISTRY.networks[row.network], row.address).format
        cell = (result.scheme, form, row.network)
        if found.get(cell) is not Binding.DERIVED:
            found[cell] = result.binding
    return found


def cells_of_vectors() -> set[tuple[str, str]]:
    """Scheme and format of every published or derived OKX row that controls."""
    data = json.loads((VECTORS / "okx_signatures" / "signature_vectors.json").read_text())
    found = set()
    for vector in data["vectors"]:
        for network in REGISTRY.networks.values():
            row = _vector_row(vector, network.name)
            result = judge(row, REGISTRY)
            if result.control is Control.CONTROLS:
                form = decode_address(network, row.address).format
                found.add((result.scheme, form))
    return found


def _vector_row(vector: dict[str, str], network: str) -> Claim:
    def present(*names: str) -> tuple[str, ...]:
        return tuple(vector[n] for n in names if vector[n] not in ("", "null"))

    return claim(
        network,
        vector["address"],
        *present("signature1", "signature2"),
        message=vector["message"],
        script="".join(present("script_or_pubkey")),
        owners=present("owner1", "owner2"),
    )


def _rows() -> Iterator[Claim]:
    """Good rows, on every network they could be good on."""
    for row in signed_rows():
        for network in REGISTRY.networks:
            yield row.claim._replace(network=network)
    for network in REGISTRY.networks.values():
        if network.kind == "utxo":
            yield from utxo_rows(network)


def utxo_rows(network: Network) -> Iterator[Claim]:
    """Rows of every address format and scheme that a UTXO network has."""
    key, members = Key("owner"), keys(3, "member")
    script = multisig(2, [k.public for k in members])
    two = tuple(k.message(network, MESSAGE, 31) for k in members[:2])
    for kind, data, header in (
        ("p2pkh", key.public, 31),
        ("p2wpkh", key.public, 39),
        ("p2sh_p2wpkh", key.public, 35),
    ):
        if kind == "p2pkh" or "segwit:" in network.address_codec:
            signature = key.message(network, MESSAGE, header)
            yield claim(network.name, address_of(network, kind, data), signature)
    for kind in ("p2sh", "p2wsh"):
        if kind == "p2sh" or "segwit:" in network.address_codec:
            address = address_of(network, kind, script)
            yield claim(network.name, address, *two, script=script.hex())
    if "bip322" in network.schemes:
        for kind in ("p2pkh", "p2sh", "p2wpkh", "p2wsh", "p2tr"):
            yield _bip322(network, kind)


def _bip322(network: Network, kind: str) -> Claim:
    key, members = Key("owner"), keys(3, "member")
    script = multisig(2, [k.public for k in members]) if kind in ("p2sh", "p2wsh") else b""
    data = script or (key.tweaked(b"").x_only if kind == "p2tr" else key.public)
    address = address_of(network, kind, data)
    output = script_pubkey(decode_address(network, address))
    spend = Spend(
        kind,
        output,
        tuple(members[:2]) if script else (key,),
        script,
        before=(b"",) if script else (),
        hash_type=0 if kind == "p2tr" else 1,
    )
    transaction = to_sign(MESSAGE, [spend])
    signature = full(transaction) if kind in ("p2pkh", "p2sh") else simple(transaction)
    return claim(network.name, address, signature)
