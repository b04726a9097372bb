"""A balance's stored `detail` in words: what stands behind an amount, label by label."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from scanner.model.amount import counted
from scanner.model.jsontext import own_json
from scanner.reports.figures.amounts import whole_coins

Line = tuple[str, str]
"""A label and what is said under it."""

_Say = Callable[[Any, int, str], str]


def detail_lines(detail: str, decimals: int, asset: str) -> list[Line]:
    """What a balance's detail says, in its order; nothing for an empty one.

    Amounts are whole coins of the asset. What has no words here is shown under its own name as it
    is stored: nothing is left out.
    """
    if not detail:
        return []
    said: Mapping[str, Any] = own_json(detail)
    lines: list[Line] = []
    for key, value in said.items():
        label, say = _WORDS.get(key, (key.replace("_", " ").capitalize(), _plain))
        lines.append((label, say(value, decimals, asset)))
    return lines


def _plain(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401 - JSON
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        pairs = (f"{key}: {_plain(each, decimals, asset)}" for key, each in value.items())
        return "; ".join(pairs)
    if isinstance(value, list):
        return ", ".join(_plain(each, decimals, asset) for each in value)
    return str(value)


def _coins(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401
    text = str(value)
    if not text.removeprefix("-").isdecimal() or not text.isascii():
        return text
    return f"{whole_coins(int(text), decimals)} {asset}"


def _each(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401
    """What several said: name -> base units, or words."""
    if not isinstance(value, Mapping):
        return _plain(value, decimals, asset)
    return "; ".join(f"{name}: {_coins(said, decimals, asset)}" for name, said in value.items())


def _outputs(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401
    """Unspent outputs, the largest first: [["txid:vout", base units, height], ...]."""
    if not isinstance(value, list) or not all(isinstance(v, list) and len(v) == 3 for v in value):
        return _plain(value, decimals, asset)
    return "; ".join(
        f"{_coins(units, decimals, asset)} in {place} since block {height}"
        for place, units, height in value
    )


def _state(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401
    """The state that was read in a block's place: its height and time, where they are known."""
    if not isinstance(value, Mapping):
        return _plain(value, decimals, asset)
    words = []
    for name, known in value.items():
        if name == "time" and type(known) is int:
            moment = datetime.fromtimestamp(known, UTC)
            words.append(f"{moment:%Y-%m-%d %H:%M:%S} UTC")
        else:
            words.append(f"{name.replace('_', ' ')} {_plain(known, decimals, asset)}")
    return ", ".join(words)


def _frozen(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401
    return "its issuer has frozen it" if value is True else _plain(value, decimals, asset)


def _number(noun: str) -> _Say:
    def say(value: Any, decimals: int, asset: str) -> str:  # noqa: ANN401
        return counted(value, noun) if type(value) is int else _plain(value, decimals, asset)

    return say


_WORDS: Mapping[str, tuple[str, _Say]] = {
    "read_at": ("Newest state read", _state),
    "parts": ("Made up of", _each),
    "disagree": ("The sources disagree", _each),
    "outvoted": ("Others said", _each),
    "beside": ("A part of it is the word of", _plain),
    "last_seen": ("Last seen, not settled", _coins),
    "outputs": ("Unspent outputs", _number("output")),
    "coins": ("The largest of them", _outputs),
    "immature": ("Of it not spendable yet", _coins),
    "dust": ("Of it in very small outputs", _coins),
    "unconfirmed": ("Not confirmed, and not counted", _coins),
    "unconfirmed_transactions": ("Not confirmed, and not counted", _number("transaction")),
    "transactions": ("In the address's history", _number("transaction")),
    "merkle_proofs": ("Proven in their blocks", _number("transaction")),
    "to_height": ("Chain grew meanwhile to", _plain),
    "relay_height": ("Height of the relay chain", _plain),
    "relay": ("Of it on the relay chain", _coins),
    "frozen": ("Frozen", _frozen),
    "program": ("Program of the account", _plain),
    "flags": ("Flags of the contract", _plain),
    "status": ("Status of the validator", lambda v, d, a: _plain(v, d, a).replace("_", " ")),
    "withdrawal_credentials": ("Withdrawal credentials", _plain),
    "slashed": ("Slashed", _plain),
    "liquid": ("Liquid coins", _plain),
    "exact": ("As the ledger writes it", _plain),
}
