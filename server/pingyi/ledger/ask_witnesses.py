"""Asks C2SP witnesses to cosign the newest head, so that heads leave the house on their own."""

from __future__ import annotations

import base64
import logging
import urllib.error
import urllib.request
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert

from pingyi.db import one_row
from pingyi.ledger.cosignatures import cosigned_at, read_cosigner
from pingyi.ledger.messages import refusal
from pingyi.ledger.sealing import sealer_engine
from pingyi.ledger.tiles import subtree_reader
from pingyi.ledger.tree import consistency_proof
from pingyi.models import Cosignature, TreeHead
from pingyi.settings import Settings

TIMEOUT_SECONDS = 5
LONGEST_ANSWER_BYTES = 4096
_LOG = logging.getLogger("pingyi.ledger")

_COSIGNED = (
    select(func.coalesce(func.max(Cosignature.size), 0))
    .where(Cosignature.epoch == TreeHead.epoch, Cosignature.witness == bindparam("witness"))
    .correlate(TreeHead)
    .scalar_subquery()
)
_NEWEST = (
    select(TreeHead.epoch, TreeHead.size, TreeHead.note, _COSIGNED.label("cosigned"))
    .order_by(TreeHead.epoch.desc(), TreeHead.size.desc())
    .limit(1)
)
_STORE = insert(Cosignature).on_conflict_do_nothing()


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


@dataclass(frozen=True, slots=True)
class _Head:
    """The newest head; the witness has cosigned the first `cosigned` entries of its tree."""

    epoch: int
    size: int
    note: str
    cosigned: int


def _ask(engine: Engine, witness: Witness) -> bool:
    with engine.connect() as connection:
        head = one_row(connection, _Head, _NEWEST, witness=witness.name)
        if head is None or head.cosigned == head.size:
            return False
        try:
            status, answer = _post(connection, witness, head, head.cosigned)
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
        connection.execute(_STORE, given)
    return True


def _post(connection: Connection, witness: Witness, head: _Head, old: int) -> tuple[int, str]:
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
