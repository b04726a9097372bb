"""The pass over a snapshot: both engines, against what was written, whole and broken."""

from __future__ import annotations

import io
import random
from collections import Counter
from pathlib import Path
from typing import BinaryIO

import pytest
from support.mutations import share
from support.utxo_file import GENERATOR, REGTEST, Group, any_groups, write_file, write_group

from scanner.chains.bitcoin import utxo_scan
from scanner.chains.bitcoin.coins import Coin
from scanner.chains.bitcoin.utxo_engines import compiled_available
from scanner.chains.bitcoin.utxo_format import RawCoin, compress_script
from scanner.chains.bitcoin.utxo_hash import PureSetHash, SetHash
from scanner.chains.bitcoin.utxo_match import PureEngine
from scanner.chains.bitcoin.utxo_scan import EngineFactory, SnapshotFile
from scanner.errors import SourceRejectedError
from scanner.model.addresses.scripts import p2pkh, p2sh, witness

ENGINES: dict[str, tuple[EngineFactory, type[SetHash]]] = {"pure": (PureEngine, PureSetHash)}
if compiled_available():
    from scanner.chains.bitcoin.utxo_fast import FastEngine, FastSetHash

    ENGINES["compiled"] = (FastEngine, FastSetHash)


class InMemory(SnapshotFile):
    def __init__(self, data: bytes) -> None:
        super().__init__("file", Path("unused"))
        self.data = data

    def _open(self) -> BinaryIO:
        return io.BytesIO(self.data)


def expected(groups: list[Group], wanted: set[bytes]) -> dict[bytes, list[Coin]]:
    found: dict[bytes, list[Coin]] = {}
    for group in groups:
        for c in group.coins:
            if c.script in wanted:
                coin = Coin(group.txid[::-1].hex(), c.vout, c.amount, c.height, c.coinbase)
                found.setdefault(c.script, []).append(coin)
    return found


@pytest.fixture(scope="module")
def groups() -> list[Group]:
    return any_groups(random.Random(3), 1500)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest) -> EngineFactory:
    return ENGINES[request.param][0]


def test_the_compiled_engine_is_tested() -> None:
    assert compiled_available(), (
        "numba is in requirements-dev.lock: without it half of this is untested"
    )


@pytest.mark.parametrize("buffer", [1000, 70_000, 4_000_000])
def test_every_coin_is_found_whatever_is_wanted(
    groups: list[Group], engine: EngineFactory, buffer: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(utxo_scan, "BUFFER", buffer)
    file = InMemory(write_file(groups))
    scripts = [c.script for g in groups for c in g.coins]
    r = random.Random(buffer)
    strangers = {compress_script(p2pkh(r.randbytes(20))) for _ in range(1000)}
    kinds = [
        {s for s in scripts if s[:1] == code}
        for code in (b"\0", b"\1", b"\x1c", b"\x28", b"\x04", b"\x06")
    ]
    few = {
        next(s for s in scripts if s[:1] == code)
        for code in (b"\0", b"\1", b"\x1c", b"\x28", b"\x02")
    }
    for wanted in [
        set(scripts),
        set(r.sample(scripts, 50)) | strangers,
        set(),
        strangers,
        few,
        few | strangers,
        *kinds,
    ]:
        assert file.scan(wanted, engine).coins == expected(groups, wanted)


def test_kinds_are_told_apart_by_their_first_and_last_bytes(engine: EngineFactory) -> None:
    """Scripts that share all but one byte with wanted ones, and the empty script."""
    near = [b"\x06", b"\x07\x51", b"\x07\x52"]
    for head, size in (
        (b"\0", 20),
        (b"\1", 20),
        (b"\2", 32),
        (b"\x1c\0\x14", 20),
        (b"\x28\x51 ", 32),
    ):
        for first, last in ((1, 1), (1, 2), (2, 1)):
            near.append(head + bytes([first]) + bytes(size - 2) + bytes([last]))
    groups = [
        Group(bytes([n]) * 32, [RawCoin(v, 5, False, 7, s) for v in range(n % 3 + 1)])
        for n, s in enumerate(near, 1)
    ]
    data = write_file(groups)
    for wanted in [{s} for s in near] + [set(near[:-1]), set(near[::2]), set(near)]:
        assert InMemory(data).scan(wanted, engine).coins == expected(groups, wanted)


def test_progress_and_header(groups: list[Group], engine: EngineFactory) -> None:
    shares: list[float] = []
    found = InMemory(write_file(groups)).scan([], engine, shares.append)
    assert shares[-1] == 1.0
    assert found.header.coins == sum(len(g.coins) for g in groups)
    assert found.header.magic == REGTEST
    assert InMemory(write_file([])).scan([], engine).coins == {}


def test_both_hashes_agree_and_see_every_change(groups: list[Group]) -> None:
    results = set()
    for engine, hasher in ENGINES.values():
        check = hasher()
        InMemory(write_file(groups)).scan([], engine, check=check)
        assert check.newest == max(c.height for g in groups for c in g.coins)
        results.add(check.result())
    assert len(results) == 1
    changed = [Group(g.txid, list(g.coins)) for g in groups]
    last = changed[-1].coins[-1]
    changed[-1].coins[-1] = RawCoin(
        last.vout, last.height, not last.coinbase, last.amount, last.script
    )
    for engine, hasher in ENGINES.values():
        check = hasher()
        InMemory(write_file(changed)).scan([], engine, check=check)
        assert check.result() not in results


def test_broken_files(groups: list[Group], engine: EngineFactory) -> None:
    groups = groups[:40]
    data = write_file(groups)
    second = len(write_file(groups[:1]))
    swapped = [groups[1], groups[0], *groups[2:]]
    huge = b"\xfe" + (2**31).to_bytes(4, "little")
    cases = {
        "shorter than its header": data[:50],
        "ends in the middle": data[:-1],
        "coins before the number": data[: len(write_file(groups[:-1]))],
        "more than the": data[:43] + (1).to_bytes(8, "little") + data[51:],
        "out of order": write_file(swapped),
        "or twice": write_file([*groups, groups[-1]]),
        "middle of a transaction": data + b"\0",
        "without coins": data[: second + 32] + b"\0" + data[second + 33 :],
        "too large|longer than|middle|order": data[: second + 32] + huge + data[second + 33 :],
    }
    for words, broken in cases.items():
        with pytest.raises(SourceRejectedError, match=words):
            InMemory(broken).scan([groups[0].coins[0].script], engine)


def _small() -> list[Group]:
    """One coin of each kind of script, several outputs, numbers of one byte and of more."""
    p2pk = b"\x21\x02" + b"\x11" * 32 + b"\xac"
    full = b"\x41\x04" + GENERATOR + b"\xac"
    scripts = [p2pkh(b"a" * 20), p2sh(b"b" * 20), p2pk, full, witness(1, b"c" * 32), b"", b"\x51"]
    heights = [0, 1, 70, 20_000, 800_000, 63, 64]
    groups = [
        Group(
            bytes([n + 1]) * 32, [RawCoin(n, h, bool(n % 2), 10 ** (n + 2) + n, compress_script(s))]
        )
        for n, (s, h) in enumerate(zip(scripts, heights, strict=True))
    ]
    groups[2].coins.append(RawCoin(300, 70, True, 0, compress_script(p2pkh(b"d" * 20))))
    groups[5].coins += [RawCoin(v, 5, False, 546, b"\x07\x51") for v in (128, 16512, 256)]
    return groups


def test_every_byte_of_a_file(engine: EngineFactory) -> None:
    """Each byte changed in each bit, each place cut, each byte doubled or gone: the file is refused,
    or its hash, network, block or count is another. What it then says is never taken for the truth.
    """
    groups = _small()
    data = write_file(groups)
    hasher = dict(ENGINES.values())[engine]
    wanted = {c.script for g in groups for c in g.coins}

    def outcome(spoiled: bytes) -> tuple[object, str] | None:
        check = hasher()
        try:
            found = InMemory(spoiled).scan(wanted, engine, check=check)
        except SourceRejectedError:
            return None
        return found.header, check.result()

    truth = outcome(data)
    assert truth is not None
    assert InMemory(data).scan(wanted, engine).coins == expected(groups, wanted)
    for at in range(len(data)):
        assert outcome(data[:at]) is None, f"cut at {at}"
        bits = range(8) if engine is PureEngine else (at % 8,)  # the other is slow to set up
        changes = [data[:at] + bytes([data[at] ^ 1 << bit]) + data[at + 1 :] for bit in bits]
        changes += [data[:at] + data[at : at + 1] + data[at:], data[:at] + data[at + 1 :]]
        for spoiled in changes:
            if spoiled != data:
                assert outcome(spoiled) != truth, f"changed at {at}"
    for more in (b"\0", b"\xff", data[51:], write_group(groups[-1])):
        assert outcome(data + more) is None


def test_the_same_outputs_twice_are_never_added_up(engine: EngineFactory) -> None:
    """Inside one window the order is only sampled: repeated wanted groups are found when decoded."""
    coin = RawCoin(0, 5, False, 100, compress_script(p2sh(b"b" * 20)))
    other = RawCoin(0, 5, False, 100, compress_script(p2pkh(b"c" * 20)))
    groups = [Group(bytes([n]) * 32, [other]) for n in range(1, 9)]
    groups[4] = Group(bytes([5]) * 32, [coin])
    groups[6] = groups[4]
    with pytest.raises(SourceRejectedError, match="out of order, or twice"):
        InMemory(write_file(groups)).scan([coin.script], engine)


def test_a_transaction_no_block_can_hold_is_refused(
    engine: EngineFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(utxo_scan, "BUFFER", 1000)
    monkeypatch.setattr(utxo_scan, "MAX_GROUP", 50_000)
    coins = [RawCoin(n, 1, False, 1, compress_script(witness(0, bytes(20)))) for n in range(128)]
    giant = Group(
        bytes(32), [RawCoin(c.vout, 1, False, 1, compress_script(b"\x51" * 9000)) for c in coins]
    )
    with pytest.raises(SourceRejectedError, match="larger than a block"):
        InMemory(write_file([giant])).scan([], engine)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SourceRejectedError, match="cannot be read"):
        SnapshotFile("file", tmp_path / "none").header()


def _mutate(data: bytes, r: random.Random) -> bytes:
    kind = r.randrange(7)
    at = r.randrange(len(data))
    if kind == 0:
        return data[:at]
    if kind == 1:
        return data[:at] + r.randbytes(r.randint(1, 3)) + data[at:]
    if kind == 2:
        return data[:at] + data[at + r.randint(1, 40) :]
    if kind == 3:
        return data + data[51 + at :] if at + 51 < len(data) else data + b"\0"
    if kind == 4:
        return data[:at] + bytes([r.choice((0, 1, 0x7F, 0x80, 0xFD, 0xFE, 0xFF))]) + data[at + 1 :]
    if kind == 5:
        return data[:at] + b"\xff" * r.randint(1, 12) + data[at:]
    return data[:at] + bytes([data[at] ^ 1 << r.randrange(8)]) + data[at + 1 :]


@pytest.mark.parametrize("seed", range(4))
def test_fuzz(seed: int) -> None:
    """100,000 spoiled files: an error, or a file whose hash is another, or the right answer.

    A tenth of them in every run, all with SCANNER_MUTATIONS=all.
    """
    r = random.Random(seed)
    outcome: Counter[str] = Counter()
    times = share(1000, 100)
    names = list(ENGINES)
    for _ in range(25):
        groups = any_groups(r, 3)
        while sum(len(write_group(g)) for g in groups) > 1500:
            groups = any_groups(r, 3)
        data = write_file(groups)
        scripts = [c.script for g in groups for c in g.coins]
        wanted = set(r.sample(scripts, max(1, len(scripts) // 2)))
        right = expected(groups, wanted)
        true = PureSetHash()
        InMemory(data).scan(wanted, check=true)
        truth = true.result()
        for n in range(times):
            spoiled = _mutate(data, r)
            engine, hasher = ENGINES[names[n % 10 == 0 and len(names) > 1]]
            check = hasher()
            try:
                found = InMemory(spoiled).scan(wanted, engine, check=check)
            except SourceRejectedError:
                outcome["refused"] += 1
                continue
            same = check.result() == truth
            outcome["same" if same else "another set"] += 1
            if same:
                assert found.coins == right
    assert sum(outcome.values()) == 25 * times
    assert outcome["refused"] > 10 * times
    assert outcome["another set"] > times


def test_both_engines_find_the_same_in_spoiled_files() -> None:
    if not compiled_available():
        pytest.skip("numba is not installed")
    r = random.Random(9)
    groups = any_groups(r, 30)
    data = write_file(groups)
    wanted = {c.script for g in groups for c in g.coins}
    answers = 0
    for _ in range(share(1500, 500)):
        spoiled = _mutate(data, r)
        results = []
        for engine, _ in ENGINES.values():
            try:
                results.append(InMemory(spoiled).scan(wanted, engine).coins)
            except SourceRejectedError:
                results.append(None)
        if None not in results:
            answers += 1
            assert results[0] == results[1]
    assert answers > 30
