"""aelf's reader, against nodes made by the published API description; signatures are checked."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from hashlib import sha256

import pytest
from support.aelf_stub import CODEC, FINAL, START, AelfServer
from support.reader_contract import ReaderContract
from support.recorded import World

from scanner.chains.aelf.messages import read_balance
from scanner.chains.aelf.node import TOKENS
from scanner.chains.aelf.reader import AelfReader, make_source
from scanner.chains.fleet.interface import Reading
from scanner.chains.interface import ReadPolicy
from scanner.chains.table import source_of
from scanner.errors import (
    ConfigError,
    HeightNotReachedError,
    HeightPrunedError,
    SourceRejectedError,
    SourceUnavailableError,
)
from scanner.model.addresses import base58
from scanner.model.addresses.table import decode_address
from scanner.model.balance import BalanceQuery
from scanner.model.endpoint import Endpoint
from scanner.model.network import Holding
from scanner.settings.tables import load_registry

REGISTRY = load_registry()
NETWORK = REGISTRY.network("aelf")
ELF = Holding("ELF", "aelf", "", 8)
RICH, OTHER, THIRD, FOURTH, NOBODY = (CODEC.encode(bytes((n,)) * 32) for n in range(1, 6))


def of_the_first_block(chain: str, number: int) -> str:
    """The address of a chain's contract, by its number in the order of the first block.

    Source: AElf's AddressHelper and the bytes of numbers in HashHelper, low first.
    """
    digests = (
        sha256(int.from_bytes(base58.decode(chain), "little").to_bytes(4, "little")).digest(),
    )
    digests += (sha256(number.to_bytes(8, "little")).digest(),)
    return CODEC.encode(sha256(b"".join(digests)).digest())


def test_the_canary_is_a_contract_of_the_main_chains_first_block() -> None:
    assert (of_the_first_block("AELF", 8), of_the_first_block("tDVV", 7)) == tuple(TOKENS.values())
    (canary,) = REGISTRY.canaries("aelf")
    assert canary.address == of_the_first_block("AELF", 11)


def query(address: str, holding: Holding = ELF) -> BalanceQuery:
    return BalanceQuery(decode_address(NETWORK, address), holding)


@contextmanager
def reader(server: AelfServer) -> Iterator[AelfReader]:
    main = server.endpoint("e")
    made = AelfReader(main, server.side(main), NETWORK)
    try:
        yield made
    finally:
        made.close()
        server.close()


def a_stub(*quirks: str) -> AelfServer:
    server = AelfServer(World(), *quirks)
    server.world.put(RICH, 228_000_000_00000000)
    server.world.put(RICH, 11, "side")
    server.world.put(OTHER, 12, "side")
    return server


class TestContract(ReaderContract):
    network = "aelf"
    fault_share = 0.1  # a row is some requests on each of two chains
    height = 500 - FINAL
    too_high = 501
    funded = (
        (query(RICH), 228_000_000_00000000),
        (query(OTHER), 12),
        (query(THIRD), 2**53 + 1),
        (query(FOURTH), 5),
    )
    absent = (query(NOBODY),)

    def start(self) -> AelfServer:
        server = AelfServer(World())
        for asked, amount in self.funded:
            server.world.put(asked.address.text, amount)
        return server

    def reader(self, endpoint: Endpoint) -> AelfReader:
        side = Endpoint(
            endpoint.name, "aelf", "aelf_side_http", endpoint.url.replace("main", "side")
        )
        return AelfReader(endpoint, side, NETWORK)


def test_both_chains_are_read_and_added() -> None:
    with reader(a_stub()) as r:
        r.check()
        rich, other, none = r.read([query(RICH), query(OTHER), query(NOBODY)], r.pin(None))
    amounts = [said.amount for said in (rich, other, none) if isinstance(said, Reading)]
    assert amounts == [228_000_000_00000011, 12, 0]
    assert isinstance(rich, Reading)
    assert rich.state is not None
    assert (rich.state.height, rich.detail) == (500, {"tDVV_height": 500})


def test_a_source_needs_the_side_chain_too() -> None:
    server = a_stub()
    main = server.endpoint("e")
    with pytest.raises(ConfigError, match="side chain"):
        make_source(NETWORK, [main], REGISTRY, ReadPolicy())
    source = source_of(NETWORK, {"aelf": [main, server.side(main)]}, REGISTRY)
    assert source is not None
    with pytest.raises(SourceRejectedError, match="not trusted"):
        source.fetch_balances([query(RICH)], source.pin(None))
    server.world.put(REGISTRY.canaries("aelf")[0].address, 120_000_000_00000000)
    (found,) = source.fetch_balances([query(RICH)], source.pin(None))
    assert found.amount == 228_000_000_00000011
    source.close()
    server.close()


@pytest.mark.parametrize(
    ("quirk", "words"),
    [
        ("other owner", "another holder"),
        ("unnamed zero", "invalid balance"),
        ("goes back", "several nodes"),
    ],
)
def test_answers_that_are_bound_to_nothing_are_refused(quirk: str, words: str) -> None:
    stub = a_stub()
    with reader(stub) as r:
        at = r.pin(300)
        stub.quirks = {quirk}
        with pytest.raises(SourceUnavailableError, match=words):
            r.read([query(NOBODY)], at)


_GOOD = "0a03454c46" + "1205" + "0a03616263" + "1805"


def test_a_balance_as_it_is_written() -> None:
    assert read_balance(bytes.fromhex(_GOOD)) == ("ELF", b"abc", 5)


@pytest.mark.parametrize(
    "data",
    [
        *("", "0a03", "0a03454c46", "ff" * 12, "1a02"),
        pytest.param(_GOOD + "1807", id="two balances"),
        pytest.param("12050a0378797a" + _GOOD, id="two owners"),
        pytest.param(_GOOD[:-4] + "18" + "85" + "80" * 8 + "02", id="a balance above 64 bits"),
        pytest.param(_GOOD[:-4] + "18" + "ff" * 9 + "01", id="a balance below 0"),
    ],
)
def test_what_is_no_balance(data: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_balance(bytes.fromhex(data))


def test_blocks_out_of_reach() -> None:
    with reader(a_stub()) as r:
        assert r.pin(300).time == START + 300
        with pytest.raises(HeightPrunedError):
            r.pin(99)
        with pytest.raises(HeightNotReachedError):
            r.pin(495)  # there, and not irreversible


def test_the_heads_of_both_chains_are_looked_at_once_for_ten_rows() -> None:
    server = a_stub()
    with reader(server) as made:
        at = made.pin(None)
        server.asked.clear()
        rows = [query(CODEC.encode(bytes((n,)) * 32)) for n in range(made.ability.batch)]
        assert len(made.read(rows, at)) == 10
        assert len(server.asked) == 2 * 10 + 4


def test_an_amount_names_the_side_chains_server_and_both_must_be_an_operators_own() -> None:
    server = a_stub()
    server.world.put(REGISTRY.canaries("aelf")[0].address, 120_000_000_00000000)
    mains = [server.endpoint("a", "Ann"), server.endpoint("b", "Bob")]
    side = replace(server.side(mains[0]), name="tDVV-a")
    source = make_source(NETWORK, [mains[0], side], REGISTRY, ReadPolicy())
    (found,) = source.fetch_balances([query(RICH)], source.pin(None))
    assert found.sources == ("a", "tDVV-a")
    source.close()
    words = r"endpoint of its side chain \(protocol aelf_side_http\) by the operator of b \(Bob\)"
    with pytest.raises(ConfigError, match=words):
        make_source(NETWORK, [*mains, side], REGISTRY, ReadPolicy(2))
    server.close()
