"""The words of every report: what each finding means, and what no proof of reserves shows."""

from __future__ import annotations

from collections.abc import Mapping

from scanner.liabilities.interface import LiabilityEvidence
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, Freshness
from scanner.model.finding import FindingKind, Weight
from scanner.model.statement import StatedBy, Statement

WEIGHT_WORDS: Mapping[Weight, str] = {
    Weight.FALSE: "false",
    Weight.UNSHOWN: "not verified",
    Weight.NOTE: "note",
}
"""What people read for a weight; data keeps the enumeration's own values."""

MEANINGS: Mapping[FindingKind, str] = {
    FindingKind.BAD_SIGNATURE: "the signature is by another key or over another message",
    FindingKind.MALFORMED_PROOF: "the address or signature cannot be decoded",
    FindingKind.UNSUPPORTED_SCHEME: "the signature scheme or address format is not supported",
    FindingKind.UNSIGNED: "the list gives no signature for the address",
    FindingKind.OWNER_UNPROVEN: "signed, but it is not verified that the signer owns the address",
    FindingKind.SHORTFALL: "the address held less than the list claims",
    FindingKind.MAYBE_SHORTFALL: "less than the amount as it was read, which is in doubt",
    FindingKind.SURPLUS: "the address held more than the list claims",
    FindingKind.DIFFERS_NOW: "the address holds another amount now; past amounts are not known",
    FindingKind.BALANCE_UNAVAILABLE: "no source returned a balance for this address",
    FindingKind.SOURCES_DISAGREE: "sources gave different balances for one block",
    FindingKind.BALANCE_CHANGED: "a source gave two balances for one block",
    FindingKind.MOVED_WHILE_READ: "the balance changed while the network was being read",
    FindingKind.CHUNK_FAILED: "a part of the balances could not be read",
    FindingKind.EMPTY_LIST: "the list has no rows",
    FindingKind.UNKNOWN_COIN: "the list names a coin that is not in the tables",
    FindingKind.UNKNOWN_NETWORK: "the list names a network that is not in the tables",
    FindingKind.BAD_ROW: "the row cannot be read",
    FindingKind.NOT_UNDERSTOOD: "a part of the file was not understood, and it may matter",
    FindingKind.UNIT_DOUBTED: "the amounts may be in another unit than they were read in",
    FindingKind.ROWS_DOUBTED: "rows may be of another day or column than they were read as",
    FindingKind.RESPELLED: "an address or signature was not in its usual spelling",
    FindingKind.BAD_AMOUNT: "the amount is not an exact number of the asset",
    FindingKind.NEGATIVE_AMOUNT: "the amount is negative",
    FindingKind.BAD_HEIGHT: "the block height is not clearly a block number",
    FindingKind.BAD_ADDRESS: "the text is not an address of its network",
    FindingKind.NOT_STATED: "signed, but it is not verified that the text claims these reserves",
    FindingKind.DUPLICATE: "the list claims one holding more than once; it is counted once",
    FindingKind.MIXED_HEIGHTS: "the list claims one network's balances at different heights",
    FindingKind.TOTAL_DIFFERS: "a total of the list is not the sum of its rows",
    FindingKind.TOTAL_ROUNDED: "a total of the list is rounded; it agrees to the printed digits",
    FindingKind.TOTAL_UNREADABLE: "a total of the list cannot be read or compared",
    FindingKind.LIST_DATED: "the list names its day and no block: less on another day is not false",
    FindingKind.HEIGHT_REPLACED: "read at another height than the list states, as requested",
    FindingKind.MIXED_TIMES: "balances were read at times too far apart",
    FindingKind.READ_LATER: "read long after the others: the network only reports its newest state",
    FindingKind.RESERVES_MISSING: "the publisher owes this asset, but the list claims none of it",
    FindingKind.STATEMENT_UNCHECKED: "nobody confirmed that these texts are the publisher's claim",
    FindingKind.CLAIMED_ELSEWHERE: "another publisher's list claims the same addresses",
    FindingKind.RESERVES_BELOW_LIABILITIES: "less is verified than is owed, and both are proven",
    FindingKind.RESERVES_MAYBE_BELOW: "less is verified than is owed; one side is not proven",
    FindingKind.LIABILITIES_OF_ANOTHER_DAY: "the liabilities are of another day than the balances",
    FindingKind.LIABILITIES_UNDATED: "the date of the liabilities is not known",
    FindingKind.LIABILITIES_REPLACED: "a later statement of what is owed replaced an earlier one",
    FindingKind.LIABILITIES_PARTIAL: "the liabilities are of some users only, or in another unit",
    FindingKind.OWN_TOKEN: "part of the reserves is a coin that the publisher issues itself",
}
"""One plain phrase per kind; a test checks that none is missing."""

TODO: Mapping[str, str] = {
    FindingKind.BAD_SIGNATURE: "Ask the publisher which key signed which text for this address.",
    FindingKind.MALFORMED_PROOF: "Ask the publisher for the exact address and signature.",
    FindingKind.UNSIGNED: "Ask the publisher for a signature, preferably over a fresh challenge.",
    FindingKind.OWNER_UNPROVEN: "Ask the publisher how the signer may spend from this address.",
    FindingKind.SHORTFALL: "Ask the publisher where the rest was at that block.",
    FindingKind.MAYBE_SHORTFALL: "Settle what is doubted about the list, then take a new snapshot.",
    FindingKind.BALANCE_UNAVAILABLE: "Name an endpoint that answers at that height, then resume.",
    FindingKind.SOURCES_DISAGREE: "Read these rows again from a node of your own.",
    FindingKind.CHUNK_FAILED: "Resume the snapshot; 'scanner endpoints check' shows what answers.",
    FindingKind.UNKNOWN_COIN: (
        "Nothing of these rows is in any total. Another name of a known coin needs a row in "
        "config/coin_names.csv, a new token one in config/tokens.csv; if all rows are of one "
        "known coin, take --asset COIN with --columns ignore=COLUMN."
    ),
    FindingKind.DUPLICATE: "Ask the publisher why the address is listed twice.",
    FindingKind.LIST_DATED: "Take a snapshot at the block of that day, with --at.",
    FindingKind.TOTAL_DIFFERS: "Ask the publisher which is right: the total or its rows.",
    FindingKind.UNSUPPORTED_SCHEME: (
        "Check these rows with the wallet's own tool, or ask for another kind of signature."
    ),
    FindingKind.NOT_STATED: (
        "If it is the publisher's own claim, accept it with --statement; else ask for a new one."
    ),
    FindingKind.DIFFERS_NOW: (
        "Take the snapshot soon after the list appears, or read your own node at that height."
    ),
    FindingKind.MOVED_WHILE_READ: (
        "Take a new snapshot; ask the publisher not to move coins for that time."
    ),
    FindingKind.BALANCE_CHANGED: "Do not trust that source: read these rows from another.",
    FindingKind.EMPTY_LIST: "Check that it is the right file, and whole.",
    FindingKind.UNKNOWN_NETWORK: (
        "Nothing of these rows is in any total. --network is for rows that name none; another "
        "name of a network needs a row in config/networks.csv."
    ),
    FindingKind.BAD_ROW: "Compare the line with the published file.",
    FindingKind.NOT_UNDERSTOOD: (
        "Say what it is, with the option that the reason names, then take a new snapshot."
    ),
    FindingKind.UNIT_DOUBTED: (
        "Say the unit with --unit coin or --unit base, then take a new snapshot."
    ),
    FindingKind.ROWS_DOUBTED: (
        "Say what is meant with --columns, --network or --at, then take a new snapshot."
    ),
    FindingKind.BAD_AMOUNT: (
        "Ask the publisher for the amount; the reason says how to read another notation."
    ),
    FindingKind.NEGATIVE_AMOUNT: "Ask the publisher what is meant.",
    FindingKind.BAD_HEIGHT: "Give the block with --at, then take a new snapshot.",
    FindingKind.BAD_ADDRESS: "Compare the address with the publisher's own page.",
    FindingKind.MIXED_HEIGHTS: "Take a snapshot with one --at for the network.",
    FindingKind.TOTAL_UNREADABLE: "Compare the line with the published file.",
    FindingKind.MIXED_TIMES: (
        "Take a snapshot at one moment, with a time for --at, or allow more with --spread."
    ),
    FindingKind.READ_LATER: "Take the snapshot soon after the list appears.",
    FindingKind.RESERVES_MISSING: "Ask the publisher where the reserves of this asset are.",
    FindingKind.STATEMENT_UNCHECKED: "Accept each text that is the publisher's with --statement.",
    FindingKind.CLAIMED_ELSEWHERE: (
        "Ask whose addresses they are; if both are one publisher, 'scanner publishers merge'."
    ),
    FindingKind.RESERVES_BELOW_LIABILITIES: "Ask the publisher where the rest is.",
    FindingKind.RESERVES_MAYBE_BELOW: (
        "Look at the rows that are not verified, and at what the liabilities rest on."
    ),
    FindingKind.LIABILITIES_OF_ANOTHER_DAY: "Import liabilities of the day of the balances.",
    FindingKind.LIABILITIES_REPLACED: "Compare both; ask the publisher why it changed.",
    FindingKind.LIABILITIES_UNDATED: "Ask of which day the liabilities are.",
    FindingKind.LIABILITIES_PARTIAL: "Ask what is owed to all users, in coins.",
    FindingKind.OWN_TOKEN: "Leave it out when you compare reserves with debts.",
}
"""What a reader can do about a kind of finding, in one sentence."""

COUNTS_OVERLAP = (
    "“Rows verified” counts rows whose keys signed a claim of these reserves and whose balance "
    "was read. “Findings” counts what was found: one row can have several, and some are about the "
    "list. A verified row can have findings too, for example where it holds less than it claims. "
    "So these counts overlap, and do not add up to the rows."
)
"""What stands beside figures of verified rows and of findings, where there are any."""

CONTROL: Mapping[Control, str] = {
    Control.CONTROLS: "enough keys signed this message for this address",
    Control.MISMATCH: "signed by another key, or another message was signed",
    Control.MALFORMED: "the address or signature cannot be decoded",
    Control.UNSUPPORTED: "it could not be decided here; the reason says why",
    Control.UNSIGNED: "the publisher gave no signature",
}

BINDING: Mapping[Binding, str] = {
    Binding.DERIVED: "the address is computed from the key or script",
    Binding.ON_CHAIN: "the chain names the signers as its owners at that block",
    Binding.ASSERTED: "the publisher says that the key is the address's; that is not verified",
    Binding.NONE: "nothing ties a key to the address",
}

STATEMENT: Mapping[Statement, str] = {
    Statement.STATED: "the text claims these reserves for this publisher",
    Statement.NOT_STATED: "nothing shows that the text is this publisher's claim",
    Statement.NONE: "no good signature, or the text was not checked",
    Statement.NOT_ASKED: "the program that took the snapshot did not check what was signed",
}

STATED_BY: Mapping[StatedBy, str] = {
    StatedBy.CHALLENGE: "it is the challenge that was issued",
    StatedBy.RULE: "it is a text that the user accepted",
    StatedBy.TABLE: "the table of publishers has it as this publisher's",
    StatedBy.NAMED: "weaker: it is the list's only text, and it claims in the publisher's name",
    StatedBy.NOTHING: "",
}

FRESHNESS: Mapping[Freshness, str] = {
    Freshness.BLOCK_STAMPED: "the message names a block, so it is not older than that",
    Freshness.DATED: "the message states a date, which its writer chose",
    Freshness.STATIC: "nothing in the message says when it was signed",
    Freshness.NONE: "no signature, or none that could be read",
}

EVIDENCE: Mapping[Evidence, str] = {
    Evidence.PROVEN: "checked against a block hash by a state proof or our own full scan",
    Evidence.AGREED: "several independent operators gave the same amount",
    Evidence.REPORTED: "one operator says so",
    Evidence.LATEST_ONLY: "read at the newest block: the network cannot answer for a past one",
    Evidence.UNAVAILABLE: "no source returned a balance; this is not the same as zero",
}

OWED: Mapping[LiabilityEvidence, str] = {
    LiabilityEvidence.REHASHED: "the whole public tree was hashed and added up again here",
    LiabilityEvidence.SNARK_PER_COIN: "a proof of each coin's total, under a known key",
    LiabilityEvidence.SNARK_AGGREGATE: "a proof of one total over all coins, not of each",
    LiabilityEvidence.ROOT_LINKED: "one user's inclusion was checked; the total is unproven",
    LiabilityEvidence.TRANSCRIPT_ONLY: "files that agree with each other, which proves nothing",
    LiabilityEvidence.PUBLISHED: "published figure, not independently checked",
}

LIMITS: tuple[tuple[str, str], ...] = (
    (
        "Legal title",
        "A signature shows that somebody with the key signed. It does not show who owns the coins "
        "in law, or whether they are pledged to someone else.",
    ),
    (
        "Hidden liabilities",
        "What the publisher owes is known only as far as it was published. Debts that were left "
        "out make any reserve ratio look better than it is.",
    ),
    (
        "Coins borrowed for a day",
        "A snapshot is one moment per network. Coins lent to the publisher for that moment count "
        "like its own; only snapshots at unpredictable times make that harder.",
    ),
    (
        "Old signatures",
        "A message without a date or block can have been signed years ago, by a key that has since "
        "been sold or lost.",
    ),
    (
        "One set of coins, two publishers",
        "Only lists of one database are compared: somebody else may claim the same addresses in "
        "a list that is not in it.",
    ),
    (
        "Other assets and other addresses",
        "Holdings that the list leaves out are not checked: the result is a lower bound, not a "
        "statement of accounts.",
    ),
)
"""What a proof of reserves does not show, said on every report."""
