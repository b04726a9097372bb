"""Every reader against a server that answers about the block before the one that is asked for."""

from __future__ import annotations

from typing import Any

import pytest
from support.every_reader import contract_class
from support.replay import Trap
from support.wire import Wire

from scanner.errors import SourceError

PROTOCOLS = (
    *("xrpl_rpc", "tron_http", "ton_http", "aptos_rest", "substrate_rpc", "antelope_rpc"),
    *("sui_graphql", "starknet_rpc", "cosmos_rest", "stellar_horizon", "near_rpc", "cardano_koios"),
    *("algorand_rest", "hedera_mirror", "aelf_http"),
)
"""Not Solana: an older slot stands for those behind it that were skipped."""


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_another_block_is_not_pinned(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    contract = contract_class(protocol)()
    with contract.servers(Trap.NONE) as stubs:
        Wire(stubs).put_between(monkeypatch)  # type: ignore[arg-type]
        stub: Any = stubs[0]
        height, real = contract.height - 1, stub.respond
        shifts = [(str(height), str(height - 1)), (hex(height), hex(height - 1))]

        def respond(method: str, path: str, body: bytes, headers: Any) -> Any:
            for asked, other in shifts:
                path, body = (
                    path.replace(asked, other),
                    body.replace(asked.encode(), other.encode()),
                )
            return real(method, path, body, headers)

        reader = contract.reader(stub.endpoint("a"))
        reader.check()
        right = reader.pin(height)
        stub.respond = respond
        with pytest.raises(SourceError):
            assert reader.pin(height) == right
        reader.close()
