"""Messages that are JSON of the parts a wallet signs beside the text: ton_proof, NEP-413.

What a person read when signing is one of the parts: `said_in` gives it, with the place that it was
signed for, for whoever judges what was stated: a log-in at a web site is signed for that site, and
its text is whatever the site chose. Parts are read strictly: no name twice, no number that is none.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from scanner.model.jsontext import read_json

_OF_PARTS = ("nep413", "ton_connect")
_new = tuple.__new__
KEYS = ("public_key", "publicKey")
STATES = ("state_init", "walletStateInit")
_BESIDE = ("address", "network", "signature", *KEYS, *STATES)
"""What wallets of TON answer beside what they sign, and pages send on; all must be the row's own.
"""
_PAYLOADS = {"text": ("text",), "binary": ("bytes",), "cell": ("schema", "cell")}
"""What signData signs -> the fields that it is in."""
_SENT = ("network", "from")
"""What pages of TON send beside the text; both must be the row's own."""
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


class Said(NamedTuple):
    """What a message says.

    text: what the signer was shown, or the whole message. place: the domain or account that it was
    signed for, "" where the form has none. log_in: whether the form is one that wallets sign to
    log in, without showing the text.
    """

    text: str
    place: str = ""
    log_in: bool = False

    @property
    def shown(self) -> str:
        """The text with its place, as people see it and `--statement` may demand it."""
        return self.text + place_words(self.place)


def place_words(place: str) -> str:
    """What stands behind a text that was signed for a place."""
    return f" (for {place})" if place else ""


def said_in(message: str) -> Said:
    """What a message says where it is JSON of parts; itself for any other text or JSON."""
    parts = read_parts(message)
    if parts is None:
        return Said(message)
    if is_nep413(parts):
        return Said(str(parts["message"]), str(parts["recipient"]) or "nobody")
    log_in = ton_proof_in(parts)
    if log_in:
        payload, domain = log_in[0]["payload"], log_in[0]["domain"]
        place = str(domain["value"]) if isinstance(domain, dict) else ""
        return Said(str(payload), place or "nobody", log_in=True)
    payload = parts.get("payload")
    if is_sign_data(parts) and isinstance(payload, dict) and payload.get("type") == "text":
        return Said(str(payload["text"]), str(parts["domain"]) or "nobody")
    return Said(message)


def said_by(scheme: str, message: str) -> Said:
    """What a signed row says: its parts, where the row's scheme signs parts."""
    # As `Said(..)` does, but quicker: lists have hundreds of thousands of rows.
    return said_in(message) if scheme in _OF_PARTS else _new(Said, (message, "", False))


def has_text(schemes: Collection[str], message: str) -> str | None:
    """The text in a message that is JSON of parts, on a network that signs such; None elsewhere."""
    if not any(scheme in _OF_PARTS for scheme in schemes):
        return None
    said = said_in(message)
    return said.text if said.place else None


def with_text(message: str, text: str) -> str:
    """A message that `has_text`, with another text in its place."""
    parts = dict(read_parts(message) or {})
    payload, proof = parts.get("payload"), parts.get("proof")
    if is_nep413(parts):
        parts["message"] = text
    elif isinstance(proof, dict):
        parts["proof"] = {**proof, "payload": text}
    else:
        parts["payload"] = {**payload, "text": text} if isinstance(payload, dict) else text
    return json.dumps(parts)


def is_nep413(parts: Mapping[str, object]) -> bool:
    """Whether parts are NEP-413's and nothing else: what is not signed is not taken for signed."""
    wanted: Mapping[str, type | tuple[type, ...]] = {
        "message": str,
        "recipient": str,
        "nonce": (str, list, dict),
    }
    return _are(parts, wanted, ("callbackUrl",))


def ton_proof_in(parts: Mapping[str, object]) -> tuple[Mapping[str, object], ...]:
    """The parts of a ton_proof (timestamp, domain of a length and a value, payload), and then the
    object around them, if there is one: a wallet's reply, or what a page sends to its backend.
    () if it is none.
    """
    if _is_ton_proof(parts):
        return (parts,)
    proof = parts.get("proof")
    around = _are(parts, {"proof": dict}, ("name", *_BESIDE))
    named = parts.get("name", "ton_proof") == "ton_proof"
    if around and named and isinstance(proof, dict) and _is_ton_proof(proof):
        return proof, parts
    return ()


def _is_ton_proof(parts: Mapping[str, object]) -> bool:
    domain = parts.get("domain")
    return (
        _are(parts, {"domain": dict, "timestamp": (int, str), "payload": str}, _BESIDE)
        and isinstance(domain, dict)
        and _are(domain, {"lengthBytes": int, "value": str})
    )


def values(levels: Iterable[Mapping[str, object]], *names: str) -> tuple[object, ...]:
    """What fields of these names hold, in order; nothing where one is not there or null."""
    found = (level.get(name) for level in levels for name in names)
    return tuple(value for value in found if value is not None)


def is_sign_data(parts: Mapping[str, object]) -> bool:
    """Whether parts are signData's: timestamp, domain as text, payload of a type.

    Wallets answer with the payload as the page sent it: with the network and the account, too.
    """
    payload = parts.get("payload")
    if not _are(parts, {"domain": str, "timestamp": int, "payload": dict}, _BESIDE):
        return False
    if not isinstance(payload, dict):
        return False
    wanted = _PAYLOADS.get(str(payload.get("type")), ())
    return bool(wanted) and _are(payload, dict.fromkeys(("type", *wanted), str), _SENT)


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
