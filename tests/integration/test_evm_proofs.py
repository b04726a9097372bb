"""Proof mode against a real anvil: proven, not provable, frozen, disputed; and checked again offline."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support import evm_chain as chain
from support.fault_proxy import FaultProxy

from scanner.chains.evm.archive import archive_path, check_archive
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import ListFormatError
from scanner.model.addresses.evm import evm_address
from scanner.model.balance import BalanceQuery, Evidence
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
ETHEREUM = REGISTRY.network("ethereum")
ETH = REGISTRY.holding("ETH", "ethereum")
USDT = REGISTRY.holding("USDT", "ethereum")
USDC = REGISTRY.holding("USDC", "ethereum")
HOLDERS = [chain.holder(n) for n in range(30)]
NOBODY = chain.holder(999)
VYPER, NAMESPACED, REBASING, ODD_PLACE, PACKED = (
    Holding(name, "ethereum", "0x" + f"{0xD00 + n:040x}", 6)
    for n, name in enumerate(["vyper", "namespaced", "rebasing", "odd", "packed"])
)
NAMESPACE = 0x52C63247E1F47DB19D5CE0460030C497F067CA4CEBF71BA98EEADABE20BACE00
FROZEN = HOLDERS[3]

_VYPER = "POP 4 CALLDATALOAD 32 MSTORE 7 0 MSTORE 64 0 KECCAK SLOAD"
_SEED = "POP 4 CALLDATALOAD 0 MSTORE 0x87a211a2 {} MUL 32 MSTORE 32 12 KECCAK SLOAD"


def contract(holding):
    return bytes.fromhex(holding.contract[2:])


def storage(code, values):
    account = chain.token_account(code, 6, {})
    account["storage"].update(values)
    return account


def vyper_key(holder):
    return "0x" + chain.keccak256((7).to_bytes(32) + bytes(12) + holder).hex()


def packed_key(holder):
    return "0x" + chain.keccak256(holder + bytes(8) + bytes.fromhex("87a211a2")).hex()


@pytest.fixture(scope="module")
def anvil(tmp_path_factory):
    from support.missing import cannot

    from scanner.demo.nodes import Anvil
    from scanner.errors import NodeMissingError

    balances = {h: 100 + n for n, h in enumerate(HOLDERS)}
    flagged = {h: v | (2**255 if h == FROZEN else 0) for h, v in balances.items()}
    words = {h: chain.word(v) for h, v in balances.items()}
    packed = chain.token_code(answer=_SEED.format(1 << 160))
    tokens = {
        contract(USDT): chain.token_account(chain.PLAIN, 6, balances),
        contract(USDC): chain.token_account(
            chain.token_code(answer=f"SLOAD {2**255 - 1} AND", slot=9), 6, flagged, slot=9
        ),
        contract(VYPER): storage(
            chain.token_code(answer=_VYPER), {vyper_key(h): w for h, w in words.items()}
        ),
        contract(NAMESPACED): chain.token_account(
            chain.token_code(slot=NAMESPACE), 6, balances, slot=NAMESPACE
        ),
        contract(REBASING): chain.token_account(chain.REBASING, 6, balances),
        contract(ODD_PLACE): chain.token_account(
            chain.token_code(slot=5000), 6, balances, slot=5000
        ),
        contract(PACKED): storage(packed, {packed_key(h): w for h, w in words.items()}),
    }
    native = {h: 10**18 + n for n, h in enumerate(HOLDERS)}
    try:
        with Anvil(
            tmp_path_factory.mktemp("proofs"), genesis=chain.genesis(native, tokens)
        ) as node:
            node.rpc("anvil_mine", "0x2")
            yield node
    except NodeMissingError as e:
        cannot(str(e))


@pytest.fixture
def source(anvil, tmp_path):
    policy = ReadPolicy(proof=True, proof_folder=tmp_path / "proofs")
    made = make_source("ethereum_rpc", ETHEREUM, [anvil.endpoint("one")], REGISTRY, policy)
    yield made
    made.close()


def ask(holders, *holdings):
    return [BalanceQuery(evm_address("ethereum", h), x) for x in holdings for h in holders]


@pytest.mark.parametrize("holding", [USDT, VYPER, NAMESPACED, PACKED], ids=lambda h: h.asset)
def test_tokens_in_every_known_layout_are_proven(source, holding):
    at = source.pin(2)
    found = source.fetch_balances(ask([*HOLDERS, NOBODY], holding), at)
    assert [b.amount for b in found] == [*range(100, 130), 0]
    assert {b.evidence for b in found} == {Evidence.PROVEN}
    assert {b.reason for b in found} == {""}


def test_coins_are_proven_absent_ones_too(source):
    found = source.fetch_balances(ask([*HOLDERS, NOBODY], ETH), source.pin(2))
    assert [b.amount for b in found] == [*(10**18 + n for n in range(30)), 0]
    assert {b.evidence for b in found} == {Evidence.PROVEN}
    assert source.ability.evidence is Evidence.PROVEN


def test_a_flag_beside_the_balance_is_told_and_not_counted(source):
    found = source.fetch_balances(ask(HOLDERS[:5], USDC), source.pin(2))
    assert [b.amount for b in found] == [100, 101, 102, 103, 104]
    assert {b.evidence for b in found} == {Evidence.PROVEN}
    assert json.loads(found[3].detail) == {"flags": hex(2**255)}
    assert "freeze" in found[3].reason
    assert [b.reason for b in found if b is not found[3]] == [""] * 4


@pytest.mark.parametrize("holding", [REBASING, ODD_PLACE], ids=lambda h: h.asset)
def test_what_cannot_be_proven_stays_reported_and_says_why(source, holding):
    found = source.fetch_balances(ask(HOLDERS[:4], holding), source.pin(2))
    factor = 3 if holding is REBASING else 1
    assert [b.amount for b in found] == [100 * factor, 101 * factor, 102 * factor, 103 * factor]
    assert {b.evidence for b in found} == {Evidence.REPORTED}
    assert all("not proven: its balances are computed" in b.reason for b in found)


def test_an_archive_is_checked_without_a_network(source, tmp_path):
    at = source.pin(2)
    source.fetch_balances(ask([*HOLDERS, NOBODY], ETH, USDT), at)
    source.fetch_balances(ask(HOLDERS[:5], USDC), at)
    checked = check_archive(archive_path(tmp_path / "proofs", at))
    assert (checked.hash, checked.height, checked.chain) == (at.hash, 2, "1:dev")
    wanted = {("", h.hex()): 10**18 + n for n, h in enumerate(HOLDERS)}
    wanted |= {(contract(USDT).hex(), h.hex()): 100 + n for n, h in enumerate(HOLDERS)}
    wanted |= {(contract(USDC).hex(), h.hex()): 100 + n for n, h in enumerate(HOLDERS[:5])}
    wanted |= {("", NOBODY.hex()): 0, (contract(USDT).hex(), NOBODY.hex()): 0}
    assert checked.balances == wanted


def test_an_archive_with_a_changed_line_is_refused_and_a_cut_one_goes_on(source, tmp_path):
    at = source.pin(2)
    source.fetch_balances(ask(HOLDERS, ETH, USDC), at)
    path = archive_path(tmp_path / "proofs", at)
    lines = path.read_bytes().splitlines(keepends=True)
    values = [n for n, line in enumerate(lines) if b'"account"' in line or b'"balance"' in line]
    assert len(values) == 60
    for n, line in enumerate(lines):
        record = json.loads(line)
        for key in {"rlp", "hash", "height", "balance", "amount", "raw", "code_hash"} & set(record):
            text = str(record[key])
            changed = {**record, key: text[:-1] + ("1" if text[-1] != "1" else "2")}
            if key == "height":
                changed[key] = 3
            other = [*lines[:n], json.dumps(changed).encode() + b"\n", *lines[n + 1 :]]
            path.write_bytes(b"".join(other))
            with pytest.raises(ListFormatError):
                check_archive(path)
    path.write_bytes(b"".join(lines)[:-7])
    source.fetch_balances(ask(HOLDERS[:1], ETH), at)
    assert len(check_archive(path).balances) == 59


def test_the_command_that_checks_an_archive(source, tmp_path):
    from typer.testing import CliRunner

    from scanner.cli.endpoints.proofs import app

    at = source.pin(2)
    source.fetch_balances(ask(HOLDERS[:2], ETH, USDT), at)
    path = archive_path(tmp_path / "proofs", at)
    said = CliRunner().invoke(app, [str(path)])
    assert said.exit_code == 0
    assert "4 balances hold on ethereum (chain 1:dev) at block 2" in said.output
    assert at.hash in said.output
    said = CliRunner().invoke(app, [str(path), "--json"])
    balances = json.loads(said.output)["balances"]
    assert {b["amount"] for b in balances} == {str(10**18), str(10**18 + 1), "100", "101"}


def test_proofs_with_a_quorum_and_an_endpoint_that_garbles_proofs(anvil, tmp_path):
    """A changed trie node is refused; the other operator's proof is taken, the reading is agreed."""

    def garbled(request, answer):
        body = json.loads(answer[2])
        items = body if isinstance(body, list) else [body]
        for item in items:
            result = item.get("result")
            if isinstance(result, dict) and "accountProof" in result:
                node = result["accountProof"][-1]
                result["accountProof"][-1] = node[:-2] + ("00" if node[-2:] != "00" else "01")
        return 200, {}, json.dumps(body).encode()

    with FaultProxy(anvil.url, [garbled], 1.0) as proxy:
        endpoints = [
            replace(anvil.endpoint("bad"), url=proxy.url, operator="one"),
            replace(anvil.endpoint("good"), operator="two"),
        ]
        policy = ReadPolicy(2, proof=True, proof_folder=tmp_path)
        source = make_source("ethereum_rpc", ETHEREUM, endpoints, REGISTRY, policy)
        found = source.fetch_balances(ask(HOLDERS[:5], ETH), source.pin(2))
        assert [b.amount for b in found] == [10**18 + n for n in range(5)]
        assert {(b.evidence, b.sources) for b in found} == {(Evidence.PROVEN, ("good",))}
        found = source.fetch_balances(ask(HOLDERS[:5], USDT), source.pin(2))
        assert {b.evidence for b in found} == {Evidence.AGREED}  # one cannot prove where slots lie
        assert all("not proven: bad: gave a proof that does not hold" in b.reason for b in found)
        source.close()


def test_a_chain_whose_headers_we_do_not_know_has_no_proof_mode(anvil, tmp_path):
    def odd_header(request, answer):
        body = json.loads(answer[2])
        if isinstance(body, dict) and isinstance(body.get("result"), dict):
            body["result"].pop("mixHash", None)
        return 200, {}, json.dumps(body).encode()

    with FaultProxy(anvil.url, [odd_header], 1.0) as proxy:
        endpoint = replace(anvil.endpoint("odd"), url=proxy.url)
        policy = ReadPolicy(proof=True, proof_folder=tmp_path)
        source = make_source("ethereum_rpc", ETHEREUM, [endpoint], REGISTRY, policy)
        found = source.fetch_balances(ask(HOLDERS[:2], ETH), source.pin(2))
        assert [(b.amount, b.evidence) for b in found] == [
            (10**18 + n, Evidence.REPORTED) for n in range(2)
        ]
        assert all("no proof mode on this network" in b.reason for b in found)
        source.close()
