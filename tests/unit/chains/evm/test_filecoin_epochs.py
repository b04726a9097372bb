"""An epoch without a block is one of which a quorum says so: no operator turns a pin back alone."""

import pytest
from support.filecoin_actors import source_of
from support.lotus_stub import HEIGHT, Lotus

from scanner.chains.fleet import pool
from scanner.errors import SourceError, SourceRejectedError


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    monkeypatch.setattr(pool, "TRIES", 2)
    monkeypatch.setattr(pool, "pause", lambda _: None)


def lotus(*empty):
    def trick(call):
        return {"result": "0x0"} if call["method"] == "eth_getBalance" else None

    return Lotus(empty=frozenset(empty), trick=trick)


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("quorum", [1, 2])
def test_an_empty_epoch_has_the_block_before_it_wherever_it_is_asked(count, quorum):
    if count < quorum:
        return
    nodes = [lotus(HEIGHT, HEIGHT - 1) for _ in range(count)]
    with source_of(*nodes, quorum=quorum) as source:
        assert source.pin(HEIGHT).height == HEIGHT - 2
        assert source.pin(HEIGHT - 2).height == HEIGHT - 2


def test_one_operator_does_not_empty_an_epoch():
    for nodes in ([lotus(), lotus(HEIGHT)], [lotus(HEIGHT), lotus()]):
        with source_of(*nodes, quorum=2) as source, pytest.raises(SourceError, match="disagree"):
            source.pin(HEIGHT)
    with source_of(lotus(HEIGHT), lotus(), lotus(), quorum=2) as source:
        assert source.pin(HEIGHT).height == HEIGHT


def test_a_chain_of_empty_epochs_is_refused():
    nodes = [lotus(*range(HEIGHT - 40, HEIGHT + 1)) for _ in range(2)]
    with (
        source_of(*nodes, quorum=2) as source,
        pytest.raises(SourceRejectedError, match="knows no block of the epochs before"),
    ):
        source.pin(HEIGHT)
