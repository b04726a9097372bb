"""Every error of the scanner, in one tree.

ScannerError
 ├─ InputError               fix what was given
 │   ├─ ListFormatError      a published list cannot be read (file, line, column)
 │   ├─ AddressFormatError   an address is not one of its network
 │   ├─ AmountFormatError    an amount is not a plain, exact number of the asset
 │   ├─ UnknownAssetError    a coin or network name that no table knows
 │   └─ ConfigError          a setting, table or endpoint is wrong
 │       └─ MissingExtraError    a package that only some installations have is not here
 ├─ SourceError              a chain source failed (endpoint)
 │   ├─ SourceUnavailableError   no usable answer; safe to ask again
 │   ├─ SourceRejectedError      the source will not answer this; asking again is useless
 │   │   └─ OtherBlockError      its beacon block does not hold the pinned execution block
 │   ├─ HeightNotReachedError    the source's chain has not reached the height
 │   ├─ HeightPrunedError        the source no longer has the state of that height
 │   └─ ReorgError               the pinned block left the best chain
 ├─ StoreError               the database refused
 │   ├─ MigrationNeededError     its schema is older or newer than this program
 │   ├─ SnapshotNotFoundError    no such snapshot
 │   ├─ SnapshotPrunedError      its rows were deleted, its totals and its seal are kept
 │   ├─ BusyError                another process is at the same work
 │   ├─ PinReplacedError         a chunk was read at a block that is not the pinned one any more
 │   └─ DisagreementError        a second reading differs from the stored one
 └─ NodeError                a node of the demonstration cannot be run
     ├─ NodeMissingError         its program is not there
     └─ NodeFailedError          it did not start, or refused a call

A bad signature is a verdict and not an error; a dead node is an error and not a verdict. The shells
(`cli`, `worker`, `web`) turn a ScannerError into words for whoever asked; rooms below catch one
only where the work goes on without what failed: a chunk, a row, an alert. Messages never hold an
endpoint's URL: endpoints have names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from urllib.parse import unquote


class ScannerError(Exception):
    """Root of the tree; `str()` is one line for people: what happened, where, what to do."""


class InputError(ScannerError):
    """What was given must be changed."""


class ListFormatError(InputError):
    """A published list cannot be read.

    file: its name as given. line, column: from 1, None where they mean nothing.
    """

    def __init__(
        self, file: str, what: str, line: int | None = None, column: int | None = None
    ) -> None:
        self.file, self.what, self.line, self.column = file, what, line, column
        place = file + "".join(f":{n}" for n in (line, column) if n is not None)
        super().__init__(f"{place}: {what}")


class AddressFormatError(InputError):
    """A text is not an address of the network. `reason` says in what."""

    def __init__(self, network: str, text: str, reason: str) -> None:
        self.network, self.text, self.reason = network, text, reason
        super().__init__(f"not an address of {network}: {clip(text)!r} ({reason})")


class AmountFormatError(InputError):
    """A text is not a plain exact amount. `reason` says in what."""

    def __init__(self, text: str, reason: str) -> None:
        self.text, self.reason = text, reason
        super().__init__(f"not an amount: {clip(text)!r} ({reason})")


class UnknownAssetError(InputError):
    """A coin name, or a coin and network together, that no table knows."""

    def __init__(self, coin: str, network: str, reason: str) -> None:
        self.coin, self.network, self.reason = coin, network, reason
        super().__init__(reason)


class ConfigError(InputError):
    """A setting, table row or endpoint definition is wrong."""


class MissingExtraError(ConfigError):
    """Something needs a package that is not installed.

    what: what needs it, as the start of a sentence. extra: the extra of pyproject.toml that has it.
    """

    def __init__(self, what: str, extra: str) -> None:
        self.what, self.extra = what, extra
        super().__init__(f"{what}: {install_command(extra)}")


def install_command(extra: str) -> str:
    """The command that adds an extra, from where this program was installed.

    Only what came from an index has a name there: of a checkout, or of what was installed from one,
    the name of the project would fetch somebody else's code.
    """
    folder = Path(__file__).resolve().parents[1]
    if not _is_source(folder):
        noted = _noted_by_pip()
        if noted is None:
            return f"pip install 'reserve-scanner[{extra}]'"
        if found := re.search(r'"url": *"file://(/[^"]*)"', noted):
            folder = Path(unquote(found[1]))
    if not _is_source(folder):
        return f"pip install '.[{extra}]' in the folder of its source"
    here = "." if folder == Path.cwd() else str(folder)
    return f"pip install '{here}[{extra}]'"


def _is_source(folder: Path) -> bool:
    return (folder / "pyproject.toml").is_file()


def _noted_by_pip() -> str | None:
    """What pip notes of an installation that is of no index (PEP 610), None if it is of one."""
    from importlib.metadata import PackageNotFoundError, distribution  # noqa: PLC0415 - heavy

    try:
        return distribution("reserve-scanner").read_text("direct_url.json")
    except PackageNotFoundError:
        return ""


class SourceError(ScannerError):
    """A chain source failed. `endpoint` is its configured name, never its URL."""

    def __init__(self, endpoint: str, what: str) -> None:
        self.endpoint, self.what = endpoint, what
        super().__init__(f"{endpoint}: {what}")


class SourceUnavailableError(SourceError):
    """No usable answer: time-out, connection, server error, rate limit. Safe to ask again.

    retry_after: seconds the server asked us to wait, None if it did not say.
    """

    def __init__(self, endpoint: str, what: str, retry_after: float | None = None) -> None:
        super().__init__(endpoint, what)
        self.retry_after = retry_after


class SourceRejectedError(SourceError):
    """The source understood and will not answer, or is not the right one (wrong chain id)."""


class OtherBlockError(SourceRejectedError):
    """The beacon block at a pinned execution block's time does not hold that block.

    slot: of the beacon block. expected_hash: the pinned execution block. seen_hash: the one that
    the beacon block holds; "" if there is no such block, or it holds none.
    """

    def __init__(self, endpoint: str, slot: int, expected_hash: str, seen_hash: str) -> None:
        super().__init__(
            endpoint,
            f"slot {slot} of its beacon chain holds {seen_hash or 'no execution block'}, not the "
            f"pinned block {expected_hash}: it is on another chain or branch, or the pinned block "
            "is older than the merge",
        )
        self.slot, self.expected_hash, self.seen_hash = slot, expected_hash, seen_hash


class HeightNotReachedError(SourceError):
    """The source's best chain ends below the height."""

    def __init__(self, endpoint: str, height: int, tip: int) -> None:
        super().__init__(endpoint, f"height {height} is above its tip {tip}")
        self.height, self.tip = height, tip


class HeightPrunedError(SourceError):
    """The source cannot answer at that height any more (or at all: a tip-only source)."""

    def __init__(self, endpoint: str, height: int, why: str) -> None:
        super().__init__(endpoint, f"cannot answer at height {height}: {why}")
        self.height = height


class ReorgError(SourceError):
    """The block pinned by hash is no longer on the source's best chain."""

    def __init__(self, endpoint: str, height: int, expected_hash: str, seen_hash: str) -> None:
        super().__init__(
            endpoint,
            f"block {height} was {expected_hash} and is now {seen_hash or 'gone'}: "
            "if it stays so, take a new snapshot",
        )
        self.height, self.expected_hash, self.seen_hash = height, expected_hash, seen_hash


class StoreError(ScannerError):
    """The database refused."""


class BusyError(StoreError):
    """Another process is at the same work; it lets go when it ends, however it ends."""

    def __init__(self, what: str, where: str) -> None:
        self.what = what
        super().__init__(f"another process is working in {where} ({what}): wait for it or stop it")


class PinReplacedError(StoreError):
    """A chunk was read at a block that has been replaced since: it is to be read again."""

    def __init__(self, network: str, height: int) -> None:
        super().__init__(f"{network}: another block is pinned for height {height} meanwhile")


class MigrationNeededError(StoreError):
    """The schema's revision is not the one this program was made for."""

    def __init__(self, found: str | None, wanted: str) -> None:
        self.found, self.wanted = found, wanted
        super().__init__(
            f"the database is of an older version of this program (migration {found or 'none'}, "
            f"not {wanted}): run 'scanner db upgrade'"
        )


class SnapshotNotFoundError(StoreError):
    """No snapshot has that id, or there is none at all."""

    def __init__(self, wanted: str) -> None:
        self.wanted = wanted
        none = "this database has no snapshot yet: 'scanner snapshot FILE' makes one"
        super().__init__(f"no snapshot {wanted!r} in this database" if wanted else none)


class SnapshotPrunedError(StoreError):
    """The rows of a snapshot were deleted; its totals and its seal are kept. on: the day, UTC."""

    def __init__(self, snapshot: int, on: str) -> None:
        self.snapshot, self.on = snapshot, on
        super().__init__(
            f"snapshot {snapshot} was pruned on {on}: its rows are gone, "
            f"'scanner pruned {snapshot}' shows what is kept"
        )


class DisagreementError(StoreError):
    """A chunk read again gave another value at the same block hash."""

    def __init__(self, claim_id: int, stored: str, seen: str) -> None:
        self.claim_id, self.stored, self.seen = claim_id, stored, seen
        super().__init__(f"claim {claim_id}: stored {stored}, read again {seen}")


class NodeError(ScannerError):
    """A node that the demonstration (or a test) starts itself cannot be run."""


class NodeMissingError(NodeError):
    """The program of a node is not on this machine. `remedy` says how to get it."""

    def __init__(self, program: str, remedy: str) -> None:
        self.program, self.remedy = program, remedy
        super().__init__(f"{program} is missing: {remedy}")


class NodeFailedError(NodeError):
    """A node ended, was not ready in time, or refused a call. `log` is the file with its words."""

    def __init__(self, node: str, what: str, log: str = "") -> None:
        self.node, self.what, self.log = node, what, log
        super().__init__(f"{node}: {what}" + (f"; see {log}" if log else ""))


def why(error: Exception) -> str:
    """An error's words for a message that names the file itself: no number, no name again."""
    return (error.strerror if isinstance(error, OSError) else "") or str(error)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Name what a mistyped word may mean: "; did you mean 'ethereum'?", "" where nothing is near.

    known: the words that would do. Source: difflib's ratio, with its usual cutoff.
    """
    near = get_close_matches(word.strip().lower()[:64], [k.lower() for k in known], n=2)
    return f"; did you mean {' or '.join(repr(n) for n in near)}?" if near else ""


def unknown_key(key: str, known: Iterable[str]) -> str:
    """Words about a key that a file of settings may not have. known: those that it may."""
    return f"unknown key {clip(key, 60)!r}{did_you_mean(key, known)}"


def clip(text: str, limit: int = 80) -> str:
    """Shorten hostile text for a message: at most `limit` characters, the cut marked by '…'."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
