"""A mail server that keeps what it is sent, and breaks off, refuses or puts off where a test wants it to."""

from __future__ import annotations

import base64
import socketserver
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from threading import Thread
from typing import Literal


@dataclass
class Sink:
    """`kept`: envelope recipient and message of every letter taken; `before` and `after` say when to break.

    `before(n)`: drop the connection instead of taking letter n (from 0); `after(n)`: take it and drop the
    connection without an answer. `refuse`: recipients that are not taken.
    `say(verb, argument, place)`: another answer than usual to a command, or ""; it is the `place`th (from 0)
    of its verb on the connection. "END" is a letter's end, "HELO" the greeting. After a 421 it ends.
    `hang_up_after`: a verb that is answered by the end of the connection.
    `secrecy`: whether it offers STARTTLS, or speaks TLS from the start; `login`: who may send.
    """

    kept: list[tuple[str, EmailMessage]] = field(default_factory=list)
    before: Callable[[int], bool] = lambda _n: False
    after: Callable[[int], bool] = lambda _n: False
    refuse: frozenset[str] = frozenset()
    say: Callable[[str, str, int], str] = lambda _verb, _argument, _place: ""
    hang_up_after: str = ""
    secrecy: Literal["none", "starttls", "implicit"] = "none"
    context: ssl.SSLContext | None = None
    login: tuple[str, str] | None = None
    connections: int = 0
    port: int = 0
    commands: list[tuple[str, bool]] = field(default_factory=list)
    """Every verb with whether it came over TLS."""


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, sink: Sink) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.sink = sink


class _Handler(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        super().setup()
        assert isinstance(self.server, _Server)
        self.sink = self.server.sink
        self.to, self.secret, self.signed_in = "", False, False
        self.places: dict[str, int] = {}

    def handle(self) -> None:
        self.sink.connections += 1
        try:
            if self.sink.secrecy == "implicit":
                self._wrap()
            self._talk()
        except (ssl.SSLError, ConnectionError):
            return

    def _talk(self) -> None:
        if not self._said("HELO", "", "220 sink"):
            return
        while line := self.rfile.readline():
            verb, _, argument = line.decode("latin-1").strip().partition(" ")
            self.sink.commands.append((verb.upper(), self.secret))
            if verb.upper() == self.sink.hang_up_after:
                return
            if not self._command(verb.upper(), argument):
                return

    def _command(self, verb: str, argument: str) -> bool:
        """Answer a command; False ends the connection."""
        special = {"STARTTLS": self._start_tls, "AUTH": self._sign_in, "DATA": self._take}
        if verb in special:
            return special[verb](argument)
        if verb == "RCPT":
            argument = self.to = argument.partition("<")[2].partition(">")[0]
        return self._said(verb, argument, self._usual(verb)) and verb != "QUIT"

    def _usual(self, verb: str) -> str:
        if verb == "EHLO":
            return self._greeting()
        if verb == "MAIL" and self.sink.login and not self.signed_in:
            return "530 5.7.0 Authentication required"
        if verb == "RCPT" and self.to in self.sink.refuse:
            return "550 no such person"
        return "221 bye" if verb == "QUIT" else "250 ok"

    def _start_tls(self, _argument: str) -> bool:
        if self.sink.secrecy != "starttls":
            return self._said("STARTTLS", "", "502 what")
        going_on = self._said("STARTTLS", "", "220 go on")
        if going_on:
            self._wrap()
        return going_on

    def _greeting(self) -> str:
        lines = ["sink"]
        if self.sink.secrecy == "starttls" and not self.secret:
            lines.append("STARTTLS")
        if self.sink.login:
            lines.append("AUTH PLAIN LOGIN")
        return "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)

    def _sign_in(self, argument: str) -> bool:
        how, _, word = argument.partition(" ")
        if how == "PLAIN":
            _, user, password = base64.b64decode(word).decode().split("\0")
        else:
            user, password = base64.b64decode(word).decode(), ""
            self.wfile.write(b"334 UGFzc3dvcmQ6\r\n")
            password = base64.b64decode(self.rfile.readline()).decode()
        self.signed_in = (user, password) == self.sink.login
        usual = "235 ok" if self.signed_in else f"535 5.7.8 no such login {user}"
        return self._said("AUTH", argument, usual)

    def finish(self) -> None:
        super().finish()
        self.connection.close()

    def _wrap(self) -> None:
        assert self.sink.context is not None
        self.connection = self.sink.context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", 0)
        self.secret = True

    def _said(self, verb: str, argument: str, usual: str) -> bool:
        place = self.places.get(verb, 0)
        self.places[verb] = place + 1
        answer = self.sink.say(verb, argument, place) or usual
        self.wfile.write(answer.encode() + b"\r\n")
        return not answer.startswith("421")

    def _take(self, _argument: str) -> bool:
        sink, number = self.sink, len(self.sink.kept)
        if sink.before(number):
            sink.before = lambda _n: False
            return False
        if answer := sink.say("DATA", self.to, 0):
            self.wfile.write(answer.encode() + b"\r\n")
            return not answer.startswith("421")
        self.wfile.write(b"354 go on\r\n")
        content = b""
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return False
            content += line.removeprefix(b".") if line.startswith(b"..") else line
        message = message_from_bytes(content, policy=SMTP)
        assert isinstance(message, EmailMessage)
        if answer := sink.say("END", self.to, number):
            self.wfile.write(answer.encode() + b"\r\n")
            return not answer.startswith("421")
        sink.kept.append((self.to, message))
        if sink.after(number):
            return False
        self.wfile.write(b"250 taken\r\n")
        return True


@contextmanager
def running_sink(sink: Sink | None = None) -> Iterator[Sink]:
    """A sink on a free port of this host."""
    sink = sink or Sink()
    with _Server(sink) as server:
        sink.port = server.server_address[1]
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield sink
        finally:
            server.shutdown()
            thread.join()
