"""A checked proof of liabilities, and one user's share of a total, for machines and people."""

from __future__ import annotations

from scanner.liabilities.documents import NOT_CHECKED
from scanner.liabilities.interface import Inclusion, Liability, ProofCheck, ProofStatus
from scanner.model.amount import format_amount


def proof_object(found: ProofCheck) -> dict[str, object]:
    """Make the object that `scanner liabilities verify --json` writes.

    net: text, for its size; null where the form has no such.
    Amounts are in base units of `decimals`; where `unit` is not "", in that unit and not in coins.
    equity, debt: what an amount is the difference of, null where it is none.
    """
    return {
        "format": found.format,
        "status": found.status.value,
        "grade": found.grade.value,
        "net": None if found.net is None else str(found.net),
        "root": found.root,
        "key": found.key,
        "key_from": found.key_from,
        "totals": [
            {
                **_total_object(total),
                "unit": total.detail.get("unit", ""),
                "equity": total.detail.get("equity"),
                "debt": total.detail.get("debt"),
            }
            for total in found.totals
        ],
        "stated": found.stated,
        "gaps": list(found.gaps),
        "place": found.place,
        "reason": found.reason,
    }


def _headline(found: ProofCheck) -> str:
    if found.status is ProofStatus.REFUSED:
        return f"false: {': '.join(filter(None, (found.place, found.reason)))}"
    if found.status is ProofStatus.UNCHECKED:
        return f"named, not checked: {found.stated['file']} of {found.stated['publisher']}"
    if found.status is ProofStatus.CONSISTENT:
        return "consistent, but not proven"
    if found.key:
        return "accepted by the published verifier under a pinned key"
    return "all hashes and sums are correct"


def proof_lines(found: ProofCheck) -> list[str]:
    """The result in words, then its parts, one a line."""
    lines = [f"{found.format}: {_headline(found)}"]
    hashes = [f"sha256: {found.stated['sha256']}"] if "sha256" in found.stated else []
    if found.status is ProofStatus.UNCHECKED:
        return [*lines, *hashes, *(f"note: {gap.removeprefix(NOT_CHECKED)}" for gap in found.gaps)]
    lines.append(f"evidence: {found.grade.value}")
    # What nothing stands behind is somebody's claim: "owed" would be our word for it.
    owed = "owed" if found.status is ProofStatus.ACCEPTED else "claimed"
    if found.net is not None:
        unit = "the publisher's unit of value"
        lines.append(f"{owed} over all coins, net: {found.net:,} in {unit}")
    lines += [
        f"{owed}: {t.asset} {format_amount(t.amount, t.decimals)}{_unit(t)} "
        f"({t.evidence.value}{_less(t)})"
        for t in found.totals
        if found.status is not ProofStatus.REFUSED
    ]
    if leaves := found.stated.get("leaves"):
        lines.append(f"entries: {int(leaves):,}")
    if as_of := found.stated.get("as of"):
        lines.append(f"as of: {as_of} (as the file says)")
    if found.root:
        lines.append(f"root: {found.root}")
    lines += hashes
    if found.key:
        lines.append(f"key: {found.key} (from {found.key_from})")
    return lines + [f"gap: {gap}" for gap in found.gaps]


def _less(total: Liability) -> str:
    """What was taken off a total, which somebody who is invented may owe; "" where nothing was."""
    debt = total.detail.get("debt", "0")
    return f"; users hold {total.detail['equity']} and owe {debt}" if debt != "0" else ""


def _unit(total: Liability) -> str:
    return f" in {unit}" if (unit := total.detail.get("unit")) else ""


def inclusion_object(found: Inclusion) -> dict[str, object]:
    """Make the object that `scanner liabilities verify-inclusion --json` writes, in base units."""
    return {
        "format": found.format,
        "included": found.included,
        "reason": found.reason,
        "unproven": found.unproven,
        "unit": found.unit,
        "gaps": _gaps(found),
        "root": found.root,
        "sha256": found.sha256,
        "leaves": list(found.leaves),
        "decimals": found.decimals,
        "amounts": {asset: str(amount) for asset, amount in found.amounts.items()},
        "account": found.account,
        "as_of": found.as_of,
        "compare": to_compare(found),
        "totals": [_total_object(total) for total in found.totals],
    }


def inclusion_lines(found: Inclusion) -> list[str]:
    """The answer in words, then what it rests on, one a line."""
    held = ", ".join(f"{a} {format_amount(n, found.decimals)}" for a, n in found.amounts.items())
    held += f" in {found.unit}" if found.unit else ""
    included = "included, but not proven" if found.unproven else "included"
    lines = [f"{included}: {held}" if found.included else f"not included: {found.reason}"]
    if found.included and found.account:
        lines.append(f"account: {found.account}")
    if found.included and found.as_of:
        lines.append(f"as of: {found.as_of} (as the file says)")
    if found.included and found.leaves:
        lines.append("leaves: " + ", ".join(map(str, found.leaves)))
    if found.root:
        lines.append(f"root: {found.root}")
    if found.sha256:
        lines.append(f"sha256: {found.sha256}")
    lines += [_total(total) for total in found.totals]
    lines += [f"compare: {what}" for what in to_compare(found)]
    return lines + [f"gap: {gap}" for gap in _gaps(found)]


_AMOUNTS = (
    "the amounts with all that you held at the publication's moment, and a debt with what you "
    "owed: the difference was left out"
)
_ACCOUNT = (
    "the account with your own: one entry can be shown to several customers, and another's is "
    "included just as well"
)
_ANYBODYS = (
    "nothing in the entry says whose it is: one entry can be shown to every customer who held as "
    "much"
)
_ROOT = (
    "the root with the one that the publisher shows to everybody, best with --root: a file made "
    "only for you would include you, too"
)


def to_compare(found: Inclusion) -> list[str]:
    """What only the user can compare before the answer means what it seems to mean."""
    if not found.included:
        return []
    account = [_ACCOUNT] if found.account else []
    return [_AMOUNTS, *account, *([] if found.compared else [_ROOT])]


def _gaps(found: Inclusion) -> list[str]:
    return [*found.gaps, *([_ANYBODYS] if found.included and not found.account else [])]


def _total(total: Liability) -> str:
    amount = format_amount(total.amount, total.decimals)
    owed = "owed" if total.evidence.proves_coin_totals else "claimed"
    return f"total {owed}: {total.asset} {amount} ({total.evidence.value})"


def _total_object(total: Liability) -> dict[str, object]:
    return {
        "asset": total.asset,
        "decimals": total.decimals,
        "amount": str(total.amount),
        "evidence": total.evidence.value,
    }
