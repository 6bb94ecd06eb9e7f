"""A period under attack: a superuser whom no guard stops puts, changes and removes rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from tests.ballot_period import Ballots, close, unit_id
from tests.cast_ballots import seal_record

from pingyi.db import transaction
from pingyi.ledger.leaves import leaf_hash
from pingyi.settings import Settings
from pingyi_surveys.ballot.layout import pack
from pingyi_surveys.ballot.opened_ballot import OpenedBallot
from pingyi_surveys.ballot.sealed_box import seal_group, tied_to
from pingyi_surveys.casting.box_cache import CachedBox
from pingyi_surveys.casting.seal import ballot_leaf
from pingyi_surveys.counting.open_boxes import open_by_itself
from pingyi_surveys.settings import SurveySettings
from pingyi_surveys.setup.key_files import read_box_secret

PERIOD = 1
CAST = 60


@dataclass(slots=True)
class Scene:
    """A period that took ballots, and a superuser whom no guard stops."""

    made: Ballots
    open_box: CachedBox
    roster: CachedBox
    receipts: list[bytes]
    members: list[OpenedBallot]
    superuser: Connection

    def secret(self, settings: Settings) -> bytes:
        found = read_box_secret(settings.read(SurveySettings), PERIOD, self.made.prepared.public)
        assert found
        return found

    def run(self, statement: str, **given: Any) -> None:
        self.superuser.execute(text(statement), given)
        self.superuser.commit()

    def insert(
        self, box: CachedBox, one: OpenedBallot, group: bytes, ciphertext: bytes, *, leaf: bool
    ) -> bytes:
        """A row behind the server's back, with or without its leaf; the receipt."""
        body = ballot_leaf(box.channel, box.period, ciphertext)
        given = {
            "channel": box.channel_id,
            "nullifier": one.nullifier,
            "unit": unit_id(one.unit) if one.unit else 0,
            "group": group,
            "ciphertext": ciphertext,
            "receipt": leaf_hash(body),
        }
        self.run(_ROW, **given)
        if leaf:
            with transaction() as connection:
                connection.execute(text(_LEAF), {"body": body, "hash": leaf_hash(body)})
        return leaf_hash(body)

    def forge(
        self,
        box: CachedBox,
        one: OpenedBallot,
        *,
        public: bytes = b"",
        intake: bytes = b"",
        leaf: bool = True,
    ) -> bytes:
        """A ballot sealed by somebody else, for the box key unless another is given."""
        plain = pack(box.layout, one, intake or box.intake)
        group = seal_group([(plain, tied_to(box.channel, one.nullifier))], public or box.public)
        return self.insert(box, one, group.public, group.ciphertexts[0], leaf=leaf)

    def opened(self) -> None:
        close()
        seal_record()
        assert open_by_itself(PERIOD) == 2

    def rejected(self, channel_id: int) -> dict[tuple[str, str], int]:
        with transaction() as connection:
            numbers = connection.execute(
                text("SELECT numbers FROM box_opening WHERE channel_id = :id"), {"id": channel_id}
            ).scalar_one()
        return {(unit, why): count for unit, standing, why, count in numbers if standing == "rejected"}


_ROW = """
INSERT INTO sealed_ballot
  (channel_id, nullifier, period_id, unit_id, group_key, position, ciphertext, receipt)
VALUES (:channel, :nullifier, 1, :unit, :group, 0, :ciphertext, :receipt)
"""
_LEAF = "INSERT INTO leaf (kind, period_id, body, hash) VALUES ('ballot', 1, :body, :hash)"
