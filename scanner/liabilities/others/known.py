"""Forms that are named and not checked here, and where their publisher checks them.

Told by names that only they have. What each proves, and what not: docs/liabilities.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Form:
    """A publisher's form. what: the file, in words. why: what checking it here would need."""

    name: str
    publisher: str
    what: str
    why: str


_BY_NAMES: tuple[tuple[frozenset[str], Form], ...] = (
    (
        frozenset({"ProofTable", "ZkKeyName", "CexAssetsInfo"}),
        Form(
            "binance_config",
            "Binance",
            "Binance's totals of each coin (config.json)",
            "'scanner liabilities verify' checks it with the batches' proofs (proof.csv) next to "
            "it",
        ),
    ),
    (
        frozenset({"AccountInfo", "ProofInfo"}),
        Form(
            "bitgo_user",
            "BitGo",
            "one account's proofs of three levels (accountproof.json)",
            "its verifying keys come from the file itself, so it proves nothing without BitGo's "
            "own keys",
        ),
    ),
    (
        frozenset({"root_hash", "equity_sum", "debt_sum", "balance_sum"}),
        Form(
            "okx_v2_figures",
            "OKX",
            "the figures published with OKX's proof (global_info.json)",
            "sum_proof_data.json proves them: give that file",
        ),
    ),
    (
        frozenset({"main_coins_num", "coins"}),
        Form(
            "okx_v1_config",
            "OKX",
            "the list of coins of OKX's first zk-STARK (config.json)",
            "only the whole folder sum_proof_data, or a zip of it, can be checked",
        ),
    ),
    (
        frozenset({"mtree_root", "l_mtree_root", "low_degree_proof"}),
        Form(
            "okx_v1_batch",
            "OKX",
            "one batch of OKX's first zk-STARK (sum_proof.json)",
            "only the whole folder sum_proof_data, or a zip of it, can be checked",
        ),
    ),
)

BATCHES = Form(
    "zkmerkle_batches",
    "Binance or Gate",
    "Groth16 proofs of batches of users (proof.csv)",
    "give the totals of each coin, config.json or cex_config.json, with this table next to it",
)
"""Binance's form, which Gate and others use too."""

_BYBIT = Form(
    "bybit_path",
    "Bybit",
    "one user's path in Bybit's Merkle tree (myProof.json)",
    "its hashes depend on a list of coins that changes with every publication",
)
_PATH = Form(
    "merkle_path",
    "an unknown publisher",
    "one user's path in a Merkle tree",
    "the scanner does not know how its nodes are hashed",
)


def form_of(document: Mapping[str, object]) -> Form | None:
    """The form of a JSON document; None where no name tells."""
    for names, form in _BY_NAMES:
        if names <= document.keys():
            return form
    own = document.get("self")
    if isinstance(own, dict) and {"userHash", "balance"} <= own.keys():
        return _BYBIT
    if isinstance(own, dict) and "path" in document and "hash" not in own:
        return _PATH
    return None


def is_batches(head: bytes) -> bool:
    """Whether a file that starts so is a table of batch proofs."""
    first = head.split(b"\n", 1)[0]
    return b"proof_info" in first and b"batch_commitment" in first
