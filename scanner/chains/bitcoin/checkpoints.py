"""One block of each chain that its forks do not have: chains that all say "main" told apart."""

from __future__ import annotations

from collections.abc import Mapping

CHECKPOINTS: Mapping[tuple[str, str], tuple[int, str]] = {
    # First blocks after the splits of 2017-08-01 (bitcoin, bitcoin-cash) and 2018-11-15
    # (bitcoin-cash, bitcoin-sv); genesis blocks where no fork shares it.
    ("bitcoin", "main"): (
        478559,
        "00000000000000000019f112ec0a9982926f1258cdcc558dd7c3b7e5dc7fa148",
    ),
    ("bitcoin-cash", "main"): (
        556767,
        "0000000000000000004626ff6e3b936941d341c5932ece4357eeccac44e6d56c",
    ),
    ("bitcoin-sv", "main"): (
        556767,
        "000000000000000001d956714215d96ffc00e0afda4cd0a96c96f8d802b1662b",
    ),
    ("litecoin", "main"): (
        0,
        "12a765e31ffd4059bada1e25190f6e98c99d9714d334efa41a195a7e7e04bfe2",
    ),
    ("dash", "main"): (
        0,
        "00000ffd590b1485b3caadc19b22e6379c733355108f107a430458cdf3407ab6",
    ),
}
"""(network, chain name) -> (height, block hash). Facts of the chains' own parameters."""
