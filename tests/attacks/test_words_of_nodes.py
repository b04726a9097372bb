"""A node's words: nothing in the readers puts them into an error, whoever writes the next one."""

import ast
from pathlib import Path

import scanner.chains

ROOM = Path(scanner.chains.__file__).parent
KNOWN = {
    # Our own words and the list's, and what `endpoints check` shows to the operator alone.
    "fleet/faults.py": {"text", "detail", "words"},
    "bitcoin/mined.py": {"txid"},
    "bitcoin/payments.py": {"txid"},
    "xrpl/tokens.py": {"contract"},
    "xrpl/reader.py": {"str(info.get('build_version', 'unknown'))",
                       "str(info.get('complete_ledgers', 'unknown'))"},
    "aptos/reader.py": {"holding.contract", "str(info.get('oldest_block_height'))",
                        "str(info.get('block_height'))",
                        "str(info.get('oldest_ledger_version'))"},
    "evm/probe.py": {"''.join((c for c in text if c.isprintable()))"},
    "evm/beacon_api.py": {"''.join((c for c in text if c.isprintable()))"},
    "solana/reader.py": {"account.owner"},
}  # fmt: skip


def _calls(tree, name):
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            found = called.id if isinstance(called, ast.Name) else getattr(called, "attr", "")
            if found == name:
                yield node


def test_what_is_clipped_in_the_readers_is_known():
    """`clip` shortens hostile text for a message; a node's text goes through `heard` instead."""
    for path in sorted(ROOM.rglob("*.py")):
        place = path.relative_to(ROOM).as_posix()
        tree = ast.parse(path.read_text())
        clipped = {ast.unparse(call.args[0]) for call in _calls(tree, "clip")}
        clipped |= {ast.unparse(call) for call in _calls(tree, "redact")}
        unknown = clipped - KNOWN.get(place, set())
        assert not unknown, f"{place}: {unknown}: use `heard`, or say here why it is not a node's"
