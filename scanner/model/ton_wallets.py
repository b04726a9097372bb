"""TON's usual wallet contracts: their code, by hash, and where the key stands in their data.

Source: the published wallet contracts; the npm package @ton/ton makes the same addresses
(tests/vectors/ton_wallets).
"""

from __future__ import annotations

from dataclasses import dataclass

_V3_SUBWALLET = 698983191
_V5_WALLET_ID = 0x7FFFFF11  # network -239 xor context (workchain 0, version 0, sub-wallet 0)
_V5_BETA_NETWORK = (1 << 32) - 239
_HIGHLOAD_SUBWALLET, _HIGHLOAD_TIMEOUT = 4269, 43200

Field = tuple[int, int]
"""A number and its width in bits."""


@dataclass(frozen=True, slots=True)
class Wallet:
    """One wallet contract: hash and depth of its code, and the fields around the key."""

    name: str
    code_hash: bytes
    code_depth: int
    before_key: tuple[Field, ...]
    after_key: tuple[Field, ...] = ()


WALLETS = (
    Wallet(
        "v3r2",
        bytes.fromhex("84dafa449f98a6987789ba232358072bc0f76dc4524002a5d0918b9a75d2d599"),
        0,
        ((0, 32), (_V3_SUBWALLET, 32)),
    ),
    Wallet(
        "highload_v3",
        bytes.fromhex("11acad7955844090f283bf238bc1449871f783e7cc0979408d3f4859483e8525"),
        6,
        (),
        ((_HIGHLOAD_SUBWALLET, 32), (0, 1), (0, 1), (0, 64), (_HIGHLOAD_TIMEOUT, 22)),
    ),
    Wallet(
        "v4r2",
        bytes.fromhex("feb5ff6820e2ff0d9483e7e0d62c817d846789fb4ae580c878866d959dabd5c0"),
        7,
        ((0, 32), (_V3_SUBWALLET, 32)),
        ((0, 1),),
    ),
    Wallet(
        "v5r1",
        bytes.fromhex("20834b7b72b112147e1b2fb457b84e74d1a30f04f737d4f62a668e9552d2b72f"),
        6,
        ((1, 1), (0, 32), (_V5_WALLET_ID, 32)),
        ((0, 1),),
    ),
    Wallet(
        "v3r1",
        bytes.fromhex("b61041a58a7980b946e8fb9e198e3c904d24799ffa36574ea4251c41a566f581"),
        0,
        ((0, 32), (_V3_SUBWALLET, 32)),
    ),
    Wallet(
        "v1r1",
        bytes.fromhex("a0cfc2c48aee16a271f2cfc0b7382d81756cecb1017d077faaab3bb602f6868c"),
        0,
        ((0, 32),),
    ),
    Wallet(
        "v1r2",
        bytes.fromhex("d4902fcc9fad74698fa8e353220a68da0dcf72e32bcb2eb9ee04217c17d3062c"),
        0,
        ((0, 32),),
    ),
    Wallet(
        "v1r3",
        bytes.fromhex("587cc789eff1c84f46ec3797e45fc809a14ff5ae24f1e0c7a6a99cc9dc9061ff"),
        0,
        ((0, 32),),
    ),
    Wallet(
        "v2r1",
        bytes.fromhex("5c9a5e68c108e18721a07c42f9956bfb39ad77ec6d624b60c576ec88eee65329"),
        0,
        ((0, 32),),
    ),
    Wallet(
        "v2r2",
        bytes.fromhex("fe9530d3243853083ef2ef0b4c2908c0abf6fa1c31ea243aacaa5bf8c7d753f1"),
        0,
        ((0, 32),),
    ),
    Wallet(
        "v5beta",
        bytes.fromhex("f3d7ca53493deedac28b381986a849403cbac3d2c584779af081065af0ac4b93"),
        0,
        ((0, 33), (_V5_BETA_NETWORK, 32), (0, 48)),
        ((0, 1),),
    ),
)
"""Every wallet contract that is known. No two have the same code."""
