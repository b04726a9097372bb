"""The fullMessage that Aptos wallets sign, taken apart: what it says beside the text, and the text.

Source: AIP-62's wallet standard, signMessage: "APTOS", then lines "address: ..", "application: ..",
"chainId: .." as far as the site asked for them, then "message: .." and "nonce: ..". Only a text of
exactly these lines is one; anybody may write another that begins alike. A message may have several
lines, so its end is where the last line begins, if no other line could be the nonce.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

TITLE: Final = "APTOS\n"
_HEAD: Final = ("address", "application", "chainId")
_MESSAGE: Final = "message: "
_NONCE: Final = "\nnonce: "
_PLAIN_NONCE: Final = re.compile(r"[\x21-\x7e]{1,128}", re.ASCII)
"""A nonce in which nothing can be said beside the message: one word."""


class FullMessage(NamedTuple):
    """What a fullMessage names; None for lines that are not there.

    message: what the signer was shown; None where it is not certain where that ends.
    """

    address: str | None
    application: str | None
    chain: str | None
    message: str | None


def full_message(text: str) -> FullMessage | None:
    """Take a fullMessage apart; None for a text that is not certainly one."""
    if not text.startswith(TITLE):
        return None
    head: dict[str, str] = {}
    rest = text.removeprefix(TITLE)
    while not rest.startswith(_MESSAGE):
        line, _, rest = rest.partition("\n")
        name, mark, value = line.partition(": ")
        if not mark or name not in _HEAD or name in head:
            return None
        head[name] = value
    before, mark, nonce = rest.rpartition(_NONCE)
    if not mark:
        return None
    one_end = _NONCE not in before and _PLAIN_NONCE.fullmatch(nonce)
    message = before.removeprefix(_MESSAGE) if one_end else None
    return FullMessage(head.get("address"), head.get("application"), head.get("chainId"), message)
