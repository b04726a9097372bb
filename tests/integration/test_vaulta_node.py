"""The Antelope reader against a real nodeos: liquid A and EOS, stake, a refund, nobody."""

from __future__ import annotations

import pytest
from support.nodeos import nodeos

from scanner.chains.antelope.reader import AntelopeReader
from scanner.chains.fleet.interface import Reading
from scanner.errors import HeightNotReachedError, SourceRejectedError
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.parts import Part
from scanner.settings.tables import load_registry

pytestmark = pytest.mark.node

REGISTRY = load_registry()
NETWORK = REGISTRY.network("vaulta")
A, EOS = REGISTRY.holding("A", "vaulta"), REGISTRY.holding("EOS", "vaulta")


def query(name, holding):
    return BalanceQuery(decode_address(NETWORK, name), holding)


def test_what_a_real_node_says_of_an_account(tmp_path):
    with nodeos(tmp_path) as node:
        stake = ["reserve", "reserve", "100.0000 EOS", "50.0000 EOS", False]
        lent = ["reserve", "other", "1.0000 EOS", "2.0000 EOS", False]
        back = ["reserve", "reserve", "10.0000 EOS", "5.0000 EOS"]
        node.act(
            ("eosio.token", "transfer", "eosio", ["eosio", "reserve", "12345.6789 EOS", ""]),
            ("core.vaulta", "transfer", "eosio", ["eosio", "reserve", "7.5000 A", ""]),
            ("eosio", "buyrambytes", "eosio", ["eosio", "reserve", 8192]),
            ("eosio", "buyrambytes", "eosio", ["eosio", "other", 8192]),
            ("eosio", "delegatebw", "reserve", stake),
            ("eosio", "delegatebw", "reserve", lent),
            ("eosio", "undelegatebw", "reserve", back),
        )
        chain = node.ask("chain/get_info")["chain_id"]
        reader = AntelopeReader(
            Endpoint("n", "vaulta", "antelope_rpc", node.url, chain=chain), NETWORK
        )
        reader.check()
        at = reader.pin(None)
        asked = [
            query("reserve", A),
            query("reserve", EOS),
            query("other", A),
            query("nosuchacct11", A),
        ]
        coin, token, other, nobody = (reader.read([q], at)[0] for q in asked)
        assert reader.hash_at(at.height) == at.hash
        with pytest.raises(HeightNotReachedError):
            reader.pin(10**6)
        reader.close()
        wrong = AntelopeReader(Endpoint("n", "vaulta", "antelope_rpc", node.url), NETWORK)
        with pytest.raises(SourceRejectedError):
            wrong.check()
        wrong.close()
    assert all(isinstance(said, Reading) for said in (coin, token, other, nobody))
    assert coin.parts == {Part.LIQUID: 7_5000, Part.STAKED: 138_0000, Part.UNBONDING: 15_0000}
    assert token.parts == {Part.LIQUID: 12345_6789 - 153_0000}
    assert (other.amount, other.absent) == (0, False)  # 3 EOS of stake are lent to it, not its own
    assert nobody.absent
    assert coin.state is not None
    assert coin.state.height >= at.height
