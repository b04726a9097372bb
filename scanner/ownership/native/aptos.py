"""Texts signed by Aptos wallets as they stand: the standard's fullMessage, or any older one.

By Ed25519 keys, 64 bytes each; by keys of other kinds and by several, as the SDK writes these:
`aptos_keys`, `aptos_signatures`. What an account may be is the same for all: its address or, in a
snapshot, its authentication key is a hash of the keys.
What a fullMessage is: `aptos_message`; its address and chain must be the row's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from hashlib import sha3_256
from typing import Final

from scanner.errors import AddressFormatError
from scanner.model.addresses.table import decode_address
from scanner.model.control import Binding, Control, ControlResult
from scanner.model.key_policy import Way
from scanner.ownership import verdicts
from scanner.ownership.ed25519 import signing
from scanner.ownership.ed25519.text_form import Ed25519Text
from scanner.ownership.interface import ContractCall, Proof, Readings, one_reading
from scanner.ownership.key_policy import judge_group
from scanner.ownership.native.aptos_keys import AnyKey, Keys, is_by
from scanner.ownership.native.aptos_message import TITLE, FullMessage, full_message
from scanner.ownership.native.aptos_signatures import Made, Shown, WholesError, shown_by
from scanner.ownership.native.each_alone import MOST, alone, judge_each
from scanner.ownership.primitives.makers import makers
from scanner.ownership.primitives.not_proven import NotProvenError, malformed, mismatch, unsupported
from scanner.ownership.primitives.plain_signature import hex_or_base64
from scanner.ownership.primitives.plain_text import plain_text
from scanner.ownership.unread import of_form, other_key, partly, unread

_IS_NUMBER = re.compile("0|[1-9][0-9]{0,9}", re.ASCII)
_HEAD_UNREAD = (
    "the line {line!r} in the signed text is not {wanted}, so whom it is for is not read: sign "
    "again with a wallet that writes it so"
)
_MOST_CHECKS: Final = 600
_BY: Final = "by this key over this message"


class AptosText(Ed25519Text):
    """Accounts of Aptos: of one key, or of several."""

    def __init__(self) -> None:
        super().__init__("aptos_text", "the text itself", {"aptos"}, _text, hex_or_base64)

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row: every signature is one of the account's keys', over the text."""
        result = self._judged(proof, call)
        is_plain = type(result) is ControlResult and result.control is Control.UNSUPPORTED
        full = full_message(proof.message) if is_plain else None
        return result if full is None else of_form(result)

    def _judged(self, proof: Proof, call: ContractCall | None) -> ControlResult:
        try:
            shown = shown_by(proof)
            if shown is None:
                return super().verify(proof, call)
            signed = _makers(self.name, proof, shown)
        except NotProvenError as e:
            return e.result(self.name)
        except WholesError:
            return judge_each(self.name, alone(proof), self._alone)
        if isinstance(signed, ControlResult):
            return signed
        return _bound(self.name, proof, shown.keys, signed)

    def _alone(self, proof: Proof) -> ControlResult:
        return self._judged(proof, None)

    def signers(self, proof: Proof) -> Readings:
        """See SignerFinder."""
        try:
            shown = shown_by(proof)
            if shown is None:
                return super().signers(proof)
            signed = _makers(self.name, proof, shown)
        except NotProvenError:
            return ()
        except WholesError:
            return self._signers_of_each(alone(proof))
        if isinstance(signed, ControlResult):
            return ()
        return one_reading([key.signer for key in signed])

    def opened(self, proof: Proof, account: bytes) -> Way | None:
        """See Opener."""
        try:
            shown = shown_by(proof)
        except NotProvenError:
            return None
        except WholesError:
            ways = (self.opened(row, account) for row in alone(proof))
            return next((way for way in ways if way is not None), None)
        return signing.opened(proof, account) if shown is None else shown.keys.way(account)

    def _signers_of_each(self, rows: Sequence[Proof]) -> Readings:
        """Everybody who signed; () if one signature is nobody's, or there are too many."""
        found = [self.signers(row) for row in rows[:MOST]]
        if len(rows) > MOST or not all(found):
            return ()
        return one_reading(tuple(dict.fromkeys(signer for (who,) in found for signer in who)))


def _makers(scheme: str, proof: Proof, shown: Shown) -> tuple[AnyKey, ...] | ControlResult:
    """The distinct keys that made the row's signatures, or the verdict that one fits none.

    Raises NotProvenError.
    """
    members = shown.keys.members
    if any(one.place is not None and one.place >= len(members) for one in shown.made):
        raise malformed("the signature is of more keys than the row has")
    (text,) = _text(proof)
    digest = sha3_256(text).digest()
    distinct = tuple(dict.fromkeys(members))

    def tries(made: Made, text: bytes) -> Iterator[tuple[AnyKey, bool]]:
        among = distinct if made.place is None else (members[made.place],)
        mine = (key for key in among if made.kind in (None, key.kind))
        return ((key, is_by(key, text, digest, made.data)) for key in mine)

    signed, unfit = makers(shown.made, (text,), tries, _MOST_CHECKS)
    if unfit is None:
        return signed
    bad = shown.made[unfit]
    if not signed:
        return unread(scheme, bad.number)
    if bad.place is None:
        return partly(scheme, bad.number, _BY)
    raise mismatch(f"the signature of key {bad.place + 1} is not {_BY}")


def _bound(scheme: str, proof: Proof, keys: Keys, signed: tuple[AnyKey, ...]) -> ControlResult:
    """The keys signed: say whether the address is theirs."""
    account = proof.address.payload
    if all(account in key.accounts for key in signed):
        return verdicts.controls(scheme, Binding.DERIVED, (signed[0].text,))
    signers, way = [key.signer for key in signed], keys.way(account)
    if way is not None:
        return judge_group(scheme, signers, way)
    if proof.owners:
        return signing.rotated(scheme, proof, signers, keys.way)
    return other_key(scheme, signing.OTHER_KEY)


def _text(proof: Proof) -> tuple[bytes, ...]:
    full = full_message(proof.message)
    if full is not None:
        _check_head(proof, full)
    if proof.message.startswith(TITLE):  # as no transaction does, which begins with a hash
        return (proof.message.encode(),)
    return (plain_text(proof.message),)


def _check_head(proof: Proof, full: FullMessage) -> None:
    """The address and chain that a fullMessage names must be the row's. Raises NotProvenError."""
    if full.address is not None:
        try:
            named = decode_address(proof.network, full.address)
        except AddressFormatError:
            raise unsupported(_HEAD_UNREAD.format(line="address", wanted="0x and hex")) from None
        if named.payload != proof.address.payload:
            raise mismatch("the address in the signed text is not the row's")
    if full.chain is not None and not _IS_NUMBER.fullmatch(full.chain):
        raise unsupported(_HEAD_UNREAD.format(line="chainId", wanted="a number"))
    if full.chain not in (None, proof.network.chain_id):
        raise mismatch("the signed text is for another chain")
