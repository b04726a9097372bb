"""Rows of contract wallets, judged against real contracts on a real development chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import pytest
from coincurve import PrivateKey
from eth_abi import encode
from support.contracts import deploy, deploy_by_salt, send
from support.real_wallets import ZERO, asked, selector
from support.signed_rows import account, claim, evm_address, evm_sign, key, sign

from scanner.chains.interface import ContractCaller, ReadPolicy
from scanner.chains.table import make_source
from scanner.demo.nodes import Anvil
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.evm.contract_calls import _COUNTERFACTUAL_END
from scanner.ownership.interface import ContractCall
from scanner.ownership.judge import judge
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry
from scanner.snapshots.view import View

pytestmark = pytest.mark.node

REGISTRY = load_registry()
MESSAGE = "I am an exchange address"
A, B, C, STRANGER = key(1), key(2), key(3), key(9)


@dataclass(frozen=True)
class Chain:
    """A node, and the addresses of what was deployed on it. call: at the block after that."""

    node: Anvil
    call: ContractCall
    at: dict[str, str]

    def judged(self, address: str, *signatures: str, owners: tuple[str, ...] = ()) -> ControlResult:
        row = claim("ethereum", address, *signatures, owners=owners)
        offline = judge(row, REGISTRY)
        assert not offline.shows_control, "only the chain can show what this test is about"
        return judge(row, REGISTRY, self.call)


def create_safe(at: dict[str, str], owners: list[str], threshold: int, salt: int) -> bytes:
    setup = asked(
        "setup(address[],uint256,address,bytes,address,address,uint256,address)",
        *(owners, threshold, ZERO, b"", at["CompatibilityFallbackHandler"], ZERO, 0, ZERO),
    )
    function = "createProxyWithNonce(address,bytes,uint256)"
    return asked(function, at["Safe"], setup, salt)


def address_result(answer: str) -> str:
    return "0x" + answer[-40:]


def _coinbase(anvil: Anvil, at: dict[str, str], owners: tuple[str, ...]) -> str:
    for name in ("CoinbaseSmartWallet", "CoinbaseSmartWalletFactory"):
        at[name] = deploy_by_salt(anvil, name)
    words = [encode(("address",), (owner,)) for owner in owners]
    data = "0x" + asked("createAccount(bytes[],uint256)", words, 0).hex()
    factory = at["CoinbaseSmartWalletFactory"]
    made = anvil.rpc("eth_call", {"to": factory, "data": data}, "latest")
    send(anvil, data, factory)
    return address_result(made)


@pytest.fixture(scope="module")
def chain(anvil: Anvil) -> Iterator[Chain]:
    at: dict[str, str] = {}
    for name in ("Safe", "SafeProxyFactory", "CompatibilityFallbackHandler", "KeyWalletFactory"):
        at[name] = deploy(anvil, name)
    for name in ("YesMan", "Echo", "Refuser", "OpenWallet"):
        at[name] = deploy(anvil, name)
    first = evm_address(A)
    for name in ("Owned", "Pod", "KeyWallet"):
        at[name] = deploy(anvil, name, ("address",), first)
    three = [evm_address(k) for k in (A, B, C)]
    at["OldMultisig"] = deploy(anvil, "OldMultisig", ("address[]", "uint256"), three, 2)
    for name, threshold in (("safe2", 2), ("safe3", 3)):
        data = "0x" + create_safe(at, three, threshold, threshold).hex()
        made = anvil.rpc("eth_call", {"to": at["SafeProxyFactory"], "data": data}, "latest")
        send(anvil, data, at["SafeProxyFactory"])
        at[name] = address_result(made)
    at["safe_owned"] = deploy(anvil, "Owned", ("address",), at["safe2"])
    anvil.rpc("anvil_mine", "0x1")
    at["coinbase"] = _coinbase(anvil, at, (first, evm_address(B)))
    network = REGISTRY.network("ethereum")
    source = make_source("ethereum_rpc", network, [anvil.endpoint()], REGISTRY, ReadPolicy())
    assert isinstance(source, ContractCaller)
    block = source.pin(int(anvil.rpc("eth_blockNumber"), 16))
    yield Chain(anvil, View(source, block), at)
    source.close()


def two(first: str, second: str) -> tuple[str, str]:
    return first, second


SIGNED_A, SIGNED_B = evm_sign(A, MESSAGE), evm_sign(B, MESSAGE)
OWNERS = (evm_address(A), evm_address(B))


def test_a_safe_whose_threshold_is_met_is_bound_on_chain(chain: Chain) -> None:
    result = chain.judged(chain.at["safe2"], SIGNED_A, SIGNED_B, owners=OWNERS)
    assert (result.control, result.binding, result.required) == (
        Control.CONTROLS,
        Binding.ON_CHAIN,
        2,
    )
    assert len(set(result.signed_by)) == 2


@pytest.mark.parametrize("signer", [A, B])
def test_any_owner_of_a_coinbase_wallet_can_send(chain: Chain, signer: PrivateKey) -> None:
    assert chain.at["CoinbaseSmartWallet"] == "0x000100abaad02f1cfc8bbe32bd5a564817339e72"
    signed, owner = evm_sign(signer, MESSAGE), evm_address(signer)
    result = chain.judged(chain.at["coinbase"], signed, owners=(owner,))
    assert (result.control, result.binding, result.required) == (
        Control.CONTROLS,
        Binding.ON_CHAIN,
        1,
    )
    assert "Coinbase Smart Wallet 1" in result.reason


def test_who_is_no_owner_of_a_coinbase_wallet_shows_nothing(chain: Chain) -> None:
    signed, owner = evm_sign(STRANGER, MESSAGE), evm_address(STRANGER)
    result = chain.judged(chain.at["coinbase"], signed, owners=(owner,))
    assert result.binding is not Binding.ON_CHAIN
    assert not result.shows_control or result.binding is Binding.ASSERTED


def test_other_code_behind_the_same_proxy_is_not_known(chain: Chain) -> None:
    """The proxy's code is everybody's: what stands behind it at the block decides."""
    slot = "0x360894a13ba1a3210667c828492db98dca3e2076cc3735a920a3ca505d382bbc"
    proxy = "0x" + "c0" * 20
    node = chain.node
    node.rpc("anvil_setCode", proxy, node.rpc("eth_getCode", chain.at["coinbase"], "latest"))
    signed, owner = evm_sign(A, MESSAGE), evm_address(A)
    base = 0x97E2C6AAD4CE5D562EBFAA00DB6B9E0FB66EA5D8162ED5B243F51A2E03086F00
    named = keccak256(bytes(12) + bytes.fromhex(owner[2:]) + (base + 3).to_bytes(32)).hex()
    node.rpc("anvil_setStorageAt", proxy, f"0x{named}", f"0x{1:064x}")
    node.rpc("anvil_setStorageAt", proxy, f"0x{base:064x}", f"0x{1:064x}")
    found = []
    for behind in ("CoinbaseSmartWallet", "YesMan"):
        node.rpc("anvil_setStorageAt", proxy, slot, f"0x{int(chain.at[behind], 16):064x}")
        node.rpc("anvil_mine", "0x1")
        network = REGISTRY.network("ethereum")
        source = make_source("ethereum_rpc", network, [node.endpoint()], REGISTRY, ReadPolicy())
        assert isinstance(source, ContractCaller)
        block = source.pin(int(node.rpc("eth_blockNumber"), 16))
        row = claim("ethereum", proxy, signed, owners=(owner,))
        found.append(judge(row, REGISTRY, View(source, block)).binding is Binding.ON_CHAIN)
        source.close()
    assert found == [True, False]


@pytest.mark.parametrize(
    ("wallet", "signatures", "owners", "counted"),
    [
        ("safe3", (SIGNED_A, SIGNED_B), OWNERS, "3 of its 3 owners must sign, 2 did"),
        ("safe2", (SIGNED_A,), OWNERS[:1], "2 of its 3 owners must sign, 1 did"),
        ("OldMultisig", (SIGNED_B,), OWNERS[1:], "2 of its 3 owners must sign, 1 did"),
        (
            "safe2",
            (SIGNED_A, evm_sign(STRANGER, MESSAGE)),
            (OWNERS[0], evm_address(STRANGER)),
            "2 of its 3 owners must sign, 1 did",
        ),
    ],
)
def test_a_threshold_that_is_not_met_is_a_mismatch(
    chain: Chain,
    wallet: str,
    signatures: tuple[str, ...],
    owners: tuple[str, ...],
    counted: str,
) -> None:
    result = chain.judged(chain.at[wallet], *signatures, owners=owners)
    assert result.control is Control.MISMATCH
    assert counted in result.reason


def test_the_same_owner_twice_is_one(chain: Chain) -> None:
    for owners in (OWNERS, (OWNERS[0], OWNERS[0])):
        result = chain.judged(chain.at["safe2"], SIGNED_A, SIGNED_A, owners=owners)
        assert result.control is Control.MISMATCH, result


def test_an_older_multisig_counts_its_owners_too(chain: Chain) -> None:
    result = chain.judged(chain.at["OldMultisig"], SIGNED_A, SIGNED_B, owners=OWNERS)
    assert (result.binding, result.required) == (Binding.ASSERTED, 2), "its code is not known"
    assert "getOwners()" in result.reason


@pytest.mark.parametrize("name", ["Owned", "Pod"])
def test_the_one_owner_a_contract_names(chain: Chain, name: str) -> None:
    good = chain.judged(chain.at[name], SIGNED_A, owners=OWNERS[:1])
    assert (good.control, good.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "names who signed" in good.reason
    other = chain.judged(chain.at[name], SIGNED_B, owners=OWNERS[1:])
    assert (other.control, other.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "none of whom signed" in other.reason


def test_a_contract_owned_by_a_safe_needs_the_safes_threshold(chain: Chain) -> None:
    address = chain.at["safe_owned"]
    good = chain.judged(address, SIGNED_A, SIGNED_B, owners=OWNERS)
    assert (good.binding, good.required) == (Binding.ASSERTED, 2)
    assert chain.judged(address, SIGNED_A, owners=OWNERS[:1]).control is Control.MISMATCH


@pytest.mark.parametrize("name", ["Refuser", "Echo", "YesMan"])
def test_what_names_no_owner_stays_asserted(chain: Chain, name: str) -> None:
    result = chain.judged(chain.at[name], SIGNED_A, owners=OWNERS[:1])
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)


@pytest.mark.parametrize("number", [*range(1, 11), 0xDEAD])
def test_precompiles_and_empty_accounts_own_nothing(chain: Chain, number: int) -> None:
    """Precompiles answer everything; 4 repeats what it is asked, 2 and 3 hash it."""
    address = f"0x{number:040x}"
    named = chain.judged(address, SIGNED_A, owners=OWNERS[:1])
    assert named.binding is Binding.ASSERTED
    for signature in (SIGNED_A, SIGNED_A + "00" * 65):  # the second is no key's
        result, wrong = chain.judged(address, signature), Control.MISMATCH
        wrong = wrong if signature == SIGNED_A else Control.MALFORMED
        # Some precompiles fail in a way that the node reports as its own error.
        assert result.control is wrong or "could not be asked" in result.reason, result


def test_a_contract_that_accepts_the_signature(chain: Chain) -> None:
    address = chain.at["KeyWallet"]
    result = chain.judged(address, SIGNED_A)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "EIP-1271" in result.reason
    assert "may accept" in result.reason
    by_text = evm_sign(A, MESSAGE, envelopes.eip191_text)
    assert chain.judged(address, by_text).control is Control.CONTROLS
    assert chain.judged(address, SIGNED_B).control is Control.MISMATCH
    assert chain.judged(address, evm_sign(A, "another")).control is Control.MISMATCH


def test_an_accepted_signature_does_not_excuse_a_bad_second_one(chain: Chain) -> None:
    address = chain.at["KeyWallet"]
    assert chain.judged(address, SIGNED_A, SIGNED_B).control is Control.MISMATCH
    named = chain.judged(address, SIGNED_A, evm_sign(STRANGER, MESSAGE), owners=OWNERS)
    assert named.control is Control.MISMATCH


@pytest.mark.parametrize("name", ["YesMan", "Echo", "Refuser", "Owned"])
def test_contracts_that_accept_anything_or_nothing_prove_nothing(chain: Chain, name: str) -> None:
    """One that has no word about signatures may have an owner who signed, whom the row must name."""
    key_signed = chain.judged(chain.at[name], SIGNED_A)
    joined = chain.judged(chain.at[name], "0x" + "11" * 65 + "22" * 65)
    assert key_signed.control is Control.UNSUPPORTED
    if name == "YesMan":
        assert joined.control is Control.UNSUPPORTED
        assert all("texts that nobody signed" in one.reason for one in (key_signed, joined))
    else:
        assert "name their addresses as owners" in key_signed.reason
        assert joined.control is Control.MISMATCH


def safe_message(chain: Chain, wallet: str, digest: bytes) -> bytes:
    """What owners of a Safe sign so that it accepts a digest: its own SafeMessage."""
    domain_type = keccak256(b"EIP712Domain(uint256 chainId,address verifyingContract)")
    domain = keccak256(
        encode(("bytes32", "uint256", "address"), (domain_type, chain.node.chain_id, wallet))
    )
    message_type = keccak256(b"SafeMessage(bytes message)")
    struct = keccak256(encode(("bytes32", "bytes32"), (message_type, keccak256(digest))))
    return keccak256(b"\x19\x01" + domain + struct)


def safe_signature(chain: Chain, wallet: str, signers: list[object]) -> bytes:
    digest = safe_message(chain, wallet, envelopes.eip191_hash(MESSAGE.encode()))
    ordered = sorted(signers, key=account)  # type: ignore[arg-type]
    return b"".join(bytes.fromhex(sign(k, digest)[2:]) for k in ordered)  # type: ignore[arg-type]


def test_a_safe_accepts_its_owners_signatures_joined(chain: Chain) -> None:
    wallet = chain.at["safe2"]
    good = safe_signature(chain, wallet, [A, C])
    result = chain.judged(wallet, "0x" + good.hex())
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    offline = judge(claim("ethereum", wallet, "0x" + good.hex()), REGISTRY)
    assert offline.control is Control.UNSUPPORTED
    for bad in (
        good[:65],
        good[:65] * 2,
        good[:-1] + bytes((good[-1] ^ 1,)),
        safe_signature(chain, wallet, [A, STRANGER]),
        safe_signature(chain, chain.at["safe3"], [A, C]),
    ):
        assert chain.judged(wallet, "0x" + bad.hex()).control is Control.MISMATCH


def wrapped(factory: str, calldata: bytes, inner: bytes) -> str:
    body = encode(("address", "bytes", "bytes"), (factory, calldata, inner))
    return "0x" + (body + _COUNTERFACTUAL_END).hex()


def test_a_wallet_that_is_not_deployed_yet(chain: Chain) -> None:
    factory = chain.at["KeyWalletFactory"]
    asked = selector("addressOf(address)") + encode(("address",), (evm_address(B),))
    request = {"to": factory, "data": "0x" + asked.hex()}
    address = address_result(chain.node.rpc("eth_call", request, "latest"))
    deployment = selector("deploy(address)") + encode(("address",), (evm_address(B),))
    good = wrapped(factory, deployment, bytes.fromhex(SIGNED_B[2:]))
    result = chain.judged(address, good)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "EIP-6492" in result.reason
    assert judge(claim("ethereum", address, good), REGISTRY).control is Control.UNSUPPORTED
    for_a = selector("deploy(address)") + encode(("address",), (evm_address(A),))
    for bad in (
        wrapped(factory, deployment, bytes.fromhex(SIGNED_A[2:])),  # another key's signature
        wrapped(factory, for_a, bytes.fromhex(SIGNED_A[2:])),  # deploys another account
        wrapped(chain.at["Refuser"], deployment, bytes.fromhex(SIGNED_B[2:])),
        wrapped("0x" + "00" * 19 + "04", deployment, bytes.fromhex(SIGNED_B[2:])),
    ):
        assert chain.judged(address, bad).control is Control.MISMATCH
    assert chain.judged(address, good[:-2] + "93").control is Control.MALFORMED


def test_a_safe_that_is_not_deployed_yet(chain: Chain) -> None:
    owners = [evm_address(k) for k in (A, B)]
    calldata = create_safe(chain.at, owners, 2, 77)
    request = {"to": chain.at["SafeProxyFactory"], "data": "0x" + calldata.hex()}
    wallet = address_result(chain.node.rpc("eth_call", request, "latest"))
    inner = safe_signature(chain, wallet, [A, B])
    good = wrapped(chain.at["SafeProxyFactory"], calldata, inner)
    assert chain.judged(wallet, good).binding is Binding.ASSERTED, "no code is there to be known"
    short = wrapped(chain.at["SafeProxyFactory"], calldata, inner[:65])
    assert chain.judged(wallet, short).control is Control.MISMATCH


def test_a_deployed_wallet_is_not_prepared_before_it_is_asked(chain: Chain) -> None:
    """Anybody may make this wallet accept his key: that he could shows no ownership."""
    address = chain.at["OpenWallet"]
    take = selector("take(address)") + encode(("address",), (evm_address(A),))
    forged = wrapped(address, take, bytes.fromhex(SIGNED_A[2:]))
    assert chain.judged(address, forged).control is Control.MISMATCH


def test_an_account_that_delegates_to_code_signs_with_its_own_key(chain: Chain) -> None:
    """EIP-7702: code at the address that refuses does not undo the key's own signature."""
    delegated = key(4242)
    code = "0xef0100" + chain.at["Refuser"][2:]
    chain.node.rpc("anvil_setCode", evm_address(delegated), code)
    row = claim("ethereum", evm_address(delegated), evm_sign(delegated, MESSAGE), owners=OWNERS[:1])
    for result in (judge(row, REGISTRY), judge(row, REGISTRY, chain.call)):
        assert (result.control, result.binding) == (Control.CONTROLS, Binding.DERIVED)


def test_a_validator_row_asks_no_contract_and_stays_asserted(chain: Chain) -> None:
    row = claim("ethereum", "0x" + "ab" * 48, SIGNED_A, owners=OWNERS[:1])
    result = judge(row, REGISTRY, chain.call)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)


def test_a_safe_takes_an_owners_eth_sign_and_what_an_owner_approved_on_chain(chain: Chain) -> None:
    """Kinds of a Safe's signatures: v + 4 for eth_sign, v 1 for a hash approved by a transaction."""
    wallet = chain.at["safe2"]
    digest = safe_message(chain, wallet, envelopes.eip191_hash(MESSAGE.encode()))
    by_wallet = keccak256(b"\x19Ethereum Signed Message:\n32" + digest)
    signers = sorted((A, C), key=account)  # type: ignore[type-var]
    eth_signed = b"".join(bytes.fromhex(sign(k, by_wallet, base=31)[2:]) for k in signers)
    assert eth_signed[64] in (31, 32)
    result = chain.judged(wallet, "0x" + eth_signed.hex())
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    offline = judge(claim("ethereum", wallet, "0x" + eth_signed.hex()), REGISTRY)
    assert offline.control is Control.UNSUPPORTED
    assert chain.judged(wallet, "0x").control is Control.MISMATCH  # nothing was recorded

    approved = b"".join(
        account(k).rjust(32, b"\0") + bytes(32) + b"\x01"
        if k is A
        else bytes.fromhex(sign(k, digest)[2:])
        for k in signers
    )
    assert chain.judged(wallet, "0x" + approved.hex()).control is Control.MISMATCH
    owner = evm_address(A)
    data = keccak256(b"approveHash(bytes32)")[:4] + digest
    chain.node.rpc("anvil_setBalance", owner, hex(10**18))
    chain.node.rpc("anvil_impersonateAccount", owner)
    chain.node.rpc("eth_sendTransaction", {"from": owner, "to": wallet, "data": "0x" + data.hex()})
    chain.node.rpc("anvil_mine", "0x1")
    assert isinstance(chain.call, View)
    source = chain.call.source
    later = View(source, source.pin(int(chain.node.rpc("eth_blockNumber"), 16)))
    result = replace(chain, call=later).judged(wallet, "0x" + approved.hex())
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert "approval in its storage" in result.reason, "the state does not say who wrote it"
