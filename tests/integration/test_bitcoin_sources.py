"""All sources on one chain of a million outputs: every script type, spends, reorganisations,

and BitMEX's 336,208 published addresses, of which four thousand are funded.
"""

from __future__ import annotations

import gzip
import random
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from support import large_chain
from support.bitcoin_chain import Chain, address, query, regtest
from support.electrumx import electrumx, wait_for
from support.esplora_stub import EsploraStub

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
SELF = address("p2wsh", large_chain.BY_WITNESS[2:])
HASH = address("p2sh", large_chain.BY_REDEEM_SCRIPT[2:22])
SPENDABLE = [f"raw({script_pubkey(a).hex()})" for a in (SELF, HASH)]
MILLION = large_chain.OUTPUTS
FUNDED = 4000
SPENT = 1500
ESPLORA = 150
"""Addresses asked of the server that wants three requests for each."""

KEY = "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798"
DESCRIPTORS = [
    f"pk({KEY})",
    f"multi(1,{KEY},{KEY})",
    "raw(6a0151)",
    f"sh(wsh(multi(1,{KEY})))",
    f"tr({KEY})",
]


@dataclass(frozen=True, slots=True)
class Published:
    """The list of addresses, and those of them that the chain pays to."""

    texts: list[str]
    funded: list[str]

    def sample(self, funded: int, others: int) -> list[str]:
        """Some of both, funded ones first."""
        r = random.Random(funded)
        return r.sample(self.funded, funded) + r.sample(self.texts, others)


@pytest.fixture(scope="module")
def published() -> Published:
    with gzip.open(LIST, "rt") as file:
        texts = file.read().split()
    return Published(texts, random.Random(8).sample(texts, FUNDED))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory, published: Published) -> Iterator[Chain]:
    own, redeemed = script_pubkey(SELF), script_pubkey(HASH)
    with regtest(tmp_path_factory.mktemp("node"), "-dbcache=450") as chain:
        first, again, named, root, *rewards = chain.fund(4 + MILLION // large_chain.PER_BLOCK)
        large_chain.fill(chain, rewards, MILLION)
        funded = [script_pubkey(decode_address(BITCOIN, text)) for text in published.funded]
        large_chain.pay_all(chain, first, funded)
        coins = large_chain.pay_anyone(chain, root, SPENT + 100)
        for n in range(0, 16, 2):  # spends of both kinds, some to itself
            large_chain.spend(
                chain, coins[n : n + 2], [(own, 300), (redeemed, 200), (funded[n], 9)]
            )
        large_chain.spend(chain, coins[16 : 16 + 2 * SPENT], [(funded[1], 5), (own, 7)])
        _reorganise(chain, coins[-2:], funded)
        scripts = [script_pubkey(decode_address(BITCOIN, text)) for text in DESCRIPTORS]
        chain.pay(named, [(s, 600 + n) for n, s in enumerate(scripts) if s[0] != 0x6A])
        chain.pay(again, [(s, 5) for s in funded[:100]])
        yield chain


def _reorganise(chain: Chain, coins: Sequence[tuple[str, int]], funded: Sequence[bytes]) -> None:
    """Mine a payment and a spend, take their block off the chain, mine others in its place."""
    large_chain.spend(chain, coins, [(funded[0], 77), (script_pubkey(SELF), 88)])
    chain.node.rpc("invalidateblock", chain.node.rpc("getbestblockhash"))
    chain.mine(2, funded[1])


@pytest.fixture(scope="module")
def esplora(chain: Chain) -> Iterator[EsploraStub]:
    with EsploraStub(chain).serve() as stub:
        yield stub


@pytest.fixture(scope="module")
def electrum(chain: Chain, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """Started early, and not waited for: it reads a million outputs while others are tested."""
    with electrumx(chain.node, tmp_path_factory.mktemp("electrumx"), wait=False) as endpoint:
        yield endpoint


@pytest.fixture(scope="module")
def nodes(
    chain: Chain, electrum: Endpoint, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, BalanceSource]]:
    """The sources that ask the node itself."""
    node = chain.node.endpoint("own")
    dumps = f"{node.url}?snapshots={tmp_path_factory.mktemp('dumps')}"
    urls = {"bitcoin_core": node.url, "bitcoin_filters": node.url, "utxo_snapshot": dumps}
    with _opened(
        Endpoint("own", "bitcoin", protocol, url, "me", "regtest", own=True)
        for protocol, url in urls.items()
    ) as made:
        yield made


@pytest.fixture(scope="module")
def sources(
    chain: Chain, nodes: dict[str, BalanceSource], esplora: EsploraStub, electrum: Endpoint
) -> Iterator[dict[str, BalanceSource]]:
    """Every source, once all of them have the chain."""
    wait_for(electrum, chain.tip())
    server = Endpoint("esplora", "bitcoin", "esplora", esplora.url, "x", "regtest")
    with _opened([server, electrum]) as made:
        yield {**nodes, **made}


@contextmanager
def _opened(endpoints: Iterable[Endpoint]) -> Iterator[dict[str, BalanceSource]]:
    made = {e.protocol: make_source(e.protocol, BITCOIN, [e], REGISTRY) for e in endpoints}
    yield made
    for source in made.values():
        source.close()


def test_all_published_addresses(
    nodes: dict[str, BalanceSource], chain: Chain, published: Published
) -> None:
    """336,208 real addresses at once: one pass, two calls."""
    queries = [query(decode_address(BITCOIN, t)) for t in published.texts]
    amounts = {}
    for name in ("utxo_snapshot", "bitcoin_core"):
        at = nodes[name].pin(chain.tip())
        answers = nodes[name].fetch_balances(queries, at)
        assert {b.evidence for b in answers} == {Evidence.PROVEN}
        amounts[name] = [b.amount for b in answers]
    assert amounts["utxo_snapshot"] == amounts["bitcoin_core"]
    assert sum(bool(a) for a in amounts["bitcoin_core"]) == FUNDED
    assert chain.node.rpc("gettxoutsetinfo")["txouts"] > 1_000_000 * 0.98


def _same_everywhere(
    sources: dict[str, BalanceSource], texts: Sequence[str], height: int
) -> list[int | None]:
    """Ask every source for the same addresses at a height. Returns the snapshot's answer."""
    queries = [query(decode_address(BITCOIN, t)) for t in (*DESCRIPTORS, *SPENDABLE, *texts)]
    pins = {name: source.pin(height) for name, source in sources.items()}
    assert len({(at.hash, at.time) for at in pins.values()}) == 1
    amounts = {}
    for name, source in sources.items():
        asked = queries[:ESPLORA] if name == "esplora" else queries
        amounts[name] = [b.amount for b in source.fetch_balances(asked, pins[name])]
    truth = amounts["utxo_snapshot"]
    for name, found in amounts.items():
        assert found == truth[: len(found)], name
    return truth


@pytest.mark.parametrize("back", [0, 12])
def test_every_source_gives_the_same(
    sources: dict[str, BalanceSource], chain: Chain, published: Published, back: int
) -> None:
    texts = published.sample(2000, 3000) if back == 0 else published.sample(300, 100)
    truth = _same_everywhere(sources, texts, chain.tip() - back)
    assert truth[:5] == ([600, 601, 0, 603, 604] if back < 2 else [0] * 5)
    assert all(truth[5:7])
    assert sum(bool(a) for a in truth[7:]) >= (2000 if back == 0 else 300)


def test_in_the_middle_of_the_million(
    sources: dict[str, BalanceSource], chain: Chain, published: Published
) -> None:
    million = max(b for b in range(chain.tip()) if _outputs(chain, b) > large_chain.PER_BLOCK)
    truth = _same_everywhere(sources, published.sample(300, 100), million - 2)
    assert set(truth) == {0}


def _outputs(chain: Chain, height: int) -> int:
    return int(chain.node.rpc("getblockstats", height, ["outs"])["outs"])


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


def test_a_reorganisation_under_every_source(
    sources: dict[str, BalanceSource],
    electrum: Endpoint,
    chain: Chain,
    published: Published,
) -> None:
    """Blocks that all of them have read are replaced by others that pay somebody else."""
    winner = published.funded[2000]
    texts = [winner, *published.sample(100, 20)]
    before = _same_everywhere(sources, texts, chain.tip())
    lost = chain.node.rpc("getblockhash", chain.tip() - 1)  # the one that pays the descriptors
    pinned = {name: source.pin(chain.tip() - 1) for name, source in sources.items()}
    chain.node.rpc("invalidateblock", lost)
    chain.mine(4, script_pubkey(decode_address(BITCOIN, winner)))
    wait_for(electrum, chain.tip())
    after = _same_everywhere(sources, texts, chain.tip())
    assert before[:5] == [600, 601, 0, 603, 604]
    assert after[:5] == [0] * 5
    assert (after[7] or 0) > (before[7] or 0)
    for name in ("bitcoin_core", "bitcoin_filters", "esplora", "electrum"):
        with pytest.raises(ReorgError):
            sources[name].fetch_balances([query(SELF)], pinned[name])


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
