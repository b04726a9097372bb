"""A row before its signature is judged: its network's rules, its address, a key for rows alike.

Rows with equal keys get one verdict, which is remembered; some rows have theirs here already.
"""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.ownership import verdicts
from scanner.ownership.interface import BulkVerifier, Proof, Verifier
from scanner.ownership.memory import digest, memory_key
from scanner.ownership.near_misses import of_test_network
from scanner.ownership.table import verifiers_of

_new = tuple.__new__
_UNSIGNED = ControlResult(Control.UNSIGNED, reason="no signature is published for this address")


class Rules(NamedTuple):
    """What a network's rows are judged by.

    family: a short name for networks that are the same in everything a verdict can depend on.
    typed: the same for rows whose message may be typed data, which names a chain. bulk: the scheme
    that is tried first, if it is one that judges many rows together.
    """

    network: Network
    verifiers: tuple[Verifier, ...]
    family: bytes
    typed: bytes
    bulk: BulkVerifier | None


_rules: dict[str, Rules] = {}


def _made_rules(network: Network) -> Rules:
    """The rules of a network, made when its first row comes."""
    alike = network.kind, network.schemes, network.address_codec, network.message_header
    typed = digest((*alike, network.chain_id))
    family = digest((*alike, "")) if network.kind == "evm" else typed
    verifiers = verifiers_of(network)
    first = verifiers[0] if verifiers else None
    bulk = first if isinstance(first, BulkVerifier) else None
    made = _rules[network.name] = Rules(network, verifiers, family, typed, bulk)
    return made


Begun = tuple[Rules, Proof, Hashable]
"""A claim of an address that is one, with a signature: its rules, the proof, its key of the memory.

A plain tuple, for there are hundreds of thousands of them.
"""


def begin(claim: Claim, registry: Registry) -> Begun | ControlResult:
    """The steps before any signature is looked at; the verdict where there is one by then."""
    _, _, _, place, text, _, _, _, _, message, signatures, script, owners, row_type = claim[:]
    network = registry.networks.get(place)
    if network is None:
        return verdicts.unsupported("", "the network is in no table (config/networks.csv)")
    try:
        address = decode_address(network, text)
    except AddressFormatError as e:
        hint = of_test_network(network, text)
        return verdicts.malformed("", f"address: {e.reason}{hint}")
    if not any(signatures):
        return _UNSIGNED
    rules = _rules.get(place)
    if rules is None or rules.network is not network:
        rules = _made_rules(network)
    # As `Proof(..)` does, but quicker: lists have hundreds of thousands of rows.
    proof = _new(Proof, (network, address, message, signatures, script, owners, row_type))
    # Everything an offline verdict depends on. Networks that verify alike share verdicts (one EVM
    # account over ten networks), so reasons never name the network.
    family = rules.typed if message[:1] == "{" else rules.family
    form, payload = address.format, address.payload
    data = family, form, payload, message, signatures, script, owners, row_type
    return rules, proof, memory_key(data)
