"""How connections are shared out between the processes of a server."""

import asyncio
import socket
from contextlib import ExitStack

from scanner.web.server import OneByOne


class Closing(asyncio.Protocol):
    """Takes a connection, and gives it up."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.abort()


def left_waiting(loop: asyncio.AbstractEventLoop) -> int:
    """How many of eight connections still wait after a process woke once."""
    with socket.socket() as listening, ExitStack() as clients:
        listening.bind(("127.0.0.1", 0))
        listening.listen(16)
        listening.setblocking(False)
        for _ in range(8):
            clients.enter_context(socket.create_connection(listening.getsockname()))
        made = loop.create_server(Closing, sock=listening, start_serving=False)
        server = loop.run_until_complete(made)
        server._start_serving()
        loop.call_soon(loop.stop)
        loop.run_forever()
        left = 0
        while True:
            try:
                clients.enter_context(listening.accept()[0])
            except BlockingIOError:
                break
            left += 1
        loop.run_until_complete(asyncio.sleep(0.05))
        server.close()
        loop.run_until_complete(asyncio.sleep(0))
        loop.close()
    return left


def test_a_process_takes_one_waiting_connection_at_a_time():
    # asyncio takes all that wait: of twenty that come together, one of two processes had them all.
    assert left_waiting(OneByOne()) >= 5
    assert left_waiting(asyncio.SelectorEventLoop()) == 0
