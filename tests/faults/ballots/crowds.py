"""A crowd of voters sent to a running server, each on his day, from his network and with his phone."""

from __future__ import annotations

import re
import secrets
import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from tests.faults.ballots.voters import Answer, Line, Voter, form_of, nonce_on
from tests.unit.surveys.stuffing import DONT_KNOW

from pingyi_surveys.ballot.keys import device_mark, network_mark, nullifier
from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import NO_ANSWER, OpenedBallot
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.device_cookie import COOKIE
from pingyi_surveys.casting.seal import SealRequest, write_group

CLIENTS = 8
GROUP = 256
NETWORKS = {"hall": 0, "nat": 10, "script": 30, "queue": 31, "farm": 100, "smear": 500, "slow": 1000}
NETWORKS |= {"home": 2000}
OVER_IPV6 = {"farm", "slow"}
KEPT = re.compile(rb"\r\nset-cookie: *" + COOKIE.encode() + rb"=([^;\r]+)", re.IGNORECASE)


def as_sent(ballot: OpenedBallot) -> OpenedBallot:
    """A ballot of the simulation as the page takes it: every question answered, kiosks without any mark."""
    answers = tuple(DONT_KNOW if answer == NO_ANSWER else answer for answer in ballot.answers)
    sent = ballot._replace(unit=f"u{int(ballot.unit[1:]) + 1}", answers=answers, stratum="window")
    return sent._replace(stratum="kiosk", device=b"", network=b"") if ballot.kiosk else sent


def address_of(mark: bytes) -> str:
    """An address in the network that a simulated mark names, the same prefix every day and another host."""
    _, _, name = mark.decode().rstrip(".").partition(" ")
    kind, _, number = name.partition(" ")
    place, host = NETWORKS[kind] + int(number or 0), secrets.randbelow(250) + 1
    return f"2001:db8:{place:x}:{host}::7" if kind in OVER_IPV6 else f"10.{place >> 8}.{place & 255}.{host}"


@dataclass
class Senders:
    """Sends ballots as forms; `windows` are the codes of units, and of their kiosks.

    `again`: how often a phone was told that it had rated the unit before. A phone keeps its cookie.
    """

    port: int
    windows: Mapping[tuple[str, bool], str]
    again: Counter[str] = field(default_factory=Counter)
    _cookies: dict[bytes, str] = field(default_factory=dict)
    _lines: threading.local = field(default_factory=threading.local)

    def page(self, ballot: OpenedBallot) -> tuple[str, dict[str, str], Answer]:
        """Where a ballot is sent, from where, and its form."""
        path = f"/s/{self.windows[ballot.unit, ballot.kiosk]}"
        # A kiosk's address is the hall's; nothing of it may go into a ballot.
        headers = Voter(address=address_of(ballot.network) if ballot.network else "10.250.0.9").headers()
        return path, headers, self._line().get(path, headers)

    def send(self, ballot: OpenedBallot, known: bool = False) -> None:
        """Open the page and send it; `known`: with the cookie of a phone that comes again."""
        path, headers, page = self.page(ballot)
        if known:
            written = Voter(address="", device=ballot.device.ljust(16, b"\0")).headers()["Cookie"]
            headers["Cookie"] = self._cookies.get(ballot.device, written)
        answer = self.fill(path, headers, ballot, nonce_on(page))
        assert answer.status == 200, answer
        self.again[ballot.unit] += "已登记，待核查".encode() in answer.body
        kept = KEPT.search(answer.head)
        if known and kept:
            self._cookies[ballot.device] = f"{COOKIE}={kept[1].decode()}"

    def fill(self, path: str, headers: Mapping[str, str], ballot: OpenedBallot, nonce: str) -> Answer:
        return self._line().post(path, form_of(ballot.answers, nonce), headers)

    def send_all(self, ballots: Sequence[OpenedBallot], often: set[bytes]) -> None:
        """A day's ballots over a few connections; those of phones that come `often` one after the other."""
        kept = [ballot for ballot in ballots if ballot.device in often]
        others = [ballot for ballot in ballots if ballot.device not in often]
        shares = [others[at::CLIENTS] for at in range(CLIENTS)]
        with ThreadPoolExecutor(CLIENTS + 1) as pool:
            done = [pool.submit(self._work, share, False) for share in shares]
            for one in (*done, pool.submit(self._work, kept, True)):
                one.result()

    def close(self) -> None:
        """End the connection of this thread."""
        self._line().close()

    def _work(self, ballots: Sequence[OpenedBallot], known: bool) -> None:
        for ballot in ballots:
            self.send(ballot, known)
        self.close()

    def _line(self) -> Line:
        line: Line | None = getattr(self._lines, "line", None)
        if line is None:
            line = self._lines.line = Line(self.port)
        return line


def write_all(box: CachedBox, ballots: Iterable[OpenedBallot]) -> None:
    """Ballots as the server writes them, by its own code but without forms, in full groups."""
    ids = {unit.code: number for number, unit in box.units.items()}
    group: list[SealRequest] = []
    for ballot in ballots:
        marked = _marked(box, ballot)
        group.append(
            SealRequest(box, ids[ballot.unit], marked.nullifier, pack(box.layout, marked, box.intake))
        )
        if len(group) == GROUP:
            write_group(group)
            group = []
    if group:
        write_group(group)


def _marked(box: CachedBox, ballot: OpenedBallot) -> OpenedBallot:
    network = address_of(ballot.network) if ballot.network else ""
    return ballot._replace(
        device=ballot.device and device_mark(box.keys.mark, ballot.device, box.channel, ballot.unit),
        network=network_mark(box.keys.network, ballot.day, network) if network else b"",
        nullifier=nullifier(box.keys.nullifier, box.channel, "page", secrets.token_bytes(24)),
    )
