"""Checks a whole publication of OKX's first zk-STARK, and one user's file against it.

All equations of the published verifier, and what it leaves out: batches against trunk, roots of a
user's file against the publication's, ranges and sums. Whatever holds, it is not a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from scanner.errors import ListFormatError, clip
from scanner.liabilities import strict
from scanner.liabilities.interface import (
    OTHER_ROUND,
    Inclusion,
    LiabilityEvidence,
    ProofCheck,
    ProofStatus,
)
from scanner.liabilities.okx_v1.batch import Coins, SumProof, check_proof
from scanner.liabilities.okx_v1.field import BLOWUP, P
from scanner.liabilities.okx_v1.folder import MAX_COINS, TRUNK, Folder, opened_folder
from scanner.liabilities.okx_v1.tree import climb
from scanner.liabilities.opening import read_whole
from scanner.liabilities.refusal import RefusedError, ShapeError
from scanner.model.addresses.keccak import keccak256 as keccak
from scanner.model.jsontext import read_json

NAME = "okx_v1"
UNIT = "the publisher's unit of value (of one US dollar or a part of it), not coins"
TRUNK_ROWS = 32

NOT_A_PROOF = (
    "this scheme proves nothing: its low-degree test checks positions that the prover knows "
    "before committing to the checked layers, so files with any totals can be made to pass; "
    "these files only agree with each other"
)
COINS = (
    "even a repaired test would bind no coin: a user's net value is not tied to that user's coins, "
    "and most coins have no constraint at all"
)
USERS_ONLY = "only users' files show, path by path, that the trunk is made of these batches"


def check_folder(path: Path) -> ProofCheck:
    """Check every batch and the trunk. Raises ListFormatError where a file is not of the form."""
    with opened_folder(path) as folder:
        try:
            return _checked(folder)
        except ShapeError as e:
            raise ListFormatError(path.name, str(e)) from None
        except RefusedError as e:
            level = LiabilityEvidence.PUBLISHED
            return ProofCheck(NAME, ProofStatus.REFUSED, level, place=e.place, reason=e.reason)


def _checked(folder: Folder) -> ProofCheck:
    coins = folder.coins()
    added = [0] * (len(coins.names) + 1)
    batches = folder.batches()
    for batch in batches:
        _, totals = _holds(folder, batch, coins)
        added = [a + b for a, b in zip(added, totals, strict=True)]
    trunk, totals = _holds(folder, TRUNK, coins)
    if trunk.uts != TRUNK_ROWS or trunk.steps < TRUNK_ROWS * (len(batches) + 1):
        raise RefusedError("trunk/sum_proof.json/steps", f"too few rows for {len(batches)} batches")
    if added[-1] < totals[-1]:
        what = f"the batches here add up to {added[-1]} of the trunk's {totals[-1]}"
        raise ShapeError("trunk/sum_values.json", f"{what}: are some of them missing?")
    for name, below, total in zip((*coins.names, "total_value"), added, totals, strict=True):
        if below != total:
            what = f"the batches' {name} add up to {below}, the trunk says {total}"
            raise RefusedError("trunk/sum_values.json", what)
    return ProofCheck(
        NAME,
        ProofStatus.CONSISTENT,
        LiabilityEvidence.TRANSCRIPT_ONLY,
        trunk.root.hex(),
        totals[-1],
        gaps=(NOT_A_PROOF, COINS, USERS_ONLY),
        stated={
            "batches": str(len(batches)),
            **{name: str(total) for name, total in zip(coins.names, totals, strict=False)},
        },
    )


def _holds(folder: Folder, batch: str, coins: Coins) -> tuple[SumProof, list[int]]:
    proof, totals = folder.proof(batch, coins)
    try:
        check_proof(proof, totals, coins)
    except RefusedError as e:
        where = batch if batch == TRUNK else f"batches/{batch}"
        raise RefusedError(f"{where}/sum_proof.json {e.place}", e.reason) from None
    return proof, totals


def recognises_user(document: object) -> bool:
    """Whether a JSON document means to be a user's file."""
    return isinstance(document, dict) and "batch_inclusion_proof" in document


def verify_user(path: Path, user: Path) -> Inclusion:
    """Lead a user's file up to its batch, the trunk, and the publication's own roots.

    Raises ListFormatError where a file is not of the form.
    """
    try:
        document = read_json(read_whole(user), unique_names=True)
    except ValueError as e:
        raise ListFormatError(user.name, f"not JSON: {clip(str(e), 80)}") from None
    with opened_folder(path) as folder:
        coins = folder.coins()
        try:
            account, amounts, root = _user(document, folder, coins)
        except ShapeError as e:
            raise ListFormatError(user.name, str(e)) from None
        except RefusedError as e:
            reason = f"{e.place}: {e.reason}"
            return Inclusion(False, "", {}, 0, (), reason=reason, format=NAME, unit=UNIT)
    return Inclusion(
        True,
        root.hex(),
        amounts,
        0,
        (),
        format=NAME,
        unit=UNIT,
        gaps=(NOT_A_PROOF, COINS),
        unproven=True,
        account=account,
    )


def _user(document: object, folder: Folder, coins: Coins) -> tuple[str, dict[str, int], bytes]:
    """Whose account it is, what it holds, and the trunk's root."""
    names = ("batch_inclusion_proof", "trunk_inclusion_proof", "config")
    found = strict.fields(document, "", names)
    own = ("batch_mtree_root", "user_id", "user_index", "batch_index", "uts")
    batch = _part(found[names[0]], f"/{names[0]}", coins, own)
    trunk = _part(found[names[1]], f"/{names[1]}", coins, ("trunk_mtree_root", "batch_id"))
    config = strict.fields(found["config"], "/config", ("main_coins_num", "coins"))
    said = strict.integer(config["main_coins_num"], "/config/main_coins_num", MAX_COINS + 1)
    if config["coins"] != list(coins.names) or said != coins.bound:
        what = f"other coins than the publication's config.json has; {OTHER_ROUND}"
        raise RefusedError("/config", what)
    root = strict.hex_bytes(batch["batch_mtree_root"], f"/{names[0]}/batch_mtree_root", 32)
    above, _ = _holds(folder, TRUNK, coins)
    here = _batch_of(folder, root, coins)
    if here is None:
        raise _no_batch(batch, trunk, coins, above)
    proof, totals = here
    place = f"/{names[0]}"
    slots = proof.steps // proof.uts - 1
    user = strict.integer(batch["user_index"], f"{place}/user_index", slots)
    if batch["uts"] != proof.uts:
        raise RefusedError(f"{place}/uts", f"the batch has {proof.uts} rows a user")
    amounts = _led(batch, "user_id", place, coins, proof, user)
    if _of_batch(batch, trunk, coins, above) != totals:
        what = "the trunk has other totals for this batch than the batch has"
        raise RefusedError("/trunk_inclusion_proof", what)
    return str(batch["user_id"]), amounts, above.root


def _of_batch(
    batch: Mapping[str, object], trunk: Mapping[str, object], coins: Coins, above: SumProof
) -> list[int]:
    """The totals of the user's batch as the trunk has them, coins in order and all last."""
    place = "/trunk_inclusion_proof"
    if trunk["trunk_mtree_root"] != above.root.hex():
        what = f"not the root of the trunk; {OTHER_ROUND}"
        raise RefusedError(f"{place}/trunk_mtree_root", what)
    if trunk["batch_id"] != batch["batch_mtree_root"]:
        raise RefusedError(f"{place}/batch_id", "not the batch that the user is in")
    slots = above.steps // above.uts - 1
    where = "/batch_inclusion_proof/batch_index"
    index = strict.integer(batch["batch_index"], where, slots)
    return list(_led(trunk, "batch_id", place, coins, above, index).values())


def _no_batch(
    batch: Mapping[str, object], trunk: Mapping[str, object], coins: Coins, above: SumProof
) -> RefusedError | ShapeError:
    """What to say where no batch here is the user's: what was not fetched is not left out."""
    place = "/batch_inclusion_proof/batch_mtree_root"
    try:
        _of_batch(batch, trunk, coins, above)
    except RefusedError:
        return RefusedError(place, f"no batch here has this root; {OTHER_ROUND}")
    what = "the trunk has this batch, and its files are not here: fetch the whole publication"
    return ShapeError(place, what)


def _part(value: object, place: str, coins: Coins, own: Sequence[str]) -> Mapping[str, object]:
    common = ("total_value", *coins.names, "random_number", "merkle_path")
    return strict.fields(value, place, (*own, *common))


def _batch_of(folder: Folder, root: bytes, coins: Coins) -> tuple[SumProof, list[int]] | None:
    """The batch of that root, checked; None where it is not here."""
    for batch in folder.batches():
        proof, _ = folder.proof(batch, coins)
        if proof.root == root:
            return _holds(folder, batch, coins)
    return None


def _led(
    part: Mapping[str, object], identity: str, place: str, coins: Coins, proof: SumProof, index: int
) -> dict[str, int]:
    """The amounts of a leaf that leads to the root, coins in order and all last."""
    total, *amounts = (
        _amount(part[name], f"{place}/{name}") for name in ("total_value", *coins.names)
    )
    if total != sum(amounts) or not 0 <= total < 4 ** (proof.uts - 2):
        raise RefusedError(f"{place}/total_value", "not what the coins add up to, or out of range")
    hashed = keccak(b"".join((amount % P).to_bytes(32, "big") for amount in amounts))
    leaf = keccak(
        total.to_bytes(32, "big")
        + hashed
        + strict.hex_bytes(part[identity], f"{place}/{identity}", 32)
        + strict.hex_bytes(part["random_number"], f"{place}/random_number", 32)
    )
    size = BLOWUP * proof.steps
    first, *path = strict.each(
        part["merkle_path"],
        f"{place}/merkle_path",
        size.bit_length(),
        lambda entry, at: strict.hex_bytes(entry, at, 32),
    )
    if first != leaf:
        raise RefusedError(f"{place}/merkle_path/0", "not the leaf of these amounts")
    position = BLOWUP * (proof.uts * (index + 1) + proof.uts - 2)
    if climb(leaf, position, path) != proof.root:
        raise RefusedError(f"{place}/merkle_path", "it does not lead to the root")
    return {**dict(zip(coins.names, amounts, strict=True)), "total_value": total}


def _amount(value: object, place: str) -> int:
    text = value.removeprefix("-") if isinstance(value, str) else ""
    canonical = text.isascii() and text.isdigit() and len(text) < 80
    if not canonical or str(int(text)) != text or value == "-0":
        raise ShapeError(place, "not a decimal integer")
    return int(str(value))
