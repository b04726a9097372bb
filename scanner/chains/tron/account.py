"""The parts of an account's TRX, out of java-tron's JSON of it. All amounts are sun, 10^-6 TRX.

Source: java-tron's HTTP API (getaccount), protocol/core/Tron.proto (Account). Protobuf's JSON
leaves zeros out: a missing field is 0 inside an answer that names the account it is about.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError

_ENTRY: Final = {
    "frozenV2": ("type", "amount"),
    "unfrozenV2": ("type", "unfreeze_amount", "unfreeze_expire_time"),
    "frozen": ("frozen_balance", "expire_time"),
}
_RESOURCE: Final = (
    "energy_usage", "frozen_balance_for_energy", "latest_consume_time_for_energy",
    "acquired_delegated_frozen_balance_for_energy", "delegated_frozen_balance_for_energy",
    "storage_limit", "storage_usage", "latest_exchange_storage_time", "energy_window_size",
    "delegated_frozenV2_balance_for_energy", "acquired_delegated_frozenV2_balance_for_energy",
    "energy_window_optimized",
)  # fmt: skip
"""Names of fields in protocol/core/Tron.proto (Account, AccountResource)."""


def trx_parts(endpoint: str, account: dict[str, object]) -> dict[str, int]:
    """Split what an account holds: liquid, staked, delegated, unbonding, reward.

    delegated: own stake whose use was lent out; it has left `staked`. What others lent to the
    account (acquired_...) is theirs and not counted. reward: what waits to be withdrawn, as far as
    the account holds it (`allowance`); votes since the last withdrawal are not in it.
    Raises SourceUnavailableError for a number that is none.
    """
    resource = _object(endpoint, account, "account_resource")
    _known(endpoint, resource, _RESOURCE)

    def number(holder: dict[str, object], name: str) -> int:
        return _number(endpoint, holder, name)

    entries = list(_objects(endpoint, account, "frozenV2"))
    if len({str(e.get("type")) for e in entries}) < len(entries):
        raise SourceUnavailableError(endpoint, "shows one kind of stake twice")
    staked = sum(number(e, "amount") for e in entries)
    staked += sum(number(e, "frozen_balance") for e in _objects(endpoint, account, "frozen"))
    for holder, name in (
        (resource, "frozen_balance_for_energy"),
        (account, "tron_power"),
    ):
        staked += number(_object(endpoint, holder, name), "frozen_balance")
    # In the account of whoever staked: version 1 and 2 of staking, bandwidth and energy.
    delegated = sum(
        number(account, f"delegated_{version}_for_bandwidth")
        + number(resource, f"delegated_{version}_for_energy")
        for version in ("frozen_balance", "frozenV2_balance")
    )
    unfreezing = _objects(endpoint, account, "unfrozenV2")
    return {
        "liquid": number(account, "balance"),
        "staked": staked,
        "delegated": delegated,
        "unbonding": sum(number(e, "unfreeze_amount") for e in unfreezing),
        "reward": number(account, "allowance"),
    }


def _number(endpoint: str, holder: dict[str, object], name: str) -> int:
    value = take(endpoint, holder, int, name) if name in holder else 0
    if not 0 <= value < 1 << 63:
        raise SourceUnavailableError(endpoint, f"gave an invalid answer: {name} is {value}")
    return value


def _object(endpoint: str, holder: dict[str, object], name: str) -> dict[str, object]:
    return take(endpoint, holder, dict, name) if name in holder else {}


def _objects(endpoint: str, holder: dict[str, object], name: str) -> Iterator[dict[str, object]]:
    found = take(endpoint, holder, list, name) if name in holder else []
    for item in found:
        entry = take(endpoint, item, dict)
        _known(endpoint, entry, _ENTRY[name])
        yield entry


def _known(endpoint: str, holder: dict[str, object], names: Collection[str]) -> None:
    """Refuse an object of other fields: what is missing there was not left out for being zero."""
    if holder and not any(name in holder for name in names):
        raise SourceUnavailableError(endpoint, "gave an invalid answer: it has unknown fields only")
