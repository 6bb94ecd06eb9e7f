"""A mail server that keeps what it is sent, and breaks off or refuses where a test wants it to."""

from __future__ import annotations

import socketserver
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from threading import Thread


@dataclass
class Sink:
    """`kept`: envelope recipient and message of every letter taken; `before` and `after` say when to break.

    `before(n)`: drop the connection instead of taking letter n (from 0); `after(n)`: take it and drop the
    connection without an answer. `refuse`: recipients that are not taken.
    """

    kept: list[tuple[str, EmailMessage]] = field(default_factory=list)
    before: Callable[[int], bool] = lambda _n: False
    after: Callable[[int], bool] = lambda _n: False
    refuse: frozenset[str] = frozenset()
    connections: int = 0
    port: int = 0


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, sink: Sink) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sink = sink


class _Handler(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Server)
        sink = self.server.sink
        sink.connections += 1
        to = ""
        self.wfile.write(b"220 sink\r\n")
        for line in self.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                to = line.decode().partition("<")[2].partition(">")[0]
            if verb == b"RCPT" and to in sink.refuse:
                self.wfile.write(b"550 no such person\r\n")
            elif verb == b"DATA":
                if not self._take(sink, to):
                    return
            else:
                self.wfile.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 ok\r\n")

    def _take(self, sink: Sink, to: str) -> bool:
        number = len(sink.kept)
        if sink.before(number):
            sink.before = lambda _n: False
            return False
        self.wfile.write(b"354 go on\r\n")
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        message = message_from_bytes(content, policy=SMTP)
        assert isinstance(message, EmailMessage)
        sink.kept.append((to, message))
        if sink.after(number):
            return False
        self.wfile.write(b"250 taken\r\n")
        return True


@contextmanager
def running_sink() -> Iterator[Sink]:
    """A sink on a free port of this host."""
    sink = Sink()
    with _Server(sink) as server:
        sink.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
