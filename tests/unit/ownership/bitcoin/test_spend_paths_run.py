"""Scripts that are said to need their owners' signature are run without one: none is satisfied."""

from __future__ import annotations

import os
import random
from hashlib import new, sha256
from itertools import product

import pytest
from support.script_machine import SIGNED, satisfied

from scanner.ownership.bitcoin.script_values import UndecidedError
from scanner.ownership.bitcoin.spend_paths import keys_needed

SCRIPTS = int(os.environ.get("SCANNER_FUZZ", "300")) * 3
MOST_ITEMS = 3
PREIMAGE = b"\7" * 32
WORDS = (
    *(0x00, 0x51, 0x52, 0x61, 0x63, 0x64, 0x67, 0x68, 0x69, 0x6B, 0x6C, 0x6D, 0x73, 0x75, 0x76),
    *(0x7C, 0x82, 0x87, 0x88, 0x91, 0x92, 0x93, 0x9A, 0x9B, 0x9C, 0x9D, 0xA2, 0xA8, 0xA9, 0xB1),
)


class World:
    """Keys of one kind of script. pool: what somebody can bring who has no owner's key."""

    def __init__(self, tapscript: bool) -> None:
        self.tapscript = tapscript
        head = b"" if tapscript else b"\2"
        self.owners = [head + b"\xaa" * 32, head + b"\xbb" * 32]
        stranger = head + b"\xcc" * 32
        self.other_kind = b"\5" + b"\xdd" * 32
        hashed = [_hash160(key) for key in (*self.owners, self.other_kind)]
        self.data = [*self.owners, *self.owners, *hashed, sha256(PREIMAGE).digest()]
        self.pool = [b"", b"\1", b"\2", stranger, SIGNED + stranger, PREIMAGE, self.owners[0]]
        if tapscript:
            self.pool.append(self.other_kind)

    def script(self, dice: random.Random) -> bytes:
        """Some words, most of them in the phrases that scripts are made of."""
        return b"".join(self.phrase(dice) for _ in range(dice.randint(1, 5)))

    def phrase(self, dice: random.Random) -> bytes:
        key, other = _pushed(dice.choice(self.owners)), _pushed(dice.choice(self.owners))
        hashed = _pushed(dice.choice(self.data))
        check = b"\xba" if self.tapscript and dice.random() < 0.3 else b"\xac"
        return dice.choice(
            [
                bytes((dice.choice(WORDS),)),
                bytes((dice.choice(WORDS),)),
                _pushed(dice.choice(self.data)),
                key + check,
                key + b"\xad",
                check,
                b"\x7c" + key + check + b"\x93",
                bytes((dice.choice((0x00, 0x51, 0x52)), dice.choice((0x91, 0x92)))),
                b"\x7c"
                + key
                + check
                + b"\x93"
                + bytes((0x52, dice.choice((0x91, 0x92))))
                + b"\x9c",
                b"\x76\xa9" + hashed + b"\x88" + check,
                b"\xa8" + _pushed(sha256(PREIMAGE).digest()) + b"\x87",
                b"\x51" + key + other + b"\x52\xae",
                bytes((dice.choice((0x51, 0x52)), dice.choice((0x9C, 0x9D, 0xA2, 0x87)))),
                b"\x63" + key + check + b"\x67" + bytes((dice.choice(WORDS),)) + b"\x68",
            ]
        )


def _pushed(data: bytes) -> bytes:
    return bytes((len(data),)) + data


def _hash160(data: bytes) -> bytes:
    return new("ripemd160", sha256(data).digest()).digest()


@pytest.mark.parametrize("tapscript", [False, True])
def test_no_script_that_needs_a_signature_is_satisfied_without(tapscript: bool) -> None:
    dice, world = random.Random(int(tapscript)), World(tapscript)
    needing = 0
    for _ in range(SCRIPTS):
        script = world.script(dice)
        try:
            if keys_needed(script, tapscript=tapscript) is None:
                continue
        except UndecidedError:
            continue
        needing += 1
        for size in range(MOST_ITEMS + 1):
            for items in product(world.pool, repeat=size):
                spent = satisfied(script, list(items), tapscript=tapscript)
                assert not spent, (script.hex(), [item.hex() for item in items])
    assert needing > SCRIPTS // 30


def test_the_machine_spends_what_owners_sign() -> None:
    world = World(tapscript=False)
    a, b = world.owners
    two = b"\x52" + _pushed(a) + _pushed(b) + b"\x52\xae"
    assert satisfied(two, [b"", SIGNED + a, SIGNED + b])
    assert not satisfied(two, [b"", SIGNED + a, SIGNED + a])
    hashed = b"\x76\xa9" + _pushed(_hash160(a)) + b"\x88\xac"
    assert satisfied(hashed, [SIGNED + a, a])
    assert not satisfied(hashed, [SIGNED + b, b])
    x = World(tapscript=True).owners[0]
    assert satisfied(b"\0" + _pushed(x) + b"\xba", [SIGNED + x], tapscript=True)
