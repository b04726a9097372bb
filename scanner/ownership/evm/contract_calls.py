"""What contracts are asked, and how strictly their answers are read.

An answer counts only in its exact ABI shape: precompiles and fallbacks that echo or hash their
input give "answers" too. Sources: EIP-1271, EIP-6492; Safe's OwnerManager; the owner() of
ERC-173; EigenLayer's EigenPod. Withdrawal credentials: consensus specs, 0x00 (BLS), 0x01
(execution address, Capella) and 0x02 (compounding, EIP-7251).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scanner.model.addresses.keccak import keccak256
from scanner.ownership.evm.delegation import DELEGATED, MARK
from scanner.ownership.evm.evm_signers import Digest, Signed
from scanner.ownership.interface import ChainView, ContractCall

MOST_OWNERS = 256
"""A list of owners longer than this is not believed to be one."""


def _selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


_IS_VALID_SIGNATURE = _selector("isValidSignature(bytes32,bytes)")
_YES = _IS_VALID_SIGNATURE.ljust(32, b"\0")
_GET_OWNERS = _selector("getOwners()")
# Safe and the older Gnosis MultiSigWallet name their threshold differently.
_THRESHOLDS = (_selector("getThreshold()"), _selector("required()"))
_SINGLE_OWNERS = (("owner()", _selector("owner()")), ("podOwner()", _selector("podOwner()")))

_COUNTERFACTUAL_END = bytes.fromhex("6492" * 16)
"""What a signature of a contract that is not deployed yet ends with (EIP-6492)."""

# Creation code that eth_call runs and nothing keeps. Behind it lie: account, factory, length of
# the factory's calldata, length of the question, then both. It lets the factory deploy the account
# if nothing is there, asks the account, and returns its 32-byte answer or nothing. An account that
# exists already is not prepared: that anybody may change it proves nothing.
_DEPLOY_AND_ASK = bytes.fromhex(
    "604e3803 604e 6000 39"  # copy what follows this code (78 bytes) to memory 0
    "600051 3b 6021 57"  # if the account at memory 0 has code, jump to 33
    "60006000 604051 6080 6000 602051 5a f1 50"  # call the factory with the calldata at 128
    "5b 60006000 606051 604051608001 600051 5a fa"  # 33: static call of the account
    "3d 6020 14 16 6041 57"  # if it succeeded with 32 bytes, jump to 65
    "60006000 f3"  # return nothing
    "5b 6020 6000 6000 3e 6020 6000 f3"  # 65: return the 32 bytes
)


@dataclass(frozen=True, slots=True)
class Owners:
    """Whom a contract names: accounts and how many of them must agree. source: what was asked."""

    accounts: tuple[bytes, ...]
    threshold: int
    source: str


@dataclass(frozen=True, slots=True)
class Payee:
    """Whom a validator's stake is paid to: 20 bytes; None where nobody is named, and `text` why."""

    account: bytes | None
    text: str = ""


def payee_of(call: ContractCall, key: bytes) -> Payee:
    """Ask whose account a validator's withdrawal credentials name. key: 48 bytes."""
    found = call(key, b"")
    if len(found) != 32:
        return Payee(None, "no source returned its withdrawal credentials")
    if found == bytes(32):
        return Payee(None, "the beacon chain has no validator with this key at this block")
    if found == b"\xff" * 32:
        return Payee(None, "the endpoints do not agree on its withdrawal credentials")
    if found[0] in (1, 2) and found[1:12] == bytes(11) and any(found[12:]):
        return Payee(found[12:])
    if found[0] == 0:
        return Payee(
            None,
            "its withdrawal credentials are a BLS key (0x00): no account may withdraw its stake "
            "until the publisher names one on the beacon chain",
        )
    return Payee(None, f"its withdrawal credentials are of an unknown kind: 0x{found.hex()}")


def is_contract(call: ContractCall, account: bytes) -> bool | None:
    """Whether there is code at an account, other than a delegation; None if nobody can say.

    A delegation is known by what it begins with, not by its size: a contract may be as short.
    """
    # PUSH20 account; store its EXTCODESIZE at 0, copy 3 bytes of its code to 32; return 64 bytes.
    program = bytes.fromhex("80 3b 6000 52 6003 6000 6020 83 3c 6040 6000 f3")
    answer = call(b"", b"\x73" + account + program)
    if len(answer) != 64:
        return None
    size, mark = int.from_bytes(answer[:32]), answer[32:35]
    return size != 0 and not (size == DELEGATED and mark == MARK)


# Creation code; the accounts lie behind it, 20 bytes each. Returns one word an account: the size
# of its code. COUNT is how many.
_SIZES = (
    "6000"  # i = 0
    "5b 6014 81 6014 02 602f 01 600c 39"  # 2: copy account i, from 47 + 20 i, to memory 12
    "6000 51 3b 81 6020 02 6020 01 52"  # store the size of its code at 32 + 32 i
    "6001 01 61COUNT 81 10 6002 57"  # i = i + 1; if it is below COUNT, jump to 2
    "61COUNT 6020 02 6020 f3"  # return the words
)


def sizes_question(accounts: Sequence[bytes]) -> bytes:
    """The program that looks how large some accounts' codes are."""
    return bytes.fromhex(_SIZES.replace("COUNT", f"{len(accounts):04x}")) + b"".join(accounts)


def with_code(call: ContractCall, accounts: Sequence[bytes]) -> tuple[bytes, ...]:
    """Those of some accounts that have code, or may have: all, where nobody can say.

    An account that delegates (EIP-7702) is one of them: its code may act for others than its key.
    accounts: of 20 bytes, MOST_OWNERS at most.
    """
    if not accounts:
        return ()
    answer = _hint(call, b"", sizes_question(accounts))
    if len(answer) != 32 * len(accounts):
        return tuple(accounts)
    return tuple(a for n, a in enumerate(accounts) if any(answer[32 * n : 32 * n + 32]))


def listed_owners(call: ContractCall, account: bytes) -> tuple[bytes, ...] | None:
    """The owners that a wallet of known code lists; None where it does not, or not that many."""
    return _address_list(_hint(call, account, _GET_OWNERS))


def _hint(call: ContractCall, to: bytes, data: bytes) -> bytes:
    return call.hint(to, data) if isinstance(call, ChainView) else call(to, data)


def accepts(
    call: ContractCall, account: bytes, signed: Signed, digests: Sequence[Digest]
) -> str | None:
    """Ask a contract wallet whether it accepts a signature, deployed (EIP-1271) or not (6492).

    Returns what to remark about it, None if it does not accept. A contract that accepts the same
    signature for an unrelated digest as well accepts anything, which is no evidence. Nor is what
    it does accept, unless its code is known: it may accept the signature of whoever is named in it.
    """
    wrapped = unwrap(signed.data)
    for digest in digests:
        if _accepted(call, account, digest.value, signed.data):
            return "the contract accepts the signature (EIP-1271)"
        if wrapped and _accepted_undeployed(call, account, digest.value, wrapped):
            return "the contract, not deployed yet, would accept the signature (EIP-6492)"
    return None


def accepts_anything(
    call: ContractCall, account: bytes, signed: Signed, digests: Sequence[Digest]
) -> bool:
    """Whether a contract accepts a signature for a digest that nobody signed: see `accepts`."""
    asked = (_question(keccak256(digest.value), signed.data) for digest in digests)
    return any(call(account, question) == _YES for question in asked)


def is_no_signature(call: ContractCall, account: bytes, signed: Signed) -> bool:
    """Whether bytes can be neither a key's signature nor for a contract: there is none."""
    wrapped = signed.data.endswith(_COUNTERFACTUAL_END)
    return signed.plain is None and not wrapped and is_contract(call, account) is False


def has_no_word(
    call: ContractCall, account: bytes, signed: Sequence[Signed], digests: Sequence[Digest]
) -> bool:
    """Whether a contract does not answer about these signatures: EIP-1271's answer is 32 bytes.

    What it answers about and does not accept, it refuses. Only of single keys' signatures can one
    be good all the same, by an owner: any other is a contract's alone to judge.
    """
    asked = (_question(digest.value, one.data) for one in signed for digest in digests)
    return all(one.plain is not None for one in signed) and not any(
        len(call(account, question)) == 32 for question in asked
    )


def ask_address(
    call: ContractCall, account: bytes, question: str, data: bytes = b""
) -> bytes | None:
    """Ask a contract a function that gives one address; None if it does not, or gives nobody."""
    return _address(call(account, _selector(question) + data))


def owners_of(call: ContractCall, account: bytes) -> Owners | None:
    """Ask a contract whom it names: a multisig wallet, an ownable contract, an EigenPod.

    A name is no right to spend: `owner()` of a bridge or a token is its administrator, and code
    that names somebody may have no way to send anything.
    """
    several = _address_list(call(account, _GET_OWNERS))
    if several:
        for selector in _THRESHOLDS:
            threshold = _number(call(account, selector))
            if threshold is not None and 1 <= threshold <= len(several):
                return Owners(several, threshold, "getOwners()")
    for name, selector in _SINGLE_OWNERS:
        owner = _address(call(account, selector))
        if owner is not None:
            return Owners((owner,), 1, name)
    return None


def unwrap(signature: bytes) -> tuple[bytes, bytes, bytes] | None:
    """Take an EIP-6492 signature apart: factory, its calldata, inner signature; None if it is none.

    Layout: abi.encode(address, bytes, bytes) and 32 marker bytes.
    """
    if not signature.endswith(_COUNTERFACTUAL_END):
        return None
    data = signature[: -len(_COUNTERFACTUAL_END)]
    factory = _address(data[:32])
    calldata, inner = _bytes_at(data, 32), _bytes_at(data, 64)
    if factory is None or calldata is None or inner is None:
        return None
    return factory, calldata, inner


def _accepted(call: ContractCall, account: bytes, digest: bytes, signature: bytes) -> bool:
    def yes(asked: bytes) -> bool:
        return call(account, _question(asked, signature)) == _YES

    return yes(digest) and not yes(keccak256(digest))


def _accepted_undeployed(
    call: ContractCall, account: bytes, digest: bytes, wrapped: tuple[bytes, bytes, bytes]
) -> bool:
    factory, calldata, inner = wrapped

    def yes(asked: bytes) -> bool:
        question = _question(asked, inner)
        head = _word(account) + _word(factory) + _size(calldata) + _size(question)
        return call(b"", _DEPLOY_AND_ASK + head + calldata + question) == _YES

    return yes(digest) and not yes(keccak256(digest))


def _question(digest: bytes, signature: bytes) -> bytes:
    padding = bytes(-len(signature) % 32)
    offset = (64).to_bytes(32, "big")
    return _IS_VALID_SIGNATURE + digest + offset + _size(signature) + signature + padding


def _word(data: bytes) -> bytes:
    return data.rjust(32, b"\0")


def _size(data: bytes) -> bytes:
    return len(data).to_bytes(32, "big")


def _number(data: bytes) -> int | None:
    return int.from_bytes(data, "big") if len(data) == 32 else None


def _address(data: bytes) -> bytes | None:
    """Read one ABI address word; the zero address is nobody."""
    if len(data) != 32 or data[:12] != bytes(12) or data == bytes(32):
        return None
    return data[12:]


def _address_list(data: bytes) -> tuple[bytes, ...] | None:
    """Read an ABI address[]: distinct, none zero, nothing before or after."""
    count = _number(data[32:64])
    if count is None or not 1 <= count <= MOST_OWNERS or _number(data[:32]) != 32:
        return None
    words = [data[i : i + 32] for i in range(64, len(data), 32)]
    found = tuple(a for a in map(_address, words) if a is not None)
    if len(words) != count or len(set(found)) != count:
        return None
    return found


def _bytes_at(data: bytes, slot: int) -> bytes | None:
    """Read the ABI `bytes` whose offset stands at `slot`."""
    start = _number(data[slot : slot + 32])
    if start is None or start > len(data):
        return None
    size = _number(data[start : start + 32])
    if size is None or size > len(data) - start - 32:
        return None
    return data[start + 32 : start + 32 + size]
