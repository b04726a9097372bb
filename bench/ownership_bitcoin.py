"""Benchmarks of Bitcoin ownership proofs, one core: one JSON object a line.

ownership.*: signatures/s from published text to verdict (address decoded, signature read, key
recovered, address compared). Each is against a bare loop of the libsecp256k1 call it cannot do
without, over the same signatures already taken apart; the two are measured in turns: the best of
each is told, and the median of the ratios, which a neighbour on the machine disturbs least.
addresses.*: addresses/s, against the base58 and bech32 libraries.
"""

from __future__ import annotations

import base64
import hashlib
import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

import base58 as base58_library  # noqa: E402
import bech32 as bech32_library  # noqa: E402
from coincurve._libsecp256k1 import ffi, lib  # noqa: E402
from support.bitcoin_signing import (  # noqa: E402
    BITCOIN,
    MESSAGE,
    Key,
    Spend,
    address_of,
    full,
    keys,
    multisig,
    simple,
    to_sign,
)

from scanner.model.addresses.scripts import script_pubkey  # noqa: E402
from scanner.model.addresses.table import decode_address  # noqa: E402
from scanner.ownership.bitcoin.bip322 import Bip322  # noqa: E402
from scanner.ownership.bitcoin.bitcoin_message import BitcoinMessage  # noqa: E402
from scanner.ownership.interface import Proof, Verifier  # noqa: E402
from scanner.ownership.primitives.secp256k1 import recover  # noqa: E402

ROWS, TURNS = 2_000, 5
Row = tuple[str, tuple[str, ...], str]


def rate(run: Callable[[], object], rows: int) -> float:
    """Rows a second of one run."""
    start = time.perf_counter()
    run()
    return rows / (time.perf_counter() - start)


def compare(
    name: str,
    unit: str,
    rows: int,
    run: Callable[[], object],
    bare: Callable[[], object],
    against: str,
) -> None:
    """Measure both in turns and print them."""
    turns = [(rate(run, rows), rate(bare, rows)) for _ in range(TURNS)]
    value, other = (max(column) for column in zip(*turns, strict=True))
    print(
        json.dumps(
            {
                "name": name,
                "value": round(value),
                "unit": unit,
                "against": f"{against} ({round(other)}/s)",
                "ratio": round(statistics.median(own / loop for own, loop in turns), 2),
            }
        ),
        flush=True,
    )


def bare_recover(signatures: list[tuple[bytes, bytes]]) -> Callable[[], None]:
    """Make the loop: one `secp256k1_ecdsa_recover` per signature, everything parsed before."""
    context, key = lib.secp256k1_context_static, ffi.new("secp256k1_pubkey *")
    parsed = []
    for raw, digest in signatures:
        signature = ffi.new("secp256k1_ecdsa_recoverable_signature *")
        parse = lib.secp256k1_ecdsa_recoverable_signature_parse_compact
        assert parse(context, signature, raw[1:], (raw[0] - 27) & 3)
        parsed.append((signature, digest))

    def loop() -> None:
        for signature, digest in parsed:
            assert lib.secp256k1_ecdsa_recover(context, key, signature, digest)

    return loop


def judging(scheme: Verifier, rows: list[Row]) -> Callable[[], None]:
    """Make the loop from text to verdict."""

    def loop() -> None:
        for address, signatures, script in rows:
            decoded = decode_address(BITCOIN, address)
            given = Proof(BITCOIN, decoded, MESSAGE, signatures, script)
            assert scheme.verify(given).shows_control

    return loop


def message_rows() -> dict[str, list[Row]]:
    """Rows of 65-byte signatures: one key, and two of three as OKX publishes them."""
    single, three = [], []
    for n in range(ROWS):
        key = Key(f"bench {n}")
        address = address_of(BITCOIN, "p2pkh", key.public)
        single.append((address, (key.message(BITCOIN, MESSAGE, 31),), ""))
    for n in range(ROWS // 2):
        members = keys(3, f"bench {n}")
        script = multisig(2, [k.public for k in members])
        signatures = tuple(k.message(BITCOIN, MESSAGE, 31) for k in members[:2])
        three.append((address_of(BITCOIN, "p2wsh", script), signatures, script.hex()))
    return {"p2pkh": single, "p2wsh.2of3": three}


def bip322_rows(kind: str, count: int) -> list[Row]:
    """Rows of simple signatures, for P2PKH full ones; scripts are two of three."""
    rows = []
    for n in range(count):
        key, members = Key(f"bench {n}"), keys(3, f"bench {n}")
        script = multisig(2, [k.public for k in members]) if kind == "p2wsh" else b""
        data = script or (key.tweaked(b"").x_only if kind == "p2tr" else key.public)
        address = address_of(BITCOIN, kind, data)
        output = script_pubkey(decode_address(BITCOIN, address))
        signers = tuple(members[:2]) if script else (key,)
        before = (b"",) if script else ()
        hash_type = 0 if kind == "p2tr" else 1
        spend = Spend(kind, output, signers, script, before=before, hash_type=hash_type)
        tx = to_sign(MESSAGE, [spend])
        rows.append((address, (full(tx) if kind == "p2pkh" else simple(tx),), ""))
    return rows


def main() -> None:
    """Print every figure."""
    header = BITCOIN.message_header.encode()
    text = bytes((len(header),)) + header + bytes((len(MESSAGE),)) + MESSAGE.encode()
    digest = hashlib.sha256(hashlib.sha256(text).digest()).digest()
    scheme = BitcoinMessage()
    for name, rows in message_rows().items():
        signatures = [(base64.b64decode(s), digest) for _, given, _ in rows for s in given]
        bare = bare_recover(signatures)
        if name == "p2pkh":
            own = [(digest, raw[1:], (raw[0] - 27) & 3) for raw, _ in signatures]
            compare(
                "secp256k1.recover", "keys/s", len(own),
                lambda own=own: [recover(*row) for row in own], bare,
                "bare libsecp256k1 recover loop",
            )  # fmt: skip
        compare(
            f"ownership.bitcoin_message.{name}", "signatures/s", len(signatures),
            judging(scheme, rows), bare, "bare libsecp256k1 recover loop",
        )  # fmt: skip
    kinds = {"p2wpkh": ROWS, "p2tr": ROWS, "p2sh_p2wpkh": ROWS, "p2wsh": ROWS // 2, "p2pkh": ROWS}
    for kind, count in kinds.items():
        rows = bip322_rows(kind, count)
        checks = 2 * count if kind == "p2wsh" else count
        bare = bare_recover(signatures[:checks])
        compare(
            f"ownership.bip322.{kind}", "signatures/s", checks,
            judging(Bip322(), rows), bare, "bare libsecp256k1 recover loop",
        )  # fmt: skip
    addresses()


def addresses() -> None:
    """Decoding with checksum, against the libraries."""
    legacy = [address_of(BITCOIN, "p2pkh", bytes((n % 256, n // 256))) for n in range(20_000)]
    native = [address_of(BITCOIN, "p2wsh", bytes((n % 256, n // 256))) for n in range(20_000)]
    compare(
        "addresses.base58check", "addresses/s", len(legacy),
        lambda: [decode_address(BITCOIN, a) for a in legacy],
        lambda: [base58_library.b58decode_check(a) for a in legacy], "base58 library",
    )  # fmt: skip
    compare(
        "addresses.segwit", "addresses/s", len(native),
        lambda: [decode_address(BITCOIN, a) for a in native],
        lambda: [bech32_library.decode("bc", a) for a in native], "bech32 library",
    )  # fmt: skip


if __name__ == "__main__":
    main()
