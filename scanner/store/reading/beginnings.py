"""Addresses by how they begin, where an address and its key are written alike (0x.., G..)."""

from __future__ import annotations

from sqlalchemy import select

from scanner.store.database.engine import Store
from scanner.store.schema import tables as t

LEAST = 6
"""Characters of a beginning; fewer would name a large part of a list."""
MOST_ROWS = 2_000
"""Rows of the index that are looked at: one address may be in very many lists."""
MOST_NAMED = 20


def keys_beginning(store: Store, text: str) -> list[str]:
    """Address keys that begin so, in order; MOST_NAMED at most, none for fewer than LEAST.

    Read through the index on keys: formats whose keys are not the written text (Base58, Bech32)
    find nothing here.
    """
    if len(text) < LEAST or text.startswith("?") or not (text.isascii() and text.isprintable()):
        return []
    c = t.claim.c
    after = text[:-1] + chr(ord(text[-1]) + 1)
    near = (
        select(c.address_key)
        .where(c.address_key >= text, c.address_key < after)
        .order_by(c.address_key)
        .limit(MOST_ROWS)
    )
    with store.read() as connection:
        found = connection.execute(near).scalars()
        return list(dict.fromkeys(found))[:MOST_NAMED]
