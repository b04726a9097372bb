"""Wallets of known code on a development node: made, written into, and spent from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from coincurve import PrivateKey
from eth_abi import encode

from scanner.chains.assembly import assemble
from scanner.demo.nodes import Anvil
from scanner.model.addresses.keccak import keccak256
from support.attack_lab import WEI, account_of
from support.contracts import CODE, deploy, deploy_by_salt, send

ZERO, SINK = "0x" + "00" * 20, "0x" + "dd" * 20
FIRST = bytes(31) + b"\1"
"""The place of a Safe's first owner in its list: 1."""

_WRITER = assemble("""
    0
    next: CALLDATASIZE DUP2 LT ISZERO @end JUMPI
    DUP1 32 ADD CALLDATALOAD DUP2 CALLDATALOAD SSTORE
    64 ADD @next JUMP
    end: STOP
""")
"""Writes whatever it is given into the storage of who delegates to it: pairs of slot and value."""


def selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def asked(signature: str, *values: object) -> bytes:
    """A call: its function, and values of the types that the signature names."""
    types = signature[signature.index("(") + 1 : -1]
    return selector(signature) + encode(types.split(",") if types else (), values)


def raw(account: str) -> bytes:
    return bytes.fromhex(account[2:])


def in_mapping(key: bytes, place: int) -> bytes:
    """Where a mapping keeps what it has for a key: an account, or 32 bytes."""
    return keccak256(key.rjust(32, b"\0") + place.to_bytes(32))


def in_both(first: bytes, second: bytes, place: int) -> bytes:
    """Where a mapping of mappings keeps what it has for two keys."""
    return keccak256(second.rjust(32, b"\0") + in_mapping(first, place))


def created(node: Anvil, code: bytes, storage: Mapping[bytes, int]) -> str:
    """An account of some code, by creation code of the attacker's that writes its storage."""
    writes = " ".join(f"{value} {int.from_bytes(slot)} SSTORE" for slot, value in storage.items())

    def creation(size: int) -> bytes:
        return assemble(f"{writes} {len(code)} DUP1 {size} 0 CODECOPY 0 RETURN")

    size = next(n for n in range(20, 5_000) if len(creation(n)) == n)
    made = send(node, "0x" + (creation(size) + code).hex())["contractAddress"]
    assert node.rpc("eth_getCode", made, "latest") == "0x" + code.hex()
    return made


class Wallets:
    """A node with the Safe 1.4.1, its factory and its handler, and wallets made there."""

    def __init__(self, node: Anvil) -> None:
        node.rpc("anvil_mine", "0x1")
        self.node = node
        self.singleton = deploy(node, "Safe")
        self.factory = deploy(node, "SafeProxyFactory")
        self.handler = deploy(node, "CompatibilityFallbackHandler")
        size = len(_WRITER)
        self.writer = send(
            node, "0x" + (assemble(f"{size} DUP1 11 0 CODECOPY 0 RETURN") + _WRITER).hex()
        )["contractAddress"]
        assert node.rpc("eth_getCode", self.writer, "latest") == "0x" + _WRITER.hex()
        self._salt, self.coinbase_factory = 0, ""

    def ask(self, to: str, data: bytes) -> str:
        answer: str = self.node.rpc("eth_call", {"to": to, "data": "0x" + data.hex()}, "latest")
        return answer

    def proxy(self) -> str:
        """A Safe that nobody has set up yet, by the factory."""
        self._salt += 1
        data = asked("createProxyWithNonce(address,bytes,uint256)", self.singleton, b"", self._salt)
        made = "0x" + self.ask(self.factory, data)[-40:]
        send(self.node, "0x" + data.hex(), self.factory)
        return made

    def safe(
        self,
        owners: Sequence[str],
        threshold: int = 1,
        written: Mapping[bytes, int] | None = None,
        at: str = "",
    ) -> str:
        """A Safe that its maker set up; written: what setup's own DELEGATECALL writes into it."""
        made = at or self.proxy()
        data = b"".join(slot + value.to_bytes(32) for slot, value in (written or {}).items())
        call = asked(
            "setup(address[],uint256,address,bytes,address,address,uint256,address)",
            *(owners, threshold, self.writer if data else ZERO, data, self.handler, ZERO, 0, ZERO),
        )
        send(self.node, "0x" + call.hex(), made)
        return made

    def message_hash(self, safe: str, digest: bytes) -> bytes:
        """What owners of a Safe sign so that it accepts a digest."""
        call = asked("getMessageHashForSafe(address,bytes)", safe, digest)
        return raw(self.ask(self.handler, call))

    def multisig(self, owners: Sequence[str], required: int) -> str:
        """A MultiSigWalletWithDailyLimit as its pages deploy it, without a limit."""
        code = CODE["MultiSigWalletWithDailyLimit"]
        made = encode(("address[]", "uint256", "uint256"), (owners, required, 0))
        return send(self.node, code + made.hex())["contractAddress"]

    def coinbase(self, owners: Sequence[str]) -> str:
        """A Coinbase Smart Wallet 1 by its factory."""
        if not self.coinbase_factory:
            deploy_by_salt(self.node, "CoinbaseSmartWallet")
            self.coinbase_factory = deploy_by_salt(self.node, "CoinbaseSmartWalletFactory")
        self._salt += 1
        words = [encode(("address",), (owner,)) for owner in owners]
        data = asked("createAccount(bytes[],uint256)", words, self._salt)
        made = "0x" + self.ask(self.coinbase_factory, data)[-40:]
        send(self.node, "0x" + data.hex(), self.coinbase_factory)
        return made

    def code(self, account: str) -> bytes:
        return raw(self.node.rpc("eth_getCode", account, "latest"))

    def give(self, account: str, ether: int) -> None:
        self.node.rpc("anvil_setBalance", account, hex(ether * WEI))

    def write(self, account: str, slot: bytes, value: int) -> None:
        self.node.rpc("anvil_setStorageAt", account, "0x" + slot.hex(), f"0x{value:064x}")

    def act(self, who: str, to: str, data: bytes) -> bool:
        """Send a transaction of an account's: whether it did not fail."""
        self.node.rpc("anvil_impersonateAccount", who)
        self.give(who, 10)
        transaction = {"from": who, "to": to, "data": "0x" + data.hex(), "gas": hex(3_000_000)}
        try:
            sent = self.node.rpc("eth_sendTransaction", transaction)
        except Exception as e:  # the node says at once that it would fail
            assert "revert" in str(e).lower() or "gas" in str(e).lower(), e
            return False
        self.node.rpc("anvil_mine", "0x1")
        receipt = self.node.rpc("eth_getTransactionReceipt", sent)
        return bool(receipt["status"] == "0x1")

    def moves_safe(self, safe: str, *by: PrivateKey | tuple[str, PrivateKey]) -> bool:
        """Whether these send a coin of a Safe's: keys, or a Safe of one owner and its owner's key."""
        wanted: dict[bytes, bytes] = {}
        call = (SINK, WEI, b"", 0, 0, 0, 0, ZERO, ZERO)
        types = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address"
        counted = raw(self.ask(safe, selector("nonce()")))
        if not counted:  # nothing is behind the proxy
            return False
        nonce = int.from_bytes(counted)
        hashed = raw(self.ask(safe, asked(f"getTransactionHash({types},uint256)", *call, nonce)))
        for one in by:
            if isinstance(one, tuple):
                inner, key = one
                if not self._by_safe(inner, key, safe, asked("approveHash(bytes32)", hashed)):
                    return False
                wanted[raw(inner)] = raw(inner).rjust(32, b"\0") + bytes(32) + b"\1"
            else:
                made = one.sign_recoverable(hashed, hasher=None)
                wanted[raw(account_of(one))] = made[:64] + bytes([made[64] + 27])
        signed = b"".join(wanted[account] for account in sorted(wanted))
        self.act(account_of(PrivateKey()), safe, self._exec(call, signed))
        return self._moved()

    def _by_safe(self, safe: str, key: PrivateKey, to: str, data: bytes) -> bool:
        """Whether a Safe of one owner calls another contract, as that owner wants."""
        call = (to, 0, data, 0, 0, 0, 0, ZERO, ZERO)
        signed = raw(account_of(key)).rjust(32, b"\0") + bytes(32) + b"\1"
        return self.act(account_of(key), safe, self._exec(call, signed))

    def _exec(self, call: tuple[object, ...], signed: bytes) -> bytes:
        types = "address,uint256,bytes,uint8,uint256,uint256,uint256,address,address,bytes"
        return asked(f"execTransaction({types})", *call, signed)

    def moves_multisig(self, wallet: str, *by: PrivateKey | tuple[str, PrivateKey]) -> bool:
        """Whether these send a coin of a MultiSigWallet's: one submits, the others confirm.

        by: keys, or a Safe of one owner and its owner's key.
        """
        number = int(self.ask(wallet, selector("transactionCount()")), 16)
        for n, one in enumerate(by):
            submit = asked("submitTransaction(address,uint256,bytes)", SINK, WEI, b"")
            data = asked("confirmTransaction(uint256)", number) if n else submit
            if isinstance(one, tuple):
                self._by_safe(*one, wallet, data)
            else:
                self.act(account_of(one), wallet, data)
        return self._moved()

    def moves_alone(self, wallet: str, key: PrivateKey) -> bool:
        """Whether one owner sends a coin of a Coinbase Smart Wallet's."""
        self.act(account_of(key), wallet, asked("execute(address,uint256,bytes)", SINK, WEI, b""))
        return self._moved()

    def _moved(self) -> bool:
        moved = int(self.node.rpc("eth_getBalance", SINK, "latest"), 16)
        self.node.rpc("anvil_setBalance", SINK, "0x0")
        return moved == WEI
