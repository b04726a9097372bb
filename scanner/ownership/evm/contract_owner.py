"""Rows whose address is a contract (or a validator) and that name who signed in its place.

1. Every signature must be by the address's own key or by a named owner, and stands for no other's.
2. If the address's own key signed, nothing more is needed (accounts with EIP-7702 code, too).
3. Else the chain is looked at, at the pinned block: a wallet whose code we know (wallets.py) says
   in its storage who its owners are. Did enough of them sign, or does it accept the signature?
4. Other contracts are asked as well (EIP-1271, EIP-6492, owner(), getOwners()). What they say can
   contradict the row; that they agree stays `asserted`, for they say what their code says.

A validator's stake is paid to whom its withdrawal credentials name, so these steps are taken for
that account: its own key signed, or it is a contract (a Safe, an EigenPod) and its owners did.

The publisher's label of the row never lowers what is asked of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scanner.model.addresses.evm import checksum_text
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership import verdicts
from scanner.ownership.evm import contract_calls, evm_signers
from scanner.ownership.evm.evm_signers import Digest, Envelope, Signed
from scanner.ownership.evm.named_owners import NOT_LOOKED_INTO, Seen, contract_says
from scanner.ownership.evm.safe_signatures import doubt
from scanner.ownership.evm.typed_data import refused
from scanner.ownership.evm.wallets import UNKNOWN_CODE, Pod, Wallet, find_wallet
from scanner.ownership.interface import ChainView, ContractCall, Proof

_ACCOUNT = 20
"""Bytes of an account."""

_VALIDATOR = (
    "only its withdrawal credentials can show that the named owners may withdraw this "
    "validator's stake: take a snapshot with a beacon endpoint"
)
_SAME_OWNER = "one account is named as owner twice"
_OFFLINE = (
    "signed by the named owners; only the chain can show that the contract is theirs: take a "
    "snapshot with an endpoint of the network"
)

_NAME_OWNERS = (
    "the address is a contract that does not say whether a signature is good (EIP-1271): if keys "
    "that own it signed, name their addresses as owners"
)
_HOW_MANY = (
    "how many must sign only the chain can say: take a snapshot with an endpoint of the network"
)


@dataclass(frozen=True, slots=True)
class _Signers:
    """Who made the row's signatures: by the address itself, by owners, and by nobody named."""

    own: bool
    owners: tuple[bytes, ...]
    unknown: tuple[int, ...]
    remarks: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Subject:
    """Whose control is in question: the row's address, or the account that a validator pays.

    call: how the chain can be asked about `account`; None where it cannot. binding: of the
    account's own key. words: what to say where the chain is not asked. paid: whether the account
    is one that a validator's credentials name.
    """

    account: bytes
    call: ContractCall | None
    binding: Binding
    words: str = ""
    paid: bool = False


@dataclass(frozen=True, slots=True)
class _Bad:
    """A signature by nobody named, and whether the chain was asked about it."""

    number: int
    signed: Signed
    asked: bool


class ContractOwner:
    """An account whose signatures come from named owners."""

    said = "EIP-191"

    def __init__(self, name: str, envelopes: Sequence[Envelope]) -> None:
        self.name = name
        self.envelopes = tuple(envelopes)

    def handles(self, proof: Proof) -> bool:
        """Rows that name owners, of 20-byte accounts and of beacon-chain validators."""
        return bool(proof.owners) and proof.address.format in ("evm", "validator_key")

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row; see the steps above."""
        signatures = evm_signers.read_signatures(self.name, proof)
        if isinstance(signatures, ControlResult):
            return signatures
        digests = evm_signers.digests(proof, self.envelopes)
        if isinstance(digests, str):
            return refused(self.name, digests)
        named = evm_signers.named_owners(proof)
        of = _subject(proof, call)
        by = _match(of.account, named, signatures, digests)
        if by.unknown or not by.own:
            twice = len(set(named)) < len(named)
            known = None if twice else self._known(proof, of, by, signatures, digests)
            if known is not None:
                return known
            if of.call is not None:
                answers = _accepted(of.call, of.account, by, signatures, digests)
                if answers:
                    words = _joined(answers) + UNKNOWN_CODE
                    return self._controls(Binding.ASSERTED, of.account, by, words)
            if by.unknown:
                number = by.unknown[0]
                bad = _Bad(number, signatures[number - 1], call is not None)
                return self._unknown(named, by, bad, digests)
        remarks = "; ".join(by.remarks)
        if by.own:
            signer = checksum_text(of.account)
            return verdicts.controls(self.name, of.binding, (signer,), remarks, 1)
        return self._by_owners(of, named, by)

    def by_whoever_signed(
        self, proof: Proof, call: ContractCall, signed: Sequence[Signed], digests: Sequence[Digest]
    ) -> ControlResult | None:
        """The verdict about a contract's row that names no owners, where its own key did not sign.

        None where there is no contract, or one that refuses them: what the signatures say counts.
        All are read in one envelope, for in another one each leads to another account.
        """
        found = []
        for digest in digests:
            who = [account for s in signed for account, _ in evm_signers.accounts(s, [digest])]
            if len(who) == len(signed):
                said = tuple(filter(None, [evm_signers.notes(signed[0].plain, digest)]))
                by = _Signers(False, tuple(dict.fromkeys(who)), (), said)
                known = self._known(proof, _subject(proof, call), by, signed, [digest])
                found += [] if known is None else [self._all_of_it(by, known)]
        shown = [r for r in found if r.control is Control.CONTROLS]
        open_ = [r for r in found if r.control is Control.UNSUPPORTED]
        if found:
            return (*shown, *open_, *found)[0]
        account = proof.address.payload
        if contract_calls.is_contract(call, account) and contract_calls.has_no_word(
            call, account, signed, digests
        ):
            return verdicts.unsupported(self.name, _NAME_OWNERS)
        return None

    def _all_of_it(self, by: _Signers, known: ControlResult) -> ControlResult:
        """The verdict if everybody who signed is an owner, or may be one of an owner's owners."""
        signers = set(map(checksum_text, by.owners))
        others = sorted(signers.difference(known.signed_by))
        if not known.shows_control or not others or not signers.issuperset(known.signed_by):
            return known
        words = f"{known.reason}: {others[0]} signed, too, and is not an owner"
        return verdicts.mismatch(self.name, words, known.required, known.signed_by)

    def _known(
        self,
        proof: Proof,
        of: _Subject,
        by: _Signers,
        signatures: Sequence[Signed],
        digests: Sequence[Digest],
    ) -> ControlResult | None:
        """The verdict where the contract is a wallet whose code we know; None where it is not.

        An EigenPod pays its owner: the owner's own key signed, or it is a wallet in its turn.
        """
        view, account, of_pod = of.call, of.account, ""
        if not isinstance(view, ChainView):
            return None
        found = find_wallet(view, account, proof.network.chain_id, by.owners)
        if isinstance(found, Pod):
            of_pod, account = f"{found.name} of {checksum_text(found.owner)}", found.owner
            if account in by.owners and not by.unknown:
                signer = (checksum_text(account),)
                return verdicts.controls(self.name, Binding.ON_CHAIN, signer, of_pod, 1)
            found = find_wallet(view, account, proof.network.chain_id, by.owners)
        if not isinstance(found, Wallet):
            return self._unsigned_pod(view, account, of_pod, by)
        if found.answers and not found.trouble and (by.unknown or not found.owners):
            answers = _accepted(view, account, by, signatures, digests)
            chain_id = proof.network.chain_id
            doubts = [
                doubt(view, account, found, signatures[n - 1].data, chain_id) for n in answers
            ]
            if answers:  # each that is by nobody named must stand; else one is enough
                words = max(doubts) if by.unknown else min(doubts)
                binding = Binding.ASSERTED if words else Binding.ON_CHAIN
                return self._controls(binding, account, by, _joined(answers) + words)
        return None if by.unknown else self._of_wallet(found, account, by)

    def _unsigned_pod(
        self, view: ChainView, owner: bytes, of_pod: str, by: _Signers
    ) -> ControlResult | None:
        """A pod whose owner is a plain account that did not sign."""
        if not of_pod or by.unknown or contract_calls.is_contract(view, owner) is not False:
            return None
        signers = tuple(map(checksum_text, by.owners))
        words = f"it is the {of_pod}, who did not sign"
        return verdicts.mismatch(self.name, words, 1, signers)

    def _of_wallet(self, wallet: Wallet, account: bytes, by: _Signers) -> ControlResult | None:
        """The verdict by a wallet's storage. None: the one owner wanted may be behind others.

        Too few are a contradiction only where all owners who could help were looked into.
        """
        signers = tuple(map(checksum_text, by.owners))
        met = len(wallet.owners) >= wallet.threshold
        if met and wallet.trouble:
            return verdicts.controls(self.name, Binding.ASSERTED, signers, wallet.trouble)
        if met:
            counted = tuple(map(checksum_text, wallet.owners))
            words = "; ".join((*by.remarks, wallet.name))
            return verdicts.controls(self.name, Binding.ON_CHAIN, counted, words, wallet.threshold)
        if wallet.threshold > 1:
            words = (
                f"{wallet.name} at {checksum_text(account)}: {wallet.threshold} of its "
                f"{wallet.count} owners must sign, {len(wallet.owners)} did"
            )
            if wallet.may_be_met:
                return verdicts.unsupported(self.name, words + NOT_LOOKED_INTO)
            return verdicts.mismatch(self.name, words, wallet.threshold, signers)
        return None

    def _controls(
        self, binding: Binding, account: bytes, by: _Signers, words: str
    ) -> ControlResult:
        remarks = "; ".join(dict.fromkeys((*by.remarks, words)))
        return verdicts.controls(self.name, binding, (checksum_text(account),), remarks, 1)

    def _unknown(
        self,
        named: Sequence[bytes | str],
        by: _Signers,
        bad: _Bad,
        digests: Sequence[Digest],
    ) -> ControlResult:
        """A signature that is by none of those it should be by."""
        for owner in named:
            if isinstance(owner, str):
                return verdicts.malformed(self.name, owner)
        if len(set(named)) < len(named):
            return verdicts.mismatch(self.name, _SAME_OWNER, len(named))
        repeated = _again(by.owners, bad.signed, digests)
        if repeated:
            return verdicts.mismatch(
                self.name,
                f"signature {bad.number} is by {checksum_text(repeated[0])} again: that is the "
                "same owner",
                len(named),
                tuple(map(checksum_text, by.owners)),
            )
        return evm_signers.not_by(self.name, bad.number, bad.signed, digests, bad.asked)

    def _by_owners(self, of: _Subject, named: Sequence[bytes | str], by: _Signers) -> ControlResult:
        """All signatures are by named owners; see how far that reaches."""
        signers = tuple(map(checksum_text, by.owners))
        if len(set(named)) < len(named):
            return verdicts.mismatch(self.name, _SAME_OWNER, len(named), signers)
        words = of.words
        if of.call is not None:
            seen = contract_says(of.call, of.account, by.owners)
            if seen.met:
                words = seen.text + UNKNOWN_CODE
                return verdicts.controls(self.name, Binding.ASSERTED, signers, words, seen.required)
            words = seen.text
            if of.paid:
                words = f"its withdrawal credentials name {checksum_text(of.account)}; {words}"
            if seen.is_open:
                return verdicts.unsupported(self.name, words + NOT_LOOKED_INTO)
            if seen.required > 1 or _is_somebody_else(of, seen):
                return verdicts.mismatch(self.name, words, seen.required or 1, signers)
        silent = [o for o in named if o not in by.owners]
        if silent:
            return self._silent(named, silent[0], by, of, words)
        words = "; ".join((*by.remarks, words))
        return verdicts.controls(self.name, Binding.ASSERTED, signers, words, len(named))

    def _silent(
        self,
        named: Sequence[bytes | str],
        silent: bytes | str,
        by: _Signers,
        of: _Subject,
        words: str,
    ) -> ControlResult:
        """An owner is named that did not sign."""
        if isinstance(silent, str):
            return verdicts.malformed(self.name, silent)
        signed = f"{len(by.owners)} of {len(named)} named owners signed: {checksum_text(silent)}"
        if len(of.account) != _ACCOUNT or of.paid:  # a pod may be named as owner, and cannot sign
            return verdicts.unsupported(self.name, f"{signed} did not, and {words}")
        if of.call is None:
            return verdicts.unsupported(self.name, f"{signed} did not, and {_HOW_MANY}")
        reason = f"{signed} did not; {words}, so how many must sign is not known: let all sign"
        return verdicts.unsupported(self.name, reason)


def _accepted(
    call: ContractCall,
    account: bytes,
    by: _Signers,
    signatures: Sequence[Signed],
    digests: Sequence[Digest],
) -> dict[int, str]:
    """EIP-1271 and EIP-6492: one accepted signature is enough, if every other is accounted.

    Returns what to remark by the signature's number, {} if the contract does not accept.
    """
    wanted = by.unknown or range(1, len(signatures) + 1)
    said = {n: contract_calls.accepts(call, account, signatures[n - 1], digests) for n in wanted}
    answers = {n: remark for n, remark in said.items() if remark is not None}
    return answers if len(answers) == len(said) or not by.unknown else {}


def _joined(answers: Mapping[int, str]) -> str:
    return "; ".join(dict.fromkeys(answers.values()))


def _subject(proof: Proof, call: ContractCall | None) -> _Subject:
    """Whose control a row is about."""
    account = proof.address.payload
    if proof.address.format == "evm":
        return _Subject(account, call, Binding.DERIVED, _OFFLINE)
    if call is None:
        return _Subject(account, None, Binding.NONE, _VALIDATOR)
    payee = contract_calls.payee_of(call, account)
    if payee.account is None:
        return _Subject(account, None, Binding.NONE, payee.text)
    return _Subject(payee.account, call, Binding.ON_CHAIN, paid=True)


def _is_somebody_else(of: _Subject, seen: Seen) -> bool:
    """Whether a validator pays an account of its own key, which did not sign."""
    if not of.paid or seen.required or of.call is None:
        return False
    return contract_calls.is_contract(of.call, of.account) is False


def _match(
    account: bytes,
    named: Sequence[bytes | str],
    signatures: Sequence[Signed],
    digests: Sequence[Digest],
) -> _Signers:
    own, owners, unknown, remarks = False, [], [], []
    for number, signed in enumerate(signatures, 1):
        for found, digest in evm_signers.accounts(signed, digests):
            if found == account:
                own = True
            elif found in named and found not in owners:
                owners.append(found)
            else:
                continue
            remarks.append(evm_signers.notes(signed.plain, digest))
            break
        else:
            unknown.append(number)
    if all(owner in owners for owner in named):  # one that signed again takes nobody's place
        unknown = [n for n in unknown if not _again(owners, signatures[n - 1], digests)]
    return _Signers(own, tuple(owners), tuple(unknown), tuple(dict.fromkeys(filter(None, remarks))))


def _again(owners: Sequence[bytes], signed: Signed, digests: Sequence[Digest]) -> list[bytes]:
    return [found for found, _ in evm_signers.accounts(signed, digests) if found in owners]


def evm_contract_owner() -> ContractOwner:
    """The scheme of Ethereum and its relatives."""
    return ContractOwner("contract_owner", evm_signers.EVM_ENVELOPES)


def okx_contract_owner() -> ContractOwner:
    """The same where OKX signs in its own envelope: OKTC."""
    return ContractOwner("okx_contract_owner", evm_signers.OKX_ENVELOPES)
