"""One user's file of Binance's or Gate's batches, held against the batches, checked first.

Alone such a file shows a place under a root that it says itself. Beside the batches the root is
theirs, and so are the sizes of an account and the range of places that the totals run over: a root
binds the whole tree, so an account behind the last batch leads to it too, and is in no total.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import cast

from scanner.errors import InputError, ListFormatError
from scanner.liabilities.binance import batches as binance_batches
from scanner.liabilities.binance import user as binance_user
from scanner.liabilities.documents import read_document
from scanner.liabilities.gate import batches as gate_batches
from scanner.liabilities.gate import user as gate_user
from scanner.liabilities.interface import OTHER_ROUND, Inclusion, ProofCheck, ProofStatus
from scanner.liabilities.others.path import Path as FoundPath
from scanner.liabilities.refusal import RefusedError, ShapeError

MOST_ROOM = 500
"""Assets of the largest account that is hashed."""


def recognises(document: Mapping[str, object]) -> bool:
    """Whether a JSON object is the totals of such batches."""
    return binance_batches.recognises(document) or gate_batches.recognises(document)


def verify_user(
    document: Mapping[str, object], path: Path, user: Path | None, pin: str
) -> Inclusion:
    """Check the batches, then lead the user's account up to their root.

    document, path: `config.json` or `cex_config.json`. pin: as for the batches.
    The account must stand at a place that the batches run over; where the form binds no range,
    a gap says so, and the answer is unproven.
    Raises ListFormatError where a file is not of its form, InputError without a user's file.
    """
    if user is None:
        raise InputError(
            f"{path.name} has the totals of batches: it needs the user's file (--user)"
        )
    if gate_batches.recognises(document):
        if pin:
            raise InputError("--key: Gate's proofs are not checked under a key yet")
        check = gate_batches.check_chain(document, path)
    else:
        check = binance_batches.check_batches(document, path, pin)
    if check.status is ProofStatus.REFUSED:
        return _refused(check, f"the batches are false: {check.place}: {check.reason}")
    try:
        found = _climbed(check, document, read_document(user), user.name)
    except ShapeError as e:
        raise ListFormatError(user.name, f"not of the batches' form: {e}") from None
    except RefusedError as e:
        own_root = e.place in (gate_user.ROOT, binance_user.ROOT)
        return _refused(check, f"{e}; {OTHER_ROUND}" if own_root else str(e))
    if found.root != check.root:
        leads = f"the account leads to {found.root}, not to the batches' root"
        return _refused(check, f"{leads}; {OTHER_ROUND}")
    if outside := _outside(check, found):
        return _refused(check, outside)
    return Inclusion(
        True,
        check.root,
        dict(found.amounts),
        found.decimals,
        (),
        format=check.format,
        unit=found.unit,
        gaps=check.gaps if check.accounts is not None else (*check.gaps, gate_batches.NO_RANGE),
        unproven=check.status is not ProofStatus.ACCEPTED or check.accounts is None,
        account=found.account,
    )


def _outside(check: ProofCheck, found: FoundPath) -> str:
    """Why an account is not among those of the batches; "" if it is, or no range is bound."""
    if check.accounts is None or (found.position is not None and found.position < check.accounts):
        return ""
    last = check.accounts - 1
    return f"the account's place is {found.position}, and the batches end at account {last}"


def _climbed(
    check: ProofCheck, document: Mapping[str, object], own: Mapping[str, object], file: str
) -> FoundPath:
    entries = cast("list[dict[str, object]]", document["CexAssetsInfo"])  # read by the check
    names = {cast("int", entry["Index"]): str(entry["Symbol"]) for entry in entries}
    if check.format == gate_batches.NAME and gate_user.recognises(own):
        return gate_user.climb(own, names)
    if check.format == binance_batches.NAME and binance_user.recognises(own):
        rooms = cast("list[int]", document["AssetsCountTiers"])  # numbers: the check has read them
        return binance_user.climb(own, [room for room in rooms if room <= MOST_ROOM], names)
    raise ListFormatError(file, "not a user's file of these batches")


def _refused(check: ProofCheck, reason: str) -> Inclusion:
    return Inclusion(False, check.root, {}, 0, (), reason=reason, format=check.format)
