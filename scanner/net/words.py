"""What a stranger's machine says is not repeated: our words are stored, its words are logged.

A node that is asked with a key may repeat the key, in a spelling that no list of spellings has; a
list's server may send us what stands inside. So of their words nothing goes into an error but what
a table of ours knows. `SCANNER_DEBUG=1` writes the rest to the log.
"""

from __future__ import annotations

import logging
import os
import re
import ssl
from typing import Final

_LOG: Final = logging.getLogger("scanner.net")
_MOST: Final = 400
_NUMBER: Final = re.compile(r"-?[0-9]{1,12}", re.ASCII)
_KNOWN: Final = frozenset(
    {"", "main", "mainnet", "test", "testnet", "testnet3", "testnet4", "signet", "regtest"}
)


def heard(endpoint: str, words: object, redact: tuple[str, ...] = ()) -> str:
    """Log what an endpoint said, and say what it was in words of ours.

    Numbers of up to 12 digits and names of chains are said as they are; of anything else its
    length. redact: secrets that the log must not have either.
    """
    text = words if isinstance(words, str) else str(words)
    if os.environ.get("SCANNER_DEBUG"):
        _LOG.warning("%s said: %s", endpoint, _loggable(text, redact))
    if _NUMBER.fullmatch(text):
        return text
    if text in _KNOWN:
        return repr(text)
    return f"a text of {len(text):,} characters"


def _loggable(text: str, secrets: tuple[str, ...]) -> str:
    for secret in secrets:
        text = re.sub(re.escape(secret), "***", text, flags=re.IGNORECASE)
    return "".join(c if c.isprintable() else " " for c in text[:_MOST])


def connection_words(error: BaseException) -> str:
    """Why a connection failed: what this machine knows of it, never what the other side said."""
    seen: BaseException | None = error
    for _ in range(8):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return "its certificate is not valid"
        if isinstance(seen, ssl.SSLError):
            return "no encrypted connection"
        if isinstance(seen, OSError) and seen.errno:
            return os.strerror(seen.errno) if seen.errno > 0 else "its name is not known"
        if seen is None:
            break
        seen = seen.__cause__ or seen.__context__
    return _KINDS.get(type(error).__name__, type(error).__name__)


_KINDS: Final = {
    "ConnectError": "its name cannot be resolved, or nothing answers",
    "RemoteProtocolError": "its answer breaks the rules of HTTP",
    "ReadError": "it broke off",
    "WriteError": "it broke off",
    "UnsupportedProtocol": "its URL is not http:// or https://",
}
