"""A regtest chain with a million outputs: every type of script, spends, published addresses.

Made of full blocks, it takes a node about ten seconds.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence

from scanner.model.addresses.scripts import p2sh, witness
from scanner.ownership.primitives.hashes import ripemd160
from support.bitcoin_chain import ANYONE, Chain, transaction
from support.utxo_file import any_script

OUTPUTS = 1_000_000
PER_BLOCK = 20_000
"""Outputs that surely fit into a block."""

PART = 150
"""Outputs of one transaction."""

Coin = tuple[str, int]
"""An output: transaction id and number."""

_TRUE = b"\x51"
_BLOCK = 960_000  # bytes of outputs; a block has room for a million
_LONGEST = 2000

# Scripts from which anyone can spend, and what to show for it: scriptSig and witness.
BY_WITNESS = witness(0, hashlib.sha256(_TRUE).digest())
BY_REDEEM_SCRIPT = p2sh(ripemd160(hashlib.sha256(_TRUE).digest()))


def fill(chain: Chain, coins: Sequence[Coin], outputs: int = OUTPUTS) -> None:
    """Mine full blocks until `outputs` coins were made, of every kind of script.

    coins: OP_TRUE coins to pay from, one for each PER_BLOCK outputs.
    """
    r = random.Random(8)
    left = outputs
    for coin in coins:
        scripts: list[bytes] = []
        size = 0
        while size < _BLOCK and len(scripts) < left:
            scripts.append(any_script(r)[:_LONGEST])
            size += 9 + len(scripts[-1])
        left -= len(scripts)
        scripts.sort(key=len)  # transactions of one kind, as payments from one wallet are
        _pay_in_parts(chain, coin, [(script, r.randint(0, 9999)) for script in scripts])
    assert not left, "the blocks are full before all outputs are made"


def pay_all(chain: Chain, coin: Coin, scripts: Sequence[bytes], least: int = 10_000) -> None:
    """Pay `least` plus its place to each script, in one block of small transactions."""
    _pay_in_parts(chain, coin, [(script, least + n) for n, script in enumerate(scripts)])


def _pay_in_parts(chain: Chain, coin: Coin, outputs: Sequence[tuple[bytes, int]]) -> None:
    """Spend one OP_TRUE coin in a block of transactions of PART outputs each."""
    parts = [outputs[n : n + PART] for n in range(0, len(outputs), PART)]
    if not parts:
        return
    root = transaction([coin], [(_TRUE, sum(amount for _, amount in part)) for part in parts])
    txid = chain.node.rpc("decoderawtransaction", root)["txid"]
    raw = [transaction([(txid, n)], part) for n, part in enumerate(parts)]
    chain.node.rpc("generateblock", ANYONE, [root, *raw])


def pay_anyone(chain: Chain, coin: Coin, count: int) -> list[Coin]:
    """Make `count` coins of each script anyone can spend from; returns them, one kind by turns."""
    kinds = (BY_WITNESS, BY_REDEEM_SCRIPT)
    txid = chain.pay(coin, [(kinds[n % 2], 1000 + n) for n in range(2 * count)])
    return [(txid, n) for n in range(2 * count)]


def spend(chain: Chain, coins: Sequence[Coin], outputs: Sequence[tuple[bytes, int]]) -> str:
    """Spend coins of `pay_anyone` in one transaction and a block of its own. Returns its id."""
    by_witness = [vout % 2 == 0 for _, vout in coins]
    raw = transaction(
        coins,
        outputs,
        witness=[[_TRUE] if native else [] for native in by_witness],
        signatures=[b"" if native else b"\x01" + _TRUE for native in by_witness],
    )
    chain.node.rpc("generateblock", ANYONE, [raw])
    return str(chain.node.rpc("decoderawtransaction", raw)["txid"])
