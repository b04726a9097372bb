"""Bitcoin benchmarks: a pass over a UTXO snapshot, against `scantxoutset` in chunks; Electrum.

One run, one chain: a regtest node with a million outputs of every kind, of which a few thousand pay
to BitMEX's 336,208 published addresses. What the sources answer is compared, too: a difference ends
the benchmark with an error. Throughput is measured on a file shaped like mainnet's (55 bytes a
coin, 1.6 coins a transaction), since this chain's transactions have 150 outputs.
"""

from __future__ import annotations

import gzip
import json
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import large_chain  # noqa: E402
from support.bitcoin_chain import Chain, regtest  # noqa: E402
from support.electrumx import electrumx  # noqa: E402
from support.utxo_file import Group, RawCoin, write_group  # noqa: E402

from scanner.chains.bitcoin import core_scan  # noqa: E402
from scanner.chains.bitcoin.core_scan import CoreScan  # noqa: E402
from scanner.chains.bitcoin.utxo_engines import compiled_available  # noqa: E402
from scanner.chains.bitcoin.utxo_format import (  # noqa: E402
    CHAIN_MAGIC,
    Header,
    compress_script,
    write_header,
)
from scanner.chains.bitcoin.utxo_match import PureEngine  # noqa: E402
from scanner.chains.bitcoin.utxo_scan import SnapshotFile  # noqa: E402
from scanner.chains.interface import BalanceSource  # noqa: E402
from scanner.chains.table import make_source  # noqa: E402
from scanner.model.addresses.scripts import script_pubkey  # noqa: E402
from scanner.model.addresses.table import decode_address  # noqa: E402
from scanner.model.balance import BalanceQuery  # noqa: E402
from scanner.model.block import BlockRef  # noqa: E402
from scanner.model.endpoint import Endpoint  # noqa: E402
from scanner.settings.tables import load_registry  # noqa: E402

LIST = ROOT / "tests/vectors/lists/bitmex/bitmex_reserve_addresses_2022-11-15.txt.gz"
OUTPUTS = large_chain.OUTPUTS
FUNDED = 5_000
BITMEX_CHUNK = 10_000
ELECTRUM_SAMPLE = 20_000
COPIES = 6
REGISTRY = load_registry()
BITCOIN = REGISTRY.network("bitcoin")


def main() -> int:
    """Print the results, one JSON object a line."""
    if sys.argv[1:2] == ["--memory"]:
        return _memory(Path(sys.argv[2]), sys.argv[3])
    queries = _queries()
    with TemporaryDirectory(prefix="bench-bitcoin-") as name, regtest(Path(name) / "node") as chain:
        folder = Path(name)
        _load_chain(chain, queries)
        tip, chunked, amounts = _chunked(chain, queries)
        _snapshot(chain, folder, queries, tip, chunked, amounts)
        _throughput(folder, queries)
        _electrum(chain, folder, queries, tip, amounts)
    return 0


def _queries() -> list[BalanceQuery]:
    holding = REGISTRY.holding("BTC", "bitcoin")
    with gzip.open(LIST, "rt") as file:
        return [BalanceQuery(decode_address(BITCOIN, line.strip()), holding) for line in file]


def _load_chain(chain: Chain, queries: Sequence[BalanceQuery]) -> None:
    first, *coins = chain.fund(1 + OUTPUTS // large_chain.PER_BLOCK)
    funded = random.Random(1).sample(queries, FUNDED)
    large_chain.pay_all(chain, first, [script_pubkey(q.address) for q in funded], least=1000)
    large_chain.fill(chain, coins, OUTPUTS)


def _chunked(
    chain: Chain, queries: Sequence[BalanceQuery]
) -> tuple[BlockRef, float, list[int | None]]:
    """Scan the node's set chunk by chunk, as BitMEX's validator does it."""
    source = CoreScan(BITCOIN, chain.node.endpoint("node"))
    tip = source.pin(None)
    limit, core_scan.MAX_DESCRIPTORS = core_scan.MAX_DESCRIPTORS, BITMEX_CHUNK
    started = time.perf_counter()
    amounts = [b.amount for b in source.fetch_balances(queries, tip)]
    seconds = time.perf_counter() - started
    core_scan.MAX_DESCRIPTORS = limit
    started = time.perf_counter()
    _same(amounts, source, queries, tip)
    whole = time.perf_counter() - started
    source.close()
    _print("core.scan", len(queries) / whole, "addresses/s", "chunks of 10,000", seconds / whole)
    return tip, seconds, amounts


def _snapshot(
    chain: Chain,
    folder: Path,
    queries: Sequence[BalanceQuery],
    tip: BlockRef,
    chunked: float,
    amounts: list[int | None],
) -> None:
    """The same list on the same chain by a snapshot, the node's dump included."""
    dumps = folder / "dumps"
    dumps.mkdir()
    at = chain.node.endpoint("node")
    url = f"{at.url}?snapshots={dumps}"
    endpoint = Endpoint("node", "bitcoin", "utxo_snapshot", url, chain="regtest", own=True)
    source = make_source("utxo_snapshot", BITCOIN, [endpoint], REGISTRY)
    if compiled_available():
        source.fetch_balances(queries[:1], tip)  # compile, and dump
    started = time.perf_counter()
    _same(amounts, source, queries, tip)
    seconds = time.perf_counter() - started
    source.close()
    _print("utxo.list", seconds, "s", "scantxoutset in chunks of 10,000", chunked / seconds)


def _throughput(folder: Path, queries: Sequence[BalanceQuery]) -> None:
    path = folder / "mainnet-like.dat"
    coins = _mainnet_like(path)
    file = SnapshotFile("bench", path)
    nothing = SnapshotFile("bench", folder / "nothing.dat")
    nothing.path.write_bytes(write_header(Header(bytes(4), "00" * 32, 0)))
    wanted = {compress_script(script_pubkey(q.address)) for q in queries}
    engines: dict[str, Callable[..., object]] = {"utxo.scan": PureEngine}
    if compiled_available():
        from scanner.chains.bitcoin.utxo_fast import FastEngine

        engines["utxo.scan.fast"] = FastEngine
        FastEngine(wanted).walk(path.read_bytes()[51:10_000], b"")
    for name, engine in engines.items():
        # What a long list costs before the first coin is a matter of its own.
        setup = min(_timed(nothing, wanted, engine) for _ in range(3))
        one = min(_timed(file, {next(iter(wanted))}, engine) for _ in range(3))
        all_ = min(_timed(file, wanted, engine) for _ in range(3)) - setup
        _print(name, coins / all_, "coins/s", "the same pass for one address", one / all_)
        _print(f"{name}.setup", setup, "s", "the pass", setup / all_)
        said = subprocess.run(
            [sys.executable, Path(__file__), "--memory", path, name],
            check=True,
            stdout=subprocess.PIPE,
        ).stdout
        _print(f"{name}.memory", float(said), "MB", "the process before the pass", None)


def _memory(path: Path, name: str) -> int:
    """In a process of its own: what the pass adds to the addresses and the interpreter."""
    engine: Callable[..., object] = PureEngine
    if name == "utxo.scan.fast":
        from scanner.chains.bitcoin.utxo_fast import FastEngine

        engine = FastEngine
        FastEngine([b"\x06"]).walk(path.read_bytes()[51:10_000], b"")
    wanted = {compress_script(script_pubkey(q.address)) for q in _queries()}
    Path("/proc/self/clear_refs").write_text("5", "ascii")  # forget the peak so far
    before = _megabytes("VmRSS")
    SnapshotFile("bench", path).scan(wanted, engine)  # type: ignore[arg-type]
    print(_megabytes("VmHWM") - before)
    return 0


def _megabytes(field: str) -> float:
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field + ":")) / 1024


def _timed(file: SnapshotFile, wanted: set[bytes], engine: Callable[..., object]) -> float:
    started = time.process_time()  # per core, whatever else the machine does
    file.scan(wanted, engine)  # type: ignore[arg-type]
    return time.process_time() - started


def _mainnet_like(path: Path) -> int:
    """Write a file with the sizes of mainnet's: COPIES times a million coins."""
    r = random.Random(7)
    bodies = []
    count = 0
    for txid in sorted(r.randbytes(31) for _ in range(600_000)):
        group = Group(b"", _coins(r))
        bodies.append(txid + write_group(group))
        count += len(group.coins)
    with path.open("wb") as out:
        magic = CHAIN_MAGIC["bitcoin", "regtest"]
        out.write(write_header(Header(magic, "00" * 32, COPIES * count)))
        for copy in range(COPIES):
            prefix = bytes([copy])
            out.write(b"".join(part for body in bodies for part in (prefix, body)))
    return COPIES * count


def _coins(r: random.Random) -> list[RawCoin]:
    count = r.choices((1, 2, 3, 5, 20), (700, 200, 50, 40, 10))[0]
    return list(_each(r, count))


def _each(r: random.Random, count: int) -> Iterator[RawCoin]:
    for vout in range(count):
        kind = r.random()
        script = (
            b"\0" + r.randbytes(20)
            if kind < 0.25
            else b"\1" + r.randbytes(20)
            if kind < 0.4
            else b"\x1c\x00\x14" + r.randbytes(20)
            if kind < 0.65
            else b"\x28\x51\x20" + r.randbytes(32)
        )
        yield RawCoin(vout, r.randint(10**5, 840_000), False, int(10 ** r.uniform(2.5, 9)), script)


def _electrum(
    chain: Chain,
    folder: Path,
    queries: Sequence[BalanceQuery],
    tip: BlockRef,
    amounts: list[int | None],
) -> None:
    with electrumx(chain.node, folder / "electrumx") as endpoint:
        source = make_source("electrum", BITCOIN, [endpoint], REGISTRY)
        chosen = random.Random(2).sample(range(len(queries)), ELECTRUM_SAMPLE)
        asked, expected = [queries[n] for n in chosen], [amounts[n] for n in chosen]
        started = time.perf_counter()
        _same(expected, source, asked, tip)
        seconds = time.perf_counter() - started
        source.close()
    _print(
        "electrum.fetch",
        len(asked) / seconds,
        "addresses/s",
        "3,000 addresses/s",
        len(asked) / seconds / 3000,
    )


def _same(
    amounts: Sequence[int | None],
    source: BalanceSource,
    queries: Sequence[BalanceQuery],
    at: BlockRef,
) -> None:
    """Fetch, and compare with what another source said of the same block."""
    if [b.amount for b in source.fetch_balances(queries, at)] != list(amounts):
        sys.exit(f"{source.name} gave other balances than scantxoutset")
    if sum(bool(a) for a in amounts) < len(amounts) // 100:
        sys.exit("too few of the addresses are funded for a benchmark")


def _print(name: str, value: float, unit: str, against: str, ratio: float | None) -> None:
    result = {
        "name": name,
        "value": round(value, 3 if value < 100 else 0),
        "unit": unit,
        "against": against,
        "ratio": ratio and round(ratio, 3),
    }
    print(json.dumps(result), flush=True)


if __name__ == "__main__":
    sys.exit(main())
