"""Asks C2SP witnesses to cosign the newest head, so that heads leave the house on their own."""

from __future__ import annotations

import base64
import logging
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text

from pingyi.ledger.cosignatures import cosigned_at, read_cosigner
from pingyi.ledger.messages import refusal
from pingyi.ledger.sealing import sealer_engine
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import consistency_proof
from pingyi.settings import Settings

TIMEOUT_SECONDS = 5
LONGEST_ANSWER_BYTES = 4096
_LOG = logging.getLogger("pingyi.ledger")


@dataclass(frozen=True, slots=True)
class Witness:
    """Where a witness answers, and the vkey of its cosignatures."""

    verifier: str
    url: str

    @property
    def name(self) -> str:
        """What the witness calls itself."""
        return read_cosigner(self.verifier)[0]


def read_witnesses(setting: str) -> list[Witness]:
    """PINGYI_WITNESSES: `VKEY URL`, several parted by commas; Problem bad_witnesses where one is wrong."""
    found = []
    for part in filter(None, (part.strip() for part in setting.split(","))):
        verifier, _, url = part.partition(" ")
        try:
            read_cosigner(verifier)
        except ValueError as error:
            raise refusal("bad_witnesses", what=part) from error
        if not url.strip().startswith(("http://", "https://")):
            raise refusal("bad_witnesses", what=part)
        found.append(Witness(verifier, url.strip().rstrip("/")))
    return found


def ask_witnesses(settings: Settings) -> int:
    """Have the newest head cosigned by every witness that has not done so; returns the new cosignatures.

    A witness that is away or refuses is logged and asked again another time. Raises Problem bad_witnesses.
    """
    witnesses = read_witnesses(settings.witnesses)
    if not witnesses:
        return 0
    with sealer_engine(settings) as engine:
        return sum(_ask(engine, witness) for witness in witnesses)


def _ask(engine: Any, witness: Witness) -> bool:
    with engine.connect() as connection:
        head = connection.execute(text(_NEWEST), {"witness": witness.name}).one_or_none()
        if head is None or head.old == head.size:
            return False
        try:
            status, answer = _post(connection, witness, head, head.old)
            if status == 409 and answer.strip().isdigit() and int(answer) <= head.size:
                status, answer = _post(connection, witness, head, int(answer))
        except OSError as error:
            _LOG.warning("the witness %s is away: %s", witness.name, type(error).__name__)
            return False
    line = _valid(answer.splitlines(), head.note, witness) if status == 200 else None
    if line is None:
        _LOG.error("the witness %s did not cosign size %s: %s", witness.name, head.size, status)
        return False
    given = {"epoch": head.epoch, "size": head.size, "witness": witness.name, "line": line}
    with engine.begin() as connection:
        connection.execute(text(_STORE), given)
    return True


def _post(connection: Connection, witness: Witness, head: Any, old: int) -> tuple[int, str]:
    proof = consistency_proof(old, head.size, subtree_reader(connection, head.epoch))
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", head.note]
    request = urllib.request.Request(  # noqa: S310 - only http and https pass `read_witnesses`
        f"{witness.url}/add-checkpoint", data="\n".join(lines).encode(), method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - as above
            return answer.status, answer.read(LONGEST_ANSWER_BYTES).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        return error.code, error.read(LONGEST_ANSWER_BYTES).decode("utf-8", "replace")


def _valid(lines: Iterable[str], note: str, witness: Witness) -> str | None:
    return next((line for line in lines if cosigned_at(note, line, witness.verifier) is not None), None)


_NEWEST = """
SELECT h.epoch, h.size, h.note, coalesce((
  SELECT max(c.size) FROM cosignature c WHERE c.epoch = h.epoch AND c.witness = :witness), 0) AS old
FROM tree_head h ORDER BY h.epoch DESC, h.size DESC LIMIT 1
"""
_STORE = """
INSERT INTO cosignature (epoch, size, witness, line) VALUES (:epoch, :size, :witness, :line)
ON CONFLICT DO NOTHING
"""
