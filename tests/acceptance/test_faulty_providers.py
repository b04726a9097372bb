"""A whole snapshot through providers that spoil a fifth of their answers, equal to the last wei."""

from __future__ import annotations

from contextlib import ExitStack

import pytest
from support import fault_proxy
from support.fault_proxy import FAULTS, FaultProxy
from support.faulty_providers import ADDRESSES, HOLDINGS, MANY, amount, start_held_chain

pytestmark = pytest.mark.node

HEIGHT = 3


@pytest.fixture(scope="module")
def node(node_programs, tmp_path_factory):
    with start_held_chain(tmp_path_factory.mktemp("held")) as anvil:
        anvil.rpc("anvil_mine", hex(HEIGHT))
        yield anvil


def write_list(path) -> dict[tuple[str, str], int]:
    """A list of every holding of every account. Returns what each of them is."""
    held = {
        ("0x" + a.payload.hex(), h.asset): amount(k, n)
        for n, a in enumerate(ADDRESSES)
        for k, h in enumerate(HOLDINGS)
    }
    rows = (
        f"ethereum,{asset},{address},{units},{HEIGHT}\n" for (address, asset), units in held.items()
    )
    path.write_text("network,asset,address,base_units,height\n" + "".join(rows), "utf-8")
    return held


def write_table(path, proxies) -> None:
    path.write_text(
        "\n".join(
            f'[[endpoint]]\nname = "p{n}"\nnetwork = "ethereum"\nprotocol = "ethereum_rpc"\n'
            f'url = "{proxy.url}"\nchain = "1:dev"\noperator = "operator {n}"\ntimeout = 1\n'
            for n, proxy in enumerate(proxies)
        ),
        "utf-8",
    )


def test_eighty_thousand_balances_with_faults_on_a_fifth_of_the_requests(
    scanner, node, tmp_path, monkeypatch
):
    """Three operators, two of whom must agree on every balance; lies are among the faults."""
    monkeypatch.setattr(fault_proxy, "SLOW", 1.2)
    held = write_list(tmp_path / "list.csv")
    with ExitStack() as stack:
        proxies = [
            stack.enter_context(FaultProxy(node.url, FAULTS, 0.2, seed)) for seed in (1, 2, 3)
        ]
        write_table(tmp_path / "endpoints.toml", proxies)
        options = ["--quorum", "2", "--endpoints", "endpoints.toml", "--json"]
        done = scanner("snapshot", "list.csv", *options, timeout=300)
        for _ in range(3):  # a chunk that met too many faults is failed, never wrong
            if done.object["complete"]:
                break
            options = ["--endpoints", "endpoints.toml", "--json"]
            done = scanner("resume", "latest", *options, timeout=300)
    assert done.object["complete"], done.err
    assert {total["asset"] for total in done.object["assets"]} == {h.asset for h in HOLDINGS}
    for total in done.object["assets"]:
        assert total["shortfall"] == total["surplus"] == "0", total
        assert total["unavailable_rows"] == 0
    rows = scanner("export", "balances", "latest", "--format", "jsonl", "-o", "-").objects
    assert len(rows) == MANY * len(HOLDINGS)
    assert {(r["address"].lower(), r["asset"]): int(r["found"]) for r in rows} == held
    assert {r["evidence"] for r in rows} == {"agreed"}
    assert sum(sum(proxy.counts.values()) for proxy in proxies) >= 5
