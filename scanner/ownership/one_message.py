"""One signed message, checked: the function behind `scanner verify-message` and a form for it.

No network of its own and no files: whoever calls brings the chain, if it is to be asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.jsontext import read_json
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.model.signature_text import usual_signatures
from scanner.ownership.changeable import CHANGEABLE
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.ownership.judge import judge_claims
from scanner.ownership.native.parts import Said, said_by
from scanner.ownership.near_misses import NearMiss
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.statement import purpose_of

_BEST_KNOWN = ("bitcoin", "ethereum")
_NAMES_OF_ACCOUNTS = ("antelope", "near_named")
"""Formats of names without a check sum, which texts of other kinds may look like."""

LONGEST = 1_000_000
"""Characters of a JSON document that is read."""

_NAMES = ("address", "message", "signature", "signatures", "network", "key", "owners")


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """What somebody says was signed. network: our name or an alias, "" to find it by the address.

    key: public key or script, as in a list's key column. owners: named in the address's place.
    """

    address: str
    message: str
    signatures: tuple[str, ...]
    network: str = ""
    key: str = ""
    owners: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """The verdict, and the network that it is about ("" if no network has such addresses).

    changeable: whether the account can have been given other keys than the address was made from.
    purpose: what the text is for where it is no claim ("a log-in"), "" if nothing says so.
    kind: of the network. exact: how surely the address is of that network, see `_exactness`.
    """

    network: str
    result: ControlResult
    changeable: bool = False
    purpose: str = ""
    kind: str = ""
    exact: int = 0

    @property
    def words(self) -> str:
        """The verdict in a sentence, for people."""
        said = _WORDS[self.result.control].format(binding=_BINDINGS[self.result.binding])
        if self.purpose and self.result.control is Control.CONTROLS:
            said += f" The text is {self.purpose}: it only shows that somebody holds the key."
        return said


_BINDINGS = {
    Binding.DERIVED: ": the address is computed from the key",
    Binding.ON_CHAIN: ": the chain names the signers",
    Binding.ASSERTED: ", but nothing shows that the address belongs to the signer",
    Binding.NONE: "",
}
_WORDS = {
    Control.CONTROLS: "The signature is good{binding}.",
    Control.MISMATCH: "False: the signature is not by this address over this message.",
    Control.MALFORMED: "Not verified: the address or the signature cannot be decoded.",
    Control.UNSUPPORTED: "Not verified: the scanner cannot decide this.",
    Control.UNSIGNED: "Nothing is signed.",
}


def check_message(
    given: SignedMessage,
    registry: Registry,
    call: ContractCall | None = None,
    keys: KeyQuestion | None = None,
) -> Checked:
    """Check one signed message, by the same rules as a row of a list.

    call, keys: how to ask the chain of `given.network`, as for `scanner.ownership.judge.judge`;
    then the network must be named. Without a name every network that has such addresses is tried,
    and the first where the signature is good is told, else the first where a twin of the text was
    signed, else the first of them: one that spells addresses so before others, and before names,
    which nearly any text is.
    Raises UnknownAssetError for a network that is in no table, and what `call` and `keys` raise.
    """
    if given.network:
        candidates = [registry.network(given.network)]
    else:
        candidates = _candidates(registry, given.address)
    found = [_checked(n, given, registry, call, keys) for n in candidates]
    if not found:
        reason = "no known network has such an address: give its network"
        return Checked("", ControlResult(Control.MALFORMED, reason=reason))
    good = next((c for c in found if c.result.control is Control.CONTROLS), None)
    twin = next((c for c in found if isinstance(c.result, NearMiss)), None)
    return good or twin or _of_others(found)


def _of_others(found: Sequence[Checked]) -> Checked:
    """The first of those that are not good, with networks of other kinds that it may be of."""
    told, *rest = found
    others = [c.network for c in rest if c.kind != told.kind and c.exact == told.exact]
    if told.result.control is not Control.UNSUPPORTED or not others:
        return told
    may_be = f"such an address may be of {', '.join(others)}, too: give its network"
    reason = f"{told.result.reason}; {may_be}"
    return replace(told, result=told.result._replace(reason=reason))


def _candidates(registry: Registry, address: str) -> list[Network]:
    """The networks that have such an address, the likeliest first; of like ones the best known."""
    fits = ((n, _exactness(n, address)) for n in registry.networks.values())
    found = [(-how, n.name not in _BEST_KNOWN, n.name, n) for n, how in fits if how]
    return [network for *_, network in sorted(found, key=lambda f: f[:3])]


def _exactness(network: Network, text: str) -> int:
    """3: the address as the network spells it; 2: another spelling; 1: a name; 0: none."""
    try:
        address = decode_address(network, text.strip())
    except AddressFormatError:
        return 0
    if address.format in _NAMES_OF_ACCOUNTS:
        return 1
    return 3 if address.text.casefold() == text.strip().casefold() else 2


def _checked(
    network: Network,
    given: SignedMessage,
    registry: Registry,
    call: ContractCall | None,
    keys: KeyQuestion | None,
) -> Checked:
    signatures = tuple(s.strip() for s in given.signatures if s.strip())
    signatures, key = usual_signatures(network, signatures)
    claim = Claim(
        row=1,
        coin=network.native,
        asset=network.native,
        network=network.name,
        address=given.address.strip(),
        address_key="",
        decimals=network.decimals,
        message=given.message,
        signatures=signatures,
        script=given.key.strip() or key,
        owners=given.owners,
    )
    (result,) = judge_claims([claim], call, keys, registry)
    try:
        form = decode_address(network, claim.address).format
    except AddressFormatError:
        form = ""
    said = said_by(result.scheme, claim.message)
    purpose = purpose_of(said) or _purpose_of_bytes(claim.message)
    exact = _exactness(network, claim.address)
    return Checked(network.name, result, form in CHANGEABLE, purpose, network.kind, exact)


def _purpose_of_bytes(message: str) -> str:
    """What a text is for that stands there as hex, as wallets take it: "" if it is none."""
    data = decode_hex(message) or b""
    try:
        return purpose_of(Said(data.decode()))
    except UnicodeDecodeError:
        return ""


def read_message(text: str) -> SignedMessage:
    """Read a signed message from JSON: address, message, signature (or signatures), and perhaps
    network, key and owners. Nothing is left unread: no name twice, and no second signature beside
    a list of them. Raises ValueError saying what is wrong.
    """
    if len(text) > LONGEST:
        raise ValueError("it is longer than a million characters")
    data = read_json(text, unique_names=True)
    if not isinstance(data, dict) or not {"address", "message"} <= set(data):
        raise ValueError("it must be an object with address, message and signature")
    unknown = sorted(set(data) - set(_NAMES))
    if unknown:
        raise ValueError(f"it has an unknown field {unknown[0]!r}")
    if {"signature", "signatures"} <= set(data):
        raise ValueError("it has both signature and signatures: give all in signatures")
    signatures = data.get("signatures", [data["signature"]] if "signature" in data else [])
    texts = ("address", "message", "network", "key")
    values = {name: data.get(name, "") for name in texts}
    lists = {"signatures": signatures, "owners": data.get("owners", [])}
    if not all(isinstance(v, str) for v in values.values()):
        raise ValueError("address, message, network and key must be texts")
    if not all(isinstance(v, list) and all(isinstance(t, str) for t in v) for v in lists.values()):
        raise ValueError("signatures and owners must be lists of texts")
    return SignedMessage(
        values["address"],
        values["message"],
        tuple(lists["signatures"]),
        values["network"],
        values["key"],
        tuple(lists["owners"]),
    )
