"""Keys that others than the proof file vouch for.

A key is pinned by the SHA-256 of all its bytes. Two are shipped: the one in OKX's program for its
round 508787475, and one rebuilt from OKX's source for 1024 accounts a batch, 220 tokens and 3
levels. Others are given by file or hash.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path

from scanner.errors import InputError, clip
from scanner.liabilities.okx_v2.key import MAX_KEY, read_key, sha256_of
from scanner.liabilities.okx_v2.proof_file import Header
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.jsontext import read_json

_NOT_A_KEY = "give a file with the key's bytes or their hex text, or its SHA-256 of 64 hex digits"
_HASH_NAME = "root_verifier_data_sha256"


@dataclass(frozen=True, slots=True)
class Pin:
    """A key by its hash, and what is known of the circuit it is for.

    name: who vouches for it. data: its bytes; None where only the hash is known.
    round_num, batch_size, token_num, branchout, levels: None where unknown.
    """

    name: str
    sha256: str
    data: bytes | None = None
    round_num: int | None = None
    batch_size: int | None = None
    token_num: int | None = None
    branchout: int | None = None
    levels: int | None = None

    def contradicted(self, header: Header) -> str:
        """How a file's header contradicts this key's circuit; "" if it does not.

        A key is the same in all rounds of one shape: another round contradicts nothing.
        """
        for what in ("batch_size", "token_num", "branchout", "levels"):
            known, said = getattr(self, what), getattr(header, what)
            if known is not None and said is not None and said != known:
                return f"the file says {what} {said}, the key of {self.name} is for {known}"
        return ""

    @property
    def is_complete(self) -> bool:
        """Whether nothing that the header says of the circuit is left unchecked."""
        return None not in (self.batch_size, self.token_num, self.branchout, self.levels)


@cache
def shipped() -> tuple[Pin, ...]:
    """The keys that come with the program."""
    round_, rebuilt = _data("round_508787475"), _data("rebuilt_1024_220_3")
    return (
        Pin(
            "OKX's round 508787475",
            sha256_of(round_),
            round_,
            round_num=508787475,
            branchout=64,
            levels=3,
        ),
        Pin(
            "OKX's source for 1024 accounts, 220 tokens, 3 levels",
            sha256_of(rebuilt),
            rebuilt,
            batch_size=1024,
            token_num=220,
            branchout=64,
            levels=3,
        ),
    )


def _data(file: str) -> bytes:
    folder = files("scanner.liabilities.okx_v2") / "keys"
    return bytes.fromhex((folder / f"{file}.hex").read_text("ascii"))


def pin_of_key(sha256: str) -> Pin | None:
    """The shipped key of that hash."""
    return next((pin for pin in shipped() if pin.sha256 == sha256), None)


def pin_of_round(round_num: int) -> Pin | None:
    """The shipped key of a round: for a file that holds no key."""
    return next((pin for pin in shipped() if pin.round_num == round_num), None)


def pin_of_bytes(data: bytes, name: str) -> Pin:
    """The pin of a key whose bytes are at hand: the shipped one if it is that."""
    sha256 = sha256_of(data)
    return pin_of_key(sha256) or Pin(name, sha256, data)


def read_pin(given: str) -> Pin:
    """What the user pins: a hash, a file of the key, or a file of its hash.

    Raises InputError, also for a file that holds neither: held against it, every proof would be
    called false.
    """
    if (sha256 := _hash(given)) is not None:
        return pin_of_key(sha256) or Pin("the key given", sha256)
    try:
        with Path(given).open("rb") as stream:
            data = stream.read(2 * MAX_KEY + 1)
    except (OSError, ValueError):
        raise InputError(f"--key {given[:80]!r} is not a readable file: {_NOT_A_KEY}") from None
    if len(data) > 2 * MAX_KEY or not data:
        raise InputError(f"--key {given[:80]!r} is not a key: {_NOT_A_KEY}")
    name = f"the key in {Path(given).name}"
    if (sha256 := _written_hash(data)) is not None:
        return pin_of_key(sha256) or Pin(name, sha256)
    with suppress(ValueError):  # else they are the bytes themselves
        data = bytes.fromhex(data.decode("ascii"))
    try:
        read_key(data)
    except (RefusedError, ShapeError) as e:
        reason = clip(f"{e}", 120)
        raise InputError(f"--key {given[:80]!r} is not a key ({reason}): {_NOT_A_KEY}") from None
    return pin_of_bytes(data, name)


def _hash(text: object) -> str | None:
    digits = text.strip().lower() if isinstance(text, str) else ""
    return digits if len(digits) == 64 and set(digits) <= set("0123456789abcdef") else None


def _written_hash(data: bytes) -> str | None:
    """The hash that a file of one says: as JSON, or first in a line as sha256sum writes it."""
    text = data.decode("ascii", "replace")
    if text.lstrip()[:1] == "{":
        with suppress(ValueError):
            document = read_json(text)
            return _hash(document.get(_HASH_NAME)) if isinstance(document, dict) else None
    return _hash((text.split() or [""])[0])
