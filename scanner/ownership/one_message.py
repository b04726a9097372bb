"""One signed message, checked: the function behind `scanner verify-message` and a form for it.

No network of its own and no files: whoever calls brings the chain, if it is to be asked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from scanner.errors import AddressFormatError
from scanner.model.addresses import bech32
from scanner.model.addresses.table import decode_address
from scanner.model.claim import Claim
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.jsontext import read_json
from scanner.model.key_text import usual_key
from scanner.model.network import Network
from scanner.model.registry import Registry
from scanner.model.signature_text import usual_signatures
from scanner.ownership.changeable import CHANGEABLE
from scanner.ownership.interface import ContractCall, KeyQuestion
from scanner.ownership.judge import judge_claims
from scanner.ownership.native.parts import Said, said_by
from scanner.ownership.near_misses import NearMiss
from scanner.ownership.other_forms import Doubted
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.statement import purpose_of

_BEST_KNOWN = ("bitcoin", "ethereum", "stellar")
_NAMES_OF_ACCOUNTS = ("antelope", "near_named")
"""Formats of names without a check sum, which texts of other kinds may look like."""

LONGEST = 1_000_000
"""Characters of a JSON document that is read."""

Respell = Callable[[Network, str, Registry], str | None]
"""The usual spelling of an address of a network in another one; None if it is in none."""

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
    Control.UNSIGNED: "Not verified: nothing is signed.",
}


def check_message(
    given: SignedMessage,
    registry: Registry,
    call: ContractCall | None = None,
    keys: KeyQuestion | None = None,
    respell: Respell | None = None,
) -> Checked:
    """Check one signed message, by the same rules as a row of a list.

    call, keys: how to ask the chain of `given.network`, as for `scanner.ownership.judge.judge`;
    then the network must be named. Without a name every network that has such addresses is tried,
    and the first where the signature is good is told, else the first where a twin of the text was
    signed, else the first of them: one that spells addresses so before others, and before names,
    which nearly any text is; of alike ones, one that can read the row before those that cannot.
    respell: reads addresses as the readers of lists do; without it they are read as usual alone.
    Raises UnknownAssetError for a network that is in no table, and what `call` and `keys` raise.
    """
    if given.network:
        network = registry.network(given.network)
        candidates = [(network, _usual(network, given.address, registry, respell))]
    else:
        candidates = _candidates(registry, given.address, respell)
    found = [
        _checked(n, replace(given, address=text), registry, call, keys) for n, text in candidates
    ]
    if not found:
        return _of_no_network(registry, given.address.strip())
    good = next((c for c in found if c.result.control is Control.CONTROLS), None)
    twin = next((c for c in found if isinstance(c.result, NearMiss)), None)
    return good or twin or _of_others(found)


def _of_no_network(registry: Registry, address: str) -> Checked:
    """What to say of an address of no network: of a known kind, what to publish in its place."""
    for network in registry.networks.values():
        try:
            decode_address(network, address)
        except AddressFormatError as e:
            if ": publish " in e.reason:
                found = ControlResult(Control.MALFORMED, reason=f"address: {e.reason}")
                return Checked(network.name, found, kind=network.kind)
    reason = "no known network has such an address: give its network"
    return Checked("", ControlResult(Control.MALFORMED, reason=reason))


def _of_others(found: Sequence[Checked]) -> Checked:
    """The first of those that are not good, with networks of other kinds that it may be of.

    Of alike ones a network that cannot decode the row says nothing of what it is.
    """
    alike = [c for c in found if c.exact == found[0].exact]
    told = min(alike, key=_unlike)  # the first of those
    others = [c.network for c in alike if c.kind != told.kind]
    if told.result.control not in _OPEN or not others:
        return told
    may_be = f"such an address may be of {', '.join(others)}, too: give its network"
    reason = f"{told.result.reason}; {may_be}"
    return replace(told, result=told.result._replace(reason=reason))


def _unlike(found: Checked) -> int:
    """How little a row fits a network: 0 where its signature and key could be decoded."""
    if found.result.control is Control.MALFORMED:
        return 2
    return int(isinstance(found.result, Doubted))


_OPEN = (Control.UNSUPPORTED, Control.MALFORMED)


def _usual(network: Network, address: str, registry: Registry, respell: Respell | None) -> str:
    """An address in its network's usual spelling; itself where it is none, or nobody respells."""
    text = address.strip()
    try:
        decode_address(network, text)
    except AddressFormatError:
        return (respell and respell(network, text, registry)) or text
    return text


def _candidates(
    registry: Registry, address: str, respell: Respell | None
) -> list[tuple[Network, str]]:
    """The networks that have such an address, and how they spell it.

    The likeliest first; of like ones the best known.
    """
    found = []
    for network in registry.networks.values():
        text = _usual(network, address, registry, respell)
        if how := _exactness(network, text):
            how = how if text == address.strip() else min(how, _RESPELLED)
            found.append((-how, network.name not in _BEST_KNOWN, network.name, network, text))
    return [(network, text) for *_, network, text in sorted(found, key=lambda f: f[:3])]


_RESPELLED = 2


def _exactness(network: Network, text: str) -> int:
    """3: the address as the network spells it; 2: another spelling; 1: a name; 0: none."""
    try:
        address = decode_address(network, text.strip())
    except AddressFormatError:
        return 0
    if address.format in _NAMES_OF_ACCOUNTS:
        return 0 if _is_bech32(text.strip()) else 1
    return 3 if address.text.casefold() == text.strip().casefold() else 2


def _is_bech32(text: str) -> bool:
    """Whether a text has the check sum of another network's addresses: it is nobody's name."""
    try:
        bech32.split(text)
    except ValueError:
        return False
    return True


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
        script=usual_key(network.kind, given.key.strip() or key),
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
    network, key and owners. A signature is a text, or the object or list that a wallet gives, as is
    a key. Nothing is left unread: no name twice, and no second signature beside a list of them.
    Raises ValueError saying what is wrong.
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
    owners = data.get("owners", [])
    values = {name: data.get(name, "") for name in ("address", "message", "network")}
    if not all(isinstance(v, str) for v in values.values()):
        raise ValueError("address, message and network must be texts")
    if not isinstance(signatures, list) or not all(map(_is_written, signatures)):
        raise ValueError("signatures must be a list of texts, or of objects as wallets give them")
    if not isinstance(owners, list) or not all(isinstance(t, str) for t in owners):
        raise ValueError("owners must be a list of texts")
    key = data.get("key", "")
    if not _is_written(key):
        raise ValueError("key must be a text, or an object as wallets give it")
    return SignedMessage(
        values["address"],
        values["message"],
        tuple(map(_written, signatures)),
        values["network"],
        _written(key),
        tuple(owners),
    )


def _is_written(value: object) -> bool:
    return isinstance(value, str) or (isinstance(value, dict | list) and bool(value))


def _written(value: object) -> str:
    """A text, or the JSON of an object in the place of one."""
    return value if isinstance(value, str) else json.dumps(value)
