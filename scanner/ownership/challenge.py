"""A message for a publisher to sign: unique, and not older than the block it names.

One line of plain ASCII without commas or quotes, so that it survives any CSV:

    Proof of reserves challenge 1 | publisher: OKX | list: <sha256> | block: bitcoin 925000 <hash>
    | nonce: <32 hex digits>

A block of a chain that is not the network's own stands there with it, and shows no time:

    | block: bitcoin (chain regtest) 117 <hash>

Whoever signs it shows that the keys were used after that block was found, for that list.
"""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from scanner.errors import ConfigError, clip
from scanner.model.block import BlockRef
from scanner.model.patterns import later

_TITLE = "Proof of reserves challenge 1"
_NAME = later(r"[A-Za-z0-9][A-Za-z0-9 ._&()-]{0,63}", re.ASCII)
_LINE = later(
    rf"{_TITLE} \| publisher: (?P<publisher>[^|\n]+) \| list: (?P<list>[0-9a-f]{{64}}) "
    r"\| block: (?P<network>[a-z0-9-]+) (?:\(chain (?P<chain>[A-Za-z0-9:._-]{1,64})\) )?"
    r"(?P<height>[0-9]{1,18}) (?P<hash>(?:0x)?[0-9a-f]{64}) "
    r"\| nonce: (?P<nonce>[0-9a-f]{32})",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Challenge:
    """What a publisher is asked to sign.

    list_sha256: of the list's file as it was when asked (64 hex digits, lower case).
    network, height, block_hash: a recent block, hash as the network shows it.
    nonce: 32 hex digits, chosen by whoever asks. chain: where the block is of another chain than
    the network's own, its name; else "".
    """

    publisher: str
    list_sha256: str
    network: str
    height: int
    block_hash: str
    nonce: str
    chain: str = ""

    def text(self) -> str:
        """The exact text to sign; ASCII, one line, no comma, no quote."""
        network = f"{self.network} (chain {self.chain})" if self.chain else self.network
        return (
            f"{_TITLE} | publisher: {self.publisher} | list: {self.list_sha256} "
            f"| block: {network} {self.height} {self.block_hash} | nonce: {self.nonce}"
        )


def make_challenge(
    publisher: str,
    list_sha256: str,
    block: BlockRef,
    nonce: str | None = None,
    *,
    other_chain: bool = False,
) -> Challenge:
    """Make a challenge for one list, stamped with a block.

    nonce: 32 hex digits; random if not given. other_chain: whether the block's chain is not the
    network's own. Raises ConfigError if a part cannot be written
    without ambiguity: a publisher's name is 1 to 64 of A-Z a-z 0-9 space . _ & ( ) -.
    """
    challenge = Challenge(
        publisher=publisher.strip(),
        list_sha256=list_sha256.lower(),
        network=block.network,
        height=block.height,
        block_hash=block.hash.lower(),
        nonce=(nonce or secrets.token_hex(16)).lower(),
        chain=block.chain if other_chain else "",
    )
    if not _NAME().fullmatch(challenge.publisher):
        raise ConfigError(
            f"cannot put the publisher name {clip(publisher)!r} into a challenge: "
            "use up to 64 letters, digits, spaces and . _ & ( ) -"
        )
    unnamed = other_chain and not challenge.chain
    if unnamed or parse_challenge(challenge.text()) != challenge:
        raise ConfigError("cannot make a challenge: a hash, height, nonce or chain is malformed")
    return challenge


def parse_challenge(text: str) -> Challenge | None:
    """Read a challenge back from its exact text; None if it is not one."""
    match = _LINE().fullmatch(text)
    if match is None or not _NAME().fullmatch(match["publisher"]):
        return None
    height = int(match["height"])
    if str(height) != match["height"]:
        return None
    return Challenge(
        match["publisher"],
        match["list"],
        match["network"],
        height,
        match["hash"],
        match["nonce"],
        match["chain"] or "",
    )
