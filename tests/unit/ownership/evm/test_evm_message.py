"""EVM rows: envelopes, spellings of a signature, typed data; eth_account is the other opinion."""

from __future__ import annotations

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_defunct, encode_typed_data
from support.signed_rows import (
    MESSAGE,
    claim,
    compact_2098,
    evm_address,
    evm_sign,
    high_s,
    key,
    okx_sign,
    refused,
)

from scanner.model.addresses.evm import checksum_text
from scanner.model.addresses.keccak import keccak256
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.judge import _memory, judge, judge_rows
from scanner.ownership.primitives import envelopes
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
SIGNER = key(1)
ADDRESS = evm_address(SIGNER)


def judged(*signatures: str, address: str = ADDRESS, **more: object) -> ControlResult:
    return judge(
        claim(str(more.pop("network", "ethereum")), address, *signatures, **more), REGISTRY
    )


def test_the_usual_form_says_nothing_and_names_the_signer() -> None:
    result = judged(evm_sign(SIGNER))
    assert result.reason == ""
    assert result.signed_by == (checksum_text(bytes.fromhex(ADDRESS[2:])),)
    assert (result.required, result.scheme) == (1, "evm_message")


@pytest.mark.parametrize("number", range(4))
def test_wallets_sign_the_text_and_the_peer_agrees(number: int) -> None:
    """eth_account signs as wallets do; both ways of hashing are recovered to the same account."""
    secret = key(number).secret
    account = Account.from_key(secret)
    for encoded in (encode_defunct(text=MESSAGE), encode_defunct(text="Grüße aus Zürich €")):
        signed = account.sign_message(encoded)
        text = MESSAGE if encoded == encode_defunct(text=MESSAGE) else "Grüße aus Zürich €"
        result = judged("0x" + signed.signature.hex(), address=account.address, message=text)
        assert result.shows_control
        assert result.reason == "EIP-191 over the text"
    by_hash = encode_defunct(primitive=envelopes.keccak256(MESSAGE.encode()))
    assert judged(
        "0x" + account.sign_message(by_hash).signature.hex(), address=account.address
    ).shows_control
    ours = evm_sign(key(number), MESSAGE, envelopes.eip191_text)
    assert Account.recover_message(encode_defunct(text=MESSAGE), signature=ours) == account.address


def test_recovery_bytes_0_1_27_28_and_no_others() -> None:
    signature = evm_sign(SIGNER)
    parity = int(signature[-2:], 16) - 27
    assert judged(signature).reason == ""
    zero = judged(signature[:-2] + f"{parity:02x}")
    assert zero.shows_control
    assert zero.reason == f"recovery byte is {parity}"
    assert judged(signature[:-2] + f"{27 + (parity ^ 1):02x}").control is Control.MISMATCH
    for byte in (parity ^ 1, 2, 3, 26, 29, 30, 31, 32, 37, 38, 255):
        result = judged(signature[:-2] + f"{byte:02x}")
        assert result.control is Control.UNSUPPORTED, byte
        assert "contract wallet" in result.reason


@pytest.mark.parametrize("size", [0, 1, 63, 66, 84, 85, 130, 4096])
def test_a_signature_of_any_length_is_a_contracts_to_judge(size: int) -> None:
    """Safes take an empty one, Loopring's wallets 66 bytes: nobody can tell offline."""
    signature = "0x" + "11" * size
    assert judged(signature).control is Control.UNSUPPORTED
    asked: list[bytes] = []

    def call(to: bytes, question: bytes) -> bytes:
        asked.append(question)
        return b""

    row = claim("ethereum", ADDRESS, signature)
    assert judge(row, REGISTRY, call).control is Control.MISMATCH
    assert asked


def test_a_contract_that_accepts_anything_makes_nothing_false() -> None:
    yes = bytes.fromhex("1626ba7e").ljust(32, b"\0")
    contract = "0x" + "c1" * 20
    for signature in (evm_sign(SIGNER), "0x" + "11" * 70, "0x"):
        found = judge(claim("ethereum", contract, signature), REGISTRY, lambda *_: yes)
        assert found.control is Control.UNSUPPORTED
        assert "shows nothing" in found.reason


@pytest.mark.parametrize("size", [0, 1, 50, 66, 500])
def test_what_is_no_keys_signature_is_malformed_where_no_contract_is(size: int) -> None:
    nothing = lambda to, _: bytes(64) if not to else b""  # noqa: E731 - no code at the address
    found = judge(claim("ethereum", ADDRESS, "0x" + "11" * size), REGISTRY, nothing)
    assert found.control is Control.MALFORMED
    assert f"{size} byte" in found.reason
    assert "no contract is at the address" in found.reason
    whole = judge(claim("ethereum", ADDRESS, evm_sign(key(2))), REGISTRY, nothing)
    assert whole.control is Control.MISMATCH  # a key's, and another one's


def test_a_message_of_hex_may_be_signed_as_the_bytes_that_it_spells() -> None:
    message = "0x" + b"I am an exchange address".hex()
    signature = evm_sign(SIGNER, MESSAGE, envelopes.eip191_text)
    result = judged(signature, message=message)
    assert result.shows_control
    assert "hex" in result.reason
    assert judged(evm_sign(SIGNER, message, envelopes.eip191_text), message=message).shows_control
    assert judged(signature, message=message[2:]).control is not Control.CONTROLS


def test_the_64_byte_form() -> None:
    for number in range(6):
        result = judged(compact_2098(evm_sign(key(number))), address=evm_address(key(number)))
        assert result.shows_control
        assert "EIP-2098" in result.reason


def test_a_signature_without_its_last_byte_is_not_anothers() -> None:
    """Read as EIP-2098, 64 bytes are half the time by another key, and none of that is false."""
    told = set()
    for number in range(12):
        address = evm_address(key(number))
        whole = evm_sign(key(number))
        result = judged(whole[:-2], address=address)
        told.add(result.control)
        if whole.endswith("1c"):
            assert result.control is Control.UNSUPPORTED
            assert "publish all 65 bytes" in result.reason
        assert judged(whole[:-2], address=evm_address(key(99))).control is Control.MISMATCH
        assert judged(whole[:-2], address=address, message="?").control is Control.MISMATCH
    assert told == {Control.CONTROLS, Control.UNSUPPORTED}


def test_high_s_is_accepted_as_ecrecover_does_and_noted() -> None:
    result = judged(high_s(evm_sign(SIGNER)))
    assert result.shows_control
    assert "upper half" in result.reason
    assert judged(high_s(evm_sign(SIGNER))[:-2] + evm_sign(SIGNER)[-2:]).control is Control.MISMATCH


def test_r_and_s_out_of_range_are_no_signature() -> None:
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    good = bytes.fromhex(evm_sign(SIGNER)[2:])
    for r, s in ((0, 1), (1, 0), (order, 1), (1, order), (2**256 - 1, 2**256 - 1), (0, 0)):
        signature = f"0x{r:064x}{s:064x}1b"
        for address in (ADDRESS, "0x" + "00" * 20):
            assert judged(signature, address=address).control is Control.MISMATCH
    assert judged("0x" + good[:32].hex() + f"{order - 1:064x}1b").control is Control.MISMATCH


def test_the_zero_address_is_nobodys() -> None:
    """`ecrecover` answers zero for nonsense; a row of the zero address must not meet it."""
    for signature in ("0x" + "00" * 65, evm_sign(SIGNER), "0x" + "00" * 64 + "1b"):
        assert refused(judged(signature, address="0x" + "00" * 20))


def test_another_networks_envelope_is_a_mismatch() -> None:
    assert judged(okx_sign(SIGNER)).control is Control.MISMATCH
    assert refused(judged(evm_sign(SIGNER), network="okc"))
    assert judged(okx_sign(SIGNER), network="okc").shows_control
    assert judged(evm_sign(SIGNER, MESSAGE, envelopes.tip191_hash)).control is Control.MISMATCH


def test_every_spelling_of_an_address_is_the_same_account() -> None:
    payload = bytes.fromhex(ADDRESS[2:])
    for text in (ADDRESS, ADDRESS.upper().replace("X", "x"), checksum_text(payload)):
        assert judged(evm_sign(SIGNER), address=text).shows_control
    wrong_capitals = checksum_text(payload).swapcase().replace("X", "x")
    assert judged(evm_sign(SIGNER), address=wrong_capitals).control is Control.MALFORMED


def test_signatures_that_only_a_contract_could_read_are_undecided_offline() -> None:
    for data in ("11" * 130, "22" * 85, "33" * 500, "44" * 96 + "6492" * 16):
        result = judged("0x" + data)
        assert result.control is Control.UNSUPPORTED
        assert "snapshot" in result.reason


TYPED = {
    "types": {
        "EIP712Domain": [
            {"name": "name", "type": "string"},
            {"name": "chainId", "type": "uint256"},
        ],
        "Statement": [{"name": "text", "type": "string"}, {"name": "height", "type": "uint64"}],
    },
    "primaryType": "Statement",
    "domain": {"name": "Reserves", "chainId": 1},
    "message": {"text": "these are ours", "height": 20914735},
}


def typed(**changes: object) -> tuple[str, str]:
    """A typed message as JSON, and its signature by the peer."""
    data = {**TYPED, **changes}
    signed = Account.from_key(SIGNER.secret).sign_message(encode_typed_data(full_message=data))
    return json.dumps(data), "0x" + signed.signature.hex()


def test_typed_data() -> None:
    message, signature = typed()
    result = judged(signature, message=message)
    assert (result.shows_control, result.reason) == (True, "EIP-712 typed data")
    assert judged(signature, message=message.replace("ours", "mine")).control is Control.MISMATCH
    assert judged(signature, message=message + " ").shows_control  # the same data
    for hexed in ("0x1", "1"):
        text, signed = typed(domain={"name": "Reserves", "chainId": hexed})
        assert judged(signed, message=text).shows_control


def test_typed_data_for_another_chain_is_a_mismatch() -> None:
    message, signature = typed(domain={"name": "Reserves", "chainId": 56})
    result = judged(signature, message=message)
    assert result.control is Control.MISMATCH
    assert "chain id 56" in result.reason
    assert judged(signature, message=message, network="bsc").shows_control
    assert judged(signature, message=message).control is Control.MISMATCH  # not from memory


def test_one_text_in_rows_of_several_chains_is_judged_for_each() -> None:
    """Rows judged together share what is made of a text, but typed data are for one chain."""
    message, signature = typed(domain={"name": "Reserves", "chainId": 56})
    networks = ("bsc", "ethereum", "bsc", "base", "ethereum")
    rows = [claim(name, ADDRESS, signature, message=message) for name in networks]
    _memory.clear()
    shown = [result is not None and result.shows_control for result in judge_rows(rows, REGISTRY)]
    assert shown == [True, False, True, False, False]


def test_permits_and_orders_are_no_statement_of_ownership() -> None:
    """Signed typed data for contracts lie open on the chain; anybody could list their signers."""
    types = {**TYPED["types"]}  # type: ignore[dict-item]
    types["EIP712Domain"] = [{"name": "verifyingContract", "type": "address"}]  # type: ignore[index]
    message, signature = typed(types=types, domain={"verifyingContract": "0x" + "11" * 20})
    for owners in ((), (evm_address(SIGNER),)):
        result = judged(signature, message=message, owners=owners)
        assert result.control is Control.UNSUPPORTED, "nobody says that another key signed"
        assert "not a statement of ownership" in result.reason


def test_typed_data_that_cannot_be_encoded_is_not_read_and_not_false() -> None:
    message = json.dumps({**TYPED, "primaryType": "Missing"})
    result = judged(evm_sign(SIGNER), message=message)
    assert result.control is Control.UNSUPPORTED
    assert "cannot be encoded" in result.reason


@pytest.mark.parametrize(
    "chain_id", ["", "x", 1.5, True, [1], {"a": 1}, "0x" + "1" * 500, "eip155:1", "056", "56n"]
)
def test_a_chain_id_that_is_not_read_is_not_another_chains(chain_id: object) -> None:
    message = json.dumps({**TYPED, "domain": {"name": "Reserves", "chainId": chain_id}})
    result = judged(typed()[1], message=message)
    assert result.control is Control.UNSUPPORTED
    assert "writes its chain id as" in result.reason


@pytest.mark.parametrize("chain_id", [1, 1.0, "1", "01", "0x1", "0X1", "0x01", "1n"])
def test_spellings_of_a_chain_id_that_are_surely_that_number(chain_id: object) -> None:
    message = json.dumps({**TYPED, "domain": {"name": "Reserves", "chainId": chain_id}})
    assert judged(typed()[1], message=message).shows_control
    assert judged(typed()[1], message=message, network="bsc").control is not Control.CONTROLS


@pytest.mark.parametrize("chain_id", [0, -1, 2**300, 56.0, "56", "0x38"])
def test_another_chains_number_is_a_mismatch(chain_id: object) -> None:
    message = json.dumps({**TYPED, "domain": {"name": "Reserves", "chainId": chain_id}})
    result = judged(typed()[1], message=message)
    assert result.control is Control.MISMATCH
    assert "is for chain id" in result.reason


@pytest.mark.parametrize("domain", [{"chainId": 56}, {"chainId": "x"}, {"verifyingContract": "y"}])
def test_json_is_tried_as_a_text_whatever_its_domain_says(domain: object) -> None:
    message = json.dumps({**TYPED, "domain": domain})
    for envelope in (envelopes.eip191_text, envelopes.eip191_hash):
        result = judged(evm_sign(SIGNER, message, envelope), message=message)
        assert result.shows_control
        assert "EIP-712" not in result.reason
    own = json.dumps({"types": "hot", "primaryType": "cold", "domain": {}, "message": "ours"})
    assert judged(evm_sign(SIGNER, own, envelopes.eip191_text), message=own).shows_control
    assert judged(evm_sign(SIGNER), message=own).control is Control.MISMATCH


def test_typed_data_that_is_made_to_cost_time_is_soon_over() -> None:
    import time

    nested: object = 1
    for _ in range(900):
        nested = [nested]
    deep = json.dumps({**TYPED, "domain": {"chainId": nested}})
    chain = {f"T{n}": [{"name": "a", "type": f"T{n + 1}"}] for n in range(150)}
    chain["T150"] = [{"name": "a", "type": "uint8"}]
    loop = {"A": [{"name": "a", "type": "A"}, {"name": "b", "type": "A[]"}]}
    wide = {**chain, "T0": [{"name": "a", "type": "T1[]"}]}
    for types, value in ((chain, {}), (loop, {}), (wide, {"a": [{}] * 500})):
        primary = next(iter(types))
        text = json.dumps({"types": types, "primaryType": primary, "domain": {}, "message": value})
        started = time.process_time()
        found = judged("0x" + "11" * 64 + "1b", message=text).control
        assert found in (Control.MISMATCH, Control.UNSUPPORTED)
        assert time.process_time() - started < 2.0
    assert judged("0x" + "11" * 64 + "1b", message=deep).control is Control.UNSUPPORTED


def _struct(kind: str, fields: str, *values: bytes) -> bytes:
    """EIP-712's hashStruct, of values of 32 bytes each."""
    return keccak256(keccak256(f"{kind}({fields})".encode()) + b"".join(values))


def test_a_domain_of_another_order_is_not_read_and_not_false() -> None:
    """A wallet hashes the domain as its type stands there; the library in the usual order."""
    text, number = keccak256(b"these are ours"), (20914735).to_bytes(32)
    name, chain = keccak256(b"Reserves"), (1).to_bytes(32)
    message = _struct("Statement", "string text,uint64 height", text, number)
    usual = _struct("EIP712Domain", "string name,uint256 chainId", name, chain)
    turned = _struct("EIP712Domain", "uint256 chainId,string name", chain, name)
    fields = TYPED["types"]["EIP712Domain"]  # type: ignore[index]
    for domain, order in ((usual, fields), (turned, fields[::-1])):
        types = {**TYPED["types"], "EIP712Domain": order}  # type: ignore[dict-item]
        made = SIGNER.sign_recoverable(keccak256(b"\x19\x01" + domain + message), hasher=None)
        signature = "0x" + made[:64].hex() + f"{made[64] + 27:02x}"
        result = judged(signature, message=json.dumps({**TYPED, "types": types}))
        expected = Control.CONTROLS if order is fields else Control.UNSUPPORTED
        assert result.control is expected, result
        assert order is fields or "domain" in result.reason


def _parts(**domain: object) -> dict[str, object]:
    """What programs give to ethers' and viem's signTypedData: no type of the domain."""
    types = {"Statement": TYPED["types"]["Statement"]}  # type: ignore[index]
    return {**TYPED, "types": types, "domain": {"name": "Reserves", **domain}}


def test_typed_data_in_parts_is_signed_by_the_fields_of_its_domain() -> None:
    """As ethers 6 and viem do, whose digest of this is the same."""
    text = json.dumps(_parts(chainId=1))
    assert judged(typed()[1], message=text).shows_control


@pytest.mark.parametrize("domain", [{"version": None}, {"version": ""}, {"chainId": None}])
def test_typed_data_in_parts_may_be_signed_otherwise_and_is_not_false(domain: object) -> None:
    """ethers leaves null out, viem empty texts, too; MetaMask signs no domain at all."""
    types = {**TYPED["types"], "EIP712Domain": [{"name": "name", "type": "string"}]}  # type: ignore[dict-item]
    _, ethers = typed(types=types, domain={"name": "Reserves"})
    _, metamask = typed(types={**types, "EIP712Domain": []}, domain={})
    in_parts = _parts(**domain)  # type: ignore[arg-type]
    unnamed = {**in_parts, "primaryType": None}
    unnamed.pop("primaryType")
    texts = [json.dumps(each) for each in (in_parts, _parts(), unnamed)]
    for text, signature in ((texts[0], ethers), (texts[1], metamask), (texts[2], ethers)):
        for owners in ((), (evm_address(key(3)),)):
            result = judged(signature, message=text, owners=owners)
            assert result.control is Control.UNSUPPORTED, result
    # Of what is whole a digest that no key has signed shows a falsehood, as ever.
    whole = json.dumps({**_parts(), "types": types})
    assert judged(ethers, message=whole).shows_control
    assert judged(metamask, message=whole).control is Control.MISMATCH


def test_json_that_is_not_typed_data_is_text_like_any_other() -> None:
    for message in (
        '{"primaryType": 1}',
        '{"primaryType"',
        '{"note": "has \\"primaryType\\" in it", "primaryType": "x"}',
    ):
        assert judged(evm_sign(SIGNER, message), message=message).shows_control


def test_a_binding_is_derived_only_from_the_addresss_own_key() -> None:
    owners = (evm_address(key(2)),)
    own = judged(evm_sign(SIGNER), owners=owners)
    assert (own.binding, own.scheme) == (Binding.DERIVED, "contract_owner")
    named = judged(evm_sign(key(2)), owners=owners)
    assert (named.control, named.binding) == (Control.CONTROLS, Binding.ASSERTED)
