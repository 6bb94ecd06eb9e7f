"""Posts deliveries as an operator's program would: HTTP, a bearer key, a key that makes a repeat harmless."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from pingyi.channels import Text
from pingyi.domain.errors import Problem
from pingyi_demonstration.data.deliveries import Delivery

TRIES = 6
FIRST_PAUSE_SECONDS = 0.2
TIMEOUT_SECONDS = 30
TRY_AGAIN = {409, 429, 500, 502, 503, 504}

Answered = tuple[int, bytes]
Send = Callable[[str, bytes, Mapping[str, str]], Answered]


class HttpSender:
    """Sends over one kept connection; a broken one is made anew."""

    def __init__(self, base_url: str) -> None:
        self._address = urlsplit(base_url).netloc
        self._connection: http.client.HTTPConnection | None = None

    def __call__(self, path: str, body: bytes, headers: Mapping[str, str]) -> Answered:
        """POST the body; 503 where the server could not be reached."""
        try:
            if self._connection is None:
                self._connection = http.client.HTTPConnection(self._address, timeout=TIMEOUT_SECONDS)
            self._connection.request("POST", path, body, dict(headers))
            response = self._connection.getresponse()
            return response.status, response.read()
        except (OSError, http.client.HTTPException) as error:
            self.close()
            return 503, str(error).encode()

    def close(self) -> None:
        """Let the connection go."""
        if self._connection is not None:
            self._connection.close()
        self._connection = None


def entries_path(period: str, plugin: str, channel: str) -> str:
    """The address below which a channel's entries are posted."""
    return f"/api/v1/periods/{period}/{plugin}/{channel}/entries"


def post(send: Send, period: str, delivery: Delivery, *, token: str, number: int) -> None:
    """Post one delivery until it is accepted; Problem delivery_refused with the answer where it never is."""
    path = entries_path(period, delivery.plugin, delivery.channel)
    body = json.dumps({"entries": delivery.entries}, ensure_ascii=False).encode()
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
        "Idempotency-Key": f"{period}.{delivery.channel}.{number:04}",
    }
    pause = FIRST_PAUSE_SECONDS
    for left in reversed(range(TRIES)):
        status, answer = send(path, body, headers)
        if status == 201:
            return
        if status not in TRY_AGAIN or not left:
            raise _refused(delivery, status, answer)
        time.sleep(pause)
        pause *= 2


def _refused(delivery: Delivery, status: int, answer: bytes) -> Problem:
    message = Text(
        zh="渠道“{channel}”的演示数据未被接收({status}):{answer}",
        en="The demonstration's entries of {channel} were refused ({status}): {answer}",
    )
    told = answer.decode(errors="replace")[:1000]
    return Problem(
        "delivery_refused", 500, message.format(channel=delivery.channel, status=status, answer=told)
    )
