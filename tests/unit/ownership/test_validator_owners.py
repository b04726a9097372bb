"""Validators' rows, with a beacon chain that answers from a table."""

from __future__ import annotations

import pytest
from support.signed_rows import account, claim, evm_address, evm_sign, key

from scanner.errors import SourceRejectedError, SourceUnavailableError
from scanner.model.account import AccountState
from scanner.model.addresses.keccak import keccak256
from scanner.model.balance import Evidence
from scanner.model.control import Binding, Control, ControlResult
from scanner.ownership.asking import Asking
from scanner.ownership.evm.contract_calls import is_contract, payee_of
from scanner.ownership.evm.delegation import DELEGATED
from scanner.ownership.judge import judge, judge_claims
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
KEY = bytes.fromhex("8d" * 48)
A, B = key(1), key(2)
POD = bytes.fromhex("5700" * 10)
REGISTRY_OF_PODS = bytes.fromhex("91e677b07f7af907ec9a428aafa9fc14a0d3a338")


def paid(to: bytes, kind: int = 1) -> bytes:
    return bytes([kind]) + bytes(11) + to


class BeaconTable:
    """Credentials by key; owners of contracts; sizes of code, 0 where nothing is said; and what
    the registry of EigenPods says: owner -> pod.
    """

    def __init__(
        self,
        credentials: dict[bytes, bytes],
        owners: dict[bytes, bytes] | None = None,
        sizes: dict[bytes, int] | None = None,
        registered: dict[bytes, bytes] | None = None,
    ) -> None:
        self.credentials, self.owners, self.sizes = credentials, owners or {}, sizes or {}
        self.registered = registered or {}
        self.asked: list[bytes] = []

    def __call__(self, to: bytes, data: bytes) -> bytes:
        self.asked.append(to)
        if to == b"":
            assert data[0] == 0x73  # PUSH20
            size = self.sizes.get(data[1:21], 0)
            mark = b"\xef\x01\x00" if size == DELEGATED else b"\x60\x80\x60"
            return size.to_bytes(32) + mark.ljust(32, b"\0")
        if len(to) % 48 == 0:
            keys = [to[n : n + 48] for n in range(0, len(to), 48)]
            return b"".join(self.credentials.get(k, bytes(32)) for k in keys)
        if data == keccak256(b"podOwner()")[:4] and to in self.owners:
            return bytes(12) + self.owners[to]
        if to == REGISTRY_OF_PODS and data[:4] == keccak256(b"ownerToPod(address)")[:4]:
            return bytes(12) + self.registered.get(data[16:], bytes(20))
        return b""

    def hint(self, to: bytes, data: bytes) -> bytes:
        return b""

    @property
    def calls(self) -> Evidence:
        return Evidence.REPORTED

    def state(self, account: bytes, slots: tuple[bytes, ...]) -> AccountState:
        """No code that anybody knows."""
        return AccountState(keccak256(b"code" + account), (0,) * len(slots), Evidence.REPORTED)


def judged(table: object, *signatures: str, owners: tuple[str, ...]) -> ControlResult:
    row = claim("ethereum", "0x" + KEY.hex(), *signatures, owners=owners)
    return judge(row, REGISTRY, table)  # type: ignore[arg-type]


def by_a(table: object) -> ControlResult:
    return judged(table, evm_sign(A), owners=(evm_address(A),))


@pytest.mark.parametrize("kind", [1, 2])
def test_the_owner_whom_the_credentials_name(kind: int) -> None:
    result = by_a(BeaconTable({KEY: paid(account(A), kind)}))
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ON_CHAIN)
    assert result.shows_control


@pytest.mark.parametrize(
    ("credentials", "says"),
    [
        (bytes(32), "no validator with this key"),
        (b"\xff" * 32, "do not agree"),
        (b"\0" + b"\x55" * 31, "BLS key (0x00)"),
        (b"\0" * 12 + account(A), "BLS key (0x00)"),
        (b"\1" + b"\0" * 10 + b"\1" + account(A), "of an unknown kind"),
        (paid(account(A), 3), "of an unknown kind: 0x03"),
        (paid(bytes(20)), "of an unknown kind"),
        (paid(account(A))[:31], "no source returned"),
        (paid(account(A)) + b"\0", "no source returned"),
        (b"", "no source returned"),
    ],
)
def test_credentials_that_name_nobody_are_no_proof(credentials: bytes, says: str) -> None:
    assert payee_of(lambda _to, _data: credentials, KEY).account is None
    result = by_a(lambda _to, _data: credentials)
    assert (result.control, result.binding) == (Control.CONTROLS, Binding.ASSERTED)
    assert says in result.reason


@pytest.mark.parametrize("size", [0, 23])  # none, or a delegation of EIP-7702
def test_another_account_with_a_key_of_its_own_is_a_mismatch(size: int) -> None:
    result = by_a(BeaconTable({KEY: paid(account(B))}, sizes={account(B): size}))
    assert result.control is Control.MISMATCH
    assert f"credentials name {evm_address(B)}".lower() in result.reason.lower()


def test_a_contract_that_names_nobody_leaves_it_asserted() -> None:
    for sizes in ({POD: 300}, None):
        table = BeaconTable({KEY: paid(POD)}, sizes=sizes)
        result = by_a(table)
        assert not result.shows_control
        expected = Control.CONTROLS if sizes else Control.MISMATCH
        assert result.control is expected
    silent = by_a(lambda to, _: paid(POD) if len(to) == 48 else b"")
    assert silent.control is Control.CONTROLS, "nobody can say whether there is code"
    assert is_contract(lambda _to, _data: b"", POD) is None


def test_a_pod_and_its_owner() -> None:
    named = BeaconTable({KEY: paid(POD)}, {POD: account(A)}, {POD: 300})
    assert by_a(named).binding is Binding.ASSERTED, "any code can name an owner"
    table = BeaconTable({KEY: paid(POD)}, {POD: account(A)}, {POD: 300}, {account(A): POD})
    assert by_a(table).binding is Binding.ON_CHAIN
    pod = "0x" + POD.hex()
    assert judged(table, evm_sign(A), owners=(evm_address(A), pod)).shows_control
    other = judged(table, evm_sign(B), owners=(evm_address(B),))
    assert other.control is Control.MISMATCH
    assert f"eigenpod of {evm_address(A)}".lower() in other.reason.lower()
    half = judged(table, evm_sign(B), owners=(evm_address(B), pod))
    assert half.control is Control.MISMATCH
    other_pod = BeaconTable(
        {KEY: paid(POD)}, {POD: account(A)}, {POD: 300}, {account(A): POD[::-1]}
    )
    assert by_a(other_pod).binding is Binding.ASSERTED, "the registry names another pod"
    garbage = judged(table, evm_sign(A), evm_sign(key(9)), owners=(evm_address(A), pod))
    assert garbage.control is Control.MISMATCH, "a signature that is there must be somebody's"


def test_many_are_asked_about_at_once_and_a_refusal_is_heard_once() -> None:
    keys = [bytes([0x80 | n]) + KEY[1:] for n in range(1, 16)]
    rows = [
        claim("ethereum", "0x" + k.hex(), evm_sign(A), owners=(evm_address(A),))
        for k in [*keys, keys[0]]
    ]
    table = BeaconTable({k: paid(account(A)) for k in keys})
    assert all(r.shows_control for r in judge_claims(rows, table, registry=REGISTRY))
    assert table.asked == [b"".join(keys)]

    asked = []

    def refuse(to: bytes, _data: bytes) -> bytes:
        asked.append(to)
        raise SourceRejectedError("beacon", "does not keep that state")

    results = judge_claims(rows, refuse, registry=REGISTRY)
    assert all("does not keep that state" in r.reason for r in results)
    assert {r.binding for r in results} == {Binding.ASSERTED}
    assert asked == [b"".join(keys)]


def test_a_dead_endpoint_is_an_error_and_is_asked_again() -> None:
    answers = iter([SourceUnavailableError("beacon", "no answer"), paid(account(A))])

    def shaky(_to: bytes, _data: bytes) -> bytes:
        answer = next(answers)
        if isinstance(answer, SourceUnavailableError):
            raise answer
        return answer

    call = Asking(shaky, [KEY])
    with pytest.raises(SourceUnavailableError):
        call(KEY, b"")
    assert call(KEY, b"") == call(KEY, b"") == paid(account(A))


def test_other_questions_go_straight_through() -> None:
    table = BeaconTable({}, {POD: account(A)})
    call = Asking(table, [KEY])
    assert call(POD, keccak256(b"podOwner()")[:4])[12:] == account(A)
    assert table.asked == [POD]
