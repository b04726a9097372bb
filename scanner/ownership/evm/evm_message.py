"""Messages signed by the key of an Ethereum-like account, or said to be good by its contract.

1. The key recovered from each signature must be the address's own (also true of accounts that
   delegate to code, EIP-7702).
2. Where it is not and the chain can be asked, a contract at the address may accept the signature
   (EIP-1271), or the contract that would be deployed there (EIP-6492).

Sources: EIP-191, EIP-712, EIP-2098; the recovery rule is the yellow paper's, appendix F.
"""

from __future__ import annotations

from collections.abc import Sequence

from scanner.model.addresses.interface import Address
from scanner.model.amount import counted
from scanner.model.control import DERIVED, Binding, ControlResult, Freshness
from scanner.ownership import verdicts
from scanner.ownership.evm import evm_signers
from scanner.ownership.evm.contract_calls import accepts, accepts_anything, is_no_signature
from scanner.ownership.evm.contract_owner import ContractOwner
from scanner.ownership.evm.evm_signers import Digest, Envelope, Signed
from scanner.ownership.evm.safe_signatures import doubt
from scanner.ownership.evm.wallets import UNKNOWN_CODE, Wallet, find_wallet
from scanner.ownership.freshness import grade
from scanner.ownership.interface import ChainView, ContractCall, Proof
from scanner.ownership.primitives.recovery import (
    RecoverableSignature,
    recover_account,
    recover_accounts,
)
from scanner.ownership.primitives.undecoded import NoSignature
from scanner.ownership.verdicts import controlled

_BY_OWNERS = (
    "none of the signatures is by the address's key: if owners of a contract signed, only the "
    "chain can say whether they are its owners: take a snapshot with an endpoint of the network"
)

_ANYTHING = (
    "the contract at the address accepts signature {} for texts that nobody signed, too: that it "
    "accepts it shows nothing"
)
_NO_SIGNATURE = (
    "signature {} has {}, a key's has 65, and no contract is at the address that could read it: it "
    "may be cut off"
)
_CUT_OFF = (
    "signature {} has 64 bytes, which say which of two keys made it only in the form of EIP-2098: "
    "read so it is by another key, but with a last byte of 28 behind them it is by the address's "
    "key: publish all 65 bytes"
)

_Texts = tuple[Sequence[Digest], Freshness]
"""What a row's message may have been signed as, and how tightly it is tied to a time."""

_Waiting = tuple[int, Address, RecoverableSignature, _Texts]
"""A row whose key is to be recovered: its place, and what its verdict is made of."""


class EvmMessage:
    """One account, one key, no named owners."""

    said = "EIP-191"

    def __init__(self, name: str, envelopes: Sequence[Envelope]) -> None:
        self.name = name
        self.envelopes = tuple(envelopes)

    def handles(self, proof: Proof) -> bool:
        """Rows of 20-byte accounts that name no owner in their place."""
        return proof.address.format == "evm" and not proof.owners

    def verify(self, proof: Proof, call: ContractCall | None = None) -> ControlResult:
        """Judge the row; `call` is asked only if the address's own key did not sign."""
        return evm_signers.settled(proof, self._judged(proof, call))

    def _judged(self, proof: Proof, call: ContractCall | None) -> ControlResult:
        signatures = evm_signers.read_signatures(self.name, proof)
        if isinstance(signatures, ControlResult):
            return signatures
        digests = evm_signers.digests(proof, self.envelopes)
        remarks, binding = [], DERIVED
        for number, signed in enumerate(signatures, 1):
            remark = own_key(proof.address.payload, signed, digests)
            if remark is None and call is not None:
                remark = accepts(call, proof.address.payload, signed, digests)
                if remark is not None and binding is not Binding.ASSERTED:
                    binding, words = binding_of_answer(call, proof, signed.data)
                    remark = f"{remark}{words}"
            if remark is None:
                found = self._of_contract(proof, call, signatures, digests)
                found = found or self._odd(proof, call, number, signed, digests)
                found = found or self._cut_off(proof, number, signed, digests)
                asked = call is not None
                return found or evm_signers.not_by(self.name, number, signed, digests, asked)
            if remark and remark not in remarks:
                remarks.append(remark)
        return self._controls(proof, binding, "; ".join(remarks))

    def _odd(
        self,
        proof: Proof,
        call: ContractCall | None,
        number: int,
        signed: Signed,
        digests: Sequence[Digest],
    ) -> ControlResult | None:
        """The verdict where what the chain says is no answer about the signature."""
        if call is None:
            return None
        account = proof.address.payload
        if accepts_anything(call, account, signed, digests):
            return verdicts.unsupported(self.name, _ANYTHING.format(number))
        if is_no_signature(call, account, signed):
            size = counted(len(signed.data), "byte")
            reason = NoSignature(_NO_SIGNATURE.format(number, size), number)
            return verdicts.malformed(self.name, reason)
        return None

    def _cut_off(
        self, proof: Proof, number: int, signed: Signed, digests: Sequence[Digest]
    ) -> ControlResult | None:
        """The verdict where the last byte of the own key's signature is missing."""
        plain = signed.plain
        if plain is None or len(signed.data) != 64 or plain.recovery_id:
            return None
        whole = signed._replace(plain=plain._replace(recovery_id=1))
        if own_key(proof.address.payload, whole, digests) is None:
            return None
        return verdicts.unsupported(self.name, _CUT_OFF.format(number))

    def _of_contract(
        self,
        proof: Proof,
        call: ContractCall | None,
        signed: Sequence[Signed],
        digests: Sequence[Digest],
    ) -> ControlResult | None:
        """The verdict where the address is a contract, whose owners may have signed unnamed.

        Offline several signatures of which the address's key made none can only be by owners.
        """
        if call is None:
            several = len(signed) > 1 and _none_is_own(proof, signed, digests)
            return verdicts.unsupported(self.name, _BY_OWNERS) if several else None
        owner = ContractOwner(self.name, self.envelopes)
        return owner.by_whoever_signed(proof, call, signed, digests)

    def verify_many(self, proofs: Sequence[Proof]) -> list[ControlResult | None]:
        """See BulkVerifier: finds rows whose own key made their one signature.

        Each turn recovers keys one behind the other, of all rows that have a digest left to try.
        """
        found: list[ControlResult | None] = [None] * len(proofs)
        waiting = self._of_one_key(proofs)
        for turn in range(len(self.envelopes)):
            accounts = recover_accounts(
                [(texts[turn].value, made[0], made[1]) for _, _, made, (texts, _) in waiting]
            )
            left = []
            for account, row in zip(accounts, waiting, strict=True):
                n, address, plain, (texts, graded) = row
                if account == address.payload:
                    said = evm_signers.notes(plain, texts[turn])
                    found[n] = controlled(DERIVED, graded, self.name, 1, (address.text,), said)
                elif len(texts) > turn + 1:
                    left.append(row)
            waiting = left
        return found

    def _of_one_key(self, proofs: Sequence[Proof]) -> list[_Waiting]:
        """Rows of accounts with one signature that may be a single key's."""
        rows: list[_Waiting] = []
        last: tuple[object, object] = (None, None)
        texts: _Texts = (), Freshness.NONE
        for n, proof in enumerate(proofs):
            network, address, message, signatures, _, owners, _ = proof[:]
            if len(signatures) != 1 or owners or address.format != "evm":
                continue
            plain = evm_signers.read_plain(signatures[0])
            if plain is None:
                continue
            if message is not last[1] or network is not last[0]:  # a list repeats both
                last = network, message
                texts = evm_signers.digests_known(proof, self.envelopes), grade(message)
            if texts[0]:
                rows.append((n, address, plain, texts))
        return rows

    def _controls(self, proof: Proof, binding: Binding, said: str) -> ControlResult:
        signer = (proof.address.text,)
        return controlled(binding, grade(proof.message), self.name, 1, signer, said)


def binding_of_answer(call: ContractCall, proof: Proof, signature: bytes) -> tuple[Binding, str]:
    """What it is worth that a contract accepts a signature, and what to say about that.

    Only of code that we know is it known that it accepts its owners' signatures and no others, and
    of these only what their keys made shows anything.
    """
    if isinstance(call, ChainView):
        found = find_wallet(call, proof.address.payload, proof.network.chain_id, ())
        if isinstance(found, Wallet) and found.answers and not found.trouble:
            account, chain_id = proof.address.payload, proof.network.chain_id
            words = doubt(call, account, found, signature, chain_id)
            if words:
                return Binding.ASSERTED, words
            return Binding.ON_CHAIN, f": {found.name}"
    return Binding.ASSERTED, UNKNOWN_CODE


def own_key(account: bytes, signed: Signed, digests: Sequence[Digest]) -> str | None:
    """Whether the account's own key made the signature: remarks ("" if none), or None if not."""
    plain = signed.plain
    if plain is not None:
        for digest in digests:
            if recover_account(digest.value, plain.compact, plain.recovery_id) == account:
                return evm_signers.notes(plain, digest)
    return None


def _none_is_own(proof: Proof, signed: Sequence[Signed], digests: Sequence[Digest]) -> bool:
    return all(own_key(proof.address.payload, one, digests) is None for one in signed)


def evm_message() -> EvmMessage:
    """The scheme of Ethereum and its relatives."""
    return EvmMessage("evm_message", evm_signers.EVM_ENVELOPES)
