"""A beacon node of the made-up chain as the readers' contract wants one: traps and all.

Shapes: `support.beacon_stub`; error bodies as recorded of Lodestar 1.5.1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from support.beacon_stub import BeaconStub
from support.replay import Sent, Server, Trap
from support.scripted_http import Seen

TIP = 60
OWNER = "0x01" + "00" * 11 + "ab" * 20


class BeaconReplay(Server):
    """held: public key -> balance in gwei, the same at every slot."""

    network, protocol = "ethereum-beacon", "beacon"

    def __init__(self, held: Mapping[str, int]) -> None:
        super().__init__()
        self.held = held

    def answer(self, method: str, path: str, body: bytes) -> Sent:
        """See Server."""
        said = self._stub().answer(Seen(method, path, {}, body))
        text = said.body
        if self.trap is Trap.OTHER_BLOCK and "/headers/" in path and said.status == 200:
            text = self._before(text)
        if self.trap is Trap.DROPS and said.status == 200 and "/validators/" in path:
            text = b'{"data": null}'
        return Sent(text, said.status)

    def _stub(self) -> BeaconStub:
        trap = self.trap
        state = {k: (b, "active_ongoing", OWNER) for k, b in self.held.items()}
        stub = BeaconStub(dict.fromkeys(range(TIP + 1), state), finalized=TIP - 10)
        if trap is Trap.LIES:
            stub.lie = 1
        if trap is Trap.ZEROES:
            stub.blocks = {slot: {} for slot in range(TIP + 1)}
        if trap is Trap.WRONG_CHAIN:
            stub.chain_id = "100"
        if trap is Trap.FORK:
            stub.fork = b"\1" * 32
        if trap is Trap.PRUNED:
            stub.kept = {TIP}
        if trap is Trap.DROPS:
            stub.forgets = {list(self.held)[-1]}
        return stub

    def _before(self, text: bytes) -> bytes:
        """The header of the block before: a whole and honest one, and not what was asked for."""
        message = json.loads(text)["data"]["header"]["message"]
        earlier = self._stub()._header(str(max(0, int(message["slot"]) - 1)))
        return earlier.body
