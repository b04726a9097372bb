"""Verdicts about who controls an address."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from scanner.model.balance import Evidence


class Control(StrEnum):
    """Did enough keys sign this exact message for this address?"""

    CONTROLS = "controls"
    MISMATCH = "mismatch"  # well-formed, but by another key or over another message
    MALFORMED = "malformed"  # address or signature not decodable as what they should be
    UNSUPPORTED = "unsupported"  # scheme or address format not implemented, or not decidable
    UNSIGNED = "unsigned"  # the publisher gave no signature


class Binding(StrEnum):
    """What ties the signing key to the address."""

    DERIVED = "derived"  # the address is computed from key or script
    ON_CHAIN = "on_chain"  # the chain names the signers as owners at the height, threshold met
    ASSERTED = "asserted"  # the publisher says so and nothing shows it
    NONE = "none"


class Freshness(StrEnum):
    """How tightly the signed text is tied to a time."""

    BLOCK_STAMPED = "block_stamped"
    DATED = "dated"
    STATIC = "static"
    NONE = "none"  # nothing was signed


class ControlResult(NamedTuple):
    """The verdict about one claim. A tuple, for there are as many of them as claims.

    scheme: which rule was applied ("bitcoin_message"), "" if none could be.
    required: how many distinct keys the address needs (m of m-of-n; 1 for a single key; 0 unknown).
    signed_by: hex public keys or addresses that count towards `required`, distinct.
    reason: one sentence a reader of the report can act on; "" only for plain `controls`.
    evidence: who says so. PROVEN: computed from what was published, or read from the state with a
        proof. REPORTED, AGREED: the verdict rests on answers about the chain by one endpoint, or
        by a quorum of operators.
    """

    control: Control
    binding: Binding = Binding.NONE
    freshness: Freshness = Freshness.NONE
    scheme: str = ""
    required: int = 0
    signed_by: tuple[str, ...] = ()
    reason: str = ""
    evidence: Evidence = Evidence.PROVEN

    @property
    def is_proof(self) -> bool:
        """Whether this row may count as verified: keys signed, and the address is theirs."""
        return self.control is Control.CONTROLS and self.binding in _BINDING_SHOWN


_BINDING_SHOWN = frozenset((Binding.DERIVED, Binding.ON_CHAIN))
