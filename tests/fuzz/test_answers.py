"""Any bytes from a server, over real HTTP: a result, or an error of the tree."""

import gzip
import json
import random

import httpx
from support.fuzzing import CHANGES, changed
from support.scripted_http import Said, serving

from scanner.chains.fleet.rpc import Rpc
from scanner.errors import ScannerError
from scanner.model.endpoint import Endpoint


def test_a_server_that_answers_anything(monkeypatch):
    """Real HTTP: the answer is a result or an error of the tree, whatever comes."""
    seed = random.randrange(2**32)
    rng = random.Random(seed)
    good = json.dumps({"jsonrpc": "2.0", "id": 1, "result": "0x1"}).encode()
    statuses = (200, 200, 200, 204, 302, 400, 429, 500, 503, 599)
    encodings = ("", "gzip", "identity", "gzip, gzip", "br", "\t", "x" * 300)

    def answer(_):
        body = changed(rng, good)
        kind = rng.choice(encodings)
        if kind == "gzip" and rng.random() < 0.7:
            body = gzip.compress(body)
        headers = {"content-encoding": kind} if kind else {}
        headers["retry-after"] = rng.choice(("3", "-1", "soon", "9" * 40, ""))
        return Said(rng.choice(statuses), body, headers)

    with serving(answer) as host:
        for number in range(max(60, CHANGES // 5)):
            rpc = Rpc(Endpoint("n", "ethereum", "ethereum_rpc", f"http://{host}/", timeout=5))
            try:
                rpc.ask("m")
            except ScannerError as e:
                assert "\n" not in str(e)
                assert len(str(e)) < 300
            except httpx.HTTPError as e:
                raise AssertionError(f"seed {seed}, answer {number}") from e
            finally:
                rpc.close()
