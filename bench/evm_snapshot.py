"""evm.snapshot: balances/s of a whole snapshot into SQLite, with findings, from a real anvil.

20,000 addresses x (ETH + 3 tokens) = 80,000 claims, planned and imported before; measured from
the first pin to the sealed totals, on as many processes as the command would take. Every
thousandth claim is a unit too high and must be found short. Verdicts are ready-made: checking
signatures has its own benchmark (verify.evm). Against fetch_balances alone in the same run. One
JSON object a line.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests"), str(ROOT / "bench")]

import evm  # noqa: E402
from support.snapshot_stub import CONTROLS, OKX_RULE, OKX_TEXT  # noqa: E402

from scanner.chains.evm.source import CHUNK, make_source  # noqa: E402
from scanner.chains.interface import ReadPolicy  # noqa: E402
from scanner.cli.main import collect_rarely  # noqa: E402
from scanner.demo.nodes import Anvil  # noqa: E402
from scanner.lists.reconcile import ListAudit  # noqa: E402
from scanner.model.addresses.evm import evm_address  # noqa: E402
from scanner.model.balance import BalanceQuery  # noqa: E402
from scanner.model.claim import Claim, ListSummary  # noqa: E402
from scanner.ownership.parallel import cores  # noqa: E402
from scanner.snapshots.interface import SnapshotPolicy, SnapshotState  # noqa: E402
from scanner.snapshots.take import take_snapshot  # noqa: E402
from scanner.store.database.engine import open_store  # noqa: E402
from scanner.store.reading import queries  # noqa: E402
from scanner.store.writing.lists_in import import_list  # noqa: E402
from scanner.store.writing.runs import create_snapshot  # noqa: E402
from scanner.store.writing.sink import StoreSink  # noqa: E402

if TYPE_CHECKING:
    from scanner.model.network import Holding

SHORT_EVERY = 1_000


class Claims:
    """The list: every address with every asset."""

    def __init__(self, payloads: Sequence[bytes], holdings: Sequence[Holding]) -> None:
        self._payloads, self._holdings = payloads, holdings
        self.count = len(payloads) * len(holdings)

    def __iter__(self) -> Iterator[Claim]:
        row = 1
        for n, payload in enumerate(self._payloads):
            address = evm_address("ethereum", payload)
            for k, holding in enumerate(self._holdings):
                row += 1
                short = row % SHORT_EVERY == 0
                yield Claim(
                    row=row,
                    coin=holding.asset,
                    asset=holding.asset,
                    network="ethereum",
                    address=address.text,
                    address_key=address.key,
                    decimals=holding.decimals,
                    amount=evm._amount(k, n) + short,
                    height=1,
                    message=OKX_TEXT,
                    signatures=("0x" + "ab" * 65,),
                )

    def summary(self) -> ListSummary:
        """What the import asks for at the end."""
        return ListSummary("bench", "", "00" * 32, 0, self.count, self.count, 0)


def main() -> int:
    """Run it."""
    registry = evm.REGISTRY
    payloads = [evm.chain.holder(n) for n in range(evm.ADDRESSES)]
    holdings = [registry.holding(name, "ethereum") for name in ("ETH", *evm.TOKENS)]
    tokens = [bytes.fromhex(h.contract[2:]) for h in holdings if not h.is_native]
    with (
        tempfile.TemporaryDirectory() as folder,
        Anvil(Path(folder) / "anvil", genesis=evm._genesis(payloads, tokens)) as node,
        open_store(f"sqlite:///{folder}/scanner.db", create=True) as store,
    ):
        node.rpc("anvil_mine", "0x1")
        claims = Claims(payloads, holdings)
        kept = import_list(store, claims, ListAudit(registry), publisher="bench", name="bench")
        source = make_source(
            registry.network("ethereum"), [node.endpoint("anvil")], registry, ReadPolicy()
        )
        wanted = [
            BalanceQuery(a, h)
            for p in payloads
            for a in [evm_address("ethereum", p)]
            for h in holdings
        ]
        chunks = [wanted[n : n + CHUNK] for n in range(0, len(wanted), CHUNK)]
        at = source.pin(1)
        collect_rarely()
        evm._fetch(source, chunks, at)
        alone = claims.count / evm._timed(lambda: evm._fetch(source, chunks, at))
        source.close()
        rates = []
        for _ in range(3):
            source = make_source(
                registry.network("ethereum"), [node.endpoint("anvil")], registry, ReadPolicy()
            )
            snapshot = create_snapshot(store, kept.list_id, SnapshotPolicy(statement=OKX_RULE))
            started = time.perf_counter()
            taken = take_snapshot(
                StoreSink(store),
                snapshot,
                {"ethereum": source},
                lambda claims, call, keys: [CONTROLS] * len(claims),
                registry,
                processes=cores(),
            )
            rates.append(claims.count / (time.perf_counter() - started))
            source.close()
            if taken.state is not SnapshotState.COMPLETE:
                raise SystemExit("evm.snapshot: it is not complete")
        totals = queries.totals(store, snapshot).to_json()
        short = sum(int(asset["shortfall"]) for asset in totals["assets"])
        if short != claims.count // SHORT_EVERY:
            raise SystemExit(f"evm.snapshot: {short} units short instead of the planted ones")
    line = {"name": "evm.snapshot", "value": round(max(rates), 1), "unit": "balances/s"}
    print(json.dumps({**line, "against": "fetch alone", "ratio": round(max(rates) / alone, 3)}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
