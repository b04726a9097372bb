"""Puts balances onto fresh chains: Bitcoin outputs to real scripts, an Ethereum genesis."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from scanner.demo.nodes import Anvil, Bitcoind, Json
from scanner.errors import NodeFailedError
from scanner.model.addresses.keccak import keccak256

ANYONE = "raw(51)"
"""Descriptor of OP_TRUE: outputs that a hand-made transaction spends without a signature."""

_MATURITY = 100  # a coinbase output can be spent that many blocks later
_MOST_BLOCKS = 1000  # regtest halves its subsidy every 150 blocks: more would add nothing
_SAT = 10**8

FINAL_DEPTH = 64
"""anvil calls the block 64 below its tip final."""
_SECONDS_PER_BLOCK = 12

SILENT_CONTRACT = "0x00"
"""Runtime code that stops at once: every call succeeds and returns nothing."""

_TOKENS = Path(__file__).with_name("data") / "tokens.json"


def load_bitcoin(node: Bitcoind, amounts: Sequence[tuple[str, int]]) -> int:
    """Pay published addresses on a fresh regtest chain, in one hand-made transaction.

    amounts: (mainnet address, satoshi) for each output; an address may come several times. The
        node would refuse a mainnet address, so its script is paid.
    Returns the height of the block that holds the payments, the tip.
    Raises NodeFailedError if the chain cannot hold that much.
    """
    outputs = [(script_pubkey(address), sat) for address, sat in amounts if sat]
    wanted = sum(sat for _, sat in outputs)
    node.rpc("generatetodescriptor", _MATURITY + min(wanted // (50 * _SAT) + 1, 50), ANYONE)
    while (coins := _spendable(node, wanted)) is None:
        if node.rpc("getblockcount") > _MOST_BLOCKS:
            raise NodeFailedError(node.name, f"a regtest chain cannot hold {wanted} satoshi")
        node.rpc("generatetodescriptor", 50, ANYONE)
    node.rpc("generateblock", ANYONE, [_transaction(coins, outputs, wanted).hex()])
    height: int = node.rpc("getblockcount")
    return height


def script_pubkey(address: str) -> bytes:
    """Script of a mainnet address, by btclib: another decoder than the one being demonstrated."""
    from btclib.script.script_pub_key import ScriptPubKey  # noqa: PLC0415 - heavy, rarely needed

    script: bytes = ScriptPubKey.from_address(address).script
    return script


def ethereum_genesis(
    balances: Mapping[str, int],
    tokens: Mapping[str, tuple[str, Mapping[str, int]]],
    contracts: Iterable[str] = (),
    blocks: int = 0,
    moment: int = 0,
) -> dict[str, object]:
    """Make a genesis that holds the balances.

    balances: address -> wei. tokens: contract name in tokens.json -> (address, holder -> base
    units). contracts: addresses that get code which answers nothing. blocks: how many will be
    mined on top; the time is set so that the last one is of now, or of `moment`.
    """
    alloc: dict[str, dict[str, object]] = {
        address: {"balance": hex(wei)} for address, wei in balances.items()
    }
    for address in contracts:
        alloc.setdefault(address, {"balance": "0x0"})["code"] = SILENT_CONTRACT
    for name, (address, holders) in tokens.items():
        alloc[address] = _token(name, holders)
    now = moment or int(time.time())
    return {"timestamp": hex(now - blocks * _SECONDS_PER_BLOCK), "alloc": alloc}


def mine_ethereum(node: Anvil, blocks: int) -> int:
    """Mine `blocks` blocks, 12 seconds apart. Returns the newest height that is final.

    Needed after a genesis: block 0 carries a wrong state root, and proofs fail there.
    """
    node.rpc("anvil_mine", hex(blocks), hex(_SECONDS_PER_BLOCK))
    return max(0, int(node.rpc("eth_blockNumber"), 16) - FINAL_DEPTH)


def _token(name: str, holders: Mapping[str, int]) -> dict[str, object]:
    contract = json.loads(_TOKENS.read_text("utf-8"))["contracts"][name]
    slot = contract["balances_slot"]
    storage = {_mapping_slot(holder, slot): _word(units) for holder, units in holders.items()}
    storage[_word(contract["total_supply_slot"])] = _word(sum(holders.values()))
    return {"balance": "0x0", "nonce": "0x1", "code": contract["runtime"], "storage": storage}


def _mapping_slot(holder: str, slot: int) -> str:
    # Solidity's layout of mapping(address => uint256): keccak256(key . slot), both 32 bytes.
    key = bytes.fromhex(holder.removeprefix("0x")).rjust(32, b"\0")
    return "0x" + keccak256(key + slot.to_bytes(32, "big")).hex()


def _word(number: int) -> str:
    return "0x" + number.to_bytes(32, "big").hex()


def _spendable(node: Bitcoind, wanted: int) -> list[Json] | None:
    """Mature anyone-can-spend outputs, oldest first, worth `wanted` at least; else None."""
    found = node.rpc("scantxoutset", "start", [ANYONE])
    last = found["height"] + 1 - _MATURITY
    chosen: list[Json] = []
    for coin in sorted(found["unspents"], key=lambda coin: int(coin["height"])):
        if sum(map(_sat, chosen)) >= wanted:
            break
        if coin["height"] <= last:
            chosen.append(coin)
    return chosen if sum(map(_sat, chosen)) >= wanted else None


def _sat(coin: Json) -> int:
    return int(Decimal(coin["amount"]) * _SAT)


def _transaction(coins: Sequence[Json], outputs: Sequence[tuple[bytes, int]], spent: int) -> bytes:
    """Serialise a transaction without witness (Bitcoin protocol): inputs unsigned, change back."""
    change = sum(map(_sat, coins)) - spent
    paid = [*outputs, (bytes.fromhex("51"), change)] if change else list(outputs)
    inputs = b"".join(
        bytes.fromhex(coin["txid"])[::-1] + coin["vout"].to_bytes(4, "little") + b"\0" + b"\xff" * 4
        for coin in coins
    )
    written = b"".join(
        sat.to_bytes(8, "little") + _compact(len(script)) + script for script, sat in paid
    )
    head = (2).to_bytes(4, "little") + _compact(len(coins))
    return head + inputs + _compact(len(paid)) + written + bytes(4)


def _compact(number: int) -> bytes:
    """CompactSize: one byte below 0xfd, else a mark and 2 or 4 bytes, little-endian."""
    if number < 0xFD:
        return bytes([number])
    if number <= 0xFFFF:
        return b"\xfd" + number.to_bytes(2, "little")
    return b"\xfe" + number.to_bytes(4, "little")
