"""Block headers as bytes: what a block hash is the hash of, and where the state root lies in it.

Source: Ethereum yellow paper section 4.3, and EIPs 1559, 4895, 4844, 4788, 7685 for the fields
added since; coreth for Avalanche. Networks with other headers are not guessed at: a header counts
only if it hashes to the block's hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from scanner.chains.evm import rlp
from scanner.model.addresses.keccak import keccak256

_BASE: Final = (
    ("parentHash", 32),
    ("sha3Uncles", 32),
    ("miner", 20),
    ("stateRoot", 32),
    ("transactionsRoot", 32),
    ("receiptsRoot", 32),
    ("logsBloom", 256),
    ("difficulty", 0),
    ("number", 0),
    ("gasLimit", 0),
    ("gasUsed", 0),
    ("timestamp", 0),
    ("extraData", -1),
    ("mixHash", 32),
    ("nonce", 8),
)
"""Field and its size: bytes, 0 for a number, -1 for bytes of any length."""

_LAYOUTS: Final[Sequence[Sequence[tuple[str, int]]]] = (
    (
        ("baseFeePerGas", 0),
        ("withdrawalsRoot", 32),
        ("blobGasUsed", 0),
        ("excessBlobGas", 0),
        ("parentBeaconBlockRoot", 32),
        ("requestsHash", 32),
    ),
    (
        ("extDataHash", 32),
        ("baseFeePerGas", 0),
        ("extDataGasUsed", 0),
        ("blockGasCost", 0),
        ("blobGasUsed", 0),
        ("excessBlobGas", 0),
        ("parentBeaconBlockRoot", 32),
    ),
)
"""What may follow the first fifteen fields, each list from its beginning and as far as given."""

_MAX_HEADER: Final = 4_096


@dataclass(frozen=True, slots=True)
class ProvenHeader:
    """A header whose bytes hash to the block's hash.

    time: seconds since 1970 UTC. hash, state_root: 32 bytes.
    """

    hash: bytes
    number: int
    time: int
    state_root: bytes
    raw: bytes


def read_header(raw: bytes) -> ProvenHeader:
    """Take a header's RLP apart; its hash is computed, not believed.

    Raises ValueError if it is not a list that starts with the fifteen known fields.
    """
    if len(raw) > _MAX_HEADER:
        raise ValueError("a header of this size does not exist")
    fields = rlp.decode(raw)
    if not isinstance(fields, list) or len(fields) < len(_BASE):
        raise ValueError("not a block header")
    for (name, size), field in zip(_BASE, fields, strict=False):
        if not isinstance(field, bytes) or (size > 0 and len(field) != size):
            raise ValueError(f"a header whose {name} is malformed")
    number, time = rlp.number(fields[8]), rlp.number(fields[11])
    root = fields[3]
    if not isinstance(root, bytes):
        raise TypeError("stateRoot")
    return ProvenHeader(keccak256(raw), number, time, root, raw)


def build_header(block: Mapping[str, object], wanted: str) -> ProvenHeader | None:
    """Rebuild a header from a node's JSON block, so that it hashes to `wanted` (0x text).

    None if no known layout does: the network has headers of its own, or the node lies.
    """
    for layout in _LAYOUTS:
        fields = _fields(block, layout)
        if fields is None:
            continue
        raw = rlp.encode(fields)
        if "0x" + keccak256(raw).hex() == wanted.lower():
            return read_header(raw)
    return None


def _fields(
    block: Mapping[str, object], layout: Sequence[tuple[str, int]]
) -> list[rlp.Item] | None:
    given = [pair for pair in layout if block.get(pair[0]) is not None]
    if given != list(layout[: len(given)]):
        return None  # one in the middle is missing: not this layout
    try:
        return [_field(block[name], size) for name, size in (*_BASE, *given)]
    except (KeyError, ValueError):
        return None


def _field(value: object, size: int) -> bytes:
    if not isinstance(value, str) or not value.startswith("0x"):
        raise ValueError("not hex")
    if size == 0:
        return rlp.number_bytes(int(value, 16))
    raw = bytes.fromhex(value[2:])
    if size > 0 and len(raw) != size:
        raise ValueError("wrong size")
    return raw
