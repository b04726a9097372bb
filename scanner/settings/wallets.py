"""Reads config/wallets.csv: contract wallets whose code was read, by the hash of their code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from scanner.settings.paths import shipped
from scanner.settings.tables import read_table

KINDS = frozenset(
    (
        *("proxy", "proxy_1967", "safe", "multisig", "any_owner", "handler", "pods"),
        *("starknet_key", "starknet_guarded", "starknet_owner", "starknet_owner_guid"),
        *("starknet_owners", "starknet_signers", "starknet_signer_guids"),
        *("starknet_proxy", "starknet_behind"),
    )
)


@dataclass(frozen=True, slots=True)
class WalletCode:
    """kind: "safe", "multisig" or "any_owner" for a wallet, of which so many owners must agree (as
    a Safe keeps them, or a MultiSigWallet) or any one can spend; "proxy" for what stands before one
    and names it in slot 0, "proxy_1967" in the slot of ERC-1967; "handler" for what answers
    isValidSignature for one, "pods" for a registry of EigenPods. "starknet_key" is the class of
    an account of one key, "starknet_guarded" of one that may want others' signatures, too:
    a guardian's, other owners'. Such a class that can be asked for a key is named by how:
    "starknet_owner" and "starknet_owner_guid" tell the owner and guardians, the others whether a
    key is among them (by GUID: what a key is called there). "starknet_proxy" is a class that runs
    another, which its own code names (get_implementation), "starknet_behind" one that stands there
    and may want others' signatures, too.
    """

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Wallets:
    """by_code: keccak256 of the deployed code (Starknet: the hash of the class) -> what it is.

    at: (chain id, account) likewise.
    """

    by_code: Mapping[bytes, WalletCode]
    at: Mapping[tuple[str, bytes], WalletCode]

    def registries(self, chain_id: str) -> Iterator[tuple[bytes, WalletCode]]:
        """Registries of a chain: their accounts, and what they register."""
        return ((account, code) for (chain, account), code in self.at.items() if chain == chain_id)


@cache
def load_wallets(folder: Path | None = None) -> Wallets:
    """Read the table from `folder`, by default the shipped config folder. Raises ConfigError."""
    by_code: dict[bytes, WalletCode] = {}
    at: dict[tuple[str, bytes], WalletCode] = {}
    path = (folder or shipped("config")) / "wallets.csv"
    for row in read_table(path, ("wallet", "kind", "name"), ("wallet",)):
        code = WalletCode(row["kind"], row["name"])
        chain, _, text = row["wallet"].rpartition(":")
        try:
            key = bytes.fromhex(text.removeprefix("0x"))
        except ValueError:
            key = b""
        if code.kind not in KINDS or len(key) != (20 if chain else 32):
            raise row.wrong(f"{row['wallet']!r} of kind {code.kind!r}")
        if chain:
            at[chain, key] = code
        else:
            by_code[key] = code
    return Wallets(by_code, at)
