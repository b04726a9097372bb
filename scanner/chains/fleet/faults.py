"""Tells JSON-RPC errors apart: every node and provider words them in its own way.

Codes alone do not decide (most nodes say -32000 for everything), so the words do. Sources:
EIP-1474, geth's code 3 for reverts, the error texts of geth, erigon, nethermind, besu, reth, anvil
and coreth, and the rate-limit answers of the larger providers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from scanner.errors import SourceRejectedError, clip


class Fault(StrEnum):
    """What a JSON-RPC error means for the one who asked."""

    LIMITED = "limited"  # too many requests: wait
    PRUNED = "pruned"  # the state of that block is gone
    NO_BLOCK = "no_block"  # the block is unknown: re-organised away, or not reached yet
    TOO_BIG = "too_big"  # gas, size or time of this one request: ask for less
    UNSUPPORTED = "unsupported"  # method, parameter or feature unknown here
    REVERTED = "reverted"  # the contract said no: an answer of the chain, not of the node
    MISSING = "missing"  # left out of a batch answer
    NULL_ROUND = "null_round"  # an epoch for which no block was made, and none will be (Filecoin)
    NO_ACTOR = "no_actor"  # nobody has this address (Filecoin)
    OTHER = "other"


class RpcError(SourceRejectedError):
    """A JSON-RPC error answer. `data`: the bytes a contract reverted with, b"" if none came."""

    def __init__(
        self, endpoint: str, fault: Fault, code: int, text: str, data: bytes = b""
    ) -> None:
        super().__init__(endpoint, f"answered error {code}: {clip(text, 160)}")
        self.fault, self.code, self.text, self.data = fault, code, text, data


SAYS: Final[Mapping[Fault, str]] = {
    Fault.LIMITED: "too many requests",
    Fault.PRUNED: "the state of that block is gone",
    Fault.NO_BLOCK: "it does not know the block",
    Fault.TOO_BIG: "too much for one request",
    Fault.UNSUPPORTED: "not known or not allowed here",
    Fault.REVERTED: "the contract stopped the call",
    Fault.MISSING: "left out of the answer",
    Fault.NULL_ROUND: "this epoch has no block",
    Fault.NO_ACTOR: "nobody has this address",
    Fault.OTHER: "with an unknown message",
}
"""What is said and stored of an error: never a word of the node, which may repeat a secret."""

_CODES: Final[Mapping[int, Fault]] = {
    429: Fault.LIMITED,
    -32005: Fault.LIMITED,  # EIP-1474 "limit exceeded"; sizes are told apart by words first
    -32007: Fault.LIMITED,
    -32016: Fault.LIMITED,
    -32097: Fault.LIMITED,
    3: Fault.REVERTED,
    -32601: Fault.UNSUPPORTED,
    -32004: Fault.UNSUPPORTED,
    -32602: Fault.UNSUPPORTED,
    -32001: Fault.NO_BLOCK,
}

HALTS: Final = re.compile(
    # revm's HaltReason and InstructionResult, as anvil and reth print them: one word.
    r"\b(OpcodeNotFound|InvalidFEOpcode|InvalidJump|NotActivated|Stack(Under|Over)flow"
    r"|OutOfOffset|CreateCollision|PrecompileError\w*|NonceOverflow|CreateContractStartingWithEF"
    r"|OverflowPayment|StateChangeDuringStaticCall|CallNotAllowedInsideStatic|OutOfFunds"
    r"|CallTooDeep|(InvalidEOF|Eof|SubRoutine|ReturnContract|InvalidExtCall|InvalidExtDelegate)\w*)\b"
    # geth's vm errors (core/vm/errors.go); erigon and coreth have them from there.
    r"|invalid[ _]?(opcode|instruction|jump)|bad (instruction|jump destination)"
    r"|undefined instruction"
    r"|stack[ _](under|over)flow|stack limit reached|write protection|return data out of bounds"
    r"|max call depth|contract address collision|insufficient balance for transfer"
    r"|must not begin with 0xef|nonce uint64 overflow|static ?call violation|access violation"
    # nethermind, besu, older nodes of Parity's line.
    r"|vm execution error|precompile(d contract)? (failed|error)|out of stack|illegal state change"
    r"|invalid_operation|mutable call in static context",
    re.IGNORECASE,
)
"""A contract's own end, in the words of every client: it is an answer about the contract."""

_REVERT: Final = re.compile("revert", re.IGNORECASE)

# In this order: "historical state ... not available" is not a missing block.
_WORDS: Final[tuple[tuple[Fault, re.Pattern[str]], ...]] = tuple(
    (fault, re.compile(pattern, re.IGNORECASE))
    for fault, pattern in (
        (Fault.NULL_ROUND, r"null round"),
        (Fault.NO_ACTOR, r"actor not found"),
        (
            Fault.LIMITED,
            r"rate.?limit|too many (requests|connections)|throughput|quota|credits"
            r"|(?<!archive-)capacity|per.second|slow down|try again (in|later)|daily request"
            r"|compute units",
        ),
        (
            Fault.PRUNED,
            r"missing trie node|prun|state (is )?(not|un) ?available|no state available"
            r"|historical|archive|state (transition|histories?) (is )?missing|old data"
            r"|look-?backs? of|no state at |already discarded"
            r"|proof window|block range for|state .*(not found|does not exist)|state recreation",
        ),
        (
            Fault.TOO_BIG,
            r"out ?of ?gas|gas (limit|cap|required|allowance|uint64)|intrinsic gas"
            r"|exceeds.*(gas|size|limit)|too (large|big|long)|size ?limit|time(d)? ?-?out"
            r"|deadline|max(imum)? .*size"
            r"|batch (size|limit|request)|too many (calls|items)|content length|invalid request"
            r"|response size|initcode|code ?size|memory limit|execution aborted",
        ),
        (
            Fault.NO_BLOCK,
            r"(header|block|hash|resource)\b.*(not found|unknown|not exist|not available"
            r"|canonical)|unknown (block|header)|not currently canonical"
            r"|cannot find block|out ?of ?range",
        ),
        (
            Fault.UNSUPPORTED,
            r"not supported|unsupported|not (available|allowed|enabled|whitelisted)"
            r"|does not exist|too many arguments|unknown (method|field)|invalid (argument|param)"
            r"|unmarshal|expected|disabled|not implemented",
        ),
    )
)

_WAIT: Final = re.compile(
    r"(?:again in|retry[- ]?(?:after|in)|wait)\D{0,20}(\d{1,6}(?:\.\d{1,6})?)\s*(ms|s|m)?", re.I
)
_UNITS: Final[Mapping[str, float]] = {"ms": 0.001, "s": 1.0, "m": 60.0, "": 1.0}
_HEX: Final = re.compile(r"0x((?:[0-9a-fA-F]{2})*)")


def classify(code: int, text: str) -> Fault:
    """Say what an error answer means. Words decide before codes, except for code 3 (a revert).

    What stands after "revert" is the contract's reason: the words of the one who is asked about,
    never of the one who is asked.
    """
    if code == 3:
        return Fault.REVERTED
    if code == 429:
        return Fault.LIMITED
    if HALTS.search(text):
        return Fault.REVERTED
    reverted = _REVERT.search(text)
    said = text[: reverted.start()] if reverted else text
    for fault, pattern in _WORDS:
        if pattern.search(said):
            return fault
    return Fault.REVERTED if reverted else _CODES.get(code, Fault.OTHER)


def read_error(endpoint: str, error: object, words: str) -> RpcError:
    """Make an RpcError of a JSON-RPC error object; revert data decides first.

    words: its message, which is looked at and not kept.
    """
    code, detail = 0, None
    if isinstance(error, dict):
        raw = error.get("code")
        code = raw if isinstance(raw, int) and not isinstance(raw, bool) else 0
        detail = error.get("data")
    fault = classify(code, words)
    revert_data = _revert_data(detail)
    if revert_data and code != 429:
        fault = Fault.REVERTED
    return RpcError(endpoint, fault, code, SAYS[fault], revert_data)


def message_of(error: object) -> str:
    """The message of a JSON-RPC error object, one printable line."""
    text = error.get("message") if isinstance(error, dict) else error
    words = text if isinstance(text, str) else "no message"
    detail = error.get("data") if isinstance(error, dict) else None
    if isinstance(detail, str) and not detail.startswith("0x"):
        words += " " + clip(detail)
    return "".join(c if c.isprintable() else " " for c in clip(words, 400))


def wait_hint(error: object) -> float | None:
    """Seconds an error body asks to wait: in its data (`backoff_seconds`) or its words."""
    if isinstance(error, dict):
        detail = error.get("data")
        rate = detail.get("rate") if isinstance(detail, dict) else None
        seconds = rate.get("backoff_seconds") if isinstance(rate, dict) else None
        if isinstance(seconds, int | float) and not isinstance(seconds, bool) and seconds >= 0:
            return min(float(seconds), 3600.0)
    match = _WAIT.search(message_of(error))
    return float(match[1]) * _UNITS[(match[2] or "").lower()] if match else None


def _revert_data(detail: object) -> bytes:
    """Find revert bytes: a hex text, "Reverted 0x..", or an object with either in `data`."""
    for _ in range(3):
        if not isinstance(detail, dict):
            break
        detail = detail.get("data", detail.get("result"))
    if isinstance(detail, str):
        match = _HEX.search(detail)
        if match and detail.endswith(match[0]):
            return bytes.fromhex(match[1])
    return b""
