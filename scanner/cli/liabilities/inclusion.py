"""`scanner liabilities verify-inclusion`: is my own balance in what they say they owe?"""

from __future__ import annotations

from contextlib import nullcontext
from typing import Annotated

import typer

from scanner.cli.common.console import emit, emit_lines
from scanner.cli.common.options import AsJson, given
from scanner.cli.common.places import document_at_hand, key_at_hand
from scanner.cli.liabilities.proof import Key
from scanner.errors import InputError
from scanner.liabilities import bitmex_tree, load
from scanner.reports.commands import liabilities as shown
from scanner.reports.tables import jsontext

_LONGEST_ROOT = 128
_NONCE = 32  # bytes

File = Annotated[
    str,
    typer.Argument(
        metavar="FILE",
        help="The published tree or proof, or one user's own path: a file or its http(s) address.",
    ),
]
User = Annotated[
    str | None,
    typer.Option("--user", metavar="FILE", help="OKX's user file, for OKX's trees and proofs."),
]
Nonce = Annotated[
    str | None,
    typer.Option(
        "--nonce",
        metavar="HEX",
        envvar="SCANNER_LIABILITY_NONCE",
        help="BitMEX: your nonce for this file. Better given as SCANNER_LIABILITY_NONCE.",
    ),
]
AccountKey = Annotated[
    str | None,
    typer.Option(
        "--account-key",
        metavar="HEX",
        envvar="SCANNER_LIABILITY_KEY",
        help="River's account key, or BitMEX's nonce for all files; needs --account. Better "
        "given as SCANNER_LIABILITY_KEY.",
    ),
]
Account = Annotated[str | None, typer.Option("--account", metavar="ID", help="Your account's id.")]
Email = Annotated[
    str | None,
    typer.Option("--email", metavar="EMAIL", help="River: the address you signed up with."),
]


Root = Annotated[
    str | None,
    typer.Option(
        "--root",
        metavar="HEX",
        help="The root that the publisher shows to everybody; the file must have this root.",
    ),
]


def verify_inclusion(  # noqa: PLR0913, PLR0917 - one parameter per option
    file: File,
    user: User = None,
    nonce: Nonce = None,
    account_key: AccountKey = None,
    account: Account = None,
    email: Email = None,
    key: Key = None,
    root: Root = None,
    as_json: AsJson = False,
) -> None:
    """Find your own balance in a file of OKX, BitMEX, River, Bitget, MEXC, Gate or Binance.

    First checks the file itself: hashes and adds up a whole tree again, or verifies a proof.
    Give the root that the publisher shows to everybody with --root, or compare the printed
    one yourself. Uses no database, and the network only for an address that you give; your
    keys are not kept. Included is what is printed and no more: compare it with what you held
    then. Exit status 0: included; 1: not included; 3: included, but nothing supports the
    root; 2: not read.
    """
    own_key = _user_key(
        given(nonce, "--nonce"),
        given(account_key, "--account-key"),
        given(account, "--account"),
        given(email, "--email"),
    )
    wanted = _root(given(root, "--root"))
    users = given(user, "--user")
    with (
        document_at_hand(file) as path,
        document_at_hand(users) if users else nullcontext() as own,
        key_at_hand(key) as pinned,
    ):
        found = load.verify_user(path, own, own_key, pinned, wanted)
    if as_json:
        emit(jsontext.pretty(shown.inclusion_object(found)))
    else:
        emit_lines(shown.inclusion_lines(found))
    raise typer.Exit((3 if found.unproven else 0) if found.included else 1)


def _user_key(nonce: str, account_key: str, account: str, email: str) -> load.UserKey | None:
    if nonce:
        key = _bytes(nonce, "--nonce")
        if len(key) != _NONCE:
            raise InputError(f"--nonce must be {2 * _NONCE} hex digits, not {2 * len(key)}")
        return load.UserKey(lambda _: key)
    if not account_key:
        return None
    if not account:
        raise InputError("--account-key needs --account")
    master = _bytes(account_key, "--account-key")
    if email:
        return load.UserKey(
            lambda height: bitmex_tree.river_key(master, email, account, height), account
        )
    if not (account.isascii() and account.isdigit()):
        raise InputError("--account must be a number (BitMEX); River's account needs --email")
    return load.UserKey(
        lambda height: bitmex_tree.bitmex_key(master, height, int(account)), account
    )


def _root(text: str) -> str:
    """A root as readers write it, "" for none. Raises InputError."""
    digits = text.strip().lower().removeprefix("0x")
    if text and not digits:
        raise InputError(f"--root {text.strip()!r} has no digits: leave it out or give the root")
    if not set(digits) <= set("0123456789abcdef") or len(digits) > _LONGEST_ROOT:
        raise InputError("--root must be hex digits")
    return digits


def _bytes(text: str, option: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InputError(f"{option} must be hex digits") from None
