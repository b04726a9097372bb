"""Messages that are JSON of the parts a wallet signs beside the text: ton_proof, NEP-413.

What a person read when signing is one of the parts: `text_shown` gives it, for whoever judges what
was stated. Parts are read strictly: no name twice, no number that is none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping

from scanner.model.jsontext import read_json

_OF_PARTS = ("nep413", "ton_connect")
LONGEST = 65_536
"""Characters of a message that is looked at."""


def read_parts(message: str) -> Mapping[str, object] | None:
    """The parts of a message that is one JSON object; None if it is not."""
    if message[:1] != "{" or len(message) > LONGEST:
        return None
    try:
        read_json(message)
        found = json.loads(message, object_pairs_hook=_once)  # noqa: TID251 - of a size that is read
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is given twice")
    return found


def text_shown(message: str) -> str:
    """The text that the signer was shown: a part of the message where it is JSON of parts.

    The message itself for everything else, also for typed data and any other JSON.
    """
    parts = read_parts(message)
    if parts is None:
        return message
    if is_nep413(parts):
        return str(parts["message"])
    payload = parts.get("payload")
    if is_ton_proof(parts):
        return str(payload)
    if is_sign_data(parts) and isinstance(payload, dict) and payload.get("type") == "text":
        return str(payload["text"])
    return message


def signed_text(scheme: str, message: str) -> str:
    """What counts as said by a signed row: the text shown, where the row's scheme signs parts."""
    return text_shown(message) if scheme in _OF_PARTS else message


def is_nep413(parts: Mapping[str, object]) -> bool:
    """Whether parts are NEP-413's and nothing else: what is not signed is not taken for signed."""
    return _are(parts, {"message": str, "recipient": str, "nonce": (str, list)}, ("callbackUrl",))


def is_ton_proof(parts: Mapping[str, object]) -> bool:
    """Whether parts are ton_proof's: timestamp, domain of a length and a value, payload."""
    domain = parts.get("domain")
    return (
        _are(parts, {"domain": dict, "timestamp": int, "payload": str}, ("address",))
        and isinstance(domain, dict)
        and _are(domain, {"lengthBytes": int, "value": str})
    )


def is_sign_data(parts: Mapping[str, object]) -> bool:
    """Whether parts are signData's: timestamp, domain as text, payload of a type."""
    payload = parts.get("payload")
    if not _are(parts, {"domain": str, "timestamp": int, "payload": dict}, ("address",)):
        return False
    if not isinstance(payload, dict):
        return False
    kind = payload.get("type")
    return (kind == "text" and _are(payload, {"type": str, "text": str})) or (
        kind == "binary" and _are(payload, {"type": str, "bytes": str})
    )


def _are(
    parts: Mapping[str, object],
    wanted: Mapping[str, type | tuple[type, ...]],
    optional: Collection[str] = (),
) -> bool:
    """Whether all wanted parts are there, of their types, and no other but the optional ones."""
    return set(wanted) <= set(parts) <= {*wanted, *optional} and all(
        isinstance(parts[name], kind) and not isinstance(parts[name], bool)
        for name, kind in wanted.items()
    )
