"""Extended public keys with a fixed path, as descriptors write them: the key they stand for.

bitcoinlib derives them. Speed does not matter here, and a second implementation of BIP-32 would
only be one more place to be wrong.
"""

from __future__ import annotations

import atexit
import os
import re
import shutil
import tempfile
from functools import lru_cache
from typing import Final

from scanner.model.addresses import base58

MAX_PATH: Final = 16
"""Steps below the extended key; wallets use two."""

_WRITTEN = re.compile(r"([xt]pub[1-9A-HJ-NP-Za-km-z]{107,108})((?:/\d{1,10})*)", re.ASCII)
_NETWORKS: Final = {"x": "bitcoin", "t": "testnet"}
_HARDENED: Final = 2**31


def is_extended(text: str) -> bool:
    """Whether a descriptor's key is an extended one, public or private, well-formed or not."""
    return text[:4] in ("xpub", "tpub", "xprv", "tprv")


@lru_cache(maxsize=1024)
def derived_key(text: str) -> bytes:
    """The compressed public key of "xpub.../0/5": 33 bytes.

    Raises ValueError for private keys, hardened or open steps ("*"), bad checksums.
    Source: BIP-32 (public derivation), BIP-380 (how descriptors write it).
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        raise ValueError(_why_not(text))
    steps = [int(step) for step in match[2].split("/")[1:]]
    if len(steps) > MAX_PATH or any(step >= _HARDENED for step in steps):
        raise ValueError(f"an extended key takes up to {MAX_PATH} unhardened steps")
    try:
        base58.decode_check(match[1])  # bitcoinlib 0.7.10 takes any checksum
    except ValueError as e:
        raise ValueError("an extended key that cannot be read") from e
    _keep_files_out_of_home()
    from bitcoinlib.keys import HDKey  # noqa: PLC0415 - its folder is set first

    try:
        key = HDKey(match[1], network=_NETWORKS[text[0]])
        for step in steps:
            key = key.child_public(step)
        return bytes.fromhex(key.public_hex)
    except Exception as e:  # bitcoinlib raises errors of several unrelated classes
        raise ValueError("an extended key that cannot be read") from e


def _why_not(text: str) -> str:
    if text[1:4] == "prv":
        return "an extended private key: never publish one"
    if "*" in text:
        return "a range of keys: a list must name keys one by one"
    if re.search(r"['hH](/|$)", text):
        return "a hardened step cannot be derived from a public key"
    return "an extended key that cannot be read"


def _keep_files_out_of_home() -> None:
    """Before bitcoinlib's import: what it writes goes into a folder that ends with the process."""
    if "BCL_DATA_DIR" not in os.environ:
        folder = tempfile.mkdtemp(prefix="scanner-bitcoinlib-")
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.environ["BCL_DATA_DIR"] = folder
