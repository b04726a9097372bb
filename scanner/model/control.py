"""Verdicts about who controls an address."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from scanner.model.balance import Evidence
from scanner.model.statement import StatedBy, Statement


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


CONTROLS, DERIVED, UNGRADED = Control.CONTROLS, Binding.DERIVED, Freshness.NONE
MISMATCH, MALFORMED = Control.MISMATCH, Control.MALFORMED
"""What is asked for in every row, by names of their own: `Control.CONTROLS` costs a call on Python
3.11, and lists have hundreds of thousands of rows."""


class ControlResult(NamedTuple):
    """The verdict about one claim. A tuple, for there are as many of them as claims.

    scheme: which rule was applied ("bitcoin_message"), "" if none could be.
    required: how many distinct keys the address needs (m of m-of-n; 1 for a single key; 0 unknown).
    signed_by: hex public keys or addresses that count towards `required`, distinct.
    reason: one sentence a reader of the report can act on; "" only for plain `controls`.
    evidence: who says so. PROVEN: computed from what was published, or read from the state with a
        proof. REPORTED, AGREED: the verdict rests on answers about the chain by one endpoint, or
        by a quorum of operators.
    statement, stated_by: whether the signed text claims these reserves for this publisher, and
        what shows it (`scanner.ownership.statement`); schemes leave them alone.
    lock: what was signed shows the power to spend from this height on, or from this time, seconds
        since 1970, from 500,000,000 on (as nLockTime); 0 for none. Such a verdict is `asserted`
        until a block shows that it is over (`since`).
    """

    control: Control
    binding: Binding = Binding.NONE
    freshness: Freshness = Freshness.NONE
    scheme: str = ""
    required: int = 0
    signed_by: tuple[str, ...] = ()
    reason: str = ""
    evidence: Evidence = Evidence.PROVEN
    statement: Statement = Statement.NONE
    stated_by: StatedBy = StatedBy.NOTHING
    lock: int = 0

    @property
    def shows_control(self) -> bool:
        """Whether keys signed and the address is theirs, whatever it is that they signed."""
        return shows_control(self.control, self.binding)

    @property
    def is_proof(self) -> bool:
        """Whether this row may count as verified, once its balance is known."""
        return is_proof(self.control, self.binding, self.statement)


def shows_control(control: Control | None, binding: Binding | None) -> bool:
    """Whether a verdict shows who may spend. None: there is no verdict yet."""
    return control is CONTROLS and binding in _BINDING_SHOWN


def is_proof(control: Control | None, binding: Binding | None, statement: Statement | None) -> bool:
    """The one definition of a verified row, but for its balance: control is shown, and stated.

    Rows of programs that did not ask for the statement stay what those programs called them; that
    it was not asked is a finding of every such snapshot (`statement_unchecked`).
    """
    return control is CONTROLS and binding in _BINDING_SHOWN and statement in _STATEMENT_SHOWN


LOCK_TIMES = 500_000_000
"""Lock times below this are heights (Bitcoin Core, LOCKTIME_THRESHOLD)."""


def lock_text(lock: int) -> str:
    """A lock for people."""
    return f"height {lock}" if lock < LOCK_TIMES else f"time {lock}"


def since(result: ControlResult, height: int, time: int | None) -> ControlResult:
    """A verdict at a block: one that was locked is bound now, or cannot spend yet.

    height, time: of the pinned block; a time that nobody told has not come.
    """
    if not result.lock:
        return result
    now = height if result.lock < LOCK_TIMES else time or 0
    words = f"was locked until {lock_text(result.lock)}, which is over at this block"
    if result.lock <= now:
        return result._replace(binding=Binding.DERIVED, lock=0, reason=words)
    words = f"cannot spend yet: locked until {lock_text(result.lock)}, after the pinned block"
    return result._replace(
        control=Control.UNSUPPORTED, binding=Binding.NONE, lock=0, signed_by=(), reason=words
    )


_BINDING_SHOWN = frozenset((Binding.DERIVED, Binding.ON_CHAIN))
_STATEMENT_SHOWN = frozenset((Statement.STATED, Statement.NOT_ASKED))
