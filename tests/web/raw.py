"""A server that does exactly what a test says with each connection, well-behaved or not."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

Behaviour = Callable[[socket.socket, "RawServer"], None]


@dataclass
class RawServer:
    """Listens on loopback and keeps the requests it read in ``heard``."""

    port: int
    heard: list[bytes] = field(default_factory=list)
    accepted: int = 0
    idle: threading.Event = field(default_factory=threading.Event)
    ending: threading.Event = field(default_factory=threading.Event)

    @property
    def url(self) -> str:
        """Its root."""
        return f"http://127.0.0.1:{self.port}/"

    @property
    def allowed(self) -> tuple[str, ...]:
        """What a client must be allowed to reach it."""
        return (f"127.0.0.1:{self.port}",)

    @property
    def connections(self) -> int:
        """How many connections came in, those included that still wait to be accepted."""
        self.idle.clear()
        assert self.idle.wait(5)
        return self.accepted

    def listen(self, connection: socket.socket) -> bytes:
        """Read one request whole, head and body, and keep it."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                break
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                while len(body) < int(line.split(b":")[1]):
                    body += connection.recv(65536)
        if data:
            self.heard.append(head + b"\r\n\r\n" + body)
        return head


@contextlib.contextmanager
def serving(behaviour: Behaviour) -> Iterator[RawServer]:
    """Run a server in a thread; each connection gets ``behaviour`` and is closed after it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.02)
    server = RawServer(listener.getsockname()[1])
    threads: list[threading.Thread] = []

    def one(connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(5)
            behaviour(connection, server)

    def accept() -> None:
        while not server.ending.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                server.idle.set()
                continue
            server.accepted += 1
            threads.append(threading.Thread(target=one, args=(connection,), daemon=True))
            threads[-1].start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.ending.set()
        acceptor.join()
        listener.close()
        for thread in threads:
            thread.join(6)


def answering(raw: bytes) -> Behaviour:
    """Read the request, then answer with ``raw`` and hang up."""

    def behave(connection: socket.socket, server: RawServer) -> None:
        server.listen(connection)
        connection.sendall(raw)

    return behave


def resetting(connection: socket.socket, server: RawServer) -> None:
    """Read the request, then break the connection off, rudely."""
    server.listen(connection)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def hanging(connection: socket.socket, server: RawServer) -> None:
    """Read the request and never answer."""
    server.listen(connection)
    server.ending.wait(5)


def dripping(connection: socket.socket, server: RawServer) -> None:
    """Send a good head, and then a byte now and then, for ever."""
    server.listen(connection)
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n\r\n")
    while not server.ending.wait(0.02):
        connection.sendall(b"x")
