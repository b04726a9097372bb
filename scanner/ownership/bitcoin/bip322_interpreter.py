"""Runs the scripts of a BIP-322 proof: btclib is the interpreter, the rules are BIP-322's.

Imported only when a proof needs it. Hostile scripts: sizes are limited before, and whatever the
interpreter raises becomes a verdict that is not `controls`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from btclib.exceptions import BTClibException
from btclib.script.engine import verify_input
from btclib.script.engine.flags import ScriptFlag
from btclib.script.witness import Witness
from btclib.tx.tx import Tx
from btclib.tx.tx_out import TxOut

from scanner.errors import clip
from scanner.ownership.bitcoin.bip322_keys import HIGH_S
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported

MAX_INPUTS = 250
"""Each input of a hostile proof can cost milliseconds; all together must stay within seconds."""
MAX_CHECKS = 1_000
"""Signatures checked in all inputs together: a check costs a millisecond, and one input may ask for
many. An honest proof of MAX_INPUTS inputs of two-of-three has 500."""
MAX_HASHED = 12_000_000
"""Bytes hashed where each input's signature covers the whole transaction (the old kind)."""

_REQUIRED = (
    ScriptFlag.P2SH
    | ScriptFlag.DERSIG
    | ScriptFlag.NULLDUMMY
    | ScriptFlag.CHECKLOCKTIMEVERIFY
    | ScriptFlag.CHECKSEQUENCEVERIFY
    | ScriptFlag.WITNESS
    | ScriptFlag.TAPROOT
    | ScriptFlag.STRICTENC
    | ScriptFlag.LOW_S
    | ScriptFlag.NULLFAIL
    | ScriptFlag.MINIMALDATA
    | ScriptFlag.CLEANSTACK
    | ScriptFlag.MINIMALIF
    | ScriptFlag.CONST_SCRIPTCODE
)
_UPGRADEABLE = (
    ScriptFlag.DISCOURAGE_UPGRADABLE_NOPS
    | ScriptFlag.DISCOURAGE_UPGRADABLE_WITNESS_PROGRAM
    | ScriptFlag.DISCOURAGE_UPGRADABLE_PUBKEYTYPE
    | ScriptFlag.DISCOURAGE_OP_SUCCESS
    | ScriptFlag.DISCOURAGE_UPGRADABLE_TAPROOT_VERSION
)
_SIGHASH_DEFAULT, _SIGHASH_ALL = 0, 1


@dataclass(frozen=True, slots=True)
class Input:
    """One input of `to_sign`. txid in serialized byte order."""

    txid: bytes
    index: int
    sequence: int
    script_sig: bytes
    witness: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Transaction:
    """`to_sign` taken apart. outputs: value in satoshi and script of each."""

    version: int
    lock_time: int
    inputs: tuple[Input, ...]
    outputs: tuple[tuple[int, bytes], ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """What one input's scripts checked. keys: of every good ECDSA signature, in order.

    signatures: how many signatures of any kind were checked, Schnorr ones too.
    """

    keys: tuple[bytes, ...]
    signatures: int


def read_transaction(data: bytes) -> Transaction:
    """Take a serialized transaction apart. Raises ValueError with the reason."""
    return _taken_apart(_parse(data))


def with_signatures(data: bytes, signatures: list[tuple[bytes, tuple[bytes, ...]]]) -> bytes:
    """Put scriptSig and witness of each input into an unsigned transaction.

    Raises ValueError if it is no transaction, is signed, or has another number of inputs.
    """
    transaction = _parse(data)
    if len(transaction.vin) != len(signatures):
        raise ValueError("it needs one input map per input")
    for vin, (script_sig, witness) in zip(transaction.vin, signatures, strict=True):
        if vin.script_sig or vin.script_witness.stack:
            raise ValueError("the PSBT's unsigned transaction is signed")
        vin.script_sig = script_sig
        vin.script_witness = Witness(witness)
    signed: bytes = transaction.serialize(include_witness=True)
    return signed


def txid(data: bytes) -> bytes:
    """Txid of a serialized transaction, in serialized byte order. Raises ValueError."""
    return bytes(_parse(data).id)[::-1]


def check_inputs(data: bytes, spent: list[tuple[int, bytes]]) -> list[Checked]:
    """Run the scripts of every input under BIP-322's required and upgradeable rules.

    data: serialized `to_sign`. spent: value and script of each input's output, in order.
    Raises NotProvenError: mismatch if a required rule fails (BIP: invalid), unsupported if only
    an upgradeable one does (BIP: inconclusive).
    """
    try:
        transaction = _parse(data)
        outputs = [TxOut(value, script) for value, script in spent]
    except ValueError as e:
        raise malformed(str(e)) from None
    if len(outputs) * len(data) > MAX_HASHED:
        raise unsupported("the transaction is too large for so many inputs: sign fewer at a time")
    checks = _Checks()
    return [_check_input(transaction, outputs, i, checks) for i in range(len(outputs))]


class _Checks:
    """How many signatures were checked so far, of every input."""

    def __init__(self) -> None:
        self.made = 0


class _Counted(list[int]):
    """A list that the interpreter appends to at each check of a signature."""

    def __init__(self, checks: _Checks) -> None:
        super().__init__()
        self._checks = checks

    def append(self, hash_type: int, /) -> None:
        """Note a check. Raises NotProvenError when there were too many."""
        self._checks.made += 1
        if self._checks.made > MAX_CHECKS:
            raise unsupported(f"its scripts check more than {MAX_CHECKS:,} signatures")
        super().append(hash_type)


def _check_input(transaction: Tx, outputs: list[TxOut], index: int, checks: _Checks) -> Checked:
    hash_types: list[int] = _Counted(checks)
    signatures: list[tuple[bytes, bytes]] = []
    run = partial(verify_input, outputs, transaction, index)
    failure = _failure(
        partial(run, _REQUIRED | _UPGRADEABLE, hash_types=hash_types, signatures=signatures)
    )
    if failure:
        required = _failure(partial(run, _REQUIRED))
        if required and not _failure(partial(run, _REQUIRED & ~ScriptFlag.LOW_S)):
            raise unsupported(f"input {index}: {HIGH_S}")
        if required:
            raise mismatch(f"input {index}: {required}")
        raise unsupported(
            f"inconclusive: input {index} uses a feature that later rules may change: {failure}"
        )
    # The library lets hash type 0 pass for ECDSA, where it means nothing.
    if any(signature[-1] != _SIGHASH_ALL for _, signature in signatures) or not {
        _SIGHASH_DEFAULT,
        _SIGHASH_ALL,
    }.issuperset(hash_types):
        raise mismatch(
            f"input {index}: a signature is not over the whole transaction (SIGHASH_ALL)"
        )
    return Checked(tuple(key for key, _ in signatures), len(hash_types))


def _failure(run: Callable[[], None]) -> str:
    """Say why a script fails, "" if it does not."""
    try:
        run()
    except BTClibException as e:
        return f"its script fails ({clip(str(e), 150)})"
    except NotProvenError:
        raise
    except Exception as e:
        # Not this program's code, and fed with a stranger's script: an unforeseen failure of the
        # interpreter must cost this row its verdict, not the run.
        raise unsupported(f"the script interpreter failed ({type(e).__name__})") from None
    return ""


def _parse(data: bytes) -> Tx:
    try:
        transaction = Tx.parse(data)
        canonical = transaction.serialize(include_witness=True) == data
    except (BTClibException, ValueError, IndexError, OverflowError) as e:
        raise ValueError("not a serialized transaction, or a truncated one") from e
    if not canonical:
        raise ValueError("the transaction is not in canonical form")
    if not 1 <= len(transaction.vin) <= MAX_INPUTS:
        raise ValueError(f"does not have 1 to {MAX_INPUTS} inputs")
    return transaction


def _taken_apart(transaction: Tx) -> Transaction:
    inputs = tuple(
        Input(
            bytes(i.prev_out.tx_id)[::-1],
            i.prev_out.vout,
            i.sequence,
            bytes(i.script_sig),
            tuple(i.script_witness.stack),
        )
        for i in transaction.vin
    )
    outputs = tuple((o.value, bytes(o.script_pub_key.script)) for o in transaction.vout)
    return Transaction(transaction.version, transaction.lock_time, inputs, outputs)
