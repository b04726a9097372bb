"""Any bytes at all: every row is accounted for, or the file is refused; nothing else, and soon."""

from __future__ import annotations

import gzip
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from scanner.errors import InputError
from scanner.lists.open import open_list
from scanner.lists.reconcile import ListAudit
from scanner.lists.table import READERS
from scanner.model.claim import Claim, Row, UnreadableRow
from scanner.model.finding import WEIGHTS, Finding, FindingKind
from scanner.model.registry import Registry

NINE = b"coin,Network,Snapshot Height,address,amount,message,signature1,signature2,redeem script\n"
HEADS = [
    b"",
    b"\xef\xbb\xbf",
    b"coin,snapshot height,amount\nBTC,1,2\nETH(ALL),-,3\n\n" + NINE,
    NINE,
    b"coin,address,amount,message,signature1,signature2,redeem script/ public key\n",
    b"digitalAsset,network,address,signedMessage,signedMessage2,message,publicKey,owner1,owner2\n",
    b"Coin,Height,Amount,Address\n",
    b"exchange,chain,address,source\n",
    b"height: 1\nchain: main\nclaim: {m: 3, n: 4}\ntotal: 5\naddress:\n",
    b'[{"coin":"BTC","address":"x","amount":1},',
    b'{"coin":"BTC","address":"x","amount":1}\n',
]
PARTS = [
    b",", b"\n", b"\r\n", b'"', b'""', b"\0", b"\xff", b"\xe2\x80\xa8", b"\r", b" ", b"-", b"1",
    b"1e400", b"-5", b"0.1", b"9" * 90, b"BTC", b"ETH", b"USDT", b"USDT-TRC20", b"ETH(ALL)", b"null",
    b"\\N", b"=cmd()", b"{", b"}", b"[", b"]", b":", b"- ", b"addr: ", b"balance: ", b"address",
    b"x" * 50, b"#", b"&a ", b"*a", b"bitcoin", b"ethereum", b'"address":', b"{addr: x, balance: 1}",
    b"3BMEXbSSrK2K7cRgqxrtqUWfxowBBrW1BE", b"0x0cdcdb19a857c2ac24818ca4fdfe38cce071483e",
]  # fmt: skip
BODIES = st.lists(st.sampled_from(PARTS) | st.binary(max_size=4), max_size=60).map(b"".join)
KINDS = {kind.value for kind in WEIGHTS}


def check(path: Path, registry: Registry, **options: str | None) -> list[Row] | None:
    """Read a list to its end. None if it was refused, as it should be: with a place in it."""
    audit = ListAudit(registry)
    rows: list[Row] = []
    try:
        with open_list(path, registry, **options) as file:  # type: ignore[arg-type]
            for row in file:
                audit.observe(row)
                rows.append(row)
            summary = file.summary()
    except InputError as e:
        assert "\n" not in str(e)
        assert len(str(e)) < 1000
        return None
    claims = [row for row in rows if isinstance(row, Claim)]
    bad = [row for row in rows if isinstance(row, UnreadableRow)]
    assert (summary.claims, summary.unreadable) == (len(claims), len(bad))
    assert summary.data_rows == len(claims) + len(bad)
    for claim in claims:
        assert claim.address
        assert claim.address_key
        assert claim.asset
        assert claim.network in registry.networks
        assert claim.amount is None or 0 <= claim.amount < 2**256
        assert claim.height is None or 0 <= claim.height < 10**18
    for row in bad:
        assert row.kind in KINDS
        assert row.reason
        assert len(row.text) <= 200
    assert all(finding.kind in FindingKind for finding in audit.findings())
    return rows


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.sampled_from(HEADS), body=BODIES)
def test_any_bytes_are_accounted_for_or_refused(
    tmp_path: Path, registry: Registry, head: bytes, body: bytes
) -> None:
    path = tmp_path / "fuzz"
    path.write_bytes(head + body)
    check(path, registry)
    check(path, registry, network="bitcoin")


@pytest.mark.parametrize("name", READERS)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(head=st.sampled_from(HEADS), body=BODIES)
def test_every_reader_survives_files_that_are_not_its_own(
    tmp_path: Path, registry: Registry, name: str, head: bytes, body: bytes
) -> None:
    path = tmp_path / "fuzz"
    path.write_bytes(head + body)
    check(path, registry, format=name)
    check(path, registry, format=name, network="ethereum", asset="USDT")


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.lists(st.sampled_from(PARTS), max_size=40).map(b"".join))
def test_every_line_of_a_table_is_a_row(tmp_path: Path, registry: Registry, body: bytes) -> None:
    """Counted by other means: without quotes a record is a line, and blank ones are no rows."""
    body = body.replace(b'"', b"").replace(b"\xff", b"")
    path = tmp_path / "fuzz"
    path.write_bytes(NINE + body)
    rows = check(path, registry)
    if rows is None:
        return
    lines = body.replace(b"\r\n", b"\n").split(b"\n")
    filled = [n for n, line in enumerate(lines, 2) if line.replace(b",", b"").decode().strip()]
    assert [row.row for row in rows if not isinstance(row, Finding)] == filled


def flipped(data: bytes, seed: int) -> bytes:
    draw = random.Random(seed)
    changed = bytearray(data)
    for _ in range(draw.randrange(1, 8)):
        at = draw.randrange(len(changed))
        choice = draw.randrange(3)
        if choice == 0:
            changed[at] = draw.randrange(256)
        elif choice == 1:
            del changed[at : at + draw.randrange(1, 40)]
        else:
            changed[at:at] = draw.choice(PARTS)
    return bytes(changed)


def samples(vectors: Path) -> Iterator[bytes]:
    for path in sorted((vectors / "okx").glob("*.csv")):
        yield path.read_bytes()
    yield (vectors / "bitmex/reserve_entry_example.yaml").read_bytes()
    yield gzip.compress((vectors / "okx/test.csv").read_bytes())


def test_damaged_published_files(tmp_path: Path, registry: Registry, vectors: Path) -> None:
    path = tmp_path / "fuzz"
    read = 0
    for data in samples(vectors):
        for seed in range(25):
            path.write_bytes(flipped(data, seed))
            read += check(path, registry) is not None
    assert read > 50


@pytest.mark.parametrize(
    "unit",
    [b'"\n', b'a,"\n', b'"""\n', b'"",\n', b'","\n', b"{,", b'"a""', b",", b"- [", b'x,"y\n\n\n\n'],
)
@pytest.mark.parametrize("head", [NINE, HEADS[6], HEADS[8]])
def test_no_pattern_makes_reading_slow(
    tmp_path: Path, registry: Registry, head: bytes, unit: bytes
) -> None:
    path = tmp_path / "slow"
    path.write_bytes(head + unit * (300_000 // len(unit)))
    start = time.process_time()
    check(path, registry)
    # Two to three seconds on an idle core; what grows with the square takes minutes.
    assert time.process_time() - start < 12
