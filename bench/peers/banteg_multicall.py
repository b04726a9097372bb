"""Reads the benchmark's balances with banteg's multicall, in a Python that has it on its path.

    python banteg_multicall.py RPC_URL < JSON    {"block", "multicall", "tokens", "holders"}

Prints seconds, and the sum of all balances as a check.
"""

from __future__ import annotations

import json
import sys
import time

from multicall import Call, Multicall
from web3 import Web3

job = json.load(sys.stdin)
w3 = Web3(Web3.HTTPProvider(sys.argv[1], request_kwargs={"timeout": 120}))
calls = [
    Call(job["multicall"], ["getEthBalance(address)(uint256)", h], [(f"{h}/eth", None)])
    for h in job["holders"]
]
calls += [
    Call(token, ["balanceOf(address)(uint256)", h], [(f"{h}/{token}", None)])
    for token in job["tokens"]
    for h in job["holders"]
]
start = time.perf_counter()
found = Multicall(calls, _w3=w3, block_id=job["block"], gas_limit=2_000_000_000)()
seconds = time.perf_counter() - start
print(json.dumps({"seconds": seconds, "count": len(found), "sum": str(sum(found.values()))}))
