"""What a reader must be told: things found false, and things that could not be shown."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Weight(StrEnum):
    """What a finding does to the exit status: false is 1, unshown is 3, note is nothing."""

    FALSE = "false"
    UNSHOWN = "unshown"
    NOTE = "note"


class FindingKind(StrEnum):
    """Every kind of finding. WEIGHTS says what each one weighs."""

    # ownership
    BAD_SIGNATURE = "bad_signature"  # control is mismatch
    MALFORMED_PROOF = "malformed_proof"  # control is malformed
    UNSUPPORTED_SCHEME = "unsupported_scheme"
    UNSIGNED = "unsigned"
    OWNER_UNPROVEN = "owner_unproven"  # signed, but binding is asserted or none
    NOT_STATED = "not_stated"  # signed, but nothing shows a claim of these reserves
    # balances
    SHORTFALL = "shortfall"
    MAYBE_SHORTFALL = "maybe_shortfall"  # less than an amount whose unit or day is doubted
    SURPLUS = "surplus"
    DIFFERS_NOW = "differs_now"  # read at the newest state only, the claim is older
    BALANCE_UNAVAILABLE = "balance_unavailable"
    SOURCES_DISAGREE = "sources_disagree"
    BALANCE_CHANGED = "balance_changed"  # read twice at one block hash, two values
    MOVED_WHILE_READ = "moved_while_read"  # of a newest state: another amount at the end
    CHUNK_FAILED = "chunk_failed"
    # lists
    EMPTY_LIST = "empty_list"  # not one row: nothing was asked, so nothing is verified
    UNKNOWN_COIN = "unknown_coin"
    UNKNOWN_NETWORK = "unknown_network"
    BAD_ROW = "bad_row"
    NOT_UNDERSTOOD = "not_understood"  # a column, key, sheet or level that may say something
    UNIT_DOUBTED = "unit_doubted"  # whole coins or base units: nothing in the file decides
    ROWS_DOUBTED = "rows_doubted"  # of several days, networks or headers: read as if of one
    RESPELLED = "respelled"  # an address or signature in another spelling than the usual one
    BAD_AMOUNT = "bad_amount"
    NEGATIVE_AMOUNT = "negative_amount"  # an address cannot hold less than nothing
    BAD_HEIGHT = "bad_height"
    BAD_ADDRESS = "bad_address"
    DUPLICATE = "duplicate"
    MIXED_HEIGHTS = "mixed_heights"
    TOTAL_DIFFERS = "total_differs"  # the file's own totals block against its rows
    TOTAL_ROUNDED = "total_rounded"  # right to the decimals it is printed with
    TOTAL_UNREADABLE = "total_unreadable"
    # snapshots as a whole
    LIST_DATED = "list_dated"  # rows name no block, and the list says of which day they are
    HEIGHT_REPLACED = "height_replaced"  # read at the user's height, not at the list's
    MIXED_TIMES = "mixed_times"  # balances of moments too far apart: moved coins count twice
    READ_LATER = "read_later"  # a network that only knows its newest state, read long after
    RESERVES_MISSING = "reserves_missing"  # owed, and no row of the list claims any
    STATEMENT_UNCHECKED = "statement_unchecked"  # texts that nobody said are the publisher's
    CLAIMED_ELSEWHERE = "claimed_elsewhere"  # another publisher's list claims the same address
    RESERVES_BELOW_LIABILITIES = "reserves_below_liabilities"  # both sides proven or hashed again
    RESERVES_MAYBE_BELOW = "reserves_maybe_below_liabilities"  # below, and one side may be wrong
    LIABILITIES_OF_ANOTHER_DAY = "liabilities_of_another_day"  # no ratio of two moments
    LIABILITIES_UNDATED = "liabilities_undated"  # nobody said of which day they are
    LIABILITIES_REPLACED = "liabilities_replaced"  # a later statement took the place of another
    LIABILITIES_PARTIAL = "liabilities_partial"  # of some users, or in another unit
    OWN_TOKEN = "own_token"  # noqa: S105 - part of the reserves is the publisher's own coin


WEIGHTS: dict[FindingKind, Weight] = {
    FindingKind.BAD_SIGNATURE: Weight.FALSE,
    FindingKind.MALFORMED_PROOF: Weight.UNSHOWN,
    FindingKind.UNSUPPORTED_SCHEME: Weight.UNSHOWN,
    FindingKind.UNSIGNED: Weight.UNSHOWN,
    FindingKind.OWNER_UNPROVEN: Weight.UNSHOWN,
    FindingKind.NOT_STATED: Weight.UNSHOWN,
    FindingKind.SHORTFALL: Weight.FALSE,
    FindingKind.MAYBE_SHORTFALL: Weight.UNSHOWN,
    FindingKind.SURPLUS: Weight.NOTE,
    FindingKind.DIFFERS_NOW: Weight.UNSHOWN,
    FindingKind.BALANCE_UNAVAILABLE: Weight.UNSHOWN,
    FindingKind.SOURCES_DISAGREE: Weight.FALSE,
    FindingKind.BALANCE_CHANGED: Weight.FALSE,
    FindingKind.MOVED_WHILE_READ: Weight.UNSHOWN,
    FindingKind.CHUNK_FAILED: Weight.UNSHOWN,
    FindingKind.EMPTY_LIST: Weight.UNSHOWN,
    FindingKind.UNKNOWN_COIN: Weight.UNSHOWN,
    FindingKind.UNKNOWN_NETWORK: Weight.UNSHOWN,
    FindingKind.BAD_ROW: Weight.UNSHOWN,
    FindingKind.NOT_UNDERSTOOD: Weight.UNSHOWN,
    FindingKind.UNIT_DOUBTED: Weight.UNSHOWN,
    FindingKind.ROWS_DOUBTED: Weight.UNSHOWN,
    FindingKind.RESPELLED: Weight.NOTE,
    FindingKind.BAD_AMOUNT: Weight.UNSHOWN,
    FindingKind.NEGATIVE_AMOUNT: Weight.FALSE,
    FindingKind.BAD_HEIGHT: Weight.UNSHOWN,
    FindingKind.BAD_ADDRESS: Weight.UNSHOWN,
    FindingKind.DUPLICATE: Weight.FALSE,
    FindingKind.MIXED_HEIGHTS: Weight.FALSE,
    FindingKind.TOTAL_DIFFERS: Weight.FALSE,
    FindingKind.TOTAL_ROUNDED: Weight.NOTE,
    FindingKind.TOTAL_UNREADABLE: Weight.UNSHOWN,
    FindingKind.LIST_DATED: Weight.NOTE,
    FindingKind.HEIGHT_REPLACED: Weight.NOTE,
    FindingKind.MIXED_TIMES: Weight.FALSE,
    FindingKind.READ_LATER: Weight.UNSHOWN,
    FindingKind.RESERVES_MISSING: Weight.UNSHOWN,
    FindingKind.STATEMENT_UNCHECKED: Weight.UNSHOWN,
    FindingKind.CLAIMED_ELSEWHERE: Weight.UNSHOWN,
    FindingKind.RESERVES_BELOW_LIABILITIES: Weight.FALSE,
    FindingKind.RESERVES_MAYBE_BELOW: Weight.UNSHOWN,
    FindingKind.LIABILITIES_OF_ANOTHER_DAY: Weight.UNSHOWN,
    FindingKind.LIABILITIES_UNDATED: Weight.NOTE,
    FindingKind.LIABILITIES_REPLACED: Weight.NOTE,
    FindingKind.LIABILITIES_PARTIAL: Weight.UNSHOWN,
    FindingKind.OWN_TOKEN: Weight.NOTE,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to tell.

    row: line in the list, None if it is not about a row. address: "" likewise.
    reason: one sentence: what, and where it helps, what to do.
    """

    kind: FindingKind
    reason: str
    row: int | None = None
    asset: str = ""
    network: str = ""
    address: str = ""

    @property
    def weight(self) -> Weight:
        """What it does to the exit status."""
        return WEIGHTS[self.kind]


def worst_first(kinds: Iterable[FindingKind]) -> list[FindingKind]:
    """What is false first, then what is not verified, then notes; of one weight as they came."""
    order = list(Weight)
    return sorted(kinds, key=lambda kind: order.index(WEIGHTS[kind]))


def exit_status(weights: set[Weight]) -> int:
    """Exit status for what was found: 0 all verified, 1 something false, 3 something unshown."""
    if Weight.FALSE in weights:
        return 1
    return 3 if Weight.UNSHOWN in weights else 0
