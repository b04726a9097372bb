"""All sources on one chain: every script type, spends, a reorganisation, real published addresses.

The chain has tens of thousands of outputs; `make bench` repeats the comparison with a million.
"""

from __future__ import annotations

import gzip
import hashlib
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.bitcoin_chain import ANYONE, Chain, address, query, regtest, transaction
from support.electrumx import electrumx
from support.esplora_stub import EsploraStub
from support.utxo_file import any_script

from scanner.chains.bitcoin import core_filters
from scanner.chains.bitcoin.core_filters import CoreFilters
from scanner.chains.interface import BalanceSource, TimeFinder
from scanner.chains.table import make_source
from scanner.errors import HeightNotReachedError, ReorgError, SourceRejectedError
from scanner.model.addresses.scripts import script_pubkey
from scanner.model.addresses.table import decode_address
from scanner.model.balance import Evidence
from scanner.model.block import BlockRef
from scanner.model.endpoint import Endpoint
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")
LIST = Path(__file__).parents[1] / "vectors/lists/bitmex/bitmex_reserve_addresses_2022-11-15.txt.gz"
SELF = address("p2wsh", hashlib.sha256(b"\x51").digest())  # OP_TRUE: anyone can spend from it

KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
DESCRIPTORS = [
    f"pk({KEY})",
    f"multi(1,{KEY},{KEY})",
    "raw(6a0151)",
    f"sh(wsh(multi(1,{KEY})))",
    f"tr({KEY})",
]


@pytest.fixture(scope="module")
def texts() -> list[str]:
    with gzip.open(LIST, "rt") as file:
        return file.read().split()


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, texts: list[str]) -> Iterator[Chain]:
    r = random.Random(8)
    with regtest(tmp_path_factory.mktemp("node")) as chain:
        coins = chain.fund(8)
        funded = [script_pubkey(decode_address(BITCOIN, t)) for t in r.sample(texts, 3000)]
        chain.pay(coins[0], [(s, 10_000 + n) for n, s in enumerate(funded)])
        for coin in coins[1:4]:
            chain.pay(coin, [(any_script(r)[:2000], r.randint(0, 9999)) for _ in range(6000)])
        own = script_pubkey(SELF)
        mine = chain.pay(coins[4], [(own, 1000 + n) for n in range(40)])
        for n in range(8):  # spends, some to itself
            raw = transaction([(mine, n)], [(own, 300), (funded[n], 400)], witness=[[b"\x51"]])
            chain.node.rpc("generateblock", ANYONE, [raw])
        lost = chain.pay(coins[5], [(funded[0], 77_777), (own, 88_888)])
        chain.node.rpc("invalidateblock", chain.node.rpc("getbestblockhash"))
        assert lost
        chain.mine(2, funded[1])
        named = [script_pubkey(decode_address(BITCOIN, text)) for text in DESCRIPTORS]
        chain.pay(coins[7], [(s, 600 + n) for n, s in enumerate(named) if s[0] != 0x6A])
        chain.pay(coins[6], [(s, 5) for s in funded[:100]])
        yield chain


@pytest.fixture(scope="module")
def esplora(chain: Chain) -> Iterator[EsploraStub]:
    with EsploraStub(chain).serve() as stub:
        yield stub


@pytest.fixture(scope="module")
def sources(
    chain: Chain, esplora: EsploraStub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, BalanceSource]]:
    node = chain.node.endpoint("own")
    folder = tmp_path_factory.mktemp("dumps")
    with electrumx(chain.node, tmp_path_factory.mktemp("electrumx")) as electrum:
        endpoints = [
            Endpoint("own", "bitcoin", "bitcoin_core", node.url, "me", "regtest", own=True),
            Endpoint("own", "bitcoin", "bitcoin_filters", node.url, "me", "regtest", own=True),
            Endpoint(
                "own",
                "bitcoin",
                "utxo_snapshot",
                f"{node.url}?snapshots={folder}",
                "me",
                "regtest",
                own=True,
            ),
            Endpoint("esplora", "bitcoin", "esplora", esplora.url, "x", "regtest"),
            electrum,
        ]
        made = {e.protocol: make_source(e.protocol, BITCOIN, [e], REGISTRY) for e in endpoints}
        yield made
        for source in made.values():
            source.close()


@pytest.mark.parametrize("back", [0, 3, 5, 11])
def test_every_source_gives_the_same(
    sources: dict[str, BalanceSource], chain: Chain, texts: list[str], back: int
) -> None:
    r = random.Random(back)
    chosen = [query(decode_address(BITCOIN, t)) for t in r.sample(texts, 150)]
    by_descriptor = [query(decode_address(BITCOIN, text)) for text in DESCRIPTORS]
    queries = [*by_descriptor, *chosen, query(SELF)]
    height = chain.tip() - back
    pins = {name: source.pin(height) for name, source in sources.items()}
    assert len({(at.hash, at.time) for at in pins.values()}) == 1
    amounts = {
        name: [
            b.amount
            for b in s.fetch_balances(queries[: 40 if name == "esplora" else None], pins[name])
        ]
        for name, s in sources.items()
    }
    truth = amounts.pop("utxo_snapshot")
    assert truth[-1]
    assert truth[:5] == ([600, 601, 0, 603, 604] if back < 2 else [0] * 5)
    amounts["esplora"] += truth[40:]
    for name, found in amounts.items():
        assert found == truth, name


def test_times(sources: dict[str, BalanceSource], chain: Chain) -> None:
    times = [
        chain.node.rpc("getblockheader", chain.node.rpc("getblockhash", h))["time"]
        for h in range(chain.tip() + 1)
    ]
    wanted = times[60]
    expected = max(h for h, t in enumerate(times) if t <= wanted)
    for name, source in sources.items():
        assert isinstance(source, TimeFinder), name
        assert source.height_at(wanted) == expected, name
        with pytest.raises(HeightNotReachedError):
            source.height_at(times[-1] + 10**6)
        with pytest.raises(SourceRejectedError, match="began after"):
            source.height_at(times[0] - 1)


def test_all_published_addresses(
    sources: dict[str, BalanceSource], chain: Chain, texts: list[str]
) -> None:
    """336,208 real addresses at once, of which 3,000 are funded: one pass, one call."""
    queries = [query(decode_address(BITCOIN, t)) for t in texts]
    amounts = {}
    for name in ("utxo_snapshot", "bitcoin_core"):
        at = sources[name].pin(chain.tip())
        answers = sources[name].fetch_balances(queries, at)
        assert {b.evidence for b in answers} == {Evidence.PROVEN}
        amounts[name] = [b.amount for b in answers]
    assert amounts["utxo_snapshot"] == amounts["bitcoin_core"]
    assert sum(bool(a) for a in amounts["bitcoin_core"]) == 3000


def test_block_filters(chain: Chain, monkeypatch: pytest.MonkeyPatch) -> None:
    source = CoreFilters(BITCOIN, chain.node.endpoint("theirs", own=False))
    at = source.pin(None)
    monkeypatch.setattr(core_filters, "BLOCKS", 2)
    shares: list[float] = []
    answer = source.fetch_balances([query(SELF), query(SELF)], at, shares.append)
    assert answer[0] == answer[1]
    assert answer[0].evidence is Evidence.REPORTED
    assert shares[-1] == 1.0
    assert shares == sorted(shares)
    with pytest.raises(HeightNotReachedError):
        source.pin(chain.tip() + 1)
    with pytest.raises(ReorgError):
        source.fetch_balances([query(SELF)], BlockRef("bitcoin", "regtest", at.height, "ab" * 32))
    source.close()


def test_a_node_without_filters_says_so(tmp_path: Path) -> None:
    with regtest(tmp_path, "-blockfilterindex=0") as bare:
        bare.mine(1)
        source = CoreFilters(BITCOIN, bare.node.endpoint("bare"))
        with pytest.raises(SourceRejectedError, match="-blockfilterindex"):
            source.fetch_balances([query(SELF)], source.pin(None))
        source.close()
