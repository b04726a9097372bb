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

GENESIS: Mapping[tuple[str, str], str] = {
    ("bitcoin", "regtest"): "0f9188f13cb7b2c71f2a335e3a4fc328bf5beb436012afca590b1a11466e2206",
    ("bitcoin", "test"): "000000000933ea01ad0ee984209779baaec3ced90fa3f408719526f8d77f4943",
    ("bitcoin", "signet"): "00000008819873e925422c1ff0f99f7cc9bbb232af63a077a480a3633bee1ef6",
    ("dogecoin", "main"): "1a91e3dace36e2be3bf030a65679fe821aa1d6ef92e7c9902eb318182c355691",
    ("zcash", "main"): "00040fe8ec8471911baa1db1266ea15dd06b4a8a5c453883c000b031973dce08",
    ("ravencoin", "main"): "0000006b444bc2f2ffe627be9d9e7e7a0730000870ef6eb6da46c8eae389df90",
    ("litecoin", "regtest"): "530827f38f93b43ed12af0b3ad25a288dc02ed74d6d7857862df51fc56c416f9",
}
"""First blocks, for servers that do not say which chain they are on."""


def chain_marker(network: str, chain: str) -> tuple[int, str] | None:
    """A block that a server must have to be on a chain; None if nothing is known of the chain."""
    if (network, chain) in CHECKPOINTS:
        return CHECKPOINTS[network, chain]
    genesis = GENESIS.get((network, chain))
    return (0, genesis) if genesis else None
