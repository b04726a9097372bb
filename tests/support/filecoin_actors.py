"""Filecoin's actors for tests: a multisig of three accounts, and how a reader and the judge see them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import blake2b
from typing import Any

from scanner.chains.evm import filecoin
from scanner.chains.interface import ReadPolicy
from scanner.model.addresses.filecoin import FilecoinCodec
from scanner.model.addresses.table import decode_address
from scanner.model.control import ControlResult
from scanner.model.endpoint import Endpoint
from scanner.model.key_policy import KeyPolicy
from scanner.ownership.judge import judge
from scanner.settings.tables import load_registry
from support.lotus_stub import ACCOUNT, MULTISIG, VECTOR, Lotus, serving_lotus
from support.signed_rows import claim, key, okx_sign

REGISTRY = load_registry()
CODEC = FilecoinCodec("filecoin", "")
F2 = CODEC.encode(2, bytes(range(20)))
KEYS = [key(501 + n) for n in range(3)]
MULTISIGS = VECTOR["multisigs"]


def f1(n: int) -> str:
    point = KEYS[n].public_key.format(compressed=False)
    return CODEC.encode(1, blake2b(point, digest_size=20).digest())


def state(threshold: int, *signers: str) -> dict[str, Any]:
    """A real multisig's state with other signers."""
    return MULTISIGS[0]["state"] | {"Signers": list(signers), "NumApprovalsThreshold": threshold}


def two_of_three() -> Lotus:
    actors: dict[str, tuple[str, Any]] = {
        f"f0{100 + n}": (ACCOUNT, {"Address": f1(n)}) for n in range(3)
    }
    actors[F2] = MULTISIG, state(2, "f0100", "f0101", "f0102")
    return Lotus(actors)


@contextmanager
def source_of(*nodes: Lotus, quorum: int = 1) -> Iterator[filecoin.FilecoinSource]:
    with ExitStack() as stack:
        endpoints = [
            Endpoint(
                f"n{i}",
                "filecoin",
                "filecoin_rpc",
                stack.enter_context(serving_lotus(node)),
                operator=f"o{i}",
            )
            for i, node in enumerate(nodes)
        ]
        made = filecoin.make_source(
            REGISTRY.network("filecoin"), endpoints, REGISTRY, ReadPolicy(quorum=quorum)
        )
        try:
            yield made
        finally:
            made.close()


def policy(*nodes: Lotus, who: str = F2, quorum: int = 1) -> KeyPolicy:
    with source_of(*nodes, quorum=quorum) as source:
        return source.key_policy(
            decode_address(REGISTRY.network("filecoin"), who), nodes[0].block()
        )


def judged(node: Lotus, *signers: int, address: str = F2) -> ControlResult:
    row = claim("filecoin", address, *[okx_sign(KEYS[n]) for n in signers])
    with source_of(node) as source:
        at = node.block()
        return judge(row, REGISTRY, keys=lambda a: source.key_policy(a, at))
