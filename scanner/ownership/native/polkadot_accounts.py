"""Whose keys stand behind an account of Substrate's pallet_multisig, as a row's column tells it.

Such an account's id is the hash of its signatories, sorted, and of how many must sign; a signatory
may be such an account again. Read are signatories as addresses or hex, with spaces between (every
threshold is tried), and JSON: the account with `threshold` and `who` (or `signatories`), as
polkadot.js keeps it under `meta`; for accounts of accounts a list of all of them, in any order, or
one in a signatory's place in another. Ids are computed: none that stands there is believed.
Source: Polkadot SDK, pallet_multisig (multi_account_id; a call needs two signatories, each once);
@polkadot/ui-keyring, addMultisig; accounts that it made: tests/vectors/nested.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Final

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.jsontext import read_json
from scanner.model.key_policy import KeyKind, PolicyKey, Way
from scanner.ownership.ed25519.signing import MOST_KEYS
from scanner.ownership.groups import group, multi_account
from scanner.ownership.interface import Proof
from scanner.ownership.nested import DEEPEST, LONGEST, MOST_MEMBERS, Several, keys_in, needed
from scanner.ownership.primitives.hextext import decode_hex
from scanner.ownership.primitives.key_words import key_words
from scanner.ownership.primitives.not_proven import malformed, unsupported
from scanner.ownership.primitives.undecoded import NoKey

_WHO: Final = ("who", "signatories")
_TOO_MANY: Final = f"more than {MOST_MEMBERS} signatories are not read: move to an account of fewer"


class Behind:
    """What the key column shows of a row's account.

    accounts: those that may have signed, 32 bytes each, the row's own where none are named.
    way: how the row's account is made of them; None if it is not, or is one key's own.
    """

    def __init__(self, proof: Proof) -> None:
        """Raises NotProvenError for JSON that is not understood, or shows too much."""
        account = proof.address.payload
        text = proof.script.strip()
        self.way: Way | None = None
        if text[:1] in ("{", "["):
            self._read(proof, text, account)
        else:
            self.accounts = _listed(proof, text) or (account,)
            self.way = group("ss58", self.accounts, account)

    def _read(self, proof: Proof, text: str, account: bytes) -> None:
        known = _Definitions(proof, text).known

        def read(part: object) -> PolicyKey | Several:
            key = part if isinstance(part, bytes) else b""
            return known.get(key) or PolicyKey(KeyKind.ACCOUNT, key)

        found = keys_in(account, read)
        self.way = found if isinstance(found, Way) else None
        named = (m for each in known.values() for m in each.members if isinstance(m, bytes))
        keys = dict.fromkeys((account, *(key for key in named if key not in known)))
        if len(keys) > MOST_MEMBERS + 1:
            raise unsupported(_TOO_MANY)
        self.accounts = tuple(keys)


class _Definitions:
    """The accounts of several that a column's JSON defines. known: by their ids, 32 bytes each."""

    def __init__(self, proof: Proof, text: str) -> None:
        self._proof = proof
        self.known: dict[bytes, Several] = {}
        try:
            document = read_json(text, unique_names=True) if len(text) <= LONGEST else None
        except ValueError:
            document = None
        for item in document if isinstance(document, list) else (document,):
            if not isinstance(item, Mapping):
                raise malformed(
                    NoKey("the key column is no JSON of accounts, each with threshold and who")
                )
            self._id(item, DEEPEST)

    def _id(self, part: object, deep: int) -> bytes:
        """The id of a signatory: an address, or an account of several, which is kept."""
        if isinstance(part, str):
            found = _account(self._proof, part)
            if found is None:
                raise malformed(NoKey("the key column has a signatory that is no address"))
            return found
        if deep == 0:
            raise unsupported(
                f"accounts of accounts, more than {DEEPEST} deep, are not read: move to another"
            )
        if not isinstance(part, Mapping):
            raise malformed(NoKey("the key column has a signatory that is no address"))
        inside = part["meta"] if isinstance(part.get("meta"), Mapping) else part
        names = [name for name in _WHO if isinstance(inside.get(name), list)]
        if len(names) != 1:
            raise malformed(
                NoKey("the key column has an account that does not say who its signatories are")
            )
        listed = inside[names[0]]
        if len(listed) > MOST_MEMBERS:
            raise unsupported(_TOO_MANY)
        members = sorted(self._id(member, deep - 1) for member in listed)
        if len(set(members)) < max(2, len(members)):
            raise malformed(
                NoKey(
                    "the key column names one signatory twice, or only one: no account can act so"
                )
            )
        threshold = needed(inside.get("threshold"), len(members))
        made = multi_account(members, threshold)
        self.known[made] = Several(threshold, members)
        return made


def _listed(proof: Proof, text: str) -> tuple[bytes, ...]:
    """The accounts that a column names, 32 bytes each; () if it names something else."""
    found = [_account(proof, one) for one in key_words(text, MOST_KEYS)]
    if len(found) > MOST_KEYS:
        return ()
    known = tuple(dict.fromkeys(account for account in found if account is not None))
    return known if None not in found else ()


def _account(proof: Proof, text: str) -> bytes | None:
    data = decode_hex(text)
    if data is not None and len(data) == 33:  # an ECDSA key
        return blake2b(data, digest_size=32).digest()
    if data is None:
        try:
            data = decode_address(proof.network, text).payload
        except AddressFormatError:
            return None
    return data if len(data) == 32 else None
