"""What readers of JSON over HTTP share: numbers that nobody rounds, times, broken answers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Final

from scanner.chains.shape import take
from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.http import Reply, Transport

_MOST: Final = 1 << 256


class Rest:
    """One endpoint's JSON. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self.http = Transport(endpoint)

    def get(self, path: str, headers: Mapping[str, str] | None = None) -> Reply:
        """GET, whatever the status. Raises as Transport.send."""
        return self.http.get(path, headers=headers)

    def json(self, path: str, headers: Mapping[str, str] | None = None) -> object:
        """GET what must be there. Raises SourceError for any status but 2xx."""
        reply = self.http.get(path, headers=headers)
        reply.raise_for_status()
        return reply.json()

    def text(self, value: object, *path: str | int) -> str:
        """A text in an answer. Raises SourceUnavailableError if it is none."""
        return take(self.name, value, str, *path)

    def number(self, value: object, *path: str | int) -> int:
        """A whole number that is not negative, written as number or as digits.

        Raises SourceUnavailableError for anything else: a fraction, a sign, more than 256 bits.
        """
        found: object = take(self.name, value, object, *path)
        if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 80:
            found = int(found)
        if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < _MOST:
            raise self.broken(f"{'.'.join(map(str, path)) or 'the answer'} is not an amount")
        return int(found)

    def scaled(self, text: str, decimals: int) -> int:
        """A decimal text with a fixed number of places ("27.6243772") in base units, exactly.

        Raises SourceUnavailableError.
        """
        whole, _, fraction = text.partition(".")
        digits = whole + fraction
        if not (digits.isascii() and digits.isdigit() and whole) or len(digits) > 60:
            raise self.broken("an amount is not a decimal number")
        if len(fraction) > decimals:
            raise self.broken(f"an amount has more than {decimals} places")
        return int(digits + "0" * (decimals - len(fraction)))

    def moment(self, text: str) -> int:
        """Seconds since 1970 of an RFC 3339 time; parts of a second are left out.

        Raises SourceUnavailableError.
        """
        try:
            made = datetime.fromisoformat(text[:19]).replace(tzinfo=UTC)
        except ValueError:
            raise self.broken("a time is invalid") from None
        return int(made.timestamp())

    def broken(self, what: str) -> SourceUnavailableError:
        """The error for an answer that cannot be: another endpoint may do better."""
        return SourceUnavailableError(self.name, f"gave an invalid answer: {what}")

    def close(self) -> None:
        """Close the connections."""
        self.http.close()
