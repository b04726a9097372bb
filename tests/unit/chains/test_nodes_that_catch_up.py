"""A node that says itself that it is not in sync is not asked for balances."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest
from support.every_reader import contract_class
from support.replay import Trap
from support.wire import Wire, at_path

from scanner.errors import SourceError
from scanner.net.http import Reply

SAYS: dict[str, tuple[tuple[str, ...], object, object]] = {
    "cosmos_rest": (("syncing",), False, True),
    "near_rpc": (("result", "sync_info", "syncing"), False, True),
    "algorand_rest": (("catchup-time",), 0, 7),
    "solana_rpc": (("result",), "ok", "behind"),
    "xrpl_rpc": (("result", "info", "server_state"), "standalone", "syncing"),
}
"""Protocol -> where its servers say that they are in sync, how, and how that they are not."""


@pytest.mark.parametrize("protocol", SAYS)
def test_a_node_that_catches_up(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = contract_class(protocol)()
    with contract.servers(Trap.NONE) as stubs:
        wire = Wire(stubs)  # type: ignore[arg-type]
        wire.put_between(monkeypatch)
        reader = contract.reader(stubs[0].endpoint("a"))
        reader.check()
        change = _saying(*SAYS[protocol])
        monkeypatch.setattr(wire, "_pass", lambda *asked: change(asked[-1]))
        with pytest.raises(SourceError, match=r"sync|catching up"):
            reader.check()
        reader.close()


def _saying(path: tuple[str, ...], good: object, bad: object) -> Callable[[Reply], Reply]:
    def change(reply: Reply) -> Reply:
        value = json.loads(reply.body)
        try:
            holder = at_path(value, path[:-1])
            if holder[path[-1]] == good:
                holder[path[-1]] = bad
        except (KeyError, TypeError):
            return reply
        return replace(reply, body=json.dumps(value).encode())

    return change
