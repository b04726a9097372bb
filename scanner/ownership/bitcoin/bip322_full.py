"""BIP-322 proofs that need the script interpreter: full transactions and proofs of funds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from scanner.ownership.bitcoin.bip322_interpreter import (
    Checked,
    Input,
    Transaction,
    check_inputs,
    read_transaction,
    txid,
    with_signatures,
)
from scanner.ownership.bitcoin.bip322_reading import PsbtInput, Reader, Shown, read_psbt
from scanner.ownership.bitcoin.multisig import Multisig, parse_multisig
from scanner.ownership.bitcoin.script_ops import OP_CODESEPARATOR, operations
from scanner.ownership.bitcoin.script_values import UndecidedError
from scanner.ownership.bitcoin.spend_paths import keys_needed
from scanner.ownership.primitives.hashes import hash160
from scanner.ownership.primitives.not_proven import mismatch, unsupported

Spent = list[tuple[int, bytes]]
"""Value and script of the output each input spends, in order."""

_OP_RETURN = b"\x6a"
_AGE = 0xFFFF  # BIP-68: the bits of a sequence that say how old a coin must be
_CHECKLOCKTIMEVERIFY, _CHECKSEQUENCEVERIFY = 0xB1, 0xB2


def check_full(data: bytes, to_spend: bytes, script_pubkey: bytes) -> Shown:
    """Check a full signature: a whole `to_sign` with one input.

    to_spend: its txid. Raises NotProvenError, or ValueError if it is no transaction.
    """
    to_sign = read_transaction(data)
    _check_shape(to_sign, to_spend)
    if len(to_sign.inputs) > 1:
        raise unsupported(
            "inconclusive: the other inputs spend outputs that only the chain knows; in BIP-322 "
            "version 2.0 the proof-of-funds variant includes them"
        )
    return check_to_sign(data, [(0, script_pubkey)])


def check_proof_of_funds(data: bytes, to_spend: bytes, script_pubkey: bytes) -> Shown:
    """Check a finalized PSBT: the first input is the address's, the others are funds.

    That the funds exist is not shown here: only that their keys signed too.
    Raises NotProvenError, or ValueError if it is not a finalized PSBT.
    """
    unsigned, inputs = read_psbt(data)
    signed = with_signatures(unsigned, [(i.script_sig, i.witness) for i in inputs])
    to_sign = read_transaction(signed)
    _check_shape(to_sign, to_spend)
    shown = check_to_sign(signed, [(0, script_pubkey), *_funds(to_sign, inputs)])
    extra = len(inputs) - 1
    if not extra:
        return shown
    note = (
        f"{extra} more outputs are signed for; whether they exist and are unspent is not verified"
    )
    return replace(shown, notes=(*shown.notes, note))


def check_to_sign(data: bytes, spent: Spent) -> Shown:
    """Run a `to_sign` of good shape; the keys told are those of the first input.

    Raises NotProvenError.
    """
    to_sign = read_transaction(data)
    first = to_sign.inputs[0]
    checked = check_inputs(data, spent)
    if to_sign.version not in (0, 2):
        raise unsupported(f"inconclusive: transaction version {to_sign.version}")
    for spending, (_, script_pubkey) in zip(to_sign.inputs, spent, strict=True):
        _refuse_separators(_scripts_run(spending, script_pubkey))
    run = _scripts_run(first, spent[0][1])
    keys = _signers(checked[0], run)
    multisig = next(filter(None, map(parse_multisig, run[1:])), None)
    if multisig is not None:
        multisig.refuse_repeated_keys()
        # the interpreter checks from the last key to the first
        keys = tuple(key.hex() for key in multisig.keys if key.hex() in keys)
    notes = () if (to_sign.lock_time, first.sequence) == (0, 0) else (_time_note(to_sign),)
    # A time that the signer chose delays this transaction; one that the script wants, the coins.
    wants = {op for script in run for op, _ in operations(script)}
    lock = to_sign.lock_time if _CHECKLOCKTIMEVERIFY in wants else 0
    aged = bool(_CHECKSEQUENCEVERIFY in wants and first.sequence & _AGE)
    leaf = run[-1] if len(run) > 1 and _is_taproot(run[0]) else b""
    return Shown(_required(multisig, keys), keys, notes, lock, aged, leaf)


def _check_shape(to_sign: Transaction, to_spend: bytes) -> None:
    first = to_sign.inputs[0]
    if (first.txid, first.index) != (to_spend, 0):
        raise mismatch("it does not sign this message for this address")
    if to_sign.outputs != ((0, _OP_RETURN),):
        raise mismatch("its output is not the single empty OP_RETURN of BIP-322")


def _funds(to_sign: Transaction, inputs: list[PsbtInput]) -> Iterable[tuple[int, bytes]]:
    """Find the outputs that the inputs after the first one spend."""
    previous = {txid(i.previous): i.previous for i in inputs if i.previous}
    for spending, given in zip(to_sign.inputs[1:], inputs[1:], strict=True):
        whole = previous.get(spending.txid)
        if whole is not None:
            outputs = read_transaction(whole).outputs
            if spending.index >= len(outputs):
                raise mismatch(
                    "an input spends an output that its previous transaction does not have"
                )
            yield outputs[spending.index]
        elif given.spent:
            reader = Reader(given.spent)
            value, script = int.from_bytes(reader.take(8), "little"), reader.sized()
            reader.expect_end()
            yield value, script
        else:
            raise unsupported("inconclusive: the PSBT does not say what an input spends")


def _scripts_run(spending: Input, script_pubkey: bytes) -> list[bytes]:
    """List the scripts an input runs: the output's, then redeem, witness or leaf script."""
    found = [script_pubkey]
    program = script_pubkey
    if len(script_pubkey) == 23 and script_pubkey[:2] == b"\xa9\x14" and spending.script_sig:
        pushes = [data for _, data in operations(spending.script_sig)]
        program = pushes[-1] if pushes else b""  # BIP-16: the last push is the redeem script
        found.append(program)
    stack = list(spending.witness)
    if program[:2] == b"\x00\x20" and stack:
        found.append(stack[-1])
    if _is_taproot(program):
        if len(stack) > 1 and stack[-1][:1] == b"\x50":  # BIP-341: the annex
            stack.pop()
        if len(stack) > 1:
            found.append(stack[-2])
    return found


def _is_taproot(program: bytes) -> bool:
    return program[:2] == b"\x51\x20" and len(program) == 34


def _refuse_separators(run: list[bytes]) -> None:
    if any(op == OP_CODESEPARATOR for script in run for op, _ in operations(script)):
        raise mismatch("OP_CODESEPARATOR is forbidden by BIP-322")


def _signers(checked: Checked, run: list[bytes]) -> tuple[str, ...]:
    """Name who signed, and refuse scripts that others could satisfy, on any path.

    BIP-322 calls a script "valid" even if it asks for no signature, takes a key from the spender,
    or looks at a signature and does not need it; none of that shows control.
    """
    if not checked.signatures:
        raise unsupported("the script asks for no signature: anyone can satisfy it")
    program, script = run[0], run[-1]
    taproot = _is_taproot(program)
    if taproot and len(run) == 1:  # the key path
        return (program[2:].hex(),)
    needed = _needed(script, taproot)
    if not taproot:
        own = [k for k in checked.keys if k in needed or hash160(k) in needed]
        if not own:
            raise unsupported(_BY_OTHERS)
        return tuple(dict.fromkeys(key.hex() for key in own))
    # The interpreter does not tell which keys of a taproot leaf signed: name it if it is clear.
    (only, *more) = sorted(needed)
    return (only.hex() if not more and len(only) == 32 else program[2:].hex(),)


def _needed(script: bytes, tapscript: bool) -> frozenset[bytes]:
    """The keys, or their hashes, one of which must sign whichever way the script is satisfied."""
    if len(script) == 22 and script[:2] == b"\x00\x14":  # BIP-141: a key's hash
        return frozenset((script[2:],))
    try:
        found = keys_needed(script, tapscript=tapscript)
    except UndecidedError as e:
        raise unsupported(
            f"the script has an unknown form, so it is not known who can satisfy it ({e}): use a "
            "single key, a multisignature or a miniscript policy"
        ) from None
    if found is None:
        raise unsupported(_BY_OTHERS)
    return found


_BY_OTHERS = (
    "the script can be satisfied without a signature by one of its keys: anyone can satisfy it"
)


def _required(multisig: Multisig | None, keys: tuple[str, ...]) -> int:
    if multisig is not None:
        return multisig.required
    return 1 if len(keys) == 1 else 0


def _time_note(to_sign: Transaction) -> str:
    return f"valid at time {to_sign.lock_time} and age {to_sign.inputs[0].sequence} (BIP-322)"
