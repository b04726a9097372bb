"""A block header of a Cosmos chain, hashed again, so that its app hash is what the hash is of.

Source: CometBFT's specification of the header and of its Merkle tree (RFC 6962).
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from scanner.model.protobuf import data, number

_TIME = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z")


@dataclass(frozen=True, slots=True)
class Header:
    """hash: of the header. parent: of the block before. app_hash: of the state after that block."""

    height: int
    hash: bytes
    parent: bytes
    app_hash: bytes


def read_header(header: Mapping[str, Any]) -> Header:
    """Hash a header as the REST gateway shows it. Raises ValueError for what is none."""
    try:
        parent = header["last_block_id"]
        parts = parent["part_set_header"]
        fields = [
            number(1, int(header["version"]["block"])) + number(2, int(header["version"]["app"])),
            data(1, header["chain_id"].encode()),
            number(1, int(header["height"])),
            _time(header["time"]),
            data(1, _raw(parent["hash"]))
            + data(2, number(1, int(parts["total"])) + data(2, _raw(parts["hash"])), always=True),
            *(
                data(1, _raw(header[name]))
                for name in (
                    *("last_commit_hash", "data_hash", "validators_hash", "next_validators_hash"),
                    *("consensus_hash", "app_hash", "last_results_hash", "evidence_hash"),
                    "proposer_address",
                )
            ),
        ]
        app_hash = _raw(header["app_hash"])
        return Header(int(header["height"]), _merkle(fields), _raw(parent["hash"]), app_hash)
    except (KeyError, TypeError, AttributeError, OverflowError) as e:
        raise ValueError("no header") from e


def _merkle(leaves: Sequence[bytes]) -> bytes:
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return sha256(b"\x01" + _merkle(leaves[:split]) + _merkle(leaves[split:])).digest()


def _time(text: str) -> bytes:
    match = _TIME.fullmatch(text)
    if match is None:
        raise ValueError("no time")
    seconds = int(datetime.fromisoformat(match[1]).replace(tzinfo=UTC).timestamp())
    return number(1, seconds) + number(2, int((match[2] or "0").ljust(9, "0")))


def _raw(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
