"""A published list in OKX's layout with everything in it that makes cutting hard."""

from __future__ import annotations

import random

from support.signed_rows import signed_rows

HEADER = (
    b"coin,Type,Network,Snapshot Height,address,amount,message,signature1,signature2,"
    b"redeem script/ public key,EOA1,EOA2\n"
)
HEAD = b"coin,snapshot height,amount\nBTC,864300,1.5\nETH(ALL),-,x\n\n" + HEADER
COINS = {"bitcoin": b"BTC", "ethereum": b"ETH", "tron": b"TRX", "solana": b"SOL"}

TROUBLE = (
    b"\n",
    b" , ,,\n",
    b"\r\n",
    b"BTC,,BTC,864300,1BoatSLRHtKNngkdXEeobR76b53LETtpyT,1,a \xff b,sig,,,,\n",
    b"BTC,,BTC,864300,1Boat\0LRHtKNngkdXEeobR76b53LETtpyT,1,text,sig,,,,\n",
    b'ETH,,ETH,1,0x00000000219ab540356cBB839Cbe05303d7705Fa,1,"two\nlines, ""quoted""",0x00,,,,\n',
    b'ETH,,ETH,1,0x00000000219ab540356cBB839Cbe05303d7705Fa,1,"never closed,0x00,,,,\n',
    b'ETH,,ETH,1,0x00000000219ab540356cBB839Cbe05303d7705Fa,1,"closed" in text,0x00,,,,\n',
    b"ETH,,ETH,1,0x00000000219ab540356cBB839Cbe05303d7705Fa,1,x,0x00,,{a,b},,\n",
    b"BTC,,BTC,864300\n",
    b"BTC,,BTC,864300,x,1,m,s,,,,,too,wide\n",
    b"NOCOIN,,BTC,1,x,1,m,s,,,,\n",
    b"BTC,,NOWHERE,1,x,1,m,s,,,,\n",
    b"BTC,,BTC,1,x,1e400,m,s,,,,\n",
    b"BTC,,BTC,soon,x,1,m,s,,,,\n",
    b"BTC,,BTC,1,=cmd(),1,m,s,,,,\n",
    b"BTC,,BTC,1,\xe2\x80\xae1BoatSLRHtKNngkdXEeobR76b53LETtpyT,1,m,s,,,,\n",
    b"BTC,,BTC,1," + b"z" * 1_000_100 + b",1,m,s,,,,\n",
)
"""Lines, or records over two lines, that give no proof."""


def hostile_list(rows: int, seed: int) -> bytes:
    """Rows of every kind in an order that the seed says; the last line lacks its end."""
    rng = random.Random(seed)
    good = [
        b",".join((
            COINS[row.claim.network], b"", b"", b"1", row.claim.address.encode(), b"1",
            row.claim.message.encode(), *(s.encode() for s in (*row.claim.signatures, "")[:2]),
            row.claim.script.encode(), b"", b"\n",
        ))
        for row in signed_rows()
        if row.claim.network in COINS and not {'"', ","} & set(row.claim.message + row.claim.script)
    ]  # fmt: skip
    parts = [HEAD]
    for number in range(rows):
        kinds = TROUBLE[:-1] if number else TROUBLE[-1:]  # one line over the limit is enough
        parts.append(rng.choice(kinds if rng.random() < 0.4 or not number else good))
    return b"".join(parts) + b"BTC,,BTC,1,cut off in the mid"
