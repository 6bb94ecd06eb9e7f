"""Voters' browsers without scripts: connections that stay open, forms sent as the page asks."""

from __future__ import annotations

import base64
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import urlencode

from tests.waiting import wait_for

from pingyi_surveys.casting.device_cookie import COOKIE

NONCE = re.compile(rb'name="nonce" value="([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
AGAIN = frozenset({500, 502, 503, 504})


class Answer(NamedTuple):
    """What came back; `head` as it was sent."""

    status: int
    head: bytes
    body: bytes


class Line:
    """One connection to the server, opened anew when it was lost."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None

    def get(self, path: str, headers: Mapping[str, str]) -> Answer:
        return self._until_answered("GET", path, headers, b"")

    def post(self, path: str, fields: Mapping[str, str], headers: Mapping[str, str]) -> Answer:
        """Send a form; until the server has stored or refused it, as often as it takes."""
        given = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        return self._until_answered("POST", path, given, urlencode(fields).encode())

    def _until_answered(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Answer:
        lines = [f"{method} {path} HTTP/1.1", f"Host: 127.0.0.1:{self._port}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        if method == "POST":
            lines.append(f"Content-Length: {len(body)}")
        message = "\r\n".join([*lines, "", ""]).encode() + body
        wanted = f"an answer to {method} {path} that is none of {sorted(AGAIN)}"
        answer = wait_for(lambda: self._answer(message), wanted)
        assert answer
        return answer

    def _answer(self, message: bytes) -> Answer | None:
        """One answer; None where there was none or one that asks to come again."""
        try:
            answer = self._exchange(message)
        except OSError:
            self.close()
            return None
        return None if answer.status in AGAIN else answer

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _exchange(self, message: bytes) -> Answer:
        if self._socket is None:
            self._socket = socket.create_connection(("127.0.0.1", self._port), timeout=30)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.sendall(message)
        got = b""
        while b"\r\n\r\n" not in got:
            got += self._more()
        head, _, body = got.partition(b"\r\n\r\n")
        found = LENGTH.search(head)
        length = int(found[1]) if found else 0
        parts = [body]
        left = length - len(body)
        while left > 0:
            parts.append(self._more())
            left -= len(parts[-1])
        return Answer(int(head[9:12]), head, b"".join(parts))

    def _more(self) -> bytes:
        assert self._socket
        got = self._socket.recv(1 << 18)
        if not got:
            raise ConnectionError
        return got


@dataclass(frozen=True, slots=True, kw_only=True)
class Voter:
    """Where somebody votes from; `device`: 16 bytes that the phone's cookie holds, b"" for a fresh one."""

    address: str
    device: bytes = b""
    agent: str = ""

    def headers(self) -> dict[str, str]:
        """What a proxy in front passes on."""
        sent = {"X-Forwarded-For": self.address, "Accept-Language": "zh-CN"}
        if self.device:
            sent["Cookie"] = f"{COOKIE}={base64.urlsafe_b64encode(self.device).decode()}"
        return sent | ({"User-Agent": self.agent} if self.agent else {})


def form_of(answers: tuple[int, ...], nonce: str, comment: str = "") -> dict[str, str]:
    """A filled form; 255 leaves a question open."""
    fields = {f"q{number}": str(answer) for number, answer in enumerate(answers) if answer != 255}
    return fields | {"nonce": nonce, "in": "zh"} | ({"comment": comment} if comment else {})


def nonce_on(page: Answer) -> str:
    found = NONCE.search(page.body)
    assert found, (page.status, page.body[:500])
    return found[1].decode()
