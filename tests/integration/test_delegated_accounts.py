"""Accounts with EIP-7702 delegations, made by real authorisations on a real development chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from coincurve import PrivateKey
from support.contracts import deploy
from support.signed_rows import account, claim, evm_address, evm_sign, key

from scanner.chains.evm.rlp import Item, encode, number_bytes
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.demo.nodes import Anvil
from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.evm.contract_calls import is_contract
from scanner.ownership.evm.delegation import AT_ONCE, delegates
from scanner.ownership.evm.delegation import DELEGATED as DELEGATED_SIZE
from scanner.ownership.judge import judge_claims
from scanner.ownership.one_message import SignedMessage, check_message
from scanner.settings.tables import load_registry
from scanner.snapshots.view import View

pytestmark = pytest.mark.node

REGISTRY = load_registry()
MESSAGE = "I am an exchange address"
DELEGATED, PLAIN, TAKEN_BACK, STRANGER = key(7702), key(7703), key(7704), key(7705)
ETHER = 10**18


def parts(signer: PrivateKey, digest: bytes) -> list[Item]:
    """y parity, r and s of a signature, as transactions have them."""
    made = signer.sign_recoverable(digest, hasher=None)
    return [number_bytes(made[64]), made[:32].lstrip(b"\0"), made[32:64].lstrip(b"\0")]


def authorise(node: Anvil, signer: PrivateKey, code: bytes) -> None:
    """Send a transaction of type 4 with which an account takes on another one's code.

    code: of which account, 20 bytes; zeros take the delegation back. Source: EIP-7702.
    """
    me = evm_address(signer)
    node.rpc("anvil_setBalance", me, hex(ETHER))
    nonce = int(node.rpc("eth_getTransactionCount", me, "latest"), 16)
    chain = number_bytes(1)
    permit: list[Item] = [chain, code, number_bytes(nonce + 1)]
    signed: list[Item] = [*permit, *parts(signer, keccak256(b"\x05" + encode(permit)))]
    price = number_bytes(10 * 10**9)
    sent: list[Item] = [
        *(chain, number_bytes(nonce), b"", price, number_bytes(200_000), account(signer)),
        *(b"", b"", [], [signed]),
    ]
    raw = encode([*sent, *parts(signer, keccak256(b"\x04" + encode(sent)))])
    node.rpc("eth_sendRawTransaction", "0x04" + raw.hex())
    node.rpc("anvil_mine", "0x1")
    assert int(node.rpc("eth_getTransactionCount", me, "latest"), 16) == nonce + 2


@dataclass(frozen=True)
class Chain:
    """call: at the block after all transactions. refuser: what refuses every signature."""

    call: View
    refuser: str
    yes_man: str


@pytest.fixture(scope="module")
def chain(anvil: Anvil) -> Iterator[Chain]:
    refuser, yes_man = deploy(anvil, "Refuser"), deploy(anvil, "YesMan")
    authorise(anvil, DELEGATED, bytes.fromhex(refuser[2:]))
    authorise(anvil, TAKEN_BACK, bytes.fromhex(yes_man[2:]))
    authorise(anvil, TAKEN_BACK, bytes(20))
    code = anvil.rpc("eth_getCode", evm_address(DELEGATED), "latest")
    assert code == "0xef0100" + refuser[2:].lower(), "the chain has the delegation"
    network = REGISTRY.network("ethereum")
    source = make_source("ethereum_rpc", network, [anvil.endpoint()], REGISTRY, ReadPolicy())
    block = source.pin(int(anvil.rpc("eth_blockNumber"), 16))
    yield Chain(View(source, block), refuser, yes_man)
    source.close()


def judged(chain: Chain, *rows: tuple[PrivateKey, str]) -> list[ControlResult]:
    claims = [claim("ethereum", evm_address(k), signed, message=MESSAGE) for k, signed in rows]
    return judge_claims(claims, chain.call)


def test_a_delegated_account_is_its_keys_and_the_row_says_whose_code_it_runs(chain: Chain) -> None:
    rows = [(k, evm_sign(k, MESSAGE)) for k in (DELEGATED, PLAIN, TAKEN_BACK, DELEGATED)]
    found = judged(chain, *rows)
    assert {(r.control, r.binding) for r in found} == {(Control.CONTROLS, Binding.DERIVED)}
    code = checksum_text(bytes.fromhex(chain.refuser[2:]))
    words = f"the account runs the code of {code} (EIP-7702); its key still spends"
    assert [r.reason for r in found] == [words, "", "", words]


def test_one_message_that_is_checked_says_it_too(chain: Chain) -> None:
    given = SignedMessage(
        evm_address(DELEGATED), MESSAGE, (evm_sign(DELEGATED, MESSAGE),), "ethereum"
    )
    found = check_message(given, REGISTRY, chain.call)
    assert "(EIP-7702); its key still spends" in found.result.reason
    assert found.words == "The signature is good: the address is computed from the key."
    assert check_message(given, REGISTRY).result.reason == ""


def test_what_the_code_behind_it_refuses_or_accepts_is_not_its_keys_word(chain: Chain) -> None:
    """The delegate refuses everything: the key's row stands, a stranger's row is no one's."""
    own, strangers = judged(
        chain, (DELEGATED, evm_sign(DELEGATED, MESSAGE)), (DELEGATED, evm_sign(STRANGER, MESSAGE))
    )
    assert own.shows_control
    assert strangers.control is Control.MISMATCH
    assert "EIP-7702" not in strangers.reason


def test_contracts_and_more_accounts_than_one_question_takes(chain: Chain) -> None:
    many = [n.to_bytes(20) for n in range(1_000, 1_000 + AT_ONCE)]
    asked = [bytes.fromhex(chain.yes_man[2:]), *many, account(DELEGATED), account(PLAIN)]
    assert delegates(chain.call, asked) == {account(DELEGATED): bytes.fromhex(chain.refuser[2:])}
    assert delegates(chain.call, []) == {}


def test_a_contract_as_short_as_a_delegation_is_a_contract(anvil: Anvil, chain: Chain) -> None:
    """It may accept any signature: what a Safe is told by such an owner is not its key's word."""
    short = "0x" + "7e" * 20
    anvil.rpc("anvil_setCode", short, "0x" + "600160005260206000f3".ljust(46, "0"))
    assert len(anvil.rpc("eth_getCode", short, "latest")) == 2 + 2 * DELEGATED_SIZE
    source = chain.call.source
    now = View(source, source.pin(int(anvil.rpc("eth_blockNumber"), 16)))
    assert is_contract(now, bytes.fromhex(short[2:])) is True
    assert is_contract(now, account(DELEGATED)) is False
    assert is_contract(now, account(PLAIN)) is False
    assert is_contract(now, bytes.fromhex(chain.refuser[2:])) is True
    assert delegates(now, [bytes.fromhex(short[2:])]) == {}


@pytest.mark.parametrize("answer", [b"", bytes(31), bytes(64), b"\xff" * 32])
def test_an_answer_of_another_shape_says_nothing(answer: bytes) -> None:
    assert delegates(lambda _to, _data: answer, [account(PLAIN)]) == {}


@pytest.mark.parametrize("error", [SourceUnavailableError, SourceRejectedError])
def test_where_nobody_answers_the_verdict_stands(error: type[Exception]) -> None:
    def silent(_to: bytes, _data: bytes) -> bytes:
        raise error("a", "is away")

    row = claim("ethereum", evm_address(PLAIN), evm_sign(PLAIN, MESSAGE), message=MESSAGE)
    assert judge_claims([row], silent) == judge_claims([row])
