"""A signature that fits no form that is read: not false, for its owner may have used another.

A scheme gives `Unread` where a signature is well-formed and nothing shows that it was made in the
scheme's form at all. The other schemes of the network are tried, then the row is `unsupported` and
the reason says which forms were. It is `mismatch` only where the form is certain: another
signature of the row fits it, its shape is only this scheme's, or the published key made it.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.control import Control, ControlResult


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


def other_key(scheme: str, reason: str) -> ControlResult:
    """Say that a signature is good, and what would show that its key has to do with the address."""
    return OtherKey(Control.UNSUPPORTED, scheme=scheme, reason=reason)


def unread(scheme: str, number: int, required: int = 1) -> ControlResult:
    """Say that the row's signature of this number does not fit a scheme's form."""
    return Unread(Control.UNSUPPORTED, scheme=scheme, required=required, reason=str(number))


def tried(results: Sequence[tuple[str, ControlResult]]) -> ControlResult:
    """One verdict for all the forms that a signature did not fit.

    results: what each form is called, in words, and what its scheme gave; at least one is Unread.
    """
    failed = [(said, result) for said, result in results if isinstance(result, Unread)]
    forms = ", ".join(dict.fromkeys(said for said, _ in failed))
    _, first = failed[0]
    return ControlResult(
        Control.UNSUPPORTED,
        scheme=first.scheme,
        required=first.required,
        reason=f"signature {first.reason} fits no known form by this key over this text (tried: "
        f"{forms}): it is by another key, over another text or in another form: sign again in "
        "one of these",
    )
