"""Accounts that run another contract's code (EIP-7702), told beside a verdict.

Such an account keeps its key: whoever has it can send, and can take the delegation back. So the
key's own signature proves what it proved before, and the code behind the account is not asked.
But the code can send, too, by rules of its own: a reader is told that it is there.

Source: EIP-7702: the account's code is 0xef0100 and 20 bytes, which EXTCODECOPY gives as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from scanner.errors import SourceError
from scanner.ownership.interface import ContractCall

DELEGATED: Final = 23
"""Size of the code of an account that delegates."""

AT_ONCE: Final = 500
"""Accounts of one question; its answer has 32 bytes for each."""

MARK: Final = bytes.fromhex("ef0100")
"""What such code begins with, and no contract's may (EIP-3541)."""

_BEFORE: Final = MARK.rjust(32 - 20, b"\0")
"""What a word of the answer has before the 20 bytes."""

# Creation code that eth_call runs and nothing keeps; the accounts lie behind it, 20 bytes each.
# Returns one word an account: its code where that has 23 bytes, else 0, zeros before it: no node
# lets a creation return what begins with ef. COUNT is how many.
_ASK: Final = (
    "6000"  # i = 0
    "5b 6014 81 6014 02 603e 01 600c 39"  # 2: copy account i, from 62 + 20 i, to memory 12
    "6000 51 80 3b 6017 14 15 6028 57"  # unless its code has 23 bytes, jump to 40
    "6017 6000 83 6020 02 6029 01 83 3c"  # copy these to memory 32 + 9 + 32 i
    "5b 50 6001 01 61COUNT 81 10 6002 57"  # 40: i = i + 1; if it is below COUNT, jump to 2
    "61COUNT 6020 02 6020 f3"  # return the words
)


def delegates(call: ContractCall, accounts: Sequence[bytes]) -> dict[bytes, bytes]:
    """Which of some accounts run whose code at the block: 20 bytes to 20 bytes.

    What nobody answers, or answers in another shape (networks that run no such question), is not
    told: no verdict rests on it.
    """
    found: dict[bytes, bytes] = {}
    for start in range(0, len(accounts), AT_ONCE):
        some = accounts[start : start + AT_ONCE]
        try:
            answer = call(b"", question(some))
        except SourceError:
            break
        if len(answer) != 32 * len(some):
            break
        words = (answer[n : n + 32] for n in range(0, len(answer), 32))
        found |= {
            account: word[len(_BEFORE) :]
            for account, word in zip(some, words, strict=True)
            if word.startswith(_BEFORE)
        }
    return found


def question(accounts: Sequence[bytes]) -> bytes:
    """The program that looks at some accounts' codes. At most AT_ONCE accounts of 20 bytes."""
    return bytes.fromhex(_ASK.replace("COUNT", f"{len(accounts):04x}")) + b"".join(accounts)
