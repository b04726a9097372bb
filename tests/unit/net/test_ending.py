"""Once a process is about to end, nobody is asked: readers that try again do not keep it."""

import threading
import time

import pytest
from support.scripted_http import Said, serving

from scanner.chains.bitcoin.electrum_rpc import ElectrumRpc
from scanner.chains.fleet.pool import Pool
from scanner.errors import SourceUnavailableError
from scanner.model.endpoint import Endpoint
from scanner.net import ending
from scanner.net.http import Transport


@pytest.fixture
def flag(monkeypatch):
    """The flag of a process, of this test alone."""
    made = threading.Event()
    monkeypatch.setattr(ending, "_ending", made)
    return made


def test_no_request_goes_out(flag):
    asked = []
    with serving(lambda r: asked.append(r) or Said()) as host:
        http = Transport(Endpoint("n", "bitcoin", "esplora", f"http://{host}/"))
        assert http.get().status == 200
        ending.begin()
        with pytest.raises(SourceUnavailableError, match="is stopping"):
            http.get()
        http.close()
        electrum = ElectrumRpc(Endpoint("n", "bitcoin", "electrum", f"tcp://{host}"))
        with pytest.raises(SourceUnavailableError, match="is stopping"):
            electrum.call("server.version")
    assert len(asked) == 1


def test_waiting_for_a_slot_ends(flag):
    slow = Endpoint("n", "bitcoin", "esplora", "http://127.0.0.1:1/", rate=0.001)
    http = Transport(slow)
    with pytest.raises(SourceUnavailableError):
        http.get()
    threading.Timer(0.2, ending.begin).start()
    began = time.monotonic()
    with pytest.raises(SourceUnavailableError, match="is stopping"):
        http.get()
    assert time.monotonic() - began < 10, "a thousand seconds until the next one"
    http.close()


class Dead:
    """An endpoint that never answers, and asks for time."""

    name, operator, chain_id, own = "n", "o", "1", False
    tries = 0

    def check(self):
        self.tries += 1
        raise SourceUnavailableError("n", "busy", retry_after=50)


def test_what_failed_is_not_tried_again(flag):
    dead = Dead()
    pool = Pool([dead], sleep=lambda seconds: ending.pause(seconds + 100))
    threading.Timer(0.2, ending.begin).start()
    began = time.monotonic()
    with pytest.raises(SourceUnavailableError):
        pool.run(lambda node: node)
    assert time.monotonic() - began < 10
    assert dead.tries == 2, "the second is the one that saw it"
