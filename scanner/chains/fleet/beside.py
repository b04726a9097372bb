"""Endpoints of two chains that hold one network's balances together, and who runs both."""

from __future__ import annotations

from collections.abc import Sequence

from scanner.chains.fleet.quorum import operator_of, operators_of
from scanner.errors import ConfigError
from scanner.model.endpoint import Endpoint


def pairs_of(
    network: str,
    chains: tuple[str, str],
    first: Sequence[Endpoint],
    second: Sequence[Endpoint],
    quorum: int,
) -> list[tuple[Endpoint, Endpoint]]:
    """Each endpoint of the first chain with one of the second, its own operator's where it has one.

    chains: what the two are called, for messages. second: at least one.
    With a quorum an operator counts with endpoints of both chains alone: two whose answers rest on
    one server say what that server says. Raises ConfigError where too few have both.
    """
    if quorum == 1:
        theirs = [_of(endpoint, second) or second for endpoint in first]
    else:
        theirs = [_of(endpoint, second) for endpoint in first]
        both = operators_of(first) & operators_of(second)
        _require_both(network, chains, (first, second), both, quorum)
    return [
        (endpoint, some[n % len(some)])
        for n, (endpoint, some) in enumerate(zip(first, theirs, strict=True))
        if some
    ]


def _of(endpoint: Endpoint, among: Sequence[Endpoint]) -> Sequence[Endpoint]:
    return [other for other in among if operator_of(other) == operator_of(endpoint)]


def _require_both(
    network: str,
    chains: tuple[str, str],
    groups: tuple[Sequence[Endpoint], Sequence[Endpoint]],
    both: set[str],
    quorum: int,
) -> None:
    missing = {
        operator_of(e): f"{chain} by the operator of {e.name} ({e.operator or 'name the operator'})"
        for chain, group in zip(reversed(chains), groups, strict=True)
        for e in group
        if operator_of(e) not in both
    }
    if len(both) >= quorum or not missing:
        return
    raise ConfigError(
        f"{network}: a quorum of {quorum} needs as many operators with endpoints of both chains, "
        f"{'there is 1' if len(both) == 1 else f'there are {len(both)}'}: "
        f"add an endpoint of {', or of '.join(missing.values())}"
    )
