"""Typed data (EIP-712) that is a statement of reserves: one form, taken by its letters.

Typed data counts by an allow-list only: votes, permits and orders are typed data, too, and their
signatures lie open for anybody. And only what is signed counts: the digest leaves out each field
that the type does not name and takes a text for a truth value where the type says so, and a field
beside the statement can take it back unread. So the whole object is the form's, or it is none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

from scanner.errors import clip
from scanner.model.jsontext import read_json
from scanner.ownership.evm.typed_data import LONGEST

ATTESTATIONS: Mapping[tuple[str, str], str] = {
    ("proof of reserves", "ReserveStatement"): "statement"
}
"""Typed data that counts: (domain name, primary type) -> the one field, which is a text."""

_PARTS: Final = ("types", "primaryType", "domain", "message")
_DOMAIN: Final = "EIP712Domain"
_DOMAIN_FIELDS: Final = frozenset(("name", "version", "chainId"))
_VERSION: Final = re.compile(r"[0-9][0-9.]{0,15}", re.ASCII)


class NotAttested(str):
    """Typed data that is no attestation: the value says which."""

    __slots__ = ()

    @property
    def why(self) -> str:
        """One sentence."""
        return (
            f"the keys signed typed data {clip(str(self), 60)!r}: votes, permits and orders are "
            "such data, and this is not a known attestation"
        )


def attested(text: str) -> str | NotAttested:
    """The text that counts: of typed data the attestation's own, of anything else the text."""
    if text.lstrip()[:1] != "{":
        return text
    data = _typed(text)
    if data is None:
        return text
    domain, kind = data["domain"], data["primaryType"]
    name = domain.get("name") if isinstance(domain, dict) else None
    field = ATTESTATIONS.get((str(name).casefold(), str(kind)))
    if field is None:
        return NotAttested(f"{kind} of {name}")
    said = data["message"].get(field) if _is_bare(data, str(kind), field) else None
    return said if isinstance(said, str) else NotAttested(f"{kind} of {name}, with other fields")


def _typed(text: str) -> dict[str, Any] | None:
    """Typed data, None if the text is none that any scheme here would take for it."""
    if len(text) > LONGEST:
        return None
    try:
        data: Any = read_json(text, parse_float=float, unique_names=True)
    except ValueError:
        return None
    known = isinstance(data, dict) and all(part in data for part in _PARTS)
    return data if known else None


def _is_bare(data: Mapping[str, Any], kind: str, field: str) -> bool:
    """Whether typed data signs that one text, and has nothing beside it that a reader would read.

    A chain id is held against the row's network where the digest is made.
    """
    types, domain, message = data["types"], data["domain"], data["message"]
    return (
        len(data) == len(_PARTS)
        and isinstance(types, dict)
        and set(types) <= {kind, _DOMAIN}
        and types.get(kind) == [{"name": field, "type": "string"}]
        and isinstance(message, dict)
        and set(message) == {field}
        and set(domain) <= _DOMAIN_FIELDS
        and _VERSION.fullmatch(str(domain.get("version", "1"))) is not None
    )
