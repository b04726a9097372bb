"""Asks a node for state proofs and checks them: balances that need no trust in the node.

Source: EIP-1186 (`eth_getProof`). The header is rebuilt from the node's block and must hash to the
pinned hash; from its state root down every value is proven by trie nodes.
"""

from __future__ import annotations

from collections.abc import Callable, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Final, TypeVar

from scanner.chains.evm import blocks, slots, trie
from scanner.chains.evm.header import ProvenHeader, build_header
from scanner.chains.evm.hexes import data, hexed, quantity
from scanner.chains.evm.node import Node
from scanner.chains.fleet.faults import Fault, RpcError
from scanner.chains.fleet.rpc import Call
from scanner.errors import SourceError, SourceRejectedError, SourceUnavailableError
from scanner.model.account import AccountState
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef

T = TypeVar("T")

ACCOUNTS_A_REQUEST: Final = 50
SLOTS_A_CALL: Final = 100


@dataclass(slots=True)
class Proven:
    """Proven values by position, and why the others are not.

    raw: position -> the value as it stands in the state (a token's slot with all its bits).
    """

    raw: dict[int, int] = field(default_factory=dict)
    why: dict[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ProvenToken:
    """A token contract whose storage root is proven, and the place of its balances."""

    address: bytes
    account: trie.Account
    rule: slots.SlotRule


def fetch_header(node: Node, at: BlockRef) -> ProvenHeader:
    """The pinned block's header, which hashes to the pinned hash.

    Raises SourceRejectedError if this node's block does not.
    """
    found = blocks.header(node.rpc, at.hash)
    if found is None:
        raise SourceUnavailableError(node.name, f"does not know block {at.height} by its hash")
    header = build_header(found.fields, at.hash)
    if header is None or header.number != at.height:
        raise SourceRejectedError(
            node.name,
            f"block {at.height} does not hash to its hash with any header layout we know: "
            "no proof mode on this network",
        )
    return header


def prove_accounts(
    node: Node,
    header: ProvenHeader,
    holders: Sequence[bytes],
    block: object,
    known: MutableMapping[bytes, bytes],
) -> Proven:
    """Prove coin balances (wei). known: trie nodes by hash, added to."""
    proven = Proven()

    def ask(places: Sequence[int]) -> list[object]:
        calls: list[Call] = [("eth_getProof", [hexed(holders[p]), [], block]) for p in places]
        return node.rpc.batch(calls)

    def check(place: int, answer: object) -> None:
        account, _ = check_answer(node.name, header.state_root, holders[place], [], answer, known)
        proven.raw[place] = account.balance

    _each(node, list(range(len(holders))), ACCOUNTS_A_REQUEST, ask, check, proven.why)
    return proven


def prove_token(
    node: Node,
    header: ProvenHeader,
    token: bytes,
    block: object,
    known: MutableMapping[bytes, bytes],
) -> ProvenToken | str:
    """Find and prove where a token keeps balances; or say why it cannot be proven.

    Raises SourceRejectedError.
    """
    rule = slots.find_rule(node, token, block)
    if isinstance(rule, str):
        return rule
    answer = node.rpc.ask("eth_getProof", hexed(token), [], block)
    try:
        account, _ = check_answer(node.name, header.state_root, token, [], answer, known)
    except trie.ProofError as e:
        raise SourceRejectedError(node.name, f"gave a proof that does not hold: {e}") from None
    return ProvenToken(token, account, rule)


def prove_state(
    node: Node,
    header: ProvenHeader,
    account: bytes,
    slots: Sequence[bytes],
    block: object,
    known: MutableMapping[bytes, bytes],
) -> AccountState:
    """Prove an account's code hash and some of its slots. Raises SourceError."""
    answer = node.rpc.ask("eth_getProof", hexed(account), [hexed(s) for s in slots], block)
    try:
        proven, values = check_answer(node.name, header.state_root, account, slots, answer, known)
    except trie.ProofError as e:
        raise SourceRejectedError(node.name, f"gave a proof that does not hold: {e}") from None
    return AccountState(proven.code_hash, tuple(values), Evidence.PROVEN)


def prove_balances(
    node: Node,
    header: ProvenHeader,
    token: ProvenToken,
    holders: Sequence[bytes],
    block: object,
    known: MutableMapping[bytes, bytes],
) -> Proven:
    """Prove token balances by their storage slots. `raw` holds whole slots: mask them."""
    proven = Proven()
    keys = [token.rule.key(holder) for holder in holders]

    def ask(places: Sequence[int]) -> list[object]:
        wanted = [hexed(keys[p]) for p in places]
        answer = node.rpc.ask("eth_getProof", hexed(token.address), wanted, block)
        # The whole answer stands or falls together: one account proof, one proof per slot.
        try:
            account, values = check_answer(
                node.name,
                header.state_root,
                token.address,
                [keys[p] for p in places],
                answer,
                known,
            )
        except trie.ProofError as e:
            return [e] * len(places)
        if account != token.account:
            raise SourceRejectedError(node.name, "proves two accounts for one token")
        return list(values)

    def check(place: int, answer: object) -> None:
        if not isinstance(answer, int):
            raise trie.ProofError(str(answer))
        proven.raw[place] = answer

    _each(node, list(range(len(holders))), SLOTS_A_CALL, ask, check, proven.why)
    return proven


def check_answer(
    name: str,
    root: bytes,
    address: bytes,
    keys: Sequence[bytes],
    answer: object,
    known: MutableMapping[bytes, bytes],
) -> tuple[trie.Account, list[int]]:
    """Check one eth_getProof answer: the account, and the value of each key (32 bytes), in order.

    What the answer claims must be what it proves. Raises trie.ProofError, SourceUnavailableError
    if it is not shaped like an answer, RpcError if it is an error.
    """
    if isinstance(answer, RpcError):
        raise answer
    if not isinstance(answer, dict):
        raise SourceUnavailableError(name, "gave a proof that is not an object")
    account = trie.prove_account(root, address, _nodes(name, answer.get("accountProof")), known)
    if quantity(name, answer.get("balance"), "balance") != account.balance:
        raise trie.ProofError("it claims another balance than it proves")
    told = answer.get("storageProof") if keys else []
    if not isinstance(told, list) or len(told) != len(keys):
        raise trie.ProofError("it proves another number of slots than asked for")
    values = []
    for key, slot in zip(keys, told, strict=True):
        if not isinstance(slot, dict) or quantity(name, slot.get("key"), "key") != int.from_bytes(
            key
        ):
            raise trie.ProofError("it proves another slot than asked for")
        value = trie.prove_storage(
            account.storage_root, key, _nodes(name, slot.get("proof")), known
        )
        if quantity(name, slot.get("value"), "value") != value:
            raise trie.ProofError("it claims another value than it proves")
        values.append(value)
    return account, values


def _nodes(name: str, value: object) -> list[bytes]:
    if not isinstance(value, list):
        raise SourceUnavailableError(name, "gave a proof without nodes")
    return [data(name, node, "proof node") for node in value]


def _each(
    node: Node,
    places: list[int],
    size: int,
    ask: Callable[[Sequence[int]], list[object]],
    check: Callable[[int, object], None],
    why: dict[int, str],
) -> None:
    """Ask for all places, in halves where a request fails, and check every answer.

    A place that fails alone gets its reason in `why`.
    """
    waiting = [places[n : n + size] for n in range(0, len(places), size)][::-1]
    while waiting:
        part = waiting.pop()
        failed: dict[int, str] = {}
        try:
            for place, answer in zip(part, ask(part), strict=True):
                try:
                    check(place, answer)
                except (trie.ProofError, RpcError) as e:
                    if isinstance(e, RpcError) and (
                        node.about_block(e) or e.fault is Fault.UNSUPPORTED
                    ):
                        raise
                    failed[place] = _reason(node, e)
        except RpcError as e:
            if node.about_block(e) or e.fault is Fault.UNSUPPORTED:
                raise
            failed = dict.fromkeys(part, _reason(node, e))
        if len(part) == 1:
            why.update(failed)
        elif len(failed) == len(part):
            middle = len(part) // 2
            waiting += [part[middle:], part[:middle]]
        else:
            waiting += [[place] for place in failed]


def _reason(node: Node, error: Exception) -> str:
    if isinstance(error, SourceError):
        return str(error)
    return f"{node.name} gave a proof that does not hold: {error}"
