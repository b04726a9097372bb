"""JSON-RPC as the XRP Ledger's servers (rippled and Clio) speak it: errors come with HTTP 200.

Source: XRPL documentation, "Request Formatting" and "Error Formatting".
"""

from __future__ import annotations

from scanner.chains.shape import take
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net.http import Transport
from scanner.net.words import heard

_BUSY = frozenset({"slowDown", "tooBusy", "noNetwork", "noCurrent", "noClosed", "notReady"})
"""Errors that pass: the server is overloaded or not in sync."""


_KNOWN = _BUSY | {
    "actMalformed",
    "actNotFound",
    "badSyntax",
    "forbidden",
    "internal",
    "invalidParams",
    "lgrIdxInvalid",
    "lgrIdxMalformed",
    "lgrNotFound",
    "noPermission",
    "notSupported",
    "unknownCmd",
}
"""Errors that are said as they are (rippled, ErrorCodes.h); others are only logged."""


class XrplError(SourceRejectedError):
    """A server's own error. code: "actNotFound". result: the whole answer, which may be bound."""

    def __init__(self, endpoint: str, code: str, result: dict[str, object]) -> None:
        super().__init__(
            endpoint, f"answered with the error {code if code in _KNOWN else heard(endpoint, code)}"
        )
        self.code, self.result = code, result


class XrplRpc:
    """Asks one server. Safe to use from several threads."""

    def __init__(self, endpoint: Endpoint) -> None:
        self.name = endpoint.name
        self._http = Transport(endpoint)

    def ask(self, method: str, **parameters: object) -> dict[str, object]:
        """Make one call; its result.

        Raises XrplError, SourceUnavailableError (also for a server that is busy or not in sync).
        """
        reply = self._http.post_json({"method": method, "params": [parameters]})
        reply.raise_for_status()
        result = take(self.name, reply.json(), dict, "result")
        code = result.get("error")
        if result.get("status") == "success" and code is None:
            return result
        if not isinstance(code, str):
            raise SourceUnavailableError(self.name, "answered with neither success nor an error")
        if code in _BUSY:
            raise SourceUnavailableError(self.name, f"cannot answer now ({code})")
        raise XrplError(self.name, code, result)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()
