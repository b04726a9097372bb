"""20,000 accounts that hold ether and three tokens on a real node, for providers that fail."""

from __future__ import annotations

from pathlib import Path

from scanner.chains.evm.multicall import CANONICAL
from scanner.demo.nodes import Anvil
from scanner.model.addresses.evm import evm_address
from scanner.settings.tables import load_registry
from support import evm_chain as chain

REGISTRY = load_registry()
HOLDINGS = [REGISTRY.holding(name, "ethereum") for name in ("ETH", "USDT", "USDC", "LINK")]
MANY = 20_000
ADDRESSES = [evm_address("ethereum", chain.holder(n)) for n in range(MANY)]


def amount(place: int, n: int) -> int:
    """What the n-th account holds of the place-th asset: some nothing, some more than 64 bits."""
    return 0 if (n + place) % 7 == 0 else (place + 1) * 10**19 + n


def start_held_chain(folder: Path) -> Anvil:
    """An anvil, not started yet, whose genesis holds these amounts, and Multicall3."""
    payloads = [a.payload for a in ADDRESSES]
    native = {p: amount(0, n) for n, p in enumerate(payloads)}
    tokens = {
        bytes.fromhex(h.contract[2:]): chain.token_account(
            chain.PLAIN, h.decimals, {p: amount(k, n) for n, p in enumerate(payloads)}
        )
        for k, h in enumerate(HOLDINGS)
        if not h.is_native
    }
    tokens[CANONICAL] = {"balance": "0x0", "code": "0x" + chain.MULTICALL.hex(), "storage": {}}
    return Anvil(folder, genesis=chain.genesis(native, tokens))
