"""What a scheme must do.

A new scheme is one file with a class that keeps this protocol and one row in
`scanner.ownership.table.VERIFIERS`; networks name the schemes they use in config/networks.csv.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import NamedTuple, Protocol, cast, runtime_checkable

from scanner.model.account import AccountState
from scanner.model.addresses.interface import Address
from scanner.model.balance import Evidence
from scanner.model.control import ControlResult
from scanner.model.key_policy import KeyPolicy, PolicyKey, Way
from scanner.model.network import Network

ContractCall = Callable[[bytes, bytes], bytes]
"""call(to: 20 bytes, data) -> returned bytes, by eth_call at the pinned block.

to: b"" runs `data` as creation code, nothing of which is kept, and gives what it returns.
to: 48-byte keys of validators, one behind the other, with `data` b"", are answered by their
withdrawal credentials: 32 bytes each, zeros for no such validator, ff where sources disagree.
to: the 32 bytes of a Starknet address take field elements of 32 bytes each, the selector first, and
give such.
Returns b"" where there is no code or the call reverts. Raises SourceError when nobody answers:
then there is no verdict yet. Results must not depend on when it is called.
"""

KeyQuestion = Callable[[Address], KeyPolicy]
"""keys(address) -> which keys may spend from it at the pinned block.

Raises SourceError when nobody answers, SourceRejectedError when nobody ever will: then what the
row itself shows is all there is.
"""


@runtime_checkable
class KeysAhead(Protocol):
    """A KeyQuestion that remembers, and can ask for many accounts side by side."""

    def __call__(self, address: Address, /) -> KeyPolicy:
        """See KeyQuestion."""
        ...

    def ahead(self, addresses: Sequence[Address]) -> None:
        """Ask for accounts that will be asked for. Raises SourceError when nobody answers."""
        ...


class Signer(NamedTuple):
    """Somebody who made a good signature.

    text: as `ControlResult.signed_by` names it. keys: every name that a chain may know it by.
    recovered: whether nothing but a form, which the row does not name, says that it is this key:
    neither the address nor a published key does. In another form it would be another key, so that
    it is nobody's until the account's own policy names it.
    """

    text: str
    keys: frozenset[PolicyKey]
    recovered: bool = False


@runtime_checkable
class ChainView(Protocol):
    """A ContractCall that can also read the state, and says what its answers are worth.

    What a contract answers is what its code says, whoever wrote it; what stands in the state is
    what the chain goes by. A plain function is a ContractCall, too: worth one endpoint's word.
    """

    @property
    def calls(self) -> Evidence:
        """What answers to calls are worth."""
        ...

    def __call__(self, to: bytes, data: bytes, /) -> bytes:
        """See ContractCall."""
        ...

    def hint(self, to: bytes, data: bytes, /) -> bytes:
        """The same, for what only says where to look: no verdict in a row's favour rests on it."""
        ...

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState | None:
        """Code and storage of an account, None where they cannot be read. Raises SourceError."""
        ...


class Proof(NamedTuple):
    """What the publisher gave to show control of one address.

    address: decoded. message: exact text that was signed. signatures: as published, one or more,
    in column order. script: redeem/witness script or public key column, "" if none.
    owners: addresses named as signers in place of `address`, in column order.
    """

    network: Network
    address: Address
    message: str
    signatures: tuple[str, ...]
    script: str = ""
    owners: tuple[str, ...] = ()
    row_type: str = ""


class Verifier(Protocol):
    """One ownership scheme. said: what the form it reads is called in a reason."""

    name: str
    said: str

    def handles(self, proof: Proof) -> bool:
        """Whether this scheme is the one to judge this address format and signature shape."""
        ...

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the proof. Never raises on hostile input: that is `malformed` or `mismatch`.

        call: how to ask the chain at the pinned block; None when offline, and then whatever only
        the chain could show is at most `asserted`.
        """
        ...


class Forms(NamedTuple):
    """Which forms a scheme reads of one row, as a reason names them.

    refused: which of them it does not, and why; "" where it reads all of them.
    """

    read: str
    refused: str = ""


class FormTeller(Verifier, Protocol):
    """A Verifier that reads fewer forms of some rows than `said` names."""

    def forms(self, proof: Proof) -> Forms:
        """Which forms of a row are tried. Never raises on hostile input."""
        ...


def forms_of(scheme: Verifier, proof: Proof) -> Forms:
    """Which forms of a row a scheme tries."""
    if _tells_forms(type(scheme)):
        return cast("FormTeller", scheme).forms(proof)
    return Forms(scheme.said)


@cache
def _tells_forms(kind: type) -> bool:
    """Asked for every row: comparing with a protocol takes as long as a signature."""
    return hasattr(kind, "forms")


def alone_refused(said: str, alone: str, why: str) -> Forms:
    """The forms of a scheme that reads the text alone beside others, where `why` it does not.

    said: the others. alone: what the text alone is called. why: "" where it is read, too.
    """
    if not why:
        return Forms(f"{said}, {alone}")
    return Forms(said, f"{alone} was not tried: {why}")


@runtime_checkable
class BulkVerifier(Verifier, Protocol):
    """A Verifier that judges many rows at once sooner than one by one."""

    def verify_many(self, proofs: Sequence[Proof]) -> list[ControlResult | None]:
        """Judge rows offline, of any kind: one verdict per row, in order.

        Only such as say that the row is controlled, by a text that is graded: nothing is added to
        them. None elsewhere, also for rows that are not its own: then each is judged by itself.
        Never raises on hostile input.
        """
        ...


Readings = tuple[tuple[Signer, ...], ...]
"""Each is one way to read all signatures of a row: who made them, each signer once."""


@runtime_checkable
class SignerFinder(Verifier, Protocol):
    """A Verifier that can say who signed, whoever the address belongs to."""

    def signers(self, proof: Proof) -> Readings:
        """Who made all the row's signatures; () if any of them is not good.

        Never raises on hostile input. There are several readings where a signature leads to another
        key under each envelope that is read, one for each envelope: a row is signed in one of them.
        """
        ...


@runtime_checkable
class Opener(Protocol):
    """A SignerFinder whose rows show more of an account's keys than an Ed25519 key column does."""

    def opened(self, proof: Proof, account: bytes) -> Way | None:
        """The way of several keys that an account is the hash of, as the row shows them.

        account: what the chain names. None if it is not of these. Never raises on hostile input.
        """
        ...


def one_reading(signers: Sequence[Signer]) -> Readings:
    """What a scheme with one envelope returns; none where nobody signed."""
    return (tuple(signers),) if signers else ()
