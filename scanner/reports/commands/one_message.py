"""One checked message, for machines and people."""

from __future__ import annotations

from scanner.model.control import Control
from scanner.ownership.one_message import Checked, SignedMessage
from scanner.reports.figures import other_chains


def checked_object(given: SignedMessage, checked: Checked, chain: str = "") -> dict[str, object]:
    """Make the object that `scanner verify-message --json` writes.

    chain: id or name of the chain that was asked, "" if none was. `evidence` is of `control` and
    `binding`, and null where nothing is shown about who controls the address: what could not be
    decoded or decided, or is only asserted, is not proven by anything.
    """
    result = checked.result
    shown = result.shows_control or result.control is Control.MISMATCH
    return {
        "address": given.address,
        "network": checked.network,
        "control": result.control,
        "binding": result.binding,
        "evidence": result.evidence if shown else None,
        "freshness": result.freshness,
        "scheme": result.scheme,
        "required": result.required,
        "signed_by": result.signed_by,
        "keys_can_change": checked.changeable,
        "purpose": checked.purpose,
        "reason": result.reason,
        "words": checked.words,
        "chain": chain,
    }


def checked_lines(checked: Checked, chain: str = "") -> list[str]:
    """The verdict in words, then its parts, one a line; parts that say nothing are left out.

    chain: as for `checked_object`; it is told where it is not the network's own.
    """
    result = checked.result
    apart = other_chains.apart([(checked.network, chain)] if chain else [])
    parts = {
        "network": f"{checked.network} (chain {chain})" if apart else checked.network,
        "control": result.control,
        "scheme": result.scheme,
        "binding": result.binding,
        "freshness": result.freshness,
        "signed by": ", ".join(result.signed_by),
        "reason": result.reason,
    }
    lines = [f"  {name}: {value}" for name, value in parts.items() if value not in ("", "none")]
    return [checked.words, *other_chains.chain_lines(apart), *lines]
