"""The steps of a verdict before any signature is looked at, and what rows alike are known by."""

from __future__ import annotations

from collections.abc import Hashable
from typing import NamedTuple

from scanner.errors import AddressFormatError
from scanner.model.addresses.interface import Address
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Control, ControlResult
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.ownership import verdicts
from scanner.ownership.interface import BulkVerifier, Verifier
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


def rules_of(network: Network) -> Rules:
    """The rules of a network, made when its first row comes."""
    known = _rules.get(network.name)
    if known is not None and known.network is network:
        return known
    alike = network.kind, network.schemes, network.address_codec, network.message_header
    typed = digest((*alike, network.chain_id))
    family = digest((*alike, "")) if network.kind == "evm" else typed
    verifiers = verifiers_of(network)
    first = verifiers[0] if verifiers else None
    bulk = first if isinstance(first, BulkVerifier) else None
    made = _rules[network.name] = Rules(network, verifiers, family, typed, bulk)
    return made


class Begun(NamedTuple):
    """A claim of an address that is one, with a signature. key: of the memory."""

    rules: Rules
    address: Address
    claim: Claim
    key: Hashable


def begin(claim: Claim, registry: Registry) -> Begun | ControlResult:
    """The steps before any signature is looked at; the verdict where there is one by then."""
    network = registry.networks.get(claim.network)
    if network is None:
        return verdicts.unsupported("", "the network is in no table (config/networks.csv)")
    try:
        address = decode_address(network, claim.address)
    except AddressFormatError as e:
        hint = of_test_network(network, claim.address)
        return verdicts.malformed("", f"address: {e.reason}{hint}")
    if not any(claim.signatures):
        return _UNSIGNED
    rules = rules_of(network)
    # As `Begun(..)` does, but quicker: lists have hundreds of thousands of rows.
    return _new(Begun, (rules, address, claim, _key(rules, address, claim)))


def _key(rules: Rules, address: Address, claim: Claim) -> Hashable:
    """Everything an offline verdict depends on, as a key of the memory.

    Networks that verify alike share verdicts (one EVM account over ten networks), so reasons
    never name the network.
    """
    family = rules.typed if claim.message[:1] == "{" else rules.family
    return memory_key(
        (
            family,
            address.format,
            address.payload,
            claim.message,
            claim.signatures,
            claim.script,
            claim.owners,
            claim.row_type,
        )
    )
