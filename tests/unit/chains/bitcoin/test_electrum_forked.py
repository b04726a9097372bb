"""A connection to an Electrum server is of the process that opened it."""

import os
from contextlib import closing

from support.coin_world import CoinWorld
from support.electrum_replay import ElectrumReplay

from scanner.chains.bitcoin.electrum_rpc import ElectrumRpc


def test_a_forked_process_asks_over_a_connection_of_its_own():
    """Over one of both, each would read the other's answers, which have the same numbers."""
    with (
        closing(ElectrumReplay(CoinWorld({}))) as server,
        closing(ElectrumRpc(server.endpoint("e"))) as rpc,
    ):
        rpc.call("blockchain.headers.subscribe")
        (ours,) = rpc._idle
        other = os.fork()
        if other == 0:
            try:
                rpc.call("blockchain.headers.subscribe")
                os._exit(0 if rpc._idle != [ours] else 3)
            finally:
                os._exit(1)
        assert os.waitpid(other, 0)[1] == 0
        rpc.call("blockchain.headers.subscribe")
        assert rpc._idle == [ours], "ours is as it was"
