"""A signature that fits no form that is read: not false, for its owner may have used another.

A scheme gives `Unread` where a signature is well-formed and nothing shows that it was made in the
scheme's form at all. The other schemes of the network are tried, then the row is `unsupported` and
the reason says which forms were. It is `mismatch` only where the form is certain: another
signature of the row fits it and this one fits no other form (`Partly`), its shape is only this
scheme's, or the published key made it.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.control import Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.interface import Forms, Proof, SignerFinder, Verifier


class Unread(ControlResult):
    """What a scheme gives for a signature that is not in its form; never leaves the judge.

    reason: a number of the row's signatures that does not fit.
    """

    __slots__ = ()


class OtherKey(ControlResult):
    """What a scheme gives where the signature is good and whose address it is cannot be told here.

    Says more than any form that did not fit. Never leaves the judge.
    """

    __slots__ = ()


class OfForm(ControlResult):
    """What a scheme gives where a row is in its form and no other, and cannot be judged.

    Says more than any form that did not fit. Never leaves the judge.
    """

    __slots__ = ()


class Partly(ControlResult):
    """What a scheme gives where one signature of a row is in its form, and another is not.

    reason: that other's number, a space and by whom it is not. Never leaves the judge.
    """

    __slots__ = ()


def other_key(scheme: str, reason: str) -> ControlResult:
    """Say that a signature is good, and what would show that its key has to do with the address."""
    return OtherKey(Control.UNSUPPORTED, scheme=scheme, reason=reason)


def of_form(result: ControlResult) -> ControlResult:
    """Say that a verdict is about a row that is in no other form."""
    return result if result.control is Control.MISMATCH else OfForm(*result)


def unread(scheme: str, number: int, required: int = 1) -> ControlResult:
    """Say that the row's signature of this number does not fit a scheme's form."""
    return Unread(Control.UNSUPPORTED, scheme=scheme, required=required, reason=str(number))


def partly(name: str, number: int, by: str) -> ControlResult:
    """Say that some of the row's signatures fit a scheme's form, and the one of this number not."""
    return Partly(Control.MISMATCH, scheme=name, required=1, reason=f"{number} {by}")


def of_partly(proof: Proof, found: ControlResult, others: Sequence[Verifier]) -> ControlResult:
    """The verdict where a scheme gave Partly: false, unless the signature is good in another form.

    others: the network's other schemes. Who sign together may have wallets of several makers.
    """
    number, _, by = found.reason.partition(" ")
    texts = proof.signatures[int(number) - 1 :][:1]  # none where one text holds several
    alone = proof._replace(signatures=texts)
    for other in others if texts else ():
        if other.handles(alone) and _is_good(other, alone):
            reason = (
                f"signature {number} is good in another form ({other.said}) than others of the "
                "row: sign all in one form"
            )
            return verdicts.unsupported(found.scheme, reason)
    return verdicts.mismatch(found.scheme, f"signature {number} is not {by}", found.required)


def _is_good(scheme: Verifier, proof: Proof) -> bool:
    """Whether a row's one signature is by one of its keys, in a scheme's form."""
    if isinstance(scheme, SignerFinder):
        readings = scheme.signers(proof)
        return any(not any(signer.recovered for signer in who) for who in readings)
    result = scheme.verify(proof)
    return isinstance(result, OtherKey) or result.control in (Control.CONTROLS, Control.MISMATCH)


def tried(results: Sequence[tuple[Forms, ControlResult]]) -> ControlResult:
    """One verdict for all the forms that a signature did not fit.

    results: which forms each scheme reads, and what it gave; at least one is Unread. Why another
    did not read the row at all is told as well: the right form may be that one.
    """
    failed = [(forms, result) for forms, result in results if isinstance(result, Unread)]
    refused = [forms.refused for forms, _ in failed if forms.refused] + [
        f"{forms.read} was not tried: {result.reason}"
        for forms, result in results
        if result.control is Control.UNSUPPORTED and not isinstance(result, Unread)
    ]
    _, first = failed[0]
    return ControlResult(
        Control.UNSUPPORTED,
        scheme=first.scheme,
        required=first.required,
        reason="; ".join(
            (of_no_form(first.reason, [forms.read for forms, _ in failed]), *dict.fromkeys(refused))
        ),
    )


def of_no_form(number: int | str, forms: Sequence[str]) -> str:
    """What to say of a signature that fits none of these forms."""
    return (
        f"signature {number} fits no known form by this key over this text (tried: "
        f"{', '.join(dict.fromkeys(forms))}): it is by another key, over another text or in "
        "another form: sign again in one of these"
    )
