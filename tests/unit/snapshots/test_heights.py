"""Which block every height of a snapshot is: settled by their times, before anything is read."""

from dataclasses import replace
from threading import Event

import pytest
from support.aptos_stub import PER_BLOCK, AptosServer
from support.aptos_stub import START as APTOS_START
from support.recorded import World
from support.snapshot_stub import StubSource, good_judge

from scanner.chains.interface import Counted, ReadPolicy
from scanner.chains.table import make_source
from scanner.errors import HeightNotReachedError, HeightPrunedError, SourceUnavailableError
from scanner.model.block import BlockRef
from scanner.settings.tables import load_registry
from scanner.snapshots.asking import ChunkFailedError, Tools
from scanner.snapshots.heights import GIVE_UP_AFTER, settle_heights
from scanner.snapshots.interface import Origin, SnapshotPolicy

REGISTRY = load_registry()
DAY = 86_400
NOW = 1_700_000_000


class MemorySink:
    """Pins in memory."""

    def __init__(self):
        self.pins = {}

    def pinned(self, _snapshot, network, height):
        return self.pins.get((network, height))

    def pin(self, _snapshot, height, block, _source):
        return self.pins.setdefault((block.network, height), block)


class Clock(StubSource):
    """Its block 100 is of `time`. others: what a number may count besides."""

    def __init__(self, network, time, *others, **more):
        super().__init__(network, **more)
        self._time, self._others = time, others

    def pin(self, height):
        block = super().pin(height)
        return BlockRef(self.network, "1", block.height, block.hash, self._time)

    def other_counts(self, height):
        return list(self._others)


def settle(*sources, sink=None, height=100, stop=None, **policy):
    tools = Tools(sink or MemorySink(), good_judge, REGISTRY, 2, stop or Event(), first_wait=0.0)
    made = {s.network: s for s in sources}
    keys = [(name, height) for name in made]
    return settle_heights(tools, 1, SnapshotPolicy(**policy), keys, made.get)


def refusal(found, network, height=100):
    said = found[network, height]
    assert isinstance(said, ChunkFailedError), said
    return said


def test_a_height_is_pinned_once():
    sink, source = MemorySink(), Clock("ethereum", NOW)
    first = settle(source, sink=sink)
    assert settle(source, sink=sink) == first
    assert source.pins == [100]


def test_a_height_that_cannot_be_pinned_is_a_failed_chunk():
    def refuse(_height):
        raise HeightPrunedError("node", 100, "tip only")

    said = refusal(settle(StubSource(pin_trouble=refuse)), "ethereum")
    assert "tip only" in said.reason
    assert not said.retryable


def test_a_height_of_another_year_is_refused_before_anything_is_read():
    fine = [Clock("ethereum", NOW), Clock("tron", NOW + 9 * DAY), Clock("sui", NOW - DAY)]
    lost = Clock("aptos", NOW - 900 * DAY)
    sink = MemorySink()
    found = settle(*fine, lost, sink=sink)
    said = refusal(found, "aptos")
    assert "--at aptos=HEIGHT" in said.reason
    assert not said.retryable
    assert ("aptos", 100) not in sink.pins
    assert {name for name, _ in sink.pins} == {"ethereum", "tron", "sui"}


def test_the_users_word_is_taken():
    fine = [Clock("ethereum", NOW), Clock("tron", NOW), Clock("sui", NOW)]
    found = settle(*fine, Clock("aptos", NOW - 900 * DAY), at={"aptos": 100})
    assert found["aptos", 100].height == 100


def test_another_counting_is_taken_where_it_fits():
    fine = [Clock("ethereum", NOW), Clock("tron", NOW)]
    other = Counted("slot", BlockRef("solana", "1", 420, "0xff", NOW + 60))
    found = settle(*fine, Clock("solana", NOW - 90 * DAY, other))
    assert found["solana", 100].height == 420


def test_alone_it_is_read_in_no_way_but_the_lists_day_helps():
    other = Counted("slot", BlockRef("solana", "1", 420, "0xff", NOW + 60))
    source = Clock("solana", NOW - 90 * DAY, other)
    assert "several ways" in refusal(settle(source), "solana").reason
    dated = Origin(list_name="por_20231114.csv")  # NOW
    assert settle(source, origin=dated)["solana", 100].height == 420


def test_where_others_were_not_asked_it_may_be_clear_later():
    def down(_height):
        raise SourceUnavailableError("n", "is down")

    other = Counted("slot", BlockRef("solana", "1", 420, "0xff", NOW + 60))
    dead = StubSource("ethereum", pin_trouble=down)
    found = settle(dead, Clock("solana", NOW - 90 * DAY, other))
    assert refusal(found, "solana").retryable
    assert refusal(found, "ethereum").retryable


def test_a_dead_network_is_not_asked_for_each_of_its_heights():
    tried = []

    def down(height):
        tried.append(height)
        raise SourceUnavailableError("n", "is down")

    source = StubSource(pin_trouble=down)
    tools = Tools(MemorySink(), good_judge, REGISTRY, 1, Event(), first_wait=0.0)
    keys = [("ethereum", n) for n in range(50)]
    found = settle_heights(tools, 1, SnapshotPolicy(), keys, {"ethereum": source}.get)
    assert len(found) == 50
    assert len(tried) == GIVE_UP_AFTER


@pytest.fixture
def aptos():
    server = AptosServer(World(tip=500, oldest=100), {"": 8})
    source = make_source(
        "aptos_rest", REGISTRY.network("aptos"), [server.endpoint("a")], REGISTRY, ReadPolicy()
    )
    yield source
    source.close()
    server.close()


@pytest.mark.parametrize(("number", "height"), [(450, 450), (450 * PER_BLOCK, 450)])
def test_aptos_block_or_the_version_that_ends_it(aptos, number, height):
    moment = APTOS_START + 450
    day = [Clock("ethereum", moment), Clock("tron", moment)]
    assert settle(*day, aptos, height=number)["aptos", number].height == height


def test_aptos_version_within_a_block_names_the_block(aptos):
    number = 450 * PER_BLOCK - 3
    day = [Clock("ethereum", APTOS_START), Clock("tron", APTOS_START)]
    said = refusal(settle(*day, aptos, height=number), "aptos", number)
    assert "block 450 of " in said.reason


def test_a_number_that_is_nothing_is_not_reached(aptos):
    said = refusal(settle(aptos, height=10**9), "aptos", 10**9)
    assert isinstance(said.__cause__, HeightNotReachedError)


def test_pins_of_networks_that_are_not_read_now_tell_the_moment_too():
    sink = MemorySink()
    for name in ("ethereum", "tron"):
        sink.pins[name, 100] = BlockRef(name, "1", 100, "0x1", NOW)
    lost = Clock("aptos", NOW - 900 * DAY)
    tools = Tools(sink, good_judge, REGISTRY, 1, Event(), first_wait=0.0)
    keys = [(name, 100) for name in ("ethereum", "tron", "aptos")]
    found = settle_heights(tools, 1, SnapshotPolicy(), keys, {"aptos": lost}.get)
    assert "from about 2023-11-14" in refusal(found, "aptos").reason


@pytest.mark.parametrize("time", [10**12, 2**63 + 5, -1])
def test_a_time_that_no_block_can_have_is_no_time(time):
    class Liar(StubSource):
        def pin(self, height):
            return replace(super().pin(height), time=time)

    (block,) = settle(Liar()).values()
    assert block.time is None
