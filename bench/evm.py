"""Benchmarks of the EVM room on a real anvil: one JSON object a line.

evm.fetch: balances/s of `fetch_balances`, 20,000 addresses x (ETH + 3 tokens), in
chunks; against banteg's multicall (installed into .cache for this only), and against the node-bound
rate: the same sheets sent ready-made, their answers received and not looked at. The garbage
collector is set as the command sets it, and connections stand before the clock runs.
evm.fetch.calls: eth_calls for those 80,000 balances, the probing of the endpoint included.
evm.fetch.memory: megabytes that the client grows by when it fetches them ten times over.
evm.proof: account proofs/s on one core, real mainnet proofs, from the JSON answer to the balance,
nothing shared between accounts; against unhexing and hashing their nodes and nothing else.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import orjson

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from support import evm_chain as chain  # noqa: E402

from scanner.chains.evm.columns import NATIVE, Column  # noqa: E402
from scanner.chains.evm.header import read_header  # noqa: E402
from scanner.chains.evm.hexes import hexed  # noqa: E402
from scanner.chains.evm.multicall import CANONICAL  # noqa: E402
from scanner.chains.evm.proofs import check_answer  # noqa: E402
from scanner.chains.evm.sheet import _HOST, encode, program  # noqa: E402
from scanner.chains.evm.source import CHUNK, EthereumRpcSource, make_source  # noqa: E402
from scanner.chains.interface import ReadPolicy  # noqa: E402
from scanner.cli.main import collect_rarely  # noqa: E402
from scanner.demo.nodes import Anvil  # noqa: E402
from scanner.model.addresses.evm import evm_address  # noqa: E402
from scanner.model.addresses.keccak import keccak256  # noqa: E402
from scanner.model.balance import Balance, BalanceQuery  # noqa: E402
from scanner.model.block import BlockRef  # noqa: E402
from scanner.net.http import Transport  # noqa: E402
from scanner.settings.tables import load_registry  # noqa: E402

ADDRESSES = 20_000
IN_FLIGHT = 2  # ready-made sheets at once: more are no faster on two cores
TOKENS = ("USDT", "USDC", "LINK")
PEER = ROOT / ".cache/bench/multicall"
VECTORS = ROOT / "tests/vectors/evm/eth_getproof_mainnet.json"
REGISTRY = load_registry()


def main() -> int:
    """Run all of it."""
    collect_rarely()
    payloads = [chain.holder(n) for n in range(ADDRESSES)]
    holdings = [REGISTRY.holding(name, "ethereum") for name in ("ETH", *TOKENS)]
    tokens = [bytes.fromhex(h.contract[2:]) for h in holdings if not h.is_native]
    with (
        tempfile.TemporaryDirectory() as folder,
        Anvil(
            Path(folder), ("--no-request-size-limit",), genesis=_genesis(payloads, tokens)
        ) as node,
    ):
        node.rpc("anvil_mine", "0x1")
        source = make_source(
            REGISTRY.network("ethereum"), [node.endpoint("anvil")], REGISTRY, ReadPolicy()
        )
        queries = [
            BalanceQuery(a, h)
            for p in payloads
            for a in [evm_address("ethereum", p)]
            for h in holdings
        ]
        wanted = [_amount(k, n) for n in range(ADDRESSES) for k in range(4)]
        at = source.pin(1)
        chunks = [queries[n : n + CHUNK] for n in range(0, len(queries), CHUNK)]
        calls = _calls(source, chunks, at, wanted)
        bodies = _sheets(payloads, tokens, at)
        raw = Transport(node.endpoint("raw"))
        ours = bound = 0.0
        for _ in range(5):  # alternating, so that a busy machine is busy for both
            ours = max(ours, len(queries) / _timed(lambda: _fetch(source, chunks, at)))
            bound = max(bound, len(queries) / _timed(lambda: _send(raw, bodies)))
        _line("evm.fetch", ours, "balances/s", "node-bound sheets", ours / bound)
        peer = _peer(node, payloads, tokens, sum(wanted))
        if peer:
            _line("evm.fetch", ours, "balances/s", "banteg multicall", ours / (len(queries) / peer))
        most = len(queries) / 100
        _line("evm.fetch.calls", calls, "calls", "one for a hundred balances", calls / most)
        before = _peak()
        for _ in range(10):
            _fetch(source, chunks, at)
        _line("evm.fetch.memory", _peak() - before, "MB")
        raw.close()
        source.close()
    _proofs()
    return 0


def _amount(k: int, n: int) -> int:
    return (k + 1) * 10**18 + n


def _genesis(payloads: Sequence[bytes], tokens: Sequence[bytes]) -> dict[str, object]:
    code = {"balance": "0x0", "code": "0x" + chain.MULTICALL.hex(), "storage": {}}
    decimals = {
        t: REGISTRY.holding(name, "ethereum").decimals
        for t, name in zip(tokens, TOKENS, strict=True)
    }
    made = {
        t: chain.token_account(
            chain.PLAIN, decimals[t], {p: _amount(k + 1, n) for n, p in enumerate(payloads)}
        )
        for k, t in enumerate(tokens)
    }
    native = {p: _amount(0, n) for n, p in enumerate(payloads)}
    return chain.genesis(native, {**made, CANONICAL: code})


def _fetch(
    source: EthereumRpcSource, chunks: Sequence[Sequence[BalanceQuery]], at: BlockRef
) -> list[list[Balance]]:
    with ThreadPoolExecutor(source.ability.parallel) as pool:
        return list(pool.map(lambda chunk: source.fetch_balances(chunk, at), chunks))


def _calls(source: EthereumRpcSource, chunks, at: BlockRef, wanted: Sequence[int]) -> int:
    (node,) = source.pool.nodes
    before = node.rpc.calls
    found = _fetch(source, chunks, at)
    if [balance.amount for part in found for balance in part] != list(wanted):
        raise SystemExit("evm.fetch: a balance is wrong")
    return node.rpc.calls - before


def _sheets(payloads: Sequence[bytes], tokens: Sequence[bytes], at: BlockRef) -> list[bytes]:
    block = {"blockHash": at.hash, "requireCanonical": True}
    override = {hexed(_HOST): {"code": hexed(program(deployed=True, answer="RETURN"))}}
    bodies = []
    for start in range(0, len(payloads), CHUNK // 4):
        part = payloads[start : start + CHUNK // 4]
        request = encode([Column(t, part) for t in (NATIVE, *tokens)])
        call = {"to": hexed(_HOST), "data": hexed(request)}
        params = [call, block, override]
        bodies.append(
            orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_call", "params": params})
        )
    return bodies


def _send(transport: Transport, bodies: Sequence[bytes]) -> None:
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        sizes = list(pool.map(lambda body: len(transport.send("POST", body=body).body), bodies))
    if min(sizes) < 2 * 16 * CHUNK:
        raise SystemExit("evm.fetch: the node refused a ready-made sheet")


def _peer(node: Anvil, payloads: Sequence[bytes], tokens: Sequence[bytes], total: int) -> float:
    """Seconds that banteg's multicall needs for the same; 0 if it cannot be installed."""
    if not (PEER / "multicall").is_dir():
        pip = [sys.executable, "-m", "pip", "install", "-q", "--target", str(PEER)]
        if subprocess.run([*pip, "multicall==0.15.2"], capture_output=True, check=False).returncode:
            print("evm.fetch: multicall cannot be installed, no comparison", file=sys.stderr)
            return 0.0
    from scanner.model.addresses.evm import checksum_text

    job = {
        "block": 1,
        "multicall": checksum_text(CANONICAL),
        "tokens": [checksum_text(t) for t in tokens],
        "holders": [checksum_text(p) for p in payloads],
    }
    done = subprocess.run(
        [sys.executable, str(ROOT / "bench/peers/banteg_multicall.py"), node.url],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(PEER)},
        timeout=300,
        check=False,
    )
    if done.returncode:
        print(f"evm.fetch: multicall failed: {done.stderr[-300:]}", file=sys.stderr)
        return 0.0
    said = json.loads(done.stdout)
    if said["sum"] != str(total):
        print("evm.fetch: multicall read another sum", file=sys.stderr)
    return float(said["seconds"])


def _proofs() -> None:
    records = json.loads(VECTORS.read_text())["records"]
    jobs = [
        (
            read_header(bytes.fromhex(r["block"]["headerRlp"][2:])).state_root,
            bytes.fromhex(r["proof"]["address"][2:]),
            {**r["proof"], "storageProof": []},
        )
        for r in records
        if r["block"]["number"] > 17_000_000 and r["network"] == "mainnet"
    ]

    def verify() -> None:
        for root, address, answer in jobs:
            check_answer("bench", root, address, [], answer, {})

    def floor() -> None:
        for _, _, answer in jobs:
            for node in answer["accountProof"]:
                keccak256(bytes.fromhex(node[2:]))

    ours = least = 0.0
    for _ in range(5):
        ours = max(ours, 300 * len(jobs) / _timed(lambda: [verify() for _ in range(300)]))
        least = max(least, 300 * len(jobs) / _timed(lambda: [floor() for _ in range(300)]))
    _line("evm.proof", ours, "accounts/s/core", "unhex and keccak of the nodes", ours / least)


def _timed(work: Callable[[], object]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _line(
    name: str, value: float, unit: str, against: str = "", ratio: float | None = None
) -> None:
    line: dict[str, object] = {"name": name, "value": round(value, 1), "unit": unit}
    if against and ratio is not None:
        line |= {"against": against, "ratio": round(ratio, 3)}
    print(json.dumps(line), flush=True)


if __name__ == "__main__":
    sys.exit(main())
